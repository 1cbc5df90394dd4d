# Deciding one licence by the lists in `data/licences.json`.
#
# A licence comes as alternatives (what its ORs offer), each a list of terms that hold together (AND).
# A term is `id`, or `id WITH exception` in `text`; `known` is true where the SPDX list has the id.
package sealwright.lib.licences

import rego.v1

import data.data as settings

# Each licence of each SBOM that can be decided, with its decision: `permitted`, `denied` or `unknown`. A rule asks it in
# place of `judge`, and each licence is then decided once.
decisions := [{"path": sbom.path, "licence": licence, "decision": decision} |
	some sbom in input.sboms
	some licence in sbom.licences
	decision := judge(licence)
]

# Each SBOM has a list of licences, and none of them was left undecided.
all_decided if {
	every sbom in input.sboms {
		is_array(sbom.licences)
	}
	count(decisions) == sum([count(sbom.licences) | some sbom in input.sboms])
}

# One alternative that may be used is enough.
judge(licence) := "permitted" if {
	some alternative in licence.alternatives
	usable(alternative)
}

# None could ever be used: each has a term that the lists refuse.
else := "denied" if {
	count(licence.alternatives) > 0
	every alternative in licence.alternatives {
		some term in alternative
		refused(term)
	}
}

else := "unknown" if count(licence.alternatives) > 0

# SPDX: NONE states that there is no licence, which is no question of the list.
described(licence) := "the licence NONE, which states that there is no licence," if licence.text == "NONE"

else := concat("", ["the licence ", licence.text])

usable(alternative) if {
	count(alternative) > 0
	every term in alternative {
		accepted(term)
	}
}

accepted(term) if added(term)

accepted(term) if {
	not refused(term)
	identified(term)
}

# It is on the SPDX list, or the allow list names it by more than `*`.
identified(term) if term.known == true

identified(term) if {
	some pattern in settings.licences.allow
	pattern != "*"
	matches(pattern, term)
}

refused(term) if {
	some pattern in settings.licences.deny
	matches(pattern, term)
	not named(term)
	not added(term)
}

refused(term) if {
	not listed(term)
	not added(term)
}

# SPDX: NONE states that there is no licence. Nothing allows the use then, whatever a pattern permits.
refused(term) if {
	term.text == "NONE"
	not added(term)
	not literally_allowed(term)
}

literally_allowed(term) if {
	some pattern in settings.licences.allow
	lower(pattern) == lower(term.text)
}

# What a project permits in addition, each by its whole name: whatever the lists say of it.
added(term) if {
	some text in settings.licences.allow_also
	lower(text) == lower(term.text)
}

listed(term) if {
	some pattern in settings.licences.allow
	matches(pattern, term)
}

# An allow list that names `GPL-2.0-only WITH Classpath-exception-2.0` permits it, whatever is denied more widely.
named(term) if {
	term.text != term.id
	some pattern in settings.licences.allow
	lower(pattern) == lower(term.text)
	not denied_literally(term)
}

denied_literally(term) if {
	some pattern in settings.licences.deny
	lower(pattern) == lower(term.text)
}

matches(pattern, term) if {
	some name in {lower(term.text), lower(term.id)}
	glob.match(lower(pattern), null, name)
}
