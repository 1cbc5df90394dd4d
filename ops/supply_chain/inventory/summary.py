"""The report of `generate_sbom`: counts, findings, inputs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.contracts.values.lock import InstallScope, Lock, LockEntry, Pin, PinSourceKind
from ops.supply_chain.contracts.values.package_index import MetadataAnswer
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.text import plural, printable
from ops.supply_chain.inventory.build.documents import LockInventory
from ops.supply_chain.inventory.checks.own_output import distinct_pins, represented
from ops.supply_chain.inventory.model.document import Document, PartsKnown


def counts_of(inventory: LockInventory, aggregate: Document, *, files: int) -> dict[str, int]:
    """Count the inputs and the components of the aggregate.

    Returns:
        `locked` and `examined` are distinct pins, of which the project's own entry counts as represented by the
        root; `components` are those of the aggregate, the `unknown_` ones those of them that locks have. `opened` are the
        packages whose wheels' contents are recorded, `contained` the components in them; absent without any. `optional` and `excluded` components are
        not installed with the product.
    """
    pins = distinct_pins(inventory.locks)
    others = [pin for pin in pins if not inventory.is_root(pin)]
    inside = [component for component in aggregate.components if component.part]
    components = [component for component in aggregate.components if not component.part]
    opened = sum(component.coverage in (PartsKnown.COMPLETE, PartsKnown.INCOMPLETE) for component in components)
    return {
        "locks": len(inventory.locks),
        "empty_locks": sum(not lock.entries for lock in inventory.locks),
        "locks_without_source": sum(not lock.source for lock in inventory.locks),
        "locked": len(pins),
        "examined": len(pins) - len(others) + represented(others, aggregate),
        "components": len(aggregate.components),
        "optional": sum(component.scope is InstallScope.OPTIONAL for component in components),
        "excluded": sum(component.scope is InstallScope.EXCLUDED for component in components),
        "enriched": sum(component.package.enriched for component in components),
        "unknown_licences": sum(not component.package.licence.known for component in components),
        "unknown_producers": sum(not component.package.producer for component in components),
        "unknown_versions": sum(not component.package.version for component in components),
        "unknown_edges": sum(not component.depends_complete for component in components),
        **({"opened": opened, "contained": len(inside)} if opened else {}),
        "files": files,
    }


_APART = {"optional": "optional", "excluded": "for development only"}


def text_of(counts: Mapping[str, int]) -> str:
    """Return the counts as text."""
    unknown = ", ".join(
        f"{word} {counts[f'unknown_{word}']}" for word in ("licences", "producers", "versions", "edges")
    )
    inside = (
        f", {counts['contained']} of them inside {plural(counts['opened'], 'opened package')}"
        if "opened" in counts
        else ""
    )
    apart = ", ".join(f"{counts[word]} {words}" for word, words in _APART.items() if counts[word])
    described = f" ({apart})" if apart else ""
    return (
        f"{plural(counts['locks'], 'lock')} ({counts['empty_locks']} empty), "
        f"{counts['examined']} of {plural(counts['locked'], 'pin')}, {plural(counts['components'], 'component')}"
        f"{inside}{described}, {plural(counts['files'], 'file')}\nunknown: {unknown}"
    )


def metadata_findings(locks: Iterable[Lock], answer: MetadataAnswer) -> tuple[Finding, ...]:
    """Return a finding for each pin that the index should have and does not, at the first line that names it."""
    places = _first_places(locks)
    found = []
    for pin, reason in answer.missing:
        if pin.source.kind is not PinSourceKind.INDEX or pin.local or not pin.version:
            continue  # an index cannot lack it; the lock's own findings report what the lock lacks
        place = places.get(pin)
        found.append(
            Finding(
                code="sbom.metadata-missing",
                severity=Severity.LOW,
                message=f"its licence, producer and dependencies are unknown: {printable(reason)}",
                next_step="Check whether this release was withdrawn from the index; replace it if so.",
                package=pin.name,
                version=pin.version,
                path=place.path if place else "",
                line=place.line if place else 0,
            )
        )
    return tuple(dict.fromkeys(found))


def read_files(locks: Sequence[Lock]) -> tuple[FileRef, ...]:
    """Return the locks and what was read with them, by the digests that their readers took."""
    found = {lock.path: FileRef(path=f"project:{lock.path}", sha256=lock.sha256, size=lock.size) for lock in locks}
    for lock in locks:
        for path, sha256, size in lock.included:
            found.setdefault(path, FileRef(path=f"project:{path}", sha256=sha256, size=size))
    return tuple(found[path] for path in sorted(found))


def digest_of_metadata(answer: MetadataAnswer) -> str:
    """Return the SHA-256 over all metadata that was used, in an order that depends on nothing else."""
    lines = sorted({msgspec.json.encode(metadata) for metadata in answer.found.values()})
    return sha256_bytes(b"\n".join(lines))


def _first_places(locks: Iterable[Lock]) -> dict[Pin, LockEntry]:
    places: dict[int, LockEntry] = {}
    for lock in sorted(locks, key=lambda item: item.path):
        for entry in lock.entries:
            places.setdefault(id(entry.pin), entry)
    found: dict[Pin, LockEntry] = {}
    for entry in places.values():
        found.setdefault(entry.pin, entry)
    return found
