"""Reading a wheel or a source distribution, only where its archive has exactly one reading.

Members are hashed and searched for secrets as they are unpacked, in pieces: memory does not grow with their size. What
an archive may unpack to is bounded, absolutely and by the ratio above which an index refuses it too.

Source: https://packaging.python.org/en/latest/specifications/binary-distribution-format/ ;
https://github.com/pypi/warehouse/blob/main/warehouse/utils/zipfiles.py
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Collection, Iterator
from typing import IO, NamedTuple

from ops.supply_chain.contracts.values.distribution import (
    Distribution,
    DistributionKind,
    DistributionMember,
    MemberKind,
    SecretMatch,
)
from ops.supply_chain.core.digests import CHUNK_BYTES
from ops.supply_chain.formats.archives.tar_reader import TarMember, TarMemberError, TarRules, tar_members
from ops.supply_chain.formats.archives.zip_reader import ZipMember, ZipMemberError, ZipRules, zip_members
from ops.supply_chain.formats.secret_patterns import SecretScanner
from ops.supply_chain.formats.wheel import DESCRIBING, SDIST_ENDING, WHEEL_ENDING

_TOP_DESCRIBING = ("PKG-INFO", "pyproject.toml")


class DistributionLimits(NamedTuple):
    """The most that a distribution may have.

    Members, bytes of one name and of all, folders above all members; bytes of one member and of all after unpacking, bytes
    of the files that describe it; above `free_bytes` all together may be `ratio` times as large as the archive.
    """

    members: int = 100_000
    name_bytes: int = 512
    names_bytes: int = 16 << 20
    folders: int = 1_000_000
    member_bytes: int = 4 << 30
    total_bytes: int = 16 << 30
    text_bytes: int = 32 << 20
    free_bytes: int = 64 << 20
    ratio: int = 50


LIMITS = DistributionLimits()


class UnreadableDistributionError(ValueError):
    """A distribution that has more than one reading, none, or is too large; the message names the member, if it is one."""


def kind_of(filename: str) -> DistributionKind | None:
    """Return the kind of a distribution by its file name, None for what is none."""
    if filename.endswith(WHEEL_ENDING):
        return DistributionKind.WHEEL
    return DistributionKind.SDIST if filename.endswith(SDIST_ENDING) else None


def read_distribution(file: IO[bytes], filename: str, limits: DistributionLimits = LIMITS) -> Distribution:
    """Read a distribution.

    Args:
        file: Its bytes; seekable.
        filename: Its name, which decides how it is read.
        limits: The most that it may have.
    Raises:
        UnreadableDistributionError: It cannot be read, or is not to be.
    """
    whole = hashlib.sha256()
    file.seek(0)
    while piece := file.read(CHUNK_BYTES):
        whole.update(piece)
    digest, size = whole.hexdigest(), file.tell()
    members: list[DistributionMember] = []
    texts: dict[str, bytes] = {}
    secrets: list[SecretMatch] = []

    def take(member: ZipMember | TarMember, pieces: Iterator[bytes]) -> None:
        kept: list[bytes] | None = [] if _describes(filename, member.path) else None
        read, scanner, own = hashlib.sha256(), SecretScanner(), 0
        for piece in pieces:
            own += len(piece)
            read.update(piece)
            scanner.feed(piece)
            if kept is not None:
                kept.append(piece)
                if own + sum(map(len, texts.values())) > limits.text_bytes:
                    raise UnreadableDistributionError(f"{member.path!r} is larger than allowed")
        members.append(_member(member, own, read.hexdigest()))
        secrets.extend(SecretMatch(path=member.path, what=what) for what in scanner.found)
        if kept is not None and members[-1].kind is MemberKind.FILE:
            texts[member.path] = b"".join(kept)

    _each_member(file, filename, limits, size, take)
    return Distribution(
        filename=filename,
        kind=_known_kind(filename),
        size=size,
        sha256=digest,
        members=tuple(members),
        texts=texts,
        secrets=tuple(sorted(secrets)),
    )


def read_members(
    file: IO[bytes], filename: str, paths: Collection[str], *, most_bytes: int = CHUNK_BYTES
) -> dict[str, bytes]:
    """Return the bytes of some files of a distribution; without those that are not there or are larger than allowed.

    Args:
        file: Its bytes; seekable.
        filename: Its name.
        paths: The members to return.
        most_bytes: The most of one file.
    Raises:
        UnreadableDistributionError: It cannot be read.
    """
    found: dict[str, bytes] = {}

    def take(member: ZipMember | TarMember, pieces: Iterator[bytes]) -> None:
        kept, size = [], 0
        for piece in pieces:
            size += len(piece)
            if member.path in paths and size <= most_bytes:
                kept.append(piece)
        if member.path in paths and size <= most_bytes and not member.is_folder:
            found[member.path] = b"".join(kept)

    _each_member(file, filename, LIMITS, file.seek(0, 2), take)
    return found


def feed_files(
    file: IO[bytes],
    filename: str,
    take: Callable[[str, Iterator[bytes]], None],
    take_link: Callable[[str], None],
) -> None:
    """Give the path and the bytes of every plain file of a distribution to a function, in the order of the archive.

    Args:
        file: Its bytes; seekable.
        filename: Its name.
        take: Gets each file; the bytes have to be read before it returns.
        take_link: Gets the path of each link.
    Raises:
        UnreadableDistributionError: It cannot be read.
    """

    def take_file(member: ZipMember | TarMember, pieces: Iterator[bytes]) -> None:
        if isinstance(member, TarMember) and member.link:
            take_link(member.path)
        elif not member.is_folder:
            take(member.path, pieces)

    _each_member(file, filename, LIMITS, file.seek(0, 2), take_file)


def member_digests(file: IO[bytes], filename: str, algorithms: dict[str, str]) -> dict[str, str]:
    """Return the digests of some files of a distribution in hexadecimal.

    Args:
        file: Its bytes; seekable.
        filename: Its name.
        algorithms: Path of a member -> algorithm as `hashlib` names it.
    Raises:
        UnreadableDistributionError: It cannot be read.
    """
    found: dict[str, str] = {}

    def take(member: ZipMember | TarMember, pieces: Iterator[bytes]) -> None:
        digest = hashlib.new(algorithms.get(member.path, "sha256"))
        for piece in pieces:
            digest.update(piece)
        if member.path in algorithms:
            found[member.path] = digest.hexdigest()

    _each_member(file, filename, LIMITS, file.seek(0, 2), take)
    return found


def _each_member(
    file: IO[bytes],
    filename: str,
    limits: DistributionLimits,
    archive_size: int,
    take: Callable[[ZipMember | TarMember, Iterator[bytes]], None],
) -> None:
    total = 0

    def bounded(member: ZipMember | TarMember) -> Iterator[bytes]:
        nonlocal total
        own = 0
        for piece in member.pieces:
            own, total = own + len(piece), total + len(piece)
            if own > limits.member_bytes or total > limits.total_bytes:
                raise UnreadableDistributionError(f"{member.path!r} makes it larger than allowed")
            if total > limits.free_bytes and total > limits.ratio * archive_size:
                raise UnreadableDistributionError(
                    f"{member.path!r}: it unpacks to more than {limits.ratio} times its size"
                )
            yield piece

    names = _NameCount(limits)
    try:
        file.seek(0)
        for member in _members(file, filename, limits):
            names.add(member.path)
            take(member, bounded(member))
    except UnreadableDistributionError:
        raise
    except TarMemberError as error:
        raise UnreadableDistributionError(f"{error.args[0]!r} is no plain file, folder or link") from error
    except ZipMemberError as error:
        raise UnreadableDistributionError(f"{error.args[0]!r} {error.args[1]}") from error
    except (zlib.error, EOFError, ValueError) as error:
        raise UnreadableDistributionError(str(error)) from error


class _NameCount:
    """How many names there are, and how long they are together."""

    def __init__(self, limits: DistributionLimits) -> None:
        self._limits = limits
        self._members = self._bytes = self._folders = 0

    def add(self, path: str) -> None:
        limits, size = self._limits, len(path.encode(errors="surrogatepass"))
        self._members, self._bytes = self._members + 1, self._bytes + size
        self._folders += path.count("/")
        if self._members > limits.members:
            raise UnreadableDistributionError(f"holds more than {limits.members} members")
        if size > limits.name_bytes:
            raise UnreadableDistributionError(f"{path[:80]!r}...: its name has more than {limits.name_bytes} bytes")
        if self._bytes > limits.names_bytes or self._folders > limits.folders:
            raise UnreadableDistributionError(f"{path!r}: the names of all members are longer than allowed")


def _members(file: IO[bytes], filename: str, limits: DistributionLimits) -> Iterator[ZipMember | TarMember]:
    if _known_kind(filename) is DistributionKind.WHEEL:
        rules = ZipRules(limits.members, limits.text_bytes, zip64=True, descriptors=False)
        return zip_members(file, rules)
    return tar_members(file, TarRules(2 * limits.members, links=True))


def _known_kind(filename: str) -> DistributionKind:
    kind = kind_of(filename)
    if kind is None:
        raise UnreadableDistributionError("is neither a wheel (.whl) nor a source distribution (.tar.gz)")
    return kind


def _member(member: ZipMember | TarMember, size: int, sha256: str) -> DistributionMember:
    if isinstance(member, TarMember) and member.link:
        kind = MemberKind.HARD_LINK if member.is_hard else MemberKind.SYMLINK
        return DistributionMember(path=member.path, kind=kind, mode=member.mode, link=member.link)
    if member.is_folder:
        return DistributionMember(path=member.path, kind=MemberKind.FOLDER, mode=member.mode)
    return DistributionMember(path=member.path, size=size, sha256=sha256, mode=member.mode)


def _describes(filename: str, path: str) -> bool:
    folder, slash, name = path.partition("/")
    if not slash:
        return False
    if filename.endswith(WHEEL_ENDING):
        return folder.endswith(".dist-info") and name in DESCRIBING
    return name in _TOP_DESCRIBING
