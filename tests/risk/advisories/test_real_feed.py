"""The real snapshot with its oddities (shared data, advisories/README): nothing breaks, nothing is dropped."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ops.supply_chain.adapters.osv.snapshot import Feed, open_feed
from ops.supply_chain.contracts.values.advisory import Advisory, Basis, Status
from ops.supply_chain.core.moments import timestamp
from ops.supply_chain.core.names import normalise
from ops.supply_chain.risk.advisories.matching import Matcher
from tests.parts import by_steps

NOW = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture(scope="module")
def feed(shared_data: Path, feed_cache: Path) -> Iterator[Feed]:
    source = shared_data / "advisories" / "osv-pypi.zip"
    with open_feed(str(source), cache=feed_cache, now=NOW) as opened:
        yield opened


def of(feed: Feed, record: str) -> dict[str, Advisory]:
    """Return what one record says, by package."""
    entries = json.loads(feed.document(record) or b"{}")["affected"]
    names = {normalise(entry["package"]["name"]) for entry in entries}
    return {name: item for name, found in feed.advisories(names).items() for item in found if item.id == record}


def test_every_record_is_understood(feed: Feed) -> None:
    facts = feed.facts
    assert (facts.records, facts.withdrawn, facts.unusable, facts.ignored) == (11115, 271, (), 0)
    assert facts.prefixes == (("GHSA", 35), ("MAL", 4000), ("PYSEC", 7080))


def test_records_from_the_future_do_not_make_the_feed_younger(feed: Feed) -> None:
    assert (feed.facts.from_future, timestamp(datetime.fromtimestamp(feed.facts.newest or 0, UTC))) == (
        2,
        "2026-07-23T14:34:38Z",
    )
    assert feed.notes == ("osv: 2 of 11115 records are dated in the future",)
    matcher = Matcher(feed.advisories(["langchain-community"]), now=NOW)
    assert "PYSEC-2024-115" in {name for item in matcher.match("langchain-community", "0.2.5") for name in item.names}


def test_a_record_of_several_ecosystems(feed: Feed) -> None:
    assert set(of(feed, "GHSA-rhrv-645h-fjfh")) == {"avro"}


def test_names_in_other_spelling(feed: Feed) -> None:
    assert set(of(feed, "GHSA-8q59-q68h-6hv4")) == {"pyyaml"}
    assert set(of(feed, "PYSEC-2020-341")) == {"jw-util"}
    assert set(of(feed, "MAL-2024-1545")) == {"costrar"}


@pytest.mark.parametrize(
    ("package", "version", "record", "status"),
    [
        pytest.param("scrapy", "2.0.0.post1", "PYSEC-2024-258", Status.AFFECTED, id="touching spans, unlisted"),
        pytest.param("scrapy", "2.11.2", "PYSEC-2024-258", None, id="touching spans, after"),
        pytest.param("gradio", "99", "PYSEC-2024-261", Status.UNDECIDED, id="no versions, no ranges"),
        pytest.param("torch", "2.6.0", "PYSEC-2025-192", Status.UNDECIDED, id="a bound with NA"),
        pytest.param("torch", "2.6.1", "PYSEC-2025-192", None, id="after a bound with NA"),
        pytest.param("torch", "2.5.0", "PYSEC-2025-192", Status.AFFECTED, id="before a bound with NA"),
        pytest.param("torch", "2.6.0+cpu", "PYSEC-2025-191", Status.AFFECTED, id="a local label"),
        pytest.param("jinja2", "3.1.6", "PYSEC-2025-74", None, id="withdrawn"),
        pytest.param("fava", "1.0", "PYSEC-2022-43182", None, id="withdrawn and silent"),
        pytest.param("1q847", "0.0.1", "MAL-2026-443", Status.AFFECTED, id="malware"),
    ],
)
def test_single_records(feed: Feed, package: str, version: str, record: str, status: Status | None) -> None:
    found = [
        item for item in Matcher(feed.advisories([package]), now=NOW).match(package, version) if record in item.records
    ]
    assert [item.status for item in found] == ([] if status is None else [status])


@by_steps(7)
def test_every_listed_version_of_every_live_record_is_affected(feed: Feed, shared_data: Path, step: int) -> None:
    """Whatever the joins do, no record's own list is lost; one version in each record, to keep it short."""
    packages = _packages(feed, shared_data, step)
    matcher = Matcher(packages, now=NOW)
    missed = [
        (record.id, record.package, version)
        for records in packages.values()
        for record in records
        if record.withdrawn is None
        for version in record.versions[-1:]
        if not any(
            record.id in item.records and item.status is Status.AFFECTED
            for item in matcher.match(record.package, version)
        )
    ]
    assert missed == []
    assert len(packages) > 3000 / step


@by_steps(7)
def test_all_malware_blocks_and_is_rated_so(feed: Feed, shared_data: Path, step: int) -> None:
    packages = _packages(feed, shared_data, step)
    matcher = Matcher(packages, now=NOW)
    seen: set[str] = set()
    for records in packages.values():
        for record in records:
            if not record.malware or record.withdrawn is not None:
                continue
            version = record.versions[0] if record.versions else "1.0"
            found = [item for item in matcher.match(record.package, version) if record.id in item.records]
            assert [(item.malware, item.rating.basis) for item in found] == [(True, Basis.MALWARE)], record.id
            seen.add(record.id)
    assert sum(name.startswith("MAL-") for name in seen) >= 4000 // step - 1  # one is withdrawn
    assert any(name.startswith("PYSEC-") for name in seen)  # by an alias


def _packages(feed: Feed, shared_data: Path, step: int) -> dict[str, tuple[Advisory, ...]]:
    import zipfile

    with zipfile.ZipFile(shared_data / "advisories" / "osv-pypi.zip") as archive:
        documents = [json.loads(archive.read(name)) for name in archive.namelist()[::step]]
    names = {normalise(entry["package"]["name"]) for item in documents for entry in item["affected"]}
    return feed.advisories(names)
