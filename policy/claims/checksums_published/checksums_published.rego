# METADATA
# title: The release lists the SHA-256 of each of its files, in a form that sha256sum checks.
# description: Each line of the checksums file was compared with the files.
# custom:
#   fix: Run nox -s release.
#   otherwise: There is no evidence that the release lists the digests of its files.
#   evidence: checksums
#   facts: files
package sealwright.claims.checksums_published

import rego.v1

import data.sealwright.claims.lib as claims

needs := claims.of_release([claims.check_passes("files.listed", "The checksums do not match the files.")])
