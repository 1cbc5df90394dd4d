# METADATA
# title: Every document follows its standard
# description: >-
#   What breaks the standard's schema may have been read wrongly, so the document is quarantined.
# custom:
#   fix: >-
#     Correct the places that are named, and validate the document with the standard's schema before you send it.
package sealwright.suppliers.valid

import rego.v1

import data.sealwright.lib
import data.sealwright.suppliers.lib.documents

pass := {"examined": documents.total} if count(deny) == 0

deny := [lib.entry(concat("", ["it breaks ", document.format, ", defects: ", format_int(document.defect_count, 10), ", first: ", concat("; ", document.defects)]), document.digest) |
	some document in input.documents
	document.problem == ""
	document.defect_count > 0
]
