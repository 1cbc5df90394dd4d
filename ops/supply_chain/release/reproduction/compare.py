"""Compares every file of a release with what a second run made of it.

Source: docs/reproduce.md
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from ops.supply_chain.contracts.files.reproduction import ComparedField, ComparedFile, FileResult
from ops.supply_chain.core import plain_json
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.text import plural
from ops.supply_chain.release.reproduction.checksums import differing_lines
from ops.supply_chain.release.reproduction.contents import as_field, differing_contents, in_json
from ops.supply_chain.release.reproduction.json_fields import ABSENT
from ops.supply_chain.release.reproduction.run_fields import sort_fields, tool_of

MOST_DIFFERENCES = 100
"""The most that are listed of one file."""

_NO_FILE = "is no plain file: a link, a folder or a device"


class MeasuredFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file: its SHA-256, empty for what is no plain file, and its bytes on request, None where it has too many."""

    sha256: str
    read: Callable[[], bytes | None]


class Sides(msgspec.Struct, frozen=True, kw_only=True):
    """Both releases.

    `released` and `rebuilt` are the files by name. `gate`, `provenance` and `checksums` are the names of the files that
    describe their own run. `unmade` are files that no stage makes again, each with the reason. `missing` says why files
    are not in `rebuilt` that should be there; empty where the second run made all that it makes. `records` are the
    digests of the records and of the verdict in both, `taken` the stages whose records were taken from the release, and
    `previous` the SHA-256 of the provenance of the release before, as retained here, or empty.
    """

    released: Mapping[str, MeasuredFile]
    rebuilt: Mapping[str, MeasuredFile]
    gate: str
    provenance: str
    checksums: str
    unmade: Mapping[str, str]
    missing: str
    records: frozenset[tuple[str, str]]
    taken: Sequence[str]
    previous: str


def compare_releases(sides: Sides) -> tuple[ComparedFile, ...]:
    """Compare every file of both.

    Returns:
        Sorted by name; files that no stage makes again included.
    """
    digests = sides.records | {
        (file.sha256, other.sha256)
        for name, file in sides.released.items()
        if file.sha256 and (other := sides.rebuilt.get(name)) is not None
    }
    return tuple(_compare(name, sides, digests) for name in sorted({*sides.released, *sides.rebuilt}))


def _compare(name: str, sides: Sides, digests: frozenset[tuple[str, str]]) -> ComparedFile:
    released, rebuilt = sides.released.get(name), sides.rebuilt.get(name)
    if name in sides.unmade:
        digest = released.sha256 if released else ""
        return ComparedFile(name=name, result=FileResult.NOT_COMPARED, why=sides.unmade[name], released=digest)
    if released is None or rebuilt is None or not released.sha256:
        return _incomplete(name, released, rebuilt, sides.missing)
    found = ComparedFile(
        name=name, result=FileResult.IDENTICAL, why="the same bytes", released=released.sha256, rebuilt=rebuilt.sha256
    )
    return (
        found
        if released.sha256 == rebuilt.sha256
        else _explained(found, released.read(), rebuilt.read(), sides, digests)
    )


def _incomplete(name: str, released: MeasuredFile | None, rebuilt: MeasuredFile | None, missing: str) -> ComparedFile:
    """Return the result for a file of which one side is absent, or no plain file."""
    first, second = (file.sha256 if file else "" for file in (released, rebuilt))
    if released is None:
        return _one_sided(name, first, second, "the second run makes it, and the release lacks it")
    if not released.sha256:
        return _one_sided(name, first, second, _NO_FILE)
    if missing:
        return ComparedFile(name=name, result=FileResult.UNKNOWN, why=missing, released=first)
    return _one_sided(name, first, second, "no stage makes it: it was added to the release")


def _explained(
    found: ComparedFile, mine: bytes | None, other: bytes | None, sides: Sides, digests: frozenset[tuple[str, str]]
) -> ComparedFile:
    """Compare the contents of a file whose bytes are not the same."""
    if mine is None or other is None:
        row = ComparedField(member="", field="content", released=found.released, rebuilt=found.rebuilt)
        return _differing(found, [row], "it is too large to compare its contents")
    if found.name in (sides.gate, sides.provenance):
        return _of_run(found, mine, other, sides, digests)
    if found.name != sides.checksums:
        return _differing(found, differing_contents(found.name, mine, other))
    if rows := list(differing_lines(mine, other, digests)):
        return _differing(found, rows)
    why = "every line follows from the file that it names"
    return msgspec.structs.replace(found, result=FileResult.OF_ITS_RUN, why=why)


def _one_sided(name: str, released: str, rebuilt: str, why: str) -> ComparedFile:
    row = ComparedField(member="", field="file", released=released or ABSENT, rebuilt=rebuilt or ABSENT, why=why)
    return ComparedFile(
        name=name, result=FileResult.DIFFERS, why=why, released=released, rebuilt=rebuilt, differences=(row,)
    )


def _differing(found: ComparedFile, rows: Iterable[ComparedField], why: str = "") -> ComparedFile:
    whole = list(rows)
    return msgspec.structs.replace(
        found,
        result=FileResult.DIFFERS,
        why=why or f"{plural(len(whole), 'difference')}",
        differences=tuple(whole[:MOST_DIFFERENCES]),
        further=max(0, len(whole) - MOST_DIFFERENCES),
    )


def _of_run(
    found: ComparedFile, mine: bytes, other: bytes, sides: Sides, digests: frozenset[tuple[str, str]]
) -> ComparedFile:
    fields = in_json(mine, other)
    if fields is None:
        return _differing(found, differing_contents(f"{found.name}.txt", mine, other))
    document = plain_json.load(mine, where=found.name)
    try:
        sorted_fields = sort_fields(fields, document, digests, previous=sides.previous)
        rows = _unlike_verdict(document) if found.name == sides.gate else []
    except (LookupError, TypeError, AttributeError):  # a document of another shape than its contract
        return _differing(found, map(as_field, fields))
    rows = [*map(as_field, sorted_fields.differences), *rows]
    if not fields or plain_json.dump(document) != mine:
        rows.append(ComparedField(member="", field="content", released="other bytes", rebuilt="canonical JSON"))
    described = msgspec.structs.replace(
        found,
        run_fields=sorted_fields.run,
        tools=tuple(as_field(field, why=tool_of(field, document)) for field in sorted_fields.tools),
    )
    if rows:
        return _differing(described, rows)
    same = "every other field is the same"
    taken = (
        f"; taken from the release: the records of {', '.join(sides.taken)}"
        if sides.taken and found.name == sides.gate
        else ""
    )
    return msgspec.structs.replace(
        described,
        result=FileResult.OF_ITS_RUN,
        why=f"{plural(sum(sorted_fields.run.values()), 'field')} of the run; {same}{taken}",
    )


def _unlike_verdict(gate: Any) -> list[ComparedField]:
    """Return the records of a gate file that are not those whose digests its verdict has: their times are compared with nothing else."""
    named = {row["path"]: row["sha256"] for row in gate["verdict"]["inputs"]}
    found = []
    for position, record in enumerate(gate["records"]):
        path, digest = f"dist:records/{record['stage']}.json", sha256_bytes(plain_json.dump(record))
        if named.get(path) != digest:
            found.append(
                ComparedField(
                    member="",
                    field=f"$.records[{position}]",
                    released=digest,
                    rebuilt=named.get(path, ABSENT),
                    why=f"the record of {record['stage']} is not the one whose digest the released verdict has",
                )
            )
    return found
