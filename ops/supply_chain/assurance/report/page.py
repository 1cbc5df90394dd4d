"""All views of the report page, built from the evidence of one run."""

from __future__ import annotations

import msgspec

from ops.supply_chain.assurance.report.causes import CausesView, causes_view, denies_by_finding
from ops.supply_chain.assurance.report.changes import ChangesView, changes_view
from ops.supply_chain.assurance.report.claims import ClaimsView, claims_view
from ops.supply_chain.assurance.report.findings import FindingsView, findings_view
from ops.supply_chain.assurance.report.headline import Headline, headline
from ops.supply_chain.assurance.report.inputs import ReportInput
from ops.supply_chain.assurance.report.packages import LicenceView, PackageGraph, licences, read_packages
from ops.supply_chain.assurance.report.policy import PolicyView, policy_view
from ops.supply_chain.assurance.report.response import Timeline, timeline
from ops.supply_chain.assurance.report.stages import PipelinePicture, picture
from ops.supply_chain.assurance.report.tone import Tone, plural, tone_of
from ops.supply_chain.assurance.report.verification import VerificationView, read_verification
from ops.supply_chain.assurance.report.waivers import WaiverView, waivers_view
from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.core.outcome import Outcome

VULNERABILITY_GATE = "check_vulnerabilities"


class Tile(msgspec.Struct, frozen=True, kw_only=True):
    """One number at the top: label, value, note, and the section with the details."""

    label: str
    value: str
    note: str
    tone: Tone
    target: str


class ReportPage(msgspec.Struct, frozen=True, kw_only=True):
    """The whole page; `clock_examined` is whether the vulnerability gate ran."""

    component: str
    version: str
    today: str
    rehearsal: bool
    headline: Headline
    causes: CausesView
    tiles: tuple[Tile, ...]
    picture: PipelinePicture
    policy: PolicyView
    findings: FindingsView
    clock_examined: bool
    timeline: Timeline
    packages: PackageGraph | None
    licences: tuple[LicenceView, ...]
    changes: ChangesView
    verification: VerificationView | None
    waivers: tuple[WaiverView, ...]
    waivers_malformed: int
    claims: ClaimsView
    inputs: tuple[FileRef, ...]


def build_page(evidence: ReportInput) -> ReportPage:
    """Build the page.

    Raises:
        InputError: The verification report is malformed, or is about another release.
    """
    verified = _verification(evidence)
    if verified is not None and verified.rehearsal:
        evidence = msgspec.structs.replace(evidence, rehearsal=True)
    findings = evidence.findings.findings
    packages = read_packages(evidence.bom, findings) if evidence.bom is not None else None
    page = ReportPage(
        component=evidence.component,
        version=evidence.version,
        today=evidence.today.isoformat(),
        rehearsal=evidence.rehearsal,
        headline=headline(evidence, verified),
        causes=causes_view(evidence.causes),
        tiles=(),
        picture=picture(
            evidence.records,
            _outcome_now(verified),
            verified=verified.counted if verified else "",
            rehearsed=verified is not None and verified.rehearsal,
        ),
        policy=policy_view(
            [verdict for verdict in (evidence.verdict, evidence.provenance_verdict) if verdict is not None]
        ),
        findings=findings_view(
            evidence.findings,
            evidence.finding_rows,
            evidence.clock_day,
            denies=denies_by_finding(evidence.causes),
            since=evidence.since,
        ),
        clock_examined=_clock_examined(evidence),
        timeline=timeline(findings, evidence.clock_day, evidence.due_texts),
        packages=packages,
        licences=licences(packages) if packages else (),
        changes=changes_view(evidence.previous, evidence.previous_problem),
        verification=verified,
        waivers=waivers_view(evidence.waivers, findings, today=evidence.waiver_day, warn_days=evidence.warn_days),
        waivers_malformed=evidence.waivers_malformed,
        claims=claims_view(evidence.claims, evidence.claims_problem),
        inputs=evidence.inputs,
    )
    return msgspec.structs.replace(page, tiles=_tiles(page))


def _verification(evidence: ReportInput) -> VerificationView | None:
    if evidence.verification is None:
        return None
    return read_verification(
        evidence.verification,
        component=evidence.component,
        version=evidence.version,
        released=evidence.released,
    )


def _outcome_now(verified: VerificationView | None) -> Outcome | None:
    """Return the verification's outcome for the current files; a pass of other files counts as not examined."""
    if verified is None:
        return None
    return verified.outcome if verified.current or verified.outcome is Outcome.FAIL else Outcome.NOT_EXAMINED


def _clock_examined(evidence: ReportInput) -> bool:
    return any(
        record.stage == VULNERABILITY_GATE and record.outcome is not Outcome.NOT_EXAMINED for record in evidence.records
    )


def _tiles(page: ReportPage) -> tuple[Tile, ...]:
    return (_policy_tile(page), _findings_tile(page), _clock_tile(page), _packages_tile(page), _verified_tile(page))


def _policy_tile(page: ReportPage) -> Tile:
    policy = page.policy
    whole = policy.evaluated and policy.total > 0 and policy.passed == policy.total
    tone = Tone.PASS if whole else Tone.FAIL if any(rule.tone is Tone.FAIL for rule in policy.open) else Tone.UNKNOWN
    value = f"{policy.passed} of {policy.total}" if policy.evaluated else "not evaluated"
    return Tile(label="Policy rules", value=value, note="pass" if policy.evaluated else "", tone=tone, target="policy")


def _findings_tile(page: ReportPage) -> Tile:
    findings = page.findings
    complete = not findings.without_record
    tone = (
        Tone.FAIL if findings.blocking else Tone.UNKNOWN if not complete else Tone.PLAIN if findings.open else Tone.PASS
    )
    if tone in (Tone.PASS, Tone.PLAIN) and any(
        stage.tone is not Tone.PASS for stage in page.picture.stages[: page.picture.gates]
    ):
        tone = Tone.UNKNOWN
    if not findings.open and tone is Tone.UNKNOWN:
        return Tile(label="Findings", value="?", note="not fully examined", tone=tone, target="findings")
    missing = f"; {plural(len(findings.without_record), 'gate')} without record" if not complete else ""
    note = f"open, {findings.waived:,} waived{missing}"
    return Tile(label="Findings", value=f"{findings.open:,}", note=note, tone=tone, target="findings")


def _clock_tile(page: ReportPage) -> Tile:
    clock = page.timeline
    if not page.clock_examined and not clock.rows:
        return Tile(label="Overdue", value="?", note="not examined", tone=Tone.UNKNOWN, target="response")
    tone = Tone.FAIL if clock.overdue else Tone.UNKNOWN if clock.soon or not page.clock_examined else Tone.PASS
    note = f"{clock.soon + clock.later:,} due later"
    return Tile(label="Overdue", value=f"{clock.overdue:,}", note=note, tone=tone, target="response")


def _packages_tile(page: ReportPage) -> Tile:
    if page.packages is None:
        return Tile(label="Packages", value="?", note="no SBOM", tone=Tone.UNKNOWN, target="packages")
    note = f"{len(page.packages.direct):,} direct"
    return Tile(label="Packages", value=f"{len(page.packages.all):,}", note=note, tone=Tone.PLAIN, target="packages")


def _verified_tile(page: ReportPage) -> Tile:
    verified, outcome = page.verification, _outcome_now(page.verification)
    if verified is None or outcome is None:
        return Tile(label="Verified", value="no", note="not verified", tone=Tone.UNKNOWN, target="verification")
    if verified.refusals and outcome is Outcome.PASS:
        outcome = Outcome.NOT_EXAMINED
    value = verified.counted.removesuffix(" checks").removesuffix(" check")
    note = "checks pass" if verified.current else "files changed since"
    return Tile(
        label="Verified", value=value, note=note, tone=_rehearsed(tone_of(outcome), page), target="verification"
    )


def _rehearsed(tone: Tone, page: ReportPage) -> Tone:
    return Tone.REHEARSED if page.rehearsal and tone is Tone.PASS else tone
