# Every claim passes, is denied and is not examined: cases for all of them, made from what each need `reads`.
package sealwright.claims_test

import rego.v1

import data.sealwright.claims.lib.fixtures

good[name] := needs if {
	some name
	needs := data.sealwright.claims[name].needs with input as fixtures.evidence
}

needs_of(name, patch) := needs if {
	needs := data.sealwright.claims[name].needs with input as json.patch(fixtures.evidence, patch)
}

pointer(path) := concat("", ["/", path])

# Claims that rest on a release, not on the project's files alone.
of_release contains name if {
	some name, needs in good
	some need in needs
	need.subject == "verification"
}

reads contains [name, need.subject, read] if {
	some name, needs in good
	some need in needs
	some read in need.reads
}

by_word[read.is] contains [name, subject, read] if some [name, subject, read] in reads

# No need of a word holds without its value, nor with one that spoils it. Each need sees one of these values, another
# than the next: tests/assurance/claims tries all of them.
none_holds(word) if {
	every case in by_word[word] {
		spoilt_is_denied(case[0], case[1], case[2])
		missing_is_denied(case[0], case[1], case[2])
	}
}

spoilt_is_denied(name, subject, read) if {
	values := array.flatten([fixtures.empty, fixtures.spoilt[read.is], beyond(read)])
	value := values[(count(name) + count(read.path)) % count(values)]
	denied(name, subject, {"op": "add", "path": pointer(read.path), "value": value})
}

denied(name, subject, patch) if subject in fixtures.short(needs_of(name, [patch]), false)

missing_is_denied(_, _, read) if read.is in fixtures.optional

missing_is_denied(name, subject, read) if denied(name, subject, {"op": "remove", "path": pointer(read.path)})

beyond(read) := [read.limit + fixtures.beyond[read.is]] if is_number(read.limit)

else := []

test_good_evidence_supports_every_claim if {
	count(good) > 60
	every needs in good {
		fixtures.passes(needs)
	}
}

test_no_evidence_supports_no_claim if {
	every name, _ in good {
		needs := data.sealwright.claims[name].needs with input as {}
		not fixtures.passes(needs)
		count(fixtures.short(needs, false)) > 0
	}
}

# One test for each word: opa ends a test after five seconds.
words := {
	"absent", "at least", "at most", "equal", "false", "few", "many", "no finding", "outcome", "positive", "profiles",
	"text", "true", "value", "zero",
}

test_every_word_has_a_test if {
	words == object.keys(fixtures.spoilt)
	words == {read.is | some [_, _, read] in reads}
}

test_what_may_be_absent if none_holds("absent")

test_at_least if none_holds("at least")

test_at_most if none_holds("at most")

test_equal_numbers if none_holds("equal")

test_false if none_holds("false")

test_few if none_holds("few")

test_many if none_holds("many")

test_no_finding if none_holds("no finding")

test_outcome_of_a_stage if none_holds("outcome")

test_positive if none_holds("positive")

test_profiles if none_holds("profiles")

test_text if none_holds("text")

test_true if none_holds("true")

test_one_value if none_holds("value")

test_zero if none_holds("zero")

test_a_limit_itself_holds if {
	every case in reads {
		limit_holds(case[0], case[2])
	}
}

limit_holds(_, read) if not is_number(object.get(read, "limit", null))

limit_holds(name, read) if {
	fixtures.passes(needs_of(name, [{"op": "add", "path": pointer(read.path), "value": read.limit}]))
}

test_what_was_not_examined_is_neither_passed_nor_denied if {
	count(of_release) > 50
	every case in reads {
		every value in object.get(fixtures.unexamined, case[2].is, []) {
			left_open(needs_of(case[0], [{"op": "add", "path": pointer(case[2].path), "value": value}]), case[1])
		}
	}
}

left_open(needs, subject) if {
	subject in fixtures.short(needs, true)
	fixtures.short(needs, false) == set()
}

test_without_a_release_nothing_else_is_a_reason if {
	every name in of_release {
		needs := needs_of(name, [{"op": "add", "path": "/release", "value": {"present": false}}])
		fixtures.short(needs, false) == {"release"}
	}
}

test_a_release_that_was_changed_supports_no_claim_about_it if {
	every name in of_release {
		denied(name, "manifest.json", {"op": "add", "path": "/release/manifest/intact", "value": false})
	}
}

test_a_release_that_does_not_verify_has_its_problems_as_reasons if {
	every name in of_release {
		needs := needs_of(name, [
			{"op": "add", "path": "/release/verification/ruling", "value": "fail"},
			{"op": "add", "path": "/release/verification/problems", "value": ["a.txt: is not signed"]},
		])
		"a.txt: is not signed" in {need.message | some need in needs; need.holds == false; need.unseen == false}
	}
}

test_what_the_project_states_needs_no_release if {
	every name, _ in good {
		project_alone(name)
	}
}

project_alone(name) if name in of_release

project_alone(name) if fixtures.passes(needs_of(name, [{"op": "remove", "path": "/release"}]))
