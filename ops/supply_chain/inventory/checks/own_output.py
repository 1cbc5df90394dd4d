"""Checks of our own output: two thousand documents cost little more than what differs between them.

A lock's document is what all documents share (components, each checked where it is first written) and
what is its own (head, edges, compositions), checked every time. The aggregate, and everything that is
not CycloneDX, is checked as a whole.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from ops.supply_chain.contracts.values.lock import Lock, Pin
from ops.supply_chain.inventory.checks.check import check_document
from ops.supply_chain.inventory.checks.cyclonedx import check_cyclonedx
from ops.supply_chain.inventory.model.document import Component, Document
from ops.supply_chain.inventory.model.naming import identity_of
from ops.supply_chain.inventory.writers.cyclonedx import Rendered

ACCEPTED = frozenset({"sbom.identity-duplicate"})
"""Accepted codes. Two packages from two folders may have the same name and version; CycloneDX has no field that distinguishes them."""

BATCH = 250
"""Components that are in memory at once."""


SchemaCheck = Callable[[Any], Sequence[str]]
"""Validates a parsed document against its schema; returns one sentence per problem."""


def lock_problems(rendered: Rendered, document: Document, schema: SchemaCheck) -> list[str]:
    """Check the CycloneDX document of a lock: its own parts, and the components that the writer wrote for the first time.

    Args:
        rendered: As the writer returned it.
        document: What was written, whose references are checked against each other.
        schema: Of the document's version.
    Returns:
        One sentence per problem; a path's position counts the newly written components.
    """
    plain, found = _parts(rendered, schema)
    own = {key: value for key, value in plain.items() if key not in ("dependencies", "compositions")}
    return found + _semantic(own) + reference_problems(plain, document)


def aggregate_problems(rendered: Rendered, schema: SchemaCheck) -> list[str]:
    """Check a CycloneDX document whole; its writer must have written nothing else."""
    plain, found = _parts(rendered, schema)
    return found + _semantic(plain)


def whole_problems(data: bytes) -> list[str]:
    """Check a document of any format, beyond its schema; return one sentence per problem."""
    return [f"{problem.path}: {problem.message}" for problem in check_document(msgspec.json.decode(data))]


def _parts(rendered: Rendered, schema: SchemaCheck) -> tuple[dict[str, Any], list[str]]:
    """Validate a document against its schema batch by batch, and return it without the parts that only the schema checks.

    An aggregate can have half a million occurrences: they are checked and released.
    """
    plain: dict[str, Any] = msgspec.json.decode(b"".join(rendered.sections))
    found = list(schema(plain))
    head = {key: plain[key] for key in ("bomFormat", "specVersion")}
    plain["components"] = kept = []
    for start in range(0, len(rendered.fresh), BATCH):
        batch = [msgspec.json.decode(data) for data in rendered.fresh[start : start + BATCH]]
        found += schema({**head, "components": batch})
        for component in batch:
            component.pop("evidence", None)
        kept += batch
    return plain, found


def _semantic(plain: dict[str, Any]) -> list[str]:
    return [f"{problem.path}: {problem.message}" for problem in check_cyclonedx(plain) if problem.code not in ACCEPTED]


def reference_problems(parts: Mapping[str, Any], document: Document) -> list[str]:
    """Check the references of a written document against its components: each is unique, none is dangling."""
    refs = [document.root.package.ref, *(component.package.ref for component in document.components)]
    known = set(refs)
    found = [] if len(known) == len(refs) else ["two components have one bom-ref"]
    entries = [entry["ref"] for entry in parts["dependencies"]]
    used = {target for entry in parts["dependencies"] for target in entry.get("dependsOn", ())}
    stated = [
        ref
        for composition in parts["compositions"]
        for key in ("assemblies", "dependencies")
        for ref in composition.get(key, ())
    ]
    found += [f"{ref!r} is no bom-ref of the document" for ref in sorted({*entries, *used, *stated} - known)]
    if len(set(entries)) != len(entries):
        found.append("two entries of dependencies have one ref")
    return found


def distinct_pins(locks: Iterable[Lock]) -> tuple[Pin, ...]:
    """Return every distinct pin of some locks, in their order."""
    by_object = {id(entry.pin): entry.pin for lock in locks for entry in lock.entries}
    return tuple(dict.fromkeys(by_object.values()))


def represented(pins: Sequence[Pin], aggregate: Document) -> int:
    """Count the pins that are in the aggregate, by name, version and every single hash.

    Args:
        pins: Distinct pins, without the project's own entry.
        aggregate: The document of all locks.
    """
    by_key: dict[tuple[str, str], list[Component]] = defaultdict(list)
    for component in aggregate.components:
        by_key[(component.package.key, component.package.version)].append(component)
    return sum(any(_holds(entry, pin) for entry in by_key[_key(pin)]) for pin in pins)


def _key(pin: Pin) -> tuple[str, str]:
    identity = identity_of(pin)
    return identity.key, identity.version


def _holds(component: Component, pin: Pin) -> bool:
    return component.package.source.kind is pin.source.kind and set(pin.hashes) <= set(component.package.hashes)
