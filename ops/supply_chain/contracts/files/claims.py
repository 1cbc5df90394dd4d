"""What may be claimed of a project, and which controls its evidence meets: `claims/1` and `controls/1`.

A claim is supported only by evidence that was read and verified in this run; everything else counts as missing. These
files are for readers, and never read back as evidence. docs/controls.md lists every claim and control.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

import msgspec

from ops.supply_chain.contracts.base import Contract, FileRef, Sha256, Timestamp


class ClaimStatus(StrEnum):
    """Whether the evidence supports a claim; what could not be examined supports nothing."""

    SUPPORTED = "supported"
    NOT_SUPPORTED = "not-supported"
    NOT_EXAMINED = "not-examined"


class ControlStatus(StrEnum):
    """Whether the evidence meets a control of a framework."""

    MET = "met"
    NOT_MET = "not-met"
    NOT_EXAMINED = "not-examined"
    OUT_OF_SCOPE = "out-of-scope"


class EvidenceSource(Contract, frozen=True, kw_only=True):
    """The release that all claims rest on.

    `rehearsal` is true where it was only rehearsed. `manifest_sha256` is that of its retention
    manifest, `retained_at` when it was retained.
    """

    component: str
    version: str
    rehearsal: bool
    manifest_sha256: Sha256
    created: Timestamp
    retained_at: Timestamp


class ClaimVerdict(Contract, frozen=True, kw_only=True):
    """The result of one claim.

    `id` is in kebab case, `sentence` the claim itself, with a full stop. Where it is not
    supported, `missing` has one sentence for each thing that is missing and `otherwise` the sentence
    that is true in its place, fit for a customer; both are empty where it is supported. `evidence` are
    the files it rests on, sorted by path; `facts` are values that the evidence gives and a document may
    show, as text.
    """

    id: str
    sentence: str
    standing: ClaimStatus
    missing: tuple[str, ...] = ()
    otherwise: str = ""
    evidence: tuple[FileRef, ...] = ()
    facts: dict[str, str] = msgspec.field(default_factory=dict)


class ControlVerdict(Contract, frozen=True, kw_only=True):
    """The result of one control: `reason` is a sentence, `claims` the ids that it depends on."""

    id: str
    framework: str
    title: str
    standing: ControlStatus
    reason: str
    claims: tuple[str, ...] = ()
    evidence: tuple[FileRef, ...] = ()


class ClaimsReport(Contract, frozen=True, kw_only=True):
    """Every claim and every control, sorted by id; `source` is None where there is no release at all.

    `policy_sha256` is that of the rules that decided.
    """

    schema: Literal["claims/1"]
    component: str
    source: EvidenceSource | None
    policy_sha256: Sha256
    claims: tuple[ClaimVerdict, ...]
    controls: tuple[ControlVerdict, ...]


class ControlsReport(Contract, frozen=True, kw_only=True):
    """`dist/controls.json`: the controls alone, for readers who do not need claims."""

    schema: Literal["controls/1"]
    component: str
    source: EvidenceSource | None
    policy_sha256: Sha256
    controls: tuple[ControlVerdict, ...]
