"""Everything that a document is made from, as one value."""

from __future__ import annotations

from datetime import date as Day  # noqa: N812 - a field is called date

import msgspec

from ops.supply_chain.contracts.config.file import Config
from ops.supply_chain.contracts.config.signing import SigningIdentity
from ops.supply_chain.contracts.files.claims import ClaimsReport


class DeferredCve(msgspec.Struct, frozen=True, kw_only=True):
    """A finding that is known and accepted until the end of a day; all texts are as somebody wrote them."""

    id: str
    package: str
    versions: str
    reason: str
    since: Day
    until: Day
    justification: str = ""


class VerifyCommands(msgspec.Struct, frozen=True, kw_only=True):
    """How a customer checks the release that the document tells of: command lines with its real names.

    Each is empty where there is nothing of the kind to check.
    """

    checksums: tuple[str, ...] = ()
    signatures: tuple[str, ...] = ()
    pipeline: tuple[str, ...] = ()
    reproduction: tuple[str, ...] = ()
    affected: tuple[str, ...] = ()


class DescribedFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file of the release, and what a customer gets from it; `signed` where a bundle lies beside it."""

    name: str
    meaning: str
    signed: bool
    sbom: bool


class DocumentFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Values for documents.

    `files` are those of the release that `claims.source` names, sorted by name and signatures left out; empty
    where there is none. `retained_until` is the last day on which it is kept, empty likewise. `identities` are
    the configured ones. `licence` is the project's SPDX expression or empty. `deferred` holds today.
    """

    component: str
    config: Config
    claims: ClaimsReport
    today: Day
    identities: tuple[SigningIdentity, ...] = ()
    deferred: tuple[DeferredCve, ...] = ()
    files: tuple[DescribedFile, ...] = ()
    commands: VerifyCommands = VerifyCommands()
    retained_until: str = ""
    licence: str = ""

    @property
    def released(self) -> bool:
        """Whether there is a release, and not a rehearsal only."""
        return self.claims.source is not None and not self.claims.source.rehearsal

    @property
    def rehearsed(self) -> bool:
        """Whether there is a rehearsal, and no release."""
        return self.claims.source is not None and self.claims.source.rehearsal

    @property
    def subject(self) -> str:
        """What the evidence is of, in words: `release NAME VERSION`, `rehearsal NAME VERSION`."""
        source = self.claims.source
        if source is None:
            return ""
        return f"{'rehearsal' if source.rehearsal else 'release'} {source.component} {source.version}"
