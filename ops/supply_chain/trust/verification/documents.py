"""Check that the SBOMs describe this release, and that the VEX documents were current when it was made.

Source: CycloneDX 1.6 `metadata.component`; SPDX 2.3 sections 6 and 11 (DESCRIBES); SPDX 3.0.1 `rootElement`;
OpenVEX v0.2.0.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta

from ops.supply_chain.contracts.files.verification import Check, Given, Line
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.moments import parse_timestamp
from ops.supply_chain.core.names import normalise
from ops.supply_chain.core.text import excerpt
from ops.supply_chain.formats import json_reader
from ops.supply_chain.formats.cyclonedx import CycloneDx
from ops.supply_chain.formats.json_reader import Node, UnexpectedShapeError
from ops.supply_chain.formats.sbom import read_sbom
from ops.supply_chain.formats.shape import refuse_faults
from ops.supply_chain.formats.spdx2 import Spdx2
from ops.supply_chain.trust.verification import commands
from ops.supply_chain.trust.verification.file_kinds import ReleaseFileNames
from ops.supply_chain.trust.verification.gate_file import EARLIEST_ZONE
from ops.supply_chain.trust.verification.lines import check, failed, judged, unseen

CLOCKS = timedelta(days=1)
"""The accepted clock difference between the author of a VEX document and the release."""

CONSISTENT = "are consistent; packages from several folders may share one name and version"
_ACCEPTED = re.compile(r"\A[Aa]ccepted until (\d{4}-\d{2}-\d{2})\b")


def sboms(parts: ReleaseFileNames, given: Given, component: str, version: str) -> list[Check]:
    """Check the SBOMs: having none at all is a failure."""
    valid = [line for name in parts.sboms for line in _valid(name, given.sbom_problems.get(name))]
    about = [line for name in parts.sboms for line in _about(name, parts, given, component, version)]
    missing = [failed(parts.prefix, "there is no SBOM")]
    return [
        check("sbom.valid", "Identifiers, references and digests in the SBOMs are consistent", valid or missing),
        *_by_schema(given.schema_problems),
        check("sbom.describes", "The SBOMs describe this release", about or missing),
    ]


def vex(parts: ReleaseFileNames, contents: Mapping[str, bytes], finished: datetime | None) -> list[Check]:
    """Check the VEX documents, if there are any.

    Args:
        parts: The names of the files.
        contents: Their bytes.
        finished: When the release was made; None if unknown.
    """
    lines = [line for name in parts.vex for line in _current(name, contents.get(name, b""), finished)]
    return (
        [check("vex.current", "No VEX statement is dated after the release or had expired by then", lines)]
        if lines
        else []
    )


def _valid(name: str, problems: tuple[str, ...] | None) -> tuple[Line, ...]:
    if problems is None:
        return (unseen(name, "not checked: a required package is not installed"),)
    return judged(name, (excerpt(problem) for problem in problems), CONSISTENT)


def _by_schema(problems: Mapping[str, tuple[str, ...] | None]) -> list[Check]:
    """Report the results of schema validation; SBOMs that could not be validated are listed in a note instead."""
    lines = [
        line
        for name, found in problems.items()
        if found is not None
        for line in judged(name, (excerpt(problem) for problem in found), "is valid against the schema of its version")
    ]
    return [check("sbom.schema", "The CycloneDX documents are valid against their schema", lines)] if lines else []


def schema_notes(parts: ReleaseFileNames, problems: Mapping[str, tuple[str, ...] | None]) -> list[str]:
    """Return a note that lists the SBOMs without schema validation."""
    unchecked = [name for name in parts.sboms if problems.get(name) is None]
    return [f"not validated against a schema: {', '.join(unchecked)}"] if unchecked else []


def _about(name: str, parts: ReleaseFileNames, given: Given, component: str, version: str) -> tuple[Line, ...]:
    problems: list[str] = []
    try:
        document = json_reader.read(given.contents.get(name, b""))
        root_name, root_version, digests = _root(document)
        if parts.is_of_distribution(name):
            return _about_distribution(name, parts, given, root_name, digests)
        if (root_name, root_version) != (component, version):
            problems.append(
                f"describes {excerpt(root_name)} {excerpt(root_version)}, expected {component} {version}".replace(
                    "  ", " "
                )
            )
        released = {given.files[subject].sha256 for subject in parts.subjects}
        problems += [
            f"describes a file with SHA-256 {excerpt(digest)}, which is not released"
            for digest in digests
            if digest not in released
        ]
    except UnexpectedShapeError as error:
        problems.append(str(error))
    return judged(name, problems, f"describes {component} {version}", _root_command(name))


def _about_distribution(
    name: str, parts: ReleaseFileNames, given: Given, root_name: str, digests: list[str]
) -> tuple[Line, ...]:
    """Check that an SBOM describes exactly one distribution of the release, by its digest, under the name of its file."""
    described = [file for file in parts.distributions if given.files[file].sha256 in digests]
    problems = []
    if len(digests) != 1 or len(described) != 1:
        problems.append(
            f"expected the SHA-256 of one distribution of the release, found {excerpt(', '.join(digests)) or 'none'}"
        )
    elif normalise(_package_of(described[0])) != normalise(root_name):
        problems.append(f"describes {excerpt(root_name)}, expected the package of {described[0]}")
    return judged(name, problems, f"describes {described[0] if described else ''}", _root_command(name))


def _package_of(file_name: str) -> str:
    # A wheel's name has no hyphen in it; that of a source distribution may have, and ends with the version.
    return file_name.partition("-")[0] if file_name.endswith(".whl") else file_name.rpartition("-")[0]


def _root_command(name: str) -> str:
    if name.endswith(".cdx.json"):
        return commands.show(name, ".metadata.component | {name, version}")
    if name.endswith(".spdx.json"):
        return commands.show(name, ".name")
    return commands.show(name, '.["@graph"][] | select(.type == "software_Sbom") | .rootElement')


def _root(document: Node) -> tuple[str, str, list[str]]:
    """Return name, version and SHA-256 of what an SBOM describes."""
    found = read_sbom(document.value)
    refuse_faults(found.faults)
    if isinstance(found, CycloneDx):
        if found.root is None:
            raise UnexpectedShapeError("$.metadata.component: is missing")
        digests = [entry.content for entry in found.root.hashes if entry.algorithm == "SHA-256"]
        return found.root.name, found.root.version, digests
    if isinstance(found, Spdx2):
        packages = [package for package in found.packages if package.id in found.described]
        if len(packages) != 1:
            raise UnexpectedShapeError(
                f"$.relationships: expected one package that is described, found {len(packages)}"
            )
        digests = [checksum.value for checksum in packages[0].checksums if checksum.algorithm == "SHA256"]
        return packages[0].name, packages[0].version, digests
    elements = [package for package in found.packages if package.id in found.described]
    if len(elements) != 1:
        raise UnexpectedShapeError("$.@graph: expected a document whose root is one package")
    return (
        elements[0].name,
        elements[0].version,
        [entry.value for entry in elements[0].hashes if entry.algorithm == "sha256"],
    )


def _current(name: str, data: bytes, finished: datetime | None) -> tuple[Line, ...]:
    command = commands.show(name, ".timestamp // .metadata.timestamp")
    if finished is None:
        return (unseen(name, "unknown when the release was made", command),)
    try:
        document = json_reader.read(data)
        problems = [*_later(document, finished), *_ended(document, (finished - EARLIEST_ZONE).date())]
    except UnexpectedShapeError as error:
        problems = [str(error)]
    return judged(name, problems, "was current when the release was made", command)


def _later(document: Node, finished: datetime) -> Iterator[str]:
    stated = [document.text_of("timestamp"), (document.get("metadata") or Node({})).text_of("timestamp")]
    statements = document.get("statements")
    stated += [row.text_of("timestamp") for row in statements.rows()] if statements else []
    for text in filter(None, stated):
        try:
            moment = parse_timestamp(text, where="timestamp")
        except (InputError, OverflowError):
            yield f"{excerpt(text)} is not a timestamp"
            continue
        if moment > finished + CLOCKS:
            yield f"is dated {excerpt(text)}, after the release was made"


def _ended(document: Node, day: date) -> Iterator[str]:
    for text in _sentences(document):
        found = _ACCEPTED.match(text)
        if found and found[1] < day.isoformat():
            yield f"a statement had expired by {day.isoformat()}: {excerpt(text)}"


def _sentences(document: Node) -> Iterator[str]:
    statements, vulnerabilities = document.get("statements"), document.get("vulnerabilities")
    for statement in statements.rows() if statements else ():
        yield from (statement.text_of(key) for key in ("action_statement", "impact_statement", "status_notes"))
    for vulnerability in vulnerabilities.rows() if vulnerabilities else ():
        analysis = vulnerability.get("analysis")
        yield analysis.text_of("detail") if analysis else ""
