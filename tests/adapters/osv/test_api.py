"""The OSV API asked over loopback: batches, pages, details, and everything that can go wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ops.supply_chain.adapters.http.client import Timeouts
from ops.supply_chain.adapters.osv.api import ApiAnswer, ask
from ops.supply_chain.contracts.values.advisory import Advisory, UnusableRecord
from ops.supply_chain.core.errors import UnavailableError
from ops.supply_chain.risk.advisories.matching import Matcher
from tests.fakes.advisories import affected, record, snapshot
from tests.fakes.osv import OsvService, serve

ONCE = Timeouts(attempts=1)
IMPATIENT = Timeouts(connect_seconds=1, read_seconds=0.4, total_seconds=5, attempts=1, backoff_seconds=0)
RECORDS = (
    record("PYSEC-1", affected("foo", "introduced 0, fixed 2"), aliases=["CVE-1"]),
    record("GHSA-a", affected("foo", "introduced 1, fixed 3"), aliases=["CVE-1"]),
    record("PYSEC-2", affected("Bar_Baz", versions=("1.0",))),
    record("PYSEC-3", affected("foo", "introduced 0"), withdrawn="2026-02-03T00:00:00Z"),
)
PINS = (("Foo", "1.5"), ("bar.baz", "1.0"), ("foo", "2.5"), ("clean", "1.0"), ("foo", "1.5"))


@pytest.fixture
def service() -> Iterator[OsvService]:
    with serve(OsvService(snapshot(*RECORDS))) as running:
        yield running


def asked(service: OsvService, cache: Path, pins: tuple[tuple[str, str], ...] = PINS) -> ApiAnswer:
    return ask(pins, cache=cache, url=service.url, timeouts=IMPATIENT if service.fault == "slow" else ONCE)


def test_records_come_with_all_they_say(tmp_path: Path, service: OsvService) -> None:
    answer = asked(service, tmp_path)
    assert (answer.asked, answer.unusable) == (4, ())
    assert {name: [item.id for item in found] for name, found in answer.advisories.items()} == {
        "bar-baz": ["PYSEC-2"],
        "foo": ["GHSA-a", "PYSEC-1"],
    }
    made = Matcher(answer.advisories, now=datetime(2026, 11, 20, tzinfo=UTC))
    assert [(item.names, item.fixed) for item in made.match("foo", "1.5")] == [(("CVE-1", "GHSA-a", "PYSEC-1"), "3")]
    assert made.match("clean", "1.0") == ()


def test_the_service_s_word_counts_where_the_record_says_less(tmp_path: Path, service: OsvService) -> None:
    service._memo["clean", "1.0"] = ["PYSEC-2"]
    service._memo["foo", "9"] = ["PYSEC-1"]
    answer = asked(service, tmp_path, (("clean", "1.0"), ("foo", "9")))
    assert answer.advisories["clean"] == (Advisory("PYSEC-2", "clean", versions=("1",)),)
    assert answer.advisories["foo"][0].versions == ("9",)


def test_every_page_is_read(tmp_path: Path, service: OsvService) -> None:
    many = [record(f"PYSEC-{number}", affected("foo", "introduced 0")) for number in range(25)]
    service.load(snapshot(*many))
    service.page_size = 7
    answer = asked(service, tmp_path)
    assert len(answer.advisories["foo"]) == 25
    assert service.requests.count("/v1/querybatch") == 4


def test_no_batch_is_larger_than_the_service_takes(tmp_path: Path, service: OsvService) -> None:
    pins = (*((f"p{number}", "1") for number in range(2300)), ("foo", "1.5"))
    answer = asked(service, tmp_path, pins)
    assert (answer.asked, set(answer.advisories)) == (2301, {"foo"})
    assert service.requests.count("/v1/querybatch") == 3


def test_details_are_asked_for_once_until_they_change(tmp_path: Path, service: OsvService) -> None:
    first = asked(service, tmp_path)
    service.requests.clear()
    assert asked(service, tmp_path) == first
    assert service.requests == ["/v1/querybatch"]
    changed = record("PYSEC-2", affected("Bar_Baz", versions=("1.0",)), modified="2026-03-03T00:00:00Z")
    service.load(snapshot(*RECORDS[:2], changed))
    service.requests.clear()
    asked(service, tmp_path)
    assert service.requests == ["/v1/querybatch", "/v1/vulns/PYSEC-2"]


def test_a_damaged_cache_is_passed_over(tmp_path: Path, service: OsvService) -> None:
    first = asked(service, tmp_path)
    for path in (tmp_path / "advisories" / "details").iterdir():
        path.write_bytes(b"{")
    assert asked(service, tmp_path) == first


def test_nothing_to_ask_asks_nothing(tmp_path: Path, service: OsvService) -> None:
    assert asked(service, tmp_path, ()) == ApiAnswer({}, (), 0)
    assert service.requests == []


def test_a_record_that_cannot_be_understood_is_told(tmp_path: Path, service: OsvService) -> None:
    service.load(snapshot(RECORDS[0], record("PYSEC-9", affected("foo", "introduced 0"), schema_version="2.0.0")))
    answer = asked(service, tmp_path)
    assert [item.id for item in answer.advisories["foo"]] == ["PYSEC-1"]
    assert answer.unusable == (
        UnusableRecord(
            where="PYSEC-9", id="PYSEC-9", packages=("foo",), reason="schema_version: 2 is not known, expected 1.x"
        ),
    )


@pytest.mark.parametrize("path", ["/v1/querybatch", "/v1/vulns/"])
@pytest.mark.parametrize(
    "fault",
    ["500", "429", "404", "redirect", "wrong-type", "truncated", "malformed", "empty", "oversize", "slow"],
)
def test_a_service_that_misbehaves_examines_nothing(tmp_path: Path, service: OsvService, fault: str, path: str) -> None:
    service.fault, service.fault_path = fault, path
    if fault == "malformed" and path == "/v1/vulns/":
        answer = asked(service, tmp_path)  # a record like any other that cannot be understood
        assert {item.packages for item in answer.unusable} == {("foo",), ("bar-baz",)}
        return
    with pytest.raises(UnavailableError) as caught:
        asked(service, tmp_path)
    assert caught.value.message.startswith(f"OSV API {service.url}")
    assert "clean" not in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("fewer-results", "answered 3 of 4 queries"),
        ("more-results", "answered 5 of 4 queries"),
        ("not-an-object", "did not answer with results: Expected `object`, got `array`"),
        ("same-token", "returns the same page repeatedly"),
        ("other-record", "answered with a record other than (GHSA-a|PYSEC-1)"),
    ],
)
def test_an_answer_without_sense_examines_nothing(tmp_path: Path, service: OsvService, fault: str, reason: str) -> None:
    service.fault = fault
    with pytest.raises(UnavailableError) as caught:
        asked(service, tmp_path)
    # Which of two questions asked at the same time fails first is chance.
    assert re.fullmatch(rf"OSV API {re.escape(service.url)}: {reason}", caught.value.message)
    assert caught.value.hint == "Check the network, or give a downloaded snapshot with --advisories FILE."


def test_pages_without_end_examine_nothing(
    tmp_path: Path, service: OsvService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ops.supply_chain.adapters.osv.api.MOST_PAGES", 3)
    service.fault = "endless-pages"
    with pytest.raises(UnavailableError, match="has more than 3 pages for one query"):
        asked(service, tmp_path)


def test_offline_examines_nothing(tmp_path: Path, service: OsvService) -> None:
    with pytest.raises(UnavailableError, match="not asked, this run is offline"):
        ask(PINS, cache=tmp_path, url=service.url, offline=True)
    assert service.requests == []
