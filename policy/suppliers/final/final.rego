# METADATA
# title: Every document is final
# description: >-
#   A draft decides nothing yet; it is quarantined until the final document comes.
# custom:
#   fix: >-
#     Send the final document.
package sealwright.suppliers.final

import rego.v1

import data.sealwright.lib
import data.sealwright.suppliers.lib.documents

pass := {"examined": documents.total} if count(deny) == 0

deny := [lib.entry("it is a draft, which decides nothing yet", document.digest) |
	some document in input.documents
	document.problem == ""
	document.draft != false
]
