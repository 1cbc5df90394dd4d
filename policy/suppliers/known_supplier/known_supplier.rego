# METADATA
# title: Every document is from a configured supplier
# description: >-
#   The signer, the supplier that was stated, or the product decides which entry of [[suppliers]] it is.
# custom:
#   fix: >-
#     Send the document under the name and with the signature that we have agreed on.
package sealwright.suppliers.known_supplier

import rego.v1

import data.sealwright.lib
import data.sealwright.suppliers.lib.documents

pass := {"examined": documents.total} if count(deny) == 0

deny := [lib.entry(why(document), document.digest) |
	some document in input.documents
	document.problem == ""
	document.supplier == null
]

why(document) := concat("", [document.stated_supplier, " is no configured supplier"]) if lib.text(document.stated_supplier)

else := "nothing in it shows which configured supplier it is from"
