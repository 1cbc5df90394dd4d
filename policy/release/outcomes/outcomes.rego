# METADATA
# title: Every stage passed
# description: >-
#   A stage that failed denies the release. One that could not look leaves it unexamined, which is no
#   pass either.
# custom:
#   fix: Open the record of the stage that is named, repair what it found, and run the release again.
#   unknown: allowed
package sealwright.release.outcomes

import rego.v1

import data.sealwright.lib

pass := {"examined": count(input.records)} if {
	lib.records_given
	every record in input.records {
		record.outcome == "pass"
	}
}

unknown := [lib.entry("the stage could not examine what it should", record.stage) |
	some record in input.records
	record.outcome == "not-examined"
]

deny := [lib.entry(concat("", ["the outcome is ", object.get(record, "outcome", "missing"), ", expected pass"]), record.stage) |
	some record in input.records
	not object.get(record, "outcome", "missing") in {"pass", "not-examined"}
]
