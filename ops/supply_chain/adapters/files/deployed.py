"""What is installed below a folder: Python distributions by their metadata, and the digests of all files.

Links are never followed, and only plain files are opened, so that a folder from anywhere can be read; everything is bounded.
What a bound leaves out is reported.

Source: https://packaging.python.org/en/latest/specifications/recording-installed-packages/
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.text import printable
from ops.supply_chain.formats.core_metadata import parse
from ops.supply_chain.formats.wheel import parse_file_name

MOST_FILES = 300_000
MOST_BYTES = 4 << 30
"""Of all files that are hashed."""

LARGEST_FILE = 1 << 30
LARGEST_METADATA = 1 << 20
DEEPEST = 60
MOST_PROBLEMS = 20

_CLOSED = (".pex", ".pyz", ".pyzw")
"""Ends of applications in one file, which contain distributions."""

_CHUNK = 1 << 20
_METADATA = {".dist-info": "METADATA", ".egg-info": "PKG-INFO", "EGG-INFO": "PKG-INFO"}


class InstalledDistribution(NamedTuple):
    """A distribution that is installed: name and version as its metadata has them (empty where it does not), and the file."""

    name: str
    version: str
    path: str


class DeployedFolder(NamedTuple):
    """What is below a folder: distributions, SHA-256 and SHA-1 -> the first file with it, and what was not read."""

    distributions: tuple[InstalledDistribution, ...]
    digests: dict[str, str]
    files: int
    problems: tuple[str, ...]


def read_deployed(folder: Path, *, digests: bool = True) -> DeployedFolder:
    """Read a folder, or a single file.

    Args:
        folder: It; a link is followed only if it is the folder itself.
        digests: False to read the metadata only.
    """
    reader = _Reader(folder, digests=digests)
    reader.run()
    unique = sorted(set(reader.distributions))
    problems = reader.problems[:MOST_PROBLEMS]
    if len(reader.problems) > MOST_PROBLEMS:
        problems.append(f"and {len(reader.problems) - MOST_PROBLEMS:,} more")
    return DeployedFolder(tuple(unique), reader.digests, reader.files, tuple(problems))


class _Reader:
    def __init__(self, root: Path, *, digests: bool) -> None:
        self._root, self._hashes = root, digests
        self.distributions: list[InstalledDistribution] = []
        self.digests: dict[str, str] = {}
        self.problems: list[str] = []
        self.files = 0
        self._bytes = 0
        self._full = False

    def run(self) -> None:
        for path, name in self._files():
            self.files += 1
            if self.files > MOST_FILES:
                self.problems.append(f"more than {MOST_FILES:,} files: the rest was not read")
                return
            self._metadata(path, name)
            if self._hashes and not self._full:
                self._digest(path, name)

    def _files(self) -> Iterator[tuple[Path, str]]:
        """Yield each plain file with its path relative to the folder, in order."""
        if not self._root.is_dir():
            yield self._root, self._root.name
            return
        waiting: list[tuple[Path, str, int]] = [(self._root, "", 0)]
        while waiting:
            folder, shown, depth = waiting.pop()
            try:
                entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
            except OSError as error:
                self.problems.append(f"{printable(shown) or '.'}: cannot be read: {error.strerror or error}")
                continue
            if folder.name.endswith(".dist-info") and "METADATA" not in {entry.name for entry in entries}:
                self.problems.append(f"{printable(shown)}: has no METADATA, so that it is not known what is installed")
            below = []
            for entry in entries:
                name = f"{shown}/{entry.name}" if shown else entry.name
                if entry.is_symlink():
                    self._link(entry, name)
                    continue
                if entry.is_dir(follow_symlinks=False):
                    if depth >= DEEPEST:
                        self.problems.append(f"{printable(name)}: is nested too deeply")
                    else:
                        below.append((folder / entry.name, name, depth + 1))
                elif entry.is_file(follow_symlinks=False):
                    yield folder / entry.name, name
            waiting += reversed(below)

    def _metadata(self, path: Path, name: str) -> None:
        holder, file = path.parent.name, path.name
        wanted = next((value for end, value in _METADATA.items() if holder.endswith(end)), "")
        single = file.endswith(".egg-info")
        if file.endswith(".whl"):
            self._wheel(name, file)
        elif file.endswith(".egg"):
            self._egg(name, file)
        elif file.endswith(_CLOSED):
            self.problems.append(f"{printable(name)}: was not opened: it can contain distributions")
        elif file.endswith(".egg-link"):
            self.problems.append(f"{printable(name)}: what it is a link to was not read")
        if file != wanted and not single:
            return
        try:
            data = _head(path, LARGEST_METADATA)
        except OSError as error:
            self.problems.append(f"{printable(name)}: cannot be read: {error.strerror or error}")
            return
        try:
            fields = parse(data, where=printable(name))
        except InputError as error:
            self.problems.append(error.message)
            return
        self.distributions.append(InstalledDistribution(fields.name, fields.version, printable(name)))

    def _wheel(self, name: str, file: str) -> None:
        try:
            found = parse_file_name(file)
        except ValueError:
            self.problems.append(f"{printable(name)}: its name is none that a wheel has")
            return
        self.distributions.append(InstalledDistribution(found.name, found.version, printable(name)))

    def _egg(self, name: str, file: str) -> None:
        """Note an egg that is one file, by its name: `name-version-py3.11.egg`."""
        parts = file.removesuffix(".egg").split("-")
        if len(parts) == 1 or not all(parts[:2]):
            self.problems.append(f"{printable(name)}: its name is none that an egg has")
            return
        self.distributions.append(InstalledDistribution(parts[0], parts[1], printable(name)))

    def _link(self, entry: os.DirEntry[str], name: str) -> None:
        """Note a link to a folder elsewhere, and to what states what is installed: it may be part of what is deployed."""
        holder = name.rpartition("/")[0]
        states = any(holder.endswith(end) and entry.name == file for end, file in _METADATA.items())
        if states or entry.name.endswith((".whl", ".egg", ".egg-info", *_CLOSED)):
            self.problems.append(f"{printable(name)}: is a link, which was not followed")
            return
        try:
            target = Path(entry.path).resolve()
            if target.is_dir() and not target.is_relative_to(self._root.resolve()):
                self.problems.append(f"{printable(name)}: is a link to a folder elsewhere, which was not followed")
        except (OSError, RuntimeError):
            return

    def _digest(self, path: Path, name: str) -> None:
        try:
            with _opened(path) as file:
                size = os.fstat(file.fileno()).st_size
                if not size:  # every empty file has the same digest, which identifies nothing
                    return
                if size > LARGEST_FILE or self._bytes + size > MOST_BYTES:
                    self._full = self._bytes + size > MOST_BYTES
                    self.problems.append(f"{printable(name)}: was not hashed: too many bytes")
                    return
                self._bytes += size
                long, short = hashlib.sha256(), hashlib.sha1(usedforsecurity=False)
                while chunk := file.read(_CHUNK):
                    long.update(chunk)
                    short.update(chunk)
        except OSError as error:
            self.problems.append(f"{printable(name)}: cannot be read: {error.strerror or error}")
            return
        self.digests.setdefault(long.hexdigest(), printable(name))
        self.digests.setdefault(short.hexdigest(), printable(name))


def _opened(path: Path) -> BinaryIO:
    """Open a plain file; never a link or a device that has taken its place meanwhile.

    Raises:
        OSError: It is none, or cannot be opened.
    """
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError("no plain file")  # noqa: TRY301 - the descriptor must be closed
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def _head(path: Path, size: int) -> bytes:
    with _opened(path) as file:
        return file.read(size)
