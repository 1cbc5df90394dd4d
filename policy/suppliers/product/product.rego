# METADATA
# title: Every document is about a product of its supplier
# description: >-
#   [[suppliers]].products lists the products that a supplier may send documents about.
# custom:
#   fix: >-
#     Describe the product by the package URL that we have agreed on.
package sealwright.suppliers.product

import rego.v1

import data.sealwright.lib
import data.sealwright.suppliers.lib.documents

pass := {"examined": documents.total} if count(deny) == 0

deny := [lib.entry(concat("", ["it is about ", named(document), ", which is not one of the products that we have agreed on"]), document.digest) |
	some document in input.documents
	document.problem == ""
	document.supplier != null
	document.product_allowed != true
]

named(document) := document.product if lib.text(document.product)

else := "a product that it does not name"
