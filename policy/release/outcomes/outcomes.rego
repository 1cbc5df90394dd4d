# METADATA
# title: Every stage passed
# description: >-
#   A stage that failed denies the release, with the first of its findings as the reason: a yanked file, for example,
#   is a finding of check_hashes, and denies here. How severe a finding has to be for a gate to fail is [gate].fail_on
#   in .security-config.toml (low, unless configured), which each gate applies itself; serious findings deny in
#   release.findings as well, whatever is configured. A stage that could not examine everything leaves the release
#   unexamined, which is not a pass either.
# custom:
#   fix: >-
#     Fix or waive the findings of the stage (nox -s report_findings lists all of them), then run the release again.
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

unknown := [lib.entry(concat("", [record.stage, " did not examine everything", because(record)]), record.stage) |
	some record in input.records
	record.outcome == "not-examined"
]

deny := [lib.entry(reason(record), record.stage) |
	some record in input.records
	not object.get(record, "outcome", "missing") in {"pass", "not-examined"}
]

reason(record) := concat("", [record.stage, " failed", because(record)]) if record.outcome == "fail"

else := concat("", ["the outcome is ", object.get(record, "outcome", "missing"), ", expected pass"])

# `open` counts the findings that are neither waived nor information, and has the message of the most severe.
because(record) := concat("", [": ", record.open.findings, ", first: ", record.open.first]) if {
	lib.text(record.open.findings)
	lib.text(record.open.first)
}

else := ": its record has no finding that is open"
