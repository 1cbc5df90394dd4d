# METADATA
# title: Every statement names its versions
# description: >-
#   A statement about every version of a package is quarantined, unless it is by the supplier of that package.
# custom:
#   fix: >-
#     Name the exact version of each product, or a range, in its package URL.
package sealwright.suppliers.exact

import rego.v1

import data.sealwright.lib
import data.sealwright.suppliers.lib.documents

pass := {"examined": documents.total} if count(deny) == 0

deny := [lib.entry(concat("", ["it has a statement about every version of ", product]), document.digest) |
	some document in input.documents
	document.problem == ""
	some product in document.every_version
]
