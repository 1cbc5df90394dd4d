"""The quick reading of a record is certain or silent: what it answers is what the whole reading finds."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

import pytest

from ops.supply_chain.contracts.values.advisory import OsvRecord, UnusableRecord
from ops.supply_chain.formats.osv import read_record
from ops.supply_chain.formats.osv_scan import MOST_VERSION_CHARACTERS, ScannedRecord, scan_record, summary_of
from tests.fakes.advisories import affected, record

SEED = 20_261_130
ODD: tuple[Any, ...] = (
    None,
    "",
    " ",
    0,
    1.5,
    True,
    [],
    {},
    [None],
    [""],
    ["MAL-1"],
    {"a": 1},
    "PyPI",
    "0",
    "\u2028",
    "Fóo",
)
NAMES = ("foo", "Foo_Bar", "foo.bar", "FOO--BAR", "_foo", "foo-", "f oo", "ſoo", "foo\n", "foo\\u0062")
ECOSYSTEMS = ("PyPI", "pypi", "PIP", " PyPI", "PyPI:https://x.example", "npm", "", "Python", "PyPl")
RANGES = (
    "introduced 0, fixed 1.0",
    "GIT introduced 0",
    "introduced 0, last_affected 2",
    "fixed 1, introduced 0",
    "limit 2",
    "unknown 1",
)
BYTES = (
    (b'"name"', rb'"n\u0061me"'),
    (b'"name": "f', rb'"name": "\u0066'),
    (b'"name"', b'"name": "baz", "name"'),
    (b'"name"', b'"name"\n\t\r :\n'),
    (b": ", b":"),
    (b'"id"', b'"id": "A-1", "id"'),
    (b'"id"', rb'"\u0022id"'),
    (b"PyPI", rb"P\u0079PI"),
    (b"PyPI", rb"Py\/PI"),
    (b'"affected"', b'"Affected"'),
    (b"{", b"\xef\xbb\xbf{"),
    (b"}", b"} "),
    (b"}", b""),
    (b'"', b"'"),
    (b"0", b"\xff"),
    (b"0", b"\x00"),
    (b"[", b"[[[["),
)


def hostile(choose: random.Random) -> bytes:
    """Return a record with odd values in some fields, odd spellings, and sometimes damaged bytes."""
    entries = []
    for _ in range(choose.choice([0, 1, 1, 1, 2, 3])):
        ecosystem = "PyPI" if choose.random() < 0.8 else choose.choice(ECOSYSTEMS)
        name = choose.choice(NAMES[:4]) if choose.random() < 0.8 else choose.choice(NAMES)
        versions = tuple(choose.sample(["1.0", "1.0.0", "2!1rc1", "old", "1" * 199, "1" * 5000], choose.randrange(3)))
        ranges = choose.sample(RANGES[:3], choose.randrange(3)) if choose.random() < 0.8 else [choose.choice(RANGES)]
        entries.append(affected(name, *ranges, versions=versions, ecosystem=ecosystem))
    made = record(choose.choice(["PYSEC-1", "MAL-1", "GHSA-a", "no id", ""]), *entries)
    made["aliases"] = choose.choice([["CVE-1"], ["MAL-2", 7], ["MAL-\n"], None, "MAL-3", []])
    if choose.random() < 0.1:
        made["withdrawn"] = choose.choice(["2026-03-01T00:00:00Z", "2026-03-01", "soon", 7])
    for _ in range(choose.choice([0, 0, 0, 1, 1, 2])):
        inside(made, choose)
    data = json.dumps(made, ensure_ascii=choose.random() < 0.5).encode("utf-8", "surrogatepass")
    for _ in range(choose.choice([0, 0, 1, 2])):
        data = data.replace(*choose.choice(BYTES), choose.choice([1, 1, -1]))
    return data


def inside(made: dict[str, Any], choose: random.Random) -> None:
    """Replace, add or remove a value anywhere in a record."""
    places: list[dict[str, Any]] = []

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            places.append(value)
        for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            walk(item)

    walk(made)
    place = choose.choice(places)
    key = choose.choice(
        [*place, "purl", "type", "events", "withdrawn", "upstream", "database_specific", "schema_version"]
    )
    if choose.random() < 0.2:
        place.pop(key, None)
    else:
        odd = [*ODD, ["x"] * 3, "pkg:pypi/foo", "2026-03-01T00:00:00Z", "1.7.5", "2.0", "1" * 5000]
        place[key] = copy.deepcopy(choose.choice(odd))


def check(data: bytes) -> ScannedRecord | None:
    scanned = scan_record(data)
    if scanned is not None:
        read = read_record(data, where="x")
        assert isinstance(read, OsvRecord), data
        assert scanned == summary_of(read), data
    return scanned


def test_a_quick_answer_is_that_of_the_whole_reading_for_any_record() -> None:
    choose = random.Random(SEED)  # noqa: S311 - the same each time
    scanned, left, unusable = 0, 0, 0
    for _ in range(2000):
        data = hostile(choose)
        if check(data) is not None:
            scanned += 1
        elif isinstance(read_record(data, where="x"), UnusableRecord):
            unusable += 1
        else:
            left += 1
    assert min(scanned, left, unusable) > 150  # each of the three is common among them


def test_what_a_quick_answer_has() -> None:
    made = record(
        "PYSEC-1", affected("Foo_Bar", "introduced 0, fixed 1"), affected("baz"), affected("foo.bar"), aliases=["MAL-1"]
    )
    assert check(json.dumps(made).encode()) == ScannedRecord("PYSEC-1", 1_795_046_400, False, ("baz", "foo-bar"), True)
    made = record("GHSA-1", affected("baz"), modified="soon", withdrawn="2026-03-01T00:00:00Z", aliases="MAL-1")
    assert check(json.dumps(made).encode()) == ScannedRecord("GHSA-1", None, True, ("baz",), False)
    assert check(json.dumps(record("MAL-1")).encode()) == ScannedRecord("MAL-1", 1_795_046_400, False, (), False)


@pytest.mark.parametrize(
    "made",
    [
        record("GHSA-1", affected("x", ecosystem="npm")),
        record("GHSA-1", affected("x"), affected("y", ecosystem="pypi")),
        record("GHSA-1", affected("x", versions=("1" * (MOST_VERSION_CHARACTERS + 1),))),
        record("GHSA-1", affected("x", "fixed 1")),
        record("GHSA-1", affected("x y")),
        record("GHSA 1", affected("x")),
        record("GHSA-1", affected("x"), schema_version="2.0"),
        record("GHSA-1", {"package": None}),
    ],
)
def test_what_is_left_to_the_whole_reading(made: dict[str, Any]) -> None:
    assert scan_record(json.dumps(made).encode()) is None


@pytest.mark.parametrize(
    ("old", "new"),
    [(b'"foo"', rb'"\u0066oo"'), (b'"foo"', b'"FOO"'), (b'"name"', rb'"n\u0061me"'), (b'"name": ', b'"name"\n:\t')],
)
def test_no_spelling_hides_a_package(old: bytes, new: bytes) -> None:
    data = json.dumps(record("PYSEC-1", affected("foo"))).encode()
    assert old in data
    scanned = check(data.replace(old, new))
    assert scanned is not None
    assert scanned.packages == ("foo",)
