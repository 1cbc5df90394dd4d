# METADATA
# title: No serious finding is open
# description: >-
#   A finding of a severity that data/release.json calls blocking denies the release, unless a waiver
#   covers it. Unknown severity counts as high. What [gate].fail_on lets pass in a gate is denied here all
#   the same; less severe findings deny in release.outcomes, by the gate that fails.
# custom:
#   fix: >-
#     Take the finding's next step, or add a waiver with a reason, an owner and an expiry date; then run the
#     release again.
package sealwright.release.findings

import rego.v1

import data.data as settings
import data.sealwright.lib

pass := {"examined": sum([count(record.findings) | some record in input.records])} if {
	lib.records_given
	count(settings.release.blocking_severities) > 0
	every record in input.records {
		clean(record)
	}
}

clean(record) if {
	is_array(record.findings)
	every finding in record.findings {
		harmless(finding)
	}
}

deny := [lib.entry(concat("", [record.stage, ": ", object.get(finding, "severity", "unknown"), " finding ", object.get(finding, "code", "without a code"), ": ", object.get(finding, "message", "")]), object.get(finding, "subject", "")) |
	some record in input.records
	some finding in record.findings
	not harmless(finding)
]

harmless(finding) if {
	settings.release.severities[finding.severity]
	not settings.release.blocking_severities[finding.severity]
}

harmless(finding) if {
	settings.release.severities[finding.severity]
	lib.text(finding.waived_by)
}
