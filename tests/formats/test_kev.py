"""The catalog of known exploited vulnerabilities: read whole, or refused with the place that is wrong."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.supply_chain.formats.json_reader import UnexpectedShapeError
from ops.supply_chain.formats.kev import KevEntry, read_kev, read_known_kev
from tests.fakes.exploitation import kev, kev_entry


def test_a_catalog() -> None:
    used = kev_entry("cve-2026-0002 ", "2026-06-01", knownRansomwareCampaignUse="Known", dueDate="")
    found = read_kev(kev(kev_entry("CVE-2026-0001"), used, filler=3))
    assert (found.version, found.released, found.repeated) == ("2026.11.18", 1795021401, 0)
    assert found.entries["CVE-2026-0001"] == KevEntry("2026-05-01", "2026-05-22", ransomware=False)
    assert found.entries["CVE-2026-0002"] == KevEntry("2026-06-01", "", ransomware=True)
    assert len(found.entries) == 5


def test_unknown_and_missing_fields_that_decide_nothing_are_no_fault() -> None:
    entry = {"cveID": "CVE-2026-0001", "dateAdded": "2026-05-01", "new": {"x": [1]}}
    assert read_kev(kev(entry, filler=0)).entries["CVE-2026-0001"] == KevEntry("2026-05-01", "", ransomware=False)


def test_of_several_entries_for_a_vulnerability_the_earliest_days_count() -> None:
    later = kev_entry("CVE-2026-0001", "2026-07-01", dueDate="2026-05-02", knownRansomwareCampaignUse="known")
    found = read_kev(kev(later, kev_entry("CVE-2026-0001"), filler=0))
    assert found.entries == {"CVE-2026-0001": KevEntry("2026-05-01", "2026-05-02", ransomware=True)}
    assert found.repeated == 1


def changed(**fields: Any) -> bytes:
    return kev({**kev_entry("CVE-2026-0001"), **fields}, filler=0)


WRONG = {
    "nothing": (b"", "not valid JSON"),
    "a page": (b"<!doctype html><html><body>Access denied</body></html>", "not valid JSON"),
    "an array": (b"[]", r"Expected `object`, got `array`"),
    "cut off": (kev(kev_entry("CVE-2026-0001"))[:-30], "not valid JSON"),
    "a key twice": (b'{"count": 0, "count": 1}', "duplicate key"),
    "fewer than stated": (kev(kev_entry("CVE-2026-0001"), filler=0, count=2), r"\$\.count: expected .* 1, found 2"),
    "more than stated": (kev(kev_entry("CVE-2026-0001"), filler=0, count=0), r"\$\.count"),
    "a count in words": (kev(kev_entry("CVE-2026-0001"), filler=0, count="1"), r"\$\.count"),
    "a count that is true": (kev(kev_entry("CVE-2026-0001"), filler=0, count=True), r"\$\.count"),
    "no entries": (kev(filler=0), "expected at least one entry"),
    "entries in an object": (
        kev(filler=0, vulnerabilities={}),
        r"Expected `array`, got `object` - at `\$\.vulnerabilities`",
    ),
    "an entry that is a text": (
        kev(filler=0, count=1, vulnerabilities=["CVE-2026-0001"]),
        r"at `\$\.vulnerabilities\[0\]`",
    ),
    "no CVE": (changed(cveID="GHSA-aaaa-bbbb-cccc"), r"\$\.vulnerabilities\[0\]\.cveID: expected a CVE id"),
    "an empty CVE": (changed(cveID=" "), r"\$\.vulnerabilities\[0\]\.cveID"),
    "no day": (changed(dateAdded=""), r"\$\.vulnerabilities\[0\]\.dateAdded"),
    "a day that is none": (changed(dateAdded="2026-02-30"), r"\$\.vulnerabilities\[0\]\.dateAdded: expected a date"),
    "a due day that is none": (changed(dueDate="soon"), r"\$\.vulnerabilities\[0\]\.dueDate: expected a date"),
    "a number as day": (changed(dueDate=20260522), r"Expected `str | null`, got `int`"),
    "no release": (kev(filler=1, dateReleased=""), r"\$\.dateReleased"),
    "a release that is none": (kev(filler=1, dateReleased="yesterday"), r"\$\.dateReleased: expected a timestamp"),
    "no version": (kev(filler=1, catalogVersion=None), r"\$\.catalogVersion"),
    "NaN": (kev(filler=1).replace(b'"count": 1', b'"count": NaN'), "not valid JSON"),
    "too large": (b" " * ((32 << 20) + 1), "expected at most"),
    "too deep": (b'{"x": ' + b"[" * 5000 + b"]" * 5000 + b"}", "not valid JSON"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_whole_catalog_is_refused(name: str) -> None:
    data, why = WRONG[name]
    with pytest.raises(UnexpectedShapeError, match=why):
        read_kev(data)


@settings(derandomize=True, max_examples=150)
@given(st.data())
def test_a_damaged_catalog_is_refused_or_lists_what_it_listed(data: st.DataObject) -> None:
    whole = kev(kev_entry("CVE-2026-0001"), filler=2)
    at = data.draw(st.integers(0, len(whole) - 1))
    value = data.draw(st.sampled_from(b'"\\{}[],:0aN\x00\xff'))
    try:
        found = read_kev(whole[:at] + bytes([value]) + whole[at + 1 :])
    except UnexpectedShapeError:
        return
    assert len(found.entries) + found.repeated == 3


@settings(derandomize=True, max_examples=100)
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda x: st.lists(x, max_size=3)))
def test_no_value_of_a_field_ends_otherwise(value: Any) -> None:
    for field in ("cveID", "dateAdded", "dueDate", "knownRansomwareCampaignUse"):
        data = kev({**kev_entry("CVE-2026-0001"), field: value}, filler=0)
        with contextlib.suppress(UnexpectedShapeError):
            found = read_kev(data)
            assert (len(found.entries), read_known_kev(data)) == (1, found)
    with pytest.raises(UnexpectedShapeError):
        read_kev(json.dumps(value).encode())
