"""Whether the SBOMs describe this very release, and the VEX documents held when it was made.

Source: CycloneDX 1.6 `metadata.component`; SPDX 2.3 sections 6 and 11 (DESCRIBES); SPDX 3.0.1 `rootElement`;
OpenVEX v0.2.0; facts/standards.md section 4.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta

from ops.supply_chain.contracts.files.verification import Check, Given, Line
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.moments import parse_timestamp
from ops.supply_chain.core.text import excerpt
from ops.supply_chain.formats import json_reader
from ops.supply_chain.formats.json_reader import Node, UnexpectedShapeError
from ops.supply_chain.trust.verification import commands
from ops.supply_chain.trust.verification.gate import EARLIEST_ZONE
from ops.supply_chain.trust.verification.lines import check, failed, judged, unseen
from ops.supply_chain.trust.verification.parts import Parts

CLOCKS = timedelta(days=1)
"""By how much the clocks of whoever wrote a VEX document and of the release may differ."""

HOLDS_TOGETHER = "hold together; that packages from several folders bear one name and version is no fault"
_ACCEPTED = re.compile(r"\A[Aa]ccepted until (\d{4}-\d{2}-\d{2})\b")


def sboms(parts: Parts, given: Given, component: str, version: str) -> list[Check]:
    """Judge the SBOMs: none at all is a failure."""
    valid = [line for name in parts.sboms for line in _valid(name, given.sbom_problems.get(name))]
    about = [line for name in parts.sboms for line in _about(name, parts, given, component, version)]
    missing = [failed(parts.prefix, "there is no SBOM")]
    return [
        check("sbom.valid", "Identifiers, references and digests in the SBOMs hold together", valid or missing),
        *_by_schema(given.schema_problems),
        check("sbom.describes", "The SBOMs describe this release", about or missing),
    ]


def vex(parts: Parts, contents: Mapping[str, bytes], finished: datetime | None) -> list[Check]:
    """Judge the VEX documents, if there are any.

    Args:
        parts: What the files are.
        contents: Their bytes.
        finished: When the release was made; None where that cannot be told.
    """
    lines = [line for name in parts.vex for line in _current(name, contents.get(name, b""), finished)]
    return (
        [check("vex.current", "No VEX statement is from after the release, or had ended by then", lines)]
        if lines
        else []
    )


def _valid(name: str, problems: tuple[str, ...] | None) -> tuple[Line, ...]:
    if problems is None:
        return (unseen(name, "nobody could look: a package that this needs is not installed"),)
    return judged(name, (excerpt(one) for one in problems), HOLDS_TOGETHER)


def _by_schema(problems: Mapping[str, tuple[str, ...] | None]) -> list[Check]:
    """Judge what the schemas say; where nobody could look, a note says so and nothing is claimed."""
    lines = [
        line
        for name, found in problems.items()
        if found is not None
        for line in judged(name, (excerpt(one) for one in found), "is valid by the schema of its version")
    ]
    return [check("sbom.schema", "The CycloneDX documents are valid by their schema", lines)] if lines else []


def schema_notes(parts: Parts, problems: Mapping[str, tuple[str, ...] | None]) -> list[str]:
    """Name the SBOMs that were held against no schema."""
    unseen_ones = [name for name in parts.sboms if problems.get(name) is None]
    return [f"held against no schema: {', '.join(unseen_ones)}"] if unseen_ones else []


def _about(name: str, parts: Parts, given: Given, component: str, version: str) -> tuple[Line, ...]:
    problems: list[str] = []
    try:
        document = json_reader.read(given.contents.get(name, b""))
        root_name, root_version, digests = _root(document)
        if (root_name, root_version) != (component, version):
            problems.append(
                f"describes {excerpt(root_name)} {excerpt(root_version)}, expected {component} {version}".replace(
                    "  ", " "
                )
            )
        released = {given.files[one].sha256 for one in parts.subjects}
        problems += [
            f"describes a file with SHA-256 {excerpt(one)}, which is not released"
            for one in digests
            if one not in released
        ]
    except UnexpectedShapeError as error:
        problems.append(str(error))
    return judged(name, problems, f"describes {component} {version}", _root_command(name))


def _root_command(name: str) -> str:
    if name.endswith(".cdx.json"):
        return commands.show(name, ".metadata.component | {name, version}")
    if name.endswith(".spdx.json"):
        return commands.show(name, ".name")
    return commands.show(name, '.["@graph"][] | select(.type == "software_Sbom") | .rootElement')


def _root(document: Node) -> tuple[str, str, list[str]]:
    """Return name, version and SHA-256 of what a document is about."""
    if "bomFormat" in document.table():
        root = document["metadata"]["component"]
        hashes = root.get("hashes")
        digests = [one["content"].text() for one in hashes.rows() if one["alg"].text() == "SHA-256"] if hashes else []
        return root["name"].text(), root.text_of("version"), digests
    if "spdxVersion" in document.table():
        root = _spdx2_root(document)
        sums = root.get("checksums")
        found = (
            [one["checksumValue"].text() for one in sums.rows() if one["algorithm"].text() == "SHA256"] if sums else []
        )
        return root["name"].text(), root.text_of("versionInfo"), found
    return _spdx3_root(document)


def _spdx2_root(document: Node) -> Node:
    told = document.get("relationships")
    described = [one["relatedSpdxElement"].text() for one in (told.rows() if told else ()) if _describes(one)]
    older = document.get("documentDescribes")
    described += [one.text() for one in older.rows()] if older else []
    packages = [one for one in document["packages"].rows() if one["SPDXID"].text() in described]
    if len(packages) != 1:
        raise UnexpectedShapeError(f"$.relationships: expected one package that is described, found {len(packages)}")
    return packages[0]


def _describes(relationship: Node) -> bool:
    of = (relationship["spdxElementId"].text(), relationship["relationshipType"].text())
    return of == ("SPDXRef-DOCUMENT", "DESCRIBES")


def _spdx3_root(document: Node) -> tuple[str, str, list[str]]:
    elements = {one.text_of("spdxId"): one for one in document["@graph"].rows()}
    wanted = [one for one in elements.values() if one.text_of("type") == "SpdxDocument"]
    seen: set[str] = set()
    for _ in range(3):  # the document's root is an SBOM, whose root is the package
        roots = [root.text() for one in wanted for root in one["rootElement"].rows()]
        wanted = [elements[root] for root in roots if root in elements and root not in seen]
        seen.update(roots)
        packages = [one for one in wanted if one.text_of("type") == "software_Package"]
        if len(packages) == 1:
            return packages[0]["name"].text(), packages[0].text_of("software_packageVersion"), []
    raise UnexpectedShapeError("$.@graph: expected a document whose root is one package")


def _current(name: str, data: bytes, finished: datetime | None) -> tuple[Line, ...]:
    command = commands.show(name, ".timestamp // .metadata.timestamp")
    if finished is None:
        return (unseen(name, "nobody says when the release was made", command),)
    try:
        document = json_reader.read(data)
        problems = [*_later(document, finished), *_ended(document, (finished - EARLIEST_ZONE).date())]
    except UnexpectedShapeError as error:
        problems = [str(error)]
    return judged(name, problems, "was current when the release was made", command)


def _later(document: Node, finished: datetime) -> Iterator[str]:
    stated = [document.text_of("timestamp"), (document.get("metadata") or Node({})).text_of("timestamp")]
    statements = document.get("statements")
    stated += [one.text_of("timestamp") for one in statements.rows()] if statements else []
    for text in filter(None, stated):
        try:
            moment = parse_timestamp(text, where="timestamp")
        except (InputError, OverflowError):
            yield f"{excerpt(text)} is no moment"
            continue
        if moment > finished + CLOCKS:
            yield f"is of {excerpt(text)}, after the release was made"


def _ended(document: Node, day: date) -> Iterator[str]:
    for text in _sentences(document):
        found = _ACCEPTED.match(text)
        if found and found[1] < day.isoformat():
            yield f"a statement had ended by {day.isoformat()}: {excerpt(text)}"


def _sentences(document: Node) -> Iterator[str]:
    statements, vulnerabilities = document.get("statements"), document.get("vulnerabilities")
    for one in statements.rows() if statements else ():
        yield from (one.text_of(key) for key in ("action_statement", "impact_statement", "status_notes"))
    for one in vulnerabilities.rows() if vulnerabilities else ():
        analysis = one.get("analysis")
        yield analysis.text_of("detail") if analysis else ""
