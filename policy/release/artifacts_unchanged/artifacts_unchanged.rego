# METADATA
# title: The files are those that the stages wrote
# description: Each file that a record says its stage wrote is there, with the digest that the record has.
# custom:
#   fix: Something changed dist/ after it was made. Find out what, then run the whole release again.
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

deny := [lib.entry(concat("", [record.stage, ": SHA-256 is ", object.get(file, "actual", "unknown"), ", the record says ", object.get(file, "recorded", "unknown")]), object.get(file, "path", "")) |
	some record in input.records
	some file in record.writes
	not same(file)
]

same(file) if {
	lib.text(file.path)
	lib.sha256(file.recorded)
	file.actual == file.recorded
}
