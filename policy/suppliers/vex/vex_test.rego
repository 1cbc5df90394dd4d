package sealwright.suppliers.vex_test

import rego.v1

import data.sealwright.lib.fixtures as shared
import data.sealwright.suppliers.lib.fixtures
import data.sealwright.suppliers.vex

cases := {
	"a good document passes": {"input": fixtures.good, "examined": 1},
	"no document at all does not pass": {"input": {"documents": []}},
	"without a VEX it is denied": {
		"input": fixtures.with_values({"vex": {"required": true, "given": false, "unanswered": []}}),
		"deny": [fixtures.digest],
		"messages": ["no VEX of its supplier about this version of the product was accepted, and it has none itself"],
	},
	"a vulnerability without a statement is denied": {
		"input": fixtures.with_values({"vex": {"required": true, "given": true, "unanswered": ["CVE-2026-1", "CVE-2026-2"]}}),
		"deny": [fixtures.digest],
		"messages": ["it lists vulnerabilities without a statement about them: CVE-2026-1, CVE-2026-2"],
	},
	"with a VEX it passes": {"input": fixtures.with_values({"vex": {"required": true, "given": true, "unanswered": []}}), "examined": 1},
	"what is not required passes": {"input": fixtures.with_values({"vex": {"required": false, "given": false, "unanswered": []}}), "examined": 1},
	"what is not stated does not pass": {"input": {"documents": [object.remove(fixtures.good.documents[0], ["vex"])]}},
}

test_cases if {
	every case in cases {
		shared.as_expected(vex, case) with input as case.input with data.data as shared.settings(case)
	}
}
