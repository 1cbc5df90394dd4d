"""The parts of a CycloneDX BOM that VEX refers to.

Source: CycloneDX 1.6, `bomLinkElementType`; https://cyclonedx.org/capabilities/bomlink/
"""

from __future__ import annotations

from functools import cached_property
from urllib.parse import quote

import msgspec

from ops.supply_chain.core.names import normalise
from ops.supply_chain.formats.cyclonedx import BomComponent, read_cyclonedx
from ops.supply_chain.formats.shape import refuse_faults
from ops.supply_chain.risk.vex.packages import purl_key, same_version


class Bom(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A BOM. `uuid` is empty if it has no serial number, `root` None if it describes nothing."""

    uuid: str
    version: int
    author: str
    root: BomComponent | None
    components: tuple[BomComponent, ...]

    @cached_property
    def by_ref(self) -> dict[str, BomComponent]:
        """Reference -> component, the root included."""
        found = {component.ref: component for component in self.components if component.ref}
        return {**found, self.root.ref: self.root} if self.root and self.root.ref else found

    @cached_property
    def by_key(self) -> dict[str, list[BomComponent]]:
        """Package name -> components, in order."""
        found: dict[str, list[BomComponent]] = {}
        for component in self.components:
            found.setdefault(_key(component), []).append(component)
        return found

    def holding(self, package: str, version: str) -> tuple[BomComponent, ...]:
        """Return the components of a package and version, in order."""
        found = self.by_key.get(normalise(package), ())
        return tuple(component for component in found if same_version(component.version, version))

    def link(self, component: BomComponent) -> str:
        """Return the BOM-Link of a component: the reference is percent-encoded."""
        return f"urn:cdx:{self.uuid}/{self.version}#{quote(component.ref, safe='')}"


def read_bom(document: object) -> Bom:
    """Read the parts of a CycloneDX document that VEX needs.

    Args:
        document: The parsed JSON.
    Raises:
        UnexpectedShapeError: Of another format or major version, or broken; the message has the JSON path.
    """
    found = read_cyclonedx(document)
    refuse_faults(found.faults)
    return Bom(
        uuid=found.uuid,
        version=1 if found.version is None else found.version,
        author=found.manufacturer,
        root=found.root,
        components=found.components,
    )


def _key(component: BomComponent) -> str:
    """Return the PEP 503 name of a component's package."""
    found = purl_key(component.purl)
    return found.name if found and found.kind == "pypi" else normalise(component.name)
