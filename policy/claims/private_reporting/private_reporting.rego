# METADATA
# title: The project names a private way to report a vulnerability.
# description: >-
#   [reporting] of the configuration.
# custom:
#   fix: Add [reporting] with github, url or email to the configuration.
#   otherwise: The project names no private way to report a vulnerability.
#   evidence: config
package sealwright.claims.private_reporting

import rego.v1

import data.sealwright.claims.lib as claims

needs := [claims.is_true("project/private_channel", "The configuration names no private channel.", "reporting")]
