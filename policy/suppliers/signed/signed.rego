# METADATA
# title: Every document is signed by its supplier
# description: >-
#   A document without a signature that can be checked, or by an unknown signer, is quarantined.
# custom:
#   fix: >-
#     Sign the document with the identity or the key that we have agreed on, and send its Sigstore bundle (NAME.sigstore.json) or its signature (NAME.sig) next to it.
package sealwright.suppliers.signed

import rego.v1

import data.sealwright.lib
import data.sealwright.suppliers.lib.documents

pass := {"examined": documents.total} if count(deny) == 0

deny := [lib.entry(why(document), document.digest) |
	some document in input.documents
	document.problem == ""
	not document.signature.state in {"valid", "invalid"}
]

why(document) := "it is not signed" if document.signature.state == "none"

else := document.signature.problem
