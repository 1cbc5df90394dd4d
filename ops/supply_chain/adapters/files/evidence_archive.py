"""Reading the evidence archive of a release without unpacking it, believing nothing that it says.

Every member is compared with the archive's own index; sizes are counted as bytes come out.

Source: bundle_evidence.py, which writes it; contracts/files/evidence_index.py.
"""

from __future__ import annotations

import hashlib
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO

import msgspec

from ops.supply_chain.contracts.files.evidence_index import EvidenceIndex
from ops.supply_chain.core import canonical
from ops.supply_chain.core.digests import CHUNK_BYTES
from ops.supply_chain.core.errors import InputError

INDEX = "index.json"
MOST_MEMBERS = 100_000
MOST_MEMBER_BYTES = 256 << 20
MOST_BYTES = 4 << 30


class EvidenceMember(msgspec.Struct, frozen=True, kw_only=True):
    """One member: its path below the top folder, its digest and size; `data` only where it was asked for."""

    path: str
    sha256: str
    size: int
    data: bytes | None = None


class ArchiveContent(msgspec.Struct, frozen=True, kw_only=True):
    """What an archive holds. `moments` are the members' times in Unix seconds; `plain` says that all are files
    without an owner, in the order of their names.
    """

    index: EvidenceIndex
    members: tuple[EvidenceMember, ...]
    moments: frozenset[int]
    plain: bool


def read_archive(path: Path, *, top: str, wanted: Callable[[str], bool]) -> ArchiveContent:
    """Read an evidence archive.

    Args:
        path: The `.tar.gz`.
        top: Its one folder.
        wanted: Which members' bytes are kept, by path below that folder.
    Raises:
        InputError: It is broken, too large, holds anything but files of that folder, or has no index.
    """
    try:
        with tarfile.open(path, "r:gz") as archive:
            return _content(archive, f"{top}/", wanted, path.name)
    except (tarfile.TarError, zlib.error, EOFError, ValueError, OSError) as error:
        raise InputError(f"{path.name}: cannot be read: {type(error).__name__}") from error


def _content(archive: tarfile.TarFile, top: str, wanted: Callable[[str], bool], where: str) -> ArchiveContent:
    members: list[EvidenceMember] = []
    names: list[str] = []
    moments: set[int] = set()
    owned, left, index = False, MOST_BYTES, b""
    for info in archive:
        if len(members) >= MOST_MEMBERS:
            raise InputError(f"{where}: has more than {MOST_MEMBERS} members")
        name = info.name.removeprefix(top)
        source = archive.extractfile(info) if info.isreg() and info.name.startswith(top) else None
        if source is None or ".." in name.split("/"):
            raise InputError(f"{where}: holds more than plain files of the folder {top}")
        member = _member(source, name, min(left, MOST_MEMBER_BYTES), keep=name == INDEX or wanted(name), where=where)
        left -= member.size
        names.append(info.name)
        moments.add(int(info.mtime))
        owned = owned or bool(info.uid or info.gid or info.uname or info.gname)
        if name == INDEX:
            index = member.data or b""
        else:
            members.append(member)
    if not index:
        raise InputError(f"{where}: has no {INDEX}")
    return ArchiveContent(
        index=canonical.decode(index, EvidenceIndex, where=f"{where}/{INDEX}"),
        members=tuple(members),
        moments=frozenset(moments),
        plain=not owned and names == sorted(set(names)),
    )


def _member(source: IO[bytes], name: str, most: int, *, keep: bool, where: str) -> EvidenceMember:
    digest, size, kept = hashlib.sha256(), 0, []
    while piece := source.read(CHUNK_BYTES):
        size += len(piece)
        if size > most:
            raise InputError(f"{where}: {name} is too large")
        digest.update(piece)
        if keep:
            kept.append(piece)
    return EvidenceMember(path=name, sha256=digest.hexdigest(), size=size, data=b"".join(kept) if keep else None)
