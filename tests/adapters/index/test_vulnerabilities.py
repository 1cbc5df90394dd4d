"""The index's per-release JSON over loopback: what it tells, and everything that can go wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain.adapters.http.client import Timeouts
from ops.supply_chain.adapters.index.vulnerabilities import REMEDY, IndexAnswer, ask
from ops.supply_chain.contracts.values.advisory import Advisory, Basis, Event, EventKind, VersionRange
from ops.supply_chain.core.errors import UnavailableError
from ops.supply_chain.risk.advisories.matching import Matcher
from tests.fakes.bad_sockets import dripping, never_connecting, refusing
from tests.fakes.osv import OsvService, serve

IMPATIENT = Timeouts(connect_seconds=0.4, read_seconds=0.4, total_seconds=1.5, attempts=1, backoff_seconds=0)
PINS = (("Foo", "1.0"), ("bar", "2.0"))


def release(name: str, version: str, *vulnerabilities: Any) -> bytes:
    return json.dumps({"info": {"name": name, "version": version}, "vulnerabilities": list(vulnerabilities)}).encode()


def vulnerability(name: str, **fields: Any) -> dict[str, Any]:
    return {"id": name, "aliases": [], "details": "d", "fixed_in": [], "withdrawn": None, "source": "osv", **fields}


@pytest.fixture
def service() -> Iterator[OsvService]:
    with serve(OsvService(b"")) as running:
        running.documents["/pypi/foo/1.0/json"] = release("Foo", "1.0")
        running.documents["/pypi/bar/2.0/json"] = release("bar", "2.0")
        yield running


def asked(service: OsvService, cache: Path, pins: tuple[tuple[str, str], ...] = PINS) -> IndexAnswer:
    return ask(pins, cache=cache, url=f"{service.url}/pypi", timeouts=IMPATIENT)


def test_nothing_known(tmp_path: Path, service: OsvService) -> None:
    assert asked(service, tmp_path) == IndexAnswer({}, (), {})
    assert sorted(service.requests) == ["/pypi/bar/2.0/json", "/pypi/foo/1.0/json"]


def test_what_it_tells(tmp_path: Path, service: OsvService) -> None:
    told = vulnerability(
        "PYSEC-1", aliases=["GHSA-a", "CVE-1"], summary="A\nthing", fixed_in=["3.0", "0.9", "1.2", "x"]
    )
    gone = vulnerability("PYSEC-2", withdrawn="2026-02-03T00:00:00Z")
    service.documents["/pypi/foo/1.0/json"] = release("foo", "1.0", told, gone)
    answer = asked(service, tmp_path)
    nearest = VersionRange((Event(EventKind.INTRODUCED, "1.0"), Event(EventKind.FIXED, "1.2")))
    expected = Advisory(
        "PYSEC-1", "foo", aliases=("CVE-1", "GHSA-a"), versions=("1",), ranges=(nearest,), summary="A thing"
    )
    assert answer == IndexAnswer({"foo": (expected,)}, (), {})
    made = Matcher(answer.advisories, now=datetime(2026, 11, 20, tzinfo=UTC))
    [found] = made.match("foo", "1.0")
    assert (found.names, found.fixed, made.move_to("foo", "1.0")) == (("CVE-1", "GHSA-a", "PYSEC-1"), "1.2", "1.2")
    assert found.rating.basis is Basis.ABSENT


@pytest.mark.parametrize("withdrawn", ["yes", "", "2026-99-99"])
def test_a_withdrawal_that_is_no_moment_hides_nothing(tmp_path: Path, service: OsvService, withdrawn: str) -> None:
    service.documents["/pypi/foo/1.0/json"] = release("foo", "1.0", vulnerability("PYSEC-1", withdrawn=withdrawn))
    assert set(asked(service, tmp_path).advisories) == {"foo"}


def test_a_release_that_is_not_there_is_told(tmp_path: Path, service: OsvService) -> None:
    del service.documents["/pypi/bar/2.0/json"]
    assert asked(service, tmp_path) == IndexAnswer({}, (("bar", "2.0"),), {})


def test_an_index_without_any_is_no_answer(tmp_path: Path, service: OsvService) -> None:
    service.documents.clear()
    with pytest.raises(UnavailableError) as caught:
        asked(service, tmp_path)
    assert caught.value.message == (
        f"index per-release JSON {service.url}/pypi/: has none of 2 releases: it serves no per-release JSON, "
        "or another index's"
    )
    assert caught.value.hint == REMEDY


UNUSABLE: list[Any] = [
    pytest.param(b"[]", "answered with something else than a release", id="list"),
    pytest.param(b'{"info": {"name": "foo", "version": "1.0"}}', "something else than a release", id="no list"),
    pytest.param(release("foo", "1.0", {"aliases": []}), "something else than a release", id="no id"),
    pytest.param(release("foo", "1.1"), "answered for another release", id="another version"),
    pytest.param(release("fou", "1.0"), "answered for another release", id="another name"),
    pytest.param(release("foo", "1.0", vulnerability("a b")), "something that is no identifier", id="bad id"),
    pytest.param(release("foo", "1.0", vulnerability("A", aliases=["x\n"])), "no identifier", id="bad alias"),
]


@pytest.mark.parametrize(("body", "reason"), UNUSABLE)
def test_what_makes_no_sense_is_told_of_that_pin(tmp_path: Path, service: OsvService, body: bytes, reason: str) -> None:
    service.documents["/pypi/foo/1.0/json"] = body
    answer = asked(service, tmp_path)
    assert list(answer.unusable) == [("foo", "1.0")]
    assert reason in answer.unusable["foo", "1.0"]


def test_nothing_that_makes_sense_is_no_answer(tmp_path: Path, service: OsvService) -> None:
    service.documents["/pypi/foo/1.0/json"] = b"[]"
    service.documents["/pypi/bar/2.0/json"] = b"{}"
    with pytest.raises(UnavailableError, match="index per-release JSON: answered with something else than a release"):
        asked(service, tmp_path)


FAULTS = ("500", "429", "redirect", "wrong-type", "truncated", "empty", "oversize", "slow", "404", "malformed")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_service_that_misbehaves_examines_nothing(tmp_path: Path, service: OsvService, fault: str) -> None:
    service.fault = fault
    with pytest.raises(UnavailableError) as caught:
        asked(service, tmp_path)
    assert caught.value.message.startswith("index per-release JSON")
    assert caught.value.hint
    assert "clean" not in caught.value.described()


@pytest.mark.parametrize("place", [refusing, never_connecting, dripping])
def test_nobody_there(tmp_path: Path, place: Any) -> None:
    where: AbstractContextManager[str] = place()
    with where as url, pytest.raises(UnavailableError) as caught:
        ask(PINS, cache=tmp_path, url=url, timeouts=IMPATIENT)
    assert caught.value.message.startswith(f"index per-release JSON {url}/")


def test_offline_asks_nobody(tmp_path: Path, service: OsvService) -> None:
    with pytest.raises(UnavailableError, match="not asked, this run is offline"):
        ask(PINS, cache=tmp_path, url=service.url, offline=True)
    assert service.requests == []


def test_nothing_to_ask_asks_nothing(tmp_path: Path, service: OsvService) -> None:
    assert asked(service, tmp_path, ()) == IndexAnswer({}, (), {})
    assert service.requests == []
