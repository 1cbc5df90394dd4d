"""What the elements of all profiles need of a document, worked out once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from ops.supply_chain.contracts.values.received_sbom import (
    DefectKind,
    ReceivedSbom,
    SbomComponent,
    SbomDefect,
    SbomStandard,
)
from ops.supply_chain.suppliers.profiles.levels import DetailLevel, level_of

FILE = "file"
"""Type of a component that is one file: it has a name and a hash, and belongs to a package."""


class ScoringFacts:
    """One document.

    Args:
        sbom: As it was read.
        signed: True if a signature of the document was verified.
    """

    def __init__(self, sbom: ReceivedSbom, *, signed: bool = False) -> None:
        self.sbom = sbom
        self.signed = signed
        self.components: tuple[SbomComponent, ...] = sbom.components
        self.root: int | None = sbom.roots[0] if sbom.roots else None
        self.everything = range(len(sbom.components))
        self.packages = tuple([at for at, component in enumerate(sbom.components) if component.type != FILE])
        self.is_cyclonedx = sbom.standard is SbomStandard.CYCLONEDX
        self.fresh: Sequence[int] = self.everything
        """The components that may lack an element which they have, or lack, in any document."""
        self.unmet: set[int] = set()
        """Those of them that do."""

    @cached_property
    def version(self) -> tuple[int, ...]:
        """The version of the standard as numbers; empty if it is none."""
        parts = self.sbom.version.split(".")
        return tuple(int(part) for part in parts) if all(part.isdigit() for part in parts) else ()

    @cached_property
    def is_spdx2(self) -> bool:
        """True for SPDX 2."""
        return not self.is_cyclonedx and self.version[:1] == (2,)

    def fresh_among(self, positions: Sequence[int]) -> Sequence[int]:
        """Return the positions of `fresh` among those of all components, or of all that are no file."""
        if len(positions) == len(self.everything):
            return self.fresh
        return [position for position in self.fresh if self.components[position].type != FILE]

    @cached_property
    def related(self) -> bytearray:
        """A byte for each component: 1 if a relationship leads to it or from it, or it states to have none."""
        found = bytearray(self.sbom.edges.stated)
        for position in {*self.sbom.edges.sources, *self.sbom.edges.targets}:
            found[position] = 1
        return found

    @cached_property
    def stated(self) -> bytearray:
        """A byte for each component: 1 if the document states what it depends on or contains, even if that is nothing."""
        found = bytearray(self.sbom.edges.stated)
        for position in self.sbom.edges.sources:
            found[position] = 1
        return found

    @cached_property
    def extent(self) -> frozenset[int]:
        """The components of which the document states how complete their dependencies or parts are."""
        found: set[int] = set()
        for entry in self.sbom.completeness:
            if not entry.assemblies and not entry.dependencies:
                return frozenset(self.everything)
            found.update(entry.assemblies)
            found.update(entry.dependencies)
        return frozenset(found)

    @cached_property
    def levels(self) -> tuple[DetailLevel, ...]:
        """The level of detail of each component."""
        return tuple(map(level_of, self.components))

    @cached_property
    def unknown(self) -> frozenset[str]:
        """The elements of the document itself that it states to be unknown or withheld."""
        names = ("sealwright:unknown", "sealwright:withheld")
        return frozenset(value for name, value in self.sbom.properties if name in names)

    def defects(self, *kinds: DefectKind) -> tuple[SbomDefect, ...]:
        """Return the defects of some kinds."""
        return tuple(defect for defect in self.sbom.defects if defect.kind in kinds)
