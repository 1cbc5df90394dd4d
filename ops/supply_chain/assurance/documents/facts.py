"""The values that documents are rendered from."""

from __future__ import annotations

from datetime import date as Day  # noqa: N812 - a field is called date
from typing import NamedTuple

import msgspec

from ops.supply_chain.contracts.config.file import Config
from ops.supply_chain.contracts.config.signing import SigningIdentity
from ops.supply_chain.contracts.files.claims import ClaimsReport


class DeferredCve(msgspec.Struct, frozen=True, kw_only=True):
    """A known finding, accepted until the end of a day; all texts are untrusted."""

    id: str
    package: str
    versions: str
    reason: str
    since: Day
    until: Day
    justification: str = ""


class Example(NamedTuple):
    """A package of the release for the worked example: its PEP 503 name and its only version; untrusted."""

    name: str
    version: str


class VerifyCommands(msgspec.Struct, frozen=True, kw_only=True):
    """Command lines with which a customer verifies the release, with its real file names.

    Each is empty where the release has nothing of the kind to check. `signatures` has every file and attestation;
    `signed_checksums` and `attested` are those of the checksums file and of the provenance alone. `example` is the first
    of `affected`, for the package of the worked example.
    """

    checksums: tuple[str, ...] = ()
    signatures: tuple[str, ...] = ()
    signed_checksums: tuple[str, ...] = ()
    attested: tuple[str, ...] = ()
    traced: tuple[str, ...] = ()
    published: tuple[str, ...] = ()
    pipeline: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    reproduction: tuple[str, ...] = ()
    affected: tuple[str, ...] = ()
    example: tuple[str, ...] = ()


class DescribedFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file of the release and its use to a customer; `signed` where the release has a bundle for it."""

    name: str
    meaning: str
    signed: bool
    sbom: bool


class DocumentFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Values for documents.

    `files` are those of the release that `claims.source` names, sorted by name, without signatures; empty where
    there is none. `assets` are the names of all files of the release, signatures included; None where there is none. `retained_until` is the last day of its retention, or empty. `identities` are the configured
    ones. `licence` is the project's SPDX expression or empty. `deferred` are the waivers in force today.
    `example` is None where the release has no package for it.
    """

    component: str
    config: Config
    claims: ClaimsReport
    today: Day
    identities: tuple[SigningIdentity, ...] = ()
    deferred: tuple[DeferredCve, ...] = ()
    files: tuple[DescribedFile, ...] = ()
    assets: tuple[str, ...] | None = None
    commands: VerifyCommands = VerifyCommands()
    retained_until: str = ""
    licence: str = ""
    example: Example | None = None

    @property
    def released(self) -> bool:
        """Whether there is a release, not only a rehearsal."""
        return self.claims.source is not None and not self.claims.source.rehearsal

    @property
    def rehearsed(self) -> bool:
        """Whether there is only a rehearsal."""
        return self.claims.source is not None and self.claims.source.rehearsal

    @property
    def subject(self) -> str:
        """The subject of the evidence: `release NAME VERSION`, `rehearsal NAME VERSION`, or empty."""
        source = self.claims.source
        if source is None:
            return ""
        return f"{'rehearsal' if source.rehearsal else 'release'} {source.component} {source.version}"
