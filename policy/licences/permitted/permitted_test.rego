package sealwright.licences.permitted_test

import rego.v1

import data.sealwright.lib.fixtures
import data.sealwright.licences.permitted

cases := {
	"a licence that cannot be decided does not pass": {"input": json.patch(fixtures.document, [{
		"op": "replace",
		"path": "/sboms/0/licences/0/alternatives",
		"value": [],
	}])},
	"a good document passes": {"input": fixtures.document, "examined": 2},
	"a denied licence is denied": {
		"input": json.patch(fixtures.document, [{"op": "replace", "path": "/sboms/0/licences", "value": [{"text": "BUSL-1.1", "alternatives": [[{"id": "BUSL-1.1", "text": "BUSL-1.1", "known": true}]], "subjects": ["pkg:pypi/a@1"]}, {"text": "MIT", "alternatives": [[{"id": "MIT", "text": "MIT", "known": true}]], "subjects": ["path:b"]}]}]),
		"deny": ["pkg:pypi/a@1"],
	},
	"what is for development only is not judged": {
		"input": json.patch(fixtures.document, [
			{"op": "replace", "path": "/sboms/0/licences", "value": [{"text": "MIT", "alternatives": [[{"id": "MIT", "text": "MIT", "known": true}]], "subjects": ["path:b"]}]},
			{"op": "replace", "path": "/sboms/0/excluded", "value": ["pkg:pypi/a@1"]},
		]),
		"examined": 1,
	},
	"where development is not stated, nothing passes": {
		"input": json.patch(fixtures.document, [{"op": "remove", "path": "/sboms/0/excluded"}]),
	},
	"a component not accounted for does not pass": {
		"input": json.patch(fixtures.document, [{"op": "replace", "path": "/sboms/0/licences", "value": []}]),
	},
	"an unknown licence is no concern of this rule": {
		"input": json.patch(fixtures.document, [{"op": "replace", "path": "/sboms/0/licences", "value": [{"text": "Nope", "alternatives": [[{"id": "Nope", "text": "Nope", "known": false}]], "subjects": ["pkg:pypi/a@1", "path:b"]}]}]),
		"examined": 2,
	},
	"no licence at all is denied, unless it is named": {
		"input": json.patch(fixtures.document, [{"op": "replace", "path": "/sboms/0/licences", "value": [{"text": "NONE", "alternatives": [[{"id": "NONE", "text": "NONE", "known": false}]], "subjects": ["pkg:pypi/a@1", "path:b"]}]}]),
		"data": {"licences": {"allow": ["MIT"]}},
		"deny": ["pkg:pypi/a@1", "path:b"],
	},
	"no pattern permits what has no licence at all": {
		"input": json.patch(fixtures.document, [{"op": "replace", "path": "/sboms/0/licences", "value": [{"text": "NONE", "alternatives": [[{"id": "NONE", "text": "NONE", "known": false}]], "subjects": ["pkg:pypi/a@1", "path:b"]}]}]),
		"data": {"licences": {"allow": ["*"], "deny": []}},
		"deny": ["pkg:pypi/a@1", "path:b"],
	},
	"no licence at all that is named passes": {
		"input": json.patch(fixtures.document, [{"op": "replace", "path": "/sboms/0/licences", "value": [{"text": "NONE", "alternatives": [[{"id": "NONE", "text": "NONE", "known": false}]], "subjects": ["pkg:pypi/a@1", "path:b"]}]}]),
		"data": {"licences": {"allow": ["MIT"], "allow_also": ["NONE"]}},
		"examined": 2,
	},
	"an empty allow list permits nothing": {
		"input": fixtures.document,
		"data": {"licences": {"allow": []}},
		"deny": ["pkg:pypi/a@1", "path:b", "licences.allow"],
	},
}

test_cases if {
	every case in cases {
		fixtures.as_expected(permitted, case) with input as case.input with data.data as fixtures.settings(case)
	}
}
