"""What stages read of the projects of a fleet, by digest; and which projects are examined together.

Projects that share pins are examined by one worker, because each distinct pin is matched once in a run. Which projects
share pins is estimated from the text of their locks: the estimate decides who works together, never what is found.
"""

from __future__ import annotations

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

MOST_LOCK_BYTES = 24 << 20
"""Locks of one part: some 400 locks of 250 pins with their hashes."""

MOST_PROJECTS = 250
"""Projects of one part: what a lost worker has to run again."""

_CONTENTS = re.compile(
    r"(?:.*/)?(?:Pipfile|setup\.py|[^/]+\.(?:txt|in|pip|lock|toml|cfg|ya?ml)|[^/]+\.(?:contents|provenance|cdx)\.json)"
)
"""Files whose bytes decide what a stage that reads locks finds; of all others it reads the names at most."""

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
    lines: list[str] = []
    pins: set[bytes] = set()
    size = 0
    for path in files.walk(path_matcher(config.locks.excluded)):
        digest = ""
        if path == CONFIG_NAME or _CONTENTS.fullmatch(path):
            try:
                data = files.read(path) or b""
            except InputError as error:
                data = error.message.encode()  # each stage reports it; the same everywhere
            digest = sha256_bytes(data)
            found = [b"==".join(part for part in pin if part) for pin in _PIN.findall(data)]
            size += len(data) if found else 0
            pins.update(found)
        lines.append(f"{printable(path)} {digest}")
    return FleetInput(
        place, component, folder.absolute(), sha256_bytes("\n".join(sorted(lines)).encode()), size, _likeness(pins)
    )


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
