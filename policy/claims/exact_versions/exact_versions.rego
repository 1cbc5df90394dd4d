# METADATA
# title: >-
#   Every locked dependency is pinned to one exact version or commit.
# description: >-
#   check_locks looked at every lock, and the rule base.exact_versions at the SBOM.
# custom:
#   fix: >-
#     Compile the locks: nox -s lock.
#   otherwise: >-
#     There is no evidence that every locked dependency is pinned to one version.
#   evidence: gate cyclonedx
#   facts: pins locks
#   unknown: allowed
package sealwright.claims.exact_versions

import rego.v1

import data.sealwright.claims.lib as claims
import data.sealwright.lib

needs := array.concat(claims.sound, claims.once_sound(array.concat(claims.gate("check_locks"), claims.after("check_locks", [
	claims.need(
		claims.open_findings("check_locks", "lock.unpinned") + claims.waived_findings("check_locks", "lock.unpinned") == 0,
		"An entry is not pinned.",
		"lock.unpinned",
	),
	claims.need(
		claims.open_findings("check_locks", "lock.unversioned") + claims.waived_findings("check_locks", "lock.unversioned") == 0,
		"An entry has no version.",
		"lock.unversioned",
	),
	claims.need(
		claims.open_findings("check_locks", "lock.mutable-source") + claims.waived_findings("check_locks", "lock.mutable-source") == 0,
		"An entry comes from a source that can change.",
		"lock.mutable-source",
	),
	claims.need(
		claims.rule_passes("base.exact_versions"),
		"The rule base.exact_versions does not pass for the released SBOM.",
		"base.exact_versions",
	),
]))))

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
