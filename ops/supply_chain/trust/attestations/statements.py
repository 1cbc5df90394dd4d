"""The attestations that a release's own records support: which, and what each has to state.

Signing writes what verification recomputes, so an attestation that differs from the records in any field is refused.
Only `formats` and the standard library are needed: the stand-alone verifier recomputes them as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ops.supply_chain.contracts.values.predicate_types import RELEASE, SUMMARY, TEST_RESULT, VULNS
from ops.supply_chain.formats.json_reader import Node, UnexpectedShapeError
from ops.supply_chain.trust.attestations.released import release_predicate
from ops.supply_chain.trust.attestations.suite import test_result_predicate
from ops.supply_chain.trust.attestations.vulns import vulns_predicate

BUILD_TYPE_END = "buildtype:release:v1"
"""The end of a build type; what is before it is what identifiers begin with."""

RESULTS_WRITTEN = "dist:tests/"
"""How the path of the results of tests begins in the record of the stage that wrote them."""


class RecordedRelease(NamedTuple):
    """A release as its documents describe it.

    `provenance` and `gate` are its documents. `subjects` are the files that the provenance covers and `files` all released
    ones, name -> SHA-256; `distributions` are the names of wheels and source distributions among them. `results` are the
    released results of tests, None where there are none.
    """

    component: str
    version: str
    provenance: Node
    gate: Node
    subjects: Mapping[str, str]
    files: Mapping[str, str]
    distributions: Sequence[str]
    results: Node | None = None


class ExpectedStatement(NamedTuple):
    """What an attestation has to state: its subjects, name -> SHA-256, and its predicate."""

    subjects: Mapping[str, str]
    predicate: dict[str, Any]


def expected_statements(release: RecordedRelease) -> dict[str, ExpectedStatement]:
    """Return each attestation that the records support, save the verification summary.

    Raises:
        UnexpectedShapeError: A document has another shape than it must.
    """
    found = {
        RELEASE: ExpectedStatement(
            release.files, dict(release_predicate(release.component, release.version, release.distributions))
        )
    }
    vulns = vulns_predicate(release.gate, **scanner_of(release.provenance))
    if vulns is not None:
        found[VULNS] = ExpectedStatement(release.subjects, vulns)
    if release.results is not None:
        found[TEST_RESULT] = ExpectedStatement(release.subjects, test_result_predicate(release.results))
    return found


def scanner_of(provenance: Node) -> dict[str, str]:
    """Return what identifiers begin with and the version of sealwright, as a provenance states them."""
    definition, builder = provenance["predicate"]["buildDefinition"], provenance["predicate"]["runDetails"]["builder"]
    base = definition["buildType"].text().removesuffix(BUILD_TYPE_END)
    return {"base": base, "version": builder["version"].text_of("sealwright")}


def supported(gate: Node) -> tuple[str, ...]:
    """Return the names of the attestations that the records of a gate file support, sorted."""
    vulns = vulns_predicate(gate, base="", version="")
    has_results = any(
        ref["path"].text().startswith(RESULTS_WRITTEN)
        for record in gate["records"].rows()
        for ref in record.rows_of("writes")
    )
    return tuple(
        sorted({RELEASE, SUMMARY, *([VULNS] if vulns is not None else []), *([TEST_RESULT] if has_results else [])})
    )


def stated(provenance: Node) -> tuple[str, ...]:
    """Return the names of the attestations that a provenance says the release has; none in one of an earlier version.

    Raises:
        UnexpectedShapeError: It has another shape than it must.
    """
    internal = provenance["predicate"]["buildDefinition"].get("internalParameters")
    if internal is None:
        return ()
    names = [row.text() for row in internal.rows_of("attestations")]
    if len(set(names)) != len(names):
        raise UnexpectedShapeError(f"{internal.path}.attestations: names one twice")
    return tuple(names)
