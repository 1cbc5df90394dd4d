"""The differences between two SBOMs, whatever their formats and tools.

A hash that disappeared from an unchanged version is the one change that is never made on purpose: the same
name and version now mean different bytes. It has a kind of its own; a further file of a version is another
kind. What only one side states (hashes, edges, a producer) is not a change; versions whose hashes could not
be compared are counted. What the newer document does not list, and states to be incomplete about, is not listed: whether
it was removed is not known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec

from ops.supply_chain.core.errors import InputError
from ops.supply_chain.formats import spdx2
from ops.supply_chain.formats.cyclonedx import CycloneDx
from ops.supply_chain.formats.sbom import SbomFamily, family_of, require_sbom
from ops.supply_chain.formats.spdx2 import Spdx2
from ops.supply_chain.formats.spdx3 import contexts_of
from ops.supply_chain.inventory.comparison import cyclonedx
from ops.supply_chain.inventory.comparison.cyclonedx import cyclonedx_inventory
from ops.supply_chain.inventory.comparison.inventory import (
    FILES,
    NO_ECOSYSTEM,
    ListedPackage,
    PackageKey,
    SbomInventory,
)
from ops.supply_chain.inventory.comparison.pairing import compare_versions, order_name, pair_versions
from ops.supply_chain.inventory.comparison.spdx import spdx2_inventory, spdx3_inventory

UNKNOWN = "unknown"

_VERSIONS: dict[SbomFamily | None, tuple[str, ...]] = {
    SbomFamily.CYCLONEDX: cyclonedx.VERSIONS,
    SbomFamily.SPDX_2: spdx2.VERSIONS,
    SbomFamily.SPDX_3: ("3.0",),
}
"""Versions that can be compared."""


class ChangeKind(StrEnum):
    """The ways in which a package may differ, the worst first.

    `ALSO_PRESENT` and `NO_LONGER_PRESENT` are about further versions of a package that both documents have, `NOT_LISTED` about
    what may be missing because the newer document is incomplete. `VERSION_CHANGED`: the order of the two is not decidable, or
    they are equal and written in another way.
    """

    HASH_CHANGED = "hash-changed"
    DOWNGRADED = "downgraded"
    PRODUCER_CHANGED = "producer-changed"
    SUPPLIER_CHANGED = "supplier-changed"
    RELICENSED = "relicensed"
    ADDED = "added"
    REMOVED = "removed"
    NO_LONGER_PRESENT = "no-longer-present"
    NOT_LISTED = "not-listed"
    ALSO_PRESENT = "also-present"
    UPGRADED = "upgraded"
    VERSION_CHANGED = "version-changed"
    HASH_ADDED = "hash-added"
    SCOPE_CHANGED = "scope-changed"
    EDGES_CHANGED = "edges-changed"


_ABSENT = frozenset({ChangeKind.REMOVED, ChangeKind.NO_LONGER_PRESENT})


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

    @property
    def is_weak(self) -> bool:
        """True if only the name identifies the package: it has no package URL."""
        return self.ecosystem in (NO_ECOSYSTEM, FILES)


class Accounts(NamedTuple):
    """Where each version of each package of both documents went: each is counted once.

    `same` are on both sides with one version, `paired` have another version on the other side, `gone` and `come` are on
    the older or the newer side alone. `files_before` and `files_after` are not compared: the other document lists no files.
    """

    same: int = 0
    paired: int = 0
    gone: int = 0
    come: int = 0
    files_before: int = 0
    files_after: int = 0


class SbomComparison(msgspec.Struct, frozen=True, kw_only=True):
    """All differences, sorted by kind (worst first), ecosystem, name, version.

    `hashes_not_compared` counts versions on both sides whose hashes share no algorithm, or that have none.
    """

    changes: tuple[Change, ...]
    hashes_not_compared: int
    accounts: Accounts = Accounts()

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
    doubtful = _Absence(before, after)
    alone = {side for side in (0, 1) if _lists_files((before, after)[side]) and not _lists_files((after, before)[side])}
    for key in before.items.keys() | after.items.keys():
        old, new = before.items.get(key, {}), after.items.get(key, {})
        if alone and key[0] == FILES:
            tally["files_before"] += len(old)
            tally["files_after"] += len(new)
            continue
        for change in _of_package(key, old, new, tally):
            if change.kind in _ABSENT and key in doubtful:
                change = msgspec.structs.replace(change, kind=ChangeKind.NOT_LISTED)  # noqa: PLW2901 - as it is known
            changes.append(_placed(change, new or old))
    order = {kind: position for position, kind in enumerate(ChangeKind)}
    changes.sort(key=lambda change: (order[change.kind], *_sorted_by(change)))
    return SbomComparison(
        changes=tuple(changes),
        hashes_not_compared=tally.pop("hashes", 0),
        accounts=Accounts(**tally),
    )


class _Absence:
    """The packages whose absence in the newer document shows nothing, because it is incomplete about them."""

    def __init__(self, before: SbomInventory, after: SbomInventory) -> None:
        self._all = bool(after.incomplete)
        self._some: set[PackageKey] = set()
        waiting = list(after.uncertain)
        while waiting and not self._all:
            for key in before.below.get(waiting.pop(), ()):
                if key not in self._some:
                    self._some.add(key)
                    waiting.append(key)

    def __contains__(self, key: PackageKey) -> bool:
        return self._all or key in self._some


def _lists_files(inventory: SbomInventory) -> bool:
    return any(ecosystem == FILES for ecosystem, _ in inventory.items)


def _sorted_by(change: Change) -> tuple[str, str, str, tuple[str, ...], tuple[str, ...]]:
    return (change.ecosystem, change.name, change.version, change.before, change.after)


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
    pairs = [(old[version], new[version]) for version in sorted(old.keys() & new.keys())]
    tally["same"] += len(pairs)
    order = order_name(key[0], key[1].partition("/")[0])
    found = pair_versions(order, sorted(old.keys() - new.keys()), sorted(new.keys() - old.keys()))
    for left, right in found.paired:
        yield _change(_kind_of(order, left, right), key, "", _ordered((left,)), _ordered((right,)))
        if left and right and compare_versions(order, left, right) == 0:
            pairs.append((old[left], new[right]))
    tally["paired"] += len(found.paired)
    tally["gone"] += len(found.gone)
    tally["come"] += len(found.come)
    if found.gone:
        kind = ChangeKind.NO_LONGER_PRESENT if new else ChangeKind.REMOVED
        yield _change(kind, key, "", _ordered(found.gone), ())
    if found.come:
        kind = ChangeKind.ALSO_PRESENT if old else ChangeKind.ADDED
        yield _change(kind, key, "", (), _ordered(found.come))
    for earlier, later in pairs:
        yield from _of_hashes(key, earlier, later, tally)
    compared = {(earlier.version, later.version) for earlier, later in pairs}
    pairs += [(old[left], new[right]) for left, right in found.paired if (left, right) not in compared]
    for earlier, later in pairs:
        yield from _of_words(key, earlier, later)


def _placed(change: Change, items: dict[str, ListedPackage]) -> Change:
    scopes = {item.scope for item in items.values()}
    inside = sorted({wheel for item in items.values() for wheel in item.inside})
    scope = next(iter(scopes)) if len(scopes) == 1 else ""
    return msgspec.structs.replace(change, scope=scope, inside=tuple(inside))


def _kind_of(order: str, left: str, right: str) -> ChangeKind:
    decided = compare_versions(order, left, right) if left and right else None
    if not decided:
        return ChangeKind.VERSION_CHANGED
    return ChangeKind.UPGRADED if decided < 0 else ChangeKind.DOWNGRADED


def _ordered(versions: Iterable[str]) -> tuple[str, ...]:
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
    if old.supplier and new.supplier and _folded(old.supplier) != _folded(new.supplier) and not _is_producer(old, new):
        yield _change(ChangeKind.SUPPLIER_CHANGED, key, new.version, (old.supplier,), (new.supplier,))
    if old.scope and new.scope and old.scope != new.scope:
        yield _change(ChangeKind.SCOPE_CHANGED, key, new.version, (old.scope,), (new.scope,))
    if old.needs is not None and new.needs is not None and old.needs != new.needs:
        before, after = old.needs - new.needs, new.needs - old.needs
        yield _change(ChangeKind.EDGES_CHANGED, key, new.version, _names(before), _names(after))


def _is_producer(old: ListedPackage, new: ListedPackage) -> bool:
    """Return whether the suppliers of both sides are their producers, whose change is reported already."""
    return old.supplier == old.producer and new.supplier == new.producer


def _folded(producer: str) -> str:
    # SPDX 2 keeps e-mail addresses in round brackets, so writers spell those of a name otherwise.
    return " ".join(producer.replace("[", "(").replace("]", ")").casefold().split())


def _names(keys: frozenset[PackageKey]) -> tuple[str, ...]:
    return tuple(sorted(name for _, name in keys))


def _change(kind: ChangeKind, key: PackageKey, version: str, before: tuple[str, ...], after: tuple[str, ...]) -> Change:
    return Change(kind=kind, ecosystem=key[0], name=key[1], version=version, before=before, after=after)
