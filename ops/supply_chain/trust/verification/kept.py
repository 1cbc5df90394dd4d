"""Check that a retained verification report is about this release.

Such a report is the maker's own: it is not signed, and nothing is concluded from it. It is still compared with the
files, so that the report of another release is noticed.

Source: SLSA 1.2, https://slsa.dev/spec/v1.2/verification_summary
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import unquote

from ops.supply_chain.contracts.files.verification import SCHEMA
from ops.supply_chain.contracts.values.release_naming import KEPT_SUFFIXES
from ops.supply_chain.core.addresses import URI_BASE
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.core.text import excerpt
from ops.supply_chain.formats import json_reader
from ops.supply_chain.formats.json_reader import Node, UnexpectedShapeError
from ops.supply_chain.trust.verification.file_kinds import ReleaseFileNames, classify
from ops.supply_chain.trust.verification.provenance import REHEARSAL_SUFFIX, subjects_of
from ops.supply_chain.trust.verification.vsa import PREDICATE_TYPE, VERIFIER_ID


def report_problems(data: bytes, digests: Mapping[str, str]) -> tuple[str, ...]:
    """Return why a `verification.json` is not about a release.

    Args:
        data: Its bytes.
        digests: Name -> SHA-256 of every file of the release, without manifest and reports.
    Returns:
        One sentence a problem; empty if it names exactly these files.
    """
    try:
        return tuple(_report_problems(json_reader.read(data), digests))
    except UnexpectedShapeError as error:
        return (str(error),)


def summary_problems(data: bytes, digests: Mapping[str, str], parts: ReleaseFileNames) -> tuple[str, ...]:
    """Return why a `vsa.json` is not about a release; arguments as `report_problems`, and the names of its files."""
    try:
        statement = json_reader.read(data)
        kind = statement["predicateType"].text()
        subjects = subjects_of(statement)
    except UnexpectedShapeError as error:
        return (str(error),)
    if kind != PREDICATE_TYPE:
        return (f"$.predicateType: expected {PREDICATE_TYPE}, found {excerpt(kind)}",)
    try:
        problems = tuple(_maker_problems(statement["predicate"], parts))
    except UnexpectedShapeError as error:
        return (str(error),)
    if problems:
        return problems
    released = {name: digests[name] for name in parts.released if name in digests}
    return () if subjects == released else ("is about other files",)


def accepted(data: bytes) -> bool:
    """Return whether a `verification.json` says that the release was accepted: the verifier exited with 0."""
    try:
        return json_reader.read(data)["ruling"].text() == Outcome.PASS.value
    except UnexpectedShapeError:
        return False


def kept_problems(
    parts: ReleaseFileNames, digests: Mapping[str, str], contents: Mapping[str, bytes], name: str
) -> tuple[str, ...]:
    """Return why one retained report is not about this release.

    Args:
        parts: The names of the files.
        digests: Name -> SHA-256 of every file.
        contents: Bytes of the documents.
        name: One of `parts.kept`; Markdown reports are not compared.
    """
    signatures = (*parts.bundles, *parts.detached, *parts.publish_attestations)
    ours = {file: sha256 for file, sha256 in digests.items() if file in (*parts.signed, *signatures)}
    if name == parts.prefix + KEPT_SUFFIXES["verification.json"]:
        return report_problems(contents.get(name, b""), ours)
    if name == parts.prefix + KEPT_SUFFIXES["vsa.json"]:
        return summary_problems(contents.get(name, b""), ours, parts)
    report = parts.prefix + KEPT_SUFFIXES["verification.json"]
    return () if report in digests else (f"exists without {report}",)


def _maker_problems(predicate: Node, parts: ReleaseFileNames) -> Iterator[str]:
    """Yield why a summary is about another release, or by another verifier."""
    found = predicate["verifier"]["id"].text()
    if found.removesuffix(REHEARSAL_SUFFIX) != f"{URI_BASE}{VERIFIER_ID}":
        yield f"is by another verifier: {excerpt(found)}"
    resource = predicate["resourceUri"].text()
    component, _, version = resource.removeprefix("pkg:generic/").rpartition("@")
    if f"{unquote(component)}-{unquote(version)}" != parts.prefix:
        yield f"is about another release: {excerpt(resource)}"


def _report_problems(report: Node, digests: Mapping[str, str]) -> Iterator[str]:
    if report["schema"].text() != SCHEMA:
        yield f"$.schema: expected {SCHEMA}, found {excerpt(report['schema'].value)}"
    named_as = f"{report['component'].text()}-{report['version'].text()}"
    if named_as != classify(digests).prefix:
        yield f"is about another release: {excerpt(named_as)}"
    named: dict[str, str] = {}
    for row in report["files"].rows():
        if row["name"].text() in named:
            yield f"{row.path}.name: {excerpt(row['name'].value)} occurs twice"
        named[row["name"].text()] = row["sha256"].text()
    if named != dict(digests):
        yield "is about other files"
