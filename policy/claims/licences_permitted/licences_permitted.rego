# METADATA
# title: The policy permits every licence that a component states.
# description: The rule licences.permitted was evaluated again on the released SBOM, with today's lists.
# custom:
#   fix: Replace what nox -s evaluate_policy names, or permit its licence in [policy].
#   otherwise: There is no evidence that every stated licence is permitted.
#   evidence: cyclonedx
#   facts: components unknown_licences
package sealwright.claims.licences_permitted

import rego.v1

import data.sealwright.claims.lib as claims

needs := claims.of_sbom("cyclonedx", [claims.rule_passes("licences.permitted")])
