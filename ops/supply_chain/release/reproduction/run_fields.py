"""Which fields of a gate file and of a provenance statement depend on the run that wrote them, and which follow from others.

Everything else in them is a function of the commit: a difference there is one.

Source: docs/reproduce.md
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from ops.supply_chain.contracts.files.build_report import NO_DIFFOSCOPE, OTHER_JOB, SAME_CONDITIONS
from ops.supply_chain.contracts.values.build_property import OTHER_REPORT
from ops.supply_chain.release.reproduction.json_fields import FieldDifference

_POSITION = re.compile(r"\[\d+\]")
_RUN = re.compile(
    r"\$\.records\[\]\.(?:invocation|started|finished|offline)"
    r"|\$\.records\[\]\.feeds\[\]\.age_seconds"
    r"|\$\.predicate\.runDetails\.metadata\.(?:invocationId|startedOn|finishedOn)"
    r"|\$\.predicate\.runDetails\.builder\.id"
)
_TOOL = re.compile(
    r"\$\.records\[\]\.tools\[\](?:\.version)?"
    r"|\$\.verdict\.engine\.version"
    r"|\$\.predicate\.buildDefinition\.internalParameters\.(?:python|platform)"
    r"|\$\.predicate\.runDetails\.builder\.version\.\w+"
)
_RECORDED_TOOL = re.compile(r"\$\.records\[(\d+)\]\.tools\[(\d+)\]")
_NOTE = re.compile(r"\$\.records\[(\d+)\]\.notes\[\d+\]")
_DESCRIBED = re.compile(
    r"\$\.predicate\.(buildDefinition\.resolvedDependencies|runDetails\.byproducts)\[(\d+)\](\..*)?"
)
"""A row of a provenance, and the field in it."""

_ROLES_OF_RUN = {
    "policy-record": frozenset({".digest.sha256"}),
    "build-report": frozenset({".digest.sha256"}),
    "build-environment": frozenset({".digest.sha256", ".annotations.cpus", ".annotations.user"}),
}
"""Role of a byproduct -> its fields that depend on the run: the first two are of files that no release contains."""

_ROLES_OF_TOOLS = {
    "tool": frozenset({"", ".uri", ".annotations.version"}),
    "build-environment": frozenset({".annotations.python", ".annotations.zlib"}),
}
_WRITTEN = re.compile(r"\$\.records\[(\d+)\]\.(?:writes|reads)\[(\d+)\]\.sha256")
_READ = re.compile(r"\$\.records\[(\d+)\]\.reads\[\d+\]")
_ROLES_OF_OTHER_JOB = frozenset({"reported-build", "reported-comparison"})
_UNRELEASED = frozenset({"dist:build/report.json"})
"""Files of a run that describe its machine and are not released."""


class SortedFields(NamedTuple):
    """The differences of one file: real ones, those of tools and machine, and the number of each field of the run."""

    differences: tuple[FieldDifference, ...]
    tools: tuple[FieldDifference, ...]
    run: dict[str, int]


def sort_fields(
    found: Iterable[FieldDifference], released: Any, digests: Collection[tuple[str, str]], *, previous: str
) -> SortedFields:
    """Sort the differences of a gate file or a provenance statement.

    Args:
        found: All differences.
        released: The released document.
        digests: SHA-256 of released and of rebuilt bytes that are compared by themselves: of files, records and verdict.
        previous: SHA-256 of the provenance of the release before, as retained here; empty where it is not.
    """
    rest: list[FieldDifference] = []
    tools: list[FieldDifference] = []
    run: dict[str, int] = {}
    following: set[str] = set()

    for difference in found:
        bare = _POSITION.sub("[]", difference.path)
        if _RUN.fullmatch(bare) or _is_of_run(difference, released) or _is_chain(difference, previous):
            run[bare] = run.get(bare, 0) + 1
        elif _texts(difference) in digests:
            run[bare] = run.get(bare, 0) + 1
            following.add(difference.path.rpartition(".")[0])
        elif _TOOL.fullmatch(bare) or _is_tool(difference, released):
            tools.append(difference)
        else:
            rest.append(difference)
        if _is_unreleased(difference, released):
            following.add(difference.path.rpartition(".")[0])
    sizes = [row for row in rest if row.path.endswith(".size") and row.path.removesuffix(".size") in following]
    for row in sizes:
        bare = _POSITION.sub("[]", row.path)
        run[bare] = run.get(bare, 0) + 1
    return SortedFields(tuple(row for row in rest if row not in sizes), tuple(tools), dict(sorted(run.items())))


def tool_of(difference: FieldDifference, released: Any) -> str:
    """Return the name of the tool, or `python` or `platform`, whose version a difference is about."""
    found = _RECORDED_TOOL.match(difference.path)
    if found:
        tools = released["records"][int(found[1])]["tools"]
        return str(tools[int(found[2])]["name"]) if int(found[2]) < len(tools) else "tool"
    row = _DESCRIBED.fullmatch(difference.path)
    if not row:
        return difference.path.rpartition(".")[2]
    if not row[3]:
        whole = difference.released if difference.has_released else difference.rebuilt
        return str(whole.get("name", "tool"))
    if row[3] != ".annotations.version":
        return row[3].rpartition(".")[2] if row[3].startswith(".annotations.") else ""
    rows = released["predicate"]["buildDefinition"]["resolvedDependencies"]
    return str(rows[int(row[2])].get("name", "tool"))


def _texts(difference: FieldDifference) -> tuple[str, str] | None:
    first, second = difference.released, difference.rebuilt
    return (first, second) if isinstance(first, str) and isinstance(second, str) else None


def _is_of_run(difference: FieldDifference, released: Any) -> bool:
    """Return whether a field of a provenance or the digest of a file that is not released depends on the run."""
    role, field = _row_of(difference, released)
    known = field in _ROLES_OF_RUN.get(role, ())
    return (
        known
        or _is_unreleased(difference, released)
        or _is_about_machine(difference, released)
        or _is_of_other_job(difference, role, released)
    )


def _is_of_other_job(difference: FieldDifference, role: str, released: Any) -> bool:
    """Return whether it is what another job reported about the builds: its report is not released, so a second run has none."""
    if difference.has_rebuilt:
        return False
    if role in _ROLES_OF_OTHER_JOB:
        return True
    found = _READ.fullmatch(difference.path)
    record = released["records"][int(found[1])] if found else {}
    return record.get("stage") == "build_distributions" and any(ref["path"] == OTHER_REPORT for ref in record["reads"])


def _is_about_machine(difference: FieldDifference, released: Any) -> bool:
    """Return whether it is a note of a build about the machine, or about another job: which conditions two builds could not vary there."""
    found = _NOTE.fullmatch(difference.path)
    if not found or released["records"][int(found[1])]["stage"] != "build_distributions":
        return False
    given = [difference.released] if difference.has_released else []
    given += [difference.rebuilt] if difference.has_rebuilt else []
    return all(isinstance(note, str) and note.startswith((SAME_CONDITIONS, NO_DIFFOSCOPE, OTHER_JOB)) for note in given)


def _is_unreleased(difference: FieldDifference, released: Any) -> bool:
    found = _WRITTEN.fullmatch(difference.path)
    if not found or not (difference.has_released and difference.has_rebuilt):
        return False
    record = released["records"][int(found[1])]
    kind = "writes" if ".writes[" in difference.path else "reads"
    return bool(record[kind][int(found[2])]["path"] in _UNRELEASED)


def _is_tool(difference: FieldDifference, released: Any) -> bool:
    role, field = _row_of(difference, released)
    return field in _ROLES_OF_TOOLS.get(role, ())


def _is_chain(difference: FieldDifference, previous: str) -> bool:
    """Return whether it is the link to the release before, which a second run does not make.

    It is compared with the retained release instead, where there is one.
    """
    if difference.has_rebuilt or _row_of(difference, None) != ("previous-release", ""):
        return False
    digest = difference.released.get("digest")
    return not previous or (isinstance(digest, dict) and digest.get("sha256") == previous)


def _row_of(difference: FieldDifference, released: Any) -> tuple[str, str]:
    """Return the role of the row of a provenance that a difference is in, and the field; the whole row has an empty one."""
    found = _DESCRIBED.fullmatch(difference.path)
    if not found:
        return "", difference.path
    field = found[3] or ""
    if not field:
        row = difference.released if difference.has_released else difference.rebuilt
    else:
        rows = released
        for step in ("predicate", *found[1].split(".")):
            rows = rows[step] if rows else []
        row = rows[int(found[2])] if int(found[2]) < len(rows) else {}
    notes = row.get("annotations") if isinstance(row, dict) else None
    return str(notes.get("role", "")) if isinstance(notes, dict) else "", field
