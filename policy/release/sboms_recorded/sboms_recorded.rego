# METADATA
# title: The SBOMs are those that the pipeline generated
# description: Each SBOM that the policy evaluates is in the record of generate_sbom, with the same digest.
# custom:
#   fix: >-
#     Run the whole release again: nox -s release.
package sealwright.release.sboms_recorded

import rego.v1

import data.data as settings
import data.sealwright.lib

pass := {"examined": count(input.sboms)} if {
	lib.sboms_given
	every sbom in input.sboms {
		recorded(sbom)
	}
}

deny := [lib.entry("this SBOM is not among the files that generate_sbom recorded", sbom.path) |
	some sbom in input.sboms
	not recorded(sbom)
]

recorded(sbom) if {
	lib.sha256(sbom.sha256)
	some record in input.records
	record.stage == settings.release.sbom_stage
	some file in record.writes
	file.path == sbom.path
	file.recorded == sbom.sha256
}
