"""Some rows of an index: the answer of the whole one, or none."""

from __future__ import annotations

import json
import random
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain.adapters.osv import package_rows
from ops.supply_chain.adapters.osv.archive import ArchiveMember
from ops.supply_chain.adapters.osv.feed_index import Index, build, index_path
from ops.supply_chain.adapters.osv.package_rows import PackageRows, find_packages
from ops.supply_chain.adapters.osv.snapshot import open_feed, open_package_feed
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import UnavailableError
from tests.fakes.advisories import affected, record, snapshot

SHA = "a" * 64
NOW = 1_796_000_000
PACKAGES = ("foo", "bar-baz", "evil", "absent")
RECORDS = (
    record("PYSEC-2", affected("foo", "introduced 0, fixed 1"), affected("Bar_Baz", versions=("1.0",))),
    record("PYSEC-1", affected("foo", versions=("2",)), modified="2026-03-01T00:00:00Z"),
    record("PYSEC-1", affected("foo", versions=("3",)), modified="2026-04-01T00:00:00Z"),
    record("MAL-1", affected("evil", "introduced 0"), modified="2027-07-09T15:45:00Z"),
    record("PYSEC-3", affected("other", versions=("3",)), withdrawn="2026-03-01T00:00:00Z"),
    record("GHSA-a", affected("x:y", "introduced 0", ecosystem="Maven"), modified="yesterday"),
)
DAMAGES = (
    "delete from package where name = 'foo'",
    "update package set advisories = x'90' where name = 'foo'",
    "update package set advisories = (select advisories from package where name = 'evil') where name = 'foo'",
    "update package set name = 'fooo' where name = 'foo'",
    "delete from directory",
    "update directory set data = x'80'",
    "update directory set data = substr(data, 2)",
    "update directory set sha256 = ''",
    "drop table directory",
    "drop table package",
)


def made(cache: Path) -> Path:
    path = index_path(cache, SHA)
    extra = [ArchiveMember("X.json", b"{"), ArchiveMember("README.md", None)]
    build(path, [*(ArchiveMember("x", json.dumps(item).encode()) for item in RECORDS), *extra], sha256=SHA, where="x")
    return path


def answer(index: Index | PackageRows, *packages: str) -> tuple[Any, ...]:
    found = index.advisories(packages)
    documents = {item.id: index.document(item.id) for listed in found.values() for item in listed}
    return list(found.items()), documents, [index.facts(now) for now in (0, NOW, NOW + 10**8, 10**18)]


def changed(path: Path, statement: str) -> None:
    with sqlite3.connect(path) as database:
        database.execute(statement)
    database.close()


def test_some_rows_are_those_of_the_whole_index(tmp_path: Path) -> None:
    path = made(tmp_path)
    with Index(path, name="osv", sha256=SHA) as index:
        for packages in ((), ("foo",), ("evil", "absent"), PACKAGES):
            some = PackageRows(path, name="osv", sha256=SHA, packages=packages)
            assert answer(some, *packages) == answer(index, *packages)
            some.close()


def test_the_shared_sample_gives_the_same_rows(shared_data: Path, feed_cache: Path) -> None:
    feed = shared_data / "advisories" / "osv-pypi.zip"
    sha256 = sha256_bytes(feed.read_bytes())
    with open_feed(str(feed), cache=feed_cache, now=datetime.now(UTC)):
        path = index_path(feed_cache, sha256)
    with Index(path, name="osv", sha256=sha256, checked=True) as index:
        names = [name for (name,) in index._database.execute("select name from package")]
        some = PackageRows(path, name="osv", sha256=sha256, packages=names)
        assert some.advisories(names) == index.advisories(names)
        assert some.facts(NOW) == index.facts(NOW)
        assert len(names) == some.facts(NOW).packages


def test_it_answers_about_no_other_package(tmp_path: Path) -> None:
    index = PackageRows(made(tmp_path), name="osv", sha256=SHA, packages=["foo"])
    with pytest.raises(ValueError, match="was not read for evil"):
        index.advisories(["foo", "evil"])


def test_the_whole_index_is_checked_for_documents_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = PackageRows(made(tmp_path), name="osv", sha256=SHA, packages=["foo"])
    monkeypatch.setattr(package_rows, "Index", lambda *_, **__: pytest.fail("read as a whole"))
    assert [item.id for item in index.advisories(["foo"])["foo"]] == ["PYSEC-1", "PYSEC-1", "PYSEC-2"]
    monkeypatch.undo()
    changed(index_path(tmp_path, SHA), "delete from record where id = 'PYSEC-2'")
    with pytest.raises(UnavailableError, match="is damaged"):
        index.document("PYSEC-1")


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_row_that_is_changed_or_gone_is_no_answer(tmp_path: Path, damage: str) -> None:
    path = made(tmp_path)
    changed(path, damage)
    assert find_packages(tmp_path, SHA, name="osv", packages=PACKAGES) is None
    with pytest.raises(UnavailableError, match="is damaged"):
        PackageRows(path, name="osv", sha256=SHA, packages=PACKAGES)


def test_no_index_or_that_of_another_feed_is_no_answer(tmp_path: Path) -> None:
    assert find_packages(tmp_path, SHA, name="osv", packages=PACKAGES) is None
    path = made(tmp_path)
    assert find_packages(tmp_path, SHA, name="osv", packages=PACKAGES) is not None
    path.rename(index_path(tmp_path, "b" * 64))
    assert find_packages(tmp_path, "b" * 64, name="osv", packages=PACKAGES) is None


def test_no_damaged_byte_changes_an_answer(tmp_path: Path) -> None:
    path = made(tmp_path)
    whole = path.read_bytes()
    found = PackageRows(path, name="osv", sha256=SHA, packages=PACKAGES)
    good = (found.advisories(PACKAGES), found.facts(NOW))
    choose = random.Random(13)  # noqa: S311 - the same places in each run
    ends = set()
    for _ in range(400):
        damaged = bytearray(whole)
        for _ in range(choose.choice((1, 1, 40))):
            damaged[choose.randrange(len(damaged))] ^= choose.randrange(1, 256)
        path.write_bytes(damaged[: choose.choice((len(damaged), len(damaged), choose.randrange(len(damaged))))])
        other = find_packages(tmp_path, SHA, name="osv", packages=PACKAGES)
        ends.add(other is None)
        assert other is None or (other.advisories(PACKAGES), other.facts(NOW)) == good
    assert ends == {True, False}


def test_an_index_with_damaged_documents_is_built_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    feed = tmp_path / "all.zip"
    feed.write_bytes(snapshot(*(record(f"PYSEC-{name}", affected(name, "introduced 0")) for name in PACKAGES[:3])))

    def asked() -> bytes | None:
        with open_package_feed(str(feed), PACKAGES, cache=tmp_path, now=datetime.now(UTC)) as opened:
            return opened.document("PYSEC-foo")

    first, path = asked(), index_path(tmp_path, sha256_bytes(feed.read_bytes()))
    assert first is not None
    for damage in ("delete from record where id = 'PYSEC-foo'", "update record set document = x'00'"):
        changed(path, damage)
        with pytest.raises(UnavailableError, match="is damaged") as caught:
            asked()
        assert caught.value.hint == "Run it again: the index is built again."
        assert asked() == first
    changed(path, "drop table record")
    monkeypatch.setattr(Path, "unlink", lambda *_, **__: (_ for _ in ()).throw(PermissionError("read-only")))
    with pytest.raises(UnavailableError, match="is damaged") as caught:
        asked()
    assert caught.value.hint.startswith("Delete it from the cache folder")


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_feed_whose_index_is_damaged_is_read_again(tmp_path: Path, damage: str) -> None:
    feed = tmp_path / "all.zip"
    feed.write_bytes(snapshot(*(record(f"PYSEC-{name}", affected(name, "introduced 0")) for name in PACKAGES[:3])))

    def asked() -> tuple[Any, ...]:
        with open_package_feed(str(feed), PACKAGES, cache=tmp_path, now=datetime.now(UTC)) as opened:
            return opened.advisories(PACKAGES), opened.facts

    first, path = asked(), index_path(tmp_path, sha256_bytes(feed.read_bytes()))
    changed(path, damage)
    assert asked() == first
    assert find_packages(tmp_path, path.name[:64], name="osv", packages=PACKAGES) is not None
