# Evidence that supports every claim, for the tests of claims (tests/claims/good.py builds the same), and what their
# cases mean.
package sealwright.claims.lib.fixtures

import rego.v1

# A claim does what a case expects: it passes, or denies what is named, and nothing else where it has `only`.
as_expected(needs, case) if {
	passes(needs) == object.get(case, "pass", false)
	denied := short(needs, false)
	every subject in object.get(case, "deny", []) {
		subject in denied
	}
	denied == {subject | some subject in object.get(case, "only", denied)}
}

default passes(_) := false

passes(needs) if {
	count(needs) > 0
	every need in needs {
		need.holds == true
	}
}

# What does not hold, by subject.
short(needs, unseen) := {need.subject |
	some need in needs
	need.holds == false
	need.unseen == unseen
}

# Values with which a need does not hold, by the word in its `reads` for what a value has to be.
spoilt := {
	"absent": [1, "0", true],
	"at least": [-1, "1000000000", true],
	"at most": [1000000000000, "0", true],
	"equal": [1000000000, "1", true],
	"false": [true, "false", 0],
	"few": [1000000000, "1", true],
	"many": [-1, "1000000000", true],
	"no finding": [{"open": 1, "waived": 0}, {"open": 0, "waived": 1}, {"open": "0", "waived": 0}, {"open": 0}, 0],
	"outcome": ["fail", "another", 1],
	"positive": [0, -1, "1", true],
	"profiles": [["base"], ["release"], ["ours"], "base"],
	"text": [1, true],
	"true": [false, "true", 1],
	"value": ["another", 1, true],
	"zero": [1, -1, "0", false],
}

# No need holds with one of these.
empty := [null, "", [], {}]

# With these words a need holds where the value is missing; with all others it does not.
optional := ["absent", "no finding"]

# With these, what a need asks for was not examined.
unexamined := {"outcome": ["not-examined"]}

# The nearest value beyond a limit.
beyond := {"at least": -1, "at most": 1}

evidence := {
	"component": "small",
	"project": {
		"config": true,
		"critical_days": 3,
		"ended_waivers": 0,
		"high_days": 10,
		"identities": 1,
		"licence_file": true,
		"malformed_waivers": 0,
		"owned_gate": true,
		"private_channel": true,
		"response": true,
		"support_periods": 1,
		"undated_identities": 0,
		"unstated_periods": 0,
		"update_tool": true,
		"waivers": 1,
		"workflows": {
			"actions": 5,
			"daily_scan": 1,
			"files": 3,
			"pinned": 5,
			"restricted": 3,
		},
	},
	"release": {
		"archive": {
			"intact": true,
			"lock_sboms": 2,
			"locks": 2,
			"problem": "",
			"there": true,
			"uniform": true,
			"union": true,
			"withheld": 0,
		},
		"cool_down": {
			"bypasses": 0,
			"dated": 2,
			"days": 7,
			"undated": 0,
		},
		"kept": {
			"ruling": "pass",
			"same": true,
			"there": true,
		},
		"manifest": {
			"chain_intact": true,
			"covers_support": true,
			"intact": true,
			"releases": 2,
			"retained_days": 365,
			"retained_years": 10,
			"sequence": 2,
		},
		"policy": {
			"base.edges": "pass",
			"base.exact_versions": "pass",
			"base.hashes": "pass",
			"cisa-2026.component_hash": "pass",
			"cisa-2026.component_identifiers": "pass",
			"cisa-2026.component_licence": "pass",
			"cisa-2026.component_name": "pass",
			"cisa-2026.component_producer": "pass",
			"cisa-2026.component_version": "pass",
			"cisa-2026.coverage": "pass",
			"cisa-2026.data_format": "pass",
			"cisa-2026.dependency_relationships": "pass",
			"cisa-2026.generation_context": "pass",
			"cisa-2026.sbom_author": "pass",
			"cisa-2026.sbom_version": "pass",
			"cisa-2026.timestamp": "pass",
			"cisa-2026.tool": "pass",
			"licences.permitted": "pass",
		},
		"present": true,
		"provenance": {
			"builder": "urn:sealwright:builder:github-hosted:v1",
			"clean": true,
			"commit": "cccccccccccccccccccccccccccccccccccccccc",
			"moment_from": "commit",
			"previous": "v1.0",
			"source": "git+https://github.com/acme/small",
		},
		"records": {
			"bundle_evidence": {
				"bound": true,
				"counts": {
					"files": 6,
					"withheld": 0,
				},
				"feeds": 1,
				"findings": {},
				"offline": false,
				"oldest_feed_seconds": 3600,
				"open": 0,
				"options": {},
				"outcome": "pass",
				"undated_feeds": 0,
				"waived": 0,
			},
			"check_hashes": {
				"bound": true,
				"counts": {
					"examined": 40,
					"files": 40,
					"hashes": 90,
					"locked": 40,
					"locks": 2,
					"served": 90,
				},
				"feeds": 1,
				"findings": {},
				"offline": false,
				"oldest_feed_seconds": 3600,
				"open": 0,
				"options": {
					"bytes": "yes",
				},
				"outcome": "pass",
				"undated_feeds": 0,
				"waived": 0,
			},
			"check_locks": {
				"bound": true,
				"counts": {
					"drifted": 0,
					"empty": 0,
					"examined": 40,
					"kept": 0,
					"locked": 40,
					"locks": 2,
					"recompiled": 2,
					"reproducible": 2,
				},
				"feeds": 1,
				"findings": {},
				"offline": false,
				"oldest_feed_seconds": 3600,
				"open": 0,
				"options": {
					"reproducible": "yes",
				},
				"outcome": "pass",
				"undated_feeds": 0,
				"waived": 0,
			},
			"check_malware": {
				"bound": true,
				"counts": {
					"examined": 40,
					"locked": 40,
					"locks": 2,
					"malicious": 0,
					"unexamined_accepted": 0,
				},
				"feeds": 1,
				"findings": {},
				"offline": false,
				"oldest_feed_seconds": 3600,
				"open": 0,
				"options": {},
				"outcome": "pass",
				"undated_feeds": 0,
				"waived": 0,
			},
			"check_publishers": {
				"bound": true,
				"counts": {
					"attested": 3,
					"direct": 9,
					"direct_examined": 9,
					"examined": 40,
					"files": 90,
					"files_examined": 90,
					"locked": 40,
					"locks": 2,
				},
				"feeds": 1,
				"findings": {},
				"offline": false,
				"oldest_feed_seconds": 3600,
				"open": 0,
				"options": {},
				"outcome": "pass",
				"undated_feeds": 0,
				"waived": 0,
			},
			"check_vulnerabilities": {
				"bound": true,
				"counts": {
					"disagreements": 0,
					"examined": 40,
					"known": 0,
					"locked": 40,
					"locks": 2,
					"undecided": 0,
					"unexamined_accepted": 0,
				},
				"feeds": 1,
				"findings": {},
				"offline": false,
				"oldest_feed_seconds": 3600,
				"open": 0,
				"options": {
					"second_opinion": "yes",
				},
				"outcome": "pass",
				"undated_feeds": 0,
				"waived": 0,
			},
			"generate_sbom": {
				"bound": true,
				"counts": {
					"examined": 40,
					"locked": 40,
					"locks": 2,
				},
				"feeds": 1,
				"findings": {},
				"offline": false,
				"oldest_feed_seconds": 3600,
				"open": 0,
				"options": {},
				"outcome": "pass",
				"undated_feeds": 0,
				"waived": 0,
			},
			"generate_vex": {
				"bound": true,
				"counts": {
					"statements": 0,
				},
				"feeds": 1,
				"findings": {},
				"offline": false,
				"oldest_feed_seconds": 3600,
				"open": 0,
				"options": {},
				"outcome": "pass",
				"undated_feeds": 0,
				"waived": 0,
			},
		},
		"rehearsal": false,
		"sboms": {
			"cyclonedx": {
				"at_source_moment": true,
				"components": 40,
				"describes": true,
				"elements": {
					"component_hash": {
						"missing": 0,
						"present": 40,
						"unknown": 0,
					},
					"component_identifiers": {
						"missing": 0,
						"present": 40,
						"unknown": 0,
					},
					"component_licence": {
						"missing": 0,
						"present": 40,
						"unknown": 0,
					},
					"component_name": {
						"missing": 0,
						"present": 40,
						"unknown": 0,
					},
					"component_producer": {
						"missing": 0,
						"present": 40,
						"unknown": 0,
					},
					"component_version": {
						"missing": 0,
						"present": 40,
						"unknown": 0,
					},
					"dependency_relationships": {
						"missing": 0,
						"present": 40,
						"unknown": 0,
					},
				},
				"there": true,
				"valid": true,
				"version": "1.6",
			},
			"spdx2": {
				"at_source_moment": true,
				"components": 40,
				"describes": true,
				"elements": {},
				"there": true,
				"valid": true,
				"version": "2.3",
			},
			"spdx3": {
				"at_source_moment": true,
				"components": 40,
				"describes": true,
				"elements": {},
				"there": true,
				"valid": true,
				"version": "3.0.1",
			},
		},
		"verdict": {
			"decision": "allow",
			"digest_agrees": true,
			"files": 44,
			"outcome": "pass",
			"profiles": [
				"base",
				"release",
			],
			"refused": 0,
			"rules": 30,
			"settings": "",
			"weakened": 0,
		},
		"verification": {
			"checks": {
				"attestations.signed": {
					"lines": 2,
					"outcome": "pass",
					"passed": 2,
				},
				"chain.previous": {
					"lines": 2,
					"outcome": "pass",
					"passed": 2,
				},
				"files.listed": {
					"lines": 2,
					"outcome": "pass",
					"passed": 2,
				},
				"files.signed": {
					"lines": 2,
					"outcome": "pass",
					"passed": 2,
				},
				"gate.origin": {
					"lines": 2,
					"outcome": "pass",
					"passed": 2,
				},
				"gate.records": {
					"lines": 2,
					"outcome": "pass",
					"passed": 2,
				},
				"gate.verdict": {
					"lines": 2,
					"outcome": "pass",
					"passed": 2,
				},
				"gate.weakened": {
					"lines": 2,
					"outcome": "pass",
					"passed": 2,
				},
				"provenance.builder": {
					"lines": 2,
					"outcome": "pass",
					"passed": 2,
				},
				"provenance.parameters": {
					"lines": 2,
					"outcome": "pass",
					"passed": 2,
				},
				"provenance.statement": {
					"lines": 2,
					"outcome": "pass",
					"passed": 2,
				},
				"provenance.subjects": {
					"lines": 2,
					"outcome": "pass",
					"passed": 2,
				},
				"vex.current": {
					"lines": 2,
					"outcome": "pass",
					"passed": 2,
				},
			},
			"level": 3,
			"level_reason": "a hosted builder's signed provenance covers every file",
			"logged": 9,
			"problems": [],
			"public_root": true,
			"published_identity": true,
			"root_included": true,
			"ruling": "pass",
			"signatures": 9,
			"signed": true,
		},
		"vex": 2,
	},
}
