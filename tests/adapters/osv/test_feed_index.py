"""The index: what it holds, that it is whole or not there."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from ops.supply_chain.adapters.osv.archive import ArchiveMember
from ops.supply_chain.adapters.osv.feed_index import KEPT_INDEXES, Index, build, index_path, is_whole
from ops.supply_chain.contracts.values.advisory import UnusableRecord
from ops.supply_chain.core.errors import OutputError, UnavailableError
from tests.fakes.advisories import affected, record

SHA = "a" * 64
NOW = 1_796_000_000
RECORDS = (
    record("PYSEC-2", affected("foo", "introduced 0, fixed 1"), affected("Bar_Baz", versions=("1.0",))),
    record("PYSEC-1", affected("foo", versions=("2",)), modified="2026-03-01T00:00:00Z"),
    record("MAL-1", affected("evil", "introduced 0"), modified="2027-07-09T15:45:00Z"),
    record("PYSEC-3", affected("foo", versions=("3",)), withdrawn="2026-03-01T00:00:00Z"),
    record("GHSA-a", affected("x:y", "introduced 0", ecosystem="Maven")),
)


def members(*extra: ArchiveMember) -> list[ArchiveMember]:
    return [*(ArchiveMember(f"{item['id']}.json", json.dumps(item).encode()) for item in RECORDS), *extra]


def made(cache: Path, *extra: ArchiveMember) -> Path:
    path = index_path(cache, SHA)
    build(path, members(*extra), sha256=SHA, where="x.zip")
    return path


def test_only_the_asked_packages_come_back(tmp_path: Path) -> None:
    with Index(made(tmp_path), name="osv", sha256=SHA) as index:
        found = index.advisories(["foo", "bar-baz", "absent"])
    assert {name: [item.id for item in listed] for name, listed in found.items()} == {
        "bar-baz": ["PYSEC-2"],
        "foo": ["PYSEC-1", "PYSEC-2", "PYSEC-3"],
    }


def test_packages_are_found_by_every_name_of_a_record_and_by_what_it_passes_on(tmp_path: Path) -> None:
    named = {
        "PYSEC-9": record(
            "PYSEC-9", affected("foo", versions=("9",)), aliases=["cve-2026-1"], upstream=["CVE-2026-2", 7]
        ),
        "GHSA-z": record("GHSA-z", affected("x:y", "introduced 0", ecosystem="Maven"), aliases=["CVE-2026-3"]),
    }
    extra = [ArchiveMember(f"{name}.json", json.dumps(item).encode()) for name, item in named.items()]
    with Index(made(tmp_path, *extra), name="osv", sha256=SHA) as index:
        found = index.packages_called(["PYSEC-9", "CVE-2026-1", "CVE-2026-2", "GHSA-Z", "ABSENT"])
    about = frozenset({("foo", "PYSEC-9")})
    assert found == {"PYSEC-9": about, "CVE-2026-1": about, "CVE-2026-2": about, "GHSA-Z": frozenset()}


def test_thousands_of_packages_can_be_asked_at_once(tmp_path: Path) -> None:
    with Index(made(tmp_path), name="osv", sha256=SHA) as index:
        assert set(index.advisories([*(f"p{n}" for n in range(2500)), "evil"])) == {"evil"}


def test_what_a_feed_is(tmp_path: Path) -> None:
    extra = (
        ArchiveMember("README.md", None),
        ArchiveMember("X.json", b"{"),
        ArchiveMember("Y.json", b'{"affected":[{"package":{"ecosystem":"PyPI","name":"Foo"}}]}'),
    )
    with Index(made(tmp_path, *extra), name="osv", sha256=SHA) as index:
        facts = index.facts(NOW)
    assert (facts.name, facts.sha256, facts.records, facts.withdrawn, facts.packages, facts.ignored) == (
        "osv",
        SHA,
        5,
        1,
        3,
        1,
    )
    assert (facts.named, facts.malware, facts.repeated) == (4, 1, 0)
    assert facts.prefixes == (("GHSA", 1), ("MAL", 1), ("PYSEC", 3))
    assert (facts.newest, facts.from_future) == (1_795_046_400, 1)
    assert facts.unusable == (
        UnusableRecord(where="X.json", id="", packages=(), reason="not a JSON object: Input data was truncated"),
        UnusableRecord(where="Y.json", id="", packages=("foo",), reason="id: not an identifier"),
    )


def test_a_record_s_own_bytes_are_kept(tmp_path: Path) -> None:
    with Index(made(tmp_path), name="osv", sha256=SHA) as index:
        assert index.document("PYSEC-1") == json.dumps(RECORDS[1]).encode()
        assert index.document("PYSEC-9") is None


@pytest.mark.parametrize(
    ("records", "contents"),
    [
        ([], "no record"),
        ([ArchiveMember("README.md", None)], "no record"),
        ([ArchiveMember("X.json", b"{")], "no record"),
        ([ArchiveMember("A.json", json.dumps(RECORDS[4]).encode())], "1 record, none of PyPI"),
    ],
)
def test_a_feed_without_records_is_no_feed(tmp_path: Path, records: list[ArchiveMember], contents: str) -> None:
    path = index_path(tmp_path, SHA)
    with pytest.raises(UnavailableError) as caught:
        build(path, records, sha256=SHA, where="x.zip")
    assert caught.value.message == f"advisories x.zip: has {contents}"
    assert list(path.parent.iterdir()) == []


def test_a_source_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    def breaking() -> object:
        yield from members()
        raise UnavailableError("cut")

    with pytest.raises(UnavailableError, match="cut"):
        build(index_path(tmp_path, SHA), breaking(), sha256=SHA, where="x.zip")  # type: ignore[arg-type]
    assert list((tmp_path / "advisories").iterdir()) == []


@pytest.mark.whole
def test_a_killed_build_leaves_nothing_taken_for_whole(tmp_path: Path, repository: Path) -> None:
    script = """
import os, signal, sys
from pathlib import Path
from ops.supply_chain.adapters.osv.archive import ArchiveMember
from ops.supply_chain.adapters.osv.feed_index import build, index_path
def records():
    for number in range(20_000):
        document = '{"id":"PYSEC-%d","affected":[{"package":{"ecosystem":"PyPI","name":"p%d"},"versions":["1"]}]}'
        yield ArchiveMember("x", (document % (number, number)).encode())
    os.kill(os.getpid(), signal.SIGKILL)
build(index_path(Path(sys.argv[1]), "a" * 64), records(), sha256="a" * 64, where="x")
"""
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], cwd=repository, check=False)
    assert done.returncode == -signal.SIGKILL
    assert [path.suffix for path in (tmp_path / "advisories").iterdir()] == [".tmp"]
    assert not is_whole(tmp_path, SHA)
    assert is_whole(made(tmp_path).parent.parent, SHA)


@pytest.mark.parametrize(
    "damage",
    [
        "delete from package where name = 'foo'",
        "delete from record where id = 'PYSEC-1'",
        "delete from feed",
        "update feed set facts = '{}'",
        "update feed set facts = 'x'",
        "drop table package",
    ],
)
def test_an_index_that_lacks_something_is_damaged(tmp_path: Path, damage: str) -> None:
    path = made(tmp_path)
    with sqlite3.connect(path) as database:
        database.execute(damage)
    database.close()
    assert not is_whole(tmp_path, SHA)
    with pytest.raises(UnavailableError) as caught:
        Index(path, name="osv", sha256=SHA)
    assert caught.value.message.startswith(f"advisory index {path.name}: is damaged: ")
    assert caught.value.hint == "Delete it from the cache folder; the next run builds it again."


@pytest.mark.parametrize("kept", [0, 1, 100, 4096, 8192])
def test_a_cut_index_is_damaged(tmp_path: Path, kept: int) -> None:
    path = made(tmp_path)
    os.truncate(path, kept)
    assert not is_whole(tmp_path, SHA)


def test_an_index_of_another_feed_is_damaged(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="its contents do not match its totals"):
        Index(made(tmp_path), name="osv", sha256="b" * 64)


def test_a_broken_row_is_an_error_and_never_an_empty_answer(tmp_path: Path) -> None:
    path = made(tmp_path)
    with sqlite3.connect(path) as database:
        database.execute("update package set advisories = x'00' where name = 'foo'")
    database.close()
    with Index(path, name="osv", sha256=SHA) as index, pytest.raises(UnavailableError, match="is damaged"):
        index.advisories(["foo"])


def test_old_indexes_are_forgotten(tmp_path: Path) -> None:
    for number in range(KEPT_INDEXES + 3):
        path = index_path(tmp_path, f"{number:064}")
        build(path, members(), sha256=f"{number:064}", where="x")
        os.utime(path, (number, number))
    left = sorted(path.name for path in (tmp_path / "advisories").glob("*.sqlite"))
    assert left == [index_path(tmp_path, f"{number:064}").name for number in range(3, KEPT_INDEXES + 3)]


def test_a_cache_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "advisories").write_bytes(b"")
    with pytest.raises(OutputError, match="cannot be written"):
        made(tmp_path)
