"""Check the attestations that are made of a release's own records: each states what the records state, and no less.

Their content is computed again from the gate file and the provenance, and compared whole. The verification summary is the
maker's: its time and its expectations cannot be computed again; everything else in it can.

Source: in-toto attestation predicates vulns v0.2, test-result v0.1, release v0.1; SLSA 1.2 verification summary.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ops.supply_chain.contracts.files.verification import Expectations, Given
from ops.supply_chain.contracts.values.predicate_types import STATEMENT_TYPES, SUMMARY
from ops.supply_chain.contracts.values.weakening import NOT_RECORDED
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.moments import parse_timestamp
from ops.supply_chain.core.text import excerpt
from ops.supply_chain.formats import json_reader
from ops.supply_chain.formats.json_reader import Node, UnexpectedShapeError
from ops.supply_chain.trust.attestations.statements import RecordedRelease, expected_statements, stated
from ops.supply_chain.trust.verification.builds import properties
from ops.supply_chain.trust.verification.file_kinds import ReleaseFileNames
from ops.supply_chain.trust.verification.gate_file import finished
from ops.supply_chain.trust.verification.provenance import REHEARSAL_SUFFIX, STATEMENT_TYPE, subjects_of
from ops.supply_chain.trust.verification.vsa import VERIFIER_ID, resource_uri
from ops.supply_chain.trust.verification.weakened import stated_weakenings

PASSED, FAILED = "PASSED", "FAILED"
OWN_LEVEL = "SLSA_BUILD_LEVEL_1"
"""The level that a release shows by its own provenance alone (trust/verification/level.py)."""


@dataclass(frozen=True)
class ReleaseDocuments:
    """Provenance and gate file of a release, or why one of them cannot be read; whether it is a rehearsal."""

    component: str
    version: str
    provenance: Node | str
    gate: Node | str
    rehearsal: bool


def stated_attestations(documents: ReleaseDocuments) -> tuple[str, ...]:
    """Return the attestations that the provenance says the release has; none if it cannot be read."""
    try:
        return () if isinstance(documents.provenance, str) else stated(documents.provenance)
    except UnexpectedShapeError:
        return tuple(STATEMENT_TYPES)


def recorded_problems(
    what: str,
    payload: bytes,
    parts: ReleaseFileNames,
    given: Given,
    wanted: Expectations,
    documents: ReleaseDocuments,
) -> Iterator[str]:
    """Return where an attestation differs from the release's records.

    Args:
        what: A key of `STATEMENT_TYPES`.
        payload: The verified bytes of the statement.
        parts: The names of the files.
        given: The files and the results of their bundles.
        wanted: The expectations of the customer.
        documents: What it rests on.
    """
    try:
        statement = json_reader.read(payload)
        for key, expected in (("_type", STATEMENT_TYPE), ("predicateType", STATEMENT_TYPES[what])):
            if statement[key].text() != expected:
                yield f"$.{key}: expected {expected}, found {excerpt(statement[key].value)}"
        if isinstance(documents.provenance, str) or isinstance(documents.gate, str):
            yield "the records that it rests on cannot be read"
            return
        compare = _summary_problems if what == SUMMARY else _statement_problems
        yield from compare(what, statement, parts, given, wanted, documents)
    except UnexpectedShapeError as error:
        yield str(error)


def _statement_problems(
    what: str,
    statement: Node,
    parts: ReleaseFileNames,
    given: Given,
    wanted: Expectations,
    documents: ReleaseDocuments,
) -> Iterator[str]:
    del wanted
    if isinstance(documents.provenance, str) or isinstance(documents.gate, str):
        return
    release = RecordedRelease(
        documents.component,
        documents.version,
        documents.provenance,
        documents.gate,
        _digests(given, parts.subjects),
        _digests(given, parts.released),
        parts.distributions,
        json_reader.read(given.contents[parts.results]) if parts.results in given.contents else None,
    )
    expected = expected_statements(release).get(what)
    if expected is None:
        yield "no record of the release supports it"
        return
    if subjects_of(statement) != expected.subjects:
        yield "$.subject: does not name exactly the released files"
    yield from _differences(statement["predicate"].value, expected.predicate, "$.predicate")


def _summary_problems(
    what: str,
    statement: Node,
    parts: ReleaseFileNames,
    given: Given,
    wanted: Expectations,
    documents: ReleaseDocuments,
) -> Iterator[str]:
    del what
    predicate = statement["predicate"]
    if subjects_of(statement) != _digests(given, parts.released):
        yield "$.subject: does not name exactly the released files"
    mark = REHEARSAL_SUFFIX if documents.rehearsal else ""
    if predicate["verifier"]["id"].text() not in {f"{base}{VERIFIER_ID}{mark}" for base in wanted.bases}:
        yield f"$.predicate.verifier.id: {excerpt(predicate['verifier']['id'].value)} is unknown"
    # A rehearsal never passes; that a release failed its maker's own verification is a reason not to use it.
    passed = not documents.rehearsal
    weakened = stated_weakenings(documents.gate)
    expected = {
        "resourceUri": resource_uri(documents.component, documents.version),
        "verificationResult": PASSED if passed else FAILED,
        "verifiedLevels": [OWN_LEVEL, *properties(documents.provenance)] if passed else [FAILED],
        "sealwright_weakened": NOT_RECORDED if weakened is None else [asdict(setting) for setting in weakened],
        **({"sealwright_rehearsal": True} if documents.rehearsal else {}),
    }
    yield from _differences({key: predicate.table().get(key) for key in expected}, expected, "$.predicate")
    if predicate.get("dependencyLevels") is not None:
        yield "$.predicate.dependencyLevels: no record of the release states levels of dependencies"
    if not documents.rehearsal and predicate.get("sealwright_rehearsal") is not None:
        yield "$.predicate.sealwright_rehearsal: the release is no rehearsal"
    yield from _input_problems(predicate, parts, given)
    yield from _time_problems(predicate, documents.gate)


def _input_problems(predicate: Node, parts: ReleaseFileNames, given: Given) -> Iterator[str]:
    """Check that a summary rests on this provenance; a bundle is only a wrapping, and may be written in another way."""
    named = {row["uri"].text(): row["digest"]["sha256"].text() for row in predicate["inputAttestations"].rows()}
    if parts.provenance not in given.files or named.get(parts.provenance) != given.files[parts.provenance].sha256:
        yield f"$.predicate.inputAttestations: does not name {parts.provenance} by its SHA-256"


def _time_problems(predicate: Node, gate: Node | str) -> Iterator[str]:
    node = predicate["timeVerified"]
    try:
        verified = parse_timestamp(node.text(), where=node.path)
    except (InputError, OverflowError):
        yield f"{node.path}: expected a timestamp, found {excerpt(node.value)}"
        return
    if not isinstance(gate, str) and verified < finished(gate):
        yield f"{node.path}: {excerpt(node.value)} is before the release was made"


def _digests(given: Given, names: Any) -> dict[str, str]:
    return {name: given.files[name].sha256 for name in names}


def _differences(found: Any, expected: Any, path: str) -> Iterator[str]:
    """Yield the first places where a value differs from the expected one."""
    if isinstance(found, Mapping) and isinstance(expected, Mapping):
        for key in sorted(found.keys() | expected.keys()):
            yield from _differences(found.get(key), expected.get(key), f"{path}.{excerpt(key)}")
    elif isinstance(found, list) and isinstance(expected, list) and len(found) == len(expected):
        for position, (element, wanted) in enumerate(zip(found, expected, strict=True)):
            yield from _differences(element, wanted, f"{path}[{position}]")
    elif type(found) is not type(expected) or found != expected:
        yield f"{path}: is not what the records state: expected {_shown(expected)}, found {_shown(found)}"


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, list):
        return f"{len(value)} entries"
    return "a table" if isinstance(value, Mapping) else excerpt(str(value))
