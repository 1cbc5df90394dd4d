"""Where the bytes of a distribution differ from the released ones, as far as its members can be read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ops.supply_chain.core.text import excerpt
from ops.supply_chain.trust.verification.members import (
    RECORD,
    differences,
    listed_members,
    record_differences,
    shortened,
)

MOST_RECORD_BYTES = 32 << 20
MOST_COMPARED_BYTES = 64 << 20
"""Of archives whose headers are compared as well; both are then read into memory."""


@dataclass(kw_only=True)
class _Members:
    """Member -> SHA-256 as far as the archive could be read, the RECORD files, and why it was not read to its end."""

    found: dict[str, str] = field(default_factory=dict)
    records: dict[str, bytes] = field(default_factory=dict)
    problem: str = ""


def member_problems(path: Path, filename: str, sha256: str, sboms: Mapping[str, bytes]) -> tuple[str, ...]:
    """Return how a distribution differs from the one that was released, one clause each; it is never extracted.

    Args:
        path: The file.
        filename: Its name.
        sha256: The digest of the released file.
        sboms: The CycloneDX documents of the release by name.
    Returns:
        Empty if its members cannot be read here, or if all of them are as they are listed: then the archive itself differs.
    """
    read = _read(path, filename)
    if read is None:
        return ()
    name, listed = listed_members(sboms, filename, sha256)
    whole = not read.problem
    clauses = list(differences(read.found, listed, name, whole=whole)) if listed else []
    for own, record in read.records.items():
        named = {_member_of(clause) for clause in clauses}
        more = record_differences(read.found, record, own, whole=whole)
        clauses += [clause for clause in more if _member_of(clause) not in named]
    return (*shortened(clauses), *([read.problem] if read.problem else []))


def differing_members(path: Path, released: Path) -> tuple[str, ...]:
    """Return how a distribution differs from the released file of that name, one clause each; neither is extracted.

    Args:
        path: The file.
        released: The released file, whose digest was verified.
    """
    read, listed = _read(path, released.name), _read(released, released.name)
    if read is None or listed is None or listed.problem:
        return ()
    clauses = list(differences(read.found, listed.found, "the release", whole=not read.problem))
    if not clauses and not read.problem:
        clauses = _field_differences(path, released)
    return (*shortened(clauses), *([read.problem] if read.problem else []))


def _member_of(clause: str) -> str:
    return clause.split(" has ", maxsplit=1)[0].split(" is ", maxsplit=1)[0]


def _read(path: Path, filename: str) -> _Members | None:
    """Read the members of a distribution; None where that is impossible here: without msgspec, or if the file is gone."""
    try:
        from ops.supply_chain.formats.archives.distribution import UnreadableDistributionError, feed_files
    except ImportError:
        return None
    members = _Members()

    def take(member: str, pieces: Iterator[bytes]) -> None:
        digest, kept, size = hashlib.sha256(), [], 0
        for piece in pieces:
            digest.update(piece)
            size += len(piece)
            if member.endswith(RECORD) and size <= MOST_RECORD_BYTES:
                kept.append(piece)
        members.found[member] = digest.hexdigest()
        if member.endswith(RECORD):
            members.records[member] = b"".join(kept)

    try:
        with path.open("rb") as file:
            feed_files(file, filename, take, lambda _: None)  # neither RECORD nor an SBOM lists links
    except UnreadableDistributionError as error:
        members.problem = f"the archive cannot be read to its end: {error}"
    except OSError:
        return None
    return members


def _field_differences(path: Path, released: Path) -> list[str]:
    """Return in which fields of their headers two archives with the same contents differ."""
    from ops.supply_chain.formats.archives.details import read_details
    from ops.supply_chain.formats.archives.distribution import kind_of
    from ops.supply_chain.release.packages.comparison import compare_archives

    kind = kind_of(released.name)
    if kind is None or max(path.stat().st_size, released.stat().st_size) > MOST_COMPARED_BYTES:
        return ["the contents of all members are the same"]
    try:
        found = compare_archives(read_details(kind, path.read_bytes()), read_details(kind, released.read_bytes()))
    except (ValueError, OSError):
        return ["the contents of all members are the same"]
    return [
        f"member {excerpt(each.member)}: {each.field} differs"
        if each.member
        else f"{each.field} of the archive differs"
        for each in found
    ]
