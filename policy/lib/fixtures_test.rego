# One good input for the tests of rules, and what their cases mean.
package sealwright.lib.fixtures

import rego.v1

sha256 := "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

other_sha256 := "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

commit := "cccccccccccccccccccccccccccccccccccccccc"

complete := {"present": 3, "unknown": 0, "missing": []}

document := {
	"subject": {"component": "acme", "version": "1.0", "under_git": true, "commit": commit},
	"sboms": [{
		"path": "dist:sbom/acme-sbom.json",
		"sha256": sha256,
		"format": "CycloneDX",
		"format_version": "1.6",
		"problems": [],
		"root": {"ref": "root", "name": "acme", "version": "1.0", "purl": ""},
		"explicitly_empty": false,
		"document": {
			"sbom_author": "present",
			"data_format": "present",
			"generation_context": "present",
			"timestamp": "present",
			"tool": "present",
			"sbom_version": "present",
			"coverage": "present",
		},
		"components": [
			{
				"ref": "pkg:pypi/a@1",
				"name": "a",
				"version": "1",
				"origin": "files",
				"algorithms": ["sha-256"],
				"unknown": [],
			},
			{
				"ref": "path:b",
				"name": "b",
				"version": "",
				"origin": "local",
				"algorithms": [],
				"unknown": ["Component Hash Value", "Component Version"],
			},
		],
		"elements": {
			"component_producer": complete,
			"component_name": complete,
			"component_version": complete,
			"component_identifiers": complete,
			"component_hash": {"present": 1, "unknown": 1, "missing": []},
			"component_licence": complete,
			"dependency_relationships": complete,
		},
		"edges": 2,
		"dangling": [],
		"duplicates": [],
		"licences": [{
			"text": "MIT",
			"alternatives": [[{"id": "MIT", "text": "MIT", "known": true}]],
			"subjects": ["pkg:pypi/a@1", "path:b"],
		}],
		"unlicensed": [],
		"excluded": [],
	}],
	"records": [
		{
			"stage": "bundle_evidence",
			"sha256": sha256,
			"component": "acme",
			"version": "1.0",
			"outcome": "pass",
			"invocation": "run",
			"counts": {},
			"findings": [],
			"open": {"findings": "", "first": ""},
			"writes": [],
		},
		{
			"stage": "generate_sbom",
			"sha256": other_sha256,
			"component": "acme",
			"version": "1.0",
			"outcome": "pass",
			"invocation": "run",
			"counts": {"locked": 2, "examined": 2},
			"findings": [{"code": "x.y", "severity": "low", "message": "m", "subject": "s", "waived_by": "", "kev": "", "exploited": "", "epss": null}],
			"open": {"findings": "1 low finding", "first": "m"},
			"writes": [{"path": "dist:sbom/acme-sbom.json", "recorded": sha256, "actual": sha256}],
		},
	],
	"provenance": {
		"statement_type": "https://in-toto.io/Statement/v1",
		"predicate_type": "https://slsa.dev/provenance/v1",
		"problems": [],
		"subjects": [{"name": "acme-1.0-sbom.cdx.json", "sha256": sha256, "file": "dist:sbom/acme-sbom.json"}],
		"duplicates": [],
		"build_type": "urn:acme:buildtype",
		"builder_id": "urn:acme:builder",
		"commits": [commit],
		"byproducts": [sha256, other_sha256],
	},
	"released": [{"path": "dist:sbom/acme-sbom.json", "sha256": sha256, "subject": "acme-1.0-sbom.cdx.json"}],
}

# What a case expects of a rule: how much a pass has examined, the subjects of `deny` and `unknown` entries, and where
# it has `messages`, those of all entries.
as_expected(rule, case) if {
	object.get(object.get(rule, "pass", {}), "examined", "no pass") == object.get(case, "examined", "no pass")
	[entry.subject | some entry in object.get(rule, "deny", [])] == object.get(case, "deny", [])
	[entry.subject | some entry in object.get(rule, "unknown", [])] == object.get(case, "unknown", [])
	entries := array.concat(object.get(rule, "deny", []), object.get(rule, "unknown", []))
	messages := [entry.message | some entry in entries]
	messages == object.get(case, "messages", messages)
}

# The data that a case is to be judged by.
settings(case) := object.union(data.data, object.get(case, "data", {}))
