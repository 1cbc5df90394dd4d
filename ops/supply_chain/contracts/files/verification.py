"""What verifying a release is asked, and what it answers: `verification/1`.

These types are plain dataclasses and not contract structs, because the stand-alone verifier has to start where
nothing but Python is installed. They are written, never read back.

Source: issue "Sign, rehearse, verify, publish", deliverable 4; SLSA 1.2, https://slsa.dev/spec/v1.2/verification_summary
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ops.supply_chain.core.outcome import Outcome, worst

if TYPE_CHECKING:  # a msgspec type, which is there only where signatures can be verified
    from ops.supply_chain.contracts.values.verified_bundle import VerifiedBundle

SCHEMA = "verification/1"

REHEARSAL, UNSIGNED = "rehearsal", "unsigned"
"""Why a line is tolerated."""

KEPT_SUFFIXES = {
    "verification.json": "-verification.json",
    "verification.md": "-verification.md",
    "vsa.json": "-verification.vsa.json",
}
"""What a release's own maker found when verifying it: name in `dist/verification/` -> end of its name, after
`N-V`, in the folder of the retained release. Not signed, and no part of the release."""

VERIFIER_VERSION = "0.1.0"
"""Our version; a test holds it to the one that SBOMs name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class GivenFile:
    """A file of the release that was given: name, SHA-256, size in bytes."""

    name: str
    sha256: str
    size: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What came of looking at one bundle.

    `proof` is None where it does not verify. `problem` says why it does not count: it does not verify, or its
    signer is nobody whom we were told to trust; empty where it counts. `examined` is False where nobody could
    look. `role` is the published identity's, `who` how cosign is told to expect it.
    """

    proof: VerifiedBundle | None = None
    problem: str = ""
    examined: bool = True
    role: str = ""
    who: str = ""

    @property
    def counts(self) -> bool:
        """Whether the bundle verifies and is by a published identity."""
        return self.proof is not None and self.examined and not self.problem


@dataclass(frozen=True, kw_only=True, slots=True)
class Signer:
    """Who signed, as proved: `signed_at` is RFC 3339, `log_index` the place that the inclusion proof proves.

    Of a signature by a key, `identity` is `key sha256:...` and `key_sha256` that digest. It may have no time and no
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
    """One thing that was looked at: usually a file. `command` lets the customer look at the same.

    `outcome` is what was found, whatever was asked for. `tolerated` says why a line that is not a pass does not
    keep the release from being accepted here; it never makes the line a pass.
    """

    subject: str
    outcome: Outcome
    message: str
    command: str = ""
    signer: Signer | None = None
    tolerated: str = ""

    @property
    def ruling(self) -> Outcome:
        """The outcome as far as it decides: a pass where it is tolerated."""
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
        """The worst of its lines, those that are tolerated left out of account."""
        return worst([line.ruling for line in self.lines])


@dataclass(frozen=True, kw_only=True, slots=True)
class Level:
    """The SLSA Build level that was shown: of the release, and of each file; `reason` is a sentence."""

    build: int
    reason: str
    files: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Expectations:
    """What the release is held against; an empty text is not held against anything.

    `allow_unsigned` and `rehearsal` tolerate a release without any signature, and a rehearsal: what they
    tolerate is told as it is, and is never a pass. `identity_made_up` says that nobody is configured who may sign,
    and that a rehearsal's own name stands in. `root` is what signatures were held against: where it is
    from and its SHA-256. `private_root` says that it is not the public instance's.
    `previous_sha256` is that of the previous release's provenance, `previous_given` says whether one was given.
    `bases` are what identifiers of build types and builders begin with. `keys` are the SHA-256 of the public keys
    that may sign, in the order in which they were given.
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
    identity_made_up: bool = False
    keys: tuple[str, ...] = ()
    previous_given: bool = False
    previous_sha256: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Further:
    """One bundle of further evidence: where it stands in which file, its kind, and what came of looking at it.

    `kind` is `github` or `pep740`; `problem` says why the file makes no sense.
    """

    source: str
    kind: str
    answer: Answer
    problem: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Given:
    """A release and everything that was found out about it before it is judged.

    `contents` are the bytes of its documents by name: archives and distributions are left out. `files` and
    `statements` answer for the bundles over files and for the attestations, both by the bundle's name.
    `sbom_problems` says per SBOM what does not hold together in it, `schema_problems` per CycloneDX document what
    its schema refuses; None where nobody could look.
    """

    files: dict[str, GivenFile]
    contents: dict[str, bytes]
    signatures: dict[str, Answer]
    statements: dict[str, Answer]
    sbom_problems: dict[str, tuple[str, ...] | None]
    schema_problems: dict[str, tuple[str, ...] | None] = field(default_factory=dict)
    further: tuple[Further, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Verification:
    """The whole answer.

    `component` and `version` are empty where the release does not tell. `signed` is True only where every file
    is signed by a published identity. `facts` are what the release states and nobody was asked to check, in a
    fixed order.
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

    @property
    def outcome(self) -> Outcome:
        """What was found: the worst of the checks. A rehearsal is never a pass, nor is a release without signatures."""
        return worst([check.outcome for check in self.checks])

    @property
    def ruling(self) -> Outcome:
        """What decides the exit code: as `outcome`, save for what `--rehearsal` or `--allow-unsigned` tolerates."""
        return worst([check.ruling for check in self.checks])

    @property
    def tolerated(self) -> tuple[Line, ...]:
        """The lines that are tolerated, in the order of the checks."""
        return tuple(line for check in self.checks for line in check.lines if line.tolerated)
