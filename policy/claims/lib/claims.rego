# What every claim needs of the evidence, as a list of needs: what must hold, and the sentence for where it does not.
#
# Each need has a value whatever the evidence lacks: what is missing does not hold. A claim passes where its list has
# entries and all of them hold. `unseen` marks what nobody could look at: it supports nothing, and denies nothing.
package sealwright.claims.lib

import rego.v1

import data.claims.data as settings

need(holds, message, subject) := {"holds": holds, "unseen": false, "message": message, "subject": subject}

need_seen(holds, unseen, message, subject) := {"holds": holds, "unseen": unseen, "message": message, "subject": subject}

# A value of the release, of its project, and a number that a stage counted.
of_release(path, other) := object.get(object.get(input, "release", {}), path, other)

of_project(path, other) := object.get(object.get(input, "project", {}), path, other)

counted(stage, key) := of_release(["records", stage, "counts", key], -1)

optioned(stage, key) := of_release(["records", stage, "options", key], "")

# Findings of one code, whether waived or not; a stage without a record has none, so this goes with `gate`.
open_findings(stage, code) := of_release(["records", stage, "findings", code, "open"], 0)

waived_findings(stage, code) := of_release(["records", stage, "findings", code, "waived"], 0)

check_passes(code) := of_release(["verification", "checks", code, "outcome"], "") == "pass"

rule_passes(code) := of_release(["policy", code], "") == "pass"

# A release is there, is as it was retained, and verifies now.
sound := [need(false, "No release is retained here, and none was rehearsed.", "release")] if {
	of_release(["present"], false) != true
}

sound := array.concat(
	[
		need(
			of_release(["manifest", "intact"], false) == true,
			"The retained release is not as its manifest says.",
			"manifest.json",
		),
		need_seen(
			of_release(["verification", "ruling"], "") == "pass",
			of_release(["verification", "ruling"], "") == "not-examined",
			"The retained release does not verify.",
			"verification",
		),
	],
	problems,
) if {
	of_release(["present"], false) == true
}

problems := [need_seen(false, of_release(["verification", "ruling"], "") == "not-examined", problem, "verification") |
	some problem in of_release(["verification", "problems"], [])
]

default is_sound := false

is_sound if {
	every one in sound {
		one.holds == true
	}
}

# What is asked of a sound release; of another one nothing that it says is worth telling.
once_sound(needs) := needs if is_sound == true

once_sound(_) := [] if is_sound == false

# It is a release that was really made, not a rehearsal of one.
real := [need(of_release(["rehearsal"], true) == false, "There is only a rehearsal, and a rehearsal is not a release.", "rehearsal")]

# A stage left a record that the provenance names, and passed.
stage(name) := [
	need(
		of_release(["records", name, "bound"], false) == true,
		concat("", ["There is no record of ", name, " that the provenance names."]),
		name,
	),
	need_seen(
		of_release(["records", name, "outcome"], "") == "pass",
		of_release(["records", name, "outcome"], "") == "not-examined",
		concat("", ["The stage ", name, " did not pass."]),
		name,
	),
]

# A gate looked at everything that is locked, at something at all, and passed.
gate(name) := array.concat(stage(name), [need_seen(
	whole(name),
	of_release(["records", name, "outcome"], "") == "not-examined",
	concat("", ["The stage ", name, " did not look at everything that is locked."]),
	name,
)])

default whole(_) := false

whole(name) if {
	counted(name, "locked") > 0
	counted(name, "examined") == counted(name, "locked")
	counted(name, "unexamined_accepted") < 1
}

# What is asked of a stage that passed; where it did not, `stage` says all there is to say.
after(name, needs) := needs if of_release(["records", name, "outcome"], "") == "pass"

after(name, _) := [] if of_release(["records", name, "outcome"], "") != "pass"

# An SBOM of one kind is there, well formed, and about this release.
sbom(kind) := [need(false, concat("", ["There is no SBOM of the kind ", kind, "."]), kind)] if {
	of_release(["sboms", kind, "there"], false) != true
}

sbom(kind) := [
	need(
		of_release(["sboms", kind, "valid"], false) == true,
		concat("", ["The SBOM of the kind ", kind, " is not well formed."]),
		kind,
	),
	need(
		of_release(["sboms", kind, "describes"], false) == true,
		concat("", ["The SBOM of the kind ", kind, " is not about this release."]),
		kind,
	),
] if {
	of_release(["sboms", kind, "there"], false) == true
}

elements_missing(element) := of_release(["sboms", "cyclonedx", "elements", element, "missing"], -1)

elements_unknown(element) := of_release(["sboms", "cyclonedx", "elements", element, "unknown"], -1)

# Limits that sentences name.
feed_seconds := settings.claims.feed_hours * 3600

retention_days := settings.claims.retention_days

cool_down_days := settings.claims.cool_down_days
