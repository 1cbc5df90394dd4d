# METADATA
# title: Every licence is known
# description: >-
#   A licence that is not stated, or not on the SPDX list, has an outcome of its own: on_unknown decides
#   whether it is reported, leaves the release unexamined, or denies it. What the SBOM marks as for
#   development only (scope "excluded") is not part of the product, and not judged.
# custom:
#   fix: >-
#     Find the licence at its source; name it in [policy].licences_allow (LicenseRef- names and plain
#     names work), or set licences_on_unknown.
#   unknown: allowed
package sealwright.licences.known

import rego.v1

import data.data as settings
import data.sealwright.lib
import data.sealwright.lib.licences

pass := {"examined": lib.product_total, "unknown": count(entries)} if {
	accounted
	tolerated
}

tolerated if settings.licences.on_unknown == "report"

tolerated if {
	settings.licences.on_unknown in {"not-examined", "deny"}
	entries == []
}

unknown := entries if settings.licences.on_unknown in {"report", "not-examined"}

deny := entries if settings.licences.on_unknown == "deny"

entries := array.concat(unstated, unlisted)

unstated := [lib.entry(concat("", [sbom.path, ": no licence is stated"]), ref) |
	some sbom in input.sboms
	some ref in sbom.unlicensed
]

unlisted := [lib.entry(concat("", [found.path, ": ", licences.described(found.licence), " is not on the SPDX list"]), ref) |
	some found in licences.decisions
	found.decision == "unknown"
	some ref in found.licence.subjects
]

# Each component is under one licence that can be decided, among those that have none, or for development only.
accounted if {
	lib.sboms_given
	licences.all_decided
	every sbom in input.sboms {
		lib.licences_total(sbom) == count(sbom.components)
	}
}
