"""Data that the mirror shows; never serialised in this form."""

from __future__ import annotations

import re

import msgspec

from ops.supply_chain.contracts.config.mirror import MirrorConfig
from ops.supply_chain.contracts.config.signing import SigningIdentity
from ops.supply_chain.contracts.files.dependency_matrix import DependencyMatrix
from ops.supply_chain.contracts.files.manifest import Manifest, ManifestFile
from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.contracts.values.finding import Finding
from ops.supply_chain.formats.cause_lines import CauseText

SAFE = re.compile(r"(?!.*\.\.)[A-Za-z0-9](?:[A-Za-z0-9._+-]{0,198}[A-Za-z0-9])?")
"""Versions and file names that are safe as part of a path."""

_AS_THEY_ARE = (".json", ".txt", ".tar.gz", ".whl", ".zip", ".sig", ".crt", ".pyz")
"""Suffixes of files that are included under their own name: neither mkdocs nor a browser treats them as a page."""


class MirrorPackage(msgspec.Struct, frozen=True, kw_only=True):
    """One version of one package in an SBOM; a value that the SBOM does not give is empty."""

    name: str
    version: str
    licence: str
    producer: str


class MirrorRelease(msgspec.Struct, frozen=True, kw_only=True):
    """One intact retained release.

    `decision` is the policy's; `passed` of its `rules` passed. `commit`, `source` and `builder` come from the
    provenance. `causes` are the root causes of its findings and denials; they are known where the decision is. `packages` are sorted by name and version, None where no SBOM could be read. `unread` has one
    sentence for each thing that could not be shown. `commands` verify the release, run in its folder.
    """

    manifest: Manifest
    manifest_sha256: str
    rehearsal: bool = False
    decision: str = ""
    passed: int = 0
    rules: int = 0
    records: tuple[Record, ...] = ()
    causes: tuple[CauseText, ...] = ()
    commit: str = ""
    source: str = ""
    builder: str = ""
    packages: tuple[MirrorPackage, ...] | None = None
    commands: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def version(self) -> str:
        """The version, `V`."""
        return self.manifest.version

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings of its gates, waived or open."""
        return tuple(finding for record in self.records for finding in record.findings)


class MirrorScan(msgspec.Struct, frozen=True, kw_only=True):
    """The last scan that is kept: when it began, what it examined, its records, its root causes, how it compares with the one before.

    `problem` is the reason, as a clause, where there is none that could be read; the others are then empty. `missing` are the gates
    of a scan that left no record in it: of what they examine nothing is known.
    """

    started: str = ""
    version: str = ""
    records: tuple[Record, ...] = ()
    causes: tuple[CauseText, ...] = ()
    compared: str = ""
    missing: tuple[str, ...] = ()
    problem: str = ""


class MirrorWaiver(msgspec.Struct, frozen=True, kw_only=True):
    """One waiver in the project's configuration."""

    id: str
    package: str
    owner: str
    reason: str
    justification: str
    begins: str
    ends: str
    link: str


class Mirror(msgspec.Struct, frozen=True, kw_only=True):
    """The content of the mirror.

    `releases` are the intact ones, newest first, never empty. `damaged` are sentences about the others. `files_at`
    is the base address of released files; `scan` is what is known since the newest release; empty includes them in the mirror. `ledger` is set where the ledger of
    first sightings is included. `malformed` are sentences about malformed waivers.
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
    scan: MirrorScan
    files_at: str = ""
    ledger: bool = False

    @property
    def newest(self) -> MirrorRelease:
        """The release that the start page describes."""
        return self.releases[0]


def enclosed_name(file: ManifestFile) -> str:
    """Return the name under which a file is included; empty where its own name is not safe in a path."""
    if not SAFE.fullmatch(file.name):
        return ""
    return file.name if file.name.endswith(_AS_THEY_ARE) else f"{file.name}.txt"
