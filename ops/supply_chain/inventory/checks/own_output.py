"""Checks of our own output, made so that two thousand documents cost little more than what differs in them.

A lock's document is what all documents share (components, each looked at where it is first written) and
what is its own (head, edges, compositions), looked at every time. The aggregate, and everything that is
not CycloneDX, is looked at whole.
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
"""Codes that we let pass. Two packages from two folders may bear one name and version; CycloneDX has no field that tells them apart."""

BATCH = 250
"""Components that are held in memory at once."""


SchemaCheck = Callable[[Any], Sequence[str]]
"""Holds a parsed document against its schema; returns one sentence a problem."""


def lock_problems(rendered: Rendered, document: Document, schema: SchemaCheck) -> list[str]:
    """Check the CycloneDX document of a lock: its own parts, and the components that the writer wrote anew.

    Args:
        rendered: As the writer returned it.
        document: What was written, whose references are held against each other.
        schema: Of the document's version.
    Returns:
        One sentence a problem; a path's position counts the components written anew.
    """
    plain, found = _parts(rendered, schema)
    own = {key: value for key, value in plain.items() if key not in ("dependencies", "compositions")}
    return found + _semantic(own) + reference_problems(plain, document)


def aggregate_problems(rendered: Rendered, schema: SchemaCheck) -> list[str]:
    """Check a CycloneDX document whole; its writer must have written nothing else."""
    plain, found = _parts(rendered, schema)
    return found + _semantic(plain)


def whole_problems(data: bytes) -> list[str]:
    """Check a document of any format, beyond its schema; one sentence a problem."""
    return [f"{one.path}: {one.message}" for one in check_document(msgspec.json.decode(data))]


def _parts(rendered: Rendered, schema: SchemaCheck) -> tuple[dict[str, Any], list[str]]:
    """Hold a document against its schema batch by batch, and return it without what only the schema judges.

    An aggregate can have half a million occurrences: they are looked at and let go.
    """
    plain: dict[str, Any] = msgspec.json.decode(b"".join(rendered.sections))
    found = list(schema(plain))
    head = {key: plain[key] for key in ("bomFormat", "specVersion")}
    plain["components"] = kept = []
    for start in range(0, len(rendered.fresh), BATCH):
        batch = [msgspec.json.decode(one) for one in rendered.fresh[start : start + BATCH]]
        found += schema({**head, "components": batch})
        for component in batch:
            del component["evidence"]
        kept += batch
    return plain, found


def _semantic(plain: dict[str, Any]) -> list[str]:
    return [f"{one.path}: {one.message}" for one in check_cyclonedx(plain) if one.code not in ACCEPTED]


def reference_problems(parts: Mapping[str, Any], document: Document) -> list[str]:
    """Hold the references of a written document against its components: each once, none that leads nowhere."""
    refs = [document.root.package.ref, *(component.package.ref for component in document.components)]
    known = set(refs)
    found = [] if len(known) == len(refs) else ["two components have one bom-ref"]
    entries = [entry["ref"] for entry in parts["dependencies"]]
    used = {target for entry in parts["dependencies"] for target in entry.get("dependsOn", ())}
    stated = [
        ref for one in parts["compositions"] for key in ("assemblies", "dependencies") for ref in one.get(key, ())
    ]
    found += [f"{ref!r} is no bom-ref of the document" for ref in sorted({*entries, *used, *stated} - known)]
    if len(set(entries)) != len(entries):
        found.append("two entries of dependencies have one ref")
    return found


def distinct_pins(locks: Iterable[Lock]) -> tuple[Pin, ...]:
    """Return every distinct pin of some locks, in the order in which they stand."""
    by_object = {id(entry.pin): entry.pin for lock in locks for entry in lock.entries}
    return tuple(dict.fromkeys(by_object.values()))


def represented(pins: Sequence[Pin], aggregate: Document) -> int:
    """Count the pins that the aggregate holds, looked up anew by name, version and every single hash.

    Args:
        pins: Distinct ones; the project's own entry counts as held by the root.
        aggregate: The document of all locks.
    """
    held: dict[tuple[str, str], list[Component]] = defaultdict(list)
    for component in aggregate.components:
        held[(component.package.key, component.package.version)].append(component)
    return sum(any(_holds(one, pin) for one in held[_key(pin)]) for pin in pins)


def _key(pin: Pin) -> tuple[str, str]:
    identity = identity_of(pin)
    return identity.key, identity.version


def _holds(component: Component, pin: Pin) -> bool:
    return component.package.source.kind is pin.source.kind and set(pin.hashes) <= set(component.package.hashes)
