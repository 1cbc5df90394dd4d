"""Making pins: the same text or table gives the same object, however many locks hold it."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from ops.supply_chain.contracts.values.lock import DEFAULT_INDEX, Pin, PinFile, PinSource
from ops.supply_chain.core.names import normalise
from ops.supply_chain.dependencies.locks.errors import MalformedLockError
from ops.supply_chain.dependencies.locks.names import is_name, is_version, normal_extras, normal_marker, quote
from ops.supply_chain.dependencies.locks.rules import Hashes, Problem, problems_of, sort_hashes
from ops.supply_chain.dependencies.locks.sources import clean_url

CACHED_PINS = 65536
"""How many distinct pins stay remembered; a bound on memory, not on what can be read."""


class Known(NamedTuple):
    """A pin and what has to be told of it, without place."""

    pin: Pin
    problems: tuple[Problem, ...]


class WrittenFile(NamedTuple):
    """A distribution file as a lock writes it."""

    hashes: tuple[str, ...]
    name: str = ""
    url: str = ""
    size: int | None = None


class Stated(NamedTuple):
    """What a table of a TOML or JSON lock says of a package, all as written.

    `hashes` are those that the lock does not give to a file; `files` keep the order of the lock; `source`
    has no credentials; `local` marks the project's own packages.
    """

    name: str
    version: str = ""
    files: tuple[WrittenFile, ...] = ()
    hashes: tuple[str, ...] = ()
    source: PinSource = DEFAULT_INDEX
    marker: str = ""
    extras: tuple[str, ...] = ()
    local: bool = False


def known_pin(stated: Stated) -> Known:
    """Make the pin of a table in a TOML or JSON lock.

    Raises:
        MalformedLockError: Name, version or marker is none.
    """
    name, version = stated.name, stated.version
    if not is_name(name):
        raise MalformedLockError(f"expected a package name, found {quote(name)}")
    if version and not is_version(version):
        raise MalformedLockError(f"{name}: expected a PEP 440 version, found {quote(version)}")
    try:
        normal = normal_marker(stated.marker)
    except ValueError as error:
        raise MalformedLockError(f"{name}: {error}") from error
    written = sort_hashes([*stated.hashes, *(text for file in stated.files for text in file.hashes)])
    pin = Pin(
        name=normalise(name),
        written_name=name,
        version=version,
        hashes=written.usable,
        source=stated.source,
        marker=normal,
        extras=normal_extras(stated.extras),
        files=tuple(map(_pin_file, stated.files)),
        local=stated.local,
    )
    return share(pin, written)


@lru_cache(maxsize=CACHED_PINS)
def share(pin: Pin, written: Hashes) -> Known:
    """Return the first pin that was equal to this one, with its problems."""
    return Known(pin, problems_of(pin, written))


def _pin_file(file: WrittenFile) -> PinFile:
    usable = sort_hashes(file.hashes).usable
    return PinFile(hashes=usable, name=file.name, url=clean_url(file.url) if file.url else "", size=file.size)
