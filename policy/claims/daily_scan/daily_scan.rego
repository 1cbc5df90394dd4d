# METADATA
# title: >-
#   A workflow is scheduled every day that looks for new vulnerabilities and malware in what is locked.
# description: >-
#   A workflow file with a daily schedule that runs the session daily_scan. That it ran, its own log shows.
# custom:
#   fix: >-
#     Run nox -s adopt, or copy templates/workflows/daily-scan.yml.
#   otherwise: >-
#     There is no evidence of a daily look for new vulnerabilities.
#   evidence: workflows
#   unknown: allowed
package sealwright.claims.daily_scan

import rego.v1

import data.sealwright.claims.lib as claims
import data.sealwright.lib

needs := [
	claims.need(
		claims.of_project(["workflows", "daily_scan"], 0) > 0,
		"No workflow runs daily_scan every day.",
		"workflow",
	),
]

pass if {
	count(needs) > 0
	every one in needs {
		one.holds == true
	}
}

deny := [lib.entry(one.message, one.subject) |
	some one in needs
	one.holds == false
	one.unseen == false
]

unknown := [lib.entry(one.message, one.subject) |
	some one in needs
	one.holds == false
	one.unseen == true
]
