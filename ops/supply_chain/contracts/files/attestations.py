"""The predicates of attestations that are made of a release's own records, typed for writing and for strict reading.

Source: in-toto attestation predicates vulns v0.2, test-result v0.1 and release v0.1,
https://github.com/in-toto/attestation/tree/main/spec/predicates
"""

from __future__ import annotations

from typing import Literal

from ops.supply_chain.contracts.base import Contract, Timestamp
from ops.supply_chain.contracts.files.provenance import ResourceDescriptor
from ops.supply_chain.contracts.values.predicate_types import RELEASE, TEST_RESULT, VULNS


class VulnsSeverity(Contract, frozen=True, kw_only=True):
    """One rating of a vulnerability: the method, and its result as text."""

    method: str
    score: str


class VulnsResult(Contract, frozen=True, kw_only=True):
    """One vulnerability of one package. `annotations` has one table, with package, version and what was decided."""

    id: str
    severity: tuple[VulnsSeverity, ...]
    annotations: tuple[dict[str, str], ...]


class VulnsDatabase(Contract, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The source of advisories: of several, the one that was updated longest ago."""

    last_update: Timestamp
    uri: str = ""
    version: str = ""


class VulnsScanner(Contract, frozen=True, kw_only=True):
    """What searched, in which source, and what it found; an empty `result` means that nothing is known."""

    uri: str
    version: str
    db: VulnsDatabase
    result: tuple[VulnsResult, ...]


class VulnsMetadata(Contract, frozen=True, kw_only=True, rename="camel"):
    """From when to when the search ran."""

    scan_started_on: Timestamp
    scan_finished_on: Timestamp


class VulnsPredicate(Contract, frozen=True, kw_only=True):
    """The predicate of vulns v0.2."""

    scanner: VulnsScanner
    metadata: VulnsMetadata


class ReleasePredicate(Contract, frozen=True, kw_only=True):
    """The predicate of release v0.1: a package URL with version, without qualifiers."""

    purl: str


class SuitePredicate(Contract, frozen=True, kw_only=True, rename="camel"):
    """The predicate of test-result v0.1.

    `configuration` are the files of results; what was skipped is in their annotations, since the predicate has no place
    for it. Names are sorted and without repeats.
    """

    result: Literal["PASSED", "WARNED", "FAILED"]
    configuration: tuple[ResourceDescriptor, ...]
    passed_tests: tuple[str, ...]
    warned_tests: tuple[str, ...]
    failed_tests: tuple[str, ...]


PREDICATES: dict[str, type[Contract]] = {
    VULNS: VulnsPredicate,
    TEST_RESULT: SuitePredicate,
    RELEASE: ReleasePredicate,
}
"""What an attestation is -> the type of its predicate."""
