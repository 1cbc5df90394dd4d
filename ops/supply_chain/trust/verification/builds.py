"""Check what the provenance states about the builds of the distributions.

It comes from the report of the build (release/provenance/builds.py; a test compares the names). A provenance without it
states nothing about builds.

Source: docs/provenance.md, "Byproducts".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ops.supply_chain.contracts.files.verification import Check, GivenFile
from ops.supply_chain.contracts.values.build_property import BUILT_TWICE_IDENTICAL
from ops.supply_chain.core.text import excerpt
from ops.supply_chain.formats.json_reader import Node, UnexpectedShapeError
from ops.supply_chain.trust.verification import commands
from ops.supply_chain.trust.verification.file_kinds import ReleaseFileNames
from ops.supply_chain.trust.verification.lines import check, judged

REPORT, COMPARISON = "build-report", "build-comparison"
CODE = "provenance.builds"
_TITLE = "What the provenance states about builds agrees with the distributions and the records"
_STAGE, _WRITTEN = "build_distributions", "dist:build/report.json"
_COMPARISON_NAME = "build/comparison/"
_PATH = '.predicate.runDetails.byproducts[] | select(.annotations.role | startswith("build-"))'


def builds(
    parts: ReleaseFileNames, files: Mapping[str, GivenFile], statement: Node | str, gate: Node | str
) -> list[Check]:
    """Check the byproducts about builds; nothing if there are none.

    Args:
        parts: The names of the files.
        files: The files.
        statement: The provenance, or why it cannot be read.
        gate: The gate file, or why it cannot be read.
    """
    if isinstance(statement, str):
        return []
    problems: list[str] = []
    good = ""
    try:
        found = _byproducts(statement)
        if not found:
            return []
        good = f"states {BUILT_TWICE_IDENTICAL}" if _stated(found) else "states no property of the builds"
        problems += _problems(parts, files, found, gate)
    except UnexpectedShapeError as error:
        problems.append(str(error))
    return [check(CODE, _TITLE, judged(parts.provenance, problems, good, commands.show(parts.provenance, _PATH)))]


def properties(statement: Node | str) -> tuple[str, ...]:
    """Return the properties of the builds that a provenance states; the caller has checked it."""
    try:
        return () if isinstance(statement, str) else _stated(_byproducts(statement))
    except UnexpectedShapeError:
        return ()


def _byproducts(statement: Node) -> dict[str, Node]:
    """Return the byproducts about builds, by name.

    Raises:
        UnexpectedShapeError: They have another shape than they must, or two have the same name.
    """
    found: dict[str, Node] = {}
    for row in statement["predicate"]["runDetails"]["byproducts"].rows():
        about, name = row["annotations"], row["name"].text()
        if about["role"].text() not in (REPORT, COMPARISON) and "property" not in about.table():
            continue
        if found.setdefault(name, row) is not row:
            raise UnexpectedShapeError(f"{row.path}.name: {excerpt(name)} is there twice")
    return found


def _stated(found: Mapping[str, Node]) -> tuple[str, ...]:
    rows = [row["annotations"]["property"] for row in found.values() if "property" in row["annotations"].table()]
    return tuple(sorted({row.text() for row in rows}))


def _problems(
    parts: ReleaseFileNames, files: Mapping[str, GivenFile], found: Mapping[str, Node], gate: Node | str
) -> Iterator[str]:
    reports = [row for row in found.values() if row["annotations"]["role"].text() == REPORT]
    if len(reports) != 1:
        yield f"expected one report of the build, found {len(reports)}"
    yield from (
        "the report of the build is not the one in the record of build_distributions"
        for row in reports
        if row["digest"]["sha256"].text() not in _recorded(gate)
    )
    compared = {
        name.removeprefix(_COMPARISON_NAME): row["annotations"]
        for name, row in found.items()
        if row["annotations"]["role"].text() == COMPARISON
    }
    for name in sorted({*parts.distributions, *compared}):
        if name not in compared or name not in parts.distributions:
            yield f"{excerpt(name)} is " + ("not in it" if name not in compared else "in it, and not a distribution")
        elif compared[name]["sha256"].text() != files[name].sha256:
            yield f"{name} has another SHA-256 in it"
    stated = _stated(found)
    yield from (f"{excerpt(name)} is an unknown property" for name in stated if name != BUILT_TWICE_IDENTICAL)
    if stated and not compared:
        yield f"states {excerpt(stated[0])}, and compares no builds"
    for name, comparison in sorted(compared.items()):
        if stated and not (comparison["builtTwice"].value is True and _identical(comparison) is True):
            yield f"states {excerpt(stated[0])}, but {excerpt(name)} was not built twice and identical"


def _identical(comparison: Node) -> object:
    node = comparison.get("identical")
    return node.value if node else None


def _recorded(gate: Node | str) -> set[str]:
    """Return the SHA-256 of the report in the record of the stage that wrote it."""
    if isinstance(gate, str):
        return set()
    return {
        ref["sha256"].text()
        for record in gate["records"].rows()
        if record["stage"].text() == _STAGE
        for ref in record["writes"].rows()
        if ref["path"].text() == _WRITTEN
    }
