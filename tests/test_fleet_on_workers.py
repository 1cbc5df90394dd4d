"""A fleet on workers: the same records, findings and ledgers as on one machine, and nothing clean that was not examined."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ops.supply_chain import check_malware, check_vulnerabilities, find_affected
from ops.supply_chain.adapters.registry.fleet import FleetStore, KeptResult
from ops.supply_chain.contracts.files.fleet import PartResult
from ops.supply_chain.core import canonical
from ops.supply_chain.core.errors import ExitCode
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.gather.gates import fleet_inputs, fleet_run
from ops.supply_chain.gather.risk.advisories import fleet as advisory_fleet
from ops.supply_chain.runner import fleet_part
from ops.supply_chain.runner.fleet_code import own_code
from ops.supply_chain.sessions import examine_part
from tests.fakes.fleet import BROKEN, WAIVER, Fleet, without_scheduler
from tests.fakes.gate_project import NOW, at
from tests.fakes.prepared import prepared_processes

ADDRESS = "tcp://127.0.0.1:8786"
STAGES: dict[str, Callable[[list[str]], int]] = {
    "check_malware": check_malware.main,
    "check_vulnerabilities": check_vulnerabilities.main,
}


@pytest.fixture(scope="module", autouse=True)
def prepared() -> Iterator[None]:
    with prepared_processes():
        yield


@pytest.fixture(autouse=True)
def no_scheduler(monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, NOW)
    monkeypatch.setattr(fleet_run, "run_tasks", without_scheduler)
    monkeypatch.setattr(fleet_inputs, "MOST_PROJECTS", 4)


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    return Fleet(tmp_path, seed=3, size=4)


SEEDS = [pytest.param(seed, marks=[pytest.mark.whole] if seed else []) for seed in range(8)]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("stage", STAGES)
def test_record_findings_and_screen_are_those_of_one_machine(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], stage: str, seed: int
) -> None:
    fleet = Fleet(tmp_path, seed=seed, size=11)
    code = STAGES[stage](fleet.words("alone", "--ledger"))
    alone = capfd.readouterr().out
    assert STAGES[stage](fleet.words("workers", "--ledger", "--scheduler", ADDRESS)) == code
    assert capfd.readouterr() == (alone, "")
    assert fleet.record("workers", stage) == fleet.record("alone", stage)
    assert fleet.ledgers("workers") == fleet.ledgers("alone")
    assert fleet.sighted("alone")


def test_the_next_run_continues_the_ledgers_of_both_ways_to_run(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    lock = fleet.projects[0] / "requirements.txt"
    for name, scheduler in (("alone", []), ("workers", ["--scheduler", ADDRESS])):
        at(monkeypatch, NOW)
        lock.write_text("foo==1.0\n")
        check_vulnerabilities.main(fleet.words(name, "--ledger"))
        at(monkeypatch, NOW.replace(day=22))
        lock.write_text("foo==1.0\nbar==1\n")
        check_vulnerabilities.main(fleet.words(name, "--ledger", *scheduler))
    capfd.readouterr()
    assert fleet.record("workers", "check_vulnerabilities") == fleet.record("alone", "check_vulnerabilities")
    assert fleet.sighted("workers") == fleet.sighted("alone")


def test_a_catalog_that_only_a_later_part_needs_is_not_examined_as_on_one_machine_and_never_waived(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(fleet_inputs, "MOST_PROJECTS", 1)
    fleet = Fleet(tmp_path, seed=3, size=3)
    (fleet.home / ".security-config.toml").write_text('component_name = "home"\n[feeds]\nkev = "absent.json"\n')
    for number, project in enumerate(fleet.projects):
        # The first project has no vulnerability, so that its part asks for no catalog.
        (project / "requirements.txt").write_text("foo==1.0\n" if number else "clean==1.0\n")
        for path in project.glob("*/requirements.txt"):
            path.unlink()
        waiver = WAIVER.replace("CVE-2026-0001", "vulnerability.not-examined") + 'path = ".security-config.toml"\n'
        (project / ".security-config.toml").write_text(f'component_name = "p{number}"\n{waiver}')
    code = check_vulnerabilities.main(fleet.words("alone", "--ledger"))
    alone = capfd.readouterr().out
    assert check_vulnerabilities.main(fleet.words("workers", "--ledger", "--scheduler", ADDRESS)) == code
    assert capfd.readouterr() == (alone, "")
    record = fleet.record("workers", "check_vulnerabilities")
    assert record == fleet.record("alone", "check_vulnerabilities")
    assert fleet.ledgers("workers") == fleet.ledgers("alone")
    [unchecked] = [finding for finding in record["findings"] if "exploitation was not checked" in finding["message"]]
    assert unchecked["waived_by"] == ""


QUESTIONS = (
    "CVE-2026-0001", "CVE-2026-0002", "PYSEC-2026-3", "CVE-2026-0404", "foo<2", "foo", "fop", "bar==1", "npm:left-pad<2", "pkg:npm/left-pad@1.0.0",
    "pkg:pypi/odd", "safe", f"sha256:{'0' * 64}", f"sha256:{'1' * 64}",
)  # fmt: skip


def _asked(fleet: Fleet, capfd: pytest.CaptureFixture[str], question: str, *more: str) -> tuple[int, str, str]:
    code = find_affected.main([question, *fleet.words("artifacts", *more, "--format", "json")])
    return code, *capfd.readouterr()


@pytest.mark.parametrize("seed", SEEDS)
def test_am_i_affected_is_answered_as_on_one_machine(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.delenv("SEALWRIGHT_REGISTRY_URL", raising=False)
    fleet = Fleet(tmp_path, seed=seed, size=11)
    for question in QUESTIONS if seed else ("CVE-2026-0001", "fop"):
        alone = _asked(fleet, capfd, question)
        workers = _asked(fleet, capfd, question, "--scheduler", ADDRESS)
        assert workers[0] == alone[0], workers
        assert (workers[0], workers[2]) == (alone[0], alone[2]), question
        assert alone[1], alone
        assert _without_run(workers[1]) == _without_run(alone[1]), question


def _without_run(text: str) -> object:
    document = json.loads(text)
    return document["result"], {
        key: value for key, value in document["record"].items() if key not in ("invocation", "started", "finished")
    }


def test_locks_that_no_worker_read_are_not_clear(
    fleet: Fleet, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _has(monkeypatch, code="f" * 64)
    code = find_affected.main(["left-pad", *fleet.words("artifacts", "--scheduler", ADDRESS)])
    assert code == ExitCode.NOT_EXAMINED
    assert "locks were not searched: a worker: this worker has another sealwright" in capfd.readouterr().out


def test_a_folder_alone_is_compared_on_one_machine(fleet: Fleet, capfd: pytest.CaptureFixture[str]) -> None:
    words = fleet.words("artifacts", "--scheduler", ADDRESS)
    assert find_affected.main([str(fleet.home), *words]) == ExitCode.USAGE
    assert "--scheduler: a folder alone is compared on one machine" in capfd.readouterr().err


# What a worker refuses, and what that does to the run.


def _has(monkeypatch: pytest.MonkeyPatch, **other: Any) -> None:
    """Let the workers have something else than the run."""
    code = own_code()._replace(**other)
    monkeypatch.setattr(examine_part, "own_code", lambda: code)


def _not_examined(fleet: Fleet, capfd: pytest.CaptureFixture[str], *more: str) -> str:
    code = check_vulnerabilities.main(fleet.words("workers", "--scheduler", ADDRESS, *more))
    out, error = capfd.readouterr()
    assert (code, out) == (ExitCode.NOT_EXAMINED, "")
    assert fleet.record("workers", "check_vulnerabilities")["outcome"] == "not-examined"
    return error


def test_another_version_of_the_pipeline(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    _has(monkeypatch, code="f" * 64)
    assert "this worker has another sealwright: expected 0.1.0 (sha256 " in _not_examined(fleet, capfd)


def test_another_python(fleet: Fleet, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    _has(monkeypatch, python="cpython 3.99")
    error = _not_examined(fleet, capfd)
    assert f"this worker has another Python: expected {own_code().python}, found cpython 3.99\n" in error
    assert "next: Install the same sealwright, with the same packages and extras, for the same Python on every" in error


@pytest.mark.parametrize(("version", "shown"), [("1.0", "1.0"), ("", "not installed"), (None, "not installed")])
def test_another_version_of_a_package(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], version: str | None, shown: str
) -> None:
    packages = dict(own_code().packages)
    own = packages.pop("packaging")
    _has(monkeypatch, packages=packages if version is None else {**packages, "packaging": version})
    error = _not_examined(fleet, capfd)
    assert f"this worker has other packages: expected packaging {own}, found {shown}\n" in error


def test_one_of_two_workers_with_another_package_is_enough(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(fleet_inputs, "MOST_PROJECTS", 2)
    own = own_code()
    other = own._replace(packages={**own.packages, "packaging": "1.0"})
    codes = iter([own, own, other, other])
    monkeypatch.setattr(examine_part, "own_code", lambda: next(codes))
    assert "this worker has other packages: expected packaging " in _not_examined(fleet, capfd)
    assert [*codes] == [other]


def test_another_feed(fleet: Fleet, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(advisory_fleet, "_feed", lambda _: "e" * 64)
    error = _not_examined(fleet, capfd)
    assert "another snapshot of advisories: expected sha256 eeeeeeeeeeee, found " in error
    assert "next: Give every machine the same file with --advisories" in error


def test_another_registry(fleet: Fleet, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(
        fleet_run, "run_tasks",
        lambda address, tasks, _: without_scheduler(address, tasks, {"SEALWRIGHT_REGISTRY_TENANT": "other"}),
    )  # fmt: skip
    assert "this worker has another registry: the run is not in it" in _not_examined(fleet, capfd)


@pytest.mark.parametrize("change", ["requirements.txt", ".security-config.toml", "new/requirements.txt"])
def test_other_files(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], change: str
) -> None:
    def changed(address: str, tasks: dict[str, bytes], environment: dict[str, str]) -> Iterator[bytes]:
        path = fleet.projects[-1] / change
        path.parent.mkdir(exist_ok=True)
        path.write_text((path.read_text() if path.exists() else "") + "# changed\n")
        return without_scheduler(address, tasks, environment)

    monkeypatch.setattr(fleet_run, "run_tasks", changed)
    assert "p3: its files on this worker are not those of the run, or changed meanwhile" in _not_examined(fleet, capfd)


def test_files_that_change_while_they_are_read(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    run_stage = examine_part._run_stage

    def changing(*arguments: object) -> None:
        run_stage(*arguments)  # type: ignore[arg-type]
        (fleet.projects[0] / "requirements.txt").write_text("safe==1.0\n")

    monkeypatch.setattr(examine_part, "_run_stage", changing)
    assert "p0: its files on this worker are not those of the run, or changed meanwhile" in _not_examined(fleet, capfd)


def test_two_runs_of_a_task_with_different_results(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    run_stage, runs = examine_part._run_stage, []

    def differing(folder: Path, *arguments: object) -> None:
        run_stage(folder, *arguments)  # type: ignore[arg-type]
        runs.append(folder)
        if len(runs) > 1:
            result = canonical.read(folder / "result.json", PartResult)
            canonical.write(folder / "result.json", msgspec.structs.replace(result, findings=()))

    monkeypatch.setattr(examine_part, "_run_stage", differing)
    assert "a task ran twice, with different results: sha256 " in _not_examined(fleet, capfd)


def test_a_result_that_is_missing(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(fleet_run, "run_tasks", lambda *_: iter(()))
    assert "registry: the result of a task is not in it" in _not_examined(fleet, capfd)


@pytest.mark.parametrize("other", ["of nothing found", "of another part"])
def test_a_result_that_is_not_the_one_of_its_worker(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], other: str
) -> None:
    monkeypatch.setattr(fleet_inputs, "MOST_PROJECTS", 2)
    results = FleetStore.results

    def changed(store: FleetStore, run: str) -> list[KeptResult]:
        first, second = results(store, run)
        result = canonical.decode(first.result, PartResult, where="")
        empty = canonical.encode(msgspec.structs.replace(result, findings=(), outcome=Outcome.PASS))
        return [first._replace(result=empty if other == "of nothing found" else second.result), second]

    monkeypatch.setattr(FleetStore, "results", changed)
    assert "registry: the result of a task is not the one of its worker; its first " in _not_examined(fleet, capfd)


def test_a_result_of_other_projects(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    results = FleetStore.results
    monkeypatch.setattr(
        FleetStore, "results", lambda *about: [kept._replace(projects=kept.projects[1:]) for kept in results(*about)]
    )
    assert "registry: the result of a task is not in it" in _not_examined(fleet, capfd)


@pytest.mark.parametrize("name", ["a#b", "a\nb", "a\u2028b"])
def test_a_folder_that_a_line_cannot_name_is_not_taken_for_another_one(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / name).mkdir()
    fleet = Fleet(tmp_path / name, seed=3, size=1)
    assert "has a # or a line break, so a fleet file cannot name it to a worker" in _not_examined(fleet, capfd)


def test_a_stage_that_fails_on_a_worker_is_reported_with_its_next_step(
    fleet: Fleet, capfd: pytest.CaptureFixture[str]
) -> None:
    ledger = fleet.folder / "workers" / "artifacts" / "ledger" / "p1.jsonl"
    (fleet.projects[1] / ".security-config.toml").write_text('component_name = "p1"\n[response]\nzone = "Nowhere"\n')
    assert not ledger.exists()
    error = _not_examined(fleet, capfd)
    assert "a worker: " in error
    assert "Nowhere" in error


def test_the_public_log_has_counts_and_outcomes_only(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert check_vulnerabilities.main(fleet.words("workers", "--scheduler", ADDRESS, "--public-log")) == ExitCode.DENIED
    out, error = capfd.readouterr()
    assert (out.split(" (")[0], error) == ("check_vulnerabilities: fail", "")
    _has(monkeypatch, code="f" * 64)
    words = fleet.words("workers", "--scheduler", ADDRESS, "--public-log")
    assert check_vulnerabilities.main(words) == ExitCode.NOT_EXAMINED
    out, error = capfd.readouterr()
    meaning = ExitCode.NOT_EXAMINED.meaning
    assert (out, error) == ("", f"error: exit 5 ({meaning})\n")


def test_locks_of_which_none_can_be_read_are_refused_as_on_one_machine(
    fleet: Fleet, capfd: pytest.CaptureFixture[str]
) -> None:
    for project in fleet.projects:
        for path in project.rglob("*.txt"):
            path.write_text(BROKEN)
    (fleet.projects[0] / "requirements.txt").write_text(BROKEN)
    assert check_vulnerabilities.main(fleet.words("alone")) == ExitCode.INPUT
    alone = capfd.readouterr().err
    assert check_vulnerabilities.main(fleet.words("workers", "--scheduler", ADDRESS)) == ExitCode.INPUT
    assert capfd.readouterr().err == alone


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--scheduler", "host:8786"], "--scheduler: expected the address of a Dask scheduler"),
        (["--scheduler", "tcp://user@host:8786"], "--scheduler: expected the address of a Dask scheduler"),
        (["--scheduler", ADDRESS, "--second-opinion"], "--scheduler cannot be combined with --second-opinion"),
        (["--scheduler", ADDRESS, "--source", "api"], "--scheduler cannot be combined with --source"),
    ],
)
def test_usage(fleet: Fleet, capfd: pytest.CaptureFixture[str], words: list[str], message: str) -> None:
    assert check_vulnerabilities.main(fleet.words("workers", *words)) == ExitCode.USAGE
    assert message in capfd.readouterr().err


def test_a_scheduler_without_a_fleet(fleet: Fleet, capfd: pytest.CaptureFixture[str]) -> None:
    words = fleet.words("workers", "--scheduler", ADDRESS)
    del words[words.index("--fleet") : words.index("--fleet") + 2]
    assert check_vulnerabilities.main(words) == ExitCode.USAGE
    assert "give --fleet as well" in capfd.readouterr().err


def test_the_words_for_workers_have_no_folders_and_no_scheduler() -> None:
    words = [
        "--project",
        "a",
        "--dist=b",
        "--fleet",
        "c",
        "--scheduler",
        "tcp://h:1",
        "--public-log",
        "--ledger",
        "--vex",
        "v",
    ]
    assert fleet_part.sent_words(words) == ("--ledger", "--vex", "v")
