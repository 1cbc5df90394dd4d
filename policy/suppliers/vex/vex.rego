# METADATA
# title: Every SBOM has a VEX where its supplier must send one
# description: >-
#   [[suppliers]].vex_required asks for an accepted VEX document of the supplier about the product and version of each of its
#   SBOMs, or for analyses in the SBOM itself; each vulnerability that the SBOM lists needs a statement.
# custom:
#   fix: >-
#     Send a VEX document about this version of the product, signed as the SBOM is, with a statement about each vulnerability that
#     the SBOM lists. If none is known, state that in CycloneDX with an empty list of vulnerabilities.
package sealwright.suppliers.vex

import rego.v1

import data.sealwright.lib
import data.sealwright.suppliers.lib.documents

pass := {"examined": documents.total} if {
	count(deny) == 0
	every document in input.documents {
		stated(document)
	}
}

deny := array.concat(absent, unanswered)

absent := [lib.entry("no VEX of its supplier about this version of the product was accepted, and it has none itself", document.digest) |
	some document in input.documents
	document.problem == ""
	document.vex.required == true
	document.vex.given != true
]

unanswered := [lib.entry(concat("", ["it lists vulnerabilities without a statement about them: ", concat(", ", document.vex.unanswered)]), document.digest) |
	some document in input.documents
	document.problem == ""
	document.vex.required == true
	count(document.vex.unanswered) > 0
]

# Of a document that needs none, nothing is asked.
stated(document) if document.vex.required == false

stated(document) if document.problem != ""

stated(document) if {
	document.vex.required == true
	document.vex.given == true
	is_array(document.vex.unanswered)
}
