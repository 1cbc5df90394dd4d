"""Where the bytes of a distribution differ from the released ones, as far as its members can be read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from ops.supply_chain.trust.verification.members import (
    RECORD,
    differences,
    listed_members,
    record_differences,
    shortened,
)

MOST_RECORD_BYTES = 32 << 20


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
    try:
        from ops.supply_chain.formats.archives.distribution import UnreadableDistributionError, feed_files
    except ImportError:  # without msgspec
        return ()
    found: dict[str, str] = {}
    records: dict[str, bytes] = {}

    def take(member: str, pieces: Iterator[bytes]) -> None:
        digest, kept, size = hashlib.sha256(), [], 0
        for piece in pieces:
            digest.update(piece)
            size += len(piece)
            if member.endswith(RECORD) and size <= MOST_RECORD_BYTES:
                kept.append(piece)
        found[member] = digest.hexdigest()
        if member.endswith(RECORD):
            records[member] = b"".join(kept)

    problem = ""
    with suppress(OSError):  # the digest was read a moment ago
        try:
            with path.open("rb") as file:
                feed_files(file, filename, take, lambda _: None)  # neither RECORD nor an SBOM lists links
        except UnreadableDistributionError as error:
            problem = f"the archive cannot be read to its end: {error}"
    name, listed = listed_members(sboms, filename, sha256)
    clauses = list(differences(found, listed, name, whole=not problem)) if listed else []
    for own, record in records.items():
        named = {clause.split(" has ")[0].split(" is ")[0] for clause in clauses}
        clauses += [
            clause
            for clause in record_differences(found, record, own, whole=not problem)
            if clause.split(" has ")[0].split(" is ")[0] not in named
        ]
    return (*shortened(clauses), *([problem] if problem else []))
