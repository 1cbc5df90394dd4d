# METADATA
# title: Every vulnerability has a due date for its fix, in business days by severity.
# description: >-
#   [response] of the configuration, written there by the maintainers.
# custom:
#   fix: Add [response] with critical_days and high_days to the configuration.
#   otherwise: The project promises no time within which a vulnerability is fixed.
#   evidence: config
#   facts: critical_days high_days
package sealwright.claims.response_clock

import rego.v1

import data.sealwright.claims.lib as claims

needs := [
	claims.is_true("project/response", "The configuration has no [response].", "response"),
	claims.is_at_least("project/critical_days", 0, "There is no target for critical vulnerabilities.", "critical"),
	claims.is_at_least("project/high_days", 0, "There is no target for high vulnerabilities.", "high"),
]
