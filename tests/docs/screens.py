"""The screens of the README: two releases of an example project, from fixed records through the code that shows a real one."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from contextlib import chdir
from pathlib import Path

from ops.supply_chain import PIPELINE
from ops.supply_chain.contracts.config.file import Config
from ops.supply_chain.contracts.config.signing import SigningMode
from ops.supply_chain.contracts.files.record import Record, ToolRef
from ops.supply_chain.contracts.files.verdict import Reason, RuleVerdict, Verdict
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core import canonical
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.errors import ExitCode
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.release.assembly.summary import Summary, summary_text
from ops.supply_chain.risk.findings.render.screen import screen_lines
from ops.supply_chain.runner.dist_lock import LOG_NAME
from ops.supply_chain.runner.pipeline import Finished, StageEnd
from ops.supply_chain.sessions.one_screen import REPORT, VERDICTS, Ending, again, screen_of
from ops.supply_chain.sessions.release import WORDS
from ops.supply_chain.sessions.stage_log import StageLog

NAME, VERSION, DAY = "acme", "1.2.0", "2026-11-28T08:00:00Z"
LOCK = "requirements.txt"
RULES = 40
FILES = (
    "checksums.txt",
    "evidence.tar.gz",
    "gate.json",
    "provenance.intoto.json",
    "sbom.cdx.json",
    "sbom.spdx.json",
    "sbom.spdx3.json",
    "trusted_root.json",
    "vex.cdx.json",
)
IDNA = Finding(
    code="vulnerability.known",
    severity=Severity.HIGH,
    message="idna 3.6 has CVE-2024-3651",
    next_step=f"Move idna to 3.7 or later: {command('lock', '--upgrade-package', 'idna')}",
    package="idna",
    version="3.6",
    path=LOCK,
    line=41,
    aliases=("CVE-2024-3651", "GHSA-jjg7-2v4v-x38h"),
)
UNHASHED = Finding(
    code="lock.unhashed",
    severity=Severity.HIGH,
    message="pyyaml 6.0.1 has no hash",
    next_step="Lock again, with exact versions and hashes: nox -s lock",
    package="pyyaml",
    version="6.0.1",
    path=LOCK,
    line=77,
)
OLD = Finding(
    code="malware.not-examined",
    severity=Severity.INFO,
    message="the advisories are 9 days old, at most 7 are accepted",
    next_step="Check the network, or give a newer snapshot with --advisories.",
)


def refused() -> str:
    """Return the screen of a release that the policy refuses."""
    records, verdict = refused_run()
    return _screen(records, verdict, Finished(ExitCode.DENIED, "evaluate_policy", (), ()), summary="")


def refused_run() -> tuple[list[Record], Verdict]:
    """Return the records of a release that the policy refuses, and its verdict."""
    findings = {"check_vulnerabilities": (IDNA,), "check_locks": (UNHASHED,), "check_malware": (OLD,)}
    reasons = tuple(
        Reason(
            subject="release", message=f"{stage}: {finding.severity} finding {finding.code}: {finding.message}", fix=""
        )
        for stage, (finding,) in findings.items()
        if finding is not OLD
    )
    examined = Reason(subject="check_malware", message="check_malware examined 87 of 120 pins", fix="")
    verdict = _verdict(
        _rule("release.findings", Outcome.FAIL, denials=reasons),
        _rule("release.examined", Outcome.FAIL, denials=(examined,)),
        *(_rule(f"release.rule-{number}", Outcome.PASS) for number in range(RULES - 2)),
        outcome=Outcome.FAIL,
    )
    return _records(findings), verdict


def passing() -> str:
    """Return the screen of a release that was made."""
    files = tuple((f"{NAME}-{VERSION}-{end}", 90_000) for end in FILES)
    summary = Summary(
        component=NAME,
        version=VERSION,
        folder="dist/release",
        files=files,
        unsigned=(),
        verdict=f"allow: {RULES} of {RULES} rules pass (release)",
        source="commit 4f0c1d2, as committed",
        retained=f"data/artifacts/supply-chain/{NAME}/{VERSION}",
        retained_until="2027-11-28",
        mode=SigningMode.SIGSTORE,
        verified=True,
        earlier=False,
    )
    next_step = f"check it as a customer would: cd dist/release && sha256sum -c {NAME}-{VERSION}-checksums.txt"
    return _screen(
        _records({}),
        _verdict(*(_rule(f"release.rule-{number}", Outcome.PASS) for number in range(RULES)), outcome=Outcome.PASS),
        Finished(ExitCode.PASS, "", (), ()),
        summary=summary_text(summary, next_step=next_step),
    )


def _screen(records: Iterable[Record], verdict: Verdict, finished: Finished, *, summary: str) -> str:
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        dist = Path.cwd() / "dist"
        for record in records:
            canonical.write(dist / f"records/{record.stage}.json", record)
        canonical.write(dist / VERDICTS[0], verdict)
        (dist / REPORT).parent.mkdir()
        (dist / REPORT).touch()
        log = StageLog(dist / LOG_NAME)
        log.ends = [StageEnd("summarise_release", 0, summary, "", 0.1)] if summary else []
        ending = Ending(
            root=dist.parent,
            dist=dist,
            config=Config(),
            subject=f"{NAME} {VERSION}",
            words=WORDS,
            again=again("release", ["--version", VERSION]),
        )
        lines = screen_lines(screen_of(finished, ending, log))
    return "\n".join(line.text for line in lines) + "\n"


def _records(findings: Mapping[str, tuple[Finding, ...]]) -> list[Record]:
    gates = [row.script for row in PIPELINE if row.covers_locks]
    return [
        Record(
            schema="record/1",
            stage=stage,
            component=NAME,
            version=VERSION,
            outcome=Outcome.FAIL if findings.get(stage) else Outcome.PASS,
            invocation="urn:uuid:0",
            started=DAY,
            finished=DAY,
            offline=False,
            tools=(),
            feeds=(),
            options={},
            counts={"locked": 120, "examined": 87 if OLD in findings.get(stage, ()) else 120},
            reads=(),
            writes=(),
            findings=findings.get(stage, ()),
        )
        for stage in sorted({*gates, *findings})
    ]


def _rule(code: str, outcome: Outcome, *, denials: tuple[Reason, ...] = ()) -> RuleVerdict:
    return RuleVerdict(code=code, title=code, outcome=outcome, examined=1, unknown=0, denials=denials, unknowns=())


def _verdict(*rules: RuleVerdict, outcome: Outcome) -> Verdict:
    return Verdict(
        schema="verdict/1",
        decision="allow" if outcome is Outcome.PASS else "deny",
        outcome=outcome,
        component=NAME,
        version=VERSION,
        profiles=("release",),
        engine=ToolRef(name="regopy", version="1"),
        policy_sha256="0" * 64,
        policy=(),
        inputs=(),
        rules=rules,
    )
