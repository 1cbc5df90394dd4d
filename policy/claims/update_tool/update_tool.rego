# METADATA
# title: A tool is configured that proposes newer versions of dependencies.
# description: The project has a configuration of Renovate, or one of Dependabot for Python packages.
# custom:
#   fix: Run nox -s adopt -- --write.
#   otherwise: No tool that proposes newer versions is configured.
#   evidence: update_tool
package sealwright.claims.update_tool

import rego.v1

import data.sealwright.claims.lib as claims

needs := [claims.is_true("project/update_tool", "No configuration of such a tool was found.", "tool")]
