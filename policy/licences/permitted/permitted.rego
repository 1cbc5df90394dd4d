# METADATA
# title: Every stated licence is permitted
# description: >-
#   An expression is permitted if one of its OR branches is, and a branch if all its AND terms are.
#   data/licences.json and [policy] in .security-config.toml list the permitted licences; an empty allow
#   list permits none. What the SBOM marks as for development only (scope "excluded") is not part of the
#   product, and not judged.
# custom:
#   fix: >-
#     Replace the package, or, where the licence is acceptable for the project, name it in
#     [policy].licences_allow_also.
package sealwright.licences.permitted

import rego.v1

import data.data as settings
import data.sealwright.lib
import data.sealwright.lib.licences

pass := {"examined": lib.product_total} if {
	accounted
	is_array(settings.licences.allow)
	is_array(settings.licences.deny)
	count(settings.licences.allow) > 0
	licences.all_decided
	every found in licences.decisions {
		found.decision in {"permitted", "unknown"}
	}
}

deny := array.concat(refused, nothing_allowed)

refused := [lib.entry(concat("", [found.path, ": ", licences.described(found.licence), " is not permitted"]), ref) |
	some found in licences.decisions
	found.decision == "denied"
	some ref in found.licence.subjects
]

nothing_allowed := [lib.entry("the list of allowed licences is empty: none is permitted", "licences.allow") |
	settings.licences.allow == []
]

# Each component is under one licence, among those that have none, or for development only.
accounted if {
	lib.sboms_given
	every sbom in input.sboms {
		lib.licences_total(sbom) == count(sbom.components)
	}
}
