# METADATA
# title: The project states until when its version lines get security fixes.
# description: >-
#   [[support.versions]] of the configuration.
# custom:
#   fix: Add [[support.versions]] with until or months to the configuration, for every line.
#   otherwise: The project does not state until when its versions get security fixes.
#   evidence: config
package sealwright.claims.support_period_stated

import rego.v1

import data.sealwright.claims.lib as claims

needs := [
	claims.is_positive("project/support_periods", "No support period is configured.", "periods"),
	claims.is_zero("project/unstated_periods", "A supported version line has no stated end.", "unstated"),
]
