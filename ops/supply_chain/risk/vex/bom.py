"""What a CycloneDX BOM lists, as far as VEX refers to it, and BOM-Links.

Source: CycloneDX 1.6, `bomLinkElementType`; https://cyclonedx.org/capabilities/bomlink/
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from urllib.parse import quote, unquote

import msgspec

from ops.supply_chain.core.names import normalise
from ops.supply_chain.formats.json_reader import Node
from ops.supply_chain.risk.vex.packages import purl_key, same_version

_SERIAL = re.compile(r"urn:uuid:(?P<uuid>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
_SPEC_VERSION = re.compile(r"1\.[0-9]+")
_LINK = re.compile(r"urn:cdx:(?P<uuid>[0-9A-Fa-f-]{36})/(?P<version>[0-9]+)#(?P<ref>.+)")


class BomComponent(msgspec.Struct, frozen=True, kw_only=True):
    """A component: its reference, name and version as written, and purl, empty where it has none."""

    ref: str
    name: str
    version: str
    purl: str

    @property
    def key(self) -> str:
        """Its package name in PEP 503 form."""
        found = purl_key(self.purl)
        return found.name if found and found.kind == "pypi" else normalise(self.name)


class Bom(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A BOM. `uuid` is empty where it has no serial number, `root` None where it describes nothing."""

    uuid: str
    version: int
    author: str
    root: BomComponent | None
    components: tuple[BomComponent, ...]

    @cached_property
    def by_ref(self) -> dict[str, BomComponent]:
        """Reference -> component, the root included."""
        found = {one.ref: one for one in self.components if one.ref}
        return {**found, self.root.ref: self.root} if self.root and self.root.ref else found

    @cached_property
    def by_key(self) -> dict[str, list[BomComponent]]:
        """Package name -> components, in order."""
        found: dict[str, list[BomComponent]] = {}
        for one in self.components:
            found.setdefault(one.key, []).append(one)
        return found

    def holding(self, package: str, version: str) -> tuple[BomComponent, ...]:
        """Return the components of a package and version, in order."""
        return tuple(one for one in self.by_key.get(normalise(package), ()) if same_version(one.version, version))

    def link(self, component: BomComponent) -> str:
        """Return the BOM-Link of a component: the reference is percent-encoded."""
        return f"urn:cdx:{self.uuid}/{self.version}#{quote(component.ref, safe='')}"


def read_bom(root: Node) -> Bom:
    """Read what VEX needs of a CycloneDX document.

    Raises:
        UnexpectedShapeError: Of another format or major version, or broken; the message has the JSON path.
    """
    version = root["specVersion"]
    if not _SPEC_VERSION.fullmatch(version.text()):
        raise version.broken(f"expected CycloneDX 1.x, found {version.text()!r}")
    metadata = root.get("metadata")
    described = metadata.get("component") if metadata else None
    serial = _SERIAL.fullmatch(root.text_of("serialNumber").lower())
    return Bom(
        uuid=serial["uuid"] if serial else "",
        version=_number(root.get("version")),
        author=_author(metadata),
        root=_component(described) if described else None,
        components=tuple(_walk(root.rows_of("components"))),
    )


def split_link(text: str) -> tuple[str, int, str] | None:
    """Read a BOM-Link to an element: (UUID, version, reference); None for what is none."""
    found = _LINK.fullmatch(text)
    return (found["uuid"].lower(), int(found["version"]), unquote(found["ref"])) if found else None


def _walk(nodes: list[Node]) -> Iterator[BomComponent]:
    waiting = list(reversed(nodes))
    while waiting:
        node = waiting.pop()
        yield _component(node)
        waiting += reversed(node.rows_of("components"))


def _component(node: Node) -> BomComponent:
    return BomComponent(
        ref=node.text_of("bom-ref"),
        name=node["name"].text(),
        version=node.text_of("version"),
        purl=node.text_of("purl"),
    )


def _author(metadata: Node | None) -> str:
    maker = metadata.get("manufacturer") if metadata else None
    return maker.text_of("name") if maker else ""


def _number(node: Node | None) -> int:
    if node is None:
        return 1
    if not isinstance(node.value, int) or isinstance(node.value, bool) or node.value < 1:
        raise node.broken(f"expected a number from 1, found {node.value!r}")
    return node.value
