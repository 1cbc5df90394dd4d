"""All checks of a release together, from the given files and bundle results to one verification."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from datetime import datetime

from ops.supply_chain.contracts.files.verification import (
    REHEARSAL,
    BundleResult,
    Check,
    Expectations,
    Given,
    Verification,
)
from ops.supply_chain.contracts.values.signature_names import NOT_SIGNED
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.core.text import excerpt
from ops.supply_chain.formats import json_reader
from ops.supply_chain.formats.json_reader import Node, UnexpectedShapeError
from ops.supply_chain.trust.identities.run import repository_of
from ops.supply_chain.trust.verification.attested import attestations
from ops.supply_chain.trust.verification.builds import builds, properties
from ops.supply_chain.trust.verification.chain import chain, previous_of
from ops.supply_chain.trust.verification.documents import sboms, schema_notes, vex
from ops.supply_chain.trust.verification.evidence import evidence, evidence_notes
from ops.supply_chain.trust.verification.file_kinds import MANIFEST, ReleaseFileNames
from ops.supply_chain.trust.verification.gate_file import finished, gates
from ops.supply_chain.trust.verification.level import ReleaseOrigin, level
from ops.supply_chain.trust.verification.lines import check, failed, passed, tolerated
from ops.supply_chain.trust.verification.listing import classify_listed, listing
from ops.supply_chain.trust.verification.provenance import facts, is_rehearsed, parameter, provenance
from ops.supply_chain.trust.verification.published import published
from ops.supply_chain.trust.verification.recorded import ReleaseDocuments
from ops.supply_chain.trust.verification.run_source import run_source
from ops.supply_chain.trust.verification.signatures import signatures
from ops.supply_chain.trust.verification.source_state import uncommitted_note
from ops.supply_chain.trust.verification.weakened import stated_weakenings, weakened

REAL = "release.real"
"""Code of the check that a release is not a rehearsal."""

REHEARSAL_HOSTS = b"rehearsal.invalid"
"""Domain of the hosts in the trusted root of a rehearsal (rehearsal/options.py; a test compares them)."""

REHEARSAL_ORGANISATION = b"sealwright rehearsal"
"""Organisation of a rehearsal's certificate authority."""

_PEM = re.compile(rb"-----[A-Z ]+-----|\s")


def verify(given: Given, wanted: Expectations) -> Verification:
    """Verify a release.

    Args:
        given: Its files and the results of their bundles.
        wanted: The expectations of the customer.
    Raises:
        InputError: The files are not a release, or more than one.
    """
    parts = classify_listed(given.files, given.contents)
    statement, gate = _document(parts.provenance, given.contents), _document(parts.gate, given.contents)
    component, version = _named(parts, statement)
    rehearsal = _is_rehearsal(parts, given, wanted) or _says_rehearsal(statement, gate)
    stated = _facts(statement)
    repository = repository_of(wanted.source_repository or stated.get("source", ""))
    checks = [
        *listing(parts, given.files, given.contents, given.damage),
        *signatures(parts, given, wanted),
        *attestations(parts, given, wanted, ReleaseDocuments(component, version, statement, gate, rehearsal=rehearsal)),
        *published(parts, given, wanted),
        # A rehearsal's certificates name no run, and a rehearsal is never a pass.
        *([] if rehearsal else run_source(given, stated, wanted)),
        _real(parts, wanted, rehearsal=rehearsal),
        *provenance(parts, given.files, statement, wanted),
        *builds(parts, given.files, statement, gate),
        *gates(parts, given.files, gate, statement, rehearsed=wanted.rehearsal and rehearsal),
        *weakened(parts, gate, why=REHEARSAL if wanted.rehearsal and rehearsal else ""),
        *sboms(parts, given, component, version),
        *vex(parts, given.contents, _finished(gate)),
        *chain(parts, statement, wanted),
        *evidence(given.further, given.files, wanted, repository),
    ]
    signed = any(result.code == "files.signed" and result.outcome is Outcome.PASS for result in checks)
    # The source in an unsigned statement proves nothing about the workflow that may attest it.
    origin = ReleaseOrigin(repository if signed or wanted.source_repository else "", stated.get("commit", ""))
    return Verification(
        component=component,
        version=version,
        signed=signed,
        rehearsal=rehearsal,
        checks=tuple(checks),
        level=level(parts, given.files, checks, given.further, origin=origin, rehearsal=rehearsal),
        facts=_shown(stated, statement),
        files=tuple(given.files[name] for name in parts.names),
        notes=(*uncommitted_note(gate, stated), *_notes(parts, given, _shown(stated, statement), wanted)),
        weakened=stated_weakenings(gate),
        properties=properties(statement),
    )


def _document(name: str, contents: Mapping[str, bytes]) -> Node | str:
    if name not in contents:
        return f"{name} is missing"
    try:
        node = json_reader.read(contents[name])
        node.table()
    except UnexpectedShapeError as error:
        return str(error)
    return node


def _named(parts: ReleaseFileNames, statement: Node | str) -> tuple[str, str]:
    """Return component and version from the provenance, if the names of the files agree."""
    if not isinstance(statement, str):
        component, version = parameter(statement, "component"), parameter(statement, "version")
        if f"{component}-{version}" == parts.prefix:
            return component, version
    return parts.prefix, ""


def _finished(gate: Node | str) -> datetime | None:
    try:
        return None if isinstance(gate, str) else finished(gate)
    except UnexpectedShapeError:
        return None


def _is_rehearsal(parts: ReleaseFileNames, given: Given, wanted: Expectations) -> bool:
    answers = [*given.signatures.values(), *given.statements.values()]
    marked = REHEARSAL_HOSTS in given.contents.get(parts.trusted_root, b"")
    return marked or wanted.rehearsal_root or any(_rehearsed(answer) for answer in answers)


def _says_rehearsal(statement: Node | str, gate: Node | str) -> bool:
    marked = not isinstance(gate, str) and gate.table().get("rehearsal", False) is not False
    return marked or (not isinstance(statement, str) and is_rehearsed(statement))


def _rehearsed(answer: BundleResult) -> bool:
    if answer.proof is None:
        return False
    return REHEARSAL_ORGANISATION in base64.b64decode(_PEM.sub(b"", answer.proof.certificate))


def _real(parts: ReleaseFileNames, wanted: Expectations, *, rehearsal: bool) -> Check:
    line = (
        failed(parts.prefix, "is a rehearsal: it was signed by an ephemeral instance, which proves nothing")
        if rehearsal
        else passed(parts.prefix, "no sign of a rehearsal")
    )
    lines = tolerated([line], REHEARSAL if wanted.rehearsal else "")
    return check(REAL, "It is a release, not a rehearsal", lines)


def _facts(statement: Node | str) -> dict[str, str]:
    return {} if isinstance(statement, str) else facts(statement)


def _shown(stated: Mapping[str, str], statement: Node | str) -> dict[str, str]:
    found = {key: excerpt(text) for key, text in stated.items()}
    try:
        version, _ = ("", "") if isinstance(statement, str) else previous_of(statement)
    except UnexpectedShapeError:
        version = ""
    return {**found, "previous": excerpt(version)} if version else found


def _notes(parts: ReleaseFileNames, given: Given, stated: Mapping[str, str], wanted: Expectations) -> list[str]:
    notes = []
    if not parts.bundles:
        notes.append(f"{NOT_SIGNED}: anyone who can change the files can change the digests")
    notes += _unlisted(parts)
    if "source" in stated and not wanted.source_repository:
        notes.append("the source repository is stated by the release and was not checked; use --source-repository")
    if "commit" in stated and not wanted.source_commit:
        notes.append("the commit is stated by the release and was not checked; use --source-commit")
    if "previous" in stated and not wanted.previous_given:
        notes.append(f"it continues {stated['previous']}, which was not checked; use --previous FOLDER")
    if wanted.root:
        notes.append(f"signatures were verified against the trusted root {wanted.root} (sha256 {wanted.root_sha256})")
    notes += [f"authorized key: sha256:{key}; a key does not identify its owner" for key in wanted.keys]
    notes += evidence_notes(given.further, given.files)
    return [*notes, *_root_notes(parts, given, wanted), *schema_notes(parts, given.schema_problems)]


def _unlisted(parts: ReleaseFileNames) -> list[str]:
    """Name the files that no checksum binds to their names."""
    signed = parts.unlisted
    unsigned = [name for name in (MANIFEST, *parts.kept) if name in parts.names]
    notes = []
    if signed:
        notes.append(
            f"not in the checksums: {', '.join(signed)}: the bytes are signed, but no signature binds them to these names"
        )
    if unsigned:
        notes.append(f"UNSIGNED, and nothing was concluded from them: {', '.join(unsigned)}")
    return notes


def _root_notes(parts: ReleaseFileNames, given: Given, wanted: Expectations) -> list[str]:
    """Compare the trusted root in the release with the one that was used; it is never trusted by itself."""
    data = given.contents.get(parts.trusted_root)
    if data is None or not wanted.root_sha256:
        return []
    if sha256_bytes(data) == wanted.root_sha256:
        return [f"{parts.trusted_root} is the same as the root that was used"]
    other = "is not the root that was used, and was not trusted: it comes from the maker of the release"
    return [f"{parts.trusted_root} {other}; roots also change as keys are added"]
