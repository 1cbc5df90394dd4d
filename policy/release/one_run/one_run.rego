# METADATA
# title: All records are of one run of this release
# description: >-
#   One invocation, and the component and version that are being released: records of another run or
#   another version prove nothing here.
# custom:
#   fix: >-
#     Run the whole release again: nox -s release.
package sealwright.release.one_run

import rego.v1

import data.sealwright.lib

pass := {"examined": count(input.records)} if {
	lib.records_given
	lib.text(input.subject.component)
	lib.text(input.subject.version)
	lib.text(first)
	every record in input.records {
		record.invocation == first
		record.component == input.subject.component
		record.version == input.subject.version
	}
}

first := input.records[0].invocation

expected := {
	"invocation": first,
	"component": input.subject.component,
	"version": input.subject.version,
}

deny := [lib.entry(concat("", [field, " is ", object.get(record, field, "missing"), ", expected ", expected[field]]), record.stage) |
	some record in input.records
	some field in ["invocation", "component", "version"]
	object.get(record, field, "missing") != expected[field]
]
