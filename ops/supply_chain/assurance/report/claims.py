"""The supported claims, one by one, and the controls, counted by framework."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ops.supply_chain.assurance.report.tone import Tone
from ops.supply_chain.contracts.files.claims import (
    ClaimsReport,
    ClaimStatus,
    ClaimVerdict,
    ControlStatus,
    ControlVerdict,
)

_CLAIM_TONES = {
    ClaimStatus.SUPPORTED: (Tone.PASS, "supported"),
    ClaimStatus.NOT_SUPPORTED: (Tone.FAIL, "not supported"),
    ClaimStatus.NOT_EXAMINED: (Tone.UNKNOWN, "not examined"),
}
_CONTROL_TONES = {
    ControlStatus.MET: (Tone.PASS, "met"),
    ControlStatus.NOT_MET: (Tone.FAIL, "not met"),
    ControlStatus.NOT_EXAMINED: (Tone.UNKNOWN, "not examined"),
    ControlStatus.OUT_OF_SCOPE: (Tone.PLAIN, "out of scope"),
}
_REHEARSED = "; supported for a rehearsal only, which is not a release"


class ClaimView(msgspec.Struct, frozen=True, kw_only=True):
    """One claim: `sentence` is what is true, `missing` what keeps the claim from being supported."""

    id: str
    sentence: str
    tone: Tone
    word: str
    missing: tuple[str, ...]


class ControlView(msgspec.Struct, frozen=True, kw_only=True):
    """One control."""

    id: str
    title: str
    tone: Tone
    word: str
    reason: str


class FrameworkView(msgspec.Struct, frozen=True, kw_only=True):
    """One framework: its controls, counted by status and listed."""

    name: str
    met: int
    not_met: int
    not_examined: int
    out_of_scope: int
    controls: tuple[ControlView, ...]


class ClaimsView(msgspec.Struct, frozen=True, kw_only=True):
    """All claims and controls; `known` is False where nothing was evaluated; `problem` is the reason."""

    known: bool
    problem: str
    rests_on: str
    supported: int
    total: int
    claims: tuple[ClaimView, ...]
    frameworks: tuple[FrameworkView, ...]


def claims_view(report: ClaimsReport | None, problem: str) -> ClaimsView:
    """Arrange claims and controls.

    Args:
        report: None where nothing was evaluated.
        problem: The reason, as a sentence.
    """
    claims, controls = (report.claims, report.controls) if report else ((), ())
    rehearsed = report is not None and report.source is not None and report.source.rehearsal
    return ClaimsView(
        known=report is not None,
        problem=problem,
        rests_on=_rests_on(report),
        supported=sum(claim.standing is ClaimStatus.SUPPORTED for claim in claims),
        total=len(claims),
        claims=tuple(_claim(claim, rehearsed=rehearsed) for claim in claims),
        frameworks=tuple(
            _framework(name, [control for control in controls if control.framework == name], rehearsed=rehearsed)
            for name in sorted({control.framework for control in controls})
        ),
    )


def _rests_on(report: ClaimsReport | None) -> str:
    source = report.source if report else None
    if source is None:
        return "no retained release"
    return f"{source.component} {source.version}, retained {source.retained_at[:10]}" + (
        _REHEARSED if source.rehearsal else ""
    )


def _claim(verdict: ClaimVerdict, *, rehearsed: bool) -> ClaimView:
    tone, word = _CLAIM_TONES[verdict.standing]
    supported = verdict.standing is ClaimStatus.SUPPORTED
    return ClaimView(
        id=verdict.id,
        sentence=verdict.sentence if supported else verdict.otherwise or verdict.sentence,
        tone=_rehearsed(tone, rehearsed=rehearsed),
        word=word,
        missing=verdict.missing,
    )


def _framework(name: str, controls: Sequence[ControlVerdict], *, rehearsed: bool) -> FrameworkView:
    counts = {standing: sum(control.standing is standing for control in controls) for standing in ControlStatus}
    return FrameworkView(
        name=name,
        met=counts[ControlStatus.MET],
        not_met=counts[ControlStatus.NOT_MET],
        not_examined=counts[ControlStatus.NOT_EXAMINED],
        out_of_scope=counts[ControlStatus.OUT_OF_SCOPE],
        controls=tuple(_control(control, rehearsed=rehearsed) for control in controls),
    )


def _control(verdict: ControlVerdict, *, rehearsed: bool) -> ControlView:
    tone, word = _CONTROL_TONES[verdict.standing]
    tone = _rehearsed(tone, rehearsed=rehearsed)
    return ControlView(id=verdict.id, title=verdict.title, tone=tone, word=word, reason=verdict.reason)


def _rehearsed(tone: Tone, *, rehearsed: bool) -> Tone:
    return Tone.REHEARSED if rehearsed and tone is Tone.PASS else tone
