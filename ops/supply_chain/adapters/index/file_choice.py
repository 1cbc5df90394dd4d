"""The file of an index that represents a pin, always the same one for the same files.

A `py3-none-any` wheel comes first, then the wheel with the smallest name, then the source distribution:
metadata of the wheels of a version rarely differ, and only a wheel's is final.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from ops.supply_chain.contracts.values.lock import Pin
from ops.supply_chain.contracts.values.package_index import IndexFile, ProjectListing
from ops.supply_chain.core.names import normalise

if TYPE_CHECKING:
    from packaging.version import Version

SOURCE_ENDINGS = (".tar.gz", ".zip", ".tar.bz2", ".tgz", ".tar.xz")
"""Forms of source distribution whose PKG-INFO can be read, in order of preference."""

UNIVERSAL = "-py3-none-any.whl"


def choose(pin: Pin, listing: ProjectListing | None) -> IndexFile | str:
    """Return the file, or the reason in one sentence why there is none.

    Args:
        pin: A pin with an exact version; without hashes, every file of the version will do.
        listing: The project's page, or None where the index has no such project.
    """
    if listing is None:
        return "the index has no such project"
    if listing.status == "quarantined" and not listing.files:
        return "the index has quarantined the project and offers no file of it"
    locked = set(pin.hashes)
    named = [file for file in listing.files if not locked or not locked.isdisjoint(file.hashes)]
    offered = [file for file in named if is_of_version(file.filename, pin.name, pin.version)]
    if not offered:
        return _why_none(pin, listing)
    return representative(offered) or "none of its files on the index is a wheel or a source distribution"


def representative(files: Iterable[IndexFile]) -> IndexFile | None:
    """Return the file whose metadata describes a version; None where none of its files has metadata.

    Args:
        files: Of one version, those that the lock allows.
    """
    readable = (file for file in files if _rank(file.filename))
    return min(readable, key=lambda file: _rank(file.filename), default=None)


def _why_none(pin: Pin, listing: ProjectListing) -> str:
    offered = [file for file in listing.files if is_of_version(file.filename, pin.name, pin.version)]
    if not offered:
        return "the index has no file of that version"
    locked = {digest.partition(":")[0] for digest in pin.hashes}
    published = {digest.partition(":")[0] for file in offered for digest in file.hashes}
    if locked & published:
        return "no file of that version on the index has a hash that the lock names"
    return (
        f"the lock's hashes ({', '.join(sorted(locked))}) and the index's "
        f"({', '.join(sorted(published)) or 'none'}) cannot be compared"
    )


def _rank(filename: str) -> tuple[int, str] | tuple[()]:
    if filename.endswith(UNIVERSAL):
        return (1, filename)
    if filename.endswith(".whl"):
        return (2, filename)
    position = next((place for place, ending in enumerate(SOURCE_ENDINGS) if filename.endswith(ending)), None)
    return () if position is None else (3 + position, filename)


def is_of_version(filename: str, name: str, version: str) -> bool:
    """Return whether a file name belongs to a project's version.

    Args:
        filename: Of a wheel, a source distribution or an older form.
        name: The project's name in PEP 503 form.
        version: As a lock writes it.
    """
    if filename.endswith((".whl", ".egg")):
        parts = filename.split("-")
        return len(parts) > 2 and normalise(parts[0]) == name and same_version(parts[1], version)  # noqa: PLR2004
    stem = next((filename[: -len(ending)] for ending in SOURCE_ENDINGS if filename.endswith(ending)), "")
    # Names may hold hyphens and so may old versions: each hyphen may be the border.
    borders = [place for place, letter in enumerate(stem) if letter == "-"]
    return any(normalise(stem[:place]) == name and same_version(stem[place + 1 :], version) for place in borders)


def version_in(filename: str, name: str) -> str:
    """Return the version in a file name as it is written there, or an empty text.

    Args:
        filename: Of a wheel, a source distribution or an older form.
        name: The project's name in PEP 503 form.
    """
    if filename.endswith((".whl", ".egg")):
        parts = filename.split("-")
        return parts[1] if len(parts) > 2 and normalise(parts[0]) == name else ""  # noqa: PLR2004
    stem = next((filename[: -len(ending)] for ending in SOURCE_ENDINGS if filename.endswith(ending)), "")
    borders = [place for place, letter in enumerate(stem) if letter == "-"]
    return next((stem[place + 1 :] for place in borders if normalise(stem[:place]) == name), "")


def same_version(file: str, other: str) -> bool:
    """Compare two versions by PEP 440, or as text where one is no such version."""
    if file == other:
        return True
    left, right = _version(file.replace("_", "-")), _version(other)
    return left == right if left and right else file.lower() == other.lower()


@lru_cache(maxsize=65536)
def _version(text: str) -> Version | None:
    from packaging.version import InvalidVersion, Version

    try:
        return Version(text)
    except InvalidVersion:
        return None
