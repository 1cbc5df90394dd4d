# METADATA
# title: No waiver has expired.
# description: Every waiver of the configuration, and today's date.
# custom:
#   fix: Remove, or renew with a reason, each expired waiver.
#   otherwise: >-
#     Waivers have expired or cannot be read: what they covered is no longer accepted.
#   evidence: config
#   facts: waivers
package sealwright.claims.waivers_current

import rego.v1

import data.sealwright.claims.lib as claims

needs := [
	claims.is_true("project/config", "There is no configuration to read waivers from.", "config"),
	claims.is_zero("project/malformed_waivers", "A waiver lacks a reason, an owner or a date.", "waivers"),
	claims.is_zero("project/ended_waivers", "A waiver has expired.", "ended"),
]
