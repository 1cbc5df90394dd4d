# METADATA
# title: The provenance names what it is about, by digest
# description: At least one subject, each with a name and a SHA-256, and no name twice.
# custom:
#   fix: >-
#     Run generate_provenance.py again, or the whole release: nox -s release.
package sealwright.provenance.subjects

import rego.v1

import data.sealwright.lib

pass := {"examined": count(input.provenance.subjects)} if {
	count(input.provenance.subjects) > 0
	every subject in input.provenance.subjects {
		lib.text(subject.name)
		lib.sha256(subject.sha256)
	}
	input.provenance.duplicates == []
}

deny := array.concat(array.concat(none, incomplete), twice)

none := [lib.entry("the provenance has no subject", "subject") | input.provenance.subjects == []]

incomplete := [lib.entry("the subject has no name or no SHA-256", object.get(subject, "name", "")) |
	some subject in input.provenance.subjects
	not complete(subject)
]

twice := [lib.entry("two subjects have this name", name) | some name in input.provenance.duplicates]

complete(subject) if {
	lib.text(subject.name)
	lib.sha256(subject.sha256)
}
