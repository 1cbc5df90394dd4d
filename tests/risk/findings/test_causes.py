"""What findings and denials have in common; that none of them is lost."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest

from ops.supply_chain.contracts.files.record import Record, ToolRef
from ops.supply_chain.contracts.files.verdict import Reason, RuleVerdict, Verdict
from ops.supply_chain.contracts.values.cause import CauseKind, RootCause
from ops.supply_chain.contracts.values.exploitation import Exploitation, Listing
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.risk.findings.causes import root_causes

DAY = "2026-11-28T00:00:00Z"
DIGEST = "0" * 64


def finding(code: str, message: str = "m", step: str = "Do it.", severity: str = "high", **more: Any) -> Finding:
    return Finding(code=code, severity=Severity(severity), message=message, next_step=step, **more)


def record(stage: str, *findings: Finding) -> Record:
    return Record(
        schema="record/1",
        stage=stage,
        component="demo",
        version="1",
        outcome=Outcome.FAIL,
        invocation="i",
        started=DAY,
        finished=DAY,
        offline=False,
        tools=(),
        feeds=(),
        options={},
        counts={},
        reads=(),
        writes=(),
        findings=findings,
    )


def verdict(*denials: tuple[str, str, str], unknown: tuple[tuple[str, str, str], ...] = ()) -> Verdict:
    def rule(code: str, subject: str, message: str, *, known: bool) -> RuleVerdict:
        reasons = (Reason(message=message, subject=subject, fix=f"Fix {code}."),)
        return RuleVerdict(
            code=code,
            title=f"Title of {code}",
            outcome=Outcome.FAIL if known else Outcome.NOT_EXAMINED,
            examined=0,
            unknown=0,
            denials=reasons if known else (),
            unknowns=() if known else reasons,
        )

    return Verdict(
        schema="verdict/1",
        decision="deny",
        outcome=Outcome.FAIL,
        component="demo",
        version="1",
        profiles=("release",),
        engine=ToolRef(name="regopy", version="1"),
        policy_sha256=DIGEST,
        policy=(),
        inputs=(),
        rules=(*(rule(*row, known=True) for row in denials), *(rule(*row, known=False) for row in unknown)),
    )


def shown(causes: tuple[RootCause, ...]) -> list[tuple[str, str, int, int]]:
    return [(str(cause.kind), cause.title, len(cause.findings), cause.denials) for cause in causes]


CVE_1 = finding("vulnerability.known", package="soup", version="1", path="r.txt", line=4, aliases=("CVE-1", "GHSA-a"))
CVE_2 = finding("vulnerability.known", package="soup", version="1", path="r.txt", line=4, aliases=("GHSA-b",))
BARE = finding("lock.unpinned", "is not pinned", package="ipython", path="i.txt", line=1)
UNHASHED = finding("lock.unhashed", "has no hash", package="ipython", path="i.txt", line=1)


def test_two_advisories_about_one_version_are_one_cause_and_stay_two_findings() -> None:
    assert shown(root_causes([record("check_vulnerabilities", CVE_1, CVE_2)], ())) == [
        ("vulnerability", "soup 1  CVE-1, GHSA-b", 2, 0)
    ]


def test_what_several_stages_report_is_one_finding() -> None:
    [cause] = root_causes([record(stage, BARE, UNHASHED) for stage in ("check_hashes", "check_locks")], ())
    assert (cause.title, len(cause.findings)) == ("ipython has no version and no hash", 2)
    assert cause.stages == ("check_hashes", "check_locks")


def test_what_could_not_be_examined_for_want_of_a_pin_belongs_to_the_pin() -> None:
    records = [
        record(
            "check_vulnerabilities",
            BARE,
            finding("vulnerability.not-examined", "1 of 9 pins (ipython): x", severity="info"),
        ),
        record("check_locks", BARE, finding("lock.no-source", "no source", path="i.txt", line=1)),
    ]
    assert shown(root_causes(records, ())) == [("unpinned", "ipython has no version", 3, 0)]


def test_a_list_that_is_cut_is_not_taken_for_one_package() -> None:
    unexamined = finding("malware.not-examined", "9 of 9 pins (ipython and 8 more): down", severity="info")
    causes = root_causes([record("check_malware", BARE, unexamined)], ())
    assert [cause.kind for cause in causes] == [CauseKind.UNPINNED, CauseKind.NOT_EXAMINED]


def test_findings_about_nothing_in_particular_differ_by_their_sentences() -> None:
    first, second = (finding("publisher.not-examined", message, severity="info") for message in ("303 pins", "1 pin"))
    [cause] = root_causes([record("check_publishers", first, second)], ())
    assert [found.message for found in cause.findings] == ["1 pin", "303 pins"]


def test_two_sentences_of_one_stage_about_one_package_are_two_findings() -> None:
    found = [
        finding("distribution.secret", f"soup.whl: {member}", package="soup", version="1", path=path)
        for member in ("a.py", "b.py")
        for path in ("", "p.toml")
    ]
    [cause] = root_causes([record("check_source", *found)], ())
    assert set(cause.findings) == set(found)
    assert (len(cause.findings), cause.title) == (4, "soup.whl: a.py, and 1 more")


def test_the_words_of_another_stage_for_the_same_place_add_nothing() -> None:
    other = finding("lock.unpinned", "has no version", package="ipython", path="i.txt", line=1)
    second = finding("lock.unpinned", "nor a range", package="ipython", path="i.txt", line=1)
    [cause] = root_causes([record("check_hashes", BARE), record("check_locks", other, second)], ())
    assert (cause.findings, cause.stages) == ((other, second), ("check_hashes", "check_locks"))


def test_one_service_that_is_down_for_two_gates_is_one_cause() -> None:
    records = [
        record(f"check_{name}", finding(f"{name}.not-examined", "the snapshot is old", "Fetch it.", severity="info"))
        for name in ("malware", "vulnerability")
    ]
    assert shown(root_causes(records, ())) == [("not-examined", "the snapshot is old", 2, 0)]


def test_a_file_that_was_not_read_is_not_examined() -> None:
    unread = finding("lock.unread", "found, not read", path="pyproject.toml", severity="info")
    [cause] = root_causes([record("generate_sbom", unread)], ())
    assert (cause.kind, cause.locations) == (CauseKind.NOT_EXAMINED, ("pyproject.toml",))


def test_unpinned_in_one_lock_and_vulnerable_in_another_are_two_causes() -> None:
    known = finding("vulnerability.known", package="ipython", version="7", path="b.txt", line=2, aliases=("CVE-3",))
    causes = root_causes([record("check_vulnerabilities", BARE, known)], ())
    assert [cause.kind for cause in causes] == [CauseKind.VULNERABILITY, CauseKind.UNPINNED]


def test_the_first_run_is_one_cause_after_everything_else() -> None:
    moments = [finding("lock.no-moment", path=f"{name}.txt", line=1, severity="medium") for name in "ab"]
    baseline = finding("publisher.no-baseline", path="a.txt", severity="medium")
    other = finding("x.other", severity="low")
    causes = root_causes([record("check_locks", *moments, other), record("check_publishers", baseline)], ())
    assert shown(causes) == [
        ("other", "m", 1, 0),
        ("first-run", "first run: no timestamp of compilation (2 locks), no publisher baseline (1 lock)", 3, 0),
    ]


def test_a_waived_finding_and_the_policy_s_own_record_are_no_causes() -> None:
    waived = finding("vulnerability.known", package="a", version="1", waived_by="w")
    assert (
        root_causes([record("check_vulnerabilities", waived), record("evaluate_policy", finding("policy.a.b"))], ())
        == ()
    )


DENIALS = {
    "a finding that is repeated": (("release.findings", "r.txt:4", "check_vulnerabilities: high finding vulnerability.known: m"), 0),
    "a stage that failed": (("release.outcomes", "check_locks", "check_locks failed: 1 high finding"), 1),
    "a component without a version": (("base.exact_versions", "pkg:pypi/ipython@?", "x.json: version '' is not exact"), 1),
    "a stage that did not examine everything": (("release.examined", "check_locks", "8 examined of 9 locked"), 1),
    "a stage that describes another": (("release.outcomes", "generate_vex", "generate_vex did not"), 0),
}  # fmt: skip


@pytest.mark.parametrize("denial", DENIALS.values(), ids=DENIALS)
def test_a_denial_belongs_to_the_findings_that_explain_it(denial: tuple[tuple[str, str, str], int]) -> None:
    records = [record("check_vulnerabilities", CVE_1), record("check_locks", BARE)]
    row, position = denial
    causes = root_causes(records, [verdict(row)])
    assert [cause.denials for cause in causes] == [int(number == position) for number in range(2)]


def test_a_denial_that_nothing_explains_is_a_cause_of_its_own() -> None:
    row = ("licences.permitted", "pkg:pypi/gpl@1", "the licence GPL is not permitted")
    [cause] = root_causes([], [verdict(row)])
    assert (cause.kind, cause.title) == (
        CauseKind.POLICY,
        "pkg:pypi/gpl@1: the licence GPL is not permitted; required: title of licences.permitted",
    )
    assert (cause.steps, cause.denies, cause.severity) == (("Fix licences.permitted.",), True, Severity.HIGH)


def test_a_rule_that_denies_without_a_reason_is_shown_by_its_title() -> None:
    empty = RuleVerdict(
        code="own.rule", title="Own rule", outcome=Outcome.FAIL, examined=0, unknown=0, denials=(), unknowns=()
    )
    given = verdict()
    [cause] = root_causes(
        [], [type(given)(**{**{name: getattr(given, name) for name in given.__struct_fields__}, "rules": (empty,)})]
    )
    assert (cause.title, cause.denials) == ("Own rule", 1)


def test_known_bad_comes_first_then_what_denies() -> None:
    malware = finding("malware.known", package="evil", version="1", severity="critical")
    minor = finding("vulnerability.known", package="soup", version="1", severity="low", aliases=("CVE-1",))
    records = [record("check_malware", malware), record("check_vulnerabilities", minor), record("check_locks", BARE)]
    noted = finding("hash.other", package="zip", version="1", severity="low")
    causes = root_causes(
        [*records, record("check_hashes", noted)], [verdict(("release.outcomes", "check_hashes", "x"))]
    )
    assert [cause.title.split()[0] for cause in causes] == ["evil", "soup", "zip", "ipython"]


CODES = ("lock.unpinned", "lock.unhashed", "lock.no-source", "vulnerability.known", "malware.known", "lock.no-moment",
         "publisher.changed", "malware.not-examined", "vulnerability.not-examined", "hash.yanked")  # fmt: skip
STAGES = ("check_locks", "check_hashes", "check_malware", "generate_vex")


@pytest.mark.parametrize("seed", range(60))
def test_no_finding_is_lost_and_no_denial_is_unexplained(seed: int) -> None:
    choose = random.Random(seed)  # noqa: S311 - test data

    def some() -> Finding:
        code = choose.choice(CODES)
        package = choose.choice(("", "a", "b"))
        return finding(
            code,
            choose.choice(("m", "1 of 2 pins (a): down", "9 pins (a and 8 more): down")),
            choose.choice(("Do it.", "Fetch it.")),
            choose.choice(list(Severity)),
            package=package,
            version=choose.choice(("1", "2")) if package else "",
            path=choose.choice(("", "r.txt", "s.txt")),
            line=choose.randrange(3),
            aliases=choose.choice(((), ("CVE-1",), ("CVE-2",))),
            waived_by=choose.choice(("", "", "w")),
        )

    records = [record(stage, *(some() for _ in range(choose.randrange(6)))) for stage in STAGES]
    rows = [
        (f"release.{choose.choice(('findings', 'outcomes', 'examined', 'own'))}", choose.choice((*STAGES, "x")), f"{n}")
        for n in range(choose.randrange(6))
    ]
    repeated = [
        ("release.findings", "s", f"{each.stage}: {found.severity} finding {found.code}: {found.message}")
        for each in records
        for found in each.findings
        if not found.waived_by
    ]
    causes = root_causes(records, [verdict(*rows, unknown=tuple(repeated))])
    fields = ("code", "package", "version", "path", "line", "aliases")

    def identity(found: Finding) -> tuple[object, ...]:
        return (*(getattr(found, name) for name in fields), found.message if not found.path else "")

    is_open = {identity(found) for each in records for found in each.findings if not found.waived_by}
    placed = Counter(identity(found) for cause in causes for found in cause.findings)
    assert set(placed) == is_open
    for each in records:
        said = {(identity(found), found.message) for found in each.findings if not found.waived_by}
        own = Counter(key for key, _ in said)
        assert all(placed[key] >= count for key, count in own.items())
    sentences = Counter((identity(found), found.message) for cause in causes for found in cause.findings)
    assert set(sentences.values()) <= {1}
    assert sum(cause.denials for cause in causes) == len({*rows, *repeated})
    for cause in causes:
        assert cause.title
        assert cause.steps


def test_what_is_exploited_comes_before_what_is_more_severe() -> None:
    listed = Exploitation(listing=Listing.LISTED, exploited="2026-05-01", cve="CVE-7")
    likely = Exploitation(listing=Listing.NOT_LISTED, epss=0.9, percentile=0.99, epss_cve="CVE-6")
    critical = finding("vulnerability.known", severity="critical", package="big", version="1", aliases=("CVE-9",))
    used = finding(
        "vulnerability.known", severity="low", package="small", version="1", aliases=("CVE-7",), exploitation=listed
    )
    next_one = finding(
        "vulnerability.known", severity="low", package="mid", version="1", aliases=("CVE-6",), exploitation=likely
    )
    causes = root_causes([record("check_vulnerabilities", critical, next_one, used)], [])
    assert [cause.title for cause in causes] == ["small 1  CVE-7", "mid 1  CVE-6", "big 1  CVE-9"]
    assert [cause.exploited for cause in causes] == ["exploited since 2026-05-01 (KEV)", "", ""]
