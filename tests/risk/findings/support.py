"""Records and findings made by hand."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from msgspec import UNSET

from ops.supply_chain.contracts.files.findings_report import FindingsReport
from ops.supply_chain.contracts.files.record import FeedRef, Record
from ops.supply_chain.contracts.values.exploitation import Exploitation, Listing
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.risk.findings.report import build_report

GATES = ("check_hashes", "check_locks", "check_malware", "check_vulnerabilities")


def finding(package: str = "idna", **more: Any) -> Finding:
    fields: dict[str, Any] = {
        "code": "vulnerability.known",
        "severity": Severity.HIGH,
        "message": f"{package} 3.20 has CVE-2026-1",
        "next_step": f"Move {package} to 4.0 or later: nox -s lock -- --upgrade-package {package}",
        "version": "3.20",
        "path": "functions/one/requirements.txt",
        "line": 3,
        "aliases": ("CVE-2026-1",),
    }
    return Finding(package=package, **{**fields, **more})


def record(*findings: Finding, stage: str = "check_vulnerabilities", **more: Any) -> Record:
    fields: dict[str, Any] = {
        "outcome": Outcome.FAIL,
        "component": "acme",
        "version": "1.0",
        "counts": {"locks": 2, "locked": 10, "examined": 10},
        "feeds": (FeedRef(name="OSV snapshot", version="PyPI", age_seconds=3 * 3600),),
    }
    return Record(
        schema="record/1",
        stage=stage,
        invocation="urn:uuid:0",
        started="2026-11-20T00:00:00Z",
        finished="2026-11-20T00:00:01Z",
        offline=False,
        tools=(),
        options={},
        reads=(),
        writes=(),
        findings=findings,
        **{**fields, **more},
    )


def report(*findings: Finding, **more: Any) -> FindingsReport:
    return build_report([record(*findings, **more)], component="acme", version="1.0", gates=GATES, expected=GATES)


TEXT = st.text(max_size=12) | st.sampled_from(
    [
        "::error::x",
        "a|b",
        "<img src=x>",
        "\r\n::set-output",
        "##[error]",
        "`x`",
        "[a](http://e.example)",
        "\x1b[2J",
        "@a",
    ]
)
STATES = (
    Exploitation(),
    Exploitation(listing=Listing.LISTED, exploited="2026-05-01", due="2026-05-22", cve="CVE-2026-1", ransomware=True),
    Exploitation(
        listing=Listing.NOT_LISTED, epss=0.97213, percentile=0.999, epss_cve="CVE-2026-1", scored="2026-11-19"
    ),
)
NAMES = TEXT.filter(lambda text: bool(text.strip()))
FINDINGS = st.lists(
    st.builds(
        Finding,
        code=st.sampled_from(["vulnerability.known", "malware.known", "lock.unhashed", "hash.replaced"]),
        severity=st.sampled_from(list(Severity)),
        message=TEXT,
        next_step=NAMES,
        package=TEXT,
        version=TEXT,
        path=TEXT,
        line=st.integers(0, 99),
        aliases=st.lists(NAMES, max_size=2).map(tuple),
        waived_by=st.sampled_from(["", "", "CVE-1, ann, until 2026-12-31"]),
        also_at=st.lists(TEXT, max_size=2).map(tuple),
        places=st.integers(0, 5),
        due=st.sampled_from(["", "2026-12-01"]),
        exploitation=st.sampled_from([UNSET, *STATES]),
    ),
    max_size=6,
)
