# CISA 2026 elements: present, or stated as unknown, or missing.
#
# `input.sboms[].document.<element>` is one state for the document; `input.sboms[].elements.<element>`
# counts the states over the components, and the root where it has to have the element, and names those
# where it is missing.
#
# There is no comprehension in these functions: regopy 1.5.2 does not see a function's parameters inside one.
package sealwright.lib.elements

import rego.v1

import data.sealwright.lib

state(sbom, element) := object.get(object.get(sbom, "document", {}), element, "missing")

# The document has the element, or states that it is unknown.
stated(sbom, element) if state(sbom, element) in {"present", "unknown"}

missing(sbom, element) := sbom.elements[element].missing

unknown(sbom, element) := sbom.elements[element].unknown

# All of `expected` components have the element, or state that it is unknown.
whole(sbom, element, expected) if {
	tally := sbom.elements[element]
	tally.missing == []
	lib.amount(tally.present)
	lib.amount(tally.unknown)
	tally.present + tally.unknown == expected
}
