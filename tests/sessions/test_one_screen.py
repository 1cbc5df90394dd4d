"""How a session ends: the word agrees with the exit code, every stage that did not pass is explained."""

from __future__ import annotations

import argparse
import random
from pathlib import Path

import msgspec
import pytest

from ops.supply_chain import PIPELINE
from ops.supply_chain.contracts.config.feeds import FeedsConfig
from ops.supply_chain.contracts.config.file import Config
from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.contracts.files.verdict import RuleVerdict, Verdict, Weakening
from ops.supply_chain.contracts.values.cause import Mark
from ops.supply_chain.core import canonical
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.gather.gates.run_log import causes_of_run
from ops.supply_chain.risk.findings.causes import root_causes
from ops.supply_chain.risk.findings.render.screen import screen_lines
from ops.supply_chain.risk.findings.stage_errors import failure
from ops.supply_chain.runner.pipeline import Finished, StageEnd
from ops.supply_chain.runner.streams import wants_colour
from ops.supply_chain.sessions.one_screen import (
    NOT_BUILT,
    Ending,
    Words,
    again,
    of_this_run,
    screen_of,
    show,
    watcher_for,
)
from ops.supply_chain.sessions.stage_log import StageLog
from tests.risk.findings.test_causes import BARE, CVE_1, finding, record, verdict

WORDS = Words(passed="PASS", refused="REFUSED", unexamined="NOT EXAMINED")
SUMMARY = """\
demo 1
  made      {here}/dist/release: 2 files, 3 kB
              demo-1-sbom.cdx.json  2 kB
  source    commit abc, as committed
  verdict   allow: 3 of 3 rules pass (release)
  retained  {here}/data/artifacts until 2027-01-01
  signature every file has a .sigstore.json bundle (verified when it was signed)
  next      check it as a customer would: cd {here}/dist/release && sha256sum -c demo-1-checksums.txt
"""


class Run:
    """A run on disk."""

    def __init__(self, folder: Path) -> None:
        self.dist = folder / "dist"
        self.dist.mkdir(parents=True)
        self.log = StageLog(self.dist / "log.txt")

    def keep(self, *records: Record, judged: Verdict | None = None) -> None:
        for kept in records:
            canonical.write(self.dist / f"records/{kept.stage}.json", kept)
        if judged is not None:
            canonical.write(self.dist / "verdict/verdict.json", judged)

    def lines(self, code: int, stopped: str = "", refused: tuple[str, ...] = (), **more: object) -> list[str]:
        facts: dict[str, object] = {"config": Config(), "words": WORDS, "again": "nox -s release", **more}
        ending = Ending(root=self.dist.parent, dist=self.dist, subject="demo 1", **facts)  # type: ignore[arg-type]
        return [line.text for line in screen_lines(screen_of(Finished(code, stopped, refused, ()), ending, self.log))]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    return Run(tmp_path)


def allowed(**more: object) -> Verdict:
    rule = RuleVerdict(code="a.b", title="t", outcome=Outcome.PASS, examined=1, unknown=0, denials=(), unknowns=())
    changes = {"decision": "allow", "outcome": Outcome.PASS, "rules": (rule,), **more}
    return msgspec.structs.replace(verdict(), **changes)


def test_a_release_that_passed_shows_what_was_made_and_the_next_step(run: Run, tmp_path: Path) -> None:
    run.keep(record("check_hashes"), judged=allowed())
    run.log.ended(StageEnd("summarise_release", 0, SUMMARY.format(here=tmp_path), "", 0.1))
    assert run.lines(0) == [
        "PASS  demo 1   1 of 1 rule pass",
        "made      dist/release: 2 files, 3 kB",
        "source    commit abc, as committed",
        "retained  data/artifacts until 2027-01-01",
        "signature every file has a .sigstore.json bundle (verified when it was signed)",
        "log       dist/log.txt",
        *run.lines(0)[6:],
    ]
    assert "sha256sum -c demo-1-checksums.txt" in run.lines(0)[-1]


def test_a_weaker_gate_never_looks_like_a_plain_pass(run: Run) -> None:
    weakened = (Weakening(setting="gate.fail_on", default="low", value="high", reason="r", date="d", until="u"),)
    run.keep(record("check_hashes"), judged=allowed(weakened=weakened))
    lines = run.lines(0)
    assert lines[0].startswith("PASS, WEAKENED  demo 1")
    assert any(line.startswith("weakened  gate.fail_on") for line in lines)


def test_a_denial_is_refused_and_its_cause_is_shown(run: Run) -> None:
    denial = ("release.findings", "r", "check_vulnerabilities: high finding vulnerability.known: m")
    run.keep(record("check_vulnerabilities", CVE_1), judged=verdict(denial))
    lines = run.lines(4, "evaluate_policy", ("check_vulnerabilities",))
    assert lines[:4] == [
        "REFUSED  demo 1   1 cause denies it (x)",
        "x 1  soup 1  CVE-1  high",
        "     r.txt:4",
        "     Do it.",
    ]
    assert lines[4:] == [
        'exploited not checked ([feeds].kev = "default" asks CISA)',
        "made      nothing was released",
        "log       dist/log.txt",
        "next      deal with 1, then: nox -s release",
    ]


def test_with_a_catalog_or_without_a_vulnerability_no_line_states_that_none_was_asked(run: Run) -> None:
    run.keep(record("check_vulnerabilities", CVE_1))
    asked = Config(feeds=FeedsConfig(kev="default"))
    assert not any("exploited" in line for line in run.lines(4, config=asked))
    assert any("exploited" in line for line in run.lines(4))
    run.keep(record("check_vulnerabilities"))
    assert not any("exploited" in line for line in run.lines(0))


@pytest.mark.parametrize(
    ("code", "word"),
    [(4, "REFUSED"), (5, "NOT EXAMINED"), (2, "FAILED (exit 2)"), (3, "FAILED (exit 3)"), (6, "FAILED (exit 6)"), (1, "FAILED (exit 1)")],
)  # fmt: skip
def test_a_stage_that_ended_the_run_is_explained_by_what_it_wrote(run: Run, code: int, word: str) -> None:
    said = "warning: x\nerror: no token\n  next: Log in.\n"
    run.log.ended(StageEnd("sign_artifacts", code, "", said, 0.1))
    lines = run.lines(code, "sign_artifacts")
    assert lines[0].startswith(word)
    assert lines[1:3] == [f"{'?' if code == 5 else 'x'} 1  sign_artifacts: no token", "     Log in."]


def test_a_gate_without_a_record_or_a_message_is_a_cause_too(run: Run) -> None:
    assert "x 1  check_hashes: did not pass, and left no message" in run.lines(5, "", ("check_hashes",))


def test_a_result_explains_a_stage_that_wrote_no_message(run: Run) -> None:
    run.log.ended(StageEnd("scan_updates", 5, "0 dependencies\nnote: not checked: no lock\n", "", 0.1))
    assert "? 1  scan_updates: not checked: no lock" in run.lines(5, "scan_updates")


NOT_DECIDED = (
    ("release.examined", "check_malware", "an unknown number examined of an unknown number locked"),
    ("release.outcomes", "check_malware", "did not examine everything"),
)
DOWN = "error: no source of advisories answered:\n  api: cannot be reached\n  next: Check the network.\n"


def test_a_stage_that_ended_with_an_error_is_explained_by_it_and_not_by_the_policys_echo(run: Run) -> None:
    gates = ("check_malware", "check_vulnerabilities")
    echoes = [(code, gate, message) for code, _, message in NOT_DECIDED for gate in gates]
    run.keep(*map(record, gates), judged=verdict(*echoes, ("release.outcomes", "generate_vex", "not everything")))
    for gate in gates:
        run.log.ended(StageEnd(gate, 5, "", DOWN, 0.1))
    assert run.lines(0, "", (*gates, "generate_vex"))[:3] == [
        "REFUSED  demo 1   1 cause denies it (x)",
        "x 1  no source of advisories answered (check_malware, check_vulnerabilities)",
        "     Check the network.",
    ]


def test_a_denial_of_a_stage_without_a_message_keeps_its_own_words(run: Run) -> None:
    odd = ("release.outcomes", "check_source", "odd")
    run.keep(record("check_malware"), record("check_source"), judged=verdict(*NOT_DECIDED, odd))
    assert run.lines(0)[1].startswith("x 1  check_malware: an unknown number examined")
    run.log.ended(StageEnd("check_malware", 5, "", DOWN, 0.1))
    assert [line for line in run.lines(0) if line.startswith("x ")] == [
        "x 1  check_malware: no source of advisories answered",
        "x 2  check_source: odd; required: title of release.outcomes  high",
    ]


def test_more_causes_than_the_screen_lists_are_counted_in_the_next_step(run: Run) -> None:
    causes = tuple(failure(f"cause {number}", ["Do it."]) for number in range(7))
    assert run.lines(0, more=causes)[-1] == "next      deal with the 7 causes marked x or ?, then: nox -s release"
    assert run.lines(0, more=causes[:3])[-1] == "next      deal with 1, 2 and 3, then: nox -s release"


def test_an_open_finding_that_fails_a_gate_denies_where_the_policy_was_not_asked(run: Run) -> None:
    low = finding("hash.other", "odd", severity="low")
    note = finding("lock.note", "by the way", severity="info")
    down = finding("malware.not-examined", "the feed is old", severity="info")
    run.keep(record("check_locks", BARE, low, note), record("check_malware", down))
    lines = run.lines(4, "", ("check_locks", "check_malware"), releases=False)
    marks = {line.split("  ", 2)[1]: line[0] for line in lines if line[:1] in "x?!" and line[2:3].isdigit()}
    assert marks == {"ipython has no version": "x", "odd": "x", "the feed is old": "?", "by the way": "!"}
    assert "made      nothing was released" not in lines


def test_a_pass_is_never_said_over_a_cause_that_denies(run: Run) -> None:
    assert run.lines(0, more=(failure("no identity", ["Name one."]),))[0].startswith("REFUSED  ")


def test_a_package_that_was_not_built_is_said_where_the_files_are(run: Run) -> None:
    note = f"requirements-build.txt is absent, so demo{NOT_BUILT}nox -s lock writes it"
    run.keep(msgspec.structs.replace(record("build_distributions"), notes=("other", note)), judged=allowed())
    assert [line for line in run.lines(0) if line.startswith("built ")] == [
        "built     requirements-build.txt is absent, so demo is not built:"
    ]


def test_a_waived_finding_is_counted(run: Run) -> None:
    run.keep(record("check_vulnerabilities", msgspec.structs.replace(CVE_1, waived_by="w")), judged=allowed())
    assert "waived    1 finding: soup 1" in run.lines(0)


def test_what_strangers_wrote_forges_no_line(run: Run) -> None:
    run.log.ended(StageEnd("sign_artifacts", 6, "", "error: a\x1b[2K\rPASS https://u:p@h/\n", 0.1))
    [line] = [line for line in run.lines(6, "sign_artifacts") if line.startswith("x 1")]
    assert "\x1b" not in line
    assert "\r" not in line
    assert "u:p" not in line


def options(**more: object) -> argparse.Namespace:
    return argparse.Namespace(**{"format": "text", "public_log": False, "verbose": False, **more})


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("public", [True, False])
def test_a_public_log_gets_counts_and_json_nothing_beside_it(
    run: Run, capfd: pytest.CaptureFixture[str], form: str, *, public: bool
) -> None:
    run.keep(record("check_vulnerabilities", CVE_1))
    ending = Ending(
        root=run.dist.parent,
        dist=run.dist,
        config=Config(),
        subject="secret 1",
        words=WORDS,
        again="nox -s release -- --x secret",
    )
    show(Finished(4, "", ("check_vulnerabilities",), ()), ending, None, options(public_log=public, format=form))
    out = capfd.readouterr().out
    if form == "json":
        assert out == ""
    elif public:
        assert out == "REFUSED: 1 cause (1 high)\n"
    else:
        assert out.startswith("REFUSED  secret 1")


def test_stages_write_to_the_log_unless_it_is_verbose_public_or_json(tmp_path: Path) -> None:
    assert watcher_for(options(), tmp_path) is not None
    for changed in ({"verbose": True}, {"public_log": True}, {"format": "json"}):
        assert watcher_for(options(**changed), tmp_path) is None


def test_the_log_has_all_that_a_stage_wrote(run: Run, capfd: pytest.CaptureFixture[str]) -> None:
    run.log.started(["check_locks"])
    run.log.ended(StageEnd("check_locks", 4, "result\n", "message\n", 1.26))
    assert (run.dist / "log.txt").read_text() == "== check_locks: exit 4, 1.3 s\nresult\n-- stderr\nmessage\n\n"
    assert capfd.readouterr() == ("", "check_locks                  denied                       1.3 s\n")


def test_the_command_that_lists_findings_lists_those_of_this_run() -> None:
    step = "Fix them (nox -s report_findings lists all of them), then run again."
    assert of_this_run(step, "dist") == step
    assert "(nox -s report_findings -- --dist dist/rehearsal lists all of them)" in of_this_run(step, "dist/rehearsal")
    assert "-- --dist 'a b' lists" in of_this_run(step, "a b")


def test_the_command_that_repeats_a_run_names_the_project_once() -> None:
    assert again("release", ["--project", "a b", "--version", "v 1"]) == "nox -s release -- --version 'v 1'"
    assert again("release", ["--project=x"]) == "nox -s release"


COLOURS = [
    ({}, True, True), ({}, False, False), ({"TERM": "dumb"}, True, False), ({"NO_COLOR": "1"}, True, False),
    ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False), ({"FORCE_COLOR": "1"}, False, True),
    ({"FORCE_COLOR": "0"}, True, False), ({"CLICOLOR_FORCE": "1"}, False, True), ({"CI": "true"}, False, False),
]  # fmt: skip


@pytest.mark.parametrize(("environment", "terminal", "expected"), COLOURS)
def test_when_there_is_colour(environment: dict[str, str], *, terminal: bool, expected: bool) -> None:
    assert wants_colour(environment, terminal=terminal) is expected


def test_colour_is_beside_the_mark_and_never_instead(
    run: Run, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    run.keep(record("check_vulnerabilities", CVE_1))
    ending = Ending(
        root=run.dist.parent, dist=run.dist, config=Config(), subject="demo 1", words=WORDS, again="nox -s release"
    )
    show(Finished(4, "", ("check_vulnerabilities",), ()), ending, None, options())
    assert f"\x1b[31m{Mark.DENIES} 1  soup 1  CVE-1  high\x1b[0m\n" in capfd.readouterr().out


def test_the_report_of_a_run_has_the_causes_of_its_screen_in_the_same_words(run: Run, tmp_path: Path) -> None:
    chance = random.Random(26)  # noqa: S311 - cases, not secrets
    names = {"check_malware", "check_vulnerabilities", "check_source", "generate_vex", "sign_artifacts"}
    gates = [row.script for row in PIPELINE if row.script in names]
    texts = [
        ("", DOWN),
        ("", "error: a\n  next: Do it.\n"),
        ("note: odd\n", ""),
        ("0 of 4\n", "warning: x\n"),
        ("", ""),
    ]
    for number in range(30):
        here = Run(tmp_path / str(number))
        failed = [gate for gate in gates if chance.random() < 0.6]
        here.keep(*map(record, gates[:3]), judged=verdict(*NOT_DECIDED) if chance.random() < 0.5 else None)
        for gate in gates:
            output, messages = chance.choice(texts)
            here.log.ended(StageEnd(gate, chance.choice((4, 5)) if gate in failed else 0, output, messages, 0.1))
        here.log.ended(StageEnd("render_report", 3, "", "error: of the report\n", 0.1))
        ending = Ending(
            root=tmp_path, dist=here.dist, config=Config(), subject="s", words=WORDS, again="nox -s release"
        )
        shown = screen_of(Finished(5, "", tuple(failed), ()), ending, here.log).causes
        records = [canonical.read(path, Record) for path in sorted((here.dist / "records").glob("*.json"))]
        path = here.dist / "verdict/verdict.json"
        verdicts = [canonical.read(path, Verdict)] if path.is_file() else []
        assert causes_of_run(here.dist, records, verdicts) == tuple(cause for _, cause in shown)


def test_a_run_without_a_log_has_the_causes_of_its_records(run: Run) -> None:
    run.keep(record("check_vulnerabilities", CVE_1))
    found = root_causes([record("check_vulnerabilities", CVE_1)], ())
    for text in (None, "", "no log"):
        if text is not None:
            (run.dist / "log.txt").write_text(text)
        assert causes_of_run(run.dist, [record("check_vulnerabilities", CVE_1)], ()) == found
