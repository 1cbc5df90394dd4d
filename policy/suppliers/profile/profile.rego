# METADATA
# title: Every SBOM has the elements of its profile
# description: >-
#   [[suppliers]].profile names the quality profile; docs/suppliers.md lists the elements of each.
# custom:
#   fix: >-
#     Add each element at the places that are named, and to all other components that lack it. What you do not know, state to be
#     unknown where the profile allows it.
package sealwright.suppliers.profile

import rego.v1

import data.sealwright.lib
import data.sealwright.suppliers.lib.documents

pass := {"examined": documents.total} if {
	count(deny) == 0
	every document in input.documents {
		scored(document)
	}
}

deny := [lib.entry(element.sentence, document.digest) |
	some document in input.documents
	document.problem == ""
	is_object(document.profile)
	some element in document.profile.missing
]

# A VEX document, and what has no supplier, is measured by no profile.
scored(document) if document.profile == null

scored(document) if document.problem != ""

scored(document) if {
	is_string(document.profile.name)
	is_array(document.profile.missing)
}
