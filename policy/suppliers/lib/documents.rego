# The documents that the rules are about.
package sealwright.suppliers.lib.documents

import rego.v1

import data.sealwright.lib

# All documents, once the input has the form that the rules read.
all := input.documents if {
	is_array(input.documents)
	count(input.documents) > 0
	every document in input.documents {
		lib.sha256(document.digest)
		is_string(document.problem)
		is_object(document.signature)
	}
}

# Those that could be read.
read := [document | some document in all; document.problem == ""]
