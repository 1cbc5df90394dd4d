"""Check that the signed attestations match the released documents, for exactly these files.

An attestation is a DSSE envelope in a bundle: its content is read from the verified bytes, never from
the envelope again. Unknown fields of a statement are ignored, as in-toto requires.

Source: in-toto Statement v1; DSSE 1.0.2.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from ops.supply_chain.contracts.files.verification import UNSIGNED, BundleResult, Check, Expectations, Given, Line
from ops.supply_chain.contracts.values.predicate_types import DOCUMENT_TYPES, STATEMENT_TYPES
from ops.supply_chain.contracts.values.signature_names import NOT_SIGNED
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.core.text import excerpt
from ops.supply_chain.formats import json_reader
from ops.supply_chain.formats.json_reader import Node, UnexpectedShapeError
from ops.supply_chain.trust.verification import commands
from ops.supply_chain.trust.verification.file_kinds import ATTESTED, ReleaseFileNames
from ops.supply_chain.trust.verification.lines import check, failed, tolerated
from ops.supply_chain.trust.verification.provenance import PREDICATE_TYPE, STATEMENT_TYPE, subjects_of
from ops.supply_chain.trust.verification.recorded import ReleaseDocuments, recorded_problems, stated_attestations
from ops.supply_chain.trust.verification.signatures import answer_line

PAYLOAD_TYPE = "application/vnd.in-toto+json"
TITLE = "The attestations are signed and match the released documents"
MOST_PROBLEMS = 10
"""Of one attestation that are reported."""

ATTESTABLE = tuple(suffix for suffix, _ in DOCUMENT_TYPES)


def attestations(
    parts: ReleaseFileNames, given: Given, wanted: Expectations, documents: ReleaseDocuments
) -> tuple[Check, ...]:
    """Check the attestations. Having none at all is reported, and tolerated only if no signature is required."""
    if not parts.bundles:
        missing = failed(parts.prefix, f"{NOT_SIGNED}: there is no attestation")
        return (check("attestations.signed", TITLE, tolerated([missing], UNSIGNED if wanted.allow_unsigned else "")),)
    needed = {"provenance": (parts.provenance,), "sbom": _attestable(parts.sboms), "vex": _attestable(parts.vex)}
    lines = [
        line
        for what, released in needed.items()
        if released or parts.attestation(what) in parts.names
        for line in _lines(what, released, parts, given, wanted)
    ]
    recorded = [line for what in STATEMENT_TYPES for line in _recorded_lines(what, parts, given, wanted, documents)]
    return (check("attestations.signed", TITLE, [*lines, *recorded]),)


def _recorded_lines(
    what: str, parts: ReleaseFileNames, given: Given, wanted: Expectations, documents: ReleaseDocuments
) -> Iterator[Line]:
    """Check an attestation that is made of the release's own records, if it is there or the provenance states it."""
    bundle = parts.attestation(what)
    if what in wanted.pending:
        return
    if bundle not in parts.names:
        if what in stated_attestations(documents):
            yield failed(bundle, "is missing, and the provenance states that the release has it")
        return
    answer = given.statements[bundle]
    subject = (parts.distributions or parts.subjects or ("",))[0]
    command = commands.verify_attestation(
        subject, bundle, STATEMENT_TYPES[what], answer.who, private_root=wanted.private_root
    )
    line = answer_line(bundle, answer, command)
    yield line
    if line.outcome is Outcome.PASS:
        if answer.proof is None or answer.proof.payload_type != PAYLOAD_TYPE:
            yield failed(bundle, f"expected a payload of type {PAYLOAD_TYPE}", command)
            return
        problems = recorded_problems(what, answer.proof.payload, parts, given, wanted, documents)
        yield from (failed(bundle, problem, command) for problem in islice(problems, MOST_PROBLEMS))


def _attestable(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in names if name.endswith(ATTESTABLE))


def _lines(
    what: str, documents: Sequence[str], parts: ReleaseFileNames, given: Given, wanted: Expectations
) -> Iterator[Line]:
    bundle = parts.attestation(what)
    if bundle not in parts.names:
        yield failed(bundle, "is missing")
        return
    answer = given.statements[bundle]
    subject = (parts.distributions or parts.subjects or ("",))[0]
    kind = PREDICATE_TYPE if what == "provenance" else _preferred_type(documents)
    command = commands.verify_attestation(subject, bundle, kind, answer.who, private_root=wanted.private_root)
    line = answer_line(bundle, answer, command)
    yield line
    if line.outcome is Outcome.PASS:
        yield from (failed(bundle, problem, command) for problem in _problems(what, documents, answer, parts, given))


def _problems(
    what: str, documents: Sequence[str], answer: BundleResult, parts: ReleaseFileNames, given: Given
) -> Iterator[str]:
    if answer.proof is None or answer.proof.payload_type != PAYLOAD_TYPE:
        yield f"expected a payload of type {PAYLOAD_TYPE}"
        return
    if what == "provenance":
        if answer.proof.payload != given.contents.get(parts.provenance):
            yield f"does not contain the bytes of {parts.provenance}"
        return
    try:
        yield from _document_problems(json_reader.read(answer.proof.payload), documents, parts, given)
    except UnexpectedShapeError as error:
        yield str(error)


def _document_problems(
    statement: Node, documents: Sequence[str], parts: ReleaseFileNames, given: Given
) -> Iterator[str]:
    if statement["_type"].text() != STATEMENT_TYPE:
        yield f"$._type: expected {STATEMENT_TYPE}, found {excerpt(statement['_type'].value)}"
    predicate = statement["predicate"].value
    carried = [name for name in documents if _same(given.contents, name, predicate)]
    if not carried:
        yield f"$.predicate: matches none of {', '.join(documents) or 'the released documents'}"
    elif statement["predicateType"].text() not in {_type_of(name) for name in carried}:
        yield f"$.predicateType: expected {_type_of(carried[0])}, found {excerpt(statement['predicateType'].value)}"
    about = parts.distributions or parts.subjects
    if subjects_of(statement) != {name: given.files[name].sha256 for name in about}:
        yield "$.subject: does not name exactly the " + ("distributions" if parts.distributions else "released files")


def _same(contents: Mapping[str, bytes], name: str, predicate: object) -> bool:
    try:
        return bool(json_reader.read(contents.get(name, b"")).value == predicate)
    except UnexpectedShapeError:
        return False


def _type_of(name: str) -> str:
    return next((kind for suffix, kind in DOCUMENT_TYPES if name.endswith(suffix)), "")


def _preferred_type(documents: Sequence[str]) -> str:
    """Return the type that signing chooses if a document exists in several forms: the first of `DOCUMENT_TYPES`."""
    return next((kind for suffix, kind in DOCUMENT_TYPES if any(name.endswith(suffix) for name in documents)), "")


def is_attestation(name: str, parts: ReleaseFileNames) -> bool:
    """Return whether a bundle contains a statement rather than the signature of a file."""
    return name in {parts.attestation(what) for what in ATTESTED}
