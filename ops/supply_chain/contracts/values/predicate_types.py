"""The predicate types of the attestations of a release, in full: cosign compares `--type` with them whole.

Source: in-toto attestation predicates, https://github.com/in-toto/attestation/tree/main/spec/predicates ; SLSA 1.2.
"""

from __future__ import annotations

PROVENANCE_TYPE = "https://slsa.dev/provenance/v1"
CYCLONEDX_TYPE = "https://cyclonedx.org/bom"
SPDX_TYPE = "https://spdx.dev/Document"
OPENVEX_TYPE = "https://openvex.dev/ns/v0.2.0"
VULNS_TYPE = "https://in-toto.io/attestation/vulns/v0.2"
TEST_RESULT_TYPE = "https://in-toto.io/attestation/test-result/v0.1"
RELEASE_TYPE = "https://in-toto.io/attestation/release/v0.1"
"""The text of its specification calls itself version 0.2; its type is unchanged."""

SUMMARY_TYPE = "https://slsa.dev/verification_summary/v1"

DOCUMENT_TYPES = ((".openvex.json", OPENVEX_TYPE), (".cdx.json", CYCLONEDX_TYPE), (".spdx.json", SPDX_TYPE))
"""End of a released document's name -> its predicate type."""

VULNS, TEST_RESULT, RELEASE, SUMMARY = "vulns", "test-result", "release", "vsa"
"""What the attestations are called that are made of a release's own records."""

STATEMENT_TYPES = {
    VULNS: VULNS_TYPE,
    TEST_RESULT: TEST_RESULT_TYPE,
    RELEASE: RELEASE_TYPE,
    SUMMARY: SUMMARY_TYPE,
}
"""Each of them -> its predicate type."""
