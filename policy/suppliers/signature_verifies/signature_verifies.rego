# METADATA
# title: Every signature verifies
# description: >-
#   A document whose signature does not verify was changed, or is not what was signed; it is refused.
# custom:
#   fix: >-
#     Sign the document as you send it, and do not change it afterwards.
package sealwright.suppliers.signature_verifies

import rego.v1

import data.sealwright.lib
import data.sealwright.suppliers.lib.documents

pass := {"examined": documents.total} if count(deny) == 0

deny := [lib.entry(concat("", ["its signature does not verify: ", document.signature.problem]), document.digest) |
	some document in input.documents
	document.signature.state == "invalid"
]
