# METADATA
# title: Every document has a format that was agreed on
# description: >-
#   [[suppliers]].formats lists the standards, each with or without a version.
# custom:
#   fix: >-
#     Send the document in one of the formats that are named.
package sealwright.suppliers.format

import rego.v1

import data.sealwright.lib
import data.sealwright.suppliers.lib.documents

pass := {"examined": documents.total} if count(deny) == 0

deny := [lib.entry(concat("", ["it is ", document.format, ", and we have agreed on ", concat(", ", document.supplier.formats)]), document.digest) |
	some document in input.documents
	document.problem == ""
	document.supplier != null
	count(document.supplier.formats) > 0
	count({document.format, document.standard} & {format | some format in document.supplier.formats}) == 0
]
