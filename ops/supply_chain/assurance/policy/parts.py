"""The one shape of an SBOM that rules see, whatever format it came in.

`cyclonedx` and `spdx2` make these from the formats' views; `sbom.sbom_input` turns them into the engine's input.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from ops.supply_chain.formats.shape import Fault


class State(StrEnum):
    """The state of one element of the CISA 2026 list."""

    PRESENT = "present"
    UNKNOWN = "unknown"
    MISSING = "missing"


class Origin(StrEnum):
    """The origin of a component: files, a full commit, the project itself, or the inside of a wheel of another component."""

    FILES = "files"
    COMMIT = "commit"
    LOCAL = "local"
    BUNDLED = "bundled"


PRODUCER = "Component Producer"
NAME = "Component Name"
VERSION = "Component Version"
IDENTIFIERS = "Component Identifiers"
HASH = "Component Hash Value"
LICENCE = "Component License"
DEPENDENCIES = "Dependency Relationship"
AUTHOR = "SBOM Author"

COMPONENT_ELEMENTS = {
    "component_producer": PRODUCER,
    "component_name": NAME,
    "component_version": VERSION,
    "component_identifiers": IDENTIFIERS,
    "component_hash": HASH,
    "component_licence": LICENCE,
    "dependency_relationships": DEPENDENCIES,
}
"""Key in the engine's input -> the element's name, by which documents state it as unknown."""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One component; the root is one too.

    `expressions` are SPDX expressions and identifiers, `licence_names` free names; all of them apply together unless
    the document says otherwise. `algorithms` are the IANA names of the well-formed hashes, sorted, each once.
    `excluded` is True if the document states that it is for development only, no part of the product.
    `present` are the elements that are given, `unknown` those stated as unknown or withheld, both by CISA's names.
    """

    ref: str
    name: str
    version: str
    purl: str
    origin: Origin
    algorithms: tuple[str, ...]
    expressions: tuple[str, ...]
    licence_names: tuple[str, ...]
    producer: str
    present: frozenset[str]
    unknown: frozenset[str]
    excluded: bool = False

    def state(self, element: str) -> State:
        """Return the state of an element: unknown, present or missing."""
        if element in self.unknown:
            return State.UNKNOWN
        return State.PRESENT if element in self.present else State.MISSING


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """One SBOM.

    `root` is None where the document describes nothing. `components` leave it out. `targets` are the
    references that a dependency may name. `edges` are (from, to) references, in order.
    `document` has a state for each element of the document itself. `explicitly_empty` says that the document
    calls itself complete without any component. `faults` are the places of a wrong type.
    """

    format: str
    format_version: str
    root: Part | None
    components: tuple[Part, ...]
    edges: tuple[tuple[str, str], ...]
    targets: frozenset[str]
    document: dict[str, State]
    explicitly_empty: bool
    faults: tuple[Fault, ...]


def state_of(given: object, *, stated: bool = False) -> State:
    """Return the state of an element: given, stated as unknown, or neither."""
    if given:
        return State.PRESENT
    return State.UNKNOWN if stated else State.MISSING


def presence(**given: object) -> frozenset[str]:
    """Return the names of the component elements that are given.

    Args:
        given: Keys of `COMPONENT_ELEMENTS` -> something that is true where the element is there.
    """
    return frozenset(COMPONENT_ELEMENTS[key] for key, value in given.items() if value)
