"""The scan before is kept for the next one: that of an earlier day, and never anything else."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ops.supply_chain.contracts.files.findings_report import FindingsReport, SinceEarlier
from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.core import canonical
from ops.supply_chain.core.errors import UsageError
from ops.supply_chain.gather.gates.since import expected_gates, scan_note, since_earlier
from ops.supply_chain.risk.findings.report import build_report
from ops.supply_chain.runner import earlier_scan
from ops.supply_chain.runner.dist_lock import LOCK_NAME
from ops.supply_chain.runner.earlier_scan import earlier_records, keep_earlier
from tests.assurance.report.support import replaced
from tests.risk.findings.support import GATES, finding, record


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    folder = tmp_path / "dist/scan"
    folder.mkdir(parents=True)
    (folder / LOCK_NAME).touch()
    return folder


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(earlier_scan, "read_clock", lambda: datetime(2026, 11, 20, 9, tzinfo=UTC))


def put(folder: Path, day: str, *records: Record) -> None:
    for one in records or (record(),):
        started = f"2026-11-{day}T00:00:00Z"
        canonical.write(folder / f"{one.stage}.json", replaced(one, started=started))


def days(dist: Path) -> list[str]:
    return [canonical.read(path, Record).started[8:10] for path in earlier_records(dist) or ()]


def kept(dist: Path, tmp_path: Path) -> list[str]:
    keep_earlier(dist, tmp_path)
    return days(dist)


def test_a_run_that_is_no_scan_has_no_earlier_one(dist: Path, tmp_path: Path) -> None:
    assert earlier_records(dist) is None
    assert kept(dist, tmp_path) == []
    assert earlier_records(dist) == ()


def test_yesterday_is_kept_through_the_scans_of_today(dist: Path, tmp_path: Path) -> None:
    put(dist / "records", "18")
    assert kept(dist, tmp_path) == ["18"]
    put(dist / "records", "19")
    assert kept(dist, tmp_path) == ["19"]
    for _ in range(2):
        put(dist / "records", "20")
        assert kept(dist, tmp_path) == ["19"]


def test_without_an_earlier_day_the_last_scan_of_today_is_kept(dist: Path, tmp_path: Path) -> None:
    put(dist / "records", "20")
    assert kept(dist, tmp_path) == ["20"]


def test_a_scan_that_left_nothing_does_not_take_the_place_of_one(dist: Path, tmp_path: Path) -> None:
    put(dist / "records", "18")
    keep_earlier(dist, tmp_path)
    assert not (dist / "records").exists()
    assert kept(dist, tmp_path) == ["18"]


@pytest.mark.parametrize("kind", ["link", "file"])
def test_what_is_no_folder_makes_room_and_loses_nothing_elsewhere(dist: Path, tmp_path: Path, kind: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    put(elsewhere, "17")
    if kind == "link":
        (dist / "earlier").symlink_to(elsewhere, target_is_directory=True)
    else:
        (dist / "earlier").write_text("x")
    put(dist / "records", "18")
    assert kept(dist, tmp_path) == ["18"]
    assert not (dist / "earlier").is_symlink()
    assert len(list(elsewhere.iterdir())) == 1


def test_broken_records_are_kept_and_named(dist: Path, tmp_path: Path) -> None:
    (dist / "records").mkdir()
    (dist / "records/check_vulnerabilities.json").write_bytes(b"{")
    keep_earlier(dist, tmp_path)
    found = since(dist)
    assert found.not_compared == ("check_vulnerabilities: its record of the earlier scan cannot be read",)
    assert set(found.states) == {"not-compared"}


OTHERS = {
    "another component": (record(component="other"), "is of another stage or component"),
    "another stage": (record(stage="check_hashes"), "is of another stage or component"),
    "a fleet": (replaced(record(), options={"fleet": "yes"}), "the earlier scan was of other projects"),
}


@pytest.mark.parametrize("case", OTHERS)
def test_the_record_of_something_else_is_not_compared(case: str, dist: Path, tmp_path: Path) -> None:
    other, reason = OTHERS[case]
    canonical.write(dist / "earlier/check_vulnerabilities.json", other)
    found = since(dist)
    assert found.problem == "no record of the earlier scan can be used"
    assert reason in found.not_compared[0]


def since(dist: Path) -> SinceEarlier:
    now = replaced(record(finding()), options={"fleet": "no"})
    report = build_report([now], component="acme", version="1.0", gates=GATES, expected=())
    assert isinstance(report, FindingsReport)
    found = since_earlier(dist, report, [now])
    assert isinstance(found, SinceEarlier)
    return found


def test_the_note_of_the_screen(dist: Path, tmp_path: Path) -> None:
    assert scan_note(dist, "acme") == ""
    put(dist / "records", "19", record(finding("urllib3")))
    keep_earlier(dist, tmp_path)
    put(dist / "records", "20", record(finding()))
    assert scan_note(dist, "acme") == "since the scan of 2026-11-19T00:00:00Z: 1 new, 0 updated, 0 unchanged, 1 gone"


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    (folder / "records").mkdir(parents=True)
    (folder / "records/check_locks.json").write_text("x")
    with pytest.raises(UsageError, match="was not made by sealwright"):
        keep_earlier(folder, tmp_path)
    assert (folder / "records/check_locks.json").is_file()


def test_a_scan_needs_the_records_of_its_own_gates(dist: Path, tmp_path: Path) -> None:
    assert "check_source" in expected_gates(dist)
    keep_earlier(dist, tmp_path)
    assert expected_gates(dist) >= {"check_hashes", "check_locks", "check_malware", "check_vulnerabilities"}
    assert "check_source" not in expected_gates(dist)
