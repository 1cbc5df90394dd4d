"""A feed read in parts, by workers or not: the same index each time, from whole, odd and damaged records."""

from __future__ import annotations

import json
import os
import random
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain.adapters.osv import feed_parts
from ops.supply_chain.adapters.osv.archive import ArchiveMember, ZipRecords, unpack
from ops.supply_chain.adapters.osv.feed_index import Index, build
from ops.supply_chain.adapters.osv.snapshot import Feed, open_feed
from ops.supply_chain.contracts.values.advisory import OsvRecord
from ops.supply_chain.core.errors import UnavailableError
from ops.supply_chain.formats import osv as osv_format
from tests.fakes.advisories import affected, archive, record
from tests.risk.advisories.test_real_feed import NOW

SEED = 20_261_129
SHA = "a" * 64
NAMES = ("Foo_Bar", "foo.bar", "baz", "qux", "evil")
DAMAGE = (
    (b'"id"', b'"id": "PYSEC-9", "id"'),
    (b'"id"', rb'"\u0069d"'),
    (b'"id"', rb'"\u0022id'),
    (b"PyPI", rb"\u0050yPI"),
    (b"PyPI", b"pypi"),
    (b"PyPI", b"PyPI:https://index.example"),
    (b'"name": "', rb'"name": "\u002e'),
    (b'"name": "', rb'"name": "\/'),
    (b'"name": "', b'"name": "baz", "name": "'),
    (b'"published"', b'"\xff"'),
    (b'"events"', b'"event"'),
    (b"}", b""),
)


def odd_documents() -> Iterator[bytes]:
    """Yield records of few packages: whole ones, escaped and damaged ones, several copies, withdrawn ones, aliases."""
    choose = random.Random(SEED)  # noqa: S311 - the same each time
    for number in range(240):
        fields: dict[str, Any] = {"aliases": [f"CVE-2026-{choose.randrange(80)}"], "upstream": ["CVE-2025-1"]}
        if choose.random() < 0.1:
            fields["withdrawn"] = choose.choice(["2026-03-01T00:00:00Z", "2027-03-01T00:00:00Z"])
        if choose.random() < 0.3:
            fields["modified"] = choose.choice(["2026-12-24T00:00:00Z", "2026-01-01T00:00:00Z", None, "soon"])
        versions = tuple(choose.sample(["1.0", "1.0.0", "2.0rc1", "1.0-1", "old"], 3))
        entries = [affected(name, "introduced 0, fixed 1.10", versions=versions) for name in choose.sample(NAMES, 2)]
        document = record(f"{choose.choice(['PYSEC', 'MAL'])}-{number - number % 3}", *entries, **fields)
        data = json.dumps(document).encode()
        if choose.random() < 0.4:
            data = data.replace(*choose.choice(DAMAGE), 1)
        yield data


def odd_zip() -> bytes:
    members = {f"{number}.json": data for number, data in enumerate(odd_documents())}
    return archive({"README.md": b"x", **members})


def contents(path: Path, records: Iterable[ArchiveMember]) -> dict[str, list[Any]]:
    """Return what an index of some records has, with the documents unpacked."""
    build(path, records, sha256=SHA, where="x.zip")
    tables = ("feed", "package", "unusable", "called")
    with sqlite3.connect(path) as database:
        found = {table: database.execute(f"select * from {table}").fetchall() for table in tables}  # noqa: S608 - above
        ids = [name for (name,) in database.execute("select id from record order by rowid")]
    database.close()
    with Index(path, name="osv", sha256=SHA) as index:
        return {**found, "documents": [(name, index.document(name)) for name in ids]}


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make feeds of tests large enough for workers, whatever machine and threads the test has."""
    monkeypatch.setattr(feed_parts, "PART_BYTES", 10_000)
    monkeypatch.setattr(feed_parts, "PART_RECORDS", 7)
    monkeypatch.setattr(feed_parts, "_may_fork", lambda: True)


@pytest.mark.usefixtures("small_parts")
def test_workers_read_what_one_process_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = odd_zip()
    forked = contents(tmp_path / "1.sqlite", ZipRecords(data, where="x.zip"))
    assert (len(forked["unusable"]), len(forked["package"])) == (69, 4)
    monkeypatch.setattr(feed_parts, "_may_fork", lambda: False)
    assert contents(tmp_path / "2.sqlite", ZipRecords(data, where="x.zip")) == forked
    assert contents(tmp_path / "3.sqlite", list(ZipRecords(data, where="x.zip"))) == forked
    monkeypatch.setattr(osv_format, "read_plainly", lambda _: None)
    assert contents(tmp_path / "4.sqlite", list(ZipRecords(data, where="x.zip"))) == forked


@pytest.mark.usefixtures("small_parts")
def test_the_parts_of_workers_that_end_are_read_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data, own, read_part = odd_zip(), os.getpid(), feed_parts.read_part
    whole = contents(tmp_path / "1.sqlite", list(ZipRecords(data, where="x.zip")))
    ended = tmp_path / "ended"

    def ending(members: Iterable[ArchiveMember]) -> feed_parts.FeedPart:
        if os.getpid() != own:
            ended.touch()
            os._exit(9)
        return read_part(members)

    monkeypatch.setattr(feed_parts, "read_part", ending)
    assert contents(tmp_path / "2.sqlite", ZipRecords(data, where="x.zip")) == whole
    assert ended.exists()


@pytest.mark.usefixtures("small_parts")
def test_a_damaged_member_is_refused_by_workers_as_well(tmp_path: Path) -> None:
    data = bytearray(odd_zip())
    data[len(data) // 3] ^= 0xFF
    damaged = ZipRecords(bytes(data), where="x.zip")
    sources: tuple[Iterable[ArchiveMember], ...] = (damaged, iter(damaged))
    for number, records in enumerate(sources):
        with pytest.raises(UnavailableError, match=r"advisories x\.zip: is not a complete zip: ") as caught:
            build(tmp_path / f"{number}.sqlite", records, sha256=SHA, where="x.zip")
        assert caught.value.hint.startswith("Fetch the advisory snapshot again")
    assert list(tmp_path.iterdir()) == []


def test_parts_have_every_member_once() -> None:
    records = ZipRecords(odd_zip(), where="x.zip")
    for most in (1, 700, 10_000, 1 << 30):
        places = [place for part in records.parts(most) for place in part]
        assert places == list(range(241))
    assert ZipRecords(archive({}), where="x.zip").parts(1) == [range(0)]


def test_what_a_zip_states_of_a_size_is_what_is_kept_of_a_document() -> None:
    records = ZipRecords(archive({"A.json": b"{}" * 40, "B.json": b""}), where="x.zip")
    assert [unpack(records.packed(place)) for place in range(2)] == [b"{}" * 40, b""]


@pytest.fixture(scope="module")
def feed(shared_data: Path, feed_cache: Path) -> Iterator[Feed]:
    with open_feed(str(shared_data / "advisories" / "osv-pypi.zip"), cache=feed_cache, now=NOW) as opened:
        yield opened


@pytest.mark.parametrize("count", [80, pytest.param(1000, marks=pytest.mark.whole)])
def test_packages_of_the_real_feed_have_the_records_that_its_zip_has(
    feed: Feed, shared_data: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    records = ZipRecords((shared_data / "advisories" / "osv-pypi.zip").read_bytes(), where="x.zip")
    monkeypatch.setattr(osv_format, "read_plainly", lambda _: None)
    choose = random.Random(SEED)  # noqa: S311 - the same each time
    for place in choose.sample(range(11_115), count):
        [(name, data)] = records.members(range(place, place + 1))
        read = osv_format.read_record(data or b"", where=name)
        assert isinstance(read, OsvRecord)
        assert feed.document(read.id) == data
        found = feed.advisories([advisory.package for advisory in read.advisories])
        for advisory in read.advisories:
            assert [item for item in found[advisory.package] if item.id == read.id] == [advisory]
