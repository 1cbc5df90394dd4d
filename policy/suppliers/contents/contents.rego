# METADATA
# title: Every document has contents
# description: >-
#   An SBOM without a component, or a VEX document without a statement, says nothing, unless it takes back an earlier one.
# custom:
#   fix: >-
#     List the components of the product, or the vulnerabilities that the statements are about.
package sealwright.suppliers.contents

import rego.v1

import data.sealwright.lib
import data.sealwright.suppliers.lib.documents

pass := {"examined": documents.total} if count(deny) == 0

deny := [lib.entry(why(document), document.digest) |
	some document in input.documents
	document.problem == ""
	document.contents == 0
	document.withdrawn != true
]

why(document) := "it has no statement" if document.kind == "vex"

else := "it lists no component"
