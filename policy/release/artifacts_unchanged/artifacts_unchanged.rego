# METADATA
# title: The files are those that the stages wrote
# description: Each file that a stage wrote according to its record exists, with the recorded digest.
# custom:
#   fix: Find out what changed dist/ after it was written, then run the whole release again.
package sealwright.release.artifacts_unchanged

import rego.v1

import data.sealwright.lib

pass := {"examined": sum([count(record.writes) | some record in input.records])} if {
	lib.records_given
	every record in input.records {
		untouched(record)
	}
}

untouched(record) if {
	is_array(record.writes)
	every file in record.writes {
		same(file)
	}
}

deny := [lib.entry(concat("", [record.stage, ": SHA-256 is ", object.get(file, "actual", "unknown"), ", the record has ", object.get(file, "recorded", "unknown")]), object.get(file, "path", "")) |
	some record in input.records
	some file in record.writes
	not same(file)
]

same(file) if {
	lib.text(file.path)
	lib.sha256(file.recorded)
	file.actual == file.recorded
}
