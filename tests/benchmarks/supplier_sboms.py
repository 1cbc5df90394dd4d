"""Generated SBOMs of suppliers, the same each time: documents that share a pool of components, as real ones do."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from ops.supply_chain.adapters.registry.address import RegistryAddress, registry_address
from ops.supply_chain.adapters.registry.writer import RegistryWriter
from ops.supply_chain.contracts.values.registry import (
    DocumentKind,
    IntakeDecision,
    PackageName,
    RegisteredComponent,
    RegisteredDocument,
    RegistryEntry,
)
from ops.supply_chain.core.digests import sha256_bytes

SEED = 20261129
COMPONENTS = 300
"""Of one document."""

DISTINCT = 20_000
"""Components (package and version) from which all documents are drawn."""

VERSIONS = 4
"""Versions of each package."""

SUPPLIER = "Supplier"
BATCH = 50

_TYPES = ("pypi", "npm", "npm", "maven", "golang", "nuget", "cargo", "deb")
_NAMESPACES = {"maven": "org.example", "golang": "github.com/example", "deb": "debian"}
_LICENCES = ("MIT", "Apache-2.0", "BSD-3-Clause", "ISC", "MPL-2.0", "GPL-2.0-only")


class Part(NamedTuple):
    """A component: its package and its version."""

    package: PackageName
    version: str

    @property
    def purl(self) -> str:
        """The package URL."""
        path = "/".join(filter(None, (self.package.type, self.package.namespace, self.package.name)))
        return f"pkg:{path}@{self.version}"


def pool(distinct: int = DISTINCT) -> list[Part]:
    """Return all components that documents are drawn from."""
    return [_part(number) for number in range(distinct)]


def drawn(documents: int, components: int = COMPONENTS, distinct: int = DISTINCT) -> Iterator[list[Part]]:
    """Yield the components of each document."""
    chance, parts = random.Random(SEED), pool(distinct)  # noqa: S311 - made-up data, the same each time
    for _ in range(documents):
        yield chance.sample(parts, components)


def sbom(number: int, parts: list[Part], *, digests: bool = False) -> bytes:
    """Return a document in CycloneDX 1.6: each component with a licence and, if asked for, a digest; a graph over them."""
    product = f"pkg:generic/product-{number}"
    root = {"type": "application", "bom-ref": "product", "name": f"product-{number}", "version": "1.0"}
    document: dict[str, Any] = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": "2026-11-28T00:00:00Z",
            "supplier": {"name": SUPPLIER},
            "component": {**root, "purl": f"{product}@1.0"},
        },
        "components": [_component(part, digests=digests) for part in parts],
        "dependencies": [
            {"ref": "product", "dependsOn": [part.purl for part in parts[:10]]},
            *({"ref": part.purl, "dependsOn": [other.purl]} for part, other in itertools.pairwise(parts)),
        ],
    }
    return json.dumps(document).encode()


def write_sboms(
    folder: Path, documents: int, *, components: int = COMPONENTS, distinct: int = DISTINCT, digests: bool = False
) -> None:
    """Write documents into a folder that is made, `product-00000.cdx.json` and so on."""
    folder.mkdir(parents=True)
    for number, parts in enumerate(drawn(documents, components, distinct)):
        (folder / f"product-{number:05d}.cdx.json").write_bytes(sbom(number, parts, digests=digests))


def fill_registry(
    artifacts: Path, documents: int, *, components: int = COMPONENTS, distinct: int = DISTINCT, url: str = ""
) -> RegistryAddress:
    """Register documents as accepted, without the stage and without their bytes; return where.

    Args:
        artifacts: The folder of retained artifacts, for the file.
        documents: How many.
        components: Of each.
        distinct: The size of the pool.
        url: Of a PostgreSQL server; empty for the file.
    """
    address = registry_address(artifacts, url=url)
    batch: list[RegistryEntry] = []
    with RegistryWriter(address) as writer:
        for number, parts in enumerate(drawn(documents, components, distinct)):
            batch.append(_entry(number, parts))
            if len(batch) == BATCH:
                writer.ingest(batch)
                batch = []
        writer.ingest(batch)
    return address


def _part(number: int) -> Part:
    package, version = divmod(number, VERSIONS)
    kind = _TYPES[package % len(_TYPES)]
    name = PackageName(kind, _NAMESPACES.get(kind, ""), f"package-{package:05d}")
    text = f"{package % 9}.{version}.{package % 17}"
    return Part(name, f"v{text}" if kind == "golang" else text)


def _component(part: Part, *, digests: bool) -> dict[str, Any]:
    digest = sha256_bytes(part.purl.encode())
    hashes = {"hashes": [{"alg": "SHA-256", "content": digest}]} if digests else {}
    return {
        "type": "library",
        "bom-ref": part.purl,
        "name": part.package.name,
        "version": part.version,
        "purl": part.purl,
        **hashes,
        "licenses": [{"license": {"id": _LICENCES[int(digest[0], 16) % len(_LICENCES)]}}],
    }


def _entry(number: int, parts: list[Part]) -> RegistryEntry:
    document = RegisteredDocument(
        digest=sha256_bytes(f"document {number}".encode()),
        kind=DocumentKind.SBOM,
        format="CycloneDX 1.6",
        supplier=SUPPLIER,
        product=f"pkg:generic/product-{number}",
        product_version="1.0",
        ingested="2026-11-29T00:00:00Z",
        stated="2026-11-28T00:00:00Z",
        decision=IntakeDecision.ACCEPTED,
        name=f"product-{number:05d}.cdx.json",
        size=100_000,
    )
    listed = (RegisteredComponent(place, part.package, part.version) for place, part in enumerate(parts, 1))
    return RegistryEntry(document=document, components=tuple(listed))
