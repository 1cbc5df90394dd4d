# METADATA
# title: The provenance is an in-toto statement of SLSA provenance
# description: Statement type and predicate type are those of data/provenance.json.
# custom:
#   fix: >-
#     Run generate_provenance.py again, or the whole release: nox -s release.
package sealwright.provenance.statement

import rego.v1

import data.data as settings
import data.sealwright.lib

pass := {"examined": 1} if {
	settings.provenance.statement_types[input.provenance.statement_type]
	settings.provenance.predicate_types[input.provenance.predicate_type]
	input.provenance.problems == []
}

deny := array.concat(array.concat(statement, predicate), problems)

statement := [lib.entry(concat("", ["the statement type is ", found]), "_type") |
	found := object.get(object.get(input, "provenance", {}), "statement_type", "missing")
	not settings.provenance.statement_types[found]
]

predicate := [lib.entry(concat("", ["the predicate type is ", found]), "predicateType") |
	found := object.get(object.get(input, "provenance", {}), "predicate_type", "missing")
	not settings.provenance.predicate_types[found]
]

problems := [lib.entry(problem.message, problem.path) | some problem in input.provenance.problems]
