# What every rule shares: shapes of values, and the forms of entries.
package sealwright.lib

import rego.v1

# Something a person can read: a text that is not blank.
text(value) if {
	is_string(value)
	trim_space(value) != ""
}

# 64 lower-case hexadecimal digits.
sha256(value) if {
	is_string(value)
	regex.match(`^[0-9a-f]{64}$`, value)
}

# A number of things: whole and not negative.
amount(value) if {
	is_number(value)
	value >= 0
	floor(value) == value
}

# `message` is what is wrong, `subject` with what.
entry(message, subject) := {"message": message, "subject": subject} if text(subject)

else := {"message": message, "subject": "(without a name)"}

# At least one SBOM was given, and each has the parts that rules read.
sboms_given if {
	is_array(input.sboms)
	count(input.sboms) > 0
	every sbom in input.sboms {
		text(sbom.path)
		is_array(sbom.components)
	}
}

# How many components all SBOMs have together.
components_total := sum([count(sbom.components) | some sbom in input.sboms])

# The same with the root of each.
documented_total := components_total + count(input.sboms)

# How many components have a licence, are among those that have none, or are for development only.
licences_total(sbom) := (sum([count(licence.subjects) | some licence in sbom.licences]) + count(sbom.unlicensed)) + count(sbom.excluded)

# How many components of all SBOMs are part of the product: licences are judged of these.
product_total := components_total - sum([count(sbom.excluded) | some sbom in input.sboms])

# At least one record was given.
records_given if {
	is_array(input.records)
	count(input.records) > 0
	every record in input.records {
		text(record.stage)
	}
}
