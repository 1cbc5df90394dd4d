"""Waivers: understood or told, in force to the end of their last day, never wider than they say."""

from __future__ import annotations

import string
from datetime import date, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.supply_chain.contracts.config.file import Config
from ops.supply_chain.contracts.config.waivers import AcknowledgedCve, WaiverEntry, WaiverRules
from ops.supply_chain.contracts.values.advisory import separate_names
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.risk.gates.outcome import decide_outcome
from ops.supply_chain.risk.waivers.apply import apply_waivers, covers, exists
from ops.supply_chain.risk.waivers.model import Waiver
from ops.supply_chain.risk.waivers.parse import parse_waivers

GOOD = WaiverEntry(
    id="CVE-2026-1", package="Idna", reason="not reachable", owner="ann", date="2026-11-01", expires="2026-12-01"
)
FINDING = Finding(
    code="vulnerability.known",
    severity=Severity.HIGH,
    message="m",
    next_step="n",
    package="idna",
    version="3.1",
    aliases=("CVE-2026-1", "GHSA-xxxx"),
)
TODAY = date(2026, 11, 10)
SCOPES = frozenset({"vulnerability"})


def _parse(*entries: WaiverEntry) -> tuple[tuple[Waiver, ...], tuple[Finding, ...]]:
    return parse_waivers(Config(waivers=entries))


def _apply(entry: WaiverEntry, finding: Finding = FINDING, today: date = TODAY) -> tuple[Finding, ...]:
    waivers, problems = _parse(entry)
    assert problems == ()
    return apply_waivers([finding], waivers, scopes=SCOPES, today=today, warn_days=14)


def test_a_waiver_marks_its_finding_and_the_finding_stays_visible() -> None:
    assert _apply(GOOD) == (msgspec.structs.replace(FINDING, waived_by="CVE-2026-1, ann, until 2026-12-01"),)


@pytest.mark.parametrize(
    ("today", "held", "codes"),
    [
        (date(2026, 10, 31), False, ["waiver.not-yet"]),
        (date(2026, 11, 1), True, []),
        (date(2026, 11, 16), True, []),
        (date(2026, 11, 17), True, ["waiver.expiring"]),
        (date(2026, 12, 1), True, ["waiver.expiring"]),
        (date(2026, 12, 2), False, ["waiver.expired"]),
    ],
)
def test_a_waiver_holds_from_its_date_to_the_end_of_its_last_day(today: date, held: bool, codes: list[str]) -> None:
    found = _apply(GOOD, today=today)
    assert [bool(one.waived_by) for one in found if one.package == "idna" and one.path == ""] == [held]
    assert [one.code for one in found if one.path] == codes


def test_an_expired_waiver_fails_by_itself() -> None:
    waivers, _ = _parse(GOOD)
    found = apply_waivers([], waivers, scopes=SCOPES, today=date(2026, 12, 2), warn_days=14)
    assert decide_outcome(found, fail_on=Severity.HIGH, all_examined=True) is Outcome.FAIL
    assert found[0].message == "waivers[0] (CVE-2026-1) expired on 2026-12-01"


def test_an_unused_waiver_is_told_and_does_not_fail() -> None:
    waivers, _ = _parse(GOOD)
    found = apply_waivers([], waivers, scopes=SCOPES, today=TODAY, warn_days=3)
    assert [one.code for one in found] == ["waiver.unused"]
    assert decide_outcome(found, fail_on=Severity.LOW, all_examined=True) is Outcome.PASS


def test_a_waiver_of_another_gate_is_not_told_here() -> None:
    waivers, _ = _parse(GOOD)
    assert apply_waivers([], waivers, scopes=frozenset({"lock"}), today=TODAY, warn_days=14) == ()


MALFORMED = {
    "no id": ({"id": ""}, "waivers[0] has no id"),
    "no reason": ({"reason": " "}, "waivers[0] has no reason"),
    "no owner": ({"owner": ""}, "waivers[0] has no owner"),
    "no date": ({"date": ""}, "waivers[0] has no date"),
    "no end": ({"expires": ""}, "waivers[0] has no expires"),
    "no day": ({"expires": "soon"}, "waivers[0] has expires 'soon', which is not an ISO date"),
    "backwards": ({"expires": "2026-10-01"}, "waivers[0] expires on 2026-10-01, before its date 2026-11-01"),
    "too long": ({"expires": "2027-11-01"}, "waivers[0] is valid for 365 days; at most 180 are allowed"),
    "versions": ({"versions": "lots"}, "waivers[0] has versions 'lots', which is not a PEP 440 specifier"),
    "justification": (
        {"justification": "trust me"},
        "waivers[0] has justification 'trust me', which OpenVEX does not define",
    ),
    "id": ({"id": "*"}, "waivers[0] has id '*', which is neither an advisory id nor a finding's code"),
    "too wide": (
        {"id": "lock.unhashed", "package": ""},
        "waivers[0] names a finding code without a package or path: it would waive all of them",
    ),
    "a path that is none": (
        {"id": "lock.unhashed", "package": "", "path": " ./ "},
        "waivers[0] names a finding code without a package or path: it would waive all of them",
    ),
    "a path of blanks": (
        {"id": "lock.unhashed", "path": " "},
        "waivers[0] has path ' ', which names no file",
    ),
    "a path and an advisory": (
        {"path": "f/requirements.txt"},
        "waivers[0] names a path, which is allowed only with a finding code",
    ),
}


@pytest.mark.parametrize(("change", "message"), MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_waiver_is_a_finding_and_waives_nothing(change: dict[str, str], message: str) -> None:
    waivers, problems = _parse(msgspec.structs.replace(GOOD, **change))
    assert waivers == ()
    assert [one.message for one in problems] == [message]
    assert decide_outcome(problems, fail_on=Severity.HIGH, all_examined=True) is Outcome.FAIL


def test_the_horizon_is_configurable() -> None:
    long = msgspec.structs.replace(GOOD, expires="2027-11-01")
    waivers, problems = parse_waivers(Config(waivers=(long,), waiver_rules=WaiverRules(max_days=365)))
    assert (len(waivers), problems) == (1, ())


UNRELATED = {
    "other package": {"package": "requests"},
    "other id": {"aliases": ("CVE-2026-10", "GHSA-xxxx")},
    "no id": {"aliases": ()},
    "about a waiver": {"code": "waiver.expired"},
}


@pytest.mark.parametrize("change", UNRELATED.values(), ids=UNRELATED)
def test_an_unrelated_finding_is_not_hidden(change: dict[str, object]) -> None:
    [waiver], _ = _parse(GOOD)
    assert not covers(waiver, msgspec.structs.replace(FINDING, **change))


@pytest.mark.parametrize(
    ("versions", "version", "covered"),
    [
        ("", "3.1", True),
        ("<3.2", "3.1", True),
        ("<3.1", "3.1", False),
        ("<4", "3.1rc1", True),
        ("<4", "not-a-version", False),
    ],
)
def test_versions_narrow_a_waiver(versions: str, version: str, covered: bool) -> None:
    [waiver], _ = _parse(msgspec.structs.replace(GOOD, versions=versions))
    assert covers(waiver, msgspec.structs.replace(FINDING, version=version)) is covered


@pytest.mark.parametrize(
    ("change", "covered"),
    [({}, True), ({"path": "g/requirements.txt"}, False), ({"places": 2}, False), ({"code": "lock.drift"}, False)],
    ids=["the file", "another file", "many files", "another fact"],
)
def test_a_path_stands_for_a_package_where_a_finding_has_none(change: dict[str, object], covered: bool) -> None:
    [waiver], _ = _parse(msgspec.structs.replace(GOOD, id="lock.no-source", package="", path="./f/requirements.txt"))
    finding = Finding(
        code="lock.no-source", severity=Severity.MEDIUM, message="m", next_step="n", path="f/requirements.txt"
    )
    assert covers(waiver, msgspec.structs.replace(finding, **change)) is covered


def test_an_alias_and_a_code_match_whatever_their_case() -> None:
    [by_alias], _ = _parse(msgspec.structs.replace(GOOD, id="ghsa-XXXX"))
    [by_code], _ = _parse(msgspec.structs.replace(GOOD, id="vulnerability.known"))
    assert covers(by_alias, FINDING)
    assert covers(by_code, FINDING)


def test_acknowledged_cves_end_with_their_resolution_or_with_the_horizon() -> None:
    base = {"cve_id": "CVE-2026-1", "package": "idna", "reason": "r", "date_acknowledged": "2026-05-01"}
    resolutions = ["2026-06-01", "next release", "2030-01-01"]
    config = Config(acknowledged_cves=tuple(AcknowledgedCve(**base, expected_resolution=text) for text in resolutions))
    waivers, problems = parse_waivers(config)
    horizon = date(2026, 5, 1) + timedelta(days=180)
    assert problems == ()
    assert [waiver.expires for waiver in waivers] == [date(2026, 6, 1), horizon, horizon]


name = st.text(string.ascii_lowercase, min_size=1, max_size=3)
finding = st.builds(
    Finding,
    code=st.sampled_from(["vulnerability.known", "lock.unhashed"]),
    severity=st.sampled_from(list(Severity)),
    message=st.just("m"),
    next_step=st.just("n"),
    package=name,
    version=st.sampled_from(["1.0", "2.0", ""]),
    aliases=st.lists(st.sampled_from(["CVE-1-1", "CVE-1-2", "GHSA-a"]), unique=True).map(tuple),
)
entry = st.builds(
    WaiverEntry,
    id=st.sampled_from(["CVE-1-1", "CVE-1-2", "GHSA-a", "lock.unhashed"]),
    package=name,
    versions=st.sampled_from(["", "<2", "==2.0"]),
    reason=st.just("r"),
    owner=st.just("o"),
    date=st.just("2026-11-01"),
    expires=st.sampled_from(["2026-11-10", "2026-12-01"]),
)


@given(st.lists(finding, max_size=6), st.lists(entry, max_size=4))
@settings(derandomize=True, max_examples=300)
def test_no_finding_is_ever_dropped_and_only_covered_ones_are_waived(
    findings: list[Finding], entries: list[WaiverEntry]
) -> None:
    waivers, _ = _parse(*entries)
    found = apply_waivers(findings, waivers, scopes=SCOPES, today=TODAY, warn_days=14)
    kept = [msgspec.structs.replace(one, waived_by="") for one in found if not one.code.startswith("waiver.")]
    assert sorted(kept, key=repr) == sorted(findings, key=repr)
    live = [waiver for waiver in waivers if waiver.expires >= TODAY]
    for one in found:
        about = [] if one.code.startswith("waiver.") else [waiver for waiver in live if covers(waiver, one)]
        about = [waiver for waiver in about if exists(waiver, one)]
        named = {waiver.id.upper() for waiver in about}
        by_code = any(waiver.id == one.code for waiver in about)
        assert bool(one.waived_by) == (bool(about) and (by_code or separate_names(one.aliases) <= named))


BY_CODE = msgspec.structs.replace(GOOD, id="vulnerability.known")


@pytest.mark.parametrize(
    ("published", "code", "held"),
    [
        ("2026-10-31", "vulnerability.known", True),
        ("2026-11-01", "vulnerability.known", True),
        ("2026-11-02", "vulnerability.known", False),
        ("", "vulnerability.known", False),
        ("2026-11-02", "vulnerability.undecided", False),
        ("2026-10-31", "malware.known", True),
        ("2026-11-02", "malware.known", False),
        ("", "malware.known", False),
    ],
)
def test_a_waiver_by_code_covers_only_records_that_existed_on_its_date(published: str, code: str, held: bool) -> None:
    waivers, problems = _parse(msgspec.structs.replace(GOOD, id=code))
    finding = msgspec.structs.replace(FINDING, code=code, published=published)
    scopes = frozenset({code.split(".", maxsplit=1)[0]})
    found = apply_waivers([finding], waivers, scopes=scopes, today=TODAY, warn_days=0)
    [known] = [one for one in found if one.code == code]
    assert (problems, bool(known.waived_by)) == ((), held)
    if not held:
        [note] = [one for one in found if one.code == "waiver.unused"]
        since = f"was published on {published}, after its date" if published else "has no date"
        assert note.message == f"waivers[0] ({code}) does not cover CVE-2026-1 of idna 3.1, which {since}"
        assert 'id = "CVE-2026-1"' in note.next_step


def test_a_waiver_by_an_id_covers_it_whenever_it_was_published() -> None:
    for published in ("", "2026-11-02", "2026-10-01"):
        [found] = _apply(GOOD, msgspec.structs.replace(FINDING, published=published))
        assert found.waived_by


def test_a_waiver_by_code_that_covers_a_part_is_named() -> None:
    waivers, _ = _parse(BY_CODE)
    old = msgspec.structs.replace(FINDING, published="2026-10-01")
    new = msgspec.structs.replace(FINDING, published="2026-11-09", aliases=("CVE-2026-2",))
    found = apply_waivers([old, new], waivers, scopes=SCOPES, today=TODAY, warn_days=0)
    assert {one.aliases[0]: bool(one.waived_by) for one in found if one.package and one.code == old.code} == {
        "CVE-2026-1": True, "CVE-2026-2": False,
    }  # fmt: skip
    assert [one.message for one in found if one.code == "waiver.partial"] == [
        (
            "waivers[0] (vulnerability.known) does not cover CVE-2026-2 of idna 3.1, which was published on 2026-11-09, "
            "after its date"
        )
    ]


@pytest.mark.parametrize(("package", "held"), [("idna", True), ("", False)])
def test_a_waiver_of_a_file_does_not_cover_packages_that_it_does_not_name(package: str, held: bool) -> None:
    waivers, _ = _parse(msgspec.structs.replace(GOOD, id="lock.unpinned", package=package, path="requirements.txt"))
    finding = Finding(
        code="lock.unpinned",
        severity=Severity.HIGH,
        message="m",
        next_step="n",
        package="idna",
        path="requirements.txt",
    )
    found = apply_waivers([finding], waivers, scopes=frozenset({"lock"}), today=TODAY, warn_days=0)
    assert bool(found[0].waived_by or found[-1].waived_by) is held
    assert [one.next_step for one in found if one.code == "waiver.unused"] == (
        [] if held else ['Fix the finding, or accept it with a waiver that has package = "idna".']
    )


DAYS = st.sampled_from(["", *(f"2026-{month}-{day}" for month in (10, 11) for day in ("01", "02", "30"))])


@given(st.lists(DAYS, max_size=5), st.sampled_from(["vulnerability.known", "vulnerability.undecided"]))
@settings(derandomize=True, max_examples=100)
def test_no_waiver_by_code_covers_a_record_of_a_later_day(days: list[str], code: str) -> None:
    waivers, _ = _parse(msgspec.structs.replace(GOOD, id=code))
    findings = [
        msgspec.structs.replace(FINDING, code=code, published=day, message=str(place)) for place, day in enumerate(days)
    ]
    found = apply_waivers(findings, waivers, scopes=SCOPES, today=TODAY, warn_days=0)
    assert {one.message: bool(one.waived_by) for one in found if one.code == code} == {
        str(place): "" < day <= "2026-11-01" for place, day in enumerate(days)
    }


ALIASES = st.lists(
    st.builds("{}-{}".format, st.sampled_from(["CVE-2026", "GHSA-a", "PYSEC-2026", "MAL-2026"]), st.integers(1, 4)),
    min_size=1, max_size=6, unique=True,
)  # fmt: skip


@given(ALIASES, st.lists(st.booleans(), min_size=6, max_size=6))
@settings(derandomize=True, max_examples=200)
def test_waivers_cover_several_vulnerabilities_only_if_they_name_each(names: list[str], picked: list[bool]) -> None:
    waived = [name for name, chosen in zip(names, picked, strict=False) if chosen]
    waivers, malformed = _parse(*(msgspec.structs.replace(GOOD, id=name, package="a") for name in waived))
    assert not malformed
    umbrella = Finding(
        code="vulnerability.known", severity=Severity.HIGH, message="m", next_step="n", package="a", version="1.0",
        aliases=tuple(names),
    )  # fmt: skip
    applied = apply_waivers([umbrella], waivers, scopes=SCOPES, today=TODAY, warn_days=0)
    [found] = [one for one in applied if one.code == umbrella.code]
    cves = {name for name in names if name.startswith("CVE-")}
    others = {name for name in names if name.startswith("GHSA-")}
    malware = {name for name in names if name.startswith("MAL-")}
    needed = {name for kind in (cves or others, malware) if len(kind) > 1 for name in kind}
    assert bool(found.waived_by) == (bool(waived) and needed <= set(waived))


def test_a_waiver_of_one_cve_of_several_says_what_it_leaves_open() -> None:
    waivers, _ = _parse(msgspec.structs.replace(GOOD, package="a"))
    umbrella = Finding(
        code="vulnerability.known", severity=Severity.HIGH, message="m", next_step="n", package="a", version="1.0",
        aliases=("CVE-2026-1", "CVE-2026-2"),
    )  # fmt: skip
    found = apply_waivers([umbrella], waivers, scopes=SCOPES, today=TODAY, warn_days=0)
    assert [one.message for one in found if one.code == "waiver.unused"] == [
        "waivers[0] (CVE-2026-1) waives nothing: its record also covers CVE-2026-2, which no waiver names"
    ]


@given(st.lists(finding, max_size=6), finding, st.sampled_from(list(Severity)), st.booleans())
@settings(derandomize=True, max_examples=300)
def test_one_more_finding_never_turns_a_failure_into_anything_else(
    findings: list[Finding], more: Finding, fail_on: Severity, examined: bool
) -> None:
    before = decide_outcome(findings, fail_on=fail_on, all_examined=examined)
    after = decide_outcome([*findings, more], fail_on=fail_on, all_examined=examined)
    assert not (before is Outcome.FAIL and after is not Outcome.FAIL)
    assert not (before is Outcome.NOT_EXAMINED and after is Outcome.PASS)


def test_unknown_severity_counts_as_high() -> None:
    unknown = msgspec.structs.replace(FINDING, severity=Severity.UNKNOWN)
    assert decide_outcome([unknown], fail_on=Severity.HIGH, all_examined=True) is Outcome.FAIL
    assert decide_outcome([unknown], fail_on=Severity.CRITICAL, all_examined=True) is Outcome.PASS


def test_nothing_found_but_not_all_looked_at_is_not_a_pass() -> None:
    assert decide_outcome([], fail_on=Severity.LOW, all_examined=False) is Outcome.NOT_EXAMINED
