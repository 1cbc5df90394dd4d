# Deciding one licence by the lists in `data/licences.json`.
#
# A licence comes as alternatives (what its ORs offer), each a list of terms that hold together (AND).
# A term is `id`, or `id WITH exception` in `text`; `known` is true where the SPDX list has the id.
package sealwright.lib.licences

import rego.v1

import data.data as settings

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
	term.known == true
}

accepted(term) if {
	not refused(term)
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

matches(pattern, term) if glob.match(lower(pattern), null, lower(term.text))

matches(pattern, term) if glob.match(lower(pattern), null, lower(term.id))
