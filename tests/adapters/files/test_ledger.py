"""The ledger on disk: added to by several at once, by writers that are killed, on disks that refuse."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from datetime import date
from pathlib import Path

import pytest

from ops.supply_chain.adapters.files import ledger as adapter
from ops.supply_chain.adapters.files.ledger import add, ledger_path, read
from ops.supply_chain.contracts.files.ledger import Sighting
from ops.supply_chain.core.errors import InputError, OutputError, UnavailableError

DAY = date(2026, 11, 20)


def seen(*names: str) -> list[Sighting]:
    return [Sighting("vulnerability.known", "foo", (name,)) for name in names]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return ledger_path(tmp_path, "thing")


def test_it_lies_below_the_artifacts(tmp_path: Path) -> None:
    assert ledger_path(tmp_path, "thing") == tmp_path / "ledger" / "thing.jsonl"


def test_none_yet(path: Path) -> None:
    assert read(path) is None


def test_what_is_added_is_read_again(path: Path) -> None:
    add(path, seen("CVE-1"), today=DAY)
    before = path.read_bytes()
    add(path, seen("CVE-1", "CVE-2"), today=DAY)
    assert path.read_bytes().startswith(before)
    found = read(path)
    assert found is not None
    assert [line.names for line in found.lines] == [("CVE-1",), ("CVE-2",)]


def test_nothing_new_writes_nothing(path: Path) -> None:
    add(path, seen("CVE-1"), today=DAY)
    os.utime(path, (1, 1))
    add(path, seen("CVE-1"), today=date(2027, 1, 1))
    assert path.stat().st_mtime == 1


def test_a_torn_line_is_cut_off_by_the_next_writer(path: Path) -> None:
    add(path, seen("CVE-1"), today=DAY)
    whole = path.read_bytes()
    path.write_bytes(whole + whole[: len(whole) // 2])
    found = read(path)
    assert found is not None
    assert (found.torn, len(found.lines)) == (True, 1)
    add(path, seen("CVE-1"), today=DAY)
    assert path.read_bytes() == whole


def test_a_damaged_ledger_is_not_added_to(path: Path) -> None:
    add(path, seen("CVE-1", "CVE-2"), today=DAY)
    damaged = path.read_bytes().replace(b"CVE-1", b"CVE-7")
    path.write_bytes(damaged)
    with pytest.raises(InputError, match=r"thing\.jsonl:2: the chain is broken"):
        add(path, seen("CVE-3"), today=DAY)
    assert path.read_bytes() == damaged


def test_a_folder_in_its_place_is_told(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(InputError, match="cannot be read"):
        read(path)


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "ledger").write_text("a file")
    with pytest.raises(OutputError) as caught:
        add(tmp_path / "ledger" / "thing.jsonl", seen("CVE-1"), today=DAY)
    assert caught.value.hint == "Check free space and permissions of that folder, then run again."


def test_a_lock_that_is_never_let_go_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from filelock import FileLock

    monkeypatch.setattr(adapter, "LOCK_SECONDS", 0)
    path.parent.mkdir(parents=True)
    with FileLock(path.with_name(".thing.jsonl.lock")), pytest.raises(UnavailableError, match="another run has locked"):
        add(path, seen("CVE-1"), today=DAY)


WRITER = textwrap.dedent(
    """
    import sys
    from datetime import date
    from pathlib import Path
    from ops.supply_chain.adapters.files.ledger import add
    from ops.supply_chain.contracts.files.ledger import Sighting
    for number in range(int(sys.argv[2]), int(sys.argv[3])):
        add(Path(sys.argv[1]), [Sighting("vulnerability.known", "foo", (f"CVE-{number}",))], today=date(2026, 11, 20))
    """
)


def _writer(path: Path, start: int, end: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), str(start), str(end)], cwd=Path(__file__).resolve().parents[3]
    )


def test_writers_at_the_same_time_take_turns(path: Path) -> None:
    writers = [_writer(path, 20 * number, 20 * (number + 1)) for number in range(3)]
    assert [writer.wait(timeout=60) for writer in writers] == [0, 0, 0]
    found = read(path)
    assert found is not None
    assert {line.names[0] for line in found.lines} == {f"CVE-{number}" for number in range(60)}


@pytest.mark.parametrize("wanted", [3, 11])
def test_a_killed_writer_leaves_a_ledger_that_can_be_gone_on_with(path: Path, wanted: int) -> None:
    writer = _writer(path, 0, 100_000)
    try:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and (not path.exists() or path.read_bytes().count(b"\n") < wanted):
            time.sleep(0.001)
    finally:
        writer.send_signal(signal.SIGKILL)
        writer.wait(timeout=10)
    found = read(path)
    assert found is not None
    names = [line.names[0] for line in found.lines]
    assert names[:wanted] == [f"CVE-{number}" for number in range(wanted)]
    add(path, seen("CVE-999999"), today=DAY)
    after = read(path)
    assert after is not None
    assert ([line.names[0] for line in after.lines], after.torn) == ([*names, "CVE-999999"], False)
