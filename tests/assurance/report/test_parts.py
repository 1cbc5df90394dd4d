"""The parts of the page, each from values made by hand."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any

import pytest

from ops.supply_chain import PIPELINE
from ops.supply_chain.assurance.report.changes import changes_view
from ops.supply_chain.assurance.report.claims import claims_view
from ops.supply_chain.assurance.report.inputs import AcceptedWaiver, PackageChange, ReportBaseline
from ops.supply_chain.assurance.report.packages import licences, read_packages
from ops.supply_chain.assurance.report.policy import policy_view
from ops.supply_chain.assurance.report.response import timeline
from ops.supply_chain.assurance.report.stages import ONE_BY_ONE, SIDE_BY_SIDE, VERIFY, duration_text, picture
from ops.supply_chain.assurance.report.tone import Tone
from ops.supply_chain.assurance.report.verification import read_verification
from ops.supply_chain.assurance.report.waivers import waivers_view
from ops.supply_chain.contracts.config.response import ResponseConfig
from ops.supply_chain.contracts.files.claims import (
    ClaimsReport,
    ClaimStatus,
    ClaimVerdict,
    ControlStatus,
    ControlVerdict,
    EvidenceSource,
)
from ops.supply_chain.contracts.values.finding import Severity
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.risk.advisories.response import ResponseClock
from tests.assurance.report.support import (
    SHA,
    TODAY,
    bom,
    component,
    html,
    page,
    reason,
    record,
    rule,
    verdict,
    verification,
)
from tests.risk.findings.support import STATES, finding


class TestStages:
    def test_every_stage_of_the_release_that_leaves_a_record_is_drawn(self) -> None:
        drawn = {*SIDE_BY_SIDE, *ONE_BY_ONE} - {VERIFY, "evaluate_policy_provenance"}
        assert drawn <= {row.script for row in PIPELINE if row.records}

    def test_boxes_do_not_touch(self) -> None:
        shown = picture([], None, verified="")
        places = [(one.x, one.y) for one in shown.stages]
        wide, high = shown.box
        for i, (x, y) in enumerate(places):
            assert x + wide <= shown.width
            assert y + high <= shown.height
            assert all(abs(x - a) >= wide or abs(y - b) >= high for a, b in places[:i])

    def test_a_stage_that_is_not_known_comes_last(self) -> None:
        shown = picture([record("publish_release")], Outcome.PASS, verified="3 of 3 checks")
        assert [one.title for one in shown.stages][-2:] == ["Retention", "Publication"]
        assert next(one for one in shown.stages if one.script == VERIFY).examined == "3 of 3 checks"

    @pytest.mark.parametrize(
        ("seconds", "text"), [(0, "under 1 s"), (59, "59 s"), (60, "1 min 00 s"), (185, "3 min 05 s")]
    )
    def test_durations(self, seconds: int, text: str) -> None:
        assert duration_text(seconds) == text

    @pytest.mark.parametrize(
        ("outcome", "tone"), [(Outcome.PASS, "rehearsed"), (Outcome.FAIL, "fail"), (Outcome.NOT_EXAMINED, "unknown")]
    )
    def test_what_verified_only_as_a_rehearsal_is_not_drawn_as_a_pass(self, outcome: Outcome, tone: str) -> None:
        shown = picture([], outcome, verified="15 of 19 checks", rehearsed=True)
        [verification] = [stage for stage in shown.stages if stage.script == "verify_release"]
        assert verification.tone == tone
        assert verification.examined == "15 of 19 checks"

    def test_a_clock_that_went_back_gives_no_negative_time(self) -> None:
        back = record("check_locks", started="2026-11-20T08:00:00Z", finished="2026-11-20T07:00:00Z")
        [shown] = [stage for stage in picture([back], None, verified="").stages if stage.script == "check_locks"]
        assert shown.took == "under 1 s"


class TestPackages:
    def test_depth_is_the_nearest_way_and_circles_end(self) -> None:
        told = read_packages(bom({"a": ["b"], "b": ["c"], "c": ["a", "b"], "d": []}, direct=["a", "c"]), ())
        assert [(one.name, one.depth) for one in told.all] == [("a", 1), ("b", 2), ("c", 1), ("d", -1)]
        assert (told.deepest, told.not_reached, told.direct) == (2, 1, (0, 2))

    def test_what_is_not_told_is_not_none(self) -> None:
        document = bom({"a": []}, direct=["a"], components=[component("a"), component("b")])
        document["compositions"] = [{"aggregate": "incomplete", "dependencies": ["a@1.0"]}]
        told = read_packages(document, ())
        assert [one.needs for one in told.all] == [None, None]
        assert told.unknown_edges == 2

    def test_scope_and_wheel_are_shown_and_unopened_wheels_are_counted(self) -> None:
        document = bom({"a": ["b"], "b": []}, direct=["a"])
        first, second = document["components"]
        first["scope"] = "excluded"
        second["properties"] = [{"name": "sealwright:bundled-in", "value": "a-1.whl"}]
        document["compositions"] = [{"aggregate": "unknown", "assemblies": [first["bom-ref"]]}]
        shown = read_packages(document, ())
        assert [node.part for node in shown.all] == ["development only", "inside a-1.whl"]
        assert (shown.inside, shown.unopened) == (1, 1)

    def test_two_versions_are_two_packages(self) -> None:
        document = bom({}, direct=["a"], components=[component("a"), component("a", "2.0")])
        told = read_packages(document, [finding("A", version="2.0"), finding("a", version="2.0", waived_by="x")])
        assert [(one.version, one.findings, one.worst) for one in told.all] == [("1.0", 0, ""), ("2.0", 1, "high")]

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"bomFormat": "x"}, "the SBOM: $: expected bomFormat CycloneDX"),
            ({"components": 1}, "the SBOM: $.components: expected an array, found a number"),
            ({"components": [{"name": 2}]}, "the SBOM: $.components[0].name: expected a text, found a number"),
            ({"dependencies": [None]}, "the SBOM: $.dependencies[0]: expected an object, found null"),
            ({"metadata": []}, "the SBOM: $.metadata: expected an object, found an array"),
        ],
    )
    def test_a_broken_sbom_is_refused_with_its_place(self, change: dict[str, Any], message: str) -> None:
        with pytest.raises(InputError) as caught:
            read_packages({**bom({}, direct=[]), **change}, ())
        assert caught.value.message.startswith(message)

    def test_licences_count_the_unknown_first(self) -> None:
        parts = [component("a"), component("b"), component("c", licence="")]
        told = licences(read_packages(bom({}, direct=[], components=parts), ()))
        assert [(one.name, one.count, one.share, one.tone) for one in told] == [
            ("unknown", 1, 50, Tone.UNKNOWN),
            ("MIT", 2, 100, Tone.PLAIN),
        ]


class TestResponse:
    def test_what_is_due_first_comes_first(self) -> None:
        told = timeline(
            [
                finding("late", due="2026-11-18"),
                finding("soon", due="2026-11-27"),
                finding("far", due="2027-02-01"),
                finding("waived", due="2026-01-01", waived_by="x"),
                finding("never"),
                finding("odd", due="tomorrow"),
            ],
            TODAY,
            {"2026-11-18": "late text", "2026-11-27": "soon text", "2027-02-01": "far text"},
        )
        assert [(row.subject, row.when, row.tone) for row in told.rows] == [
            ("late 3.20", "late text", Tone.FAIL),
            ("soon 3.20", "soon text", Tone.UNKNOWN),
            ("far 3.20", "far text", Tone.PLAIN),
        ]
        assert (told.overdue, told.soon, told.later, told.without) == (1, 1, 1, 2)
        assert all(230 <= row.x <= row.to <= 1000 for row in told.rows)

    def test_one_lateness_is_one_number(self) -> None:
        """The gate's message, the page's table and its day: business days of the scan, also on a page made later."""
        clock = ResponseClock(ResponseConfig(high_days=5), now=datetime(2026, 11, 20, 8, tzinfo=UTC))
        published = datetime(2026, 11, 2, tzinfo=UTC)
        deadline = clock.deadline(Severity.HIGH, published=published, first_seen=None)
        assert deadline is not None
        assert deadline.text == "overdue by 9 business days (was due 2026-11-09)"
        late = finding(message=f"idna 3.20 has CVE-2026-1; {deadline.text}", due=deadline.due.isoformat())
        shown = page(record("check_vulnerabilities", late, outcome=Outcome.FAIL), today=date(2026, 12, 24))
        assert [row.when for row in shown.timeline.rows] == ["overdue by 9 business days"]
        assert set(re.findall(r"overdue by [0-9]+ \w+ \w+", html(shown))) == {"overdue by 9 business days"}
        assert "counted on 2026-11-20, the day of the scan; this page is of 2026-12-24" in html(shown)

    @pytest.mark.parametrize("due", ["0001-01-01", "9999-12-31"])
    def test_the_ends_of_the_calendar(self, due: str) -> None:
        assert timeline([finding("a", due=due)], TODAY, {due: ""}).rows[0].due == due

    def test_most_rows_are_counted(self) -> None:
        told = timeline([finding(f"p{i}", due="2026-11-18") for i in range(30)], TODAY, {"2026-11-18": ""})
        assert (len(told.rows), told.left, told.overdue) == (24, 6, 30)

    def test_nothing_found_is_nothing_due_only_where_somebody_looked(self) -> None:
        assert page().clock_examined
        assert not page(record("check_vulnerabilities", outcome=Outcome.NOT_EXAMINED)).clock_examined


class TestVerification:
    def read(self, **more: Any) -> Any:
        released = more.pop("released", {"acme-1.0-checksums.txt": SHA})
        return read_verification(verification(**more), component="acme", version="1.0", released=released)

    def test_files_against_checks(self) -> None:
        lines = [
            {"subject": "a", "outcome": "pass", "command": "ls"},
            {"subject": "a", "outcome": "fail", "message": "is not the file", "command": "ls"},
            {"subject": "records", "outcome": "not-examined", "message": "nobody could look"},
        ]
        checks = [{"code": "c.d", "title": "T", "lines": lines}, {"code": "e.f", "title": "U", "lines": []}]
        told = self.read(checks=checks, files=[{"name": "a", "sha256": SHA}, {"name": "b", "sha256": SHA}])
        assert [(row.name, [(cell.tone, cell.message) for cell in row.cells]) for row in told.rows] == [
            ("a", [(Tone.FAIL, "is not the file")])
        ]
        assert [(one.counted, one.tone, len(one.commands)) for one in told.checks] == [
            ("1 of 3", Tone.FAIL, 1),
            ("0 of 0", Tone.UNKNOWN, 0),
        ]
        assert told.checks[0].lines[-1].word == "passed"
        assert told.checks[0].commands[0].subject == "2 lines"

    def test_what_it_says_of_itself_as_a_whole_does_not_count(self) -> None:
        bad = [{"code": "c", "title": "T", "lines": [{"subject": "a", "outcome": "fail"}], "outcome": "pass"}]
        assert self.read(checks=bad, outcome="pass").outcome is Outcome.FAIL

    def test_in_a_rehearsal_no_check_looks_like_a_pass(self) -> None:
        told = self.read(rehearsal=True)
        tones = {told.checks[0].tone, told.checks[0].lines[0].tone, told.rows[0].cells[0].tone}
        assert tones == {Tone.REHEARSED}

    def test_what_was_tolerated_is_no_pass_and_no_refusal(self) -> None:
        line = {"subject": "acme-1.0", "outcome": "fail", "message": "nobody is configured", "tolerated": "rehearsal"}
        real = {"subject": "acme-1.0", "outcome": "fail", "message": "is a rehearsal", "tolerated": "rehearsal"}
        checks = [
            {"code": "identities.published", "title": "The authorized signers are published", "lines": [line]},
            {"code": "release.real", "title": "It is a release", "lines": [real]},
        ]
        told = self.read(rehearsal=True, checks=checks)
        assert [(one.tone, one.word, one.lines[0].word) for one in told.checks] == [
            (Tone.UNKNOWN, "tolerated", "tolerated"),
            (Tone.UNKNOWN, "tolerated", "tolerated"),
        ]
        assert (told.outcome, told.counted) == (Outcome.PASS, "0 of 2 checks")
        assert told.refusals == ("The authorized signers are published: nobody is configured.",)

    @pytest.mark.parametrize(
        ("more", "message"),
        [
            ({"version": "2.0"}, "verification.json: is about acme 2.0, expected acme 1.0"),
            ({"component": "", "version": ""}, "verification.json: is about no named release, expected acme 1.0"),
            ({"schema": "x/1"}, "verification.json: expected schema verification/1, found x/1"),
            ({"checks": 3}, "verification.json: Expected `array`, got `int` - at `$.checks`"),
        ],
    )
    def test_what_is_none(self, more: dict[str, Any], message: str) -> None:
        with pytest.raises(InputError) as error:
            self.read(**more)
        assert error.value.message == message
        assert error.value.hint == "Verify the release again: nox -s verify."


class TestOthers:
    def test_rules_that_pass_over_something_are_not_plain_passes(self) -> None:
        told = policy_view(
            [
                verdict(
                    rule("a.ok"),
                    rule("a.noted", unknown=2, unknowns=(reason("x"), reason("y"))),
                    rule("a.bad", Outcome.FAIL, denials=(reason("x"), reason("y", fix="Other."))),
                    outcome=Outcome.FAIL,
                )
            ]
        )
        assert [(one.code, one.tone, one.word) for one in told.open] == [
            ("a.bad", Tone.FAIL, "failed"),
            ("a.noted", Tone.UNKNOWN, "passed over 2 unknowns"),
        ]
        assert [(group.fix, len(group.reasons)) for group in told.open[0].groups] == [
            ("Compile the lock again.", 1),
            ("Other.", 1),
        ]
        assert (told.passed, told.total, [one.code for one in told.rest]) == (2, 3, ["a.ok"])

    def test_a_rule_that_warns_is_not_a_plain_pass(self) -> None:
        warning = rule("a.warns", effective_on="2027-01-15", warnings=(reason("x"),))
        shown = policy_view([verdict(warning, rule("a.waits", effective_on="2027-01-15"))])
        assert [(view.code, view.tone, view.word) for view in shown.open] == [
            ("a.warns", Tone.UNKNOWN, "warns, and denies from 2027-01-15")
        ]
        assert [[entry.subject for entry in asked.reasons] for asked in shown.open[0].groups] == [["x"]]
        assert [view.code for view in shown.rest] == ["a.waits"]

    def test_changes_by_kind(self) -> None:
        rows = (
            PackageChange(kind="added", name="b", version="", before=(), after=("1",)),
            PackageChange(kind="hash-changed", name="a", version="1", before=("x", "y"), after=("z",)),
            PackageChange(kind="something-new", name="c", version="1", before=("x",), after=("z",)),
        )
        told = changes_view(
            ReportBaseline(version="0.9", retained_at="2026-10-01T00:00:00Z", differences=rows, hashes_not_compared=2),
            "",
        )
        assert [(one.kind, one.tone, one.count) for one in told.groups] == [
            ("hash-changed", Tone.FAIL, 1),
            ("added", Tone.PLAIN, 1),
            ("something-new", Tone.PLAIN, 1),
        ]
        assert (told.groups[0].rows[0].before, told.groups[0].rows[0].after) == ("2 gone", "1 new")
        assert not changes_view(None, "why").known

    def test_waivers_by_days_left(self) -> None:
        def accepted(name: str, expires: date) -> AcceptedWaiver:
            return AcceptedWaiver(id=name, package="", reason="r", owner="o", expires=expires, label=f"{name}, o")

        told = waivers_view(
            [
                accepted("far", date(2027, 1, 1)),
                accepted("soon", date(2026, 12, 4)),
                accepted("today", TODAY),
                accepted("gone", date(2026, 11, 19)),
            ],
            [finding("a", waived_by="far, o"), finding("b", waived_by="far, o")],
            today=TODAY,
            warn_days=14,
        )
        assert [(one.id, one.left, one.tone, one.used) for one in told] == [
            ("gone", "expired 1 day ago", Tone.FAIL, 0),
            ("today", "expires today", Tone.UNKNOWN, 0),
            ("soon", "14 days left", Tone.UNKNOWN, 0),
            ("far", "42 days left", Tone.PLAIN, 2),
        ]

    @pytest.mark.parametrize(("rehearsal", "tone"), [(False, Tone.PASS), (True, Tone.REHEARSED)])
    def test_claims(self, rehearsal: bool, tone: Tone) -> None:
        told = claims_view(claims_report(rehearsal=rehearsal), "")
        assert [(claim.sentence, claim.tone) for claim in told.claims] == [
            ("Releases are signed.", tone),
            ("No VEX is published.", Tone.FAIL),
            ("The feed is fresh.", Tone.UNKNOWN),
        ]
        [framework] = told.frameworks
        assert (framework.met, framework.not_met, framework.not_examined, framework.out_of_scope) == (1, 0, 0, 1)
        assert ("rehearsal" in told.rests_on) is rehearsal

    def test_no_claims_are_not_evaluated(self) -> None:
        told = claims_view(None, "Nobody asked.")
        assert (told.known, told.problem, told.rests_on) == (False, "Nobody asked.", "no retained release")

    def test_findings_that_differ_only_in_their_place_are_shown_as_one(self) -> None:
        alike = [finding(path=f"{name}/requirements.txt") for name in "abc"]
        shown = page(record("check_vulnerabilities", *alike, finding("other"), outcome=Outcome.FAIL)).findings
        assert [(one.subject, one.where, one.more_places) for one in shown.rows] == [
            ("idna 3.20", "a/requirements.txt:3", 2),
            ("other 3.20", "functions/one/requirements.txt:3", 0),
        ]
        assert "c/requirements.txt" in shown.rows[0].text
        assert (shown.open, shown.grouped, shown.left) == (4, True, 0)

    def test_what_is_exploited_comes_first_with_its_score(self) -> None:
        _, listed, likely = STATES
        shown = page(
            record(
                "check_vulnerabilities",
                finding("worse", severity=Severity.CRITICAL),
                finding("likely", severity=Severity.LOW, exploitation=likely),
                finding("used", severity=Severity.LOW, exploitation=listed),
                outcome=Outcome.FAIL,
            )
        )
        words = "exploited since 2026-05-01 (KEV), used in ransomware campaigns"
        assert [(row.subject, row.exploited, row.score) for row in shown.findings.rows] == [
            ("used 3.20", words, ""),
            ("likely 3.20", "", "EPSS 97.2 %"),
            ("worse 3.20", "", ""),
        ]
        text = html(shown)
        assert f'<span class="late">{words}</span>' in text
        assert '<span class="muted">EPSS 97.2 %</span>' in text

    def test_findings_tell_what_to_do(self) -> None:
        shown = page(
            record("check_vulnerabilities", finding(due="2026-11-01", places=3), outcome=Outcome.FAIL),
            record("check_locks", finding("b", code="lock.unhashed", severity=Severity.LOW, waived_by="w")),
        ).findings
        assert [(one.subject, one.gate, one.when, one.late, one.more_places) for one in shown.rows] == [
            ("idna 3.20", "Vulnerabilities", "overdue since 2026-11-01", True, 2),
            ("b 3.20", "Locks", "", False, 0),
        ]
        assert [(one.value, one.count) for one in shown.gates] == [("Locks", 1), ("Vulnerabilities", 1)]
        assert (shown.open, shown.waived) == (1, 1)


def claims_report(*, rehearsal: bool) -> ClaimsReport:
    return ClaimsReport(
        schema="claims/1",
        component="acme",
        source=EvidenceSource(
            component="acme",
            version="1.0",
            rehearsal=rehearsal,
            manifest_sha256=SHA,
            created="2026-11-01T00:00:00Z",
            retained_at="2026-11-01T00:00:00Z",
        ),
        policy_sha256=SHA,
        claims=(
            ClaimVerdict(id="signed-releases", sentence="Releases are signed.", standing=ClaimStatus.SUPPORTED),
            ClaimVerdict(
                id="vex-published",
                sentence="VEX is published.",
                standing=ClaimStatus.NOT_SUPPORTED,
                missing=("There is no VEX.",),
                otherwise="No VEX is published.",
            ),
            ClaimVerdict(id="feed-fresh", sentence="The feed is fresh.", standing=ClaimStatus.NOT_EXAMINED),
        ),
        controls=(
            ControlVerdict(id="L1", framework="SLSA", title="T", standing=ControlStatus.MET, reason="R."),
            ControlVerdict(id="L3", framework="SLSA", title="T", standing=ControlStatus.OUT_OF_SCOPE, reason="R."),
        ),
    )
