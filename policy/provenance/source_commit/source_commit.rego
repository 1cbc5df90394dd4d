# METADATA
# title: The provenance names the source commit
# description: >-
#   For a project under git, the commit at HEAD is among the resolved dependencies. Outside git there is
#   none to name.
# custom:
#   fix: >-
#     Run generate_provenance.py again, or the whole release: nox -s release.
package sealwright.provenance.source_commit

import rego.v1

import data.sealwright.lib

pass := {"examined": 1} if {
	input.subject.under_git == true
	commit(input.subject.commit)
	input.subject.commit in input.provenance.commits
}

pass := {"examined": 0} if input.subject.under_git == false

deny := [lib.entry(concat("", ["the resolved dependencies name the commits (", concat(", ", object.get(object.get(input, "provenance", {}), "commits", [])), "), HEAD is ", object.get(input.subject, "commit", "unknown")]), "buildDefinition.resolvedDependencies") |
	input.subject.under_git != false
	not named
]

named if {
	commit(input.subject.commit)
	input.subject.commit in input.provenance.commits
}

commit(value) if regex.match(`^([0-9a-f]{40}|[0-9a-f]{64})$`, value)
