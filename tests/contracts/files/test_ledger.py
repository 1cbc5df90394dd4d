"""The ledger's lines: chained, canonical, found again under any name, and no kind of damage goes unseen."""

from __future__ import annotations

import json
from datetime import date
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.supply_chain.contracts.files.ledger import REMEDY, START, Ledger, Sighting, read_ledger
from ops.supply_chain.core.errors import InputError

FIRST, SECOND, THIRD = date(2026, 11, 18), date(2026, 11, 19), date(2026, 11, 20)
CODE = "vulnerability.known"


def sighting(package: str, *names: str, code: str = CODE) -> Sighting:
    return Sighting(code, package, names)


def grown(*days: tuple[date, list[Sighting]]) -> bytes:
    """Write a ledger day by day."""
    data = b""
    for day, seen in days:
        data += read_ledger(data, where="l").additions(seen, today=day)
    return data


THREE = grown((FIRST, [sighting("foo", "CVE-1", "GHSA-a"), sighting("bar", "CVE-2")]), (SECOND, [sighting("é", "X-1")]))


def test_a_line_is_canonical_and_names_the_one_before() -> None:
    lines = THREE.split(b"\n")
    assert [json.loads(line) for line in lines[:-1]] == [
        {
            "code": CODE,
            "first_seen": day,
            "names": names,
            "package": package,
            "prev": prev,
            "schema": "ledger/1",
        }
        for package, names, day, prev in [
            ("bar", ["CVE-2"], "2026-11-18", START),
            ("foo", ["CVE-1", "GHSA-a"], "2026-11-18", sha256(lines[0]).hexdigest()),
            ("é", ["X-1"], "2026-11-19", sha256(lines[1]).hexdigest()),
        ]
    ]
    assert lines[0].startswith(b'{"code":"vulnerability.known","first_seen":"2026-11-18","names":["CVE-2"]')


def test_what_is_known_adds_nothing_and_keeps_its_day() -> None:
    ledger = read_ledger(THREE, where="l")
    assert ledger.additions([sighting("foo", "GHSA-a", "CVE-1"), sighting("foo", "CVE-1")], today=THIRD) == b""
    assert ledger.first_seen(sighting("foo", "GHSA-a")) == FIRST
    assert ledger.first_seen(sighting("é", "X-1")) == SECOND


@pytest.mark.parametrize(
    "other",
    [
        sighting("foo", "CVE-9"),
        sighting("foo", "CVE-2"),
        sighting("bar", "CVE-1"),
        sighting("foo", "CVE-1", code="vulnerability.undecided"),
    ],
)
def test_another_name_package_or_code_is_another_finding(other: Sighting) -> None:
    assert read_ledger(THREE, where="l").first_seen(other) is None


def test_a_vulnerability_that_changes_all_of_its_names_keeps_its_day() -> None:
    data = grown(
        (FIRST, [sighting("foo", "GHSA-a")]),
        (SECOND, [sighting("foo", "CVE-1", "GHSA-a")]),
        (THIRD, [sighting("foo", "CVE-1")]),
    )
    assert data.count(b"\n") == 2
    assert read_ledger(data, where="l").first_seen(sighting("foo", "CVE-1", "PYSEC-1")) == FIRST


def test_what_has_no_name_is_not_kept() -> None:
    assert Ledger().additions([sighting("foo")], today=FIRST) == b""


def test_no_file_no_lines() -> None:
    ledger = read_ledger(b"", where="l")
    assert (ledger.lines, ledger.head, ledger.torn, ledger.whole_bytes) == ((), START, False, 0)


def test_a_file_cut_anywhere_keeps_its_whole_lines() -> None:
    for end in range(len(THREE)):
        cut = read_ledger(THREE[:end], where="l")
        assert len(cut.lines) == THREE[:end].count(b"\n")
        assert cut.torn is not (end == 0 or THREE[end - 1 : end] == b"\n")
        assert THREE[: cut.whole_bytes].endswith(b"\n") or cut.whole_bytes == 0
        again = THREE[: cut.whole_bytes] + cut.additions([sighting("new", "CVE-7")], today=THIRD)
        assert len(read_ledger(again, where="l").lines) == len(cut.lines) + 1


def test_every_changed_byte_before_the_last_line_is_seen() -> None:
    last = THREE.rstrip(b"\n").rfind(b"\n") + 1
    for place in range(last):
        for change in (THREE[place] ^ 1, 0x0A, 0x20):
            if change == THREE[place]:
                continue
            with pytest.raises(InputError):
                read_ledger(THREE[:place] + bytes([change]) + THREE[place + 1 :], where="l")


@pytest.mark.parametrize("gone", [0, 1])
def test_a_line_taken_out_is_seen(gone: int) -> None:
    lines = THREE.splitlines(keepends=True)
    del lines[gone]
    with pytest.raises(InputError) as caught:
        read_ledger(b"".join(lines), where="l.jsonl")
    assert caught.value.message.startswith(f"l.jsonl:{gone + 1}: the chain is broken: expected prev ")
    assert caught.value.hint == REMEDY


@pytest.mark.parametrize(
    ("line", "message"),
    [
        pytest.param(b"{", "l:1: not valid JSON", id="not JSON"),
        pytest.param(b"", "l:1: not valid JSON", id="empty line"),
        pytest.param(b"\xff", "l:1: not valid JSON", id="not UTF-8"),
        pytest.param(b'{"schema":"ledger/2"}', "l:1: Invalid enum value 'ledger/2' - at `$.schema`", id="version"),
        pytest.param(
            b'{"code":"c","first_seen":"2026-02-30","names":["x"],"package":"p","prev":"%s","schema":"ledger/1"}'
            % START.encode(),
            "l:1: '2026-02-30' is not a day",
            id="no such day",
        ),
        pytest.param(
            b'{"first_seen":"2026-02-03","code":"c","names":["x"],"package":"p","prev":"%s","schema":"ledger/1"}'
            % START.encode(),
            "l:1: expected the canonical form of a line, found another",
            id="another order",
        ),
    ],
)
def test_a_line_that_is_none_of_ours_is_refused(line: bytes, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read_ledger(line + b"\n", where="l")
    assert caught.value.message.startswith(message)
    assert caught.value.hint == REMEDY


NAMES = st.lists(st.sampled_from(["CVE-1", "CVE-2", "GHSA-a", "PYSEC-1", ""]).filter(bool), min_size=1, max_size=3)
SEEN = st.lists(
    st.builds(lambda package, names: sighting(package, *names), st.sampled_from(["foo", "bar"]), NAMES), max_size=6
)


@settings(derandomize=True, max_examples=150)
@given(st.lists(SEEN, min_size=1, max_size=4))
def test_what_was_seen_once_is_known_for_good_and_never_younger(scans: list[list[Sighting]]) -> None:
    data = b""
    days: dict[Sighting, date] = {}
    for number, seen in enumerate(scans):
        today = date(2026, 1, 1 + number)
        ledger = read_ledger(data, where="l")
        data += ledger.additions(seen, today=today)
        after = read_ledger(data, where="l")
        assert after.additions(seen, today=date(2027, 1, 1)) == b""
        for one in seen:
            days.setdefault(one, today)
        for one, day in days.items():
            known = after.first_seen(one)
            assert known is not None
            assert known <= day


@settings(derandomize=True, max_examples=50)
@given(SEEN)
def test_the_order_of_sightings_does_not_matter(seen: list[Sighting]) -> None:
    other = sorted(seen, key=lambda one: (one.names, one.package), reverse=True)
    assert Ledger().additions(seen, today=FIRST) == Ledger().additions(other, today=FIRST)
