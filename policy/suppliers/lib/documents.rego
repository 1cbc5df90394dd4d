# The documents that the rules are about.
package sealwright.suppliers.lib.documents

import rego.v1

import data.sealwright.lib

# How many documents there are; undefined without any, so that no rule passes.
total := count(input.documents) if {
	is_array(input.documents)
	count(input.documents) > 0
}

# All documents, once the input has the form that the rules read. Checking it takes longer than most rules: one rule does.
all := input.documents if {
	total > 0
	every document in input.documents {
		lib.sha256(document.digest)
		is_string(document.problem)
		is_object(document.signature)
	}
}
