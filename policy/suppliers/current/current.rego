# METADATA
# title: Every document has a time, and is not too old
# description: >-
#   [[suppliers]].max_age_days is the most days between a document's own time and the day on which it is received.
# custom:
#   fix: >-
#     Make the document again from the product as it is, and state when you made it.
package sealwright.suppliers.current

import rego.v1

import data.data as settings
import data.sealwright.lib
import data.sealwright.suppliers.lib.documents

pass := {"examined": documents.total} if count(deny) == 0

deny := [lib.entry(why(document), document.digest) |
	some document in input.documents
	document.problem == ""
	not current(document)
]

current(document) if {
	is_number(document.age_seconds)
	document.age_seconds >= 0 - settings.suppliers.future_seconds
	past(document)
	young(document)
}

# Nothing in the document is of the future, either.
past(document) if document.newest_age_seconds == null

past(document) if document.newest_age_seconds >= 0 - settings.suppliers.future_seconds

young(document) if document.supplier == null

young(document) if is_null(document.supplier.max_age_days)

young(document) if {
	is_number(document.supplier.max_age_days)
	document.age_seconds <= document.supplier.max_age_days * 86400
}

why(document) := "it does not state when it was made" if document.age_seconds == null

else := "the time that it states is in the future" if document.age_seconds < 0

else := "it has a statement whose time is in the future" if not past(document)

else := concat("", ["it is ", format_int(floor(document.age_seconds / 86400), 10), " days old, and may be ", format_int(document.supplier.max_age_days, 10)])
