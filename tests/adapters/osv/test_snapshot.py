"""The snapshot as a feed: from a file, a folder and an address, fresh, stale, and misbehaving."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ops.supply_chain.adapters.http.client import Timeouts
from ops.supply_chain.adapters.osv import feed_keeper
from ops.supply_chain.adapters.osv.archive import ArchiveMember, read_folder
from ops.supply_chain.adapters.osv.feed_index import index_path
from ops.supply_chain.adapters.osv.snapshot import AgeLimits, Feed, open_feed
from ops.supply_chain.contracts.files.record import FeedRef
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import UnavailableError
from tests.fakes.advisories import affected, archive, record, snapshot
from tests.fakes.osv import OsvService, serve

NOW = datetime(2026, 11, 22, tzinfo=UTC)
DAY = timedelta(days=1)
OLD = snapshot(record("PYSEC-1", affected("foo", "introduced 0")))
NEW = snapshot(record("PYSEC-1", affected("foo", "introduced 0")), record("PYSEC-2", affected("bar", "introduced 0")))
ONCE = Timeouts(attempts=1)
IMPATIENT = Timeouts(connect_seconds=1, read_seconds=0.4, total_seconds=5, attempts=1, backoff_seconds=0)


@pytest.fixture
def service() -> Iterator[OsvService]:
    with serve(OsvService(OLD)) as running:
        yield running


def opened(source: object, cache: Path, **options: object) -> Feed:
    return open_feed(str(source), cache=cache, **{"now": NOW, "timeouts": ONCE, **options})  # type: ignore[arg-type]


def test_a_file(tmp_path: Path) -> None:
    path = tmp_path / "all.zip"
    path.write_bytes(NEW)
    with opened(path, tmp_path) as feed:
        assert {name: [item.id for item in found] for name, found in feed.advisories(["foo", "bar", "x"]).items()} == {
            "bar": ["PYSEC-2"],
            "foo": ["PYSEC-1"],
        }
        assert feed.ref == FeedRef(
            name="osv", version="2026-11-19T00:00:00Z", sha256=sha256_bytes(NEW), age_seconds=3 * 86400, records=2
        )
        assert feed.notes == ()
        assert json.loads(feed.document("PYSEC-2") or b"")["id"] == "PYSEC-2"


def test_a_file_is_indexed_once(tmp_path: Path) -> None:
    path = tmp_path / "all.zip"
    path.write_bytes(OLD)
    opened(path, tmp_path).__exit__(None, None, None)
    index = index_path(tmp_path, sha256_bytes(OLD))
    before = index.stat().st_mtime_ns
    opened(path, tmp_path).__exit__(None, None, None)
    assert index.stat().st_mtime_ns == before


def test_a_damaged_index_is_built_again(tmp_path: Path) -> None:
    path = tmp_path / "all.zip"
    path.write_bytes(OLD)
    index_path(tmp_path, sha256_bytes(OLD)).parent.mkdir()
    index_path(tmp_path, sha256_bytes(OLD)).write_bytes(b"half")
    with opened(path, tmp_path) as feed:
        assert set(feed.advisories(["foo"])) == {"foo"}


def test_a_folder_that_changes_while_it_is_read_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, item = tmp_path / "records", record("MAL-1", affected("foo", "introduced 0"))
    folder.mkdir()
    (folder / "MAL-1.json").write_text(json.dumps(item))
    read: list[Path] = []

    def read_while_it_changes(path: Path) -> Iterator[ArchiveMember]:
        read.append(path)
        (folder / "MAL-1.json").write_text(json.dumps(item | {"summary": f"read {len(read)} times"}))
        return read_folder(path)

    monkeypatch.setattr(feed_keeper, "read_folder", read_while_it_changes)
    with pytest.raises(UnavailableError, match="changed while it was read"):
        opened(folder, tmp_path / "cache")
    assert len(read) == 2
    monkeypatch.undo()
    with opened(folder, tmp_path / "cache") as feed:  # nothing of it was kept under another's digest
        assert [found.summary for found in feed.advisories(["foo"])["foo"]] == ["read 2 times"]


def test_a_folder_of_records_says_the_same_as_the_zip(tmp_path: Path) -> None:
    folder = tmp_path / "malicious" / "osv" / "pypi"
    for item in (record("MAL-1", affected("evil", "introduced 0")), record("MAL-2", affected("worse"))):
        (folder / item["id"]).mkdir(parents=True)
        (folder / item["id"] / f"{item['id']}.json").write_text(json.dumps(item))
    with opened(tmp_path / "malicious", tmp_path, name="malicious-packages") as feed:
        assert feed.facts.prefixes == (("MAL", 2),)
        assert set(feed.advisories(["evil", "worse"])) == {"evil", "worse"}
        first = feed.facts.sha256
    (folder / "MAL-2" / "MAL-2.json").unlink()
    with opened(tmp_path / "malicious", tmp_path) as feed:
        assert feed.facts.sha256 != first


@pytest.mark.parametrize(
    ("limit", "refused"), [(None, False), (3 * DAY, False), (timedelta(days=3) - timedelta(seconds=1), True)]
)
def test_the_age_of_a_file_is_that_of_its_newest_record(tmp_path: Path, limit: timedelta | None, refused: bool) -> None:
    path = tmp_path / "all.zip"
    path.write_bytes(
        snapshot(
            record("PYSEC-1", affected("foo")), record("PYSEC-2", affected("foo"), modified="2027-01-01T00:00:00Z")
        )
    )
    limits = AgeLimits(newest=limit)
    feed = opened(path, tmp_path, limits=limits)
    assert (feed.age_seconds, feed.notes) == (3 * 86400, ("osv: 1 of 2 records are dated in the future",))
    assert feed.stale == ("the snapshot is 3 days old by its records, the limit is 2 days" if refused else "")


def test_a_file_without_any_honest_date_is_too_old_for_any_limit(tmp_path: Path) -> None:
    path = tmp_path / "all.zip"
    path.write_bytes(snapshot(record("PYSEC-1", affected("foo"), modified="2027-01-01T00:00:00Z")))
    assert opened(path, tmp_path).age_seconds is None
    feed = opened(path, tmp_path, limits=AgeLimits(newest=9 * DAY))
    assert feed.stale == "the snapshot has no record with a usable date, the limit is 9 days"


def test_a_record_that_cannot_be_understood_concerns_those_it_names(tmp_path: Path) -> None:
    path = tmp_path / "all.zip"
    path.write_bytes(
        snapshot(record("PYSEC-1", affected("foo")), record("PYSEC-2", affected("bar"), schema_version="2.0"))
    )
    with opened(path, tmp_path) as feed:
        assert feed.unexamined(["foo"]) == ()
        assert [item.id for item in feed.unexamined(["foo", "bar"])] == ["PYSEC-2"]
        assert feed.notes == ("osv: 1 record cannot be read",)


def test_a_record_that_names_nobody_concerns_everybody(tmp_path: Path) -> None:
    path = tmp_path / "all.zip"
    path.write_bytes(snapshot(record("PYSEC-1", affected("foo")), b"{"))
    with opened(path, tmp_path) as feed:
        assert [item.where for item in feed.unexamined(["foo"])] == ["RAW-1.json"]


@pytest.mark.parametrize("data", [b"", b"PK\x05\x06" + b"\0" * 18, OLD[:-10], archive({"README": b""})])
def test_a_file_that_is_no_snapshot_examines_nothing(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "all.zip"
    path.write_bytes(data)
    with pytest.raises(UnavailableError):
        opened(path, tmp_path)


def test_no_file_examines_nothing(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError) as caught:
        opened(tmp_path / "all.zip", tmp_path)
    assert caught.value.message == f"advisories {tmp_path / 'all.zip'}: cannot be read: No such file or directory"


# --- an address ------------------------------------------------------------------------------------------


def test_a_download_is_asked_for_again_by_its_etag(tmp_path: Path, service: OsvService) -> None:
    url = f"{service.url}/all.zip"
    with opened(url, tmp_path) as feed:
        assert (feed.facts.sha256, feed.age_seconds, feed.notes) == (sha256_bytes(OLD), 3 * 86400, ())
    service.documents.clear()
    with opened(url, tmp_path, now=NOW + DAY) as feed:
        assert (feed.facts.sha256, feed.age_seconds) == (sha256_bytes(OLD), 4 * 86400)
    service.load(NEW)
    with opened(url, tmp_path, now=NOW + DAY) as feed:
        assert feed.facts.sha256 == sha256_bytes(NEW)


@pytest.mark.parametrize(("days", "stale"), [(7, False), (8, True)])
def test_an_address_that_confirms_what_nobody_renews_is_stale(
    tmp_path: Path, service: OsvService, days: int, stale: bool
) -> None:
    now = datetime(2026, 11, 19, tzinfo=UTC) + days * DAY  # the record's own day is the nineteenth
    limits = AgeLimits(confirmed=DAY, newest=7 * DAY)
    with opened(f"{service.url}/all.zip", tmp_path, now=now, limits=limits) as feed:
        assert (feed.age_seconds, bool(feed.stale)) == (days * 86400, stale)


def test_not_modified_moves_no_bytes(tmp_path: Path, service: OsvService, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"{service.url}/all.zip"
    opened(url, tmp_path)
    built: list[bytes] = []
    monkeypatch.setattr(feed_keeper.FeedKeeper, "keep_download", lambda _, data, *__: built.append(data))
    opened(url, tmp_path)
    assert (built, service.requests) == ([], ["/all.zip"] * 2)


def test_a_lost_index_is_downloaded_again(tmp_path: Path, service: OsvService) -> None:
    url = f"{service.url}/all.zip"
    opened(url, tmp_path)
    index_path(tmp_path, sha256_bytes(OLD)).unlink()
    with opened(url, tmp_path) as feed:
        assert set(feed.advisories(["foo"])) == {"foo"}


FAULTS = ("500", "429", "404", "redirect", "wrong-type", "truncated", "malformed", "empty", "oversize", "slow")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_service_that_misbehaves_examines_nothing(tmp_path: Path, service: OsvService, fault: str) -> None:
    service.fault = fault
    with pytest.raises(UnavailableError) as caught:
        opened(f"{service.url}/all.zip", tmp_path, timeouts=IMPATIENT if fault == "slow" else ONCE)
    assert "clean" not in caught.value.message
    assert caught.value.message.startswith(("advisory snapshot http://127.0.0.1:", "advisories http://127.0.0.1:"))
    assert caught.value.hint
    assert not list(tmp_path.rglob("*.sqlite"))
    assert not list(tmp_path.rglob("*.json"))


@pytest.mark.parametrize("fault", FAULTS)
def test_a_copy_that_is_recent_enough_stands_in(tmp_path: Path, service: OsvService, fault: str) -> None:
    url, limits = f"{service.url}/all.zip", AgeLimits(confirmed=2 * DAY)
    opened(url, tmp_path)
    service.fault, timeouts = fault, IMPATIENT if fault == "slow" else ONCE
    with opened(url, tmp_path, now=NOW + 2 * DAY, limits=limits, timeouts=timeouts) as feed:
        assert (feed.facts.sha256, feed.age_seconds) == (sha256_bytes(OLD), 5 * 86400)
        assert feed.notes == (
            "advisory snapshot: the service did not answer; using the copy confirmed 172800 seconds ago",
        )
    with pytest.raises(UnavailableError) as caught:
        opened(url, tmp_path, now=NOW + 3 * DAY, limits=limits, timeouts=timeouts)
    assert caught.value.message.endswith("; the cached copy was last confirmed 3 days ago, the limit is 2 days")


def test_a_bad_download_does_not_replace_a_good_copy(tmp_path: Path, service: OsvService) -> None:
    url = f"{service.url}/all.zip"
    opened(url, tmp_path)
    service.load(NEW[:-30])
    with opened(url, tmp_path, now=NOW + DAY) as feed:
        assert feed.facts.sha256 == sha256_bytes(OLD)
    service.load(NEW)
    with opened(url, tmp_path, now=NOW + DAY) as feed:
        assert (feed.facts.sha256, feed.notes) == (sha256_bytes(NEW), ())


def test_offline_uses_the_copy_and_asks_nothing(tmp_path: Path, service: OsvService) -> None:
    url = f"{service.url}/all.zip"
    opened(url, tmp_path)
    with opened(url, tmp_path, now=NOW + DAY, offline=True, limits=AgeLimits(confirmed=DAY)) as feed:
        assert feed.notes == ("advisory snapshot: this run is offline; using the copy confirmed 86400 seconds ago",)
    assert service.requests == ["/all.zip"]


def test_offline_without_a_copy_examines_nothing(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError) as caught:
        opened("https://user:secret@osv.invalid/all.zip?token=x", tmp_path, offline=True)
    assert caught.value.message == "advisory snapshot https://osv.invalid/all.zip: not asked, this run is offline"
    assert caught.value.hint == "Run once without --offline to fill the cache."


def test_a_copy_from_the_future_is_not_trusted(tmp_path: Path, service: OsvService) -> None:
    url = f"{service.url}/all.zip"
    opened(url, tmp_path)
    with pytest.raises(UnavailableError, match="one of the clocks is wrong"):
        opened(url, tmp_path, now=NOW - DAY, offline=True)


def test_a_refused_connection_examines_nothing(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match=r"advisory snapshot http://127\.0\.0\.1:1/all\.zip: "):
        opened("http://127.0.0.1:1/all.zip", tmp_path)


def test_plain_http_elsewhere_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="is not https"):
        opened("http://osv.invalid/all.zip", tmp_path)
