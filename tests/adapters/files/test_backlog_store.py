"""The backlog on disk: two runs at the same time lose nothing, a killed one leaves it whole, and no other tenant's is read."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from msgspec.structs import replace

from ops.supply_chain.adapters.files.backlog_store import BacklogStore
from ops.supply_chain.contracts.files.backlog import Backlog, Risk
from ops.supply_chain.core.errors import InputError, OutputError, UsageError
from tests.conftest import REPOSITORY


def risk(number: int) -> Risk:
    return Risk(id=f"R-{number:010x}", supplier="Acme", product=f"p{number}", since="2026-11-20")


def with_risk(number: int, backlog: Backlog) -> Backlog:
    return replace(backlog, risks=tuple(sorted((*backlog.risks, risk(number)), key=lambda found: found.id)))


def test_there_is_an_empty_one_at_first_and_nothing_is_written_without_a_change(tmp_path: Path) -> None:
    store = BacklogStore(tmp_path, "t")
    assert store.read() == Backlog(schema="supplier-backlog/1", tenant="t")
    store.change(lambda backlog: with_risk(1, backlog))
    before = store.path.stat()
    assert store.change(lambda backlog: backlog) == store.read()
    assert store.path.stat().st_ino == before.st_ino


def test_changes_at_the_same_time_are_all_kept(tmp_path: Path) -> None:
    threads = [
        threading.Thread(
            target=lambda number=number: BacklogStore(tmp_path, "t").change(lambda found: with_risk(number, found))
        )
        for number in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found.id for found in BacklogStore(tmp_path, "t").read().risks] == [risk(number).id for number in range(12)]


def test_another_run_that_holds_it_is_waited_for_and_then_named(tmp_path: Path) -> None:
    store, other = BacklogStore(tmp_path, "t"), BacklogStore(tmp_path, "t", wait_seconds=0.05)

    def change(backlog: Backlog) -> Backlog:
        with pytest.raises(UsageError, match="another run is changing it"):
            other.change(lambda found: found)
        return with_risk(1, backlog)

    store.change(change)
    assert len(store.read().risks) == 1


def test_what_a_change_raises_leaves_the_file(tmp_path: Path) -> None:
    store = BacklogStore(tmp_path, "t")
    store.change(lambda backlog: with_risk(1, backlog))
    before = store.path.read_bytes()

    def refuse(_backlog: Backlog) -> Backlog:
        raise InputError("no")

    with pytest.raises(InputError, match="no"):
        store.change(refuse)
    assert store.path.read_bytes() == before
    assert store.change(lambda backlog: with_risk(2, backlog)).risks[1].id == risk(2).id


KILLED = """
import os, signal, sys
from pathlib import Path
from ops.supply_chain.adapters.files import backlog_store
from ops.supply_chain.core import files
real = os.fsync
def kill(descriptor):
    real(descriptor)
    os.kill(os.getpid(), signal.SIGKILL)
os.fsync = kill
from tests.adapters.files.test_backlog_store import with_risk
backlog_store.BacklogStore(Path(sys.argv[1]), "t").change(lambda found: with_risk(2, found))
"""


def test_a_run_that_is_killed_while_it_writes_leaves_the_old_file_and_no_lock(tmp_path: Path) -> None:
    store = BacklogStore(tmp_path, "t", wait_seconds=1)
    store.change(lambda backlog: with_risk(1, backlog))
    before = store.path.read_bytes()
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    ended = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], env=environment, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert store.path.read_bytes() == before
    assert len(store.change(lambda backlog: with_risk(3, backlog)).risks) == 2


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        '{"schema": "supplier-backlog/2", "tenant": "t"}',
        '{"schema": "supplier-backlog/1", "tenant": "t", "x": 1}',
    ],
    ids=["empty", "cut off", "another version", "an unknown field"],
)
def test_a_damaged_file_is_never_replaced(tmp_path: Path, text: str) -> None:
    store = BacklogStore(tmp_path, "t")
    store.path.parent.mkdir(parents=True)
    store.path.write_text(text)
    with pytest.raises(InputError) as error:
        store.change(lambda backlog: with_risk(1, backlog))
    assert "copy of the artifacts" in error.value.hint
    assert store.path.read_text() == text


def test_the_file_of_another_tenant_is_refused(tmp_path: Path) -> None:
    BacklogStore(tmp_path, "a").change(lambda backlog: with_risk(1, backlog))
    with pytest.raises(InputError, match="is the backlog of the tenant 'a'"):
        BacklogStore(tmp_path, "b").read()
    assert BacklogStore(tmp_path, "b", "b").read().risks == ()
    assert json.loads((tmp_path / "suppliers" / "backlog.json").read_bytes())["tenant"] == "a"


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "suppliers").write_text("a file")
    with pytest.raises(OutputError, match="cannot be written"):
        BacklogStore(tmp_path, "t").change(lambda backlog: with_risk(1, backlog))
