"""What stages read of the projects of a fleet, by digest; and which projects are examined together.

Projects that share pins are examined by one worker, because each distinct pin is matched once in a run. Which projects
share pins is estimated from the text of their locks: the estimate decides who works together, never what is found.
"""

from __future__ import annotations

import codecs
import posixpath
import re
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

from ops.supply_chain.adapters.files.project_files import ProjectFiles
from ops.supply_chain.contracts.config.file import CONFIG_NAME, Config
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.globs import path_matcher
from ops.supply_chain.core.text import printable
from ops.supply_chain.dependencies.locks.constraint_files import named_files
from ops.supply_chain.dependencies.locks.declarations import is_expected, is_manifest
from ops.supply_chain.dependencies.locks.other_names import may_be_any
from ops.supply_chain.formats.script_metadata import START
from ops.supply_chain.formats.unread_formats import HEAD_BYTES, may_be_unread_format

MOST_LOCK_BYTES = 24 << 20
"""Locks of one part: some 400 locks of 250 pins with their hashes."""

MOST_PROJECTS = 250
"""Projects of one part: what a lost worker has to run again."""

_CONTENTS = re.compile(
    r"(?i)(?:.*/)?(?:Pipfile|setup\.py|[^/]+\.(?:txt|in|pip|lock|toml|cfg|ya?ml)|[^/]+\.(?:contents|provenance|cdx)\.json|"
    r"[^/]*(?:requirement|constraint)[^/]*)"
)
"""Files whose bytes decide what a stage that reads locks finds, by their names; others are `_decided_by`."""

_OPTION = re.compile(rb"\n[ \t]*--?[rc]")
_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_CONTINUED = re.compile(rb"\\\r?\n")

_PIN = re.compile(rb"^([A-Za-z0-9][\w.-]*)==([^\s;\\]+)|^name = \"([^\"]+)\"\r?\nversion = \"([^\"]+)\"", re.MULTILINE)
_MASKS = (0x0, 0x9E3779B9, 0x7F4A7C15, 0x94D049BB)


class FleetInput(NamedTuple):
    """One project: its place in the fleet, component, folder, digest of its inputs, size of its locks, and likeness.

    Two projects have each number of `likeness` in common with the probability of the share of pins that they have in common.
    """

    place: int
    component: str
    folder: Path
    inputs: str
    size: int
    likeness: tuple[int, ...]


def read_input(place: int, component: str, folder: Path, config: Config) -> FleetInput:
    """Read what decides the results of one project.

    Args:
        place: Its place in the fleet.
        component: Its name.
        folder: Where it is.
        config: Its configuration.
    Raises:
        InputError: A folder cannot be read.
    """
    files = ProjectFiles(folder)
    is_included = path_matcher(config.locks.include)
    lines: list[str] = []
    pins: set[bytes] = set()
    size = 0
    named: set[str] = set()
    read: set[str] = set()
    waiting = [(path, is_included(path)) for path in files.walk(path_matcher(config.locks.excluded))]
    while waiting:
        for path, is_whole in waiting:
            try:
                data = _decided_by(files, path, whole=is_whole)
            except InputError as error:
                data = error.message.encode()  # each stage reports it; the same everywhere
            if data is not None:
                found = [b"==".join(part for part in pin if part) for pin in _PIN.findall(data)]
                size += len(data) if found else 0
                pins.update(found)
                read.add(path)
                named |= _named_in(path, data)
            lines.append(f"{printable(path)} {'' if data is None else sha256_bytes(data)}")
        waiting = [(path, True) for path in sorted(named - read)]
    return FleetInput(
        place, component, folder.absolute(), sha256_bytes("\n".join(sorted(lines)).encode()), size, _likeness(pins)
    )


def _named_in(path: str, data: bytes) -> frozenset[str]:
    """Return the files that a requirements file names; none of any other, which has no line that begins with an option."""
    if not data.lstrip().startswith((b"-", *_MARKS)) and not _OPTION.search(data):
        return frozenset()
    text = _CONTINUED.sub(b"", data)
    return named_files(path, lambda _: text)


def _decided_by(files: ProjectFiles, path: str, *, whole: bool) -> bytes | None:
    """Return what of a file decides what stages find; None where they read no more than its name.

    Args:
        files: The project.
        path: The file's.
        whole: True where it is a lock or a part of one whatever it is called.
    Raises:
        InputError: It cannot be read.
    """
    name = posixpath.basename(path)
    if whole or path == CONFIG_NAME or _CONTENTS.fullmatch(path) or is_manifest(name):
        return files.read(path) or b""
    if may_be_unread_format(name) or may_be_any(name):
        return files.head(path, HEAD_BYTES) or b""
    if is_expected(name):  # a script, which may declare dependencies
        data = files.head(path, HEAD_BYTES) or b""
        return data if START in data else None
    return None


def groups(inputs: Iterable[FleetInput]) -> list[tuple[FleetInput, ...]]:
    """Return the projects in groups, those that probably share most pins together.

    Returns:
        Each group in the order of the fleet, the groups by their first project; the same for the same projects, whatever
        their order was.
    """
    alike = sorted(inputs, key=lambda project: (project.likeness, project.component))
    found: list[list[FleetInput]] = []
    size = 0
    for project in alike:
        if not found or len(found[-1]) == MOST_PROJECTS or size + project.size > MOST_LOCK_BYTES:
            found.append([])
            size = 0
        found[-1].append(project)
        size += project.size
    return sorted(tuple(sorted(group)) for group in found)


def _likeness(pins: Collection[bytes]) -> tuple[int, ...]:
    """Return the least number of the pins for each of several ways to number them (MinHash).

    Source: https://doi.org/10.1109/SEQUEN.1997.666900
    """
    numbers = [crc32(pin) for pin in pins]
    return tuple(min((number ^ mask for number in numbers), default=0) for mask in _MASKS)
