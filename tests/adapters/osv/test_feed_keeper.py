"""A large new feed: answered from the zip, indexed afterwards by another process, which may be ended at any moment."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain.adapters.osv import feed_index, feed_keeper, feed_parts, feed_scan, index_later
from ops.supply_chain.adapters.osv.feed_index import index_path, is_whole, kept_zip
from ops.supply_chain.adapters.osv.index_later import index_feed
from ops.supply_chain.adapters.osv.snapshot import AgeLimits, PackageFeed, open_feed, open_package_feed
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import UnavailableError
from tests.fakes.advisories import affected, record, snapshot
from tests.fakes.osv import OsvService, serve

NOW = datetime(2026, 11, 22, tzinfo=UTC)
DATA = snapshot(*(record(f"PYSEC-{number}", affected(f"p{number % 7}", "introduced 0")) for number in range(30)))
SHA = sha256_bytes(DATA)
NEWER = snapshot(*(record(f"PYSEC-{number}", affected("p1", "introduced 0")) for number in range(40)))


@pytest.fixture(autouse=True)
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path, Path]]:
    """Make the feeds of these tests large, and return the (feed, cache) pairs whose indexing would be started."""
    calls: list[tuple[Path, Path]] = []
    monkeypatch.setattr(feed_parts, "PART_BYTES", 1000)
    monkeypatch.setattr(feed_parts, "_may_fork", lambda: False)
    monkeypatch.setattr(index_later, "start_indexing", lambda *paths: calls.append(paths))
    monkeypatch.setattr(feed_keeper, "_SCANS", {})
    return calls


@pytest.fixture
def service() -> Iterator[OsvService]:
    with serve(OsvService(DATA)) as running:
        yield running


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "all.zip"
    path.write_bytes(DATA)
    return path


def opened(source: object, cache: Path, *packages: str, offline: bool = False) -> PackageFeed:
    limits = AgeLimits(confirmed=timedelta(hours=1))
    return open_package_feed(str(source), packages, cache=cache, now=NOW, offline=offline, limits=limits)


def answer(source: object, cache: Path, *packages: str, offline: bool = False) -> tuple[Any, ...]:
    """Return everything that a feed says about some packages."""
    with opened(source, cache, *packages, offline=offline) as feed:
        found = feed.advisories(packages)
        documents = {item.id: feed.document(item.id) for listed in found.values() for item in listed}
        return found, documents, feed.ref, feed.facts, feed.notes, feed.stale, feed.unexamined(packages)


def test_a_new_file_is_answered_from_and_indexed_afterwards(
    tmp_path: Path, file: Path, started: list[tuple[Path, Path]]
) -> None:
    first = answer(file, tmp_path, "p1", "p2", "absent")
    assert started == [(file, tmp_path)]
    assert not is_whole(tmp_path, SHA)
    assert answer(file, tmp_path, "p1", "p2", "absent") == first
    (tmp_path / "advisories").mkdir()
    index_feed(file, tmp_path)
    assert is_whole(tmp_path, SHA)
    assert answer(file, tmp_path, "p1", "p2", "absent") == first
    assert len(started) == 2
    assert [path.name for path in (tmp_path / "advisories").iterdir()] == [index_path(tmp_path, SHA).name]
    assert file.exists()


def test_the_second_question_of_a_stage_reads_the_feed_no_more(
    tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = answer(file, tmp_path, "p1", "p2")
    monkeypatch.setattr(feed_scan, "scan_feed", lambda *_, **__: pytest.fail("read again"))
    assert answer(file, tmp_path, "p2", "p1") == first
    monkeypatch.undo()
    monkeypatch.setattr(feed_parts, "PART_BYTES", 1000)
    monkeypatch.setattr(index_later, "start_indexing", lambda *_: None)
    assert answer(file, tmp_path, "p1", "p2", "p3")[0] != first[0]
    with open_package_feed(str(file), ["p1", "p2"], cache=tmp_path, now=NOW, name="other") as feed:
        assert feed.ref.name == "other"


def test_a_run_that_fails_starts_nothing(tmp_path: Path, file: Path, started: list[tuple[Path, Path]]) -> None:
    with pytest.raises(KeyboardInterrupt), opened(file, tmp_path, "p1"):
        raise KeyboardInterrupt
    assert started == []


def test_what_is_small_or_asked_by_identifier_or_on_windows_is_indexed_first(
    tmp_path: Path, file: Path, started: list[tuple[Path, Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_feed(str(file), cache=tmp_path / "1", now=NOW) as feed:
        assert set(feed.packages_called(["PYSEC-1"])) == {"PYSEC-1"}
    monkeypatch.setattr(feed_parts, "FEW_PARTS", 1000)
    answer(file, tmp_path / "2", "p1")
    monkeypatch.undo()
    monkeypatch.setattr(feed_parts, "PART_BYTES", 1000)
    monkeypatch.delattr(os, "posix_spawn")
    answer(file, tmp_path / "3", "p1")
    assert [is_whole(tmp_path / number, SHA) for number in "123"] == [True, True, True]
    assert started == []


def test_a_download_is_kept_until_its_index_is_there(
    tmp_path: Path, service: OsvService, started: list[tuple[Path, Path]]
) -> None:
    url = f"{service.url}/all.zip"
    first = answer(url, tmp_path, "p1")
    assert started == [(kept_zip(tmp_path, SHA), tmp_path)]
    assert answer(url, tmp_path, "p1") == first
    assert answer(url, tmp_path, "p1", offline=True)[:4] == first[:4]
    assert service.requests == ["/all.zip"] * 2
    index_feed(*started[0])
    assert (is_whole(tmp_path, SHA), kept_zip(tmp_path, SHA).exists()) == (True, False)
    assert answer(url, tmp_path, "p1", offline=True)[:4] == first[:4]
    assert len(started) == 3


def test_a_kept_download_is_indexed_by_whoever_needs_that(tmp_path: Path, service: OsvService) -> None:
    url = f"{service.url}/all.zip"
    answer(url, tmp_path, "p1")
    with open_feed(url, cache=tmp_path, now=NOW, offline=True) as feed:
        assert set(feed.advisories(["p1", "p2"])) == {"p1", "p2"}
    assert (is_whole(tmp_path, SHA), kept_zip(tmp_path, SHA).exists()) == (True, False)


@pytest.mark.parametrize("damage", [b"", DATA[:-1], DATA[:-1] + b"x", NEWER])
def test_a_kept_download_that_is_damaged_is_no_copy(tmp_path: Path, service: OsvService, damage: bytes) -> None:
    url = f"{service.url}/all.zip"
    first = answer(url, tmp_path, "p1")
    kept_zip(tmp_path, SHA).write_bytes(damage)
    with pytest.raises(UnavailableError):
        answer(url, tmp_path, "p1", offline=True)
    assert answer(url, tmp_path, "p1") == first
    assert kept_zip(tmp_path, SHA).read_bytes() == DATA
    assert answer(url, tmp_path, "p1", offline=True)[0] == first[0]


def test_a_download_that_cannot_be_used_leaves_the_kept_one(tmp_path: Path, service: OsvService) -> None:
    url = f"{service.url}/all.zip"
    first = answer(url, tmp_path, "p1")
    service.snapshot = NEWER[:-40]
    found, *_, notes, _, _ = answer(url, tmp_path, "p1")
    assert found == first[0]
    assert any("cannot be used" in note for note in notes)
    assert [path.name for path in (tmp_path / "advisories").glob("*.zip")] == [kept_zip(tmp_path, SHA).name]


def test_downloads_that_were_never_indexed_do_not_pile_up(tmp_path: Path, service: OsvService) -> None:
    for number in range(8):
        service.snapshot = snapshot(
            *(record(f"PYSEC-{number}-{item}", affected("p1", "introduced 0")) for item in range(30))
        )
        answer(f"{service.url}/all.zip", tmp_path, "p1")
    left = {path.name for path in (tmp_path / "advisories").glob("*.zip")}
    assert len(left) == 4
    assert kept_zip(tmp_path, sha256_bytes(service.snapshot)).name in left


def test_one_process_indexes_at_a_time(tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "advisories").mkdir()
    held: list[object] = []

    def building(*arguments: object, **options: object) -> None:
        other = os.open(tmp_path / "advisories", os.O_RDONLY)
        with pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(other)
        held.append(arguments)
        feed_index.build(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(index_later, "build", building)
    index_feed(file, tmp_path)
    index_feed(file, tmp_path)
    assert len(held) == 1


def test_what_killed_processes_left_is_deleted_once_it_is_old(tmp_path: Path, file: Path) -> None:
    old, new = tmp_path / "advisories" / ".old.tmp", tmp_path / "advisories" / ".new.tmp"
    old.parent.mkdir()
    for path in (old, new):
        path.touch()
    os.utime(old, (1, 1))
    index_feed(file, tmp_path)
    assert (old.exists(), new.exists()) == (False, True)


def test_a_feed_or_a_cache_that_is_gone_is_no_error(
    tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "setsid", lambda: None)
    monkeypatch.setattr(signal, "alarm", lambda _: None)
    assert index_later.main([str(file), str(tmp_path / "gone")]) == 0
    (tmp_path / "advisories").mkdir()
    assert index_later.main([str(tmp_path / "gone.zip"), str(tmp_path)]) == 0
    assert list((tmp_path / "advisories").iterdir()) == []
    file.write_bytes(DATA[:-40])
    assert index_later.main([str(file), str(tmp_path)]) == 0
    assert list((tmp_path / "advisories").iterdir()) == []


def test_the_process_that_indexes_gets_no_secret_and_no_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    calls: list[tuple[list[str], dict[str, str], list[tuple[int, ...]]]] = []
    monkeypatch.setenv("GITHUB_TOKEN", "secret")

    def start(_: str, words: list[str], given: dict[str, str], *, file_actions: list[tuple[int, ...]]) -> int:
        calls.append((words, given, file_actions))
        return 7

    monkeypatch.setattr(os, "posix_spawn", start)
    priorities: list[tuple[int, ...]] = []
    monkeypatch.setattr(os, "setpriority", lambda *arguments: priorities.append(arguments))
    index_later.start_indexing(Path("all.zip"), tmp_path)
    index_later.start_indexing(Path("all.zip"), tmp_path)
    [(words, given, actions)] = calls
    assert words[1:] == ["-Im", index_later.MODULE, str(Path.cwd() / "all.zip"), str(tmp_path)]
    assert "GITHUB_TOKEN" not in given
    assert priorities == [(os.PRIO_PROCESS, 7, 19)]
    assert [action[2] for action in actions] == [0, 1, 2]
    assert (tmp_path / "advisories").is_dir()


def test_where_no_process_can_be_started_the_answer_counts_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()

    def refuse(*_: object, **__: object) -> int:
        raise PermissionError

    monkeypatch.setattr(os, "posix_spawn", refuse)
    index_later.start_indexing(tmp_path / "all.zip", tmp_path)
    (tmp_path / "file").touch()
    index_later.start_indexing(tmp_path / "all.zip", tmp_path / "file")


@pytest.mark.whole
def test_a_killed_process_leaves_no_index(tmp_path: Path, file: Path, repository: Path) -> None:
    script = """
import os, signal, sys
from pathlib import Path
from ops.supply_chain.adapters.osv import index_rows, index_later
index_rows.refuse_empty = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
index_later.index_feed(Path(sys.argv[1]), Path(sys.argv[2]))
"""
    (tmp_path / "advisories").mkdir()
    done = subprocess.run([sys.executable, "-c", script, str(file), str(tmp_path)], cwd=repository, check=False)
    assert done.returncode == -signal.SIGKILL
    assert [path.suffix for path in (tmp_path / "advisories").iterdir()] == [".tmp"]
    assert not is_whole(tmp_path, SHA)
    index_feed(file, tmp_path)  # the lock of the killed process holds up none
    assert is_whole(tmp_path, SHA)


@pytest.mark.whole
def test_processes_that_start_together_index_once(tmp_path: Path, file: Path, repository: Path) -> None:
    script = "import sys; from pathlib import Path; from ops.supply_chain.adapters.osv.index_later import start_indexing as s"
    words = [sys.executable, "-c", f"{script}; s(*map(Path, sys.argv[1:]))", str(file), str(tmp_path)]
    for _ in range(3):
        subprocess.run(words, cwd=repository, check=True)
    deadline = time.monotonic() + 60
    while not is_whole(tmp_path, SHA):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    folder = os.open(tmp_path / "advisories", os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)  # after the others, or before they begin: they find the index
    os.close(folder)
    assert [path.name for path in (tmp_path / "advisories").iterdir()] == [index_path(tmp_path, SHA).name]
