# METADATA
# title: A workflow is scheduled every day to check what is locked for new vulnerabilities and malware.
# description: A workflow file with a daily schedule that runs the session daily_scan. Its own log shows that it ran.
# custom:
#   fix: Run nox -s adopt -- --write --workflows, or copy templates/workflows/daily-scan.yml.
#   otherwise: There is no evidence of a daily check for new vulnerabilities.
#   evidence: workflows
package sealwright.claims.daily_scan

import rego.v1

import data.sealwright.claims.lib as claims

needs := [claims.is_positive("project/workflows/daily_scan", "No workflow runs daily_scan every day.", "workflow")]
