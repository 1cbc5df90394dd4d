# The needs of claims: conditions on values of the evidence, and the groups of needs that claims share.
#
# A claim is a list `needs` alone. The engine derives its outcome: it passes where the list has entries and all hold,
# is denied where one does not hold, and is not examined where all that do not hold are `unseen`, which could not be
# checked. Each need has a value whatever the evidence lacks, so that nothing passes because it is undefined: a
# missing value and one of another type do not hold.
#
# `reads` names each value that a need depends on, and what it has to be: `fixtures_test.rego` lists by that word what
# must not hold, and every claim is tested with all of it.
package sealwright.claims.lib

import rego.v1

import data.claims.data.claims as limits

# The value at a path of the input, such as `release/archive/locks`; null where there is none.
value(path) := object.get(input, split(path, "/"), null)

need(holds, reads, message, subject) := {
	"holds": holds,
	"unseen": false,
	"reads": reads,
	"message": message,
	"subject": subject,
}

# The same for what is `unseen` where it could not be checked.
need_unless(holds, unseen, reads, message, subject) := {
	"holds": holds,
	"unseen": unseen,
	"reads": reads,
	"message": message,
	"subject": subject,
}

is_true(path, message, subject) := need(value(path) == true, [{"path": path, "is": "true"}], message, subject)

is_false(path, message, subject) := need(value(path) == false, [{"path": path, "is": "false"}], message, subject)

is_value(path, wanted, message, subject) := need(value(path) == wanted, [{"path": path, "is": "value"}], message, subject)

is_one_of(path, wanted, message, subject) := need(value(path) in wanted, [{"path": path, "is": "value"}], message, subject)

is_text(path, message, subject) := need(filled(value(path)), [{"path": path, "is": "text"}], message, subject)

is_positive(path, message, subject) := need(positive(value(path)), [{"path": path, "is": "positive"}], message, subject)

is_zero(path, message, subject) := need(zero(value(path)), [{"path": path, "is": "zero"}], message, subject)

is_at_least(path, limit, message, subject) := need(
	at_least(value(path), limit),
	[{"path": path, "is": "at least", "limit": limit}],
	message,
	subject,
)

is_at_most(path, limit, message, subject) := need(
	at_most(value(path), limit),
	[{"path": path, "is": "at most", "limit": limit}],
	message,
	subject,
)

are_equal(path, other, message, subject) := need(
	same(value(path), value(other)),
	[{"path": path, "is": "equal"}, {"path": other, "is": "equal"}],
	message,
	subject,
)

is_at_least_as_many(path, other, message, subject) := need(
	at_least(value(path), value(other)),
	[{"path": path, "is": "many"}, {"path": other, "is": "few"}],
	message,
	subject,
)

# A stage has no finding of a code, open or waived; one without a record has none, so this goes with `of_gate`.
no_finding(stage, code, message) := need(
	none_found(object.get(input, ["release", "records", stage, "findings", code], {"open": 0, "waived": 0})),
	[{"path": concat("/", ["release/records", stage, "findings", code]), "is": "no finding"}],
	message,
	code,
)

# A check of the verification passes.
check_passes(code, message) := is_value(
	concat("/", ["release/verification/checks", code, "outcome"]),
	"pass",
	message,
	code,
)

# A rule of an SBOM profile passes for the released SBOM.
rule_passes(code) := is_value(
	concat("/", ["release/policy", code]),
	"pass",
	concat("", ["The rule ", code, " does not pass for the released SBOM."]),
	code,
)

# Each component has an element, or states that it is unknown.
element_given(element) := is_zero(
	concat("/", ["release/sboms/cyclonedx/elements", element, "missing"]),
	"A component neither has a value nor states that it is unknown.",
	element,
)

default filled(_) := false

filled(text) if {
	is_string(text)
	text != ""
}

default positive(_) := false

positive(number) if at_least(number, 1)

default zero(_) := false

zero(number) if same(number, 0)

# Types are compared first: in Rego a text is greater than every number, and null less.
default at_least(_, _) := false

at_least(number, limit) if {
	is_number(number)
	is_number(limit)
	number >= limit
}

default at_most(_, _) := false

at_most(number, limit) if at_least(limit, number)

default same(_, _) := false

same(number, other) if {
	is_number(number)
	number == other
}

default none_found(_) := false

none_found(counts) if {
	counts.open == 0
	counts.waived == 0
}

# A release is retained, unchanged, and verifies now; and then what is needed of it. Of one that is not, nothing that
# it states is worth a reason.
of_release(needs) := array.concat(sound, needs) if every_need_holds(sound)

of_release(_) := sound if not every_need_holds(sound)

# The same of a release that was really made, not of a rehearsal of one.
of_real_release(needs) := of_release(array.concat(
	[is_false("release/rehearsal", "There is only a rehearsal, and a rehearsal is not a release.", "rehearsal")],
	needs,
))

# The same where the verification shows a SLSA Build level.
of_build_level(level) := of_real_release([
	is_at_least(
		"release/verification/level",
		level,
		concat("", ["The verification shows less than Build Level ", format_int(level, 10), "."]),
		"level",
	),
	provenance_covers_all,
])

# The same where a stage left a record that the provenance names, and passed.
of_stage(stage, needs) := of_release(array.concat(passed(stage), after(stage, needs)))

# The same where the stage is a gate that examined everything that is locked, and something at all.
of_gate(stage, needs) := of_release(array.concat(
	passed(stage),
	array.concat([examined(stage)], after(stage, needs)),
))

# The same where an SBOM of a kind exists, is well formed, and is about this release.
of_sbom(kind, needs) := of_release(array.concat(document(kind), needs))

default every_need_holds(_) := false

every_need_holds(needs) if {
	every need in needs {
		need.holds == true
	}
}

present := is_true("release/present", "No release is retained here, and none was rehearsed.", "release")

sound := [present] if present.holds == false

sound := array.concat([present, intact, verifies], problems) if present.holds == true

intact := is_true("release/manifest/intact", "The retained release does not match its manifest.", "manifest.json")

verifies := need_unless(
	value("release/verification/ruling") == "pass",
	value("release/verification/ruling") == "not-examined",
	[{"path": "release/verification/ruling", "is": "outcome"}],
	"The retained release does not verify.",
	"verification",
)

problems := [need_unless(false, verifies.unseen, [], problem, "verification") |
	some problem in value("release/verification/problems")
]

passed(stage) := [
	is_true(
		concat("/", ["release/records", stage, "bound"]),
		concat("", ["There is no record of ", stage, " that the provenance names."]),
		stage,
	),
	need_unless(
		outcome(stage) == "pass",
		outcome(stage) == "not-examined",
		[{"path": concat("/", ["release/records", stage, "outcome"]), "is": "outcome"}],
		concat("", ["The stage ", stage, " did not pass."]),
		stage,
	),
]

outcome(stage) := value(concat("/", ["release/records", stage, "outcome"]))

examined(stage) := need_unless(
	whole(stage),
	outcome(stage) == "not-examined",
	[
		{"path": concat("/", ["release/records", stage, "counts/locked"]), "is": "equal"},
		{"path": concat("/", ["release/records", stage, "counts/examined"]), "is": "equal"},
		{"path": concat("/", ["release/records", stage, "counts/unexamined_accepted"]), "is": "absent"},
	],
	concat("", ["The stage ", stage, " did not examine everything that is locked."]),
	stage,
)

default whole(_) := false

whole(stage) if {
	counts := value(concat("/", ["release/records", stage, "counts"]))
	positive(counts.locked)
	same(counts.examined, counts.locked)
	object.get(counts, "unexamined_accepted", 0) == 0
}

# What is needed of a stage that passed; where it did not, `passed` gives the reason.
after(stage, needs) := needs if outcome(stage) == "pass"

after(stage, _) := [] if outcome(stage) != "pass"

document(kind) := [document_exists(kind)] if document_exists(kind).holds == false

document(kind) := [
	document_exists(kind),
	is_true(
		concat("/", ["release/sboms", kind, "valid"]),
		concat("", ["The SBOM of the kind ", kind, " is not well formed."]),
		kind,
	),
	is_true(
		concat("/", ["release/sboms", kind, "describes"]),
		concat("", ["The SBOM of the kind ", kind, " is not about this release."]),
		kind,
	),
] if {
	document_exists(kind).holds == true
}

document_exists(kind) := is_true(
	concat("/", ["release/sboms", kind, "there"]),
	concat("", ["There is no SBOM of the kind ", kind, "."]),
	kind,
)

# Needs that several claims have.
every_file_signed := is_true("release/verification/signed", "Not every file is signed.", "signatures")

every_signature_logged := are_equal(
	"release/verification/logged",
	"release/verification/signatures",
	"Not every signature has a proof of inclusion.",
	"log",
)

attestations_signed := check_passes(
	"attestations.signed",
	"An attestation is not signed, or does not state what the release states.",
)

provenance_covers_all := check_passes(
	"provenance.subjects",
	"The provenance does not cover exactly the files of the release.",
)

archive_intact := is_true(
	"release/archive/intact",
	"The evidence archive does not hold exactly what its index names.",
	"archive",
)

lock_sboms_archived := is_positive("release/archive/lock_sboms", "The archive holds no SBOM of a lock.", "archive")

no_drift := is_zero(
	"release/records/check_locks/counts/drifted",
	"The record does not show that no lock has drifted.",
	"drifted",
)

# Limits that sentences name.
feed_seconds := limits.feed_hours * 3600

retention_days := limits.retention_days

manufacturer_years := limits.manufacturer_years

cool_down_days := limits.cool_down_days
