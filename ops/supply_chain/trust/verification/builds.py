"""Check what the provenance states about the builds of the distributions.

It comes from the report of the build (release/provenance/builds.py; a test compares the names). A provenance without it
states nothing about builds. What it repeats of the report of another job is that job's statement: it is compared, and never
becomes a property of the release.

Source: docs/provenance.md, "Byproducts".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ops.supply_chain.contracts.files.verification import Check, GivenFile
from ops.supply_chain.contracts.values.build_property import (
    BUILT_TWICE_IDENTICAL,
    OTHER_REPORT,
    UNAUTHENTICATED_PROPERTY,
)
from ops.supply_chain.core.text import excerpt
from ops.supply_chain.formats.json_reader import Node, UnexpectedShapeError
from ops.supply_chain.trust.verification import commands
from ops.supply_chain.trust.verification.file_kinds import ReleaseFileNames
from ops.supply_chain.trust.verification.lines import check, judged

REPORT, COMPARISON = "build-report", "build-comparison"
REPORTED, REPORTED_COMPARISON = "reported-build", "reported-comparison"
CODE = "provenance.builds"
_TITLE = "What the provenance states about builds agrees with the distributions and the records"
_STAGE, _WRITTEN = "build_distributions", "dist:build/report.json"
_COMPARISON_NAME, _REPORTED_NAME = "build/comparison/", "build/reported/"
_ROLES = (REPORT, COMPARISON, REPORTED, REPORTED_COMPARISON)
_NAMED = frozenset({"property", UNAUTHENTICATED_PROPERTY})
_PATH = '.predicate.runDetails.byproducts[] | select(.annotations.role | test("^(build|reported)-"))'


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
        good = (
            f"states {BUILT_TWICE_IDENTICAL}" if _stated(found) else f"states no property of the builds{_said(found)}"
        )
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
        if about["role"].text() not in _ROLES and _NAMED.isdisjoint(about.table()):
            continue
        if found.setdefault(name, row) is not row:
            raise UnexpectedShapeError(f"{row.path}.name: {excerpt(name)} is there twice")
    return found


def _said(found: Mapping[str, Node]) -> str:
    """Return what another job states about the builds, as its statement; empty without its report."""
    reports = _of_role(found, REPORTED)
    if not reports:
        return ""
    named = [BUILT_TWICE_IDENTICAL for row in reports if UNAUTHENTICATED_PROPERTY in row["annotations"].table()]
    return f"; the job that built them reports {named[0] if named else 'no identical builds'}, not authenticated"


def _stated(found: Mapping[str, Node]) -> tuple[str, ...]:
    rows = [row["annotations"]["property"] for row in found.values() if "property" in row["annotations"].table()]
    return tuple(sorted({row.text() for row in rows}))


def _problems(
    parts: ReleaseFileNames, files: Mapping[str, GivenFile], found: Mapping[str, Node], gate: Node | str
) -> Iterator[str]:
    reports = _of_role(found, REPORT)
    if len(reports) != 1:
        yield f"expected one report of the build, found {len(reports)}"
    yield from (
        "the report of the build is not the one in the record of build_distributions"
        for row in reports
        if row["digest"]["sha256"].text() not in _recorded(gate, "writes", _WRITTEN)
    )
    compared = _compared(found, COMPARISON, _COMPARISON_NAME)
    yield from _unlike(parts, files, compared, "")
    yield from _reported_problems(parts, files, found, gate)
    stated = _stated(found)
    yield from (f"{excerpt(name)} is an unknown property" for name in stated if name != BUILT_TWICE_IDENTICAL)
    if stated and not compared:
        yield f"states {excerpt(stated[0])}, and compares no builds"
    for name, comparison in sorted(compared.items()):
        if stated and not (comparison["builtTwice"].value is True and _identical(comparison) is True):
            yield f"states {excerpt(stated[0])}, but {excerpt(name)} was not built twice and identical"


def _reported_problems(
    parts: ReleaseFileNames, files: Mapping[str, GivenFile], found: Mapping[str, Node], gate: Node | str
) -> Iterator[str]:
    """Yield where the report of another job is not the recorded one, not about these distributions, or more than a statement."""
    reports = _of_role(found, REPORTED)
    compared = _compared(found, REPORTED_COMPARISON, _REPORTED_NAME)
    named = [row["annotations"] for row in found.values() if UNAUTHENTICATED_PROPERTY in row["annotations"].table()]
    recorded = _recorded(gate, "reads", OTHER_REPORT)
    if not reports and not compared and not named and not recorded:
        return
    if len(reports) != 1:
        yield f"expected one report of the job that built the distributions, found {len(reports)}"
    for row in reports:
        if row["digest"]["sha256"].text() not in recorded:
            yield "the report of the job that built the distributions is not the one in the record of build_distributions"
        if row["annotations"]["authenticated"].value is not False:
            yield "the report of the job that built the distributions is said to be authenticated, which nothing confirms"
    yield from _unlike(parts, files, compared, "what the job that built them reports: ")
    observed = _compared(found, COMPARISON, _COMPARISON_NAME).values()
    if any(comparison["builtTwice"].value is not False for comparison in observed):
        yield "compares builds as observed in this run, and has the report of another job about them"
    for stated in named:
        yield from _repeated_problems(stated, compared)


def _repeated_problems(annotations: Node, compared: Mapping[str, Node]) -> Iterator[str]:
    """Yield where a property is repeated that the report of another job does not state."""
    name = annotations[UNAUTHENTICATED_PROPERTY].text()
    if name != BUILT_TWICE_IDENTICAL:
        yield f"{excerpt(name)} is an unknown property"
    if annotations["role"].text() != REPORTED:
        yield f"{excerpt(name)} is not stated by the report of the job that built the distributions"
    for file, comparison in sorted(compared.items()):
        if not (comparison["builtTwice"].value is True and _identical(comparison) is True):
            yield f"repeats {excerpt(name)}, but {excerpt(file)} was not built twice and identical"


def _of_role(found: Mapping[str, Node], role: str) -> list[Node]:
    return [row for row in found.values() if row["annotations"]["role"].text() == role]


def _compared(found: Mapping[str, Node], role: str, prefix: str) -> dict[str, Node]:
    """Return the annotations of each comparison with a role, by the name of its distribution."""
    return {
        name.removeprefix(prefix): row["annotations"]
        for name, row in found.items()
        if row["annotations"]["role"].text() == role
    }


def _unlike(
    parts: ReleaseFileNames, files: Mapping[str, GivenFile], compared: Mapping[str, Node], what: str
) -> Iterator[str]:
    """Yield where comparisons are not about exactly the distributions of a release."""
    for name in sorted({*parts.distributions, *compared}):
        if name not in compared or name not in parts.distributions:
            where = "not in it" if name not in compared else "in it, and not a distribution"
            yield f"{what}{excerpt(name)} is {where}"
        elif compared[name]["sha256"].text() != files[name].sha256:
            yield f"{what}{name} has another SHA-256 in it"


def _identical(comparison: Node) -> object:
    node = comparison.get("identical")
    return node.value if node else None


def _recorded(gate: Node | str, direction: str, path: str) -> set[str]:
    """Return the SHA-256 of a file that the record of the stage has as read or written."""
    if isinstance(gate, str):
        return set()
    return {
        ref["sha256"].text()
        for record in gate["records"].rows()
        if record["stage"].text() == _STAGE
        for ref in record[direction].rows()
        if ref["path"].text() == path
    }
