# METADATA
# title: Everything locked was examined
# description: >-
#   The number examined equals the number locked. Nothing locked passes only where the SBOM states that
#   there are no components. A stage whose own outcome is not-examined leaves the release unexamined; one
#   that examined less and passed denies it.
# custom:
#   fix: >-
#     Find in the findings of the named stage what it skipped; fix those locks and run the release again.
#   unknown: allowed
package sealwright.release.examined

import rego.v1

import data.data as settings
import data.sealwright.lib

pass := {"examined": sum([record.counts.examined | some record in input.records; counted(record)])} if {
	lib.records_given
	count(settings.release.counted_stages) > 0
	count([1 | some record in input.records; counted(record)]) > 0
	count(short) == 0
	count(partial) == 0
}

deny := [lib.entry(concat("", [shown(record, "examined"), " examined of ", shown(record, "locked"), " locked"]), record.stage) |
	some record in short
	object.get(record, "outcome", "missing") != "not-examined"
]

unknown := array.concat(
	[lib.entry(concat("", [shown(record, "examined"), " examined of ", shown(record, "locked"), " locked, as it reports"]), record.stage) |
		some record in short
		record.outcome == "not-examined"
	],
	[lib.entry("not everything was examined, as it reports", record.stage) | some record in partial],
)

shown(record, key) := format_int(record.counts[key], 10) if lib.amount(record.counts[key])

else := "an unknown number"

short := [record |
	some record in input.records
	not whole(record)
]

# All that it could read, and not all that there is.
partial := [record |
	some record in input.records
	record.outcome == "not-examined"
	counted(record)
	whole(record)
]

# Has to count, or counts by itself.
counted(record) if settings.release.counted_stages[record.stage]

counted(record) if record.counts.locked >= 0

counted(record) if record.counts.examined >= 0

whole(record) if {
	is_object(record.counts)
	not counted(record)
}

whole(record) if {
	lib.amount(record.counts.locked)
	record.counts.locked > 0
	record.counts.examined == record.counts.locked
}

whole(record) if {
	record.counts.locked == 0
	record.counts.examined == 0
	nothing_to_lock
}

nothing_to_lock if {
	lib.sboms_given
	every sbom in input.sboms {
		sbom.components == []
		sbom.explicitly_empty == true
	}
}
