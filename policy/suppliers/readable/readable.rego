# METADATA
# title: Every document can be read
# description: >-
#   A document that cannot be read, or is of a format that is not read, is refused.
# custom:
#   fix: >-
#     Send a valid document of CycloneDX 1.2 to 1.7, SPDX 2.2, 2.3 or 3.0.1, OpenVEX or CSAF VEX.
package sealwright.suppliers.readable

import rego.v1

import data.sealwright.lib
import data.sealwright.suppliers.lib.documents

pass := {"examined": count(documents.all)} if count(deny) == 0

deny := [lib.entry(concat("", ["the document cannot be read: ", document.problem]), document.digest) |
	some document in documents.all
	document.problem != ""
]
