"""What is read of a zip about some packages is what its index has, and a zip that an index refuses is refused."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain.adapters.osv import feed_parts, feed_scan
from ops.supply_chain.adapters.osv.archive import ArchiveMember, ZipRecords
from ops.supply_chain.adapters.osv.feed_index import Index, build, index_path
from ops.supply_chain.adapters.osv.feed_scan import FeedScan, scan_feed
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import UnavailableError
from tests.adapters.osv.test_feed_parts import NAMES
from tests.adapters.osv.test_feed_parts import odd_zip as zip_with_copies
from tests.fakes.advisories import affected, archive, record
from tests.formats.test_osv_scan import hostile

SEED = 20_261_201
SHA = "a" * 64
NOW = 1_796_000_000
PACKAGES = ("foo", "foo-bar", "baz", "x")


@pytest.fixture
def many_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make feeds of tests so large that workers read them."""
    monkeypatch.setattr(feed_parts, "PART_BYTES", 20_000)
    monkeypatch.setattr(feed_parts, "_may_fork", lambda: True)


def odd_zip(records: int = 200) -> bytes:
    """Return a feed of hostile records, each with an id of its own where it has one."""
    choose = random.Random(SEED)  # noqa: S311 - the same each time
    ids = (b'"PYSEC-1"', b'"MAL-1"', b'"GHSA-a"')
    members = {"README.md": b"x", "A-1.json": json.dumps(record("A-1", affected("foo"))).encode()}
    for number in range(records):
        data = hostile(choose)
        for name in ids:
            data = data.replace(name, name[:-1] + b"-%d" % number + b'"', 1)
        members[f"{number}.json"] = data
    return archive(members)


def scanned(data: bytes, packages: Iterable[str]) -> FeedScan | None:
    return scan_feed(ZipRecords(data, where="x.zip"), packages, name="osv", sha256=SHA, where="x.zip")


def indexed(path: Path, data: bytes) -> Index:
    build(path, ZipRecords(data, where="x.zip"), sha256=SHA, where="x.zip")
    return Index(path, name="osv", sha256=SHA)


def assert_same(scan: FeedScan | None, index: Index, packages: Iterable[str], *, now: int = NOW) -> None:
    """Compare everything that a feed says about some packages."""
    assert scan is not None
    assert scan.facts(now) == index.facts(now)
    found = index.advisories(packages)
    assert scan.advisories(packages) == found
    for advisory in {advisory.id for listed in found.values() for advisory in listed}:
        assert scan.document(advisory) == index.document(advisory)


@pytest.mark.usefixtures("many_parts")
@pytest.mark.parametrize("wanted", [(), ("foo",), ("foo-bar", "absent"), ("baz",), PACKAGES])
def test_a_scan_answers_as_the_index_does(tmp_path: Path, wanted: tuple[str, ...]) -> None:
    data = odd_zip()
    with indexed(tmp_path / "1.sqlite", data) as index:
        assert_same(scanned(data, wanted), index, wanted)
        facts = index.facts(NOW)
    assert facts.repeated == 0
    assert min(len(facts.unusable), facts.records, facts.withdrawn, facts.malware, facts.ignored) > 0


def test_a_scan_without_workers_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_parts, "_may_fork", lambda: False)
    data = odd_zip()
    with indexed(tmp_path / "1.sqlite", data) as index:
        for now in (0, 1_760_000_000, NOW, 1 << 40):
            assert_same(scanned(data, PACKAGES), index, PACKAGES, now=now)


@pytest.mark.usefixtures("many_parts")
def test_between_copies_of_a_record_an_index_decides() -> None:
    assert scanned(zip_with_copies(), NAMES) is None


def test_a_package_that_was_not_read_has_no_answer() -> None:
    scan = scanned(odd_zip(), ["foo"])
    assert scan is not None
    with pytest.raises(ValueError, match="the feed was not read for bar, baz"):
        scan.advisories(["foo", "baz", "bar"])


@pytest.mark.usefixtures("many_parts")
def test_a_damaged_feed_is_refused_in_the_same_words(tmp_path: Path) -> None:
    whole = odd_zip(60)
    choose = random.Random(SEED)  # noqa: S311 - the same each time
    refused = 0
    for _ in range(12):
        damaged = bytearray(whole)
        damaged[choose.randrange(len(damaged))] ^= choose.randrange(1, 256)
        ends: list[Any] = []
        for read in (lambda data: scanned(data, PACKAGES), lambda data: indexed(tmp_path / "1.sqlite", data)):
            try:
                ends.append(read(bytes(damaged)))
            except UnavailableError as error:
                ends.append((error.message, error.hint))
        scan, index = ends
        if isinstance(index, Index):
            with index:
                assert_same(scan, index, PACKAGES)
        else:
            refused += 1
            assert scan == index
    assert refused > 6


@pytest.mark.parametrize("members", [{}, {"README.md": b"x"}, {"X.json": b"{"}, {"A.json": b'{"id":"A-1"}'}])
def test_a_feed_without_records_of_pypi_is_refused_in_the_same_words(tmp_path: Path, members: dict[str, bytes]) -> None:
    with pytest.raises(UnavailableError) as by_scan:
        scanned(archive(members), ["foo"])
    with pytest.raises(UnavailableError) as by_index:
        indexed(tmp_path / "1.sqlite", archive(members))
    assert (by_scan.value.message, by_scan.value.hint) == (by_index.value.message, by_index.value.hint)


@pytest.mark.usefixtures("many_parts")
def test_the_parts_of_workers_that_end_are_read_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    own, scan_part = os.getpid(), feed_scan.scan_part

    def ending(members: Iterator[ArchiveMember], wanted: frozenset[str]) -> feed_scan.ScannedPart:
        if os.getpid() != own:
            (tmp_path / "ended").touch()
            os._exit(9)
        return scan_part(members, wanted)

    monkeypatch.setattr(feed_scan, "scan_part", ending)
    data = odd_zip()
    with indexed(tmp_path / "1.sqlite", data) as index:
        assert_same(scanned(data, PACKAGES), index, PACKAGES)
    assert (tmp_path / "ended").exists()


def real_feed(shared_data: Path, feed_cache: Path) -> tuple[bytes, Index]:
    data = (shared_data / "advisories" / "osv-pypi.zip").read_bytes()
    sha256 = sha256_bytes(data)
    return data, Index(index_path(feed_cache, sha256), name="osv", sha256=sha256)


def names_of(index: Index) -> list[str]:
    return [name for (name,) in index._database.execute("select name from package order by name")]


def test_packages_of_the_real_feed_have_the_same_records(shared_data: Path, feed_cache: Path) -> None:
    data, index = real_feed(shared_data, feed_cache)
    with index:
        wanted = random.Random(SEED).sample(names_of(index), 400)  # noqa: S311 - the same each time
        scan = scan_feed(ZipRecords(data, where="x"), wanted, name="osv", sha256=sha256_bytes(data), where="x")
        assert_same(scan, index, wanted)


@pytest.mark.whole
def test_every_package_of_the_real_feed_has_the_same_records(shared_data: Path, feed_cache: Path) -> None:
    data, index = real_feed(shared_data, feed_cache)
    with index:
        wanted = names_of(index)
        assert len(wanted) > 4000
        scan = scan_feed(ZipRecords(data, where="x"), wanted, name="osv", sha256=sha256_bytes(data), where="x")
        assert_same(scan, index, wanted)
