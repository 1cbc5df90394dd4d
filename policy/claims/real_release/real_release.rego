# METADATA
# title: A release was made and retained, and it verifies today.
# description: The newest retained release is not a rehearsal, and was verified again.
# custom:
#   fix: Run nox -s release.
#   otherwise: No release has been made yet that could be verified here.
#   evidence: provenance checksums
#   facts: version released
package sealwright.claims.real_release

import rego.v1

import data.sealwright.claims.lib as claims

needs := claims.of_real_release([])
