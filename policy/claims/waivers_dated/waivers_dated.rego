# METADATA
# title: Every waived finding has a reason, the date of its waiver and an expiry date.
# description: Every waiver of the configuration was read.
# custom:
#   fix: Fix each waiver that nox -s check_locks or nox -s check_vulnerabilities names.
#   otherwise: There is no evidence that every waived finding has a reason and an expiry date.
#   evidence: config
#   facts: waivers
package sealwright.claims.waivers_dated

import rego.v1

import data.sealwright.claims.lib as claims

needs := [
	claims.is_true("project/config", "There is no configuration to read waivers from.", "config"),
	claims.is_zero("project/malformed_waivers", "A waiver lacks a reason, an owner or a date.", "waivers"),
]
