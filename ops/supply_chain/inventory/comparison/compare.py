"""The differences between two SBOMs, whatever their formats and tools.

A hash that disappeared from an unchanged version is the one change that is never made on purpose: the same
name and version now mean different bytes. It has a kind of its own; a further file of a version is another
kind. What only one side states (hashes, edges, a producer) is not a change; versions whose hashes could not
be compared are counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from enum import StrEnum
from typing import Any

import msgspec

from ops.supply_chain.core.errors import InputError
from ops.supply_chain.formats import spdx2
from ops.supply_chain.formats.cyclonedx import CycloneDx
from ops.supply_chain.formats.sbom import SbomFamily, family_of, require_sbom
from ops.supply_chain.formats.spdx2 import Spdx2
from ops.supply_chain.formats.spdx3 import contexts_of
from ops.supply_chain.inventory.comparison import cyclonedx
from ops.supply_chain.inventory.comparison.cyclonedx import cyclonedx_inventory
from ops.supply_chain.inventory.comparison.inventory import ListedPackage, PackageKey, SbomInventory
from ops.supply_chain.inventory.comparison.spdx import spdx2_inventory, spdx3_inventory

UNKNOWN = "unknown"

_VERSIONS: dict[SbomFamily | None, tuple[str, ...]] = {
    SbomFamily.CYCLONEDX: cyclonedx.VERSIONS,
    SbomFamily.SPDX_2: spdx2.VERSIONS,
    SbomFamily.SPDX_3: ("3.0",),
}
"""Versions that can be compared."""


class ChangeKind(StrEnum):
    """The ways in which a package may differ, the worst first."""

    HASH_CHANGED = "hash-changed"
    DOWNGRADED = "downgraded"
    PRODUCER_CHANGED = "producer-changed"
    RELICENSED = "relicensed"
    ADDED = "added"
    REMOVED = "removed"
    UPGRADED = "upgraded"
    VERSION_CHANGED = "version-changed"
    HASH_ADDED = "hash-added"
    SCOPE_CHANGED = "scope-changed"
    EDGES_CHANGED = "edges-changed"


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One difference. `before` and `after` are sorted and may be empty; what they hold depends on the kind:
    versions, hashes, licences, a producer, or the names of what is needed. `version` is empty where versions
    themselves are the difference. `scope` and `inside` are those of the package on the newer side, or of a removed one.
    """

    kind: ChangeKind
    ecosystem: str
    name: str
    version: str = ""
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    scope: str = ""
    inside: tuple[str, ...] = ()


class SbomComparison(msgspec.Struct, frozen=True, kw_only=True):
    """All differences, sorted by kind (worst first), ecosystem, name, version.

    `hashes_not_compared` counts versions on both sides whose hashes share no algorithm, or that have none.
    """

    changes: tuple[Change, ...]
    hashes_not_compared: int

    def count(self, kind: ChangeKind) -> int:
        """Return the number of differences of a kind."""
        return sum(change.kind is kind for change in self.changes)


def read_inventory(plain: Any, *, where: str) -> SbomInventory:
    """Read a parsed SBOM of any supported format and version.

    Args:
        plain: The parsed JSON.
        where: What to call the document in an error.
    Raises:
        InputError: It is not an SBOM, is of a version that is not read, or has a fault, named with its JSON path.
    """
    if _version(plain) not in _VERSIONS.get(family_of(plain), ()):
        raise InputError(
            f"{where}: expected CycloneDX 1.4 to 1.7, SPDX 2.2, 2.3 or 3.0 in JSON; found {_described(plain)}",
            hint="Convert it, or give another file.",
        )
    found = require_sbom(plain, where=where)
    if isinstance(found, CycloneDx):
        return cyclonedx_inventory(found)
    return spdx2_inventory(found) if isinstance(found, Spdx2) else spdx3_inventory(found)


def compare(before: SbomInventory, after: SbomInventory) -> SbomComparison:
    """Return what changed from one inventory to another.

    Args:
        before: The older.
        after: The newer.
    """
    tally: Counter[str] = Counter()
    changes: list[Change] = []
    for key in before.items.keys() | after.items.keys():
        old, new = before.items.get(key, {}), after.items.get(key, {})
        changes.extend(_placed(change, new or old) for change in _of_package(key, old, new, tally))
    order = {kind: position for position, kind in enumerate(ChangeKind)}
    changes.sort(key=lambda change: (order[change.kind], change.ecosystem, change.name, change.version))
    return SbomComparison(changes=tuple(changes), hashes_not_compared=tally["hashes"])


def _version(plain: Any) -> str:
    """Return the version of a document as its format counts it; empty where it has none."""
    match family_of(plain):
        case SbomFamily.CYCLONEDX:
            return str(plain.get("specVersion"))
        case SbomFamily.SPDX_2:
            return str(plain.get("spdxVersion"))
        case SbomFamily.SPDX_3:
            return "3.0" if any("/3.0" in address for address in contexts_of(plain)) else ""
    return ""


def _described(plain: Any) -> str:
    found = family_of(plain)
    if found is None:
        return "no SBOM"
    return f"{found.value}, version {plain.get('specVersion') or plain.get('spdxVersion') or plain.get('@context')!r}"


def _of_package(
    key: PackageKey, old: dict[str, ListedPackage], new: dict[str, ListedPackage], tally: Counter[str]
) -> Iterator[Change]:
    gone, come = sorted(old.keys() - new.keys()), sorted(new.keys() - old.keys())
    if gone or come:
        yield _change(_kind_of_versions(old, new), key, "", _ordered(gone), _ordered(come))
    pairs = [(old[version], new[version]) for version in sorted(old.keys() & new.keys())]
    for earlier, later in pairs:
        yield from _of_hashes(key, earlier, later, tally)
    if len(gone) == len(come) == 1:
        pairs.append((old[gone[0]], new[come[0]]))
    for earlier, later in pairs:
        yield from _of_words(key, earlier, later)


def _placed(change: Change, items: dict[str, ListedPackage]) -> Change:
    scopes = {item.scope for item in items.values()}
    inside = sorted({wheel for item in items.values() for wheel in item.inside})
    scope = next(iter(scopes)) if len(scopes) == 1 else ""
    return msgspec.structs.replace(change, scope=scope, inside=tuple(inside))


def _kind_of_versions(old: dict[str, ListedPackage], new: dict[str, ListedPackage]) -> ChangeKind:
    if not old:
        return ChangeKind.ADDED
    if not new:
        return ChangeKind.REMOVED
    before, after = _newest(old), _newest(new)
    if before is None or after is None or before == after:
        return ChangeKind.VERSION_CHANGED
    return ChangeKind.UPGRADED if before < after else ChangeKind.DOWNGRADED


def _newest(items: dict[str, ListedPackage]) -> Any:
    """Return the newest PEP 440 version, None where one of them is not such a version."""
    from packaging.version import InvalidVersion, Version

    try:
        return max(map(Version, items))
    except InvalidVersion:
        return None


def _ordered(versions: list[str]) -> tuple[str, ...]:
    return tuple(version or UNKNOWN for version in versions)


def _of_hashes(key: PackageKey, old: ListedPackage, new: ListedPackage, tally: Counter[str]) -> Iterator[Change]:
    shared = _algorithms(old) & _algorithms(new)
    if not shared:
        tally["hashes"] += 1
        return
    before, after = ({digest for digest in item.hashes if digest.partition(":")[0] in shared} for item in (old, new))
    if before != after:
        kind = ChangeKind.HASH_ADDED if before < after else ChangeKind.HASH_CHANGED
        yield _change(kind, key, new.version, tuple(sorted(before - after)), tuple(sorted(after - before)))


def _algorithms(item: ListedPackage) -> set[str]:
    return {digest.partition(":")[0] for digest in item.hashes}


def _of_words(key: PackageKey, old: ListedPackage, new: ListedPackage) -> Iterator[Change]:
    if old.licences and old.licences != new.licences:
        yield _change(ChangeKind.RELICENSED, key, new.version, old.licences, new.licences or (UNKNOWN,))
    if old.producer and _folded(old.producer) != _folded(new.producer):
        yield _change(ChangeKind.PRODUCER_CHANGED, key, new.version, (old.producer,), (new.producer or UNKNOWN,))
    if old.scope and new.scope and old.scope != new.scope:
        yield _change(ChangeKind.SCOPE_CHANGED, key, new.version, (old.scope,), (new.scope,))
    if old.needs is not None and new.needs is not None and old.needs != new.needs:
        before, after = old.needs - new.needs, new.needs - old.needs
        yield _change(ChangeKind.EDGES_CHANGED, key, new.version, _names(before), _names(after))


def _folded(producer: str) -> str:
    # SPDX 2 keeps e-mail addresses in round brackets, so writers spell those of a name otherwise.
    return " ".join(producer.replace("[", "(").replace("]", ")").casefold().split())


def _names(keys: frozenset[PackageKey]) -> tuple[str, ...]:
    return tuple(sorted(name for _, name in keys))


def _change(kind: ChangeKind, key: PackageKey, version: str, before: tuple[str, ...], after: tuple[str, ...]) -> Change:
    return Change(kind=kind, ecosystem=key[0], name=key[1], version=version, before=before, after=after)
