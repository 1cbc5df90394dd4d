"""What an entry of an OSV record is about, and the packages of a record that cannot be understood.

There are two readings of a record: PyPI's part of it, and that of all other ecosystems (`Reading`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from ops.supply_chain.contracts.values.advisory import version_key
from ops.supply_chain.core.names import normalise
from ops.supply_chain.formats.purl import read_purl
from ops.supply_chain.formats.version_orders.ecosystems import PYPI, package_key, target_of

SPELLINGS = frozenset({"pypi", "pip", "python"})
"""Other spellings of the ecosystem, without case: none of them is an ecosystem of the schema."""

_PYPI_PURL = re.compile(r"pkg:/*pypi/+", re.IGNORECASE | re.ASCII)
"""The start of a purl of PyPI: scheme and type have no case, and slashes after the scheme no meaning."""

PACKAGE_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")


class NotUnderstoodError(Exception):
    """A field that decides has the wrong shape; the text has its JSON path."""


class EntryTarget(NamedTuple):
    """What an `affected` entry is about.

    `package` is the normalised name, for other ecosystems than PyPI the `package_key`; empty where the reading does not
    concern the entry. `spelling` is the ecosystem where it is not written `PyPI`, `doubt` why the entry does not decide
    anything. `list_key` makes what a list of versions has: the `version_key` of PyPI, the text of others.
    """

    package: str = ""
    spelling: str = ""
    doubt: str = ""
    list_key: Callable[[str], str] = version_key


class Reading(NamedTuple):
    """How a part of a record is read: what an entry is about, and the packages of a record that is unusable.

    `salvage` reads the names from the list of entries, `salvage_text` from a document with a repeated key; both return
    nothing where the record may be about any package, and `salvage` None where it is about none of this reading.
    """

    target: Callable[[dict[str, Any], str], EntryTarget]
    salvage: Callable[[Any], tuple[str, ...] | None]
    salvage_text: Callable[[bytes], tuple[str, ...]]


def table(value: Any, path: str) -> dict[str, Any]:
    """Return an object, empty for null.

    Raises:
        NotUnderstoodError: It is something else.
    """
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise NotUnderstoodError(f"{path}: not an object")
    return value


def _pypi_target(entry: dict[str, Any], path: str) -> EntryTarget:
    package = table(entry.get("package"), f"{path}.package")
    ecosystem, name, purl = package.get("ecosystem"), package.get("name"), package.get("purl")
    if not isinstance(ecosystem or "", str):
        raise NotUnderstoodError(f"{path}.package.ecosystem: not text")
    spelling = "" if ecosystem in (PYPI, None) else str(ecosystem)
    doubt = _doubt(str(ecosystem or ""), purl, named=bool(name))
    if not doubt and not _is_pypi(str(ecosystem or "")):
        return EntryTarget()
    if doubt and not name and isinstance(purl, str):
        name = _PYPI_PURL.sub("", purl, count=1).split("@")[0].split("?")[0].split("#")[0]
    if not isinstance(name, str) or not PACKAGE_NAME.fullmatch(name):
        raise NotUnderstoodError(f"{path}.package.name: not a package name")
    return EntryTarget(normalise(name), "" if doubt else spelling, doubt)


def _is_pypi(ecosystem: str) -> bool:
    return ecosystem.strip().casefold() in SPELLINGS


def _doubt(ecosystem: str, purl: object, *, named: bool) -> str:
    """Return why an entry that is not plainly about PyPI may be about it, or empty."""
    if ecosystem.strip().casefold().startswith(f"{PYPI.casefold()}:"):
        return f"its ecosystem is {ecosystem[:80]!r}, which is another index than {PYPI}, or all of them"
    if _is_pypi(ecosystem):
        return ""
    if isinstance(purl, str) and _PYPI_PURL.match(purl):
        return f"it names {purl[:80]!r}, but not the ecosystem {PYPI}"
    return "it names a package without an ecosystem" if named and not ecosystem else ""


def _all_names(data: bytes) -> tuple[str, ...]:
    """Return every text that a record calls a name, in any copy of a repeated key; nothing where one is no package name."""
    found: set[Any] = set()

    def collect(pairs: list[tuple[str, Any]]) -> None:
        found.update(value if isinstance(value, str) else "" for key, value in pairs if key == "name")

    json.loads(data, object_pairs_hook=collect, parse_int=str, parse_float=str)
    good = all(PACKAGE_NAME.fullmatch(name) for name in found)
    return tuple(sorted(map(normalise, found))) if good else ()


def _names(affected: Any) -> tuple[str, ...]:
    """Salvage the package names of a record that cannot be understood; nothing where one is unreadable."""
    found: set[str] = set()
    for entry in affected if isinstance(affected, list) else ():
        package = entry.get("package") if isinstance(entry, dict) else None
        if not isinstance(package, dict):
            return ()
        if _is_elsewhere(package):
            continue
        name = package.get("name")
        if not isinstance(name, str) or not PACKAGE_NAME.fullmatch(name):
            return ()
        found.add(normalise(name))
    return tuple(sorted(found))


def _is_elsewhere(package: dict[str, Any]) -> bool:
    """Return True if a package is of another ecosystem for certain."""
    ecosystem = package.get("ecosystem")
    plain = isinstance(ecosystem, str) and bool(ecosystem) and not _is_pypi(ecosystem)
    return plain and not _doubt(str(ecosystem), package.get("purl"), named=True)


def _other_target(entry: dict[str, Any], path: str) -> EntryTarget:
    package = table(entry.get("package"), f"{path}.package")
    ecosystem, name, purl = package.get("ecosystem"), package.get("name"), package.get("purl")
    if not isinstance(ecosystem or "", str):
        raise NotUnderstoodError(f"{path}.package.ecosystem: not text")
    if not ecosystem:
        return _without_ecosystem(name, purl, path)
    ecosystem = str(ecosystem)
    if _is_pypi(ecosystem.partition(":")[0]):
        return EntryTarget()
    key = package_key(ecosystem, name) if isinstance(name, str) else ""
    if not key:
        raise NotUnderstoodError(f"{path}.package.name: not a package name")
    return EntryTarget(key, list_key=str.strip)


def _without_ecosystem(name: object, purl: object, path: str) -> EntryTarget:
    """Return the target of an entry that has at most a package URL: it does not decide which versions are affected."""
    read = read_purl(purl) if isinstance(purl, str) else None
    if read is None and not name:
        return EntryTarget()  # commits of a repository
    keys = target_of(read).keys if read is not None else ()
    if read is not None and (read.type == "pypi" or not keys):
        return EntryTarget()
    if not keys:
        raise NotUnderstoodError(f"{path}.package: a name without an ecosystem")
    return EntryTarget(keys[0], doubt=f"it names {str(purl)[:80]!r}, but no ecosystem")


def _other_names(affected: Any) -> tuple[str, ...] | None:
    """Salvage the keys of the packages of other ecosystems; None where all entries are about PyPI."""
    found: set[str] = set()
    entries = affected if isinstance(affected, list) else []
    for entry in entries:
        try:
            target = _other_target(table(entry, ""), "")
        except NotUnderstoodError:
            return ()
        found.add(target.package)
    found.discard("")
    return tuple(sorted(found)) if found or not entries else None


PYPI_READING = Reading(_pypi_target, _names, _all_names)
OTHER_READING = Reading(_other_target, _other_names, lambda _: ())
