"""Compares the released and the rebuilt bytes of one file: which member of an archive, and which field of it, differs.

Archives are read strictly first: one reading, bounded sizes, nothing unpacked to disk.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator

from ops.supply_chain.contracts.files.reproduction import ComparedField
from ops.supply_chain.contracts.values.distribution import DistributionKind
from ops.supply_chain.core import plain_json
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.text import excerpt, is_text
from ops.supply_chain.formats.archives.details import ArchiveDetails, read_details
from ops.supply_chain.formats.archives.distribution import DistributionLimits, read_distribution
from ops.supply_chain.formats.archives.tar_reader import TarRules, tar_members
from ops.supply_chain.formats.wheel import WHEEL_ENDING
from ops.supply_chain.release.packages.comparison import (
    COMPRESSION,
    CONTENT,
    MEMBER,
    MODE,
    MTIME,
    ORDER,
    compare_archives,
)
from ops.supply_chain.release.reproduction.json_fields import ABSENT, FieldDifference, differing_fields

ARCHIVE_ENDINGS = (WHEEL_ENDING, ".tar.gz")
MOST_UNPACKED_BYTES = 1 << 30
"""The most that the members of one archive may have together: both archives are in memory at once."""

_MOST_HEADERS = 200_000
_TAR = TarRules(most_headers=_MOST_HEADERS, links=True)
_WHEEL = DistributionLimits(member_bytes=MOST_UNPACKED_BYTES, total_bytes=MOST_UNPACKED_BYTES)
_WHY = {
    MTIME: "the time of the file is not that of the commit",
    MODE: "the mode follows the umask of the machine, or was changed",
    ORDER: "the members are in another order",
    COMPRESSION: "every member is the same: another compression library or level packed it",
}


def differing_contents(name: str, released: bytes, rebuilt: bytes) -> Iterator[ComparedField]:
    """Yield the fields in which two files differ.

    Args:
        name: Their name, whose end decides how they are read.
        released: The bytes in the release.
        rebuilt: Other bytes than those.
    Returns:
        At least one field.
    """
    if name.endswith(ARCHIVE_ENDINGS):
        yield from _in_archives(name, released, rebuilt)
    else:
        yield from _in_bytes(name, "", released, rebuilt)


def in_json(released: bytes, rebuilt: bytes) -> list[FieldDifference] | None:
    """Return the fields in which two JSON documents differ, perhaps none; None where one of them is no JSON."""
    try:
        return list(
            differing_fields(plain_json.load(released, where="released"), plain_json.load(rebuilt, where="rebuilt"))
        )
    except (InputError, ValueError):
        return None


def as_field(difference: FieldDifference, *, member: str = "", why: str = "") -> ComparedField:
    """Return a difference of two JSON documents as a row of the report."""
    return ComparedField(
        member=member,
        field=excerpt(difference.path),
        released=excerpt(difference.released_text),
        rebuilt=excerpt(difference.rebuilt_text),
        why=why,
    )


def _in_archives(name: str, released: bytes, rebuilt: bytes) -> Iterator[ComparedField]:
    read = []
    for which, data in (("released", released), ("rebuilt", rebuilt)):
        try:
            read.append(_details(name, data))
        except ValueError as error:
            yield ComparedField(
                member="",
                field="archive",
                released=excerpt(error) if which == "released" else "readable",
                rebuilt=excerpt(error) if which == "rebuilt" else "readable",
                why=f"the {which} archive is refused",
            )
            return
    for difference in compare_archives(*read):
        if difference.field == CONTENT:
            yield from _in_bytes(difference.member, difference.member, *difference.contents)
            continue
        why = _WHY.get(difference.field, "")
        if difference.field == MEMBER:
            why = "only in the rebuilt archive" if difference.first == ABSENT else "only in the released archive"
        yield ComparedField(
            member=excerpt(difference.member),
            field=difference.field,
            released=excerpt(difference.first) or f"{len(released)} bytes",
            rebuilt=excerpt(difference.second) or f"{len(rebuilt)} bytes",
            why=why,
        )


def _details(name: str, data: bytes) -> ArchiveDetails:
    """Read an archive.

    Raises:
        ValueError: It has more than one reading, none, or is too large.
    """
    if name.endswith(WHEEL_ENDING):
        read_distribution(io.BytesIO(data), name, _WHEEL)
        return read_details(DistributionKind.WHEEL, data)
    total = 0
    try:
        for member in tar_members(io.BytesIO(data), _TAR):
            for piece in member.pieces:
                total += len(piece)
                if total > MOST_UNPACKED_BYTES:
                    raise ValueError(f"unpacks to more than {MOST_UNPACKED_BYTES} bytes")
    except (zlib.error, EOFError) as error:
        raise ValueError(f"is damaged: {error}") from error
    return read_details(DistributionKind.SDIST, data)


def _in_bytes(name: str, member: str, released: bytes, rebuilt: bytes) -> Iterator[ComparedField]:
    fields = in_json(released, rebuilt) if name.endswith(".json") else None
    if fields:
        yield from (as_field(field, member=excerpt(member)) for field in fields)
        return
    if fields is not None:
        yield _at_byte(member, released, rebuilt, "the values are the same, written in other bytes")
        return
    lines = _in_lines(member, released, rebuilt)
    yield from lines or [_at_byte(member, released, rebuilt, "")]


def _in_lines(member: str, released: bytes, rebuilt: bytes) -> list[ComparedField]:
    """Return the first line that is not the same; empty for what is no text."""
    try:
        mine, other = released.decode().splitlines(), rebuilt.decode().splitlines()
    except UnicodeDecodeError:
        return []
    if b"\0" in released + rebuilt or not (is_text(released.decode()) and mine != other):
        return []
    number = next(
        (at for at, (first, second) in enumerate(zip(mine, other, strict=False)) if first != second),
        min(len(mine), len(other)),
    )
    return [
        ComparedField(
            member=excerpt(member),
            field=f"line {number + 1}",
            released=excerpt(mine[number]) if number < len(mine) else ABSENT,
            rebuilt=excerpt(other[number]) if number < len(other) else ABSENT,
            why="the first line that is not the same",
        )
    ]


def _at_byte(member: str, released: bytes, rebuilt: bytes, why: str) -> ComparedField:
    at = next(
        (at for at, (first, second) in enumerate(zip(released, rebuilt, strict=False)) if first != second),
        min(len(released), len(rebuilt)),
    )
    return ComparedField(
        member=excerpt(member),
        field=CONTENT,
        released=f"{len(released)} bytes, {released[at : at + 8].hex() or 'end'} at byte {at}",
        rebuilt=f"{len(rebuilt)} bytes, {rebuilt[at : at + 8].hex() or 'end'} at byte {at}",
        why=why or "the first byte that is not the same",
    )
