"""A fleet on real Dask workers: one is killed in the middle, all are killed, the scheduler is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain import check_malware, check_vulnerabilities
from ops.supply_chain.adapters.dask import engine
from ops.supply_chain.adapters.registry.address import URL_VARIABLE, registry_address
from ops.supply_chain.adapters.registry.fleet import FleetStore, KeptResult
from ops.supply_chain.core.errors import ExitCode
from ops.supply_chain.gather.gates import fleet_inputs
from ops.supply_chain.sessions import scan
from tests.fakes import postgres
from tests.fakes.fleet import Fleet
from tests.fakes.gate_project import NOW, at
from tests.fakes.prepared import prepared_processes

# To import Dask takes half a second, in each worker of a run.
pytestmark = pytest.mark.skipif(find_spec("distributed") is None, reason="needs dask and distributed")

SECONDS = 60
PARTS = 7
"""Projects, each a task of its own."""


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, NOW)
    monkeypatch.setattr(fleet_inputs, "MOST_PROJECTS", 1)


class Processes:
    """A scheduler and two workers, each a process.

    Args:
        folder: For the file with the scheduler's address.
        stack: Ends them.
    """

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._file = folder / "scheduler.json"
        self._stack = stack
        self.scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", "0")
        self.workers: list[subprocess.Popen[bytes]] = []

    def start_workers(self) -> None:
        """Start two workers, with the variables of this process."""
        words = ("--host", "127.0.0.1", "--no-nanny", "--nthreads", "1")
        self.workers = [self._start("worker", *words) for _ in range(2)]

    def _start(self, program: str, *words: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "dask", program, *words, "--scheduler-file", str(self._file)]
        process = subprocess.Popen(
            [*command, "--no-dashboard"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ}
        )
        self._stack.callback(process.wait)
        self._stack.callback(process.kill)
        return process

    def address(self) -> str:
        """Return the scheduler's address, when it has one."""
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            if self._file.exists() and (text := self._file.read_text()):
                return str(json.loads(text)["address"])
            time.sleep(0.05)
        pytest.fail("the scheduler did not start")


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    with ExitStack() as stack:
        yield Processes(tmp_path, stack)


def _after_first_result(fleet: Fleet, act: Callable[[], None]) -> threading.Thread:
    """Act when the first result of the run is in the registry."""

    def watch() -> None:
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            if _results(fleet):
                return act()
            time.sleep(0.05)
        return None

    thread = threading.Thread(target=watch)
    thread.start()
    return thread


def _results(fleet: Fleet) -> tuple[KeptResult, ...]:
    """Return the results of the newest run; empty before there is one."""
    address = registry_address(fleet.folder / "workers" / "artifacts", url=os.environ.get(URL_VARIABLE, ""))
    if address.file is not None and not address.file.exists():
        return ()
    with FleetStore(address) as store, store._database.begin() as connection:
        run = store._run(connection, "SELECT run FROM {s}fleet_runs ORDER BY started DESC LIMIT 1", ()).scalar()
    with FleetStore(address) as store:
        return store.results(run) if run else ()


STEPS = ["check_malware & check_vulnerabilities"]


@pytest.fixture
def scheduler() -> Iterator[str]:
    """Yield the address of a scheduler with two workers, all in this process."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=False, protocol="tcp", host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
    ) as cluster:  # fmt: skip
        yield cluster.scheduler_address


def test_two_workers_in_this_process(tmp_path: Path, scheduler: str, capfd: pytest.CaptureFixture[str]) -> None:
    fleet = Fleet(tmp_path, seed=5, size=2)
    with prepared_processes():
        code = check_malware.main(fleet.words("alone", "--ledger"))
        alone = capfd.readouterr().out
        assert check_malware.main(fleet.words("workers", "--ledger", "--scheduler", scheduler)) == code
    assert capfd.readouterr().out == alone  # scheduler and workers in this process log to stderr
    assert fleet.record("workers", "check_malware") == fleet.record("alone", "check_malware")
    assert fleet.ledgers("workers") == fleet.ledgers("alone")


def _ageless(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record without what depends on the second in which its stage started."""
    feeds = [{**feed, "age_seconds": 0} for feed in record["feeds"]]
    return {**record, "feeds": feeds, "counts": {**record["counts"], "feed_age_hours": 0}}


@pytest.mark.whole
def test_a_daily_scan_has_the_records_of_one_machine(tmp_path: Path, scheduler: str) -> None:
    fleet = Fleet(tmp_path, seed=5, size=3)
    with prepared_processes():
        code = scan.main([*STEPS, "--", *fleet.words("alone")])
        assert scan.main([*STEPS, "--", *fleet.words("workers", "--scheduler", scheduler)]) == code
    assert code == ExitCode.DENIED
    for stage in ("check_malware", "check_vulnerabilities"):
        assert _ageless(fleet.record("workers", stage, "scan")) == _ageless(fleet.record("alone", stage, "scan"))


@pytest.mark.whole
@pytest.mark.parametrize(
    ("main", "database"), [(check_malware.main, "sqlite"), (check_vulnerabilities.main, "postgresql")]
)
def test_a_worker_that_is_killed_changes_nothing_and_nothing_counts_twice(
    tmp_path: Path,
    processes: Processes,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    main: Callable[[list[str]], int],
    database: str,
) -> None:
    fleet = Fleet(tmp_path, seed=6, size=PARTS)
    stage = main.__module__.rpartition(".")[2]
    with ExitStack() as stack:
        if database == "postgresql":
            monkeypatch.setenv(URL_VARIABLE, stack.enter_context(postgres.server()))
        processes.start_workers()
        code = main(fleet.words("alone", "--ledger"))
        alone = capfd.readouterr().out
        victim = processes.workers[0]
        killing = _after_first_result(fleet, lambda: victim.send_signal(signal.SIGKILL))
        assert main(fleet.words("workers", "--ledger", "--scheduler", processes.address())) == code
        killing.join()
        assert victim.wait(SECONDS) == -signal.SIGKILL
        kept = _results(fleet)
    assert capfd.readouterr() == (alone, "")
    assert fleet.record("workers", stage) == fleet.record("alone", stage)
    assert fleet.sighted("workers") == fleet.sighted("alone")
    assert sorted(project for result in kept for project, _ in result.projects) == sorted(f"p{n}" for n in range(PARTS))
    assert [result.differing for result in kept] == [""] * PARTS


@pytest.mark.whole
@pytest.mark.parametrize("killed", ["workers", "scheduler"])
def test_without_workers_or_scheduler_nothing_is_examined(
    tmp_path: Path,
    processes: Processes,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    killed: str,
) -> None:
    fleet = Fleet(tmp_path, seed=7, size=PARTS)
    processes.start_workers()
    victims = processes.workers if killed == "workers" else [processes.scheduler]

    def kill() -> None:
        for victim in victims:
            victim.send_signal(signal.SIGKILL)
        monkeypatch.setattr(engine, "WORKERS_SECONDS", 1)

    address = processes.address()
    killing = _after_first_result(fleet, kill)
    code = check_vulnerabilities.main(fleet.words("workers", "--scheduler", address))
    killing.join()
    assert code == ExitCode.NOT_EXAMINED
    out, error = capfd.readouterr()
    assert out == ""
    assert ("it has no worker" if killed == "workers" else "the connection was lost") in error
    assert fleet.record("workers", "check_vulnerabilities")["outcome"] == "not-examined"
