"""Facts about a retained release and its project, the input of the rules in `policy/claims`.

Each value was read or verified in this run; the rules alone decide whether it supports a claim.
Every default means "not shown", so that unreadable evidence supports nothing. A count of -1 means "unknown".
These types are the engine's input: rules read fields by name.
"""

from __future__ import annotations

from typing import Any

import msgspec

from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.contracts.files.claims import EvidenceSource

UNSAID = -1
"""An unknown number."""


class _Facts(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all fact types."""


class FindingTally(_Facts, frozen=True, kw_only=True):
    """Numbers of open and of waived findings of one code."""

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
    """The manifest of the retained release, and the chain of releases that it belongs to.

    `retained_years` counts whole years. `covers_support`: it is retained until the end of its stated support period.
    """

    intact: bool = False
    chain_intact: bool = False
    releases: int = 0
    sequence: int = 0
    retained_days: int = UNSAID
    retained_years: int = UNSAID
    covers_support: bool = False


class ProvenanceFacts(_Facts, frozen=True, kw_only=True):
    """The verified provenance; `clean`: the source had no uncommitted changes."""

    commit: str = ""
    source: str = ""
    clean: bool = False
    builder: str = ""
    moment_from: str = ""
    previous: str = ""


class VerdictFacts(_Facts, frozen=True, kw_only=True):
    """The policy's verdict in the release: `files` counts the rule files that it names by digest.

    `digest_agrees` says that its digest of the policy is that of the files which it names. `weakened` counts the
    settings that made the gate weaker than its default, -1 where they are not recorded; `settings` names them in a
    sentence, empty where there is none.
    """

    decision: str = ""
    outcome: str = ""
    profiles: tuple[str, ...] = ()
    rules: int = 0
    refused: int = 0
    files: int = 0
    digest_agrees: bool = False
    weakened: int = UNSAID
    settings: str = ""


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
    """The evidence archive; `intact`: it contains exactly the files of its index, by digest.

    `uniform`: every member has the timestamp of the source and no owner, and members are sorted. `locks` counts
    the locks included, `lock_sboms` the SBOMs of single locks, `withheld` files that contain credentials. `union`:
    the aggregate SBOM has exactly the components of all of those together.
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
    """The cool-down: minimum age of locked versions when the source was committed; `days` is the lowest of all locks."""

    dated: int = 0
    undated: int = UNSAID
    bypasses: int = UNSAID
    days: int = UNSAID


class KeptFacts(_Facts, frozen=True, kw_only=True):
    """The verification report retained with the release; `same`: it covers exactly these files."""

    there: bool = False
    ruling: str = ""
    same: bool = False


class ReleaseFacts(_Facts, frozen=True, kw_only=True):
    """All facts of one release; `policy` are the SBOM rules, evaluated again in this run: code -> outcome."""

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
    """The workflow files: their number, the actions that they use, and how many of those are pinned to a full commit.

    Actions are those of workflows and of the project's own actions that they use; an unreadable file counts as one
    unpinned action. `restricted` counts the files that set top-level permissions, `daily_scan` those that run the
    daily scan on a daily schedule.
    """

    files: int = 0
    actions: int = 0
    pinned: int = 0
    restricted: int = 0
    daily_scan: int = 0


class ProjectFacts(_Facts, frozen=True, kw_only=True):
    """The present configuration and files of the project.

    `identities` counts those authorized today, `undated_identities` those without a start date. `response`: the file
    has the table; days of -1 mean no commitment. `waivers` counts the valid ones, `malformed_waivers` the
    malformed ones, `ended_waivers` the expired ones. `owned_gate`: CODEOWNERS names owners of what decides about a release.
    `support_periods` counts the supported version lines with a stated end, `unstated_periods` those without one.
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
    support_periods: int = 0
    unstated_periods: int = UNSAID
    licence_file: bool = False
    update_tool: bool = False
    owned_gate: bool = False
    workflows: WorkflowFacts = WorkflowFacts()


class ClaimEvidence(_Facts, frozen=True, kw_only=True):
    """The input of all claim rules."""

    component: str
    release: ReleaseFacts = ReleaseFacts()
    project: ProjectFacts = ProjectFacts()


class GatheredEvidence(_Facts, frozen=True, kw_only=True):
    """The evidence, with additional data for documents.

    `files` are the files that it was read from, by the names that rules use; `facts` values that a document may
    show, as text.
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
