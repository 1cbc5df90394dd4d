# METADATA
# title: The provenance lists every record
# description: Each record of a stage that ran before is a byproduct, with its digest.
# custom:
#   fix: >-
#     Run generate_provenance.py again, or the whole release: nox -s release.
package sealwright.provenance.records

import rego.v1

import data.data as settings
import data.sealwright.lib

pass := {"examined": count(earlier)} if {
	lib.records_given
	count(earlier) > 0
	every record in earlier {
		listed(record)
	}
}

deny := [lib.entry("the provenance does not list this record with the digest that it has", record.stage) |
	some record in earlier
	not listed(record)
]

# Provenance cannot list what is written after it.
earlier := [record |
	some record in input.records
	not settings.provenance.later_stages[record.stage]
]

listed(record) if {
	lib.sha256(record.sha256)
	record.sha256 in input.provenance.byproducts
}
