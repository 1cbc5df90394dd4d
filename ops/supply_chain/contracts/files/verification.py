"""Input and result of verifying a release: `verification/1`.

These types are plain dataclasses and not contract structs, because the stand-alone verifier must start with
nothing but Python installed. They are written, never read back.

Source: SLSA 1.2, https://slsa.dev/spec/v1.2/verification_summary
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ops.supply_chain.contracts.values.weakening import setting_in_words
from ops.supply_chain.core.outcome import Outcome, worst

if TYPE_CHECKING:  # a msgspec type, which is there only where signatures can be verified
    from ops.supply_chain.contracts.values.verified_bundle import VerifiedBundle

SCHEMA = "verification/1"

REHEARSAL, UNSIGNED = "rehearsal", "unsigned"
"""Why a line is tolerated."""

VERIFIER_VERSION = "0.1.0"
"""Our version; a test compares it with the one in SBOMs."""


@dataclass(frozen=True, kw_only=True, slots=True)
class GivenFile:
    """A file of the given release: name, SHA-256, size in bytes."""

    name: str
    sha256: str
    size: int


@dataclass(frozen=True, kw_only=True, slots=True)
class BundleResult:
    """The result of checking one bundle.

    `proof` is None if it does not verify. `problem` says why it does not count: it does not verify, or its signer is
    not authorized; empty if it counts. `examined` is False if it could not be checked, `newer` is True if that is because of its newer format. `role` is the role of the
    published identity, `who` the cosign options that expect it.
    """

    proof: VerifiedBundle | None = None
    problem: str = ""
    examined: bool = True
    newer: bool = False
    role: str = ""
    who: str = ""

    @property
    def counts(self) -> bool:
        """Whether the bundle verifies and is by a published identity."""
        return self.proof is not None and self.examined and not self.problem


@dataclass(frozen=True, kw_only=True, slots=True)
class Signer:
    """The verified signer: `signed_at` is RFC 3339, `log_index` the position that the inclusion proof proves.

    For a signature with a key, `identity` is `key sha256:...` and `key_sha256` that digest. It may have no time and no
    log entry: `signed_at` is then empty, `log_index` -1.
    """

    identity: str
    issuer: str
    role: str
    signed_at: str
    log_index: int
    log_id: str
    certificate_sha256: str
    key_sha256: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """The result for one subject, usually a file. `command` lets the customer check the same.

    `outcome` is the result, whatever was requested. `tolerated` says why a line that did not pass does not keep the
    release from being accepted here; it never makes the line a pass.
    """

    subject: str
    outcome: Outcome
    message: str
    command: str = ""
    signer: Signer | None = None
    tolerated: str = ""

    @property
    def ruling(self) -> Outcome:
        """The outcome that decides: a pass if it is tolerated."""
        return Outcome.PASS if self.tolerated else self.outcome


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One named check; without lines nothing was examined."""

    code: str
    title: str
    lines: tuple[Line, ...]

    @property
    def outcome(self) -> Outcome:
        """The worst of its lines, tolerated or not."""
        return worst([line.outcome for line in self.lines])

    @property
    def ruling(self) -> Outcome:
        """The worst of its lines, not counting tolerated ones."""
        return worst([line.ruling for line in self.lines])


@dataclass(frozen=True, kw_only=True, slots=True)
class Level:
    """The SLSA Build level of the release and of each file; `reason` is a sentence."""

    build: int
    reason: str
    files: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class StatedWeakening:
    """A setting that made the release gate weaker than its default, as the verdict states it.

    `reason`, `date` and `until` are empty where it was not accepted.
    """

    setting: str
    default: str
    value: str
    reason: str = ""
    date: str = ""
    until: str = ""

    @property
    def in_words(self) -> str:
        """The setting as a clause."""
        return setting_in_words(self.setting, self.default, self.value, reason=self.reason, until=self.until)


@dataclass(frozen=True, kw_only=True, slots=True)
class Expectations:
    """The expectations that a release is compared with; an empty text is not compared.

    `allow_unsigned` and `rehearsal` tolerate an unsigned release and a rehearsal: what they tolerate is reported and
    is never a pass. `identity_ephemeral` is True if no signer is configured and the rehearsal's own identity is used
    instead. `root` and `root_sha256` are the origin and the digest of the trusted root. `private_root` is True if it
    is not the root of the public instance.
    `previous_sha256` is that of the previous release's provenance, `previous_given` whether one was given.
    `pending` are attestations that are about to be made: they are not examined. `bases` are the prefixes of the identifiers of build types and builders. `keys` are the SHA-256 of the authorized
    public keys, in the given order.
    """

    bases: tuple[str, ...]
    source_repository: str = ""
    source_commit: str = ""
    tag: str = ""
    allow_unsigned: bool = False
    rehearsal: bool = False
    root: str = ""
    root_sha256: str = ""
    private_root: bool = False
    rehearsal_root: bool = False
    identity_ephemeral: bool = False
    keys: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()
    previous_given: bool = False
    previous_sha256: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Further:
    """One bundle of further evidence: its file and position, its kind, and its result.

    `kind` is `github` or `pep740`; `problem` says why the file is malformed, `left_out` why it is not examined.
    """

    source: str
    kind: str
    answer: BundleResult
    problem: str = ""
    left_out: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Given:
    """A release with the results of its bundles and SBOMs, before the checks.

    `contents` are the bytes of its documents by name: archives and distributions are left out. `files` and
    `statements` are the results of the bundles over files and of the attestations, both by the bundle's name.
    `sbom_problems` are the inconsistencies of each SBOM, `schema_problems` the schema errors of each CycloneDX
    document; None if it could not be checked. `damage` says, for a distribution with another digest than the checksums
    have, which of its members differ.
    """

    files: dict[str, GivenFile]
    contents: dict[str, bytes]
    signatures: dict[str, BundleResult]
    statements: dict[str, BundleResult]
    sbom_problems: dict[str, tuple[str, ...] | None]
    schema_problems: dict[str, tuple[str, ...] | None] = field(default_factory=dict)
    further: tuple[Further, ...] = ()
    damage: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Verification:
    """The result of verifying a release.

    `component` and `version` are empty if the release does not state them. `signed` is True only if every file is
    signed by a published identity. `facts` are statements of the release that were not checked, in a fixed order.
    `weakened` are the settings that made its gate weaker than the default; None if its verdict does not record them.
    `properties` are those that its provenance states about the builds; they count only where the release verifies.
    """

    component: str
    version: str
    signed: bool
    rehearsal: bool
    checks: tuple[Check, ...]
    level: Level
    facts: dict[str, str]
    files: tuple[GivenFile, ...]
    notes: tuple[str, ...]
    weakened: tuple[StatedWeakening, ...] | None = None
    properties: tuple[str, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """The worst of the checks. Neither a rehearsal nor an unsigned release is ever a pass."""
        return worst([check.outcome for check in self.checks])

    @property
    def ruling(self) -> Outcome:
        """The outcome that decides the exit code: `outcome`, except for what `--rehearsal` or `--allow-unsigned` tolerates."""
        return worst([check.ruling for check in self.checks])

    @property
    def tolerated(self) -> tuple[Line, ...]:
        """The tolerated lines, in the order of the checks."""
        return tuple(line for check in self.checks for line in check.lines if line.tolerated)
