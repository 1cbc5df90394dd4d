"""Random advisories of each kind that once passed something wrong: doubt is never "not affected"."""

from __future__ import annotations

import json
import random
import re
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import Version

from ops.supply_chain.contracts.values.advisory import (
    Advisory,
    OsvRecord,
    Status,
    UnusableRecord,
    parse_version,
)
from ops.supply_chain.formats.osv import read_record
from ops.supply_chain.risk.advisories.matching import Matcher
from ops.supply_chain.risk.advisories.ranges import Decision, decide
from ops.supply_chain.risk.advisories.scales import PYPI_SCALE
from tests.fakes.advisories import affected, record

NOW = datetime(2026, 11, 28, tzinfo=UTC)
FEW = settings(derandomize=True, max_examples=150, deadline=None)


def read(document: Any) -> OsvRecord | UnusableRecord:
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    return read_record(data, where="x.json")


def advisory(document: Any) -> Advisory:
    found = read(document)
    assert isinstance(found, OsvRecord), found
    (only,) = found.advisories
    return only


# Bounds that PEP 440 cannot order.


def _odd_bounds(shared_data: Path) -> tuple[list[tuple[str, str, str, str]], dict[str, bytes]]:
    """Return (record, package, kind, text) of each version text that PEP 440 cannot order, and those records."""
    found = []
    records = {}
    with zipfile.ZipFile(shared_data / "advisories" / "osv-pypi.zip") as archive:
        for name in archive.namelist():
            data = archive.read(name)
            document = json.loads(data)
            for entry in document.get("affected") or ():
                events = [
                    event
                    for item in entry.get("ranges") or ()
                    if item["type"] in ("ECOSYSTEM", "SEMVER")
                    for event in item["events"]
                ]
                bounds = [(kind, text) for event in events for kind, text in event.items()]
                listed = [("listed", text) for text in entry.get("versions") or ()]
                odd = [(kind, text) for kind, text in [*bounds, *listed] if parse_version(text) is None]
                found += [(document["id"], entry["package"]["name"], kind, text) for kind, text in odd]
                if odd:
                    records[document["id"]] = data
    return found, records


def test_no_bound_of_the_real_feed_that_cannot_be_ordered_lets_its_own_version_pass(shared_data: Path) -> None:
    odd, records = _odd_bounds(shared_data)
    assert len({(name, text) for _, name, _, text in odd}) >= 120
    for identifier, package, kind, text in odd:
        found = read(records[identifier])
        assert isinstance(found, OsvRecord)
        about = next(item for item in found.advisories if item.package.replace("-", "") == _plain(package))
        assert decide(about, PYPI_SCALE.check(text)) is not Decision.NO, (identifier, kind, text)
        release = _release(text)
        if kind in ("fixed", "last_affected") and release:
            assert decide(about, PYPI_SCALE.check(release)) is not Decision.NO, (identifier, kind, text)


def _plain(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "").replace(".", "")


def _release(text: str) -> str:
    """Return the numbers that a text begins with."""
    found = re.match(r"\d+(\.\d+)*", text)
    return found.group() if found else ""


RELEASES = st.lists(st.integers(0, 30), min_size=1, max_size=4).map(lambda parts: ".".join(map(str, parts)))
LABELS = st.sampled_from(["NA", "cu124", "stable1", "to-2.0", "09-12", "1.1", "x, 7", "<9", "alpha\\.33", "until 5"])
ODD = st.one_of(
    st.builds("{}{}{}".format, RELEASES, st.sampled_from(["-", "_", ".", " ", ""]), LABELS),
    st.sampled_from(["6d9ff08bbe", "20240919-x", "2024-09-19", "trunk", "<2.0", "1.x", "r12"]),
).filter(lambda text: parse_version(text) is None)
VERSIONS = st.builds("{}{}".format, RELEASES, st.sampled_from(["", "a1", "rc2", ".post3", ".dev4"]))


@FEW
@given(ODD, VERSIONS, st.sampled_from(["fixed", "last_affected"]))
def test_a_version_after_a_bound_that_cannot_be_ordered_is_clean_only_beyond_its_whole_release(
    bound: str, version: str, kind: str
) -> None:
    item = advisory(record("PYSEC-1", {**affected("foo"), "ranges": [_range(("introduced", "0"), (kind, bound))]}))
    assert decide(item, PYPI_SCALE.check(bound)) is not Decision.NO
    if decide(item, PYPI_SCALE.check(version)) is Decision.NO:
        release = _release(bound.strip().removeprefix("v"))
        assert "." in release
        assert Version(version) > Version(release)
        numbers = [int(part) for part in release.split(".")]
        assert list(Version(version).release[: len(numbers)]) > numbers


def _range(*events: tuple[str, str]) -> dict[str, Any]:
    return {"type": "ECOSYSTEM", "events": [{kind: text} for kind, text in events]}


def test_of_several_last_affected_versions_each_is_affected() -> None:
    ends = [("last_affected", text) for text in ("2.0", "1.0", "2.9.0-NA", "2.9.0rc1")]
    item = advisory(record("PYSEC-1", {**affected("foo"), "ranges": [_range(("introduced", "0"), *ends)]}))
    found = {
        version: decide(item, PYPI_SCALE.check(version)).name for version in ("1.5", "2.0", "2.9.0rc1", "2.9.0", "2.10")
    }
    assert found == {"1.5": "YES", "2.0": "YES", "2.9.0rc1": "YES", "2.9.0": "UNKNOWN", "2.10": "NO"}


# Copies of a record.

COPIES = st.lists(
    st.tuples(
        st.sampled_from([None, *(f"2026-{month:02}-01T00:00:00Z" for month in range(1, 12)), "2027-01-01T00:00:00Z"]),
        st.booleans(),
    ),
    min_size=1,
    max_size=5,
)


@FEW
@given(COPIES, st.randoms())
def test_the_newest_copy_that_is_not_of_the_future_decides(
    copies: list[tuple[str | None, bool]], chance: random.Random
) -> None:
    items = [
        advisory(record("PYSEC-1", affected("foo", "introduced 0" if hit else "introduced 9"), modified=date))
        for date, hit in copies
    ]
    chance.shuffle(items)
    found = bool(Matcher({"foo": items}, now=NOW).match("foo", "1.0"))
    dated = [date for date, _ in copies if date and date < "2026-12"]
    counting = [hit for date, hit in copies if date is None or date > "2026-12" or date == max(dated, default="")]
    assert found == any(counting)


# Names.


@pytest.mark.parametrize("spelling", ["pypi", "PYPI", " PyPI", "pip", "Python"])
def test_another_spelling_of_the_ecosystem_is_read_and_named(spelling: str) -> None:
    found = read(record("PYSEC-1", affected("foo", "introduced 0, fixed 2", ecosystem=spelling)))
    assert isinstance(found, OsvRecord)
    assert (found.misspelt, [item.package for item in found.advisories]) == ((spelling,), ["foo"])
    assert decide(found.advisories[0], PYPI_SCALE.check("1.0")) is Decision.YES


@pytest.mark.parametrize(
    "package",
    [
        {"ecosystem": "PyPI:https://pypi.example/simple", "name": "foo"},
        {"ecosystem": "pypi:", "name": "foo"},
        {"purl": "pkg:pypi/foo"},
        {"purl": "pkg:pypi/foo@1.0?x=y", "ecosystem": ""},
        {"purl": "pkg:pypi/foo", "ecosystem": "npm", "name": "foo"},
        {"purl": "PKG:PyPI/foo"},
        {"purl": "pkg://pypi/foo@1.0"},
        {"name": "Foo"},
    ],
)
def test_what_may_be_about_a_package_of_pypi_is_undecided(package: dict[str, str]) -> None:
    item = advisory(record("PYSEC-1", {"package": package, "ranges": [_range(("introduced", "0"))]}))
    [found] = Matcher({"foo": [item]}, now=NOW).match("foo", "1.0")
    assert found.status is Status.UNDECIDED


# Keys that occur twice.


@pytest.mark.parametrize(
    "text",
    [
        '{"id": "P-1", "id": "P-2", "affected": [{"package": {"ecosystem": "PyPI", "name": "foo"}}]}',
        '{"id": "P-1", "affected": [{"package": {"ecosystem": "PyPI", "name": "foo"}}], "affected": []}',
        '{"id": "P-1", "affected": [{"package": {"ecosystem": "PyPI", "name": "foo"}, "versions": ["1"], "versions": []}]}',
        r'{"id": "P-1", "affected": [{"package": {"ecosystem": "PyPI", "name": "foo"}}], "\u0061ffected": []}',
    ],
)
def test_a_record_with_a_key_twice_is_refused_and_concerns_every_package_in_it(text: str) -> None:
    found = read(text.encode())
    assert isinstance(found, UnusableRecord)
    assert (found.id, found.packages) == ("", ("foo",))
    assert "occurs twice in one object" in found.reason


def test_a_key_twice_whose_packages_cannot_be_read_concerns_every_package() -> None:
    found = read(b'{"id": "P-1", "affected": [{"package": {"name": "foo", "name": ["bar"]}}]}')
    assert isinstance(found, UnusableRecord)
    assert found.packages == ()


@FEW
@given(st.randoms())
def test_any_key_written_twice_anywhere_is_refused(chance: random.Random) -> None:
    document = record("PYSEC-1", affected("foo", "introduced 0, fixed 2", versions=("1",)), aliases=["CVE-1"])
    text = json.dumps(document)
    places = [place for place, letter in enumerate(text) if letter == "{"]
    place = chance.choice(places)
    key = json.dumps(text[place + 2 :].split('"')[0])
    found = read(f"{text[: place + 1]}{key}: null, {text[place + 1 :]}".encode())
    assert isinstance(found, UnusableRecord)
