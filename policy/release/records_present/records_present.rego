# METADATA
# title: Every required stage left a record
# description: A stage without a record did not run. data/release.json lists the required stages.
# custom:
#   fix: >-
#     Run the whole release again: nox -s release.
package sealwright.release.records_present

import rego.v1

import data.data as settings
import data.sealwright.lib

pass := {"examined": count(settings.release.required_stages)} if {
	lib.records_given
	count(settings.release.required_stages) > 0
	every stage in settings.release.required_stages {
		records_of(stage) == 1
	}
}

records_of(stage) := count([1 | some record in input.records; record.stage == stage])

deny := [lib.entry(concat("", [format_int(records_of(stage), 10), " records of a required stage, expected 1"]), stage) |
	some stage in settings.release.required_stages
	records_of(stage) != 1
]
