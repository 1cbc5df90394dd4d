# A good document of a supplier, which tests spoil.
package sealwright.suppliers.lib.fixtures

import rego.v1

digest := "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

good := {"documents": [{
	"digest": digest,
	"kind": "sbom",
	"format": "CycloneDX 1.6",
	"standard": "CycloneDX",
	"problem": "",
	"defects": [],
	"defect_count": 0,
	"contents": 3,
	"product": "pkg:generic/thing",
	"product_allowed": true,
	"signature": {"state": "valid", "signer": "release@example.org", "supplier": "Acme", "problem": ""},
	"stated_supplier": "Acme",
	"supplier": {"name": "Acme", "formats": ["CycloneDX"], "products": ["pkg:generic/thing"], "max_age_days": 30},
	"age_seconds": 86400,
	"newest_age_seconds": 86400,
	"every_version": [],
	"draft": false,
	"withdrawn": false,
	"profile": {"name": "minimal", "missing": []},
	"vex": {"required": false, "given": false, "unanswered": []},
}]}

# The good document with some of its values replaced.
with_values(values) := {"documents": [object.union(good.documents[0], values)]}
