# METADATA
# title: The signer is the supplier that was stated
# description: >-
#   A document that came in the name of one supplier and is signed by another is quarantined.
# custom:
#   fix: >-
#     Sign the document with your own identity.
package sealwright.suppliers.stated_supplier

import rego.v1

import data.sealwright.lib
import data.sealwright.suppliers.lib.documents

pass := {"examined": documents.total} if count(deny) == 0

# The text goes to the signer: it does not name the other supplier.
deny := [lib.entry(concat("", ["it came in another supplier's name than that of its signer, ", document.signature.supplier]), document.digest) |
	some document in input.documents
	lib.text(document.stated_supplier)
	lib.text(document.signature.supplier)
	document.stated_supplier != document.signature.supplier
]
