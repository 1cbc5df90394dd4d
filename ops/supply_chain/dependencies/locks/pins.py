"""Creation of pins: the same text or table gives the same object, however many locks contain it."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from ops.supply_chain.contracts.values.lock import DEFAULT_INDEX, Pin, PinFile, PinSource
from ops.supply_chain.core.names import normalise
from ops.supply_chain.dependencies.locks.errors import MalformedLockError
from ops.supply_chain.dependencies.locks.names import is_name, is_version, normal_extras, normal_marker, quote
from ops.supply_chain.dependencies.locks.rules import Hashes, PinProblem, problems_of, sort_hashes
from ops.supply_chain.dependencies.locks.sources import clean_url

CACHED_PINS = 65536
"""Number of distinct pins in the cache; limits memory, not what can be read."""


class KnownPin(NamedTuple):
    """A pin and its problems, without place; `specifier` are the versions that a requirement without exact version allows."""

    pin: Pin
    problems: tuple[PinProblem, ...]
    specifier: str = ""


class WrittenFile(NamedTuple):
    """A distribution file as written in a lock."""

    hashes: tuple[str, ...]
    name: str = ""
    url: str = ""
    size: int | None = None


class WrittenPin(NamedTuple):
    """A package in a TOML or JSON lock, as written.

    `hashes` are those that the lock assigns to no file; `files` keep the order of the lock; `source`
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


def known_pin(stated: WrittenPin) -> KnownPin:
    """Return the pin of a package in a TOML or JSON lock.

    Raises:
        MalformedLockError: Name, version or marker is malformed.
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
def share(pin: Pin, written: Hashes) -> KnownPin:
    """Return the first pin that was equal to this one, with its problems."""
    return KnownPin(pin, problems_of(pin, written))


def _pin_file(file: WrittenFile) -> PinFile:
    usable = sort_hashes(file.hashes).usable
    return PinFile(hashes=usable, name=file.name, url=clean_url(file.url) if file.url else "", size=file.size)
