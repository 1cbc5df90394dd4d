# METADATA
# title: >-
#   CODEOWNERS names owners for the configuration of the release gate, for each workflow, and for itself.
# description: >-
#   The last line of the file that matches each of these paths names an owner. Whether the code host requires their review
#   is a setting of the host, which is not examined.
# custom:
#   fix: Copy templates/CODEOWNERS.template to .github/CODEOWNERS, and name your own teams.
#   otherwise: No file names owners for the configuration of the release gate.
#   evidence: code_owners
package sealwright.claims.owned_gate

import rego.v1

import data.sealwright.claims.lib as claims

needs := [claims.is_true("project/owned_gate", "CODEOWNERS does not name owners for all of these files.", "owners")]
