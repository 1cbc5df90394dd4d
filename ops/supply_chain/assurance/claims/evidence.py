"""What was found out about a retained release and its project, as the rules of `policy/claims` see it.

Each value was read or verified in this run; the rules alone decide whether it supports a claim.
Every default says that nothing was shown, so that what could not be read supports nothing. Counts of -1 mean
that nobody said. These types are the engine's input: a field's name is what a rule reads.
"""

from __future__ import annotations

from typing import Any

import msgspec

from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.contracts.files.claims import EvidenceSource

UNSAID = -1
"""A number that nobody gave."""


class _Facts(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all of these."""


class FindingTally(_Facts, frozen=True, kw_only=True):
    """How many findings of one code stand, and how many are waived."""

    open: int = 0
    waived: int = 0


class RecordFacts(_Facts, frozen=True, kw_only=True):
    """One stage's record. `bound` says that it is the one which the provenance names by digest.

    `open` and `waived` count its findings, by code in `findings`. `feeds` counts the outside sources but the ledger, `undated_feeds` those of them without an age.
    """

    bound: bool = False
    outcome: str = ""
    offline: bool = True
    counts: dict[str, int] = {}
    options: dict[str, str] = {}
    findings: dict[str, FindingTally] = {}
    open: int = UNSAID
    waived: int = UNSAID
    feeds: int = 0
    undated_feeds: int = 0
    oldest_feed_seconds: int = UNSAID


class CheckFacts(_Facts, frozen=True, kw_only=True):
    """One check of the verification: its outcome, how many lines it has, and how many of them passed."""

    outcome: str = ""
    lines: int = 0
    passed: int = 0


class VerificationFacts(_Facts, frozen=True, kw_only=True):
    """The verification that was made in this run.

    `ruling` is its outcome with what a rehearsal tolerates; `problems` a sentence for each thing that does not
    pass, a few of them. `signatures` counts the signed files, `logged` those whose inclusion in a log was
    proved. `public_root` says that signatures go back to the public instance's root; `root_included` that the
    release carries the root that was used or another, signed like its files. `level` is the SLSA Build level
    that was shown, `level_reason` why no more.
    """

    ruling: str = ""
    problems: tuple[str, ...] = ()
    checks: dict[str, CheckFacts] = {}
    signed: bool = False
    signatures: int = 0
    logged: int = 0
    public_root: bool = False
    published_identity: bool = False
    root_included: bool = False
    level: int = 0
    level_reason: str = ""


class ManifestFacts(_Facts, frozen=True, kw_only=True):
    """The manifest of the retained release, and the chain of all releases that it stands in."""

    intact: bool = False
    chain_intact: bool = False
    releases: int = 0
    sequence: int = 0
    retained_days: int = UNSAID


class ProvenanceFacts(_Facts, frozen=True, kw_only=True):
    """What the provenance states, once it was verified: `clean` that the source had no uncommitted change."""

    commit: str = ""
    source: str = ""
    clean: bool = False
    builder: str = ""
    moment_from: str = ""
    previous: str = ""


class VerdictFacts(_Facts, frozen=True, kw_only=True):
    """The policy's verdict in the release: `files` counts the rule files that it names by digest.

    `digest_agrees` says that its digest of the policy is that of the files which it names.
    """

    decision: str = ""
    outcome: str = ""
    profiles: tuple[str, ...] = ()
    rules: int = 0
    refused: int = 0
    files: int = 0
    digest_agrees: bool = False


class ElementTally(_Facts, frozen=True, kw_only=True):
    """One CISA 2026 element over all components: given, stated as unknown, left out."""

    present: int = 0
    unknown: int = 0
    missing: int = UNSAID


class SbomFacts(_Facts, frozen=True, kw_only=True):
    """One released SBOM. `valid` and `describes` are the verification's; `moment` its own timestamp."""

    there: bool = False
    version: str = ""
    valid: bool = False
    describes: bool = False
    components: int = UNSAID
    at_source_moment: bool = False
    elements: dict[str, ElementTally] = {}


class ArchiveFacts(_Facts, frozen=True, kw_only=True):
    """The evidence archive: `intact` says that it holds exactly what its index names, by digest.

    `uniform` says that every member carries the moment of the source, no owner, and stands in order. `locks`
    counts the locks enclosed, `lock_sboms` the SBOMs of single locks, `withheld` files that hold credentials.
    `union` says that the aggregate SBOM has exactly the components that those have together.
    """

    there: bool = False
    intact: bool = False
    uniform: bool = False
    locks: int = UNSAID
    lock_sboms: int = UNSAID
    withheld: int = UNSAID
    union: bool = False
    problem: str = ""


class CoolDownFacts(_Facts, frozen=True, kw_only=True):
    """How old what the locks may pick was when the source was committed: `days` is the least over all locks."""

    dated: int = 0
    undated: int = UNSAID
    bypasses: int = UNSAID
    days: int = UNSAID


class KeptFacts(_Facts, frozen=True, kw_only=True):
    """The report of the verification before publishing, kept beside the release; `same` that it is of these files."""

    there: bool = False
    ruling: str = ""
    same: bool = False


class ReleaseFacts(_Facts, frozen=True, kw_only=True):
    """Everything about one release. `policy` are the SBOM profiles' rules, asked again now: code -> outcome."""

    present: bool = False
    rehearsal: bool = True
    manifest: ManifestFacts = ManifestFacts()
    verification: VerificationFacts = VerificationFacts()
    provenance: ProvenanceFacts = ProvenanceFacts()
    verdict: VerdictFacts = VerdictFacts()
    records: dict[str, RecordFacts] = {}
    policy: dict[str, str] = {}
    sboms: dict[str, SbomFacts] = {}
    archive: ArchiveFacts = ArchiveFacts()
    cool_down: CoolDownFacts = CoolDownFacts()
    kept: KeptFacts = KeptFacts()
    vex: int = 0


class WorkflowFacts(_Facts, frozen=True, kw_only=True):
    """What the workflow files say: how many there are, actions used and those pinned by a whole commit.

    Actions are those of workflows and of the project's own actions that they use; what cannot be read counts as one
    that is not pinned. `restricted` counts the files that set permissions at their top, `daily_scan` those that run
    the daily scan on a schedule of every day.
    """

    files: int = 0
    actions: int = 0
    pinned: int = 0
    restricted: int = 0
    daily_scan: int = 0


class ProjectFacts(_Facts, frozen=True, kw_only=True):
    """What the project's configuration and files say now.

    `identities` counts those that may sign today, `undated_identities` all that do not say since when.
    `response` says that the table stands in the file; days of -1 are promised by nobody. `waivers` counts
    those that are understood, `malformed_waivers` those that are not, `ended_waivers` those that have ended.
    """

    config: bool = False
    identities: int = 0
    undated_identities: int = 0
    response: bool = False
    critical_days: int = UNSAID
    high_days: int = UNSAID
    waivers: int = 0
    malformed_waivers: int = UNSAID
    ended_waivers: int = UNSAID
    private_channel: bool = False
    licence_file: bool = False
    update_tool: bool = False
    workflows: WorkflowFacts = WorkflowFacts()


class ClaimEvidence(_Facts, frozen=True, kw_only=True):
    """What all claims are judged by."""

    component: str
    release: ReleaseFacts = ReleaseFacts()
    project: ProjectFacts = ProjectFacts()


class GatheredEvidence(_Facts, frozen=True, kw_only=True):
    """The evidence with what documents need beside it.

    `files` are the files that it was read from, by the words that rules use for them; `facts` values that a
    document may show, as text; `problems` what kept the newest release from being read.
    """

    evidence: ClaimEvidence
    source: EvidenceSource | None = None
    files: dict[str, tuple[FileRef, ...]] = {}
    facts: dict[str, str] = {}


def engine_input(evidence: ClaimEvidence) -> dict[str, Any]:
    """Return the evidence as plain JSON data: objects, arrays, texts and numbers, and nothing else."""
    # The engine's adapter escapes texts in lists, not in tuples: only a way through JSON leaves none.
    found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(evidence))
    return found
