# METADATA
# title: Every workflow declares the permissions of its token.
# description: Every workflow file has permissions at its top level.
# custom:
#   fix: Add permissions at the top level of each workflow.
#   otherwise: There is no evidence that every workflow limits its token.
#   evidence: workflows
package sealwright.claims.restricted_workflows

import rego.v1

import data.sealwright.claims.lib as claims

needs := [
	claims.is_positive("project/workflows/files", "There is no workflow.", "workflows"),
	claims.are_equal("project/workflows/restricted", "project/workflows/files", "A workflow does not limit its token.", "permissions"),
]
