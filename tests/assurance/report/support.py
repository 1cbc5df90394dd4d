"""One whole run made by hand, in which everything passed: tests take something away or put something in."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from ops.supply_chain import PIPELINE
from ops.supply_chain.adapters.files.report_templates import read_templates
from ops.supply_chain.assurance.report.html import render
from ops.supply_chain.assurance.report.inputs import ReportInput
from ops.supply_chain.assurance.report.page import ReportPage, build_page
from ops.supply_chain.assurance.report.stages import ONE_BY_ONE, SIDE_BY_SIDE, VERIFY
from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.contracts.config.response import ResponseConfig
from ops.supply_chain.contracts.files.record import Record, ToolRef
from ops.supply_chain.contracts.files.verdict import Reason, RuleVerdict, Verdict
from ops.supply_chain.contracts.values.cause import CauseKind, RootCause
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.risk.advisories.response import ResponseClock
from ops.supply_chain.risk.findings.render.rows import rows
from ops.supply_chain.risk.findings.report import build_report
from tests.risk.findings.support import finding

REPOSITORY = Path(__file__).resolve().parents[3]
TODAY = date(2026, 11, 20)
GATES = tuple(row.script for row in PIPELINE if row.gate and row.release)
SCANS = tuple(name for name in GATES if name.startswith("check_"))
SHA = "0" * 64
T = TypeVar("T", bound=msgspec.Struct)
HOSTILE = (
    '<img src=x onerror="document.title=1">',
    "</script><script>document.title=1</script>",
    "=cmd|' /C calc'!A0",
    "a\x00b\x1b[31mc\u202ed\u2028e\ud800f",
    "'\"><svg onload=alert(1)>",
    "{{ 7*7 }}{% raw %}",
    "javascript:alert(1)//-->",
)
"""What somebody could call a package."""


def record(stage: str, *findings: Finding, **more: Any) -> Record:
    fields: dict[str, Any] = {
        "outcome": Outcome.PASS,
        "component": "acme",
        "version": "1.0",
        "started": "2026-11-20T08:00:00Z",
        "finished": "2026-11-20T08:00:12Z",
        "counts": {"locked": 3, "examined": 3},
        "notes": (),
    }
    return Record(
        schema="record/1",
        stage=stage,
        invocation="urn:uuid:0",
        offline=False,
        tools=(),
        feeds=(),
        options={},
        reads=(),
        writes=(),
        findings=findings,
        **{**fields, **more},
    )


def records(*others: Record) -> tuple[Record, ...]:
    """One passing record for each stage, save those given."""
    given = {one.stage: one for one in others}
    names = [name for name in (*SIDE_BY_SIDE, *ONE_BY_ONE) if name != VERIFY]
    return tuple(given.get(name) or record(name) for name in sorted({*names, *given}))


def rule(code: str = "base.hashes", outcome: Outcome = Outcome.PASS, **more: Any) -> RuleVerdict:
    fields: dict[str, Any] = {"examined": 3, "unknown": 0, "denials": (), "unknowns": ()}
    return RuleVerdict(code=code, title="Every component has a hash", outcome=outcome, **{**fields, **more})


def reason(subject: str = "idna", message: str = "has no hash", fix: str = "Compile the lock again.") -> Reason:
    return Reason(subject=subject, message=message, fix=fix)


def verdict(*rules: RuleVerdict, outcome: Outcome = Outcome.PASS) -> Verdict:
    return Verdict(
        schema="verdict/1",
        decision="allow" if outcome is Outcome.PASS else "deny",
        outcome=outcome,
        component="acme",
        version="1.0",
        profiles=("base",),
        engine=ToolRef(name="regopy", version="1"),
        policy_sha256=SHA,
        policy=(),
        inputs=(),
        rules=rules or (rule(),),
    )


def verification(**more: Any) -> dict[str, Any]:
    name = "acme-1.0-checksums.txt"
    line = {"subject": name, "outcome": "pass", "message": "signed by release", "command": f"cosign verify-blob {name}"}
    document: dict[str, Any] = {
        "schema": "verification/1",
        "component": "acme",
        "version": "1.0",
        "outcome": "pass",
        "signed": True,
        "rehearsal": False,
        "checks": [{"code": "files.signed", "title": "Every file is signed", "lines": [line], "outcome": "pass"}],
        "level": {"build": 2, "reason": "a hosted builder signed it", "files": {}},
        "facts": {},
        "files": [{"name": name, "sha256": SHA, "size": 1}],
        "notes": [],
    }
    return {**document, **more}


def component(name: str, version: str = "1.0", licence: str = "MIT") -> dict[str, Any]:
    return {
        "bom-ref": f"{name}@{version}",
        "name": name,
        "version": version,
        "purl": f"pkg:pypi/{name}@{version}",
        "type": "library",
        "licenses": [{"license": {"id": licence}}] if licence else [],
    }


def cause(**more: Any) -> RootCause:
    """A vulnerability that denies, but for what is given."""
    known = finding(
        "soupsieve",
        version="2.8.3",
        next_step="Move soupsieve to 2.8.4 or later: nox -s lock -- --upgrade-package soupsieve",
    )
    fields: dict[str, Any] = {
        "kind": CauseKind.VULNERABILITY,
        "title": "soupsieve 2.8.3  CVE-2026-1",
        "severity": Severity.HIGH,
        "findings": (known,),
        "stages": ("check_vulnerabilities",),
        "denials": 1,
        "locations": ("requirements.txt:3",),
        "places": 3,
        "steps": (known.next_step,),
    }
    return RootCause(**{**fields, **more})


def bom(
    edges: dict[str, list[str]], *, direct: list[str], components: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    """A CycloneDX document: `edges` by name, every package in version 1.0."""
    told = [{"ref": f"{name}@1.0", "dependsOn": [f"{one}@1.0" for one in needs]} for name, needs in edges.items()]
    root = {"ref": "acme@1.0", "dependsOn": [f"{one}@1.0" for one in direct]}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "metadata": {"component": component("acme")},
        "components": components if components is not None else [component(name) for name in edges],
        "dependencies": [root, *told],
    }


def due_texts(left: Iterable[Record]) -> dict[str, str]:
    """How far each due date is, as the response clock of a project without holidays counts it."""
    clock = ResponseClock(ResponseConfig(), now=datetime(2026, 11, 20, 8, tzinfo=UTC))
    dues = {found.due for one in left for found in one.findings if found.due}
    return {due: clock.left(date.fromisoformat(due)) for due in dues}


def evidence(*given: Record, **more: Any) -> ReportInput:
    """A whole run in which everything passed, but for what is given."""
    held = more.pop("records", None)
    left = records(*given) if held is None else held
    fields: dict[str, Any] = {
        "component": "acme",
        "version": "1.0",
        "today": TODAY,
        "waiver_day": TODAY,
        "warn_days": 14,
        "rehearsal": False,
        "records": left,
        "findings": build_report(left, component="acme", version="1.0", gates=GATES, expected=SCANS),
        "verdict": verdict(),
        "provenance_verdict": verdict(),
        "verification": verification(),
        "released": {"acme-1.0-checksums.txt": SHA},
        "bom": bom({"idna": [], "requests": ["idna"]}, direct=["requests"]),
        "previous_problem": "No earlier release is retained here: there is nothing to compare with.",
        "claims_problem": "Claims were not asked for.",
        "inputs": (FileRef(path="dist:verdict/verdict.json", sha256=SHA, size=1),),
    }
    merged = {"clock_day": TODAY, "due_texts": due_texts(left), **fields, **more}
    return ReportInput(**{"finding_rows": rows(merged["findings"].findings), **merged})


def page(*given: Record, **more: Any) -> ReportPage:
    return build_page(evidence(*given, **more))


def html(shown: ReportPage) -> str:
    return render(shown, read_templates(REPOSITORY), generator=("sealwright", "0.1.0")).decode()


def replaced(value: T, **more: Any) -> T:
    """Return the same with some of its fields changed."""
    return msgspec.structs.replace(value, **more)
