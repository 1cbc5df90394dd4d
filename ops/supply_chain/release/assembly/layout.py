"""Under which names the files of `dist/` are released: one flat set, `N-V-*`.

With conventional names, the provenance and the SBOMs of distributions have no prefix (contracts/values/release_naming.py).
Distributions keep the names that the packaging standards give them. What is not named here is not
released: per-lock SBOMs travel inside the evidence archive, the verdict inside the gate file.

Source: docs/architecture.md
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from ops.supply_chain.contracts.values.release_naming import (
    CONVENTIONAL_PROVENANCE,
    CONVENTIONAL_SBOM,
    KEPT_SUFFIXES,
    ReleaseNaming,
    provenance_name,
)
from ops.supply_chain.contracts.values.signature_names import (
    BUNDLE_SUFFIXES,
    PUBLISH_SUFFIX,
    TRUSTED_ROOT_SUFFIX,
    is_signature,
)
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.errors import OutputError

RELEASED_FOLDERS = ("sbom", "evidence", "packages", "vex", "verifier", "tests")
"""Folders of `dist/` whose files, not their subfolders, are released."""

GATE_SOURCE = "verdict/gate.json"
PROVENANCE_SOURCE = "provenance/provenance.json"
CHECKSUMS_SOURCE = "checksums.txt"
VERIFIER_SOURCE = "verifier/sealwright-verify.pyz"

_SAFE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._+-]{0,198}[A-Za-z0-9])?")
_CYCLONEDX = re.compile(r"sbom(?P<version>(?:\.[0-9]+)*)\.json")
_MEDIA_TYPES = (
    (".cdx.json", "application/vnd.cyclonedx+json"),
    (".spdx.json", "application/spdx+json"),
    (".spdx3.json", "application/spdx+json"),
    (".intoto.json", "application/vnd.in-toto+json"),
    (CONVENTIONAL_PROVENANCE, "application/vnd.in-toto+json"),
    *((suffix, "application/vnd.dev.sigstore.bundle.v0.3+json") for suffix in BUNDLE_SUFFIXES),
    (TRUSTED_ROOT_SUFFIX, "application/vnd.dev.sigstore.trustedroot+json;version=0.1"),
    (PUBLISH_SUFFIX, "application/json"),
    (".sig", "text/plain"),
    (".crt", "application/x-pem-file"),
    (".json", "application/json"),
    (".tar.gz", "application/gzip"),
    (".whl", "application/zip"),
    (".zip", "application/zip"),
    (".pyz", "application/zip"),
    (".txt", "text/plain"),
    (".md", "text/markdown"),
)


class ReleaseFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of `dist/` (`source`, relative, with `/`) and the name it is released under."""

    source: str
    name: str


def lay_out(sources: Iterable[str], component: str, version: str, naming: ReleaseNaming) -> tuple[ReleaseFile, ...]:
    """Name each file of a release, save provenance and checksums, which describe the others.

    Args:
        sources: Files of the released folders and the gate file, relative to `dist/`; any order.
        component: N.
        version: V.
        naming: How the release names its files.
    Returns:
        Sorted by name.
    Raises:
        OutputError: A name that cannot be released, two of the same name in some file system, or a
            release without SBOM, archive or gate file.
    """
    files = [ReleaseFile(source=source, name=_name(source, component, version, naming)) for source in sources]
    files.sort(key=lambda file: file.name)
    _require(files, component, version)
    later = (
        provenance_name(component, version, naming),
        checksums_name(component, version),
        *report_names(component, version).values(),
    )
    taken = {*(name.lower() for name in later), "manifest.json"}
    for file in files:
        if file.name.lower() in taken:
            raise OutputError(f"dist/{file.source}: its release name {file.name} is taken")
        taken.add(file.name.lower())
    return tuple(files)


def gate_name(component: str, version: str) -> str:
    """Return the released name of verdict and records."""
    return f"{component}-{version}-gate.json"


def checksums_name(component: str, version: str) -> str:
    """Return the released name of the checksums."""
    return f"{component}-{version}-checksums.txt"


def report_names(component: str, version: str) -> dict[str, str]:
    """Return the names under which the verification reports lie beside a retained release: in dist -> retained."""
    return {name: f"{component}-{version}{suffix}" for name, suffix in KEPT_SUFFIXES.items()}


def media_type_of(name: str) -> str:
    """Return the media type of a released file, by its name."""
    return next((kind for suffix, kind in _MEDIA_TYPES if name.endswith(suffix)), "application/octet-stream")


def _name(source: str, component: str, version: str, naming: ReleaseNaming) -> str:
    folder = source.rpartition("/")[0]
    name = gate_name(component, version) if source == GATE_SOURCE else _renamed(source, component, version, naming)
    if folder not in RELEASED_FOLDERS and source != GATE_SOURCE:
        raise OutputError(f"dist/{source}: is no part of a release")
    if not _SAFE.fullmatch(name) or ".." in name or is_signature(name):
        raise OutputError(f"dist/{source}: cannot be released under the name {name!r}")
    return name


def _renamed(source: str, component: str, version: str, naming: ReleaseNaming) -> str:
    folder, _, written = source.rpartition("/")
    ours = f"{component}-{version}-"
    if folder == "packages" or source == VERIFIER_SOURCE or (folder == "evidence" and written.startswith(ours)):
        return written
    cyclonedx = _CYCLONEDX.fullmatch(written.removeprefix(f"{component}-")) if folder == "sbom" else None
    if cyclonedx and written.startswith(f"{component}-"):
        return f"{ours}sbom{cyclonedx['version']}.cdx.json"
    if folder == "vex" and written.startswith(f"{component}."):
        return f"{ours}vex{written.removeprefix(component).removeprefix('.vex')}"
    is_conventional = naming is ReleaseNaming.CONVENTIONAL and folder == "sbom" and written.startswith(f"{component}-")
    if is_conventional and CONVENTIONAL_SBOM.fullmatch(written.removeprefix(f"{component}-")):
        return written.removeprefix(f"{component}-")
    if folder not in ("evidence", "verifier") and written.startswith(f"{component}-"):
        return ours + written.removeprefix(f"{component}-")
    raise OutputError(
        f"dist/{folder}/{written}: is not named after {component} {version}",
        hint="This pipeline does not write it: remove it from dist/, or run the release again.",
    )


def _require(files: list[ReleaseFile], component: str, version: str) -> None:
    names = {file.name for file in files}
    archives = {f"{component}-{version}-{what}.tar.gz" for what in ("evidence", "source")}
    missing = []
    if not any(name.startswith(f"{component}-{version}-sbom.") for name in names):
        missing.append("the SBOM")
    if not names & archives:
        missing.append("the evidence or source archive")
    if gate_name(component, version) not in names:
        missing.append("verdict and records")
    if missing:
        raise OutputError(
            f"dist/: {', '.join(missing)} of {component} {version} not there",
            hint=f"Run the whole release again: {command('release')}.",
        )
