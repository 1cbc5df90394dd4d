# METADATA
# title: The provenance covers exactly what is released
# description: Each file that will be released is a subject, and each subject is such a file, by digest.
# custom:
#   fix: >-
#     Run generate_provenance.py again, or the whole release: nox -s release.
package sealwright.provenance.coverage

import rego.v1

import data.sealwright.lib

pass := {"examined": count(input.released)} if {
	count(input.released) > 0
	every file in input.released {
		lib.text(file.path)
		lib.sha256(file.sha256)
		lib.text(file.subject)
	}
	every subject in input.provenance.subjects {
		lib.text(subject.file)
	}
}

deny := array.concat(uncovered, strange)

uncovered := [lib.entry("no subject of the provenance has this file's digest", object.get(file, "path", "")) |
	some file in input.released
	not covered(file)
]

strange := [lib.entry("no file that is released has this subject's digest", object.get(subject, "name", "")) |
	some subject in input.provenance.subjects
	not released(subject)
]

covered(file) if lib.text(file.subject)

released(subject) if lib.text(subject.file)
