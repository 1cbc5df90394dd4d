"""Compares two builds of one distribution: which member differs, in which field."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.formats.archives.details import ArchiveDetails, MemberDetails

ABSENT = "absent"
CONTENT = "content"
COMPRESSION = "compression"
MEMBER = "member"
MODE = "mode"
MTIME = "mtime"
ORDER = "order"
FILE_NAME = "file name"

_RECORD = ".dist-info/RECORD"
_MOST_SHOWN = 120


class Difference(NamedTuple):
    """One difference between two builds.

    `member` is the name of the member, empty where the file as a whole differs. `field` is one of `member` (only one archive has it), `order`,
    `mtime`, `mode`, `owner`, `link`, `extra` (further header fields), `method`, `content`, `compression` (every field and every content is the same), `file name`, `comment`, or a field of the gzip header. `first` and `second` are the values;
    of a content its SHA-256. The contents themselves are in `contents`, for an explanation.
    """

    member: str
    field: str
    first: str
    second: str
    contents: tuple[bytes, bytes] = (b"", b"")


def compare_archives(first: ArchiveDetails, second: ArchiveDetails) -> tuple[Difference, ...]:
    """Compare two archives that are not byte-identical.

    Returns:
        The differences of the file as a whole, then those of its members in the order of their names; never empty. RECORD is named
        only where no other content differs, since it follows from the others.
    """
    found = [
        Difference("", field, first.header.get(field, ABSENT), second.header.get(field, ABSENT))
        for field in sorted({*first.header, *second.header})
        if first.header.get(field) != second.header.get(field)
    ]
    one, other = _by_name(first.members), _by_name(second.members)
    if [key for key in one if key in other] != [key for key in other if key in one]:
        found.append(Difference("", ORDER, _order(one), _order(other)))
    members = [
        difference for key in sorted({*one, *other}) for difference in _compare(key[0], one.get(key), other.get(key))
    ]
    found += _without_record(members)
    return tuple(found) or (Difference("", COMPRESSION, "", ""),)


def times_of_build(
    first: ArchiveDetails, second: ArchiveDetails, *, started: float, ended: float
) -> tuple[Difference, ...]:
    """Return the fields that have the time of the build, which two builds at the same time may well share.

    Args:
        first: One build.
        second: The other.
        started: When both began, in Unix seconds.
        ended: When both had ended.
    """
    rows = [("", field, value, second.header.get(field, ABSENT)) for field, value in first.header.items()]
    others = {member.name: member.mtime for member in second.members}
    rows += [(member.name, MTIME, member.mtime, others.get(member.name, ABSENT)) for member in first.members]
    return tuple(
        Difference(name, field, mine, other)
        for name, field, mine, other in rows
        if field.endswith(MTIME) and _is_between(mine, started, ended) and _is_between(other, started, ended)
    )


def _is_between(text: str, started: float, ended: float) -> bool:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return False
    # A ZIP file has the local time, in steps of two seconds.
    seconds = moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()
    return started - 2 <= seconds <= ended


def _by_name(members: tuple[MemberDetails, ...]) -> dict[tuple[str, int], MemberDetails]:
    """Return members by name and by how often that name came before."""
    seen: dict[str, int] = {}
    found = {}
    for member in members:
        seen[member.name] = seen.get(member.name, -1) + 1
        found[member.name, seen[member.name]] = member
    return found


def _order(members: dict[tuple[str, int], MemberDetails]) -> str:
    names = ", ".join(name for name, _ in members)
    return names if len(names) <= _MOST_SHOWN else f"{names[:_MOST_SHOWN]}..."


def _compare(name: str, first: MemberDetails | None, second: MemberDetails | None) -> list[Difference]:
    if first is None or second is None:
        mine, other = (ABSENT if member is None else sha256_bytes(member.content) for member in (first, second))
        return [Difference(name, MEMBER, mine, other)]
    found = [
        Difference(name, field, mine or ABSENT, other or ABSENT)
        for field in ("mtime", "mode", "owner", "link", "extra", "method")
        if (mine := getattr(first, field)) != (other := getattr(second, field))
    ]
    if first.content != second.content:
        contents = (first.content, second.content)
        found.append(Difference(name, CONTENT, sha256_bytes(contents[0]), sha256_bytes(contents[1]), contents))
    return found


def _without_record(differences: list[Difference]) -> list[Difference]:
    def is_record(difference: Difference) -> bool:
        return difference.field == CONTENT and difference.member.endswith(_RECORD)

    if any(difference.field in (CONTENT, MEMBER) and not is_record(difference) for difference in differences):
        return [difference for difference in differences if not is_record(difference)]
    return differences
