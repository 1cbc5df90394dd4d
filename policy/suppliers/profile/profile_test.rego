package sealwright.suppliers.profile_test

import rego.v1

import data.sealwright.lib.fixtures as shared
import data.sealwright.suppliers.lib.fixtures
import data.sealwright.suppliers.profile

missing := {"element": "supplier_name", "sentence": "Supplier Name (ntia-2021) is missing at 1 of 2 places: /components/0 (a 1): it has no supplier"}

two := [missing, {"element": "timestamp", "sentence": "Timestamp (ntia-2021) is missing: it has no time"}]

cases := {
	"a good document passes": {"input": fixtures.good, "examined": 1},
	"no document at all does not pass": {"input": {"documents": []}},
	"an element that is missing is denied with its places": {
		"input": fixtures.with_values({"profile": {"name": "ntia-2021", "missing": [missing]}}),
		"deny": [fixtures.digest],
		"messages": [missing.sentence],
	},
	"each element is named": {
		"input": fixtures.with_values({"profile": {"name": "ntia-2021", "missing": two}}),
		"deny": [fixtures.digest, fixtures.digest],
		"messages": [missing.sentence, "Timestamp (ntia-2021) is missing: it has no time"],
	},
	"what is measured by no profile passes": {"input": fixtures.with_values({"profile": null}), "examined": 1},
	"a score that is not given does not pass": {"input": {"documents": [object.remove(fixtures.good.documents[0], ["profile"])]}},
}

test_cases if {
	every case in cases {
		shared.as_expected(profile, case) with input as case.input with data.data as shared.settings(case)
	}
}
