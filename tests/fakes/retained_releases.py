"""Retained releases of a component, with an SBOM each, as `retain_artifacts` leaves them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from ops.supply_chain.adapters.files.artifact_store import ArtifactStore
from ops.supply_chain.contracts.files.manifest import Manifest, ManifestFile, PreviousRelease
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.release.retention.rules import build_manifest


class RetainedReleases:
    """The releases of one component in a store; each has an SBOM, provenance and checksums.

    Args:
        artifacts: The folder of retained artifacts.
        component: Its name.
    """

    def __init__(self, artifacts: Path, component: str = "thing") -> None:
        self.artifacts, self.component = artifacts, component
        self._last: tuple[int, PreviousRelease] | None = None

    def add(
        self,
        version: str,
        pins: Mapping[str, str],
        *,
        day: date = date(2026, 10, 1),
        others: Sequence[Mapping[str, Any]] = (),
        purl: str = "",
    ) -> Manifest:
        """Retain a release that contains some packages (name -> version) and other components; `purl` is its own."""
        files = {
            f"{self.component}-{version}-sbom.cdx.json": sbom(self.component, version, pins, others, purl=purl),
            f"{self.component}-{version}-provenance.intoto.json": b"{}",
            f"{self.component}-{version}-checksums.txt": b"x",
        }
        scratch = self.artifacts.parent / "to-retain"
        scratch.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            (scratch / name).write_bytes(data)
        moment = datetime.combine(day, time(12), UTC)
        manifest = build_manifest(
            [
                ManifestFile(name=name, sha256=sha256_bytes(data), size=len(data), media_type="application/json")
                for name, data in files.items()
            ],
            component=self.component,
            version=version,
            created=f"{day}T00:00:00Z",
            now=moment,
            until=date(2036, 1, 1),
            last=self._last,
        )
        ArtifactStore(self.artifacts).retain(manifest, {name: scratch / name for name in files})
        written = self.path(version, "manifest.json").read_bytes()
        self._last = (manifest.sequence, PreviousRelease(version=version, manifest_sha256=sha256_bytes(written)))
        return manifest

    def path(self, version: str, name: str) -> Path:
        """Return a file of a release."""
        return self.artifacts / "supply-chain" / self.component / version / name

    def sbom_path(self, version: str) -> Path:
        """Return the SBOM of a release."""
        return self.path(version, f"{self.component}-{version}-sbom.cdx.json")


def other(purl: str, *, name: str = "x", wheel: str = "") -> dict[str, Any]:
    """Return a component by its package URL, which may be empty; inside a wheel where one is given."""
    properties = [{"name": "sealwright:bundled-in", "value": wheel}] if wheel else []
    fields = {"type": "library", "name": name, "purl": purl, "properties": properties}
    return {key: value for key, value in fields.items() if value}


def sbom(
    component: str,
    version: str,
    pins: Mapping[str, str],
    others: Sequence[Mapping[str, Any]] = (),
    *,
    purl: str = "",
) -> bytes:
    """Make a CycloneDX document that lists packages of PyPI, and other components."""
    own = {"purl": purl} if purl else {}
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {"type": "application", "bom-ref": "root", "name": component, "version": version, **own}
        },
        "components": [
            {
                "type": "library",
                "bom-ref": f"pkg:pypi/{name}@{number}",
                "name": name,
                "version": number,
                "purl": f"pkg:pypi/{name}@{number}",
            }
            for name, number in pins.items()
        ]
        + [*others],
    }
    return json.dumps(document).encode()
