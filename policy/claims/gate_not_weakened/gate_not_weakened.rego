# METADATA
# title: No setting made the release gate weaker than its default.
# description: >-
#   The verdict in the release records every setting of the project that makes the built-in release gate weaker than its
#   default, and records none.
# custom:
#   fix: Restore the default of each setting that the verdict names, then run nox -s release.
#   otherwise: There is no evidence that the release gate was as strict as its default.
#   evidence: gate provenance
package sealwright.claims.gate_not_weakened

import rego.v1

import data.sealwright.claims.lib as claims

needs := claims.of_release([
	claims.is_zero("release/verdict/weakened", named, "settings"),
	claims.check_passes("gate.weakened", "The settings that the verdict names were not all accepted when it was made."),
	claims.check_passes("gate.verdict", "The verdict is not the one that the provenance names, or does not allow the release."),
])

named := text if {
	text := claims.value("release/verdict/settings")
	claims.filled(text)
} else := "A setting made the release gate weaker than its default, or the verdict does not record it."
