"""Results of a fleet's tasks: the first whole one counts, once, with its first sightings, in both databases alike."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator, Sequence

import pytest

from ops.supply_chain.adapters.registry.address import RegistryAddress
from ops.supply_chain.adapters.registry.fleet import FleetStore, KeptResult
from ops.supply_chain.contracts.files.ledger import LedgerLine, read_ledger
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import StageError

RUN, DAY = "run/check_malware", "2026-11-20T12:00:00Z"
INPUTS = "1" * 64


def _line(name: str, day: str = "2026-11-20", package: str = "foo") -> LedgerLine:
    return LedgerLine(code="vulnerability.known", package=package, names=(name,), first_seen=day, prev="0" * 64)


@pytest.fixture
def store(address: RegistryAddress) -> Iterator[FleetStore]:
    with FleetStore(address) as opened:
        opened.begin(RUN, started=DAY, before="2026-10-20T12:00:00Z")
        yield opened


def _keep(store: FleetStore, task: str, result: bytes, *projects: str, lines: Sequence[LedgerLine] = ()) -> str:
    listed = [(project, INPUTS) for project in projects]
    return store.keep(RUN, task, result, projects=listed, sightings=dict.fromkeys(projects, lines))


def test_the_first_result_stays_and_a_second_run_of_the_task_adds_nothing(store: FleetStore) -> None:
    lines = [_line("CVE-1")]
    digests = [_keep(store, "task", b'{"a": 1}', "one", "two", lines=lines) for _ in range(3)]
    assert digests == [sha256_bytes(b'{"a": 1}')] * 3
    assert store.results(RUN) == (KeptResult("task", b'{"a": 1}', (("one", INPUTS), ("two", INPUTS)), ""),)
    assert [len(read_ledger(data, where="").lines) for data in store.ledgers(["one", "two", "none"]).values()] == [1, 1]


def test_another_result_of_the_same_task_is_noted_and_changes_nothing(store: FleetStore) -> None:
    first = _keep(store, "task", b"1", "one", lines=[_line("CVE-1")])
    assert _keep(store, "task", b"2", "one", lines=[_line("CVE-2")]) == first
    [kept] = store.results(RUN)
    assert (kept.result, kept.differing) == (b"1", sha256_bytes(b"2"))
    [line] = read_ledger(store.ledgers(["one"])["one"], where="").lines
    assert line.names == ("CVE-1",)


def test_a_project_is_in_one_task_of_a_run_only(store: FleetStore) -> None:
    _keep(store, "a", b"1", "one", "two", lines=[_line("CVE-1")])
    with pytest.raises(StageError):
        _keep(store, "b", b"2", "three", "two", lines=[_line("CVE-9")])
    assert [(kept.task, len(kept.projects)) for kept in store.results(RUN)] == [("a", 2)]
    assert "three" not in store.ledgers(["three"])


def test_a_run_that_was_not_begun_keeps_nothing(store: FleetStore) -> None:
    assert (store.knows(RUN), store.knows("other")) == (True, False)
    with pytest.raises(StageError):
        store.keep("other", "task", b"1", projects=[("one", INPUTS)], sightings={"one": [_line("CVE-1")]})
    assert store.results("other") == ()
    assert store.ledgers(["one"]) == {}


def test_results_of_old_runs_go_and_ledgers_stay(store: FleetStore) -> None:
    _keep(store, "task", b"1", "one", lines=[_line("CVE-1")])
    store.begin("later", started="2026-12-21T12:00:00Z", before="2026-11-21T12:00:00Z")
    assert (store.knows(RUN), store.results(RUN)) == (False, ())
    assert list(store.ledgers(["one"])) == ["one"]


def test_a_ledger_keeps_its_chain_its_days_and_is_read_as_before_a_run(store: FleetStore) -> None:
    store.sight({"one": [_line("CVE-1", "2026-11-01"), _line("CVE-2", "2026-11-03")]})
    store.sight({"one": [_line("CVE-2", "2026-11-19"), _line("CVE-1", "2026-11-19")]})
    before = store.ledgers(["one"])
    _keep(store, "task", b"1", "one", lines=[_line("CVE-3"), _line("CVE-1")])
    assert store.ledgers(["one"], before=RUN) == before
    found = read_ledger(store.ledgers(["one"])["one"], where="one").lines
    assert [(line.names, line.first_seen) for line in found] == [
        (("CVE-1",), "2026-11-01"), (("CVE-2",), "2026-11-03"), (("CVE-3",), "2026-11-20"),
    ]  # fmt: skip


def test_many_writers_of_one_run_give_each_task_one_result_and_one_chain(
    address: RegistryAddress, store: FleetStore
) -> None:
    chance = random.Random(13)  # noqa: S311 - cases
    work = [(f"task {number}", f"project {number % 4}") for number in range(4)] * 3
    chance.shuffle(work)
    errors: list[BaseException] = []

    def write(some: Sequence[tuple[str, str]]) -> None:
        try:
            with FleetStore(address) as own:
                for task, project in some:
                    own.keep(
                        RUN, task, task.encode(), projects=[(project, INPUTS)],
                        sightings={project: [_line(task)], "shared": [_line(task), _line("CVE-1")]},
                    )  # fmt: skip
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(work[at::3],)) for at in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert [(kept.task, kept.differing) for kept in store.results(RUN)] == [(f"task {n}", "") for n in range(4)]
    shared = read_ledger(store.ledgers(["shared"])["shared"], where="shared").lines
    assert sorted(line.names[0] for line in shared) == ["CVE-1", *(f"task {n}" for n in range(4))]
