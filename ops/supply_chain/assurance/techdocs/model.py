"""What the mirror shows, as it was read; never written as such."""

from __future__ import annotations

import re

import msgspec

from ops.supply_chain.contracts.config.mirror import MirrorConfig
from ops.supply_chain.contracts.config.signing import SigningIdentity
from ops.supply_chain.contracts.files.dependency_matrix import DependencyMatrix
from ops.supply_chain.contracts.files.manifest import Manifest, ManifestFile
from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.contracts.values.finding import Finding

SAFE = re.compile(r"(?!.*\.\.)[A-Za-z0-9](?:[A-Za-z0-9._+-]{0,198}[A-Za-z0-9])?")
"""Names of versions and files that may become part of a path."""

_AS_THEY_ARE = (".json", ".txt", ".tar.gz", ".whl", ".zip", ".sig", ".crt", ".pyz")
"""Ends of names under which a file may be enclosed: neither mkdocs nor a browser takes them for a page."""


class MirrorPackage(msgspec.Struct, frozen=True, kw_only=True):
    """One version of one package, as an SBOM tells it; what it does not tell is empty."""

    name: str
    version: str
    licence: str
    producer: str


class MirrorRelease(msgspec.Struct, frozen=True, kw_only=True):
    """One intact retained release.

    `decision` is the policy's, with how many of its `rules` `passed`. `commit`, `source` and `builder` are what the
    provenance says. `packages` are sorted by name and version, None where no SBOM could be read. `unread` says, a
    sentence each, what could not be shown. `commands` verify it, in its folder.
    """

    manifest: Manifest
    manifest_sha256: str
    rehearsal: bool = False
    decision: str = ""
    passed: int = 0
    rules: int = 0
    records: tuple[Record, ...] = ()
    commit: str = ""
    source: str = ""
    builder: str = ""
    packages: tuple[MirrorPackage, ...] | None = None
    commands: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def version(self) -> str:
        """V."""
        return self.manifest.version

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What its gates found, waived or not."""
        return tuple(finding for record in self.records for finding in record.findings)


class MirrorWaiver(msgspec.Struct, frozen=True, kw_only=True):
    """A waiver of the project's configuration."""

    id: str
    package: str
    owner: str
    reason: str
    justification: str
    begins: str
    ends: str
    link: str


class Mirror(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is mirrored.

    `releases` are the intact ones, newest first, never empty. `damaged` are sentences about the others. `files_at`
    is the address below which released files lie; empty encloses them. `ledger` says that the ledger of first
    sightings is enclosed. `malformed` are sentences about waivers that nobody understood.
    """

    component: str
    description: str
    config: MirrorConfig
    releases: tuple[MirrorRelease, ...]
    damaged: tuple[str, ...]
    waivers: tuple[MirrorWaiver, ...]
    malformed: tuple[str, ...]
    identities: tuple[SigningIdentity, ...]
    matrix: DependencyMatrix
    files_at: str = ""
    ledger: bool = False

    @property
    def newest(self) -> MirrorRelease:
        """The release that the start page speaks of."""
        return self.releases[0]


def enclosed_name(file: ManifestFile) -> str:
    """Return under which name a file is enclosed, empty where its own name cannot be part of a path."""
    if not SAFE.fullmatch(file.name):
        return ""
    return file.name if file.name.endswith(_AS_THEY_ARE) else f"{file.name}.txt"
