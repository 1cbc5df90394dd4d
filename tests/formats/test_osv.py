"""One OSV record read: what is tolerated, what is refused, what is left out."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.utils import canonicalize_version
from packaging.version import InvalidVersion, Version

from ops.supply_chain.contracts.values import advisory as contract
from ops.supply_chain.contracts.values.advisory import (
    Advisory,
    Event,
    EventKind,
    OsvRecord,
    SeverityClaim,
    UnusableRecord,
    VersionRange,
)
from ops.supply_chain.formats import osv as osv_format
from ops.supply_chain.formats.osv import GIT_ONLY, NOTHING_SAID, UNKNOWN_EVENT, UNKNOWN_RANGE, read_record
from ops.supply_chain.formats.osv_targets import OTHER_READING
from tests.fakes.advisories import affected, record

FEBRUARY = 1_769_904_000
"""2026-02-01T00:00:00Z."""

NOVEMBER = 1_795_046_400
"""2026-11-19T00:00:00Z."""


def read(document: Any) -> OsvRecord | UnusableRecord:
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    return read_record(data, where="x.json")


def one(document: Any) -> Advisory:
    found = read(document)
    assert isinstance(found, OsvRecord), found
    (advisory,) = found.advisories
    return advisory


def test_a_whole_record() -> None:
    document = record(
        "GHSA-aaaa-bbbb-cccc",
        affected("Foo_Bar", "introduced 0, fixed 1.10", versions=("1.0.0", "1.9")),
        aliases=["PYSEC-2026-1", "CVE-2026-1", "CVE-2026-1", "GHSA-aaaa-bbbb-cccc"],
        related=["CVE-2026-2"],
        upstream=["CVE-2026-3"],
        summary="Something  is\nwrong",
        details="Long.",
        severity=[{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N"}],
        database_specific={"severity": "Moderate"},
        credits=[{"name": "someone"}],
        x_unknown={"a": [1]},
    )
    assert one(document) == Advisory(
        id="GHSA-aaaa-bbbb-cccc",
        package="foo-bar",
        aliases=("CVE-2026-1", "PYSEC-2026-1"),
        modified=NOVEMBER,
        published=FEBRUARY,
        withdrawn=None,
        versions=("1", "1.9"),
        ranges=(VersionRange((Event(EventKind.INTRODUCED, "0"), Event(EventKind.FIXED, "1.10"))),),
        severity=(SeverityClaim("GHSA", "MODERATE"), SeverityClaim("CVSS_V3", "CVSS:3.1/AV:N")),
        summary="Something is wrong",
        silence="",
    )


def test_the_least_record_that_the_schema_allows() -> None:
    assert read({"id": "PYSEC-2026-1", "modified": "2026-02-01T00:00:00Z"}) == OsvRecord(
        id="PYSEC-2026-1", modified=FEBRUARY, withdrawn=False, advisories=()
    )


def test_nulls_are_absent() -> None:
    fields = dict.fromkeys(("aliases", "severity", "summary", "details", "database_specific", "withdrawn"))
    entry = affected("foo", "introduced 0") | dict.fromkeys(("versions", "severity", "ecosystem_specific"))
    assert one(record("PYSEC-2026-1", entry, schema_version=None, **fields)) == one(
        record("PYSEC-2026-1", affected("foo", "introduced 0"))
    )


@pytest.mark.parametrize("version", [None, "1.0.0", "1.7.5", "1.99.0", "1"])
def test_any_minor_version_of_the_schema_is_read(version: str | None) -> None:
    assert isinstance(read(record("PYSEC-2026-1", schema_version=version)), OsvRecord)


@pytest.mark.parametrize(
    ("entries", "silence"),
    [
        ([affected("foo")], NOTHING_SAID),
        ([affected("foo", versions=())], NOTHING_SAID),
        ([affected("foo", "GIT introduced 0, fixed abc")], GIT_ONLY),
        ([affected("foo", ranges=[{"type": "SOMETHING", "events": []}])], UNKNOWN_RANGE),
        ([affected("foo", "GIT introduced 0", versions=("1.0",))], ""),
        ([affected("foo", "GIT introduced 0", "introduced 0")], ""),
        ([affected("foo", "GIT introduced 0"), affected("foo", versions=("1.0",))], ""),
        ([affected("foo", "introduced 0, fixed 1"), affected("foo")], NOTHING_SAID),
        ([affected("foo", versions=("1.0",), ranges=[{"type": "SOMETHING", "events": []}])], UNKNOWN_RANGE),
        (
            [affected("foo", ranges=[{"type": "ECOSYSTEM", "events": [{"introduced": "3"}, {"began": "1"}]}])],
            UNKNOWN_EVENT,
        ),
        ([affected("foo", ranges=[{"type": "ECOSYSTEM", "events": [{"introduced": "3"}, None]}])], UNKNOWN_EVENT),
    ],
)
def test_what_says_nothing_of_versions_is_silent(entries: list[dict[str, Any]], silence: str) -> None:
    assert one(record("PYSEC-2026-1", *entries)).silence == silence


def test_other_ecosystems_of_a_record_are_passed_over() -> None:
    document = record(
        "GHSA-rhrv-645h-fjfh",
        affected("org.apache:foo", "introduced 0", ecosystem="Maven"),
        affected("foo", "introduced 0, fixed 2"),
        affected("foo", "introduced 0", ecosystem="npm"),
        {"ranges": [{"type": "GIT", "repo": "https://x.example", "events": [{"introduced": "0"}]}]},
    )
    assert [event.version for event in one(document).ranges[0].events] == ["0", "2"]
    assert len(one(document).ranges) == 1


def test_several_entries_of_one_package_are_one_advisory() -> None:
    document = record(
        "PYSEC-2026-1",
        affected("foo", "introduced 0"),
        affected("FOO", versions=("1",)),
        affected("bar", "introduced 1"),
    )
    found = read(document)
    assert isinstance(found, OsvRecord)
    assert [(item.package, len(item.ranges), item.versions) for item in found.advisories] == [
        ("bar", 1, ()),
        ("foo", 1, ("1",)),
    ]


def test_several_keys_in_one_event_are_several_events() -> None:
    entry = affected("foo", ranges=[{"type": "ECOSYSTEM", "events": [{"introduced": "0", "fixed": "1"}]}])
    assert {event.kind for event in one(record("PYSEC-2026-1", entry)).ranges[0].events} == {
        EventKind.INTRODUCED,
        EventKind.FIXED,
    }


def test_severity_of_an_entry_counts_too() -> None:
    entry = affected("foo", "introduced 0", severity=[{"type": "Ubuntu", "score": "low"}])
    assert one(record("PYSEC-2026-1", entry)).severity == (SeverityClaim("Ubuntu", "low"),)


@pytest.mark.parametrize("name", ["PYSEC-2026-1", "MAL-2026-1"])
def test_only_a_ghsa_record_has_github_s_label(name: str) -> None:
    assert one(record(name, affected("foo", "introduced 0"), database_specific={"severity": "LOW"})).severity == ()


@pytest.mark.parametrize(
    "fields",
    [
        {"severity": "high"},
        {"severity": [{"type": "CVSS_V3", "score": 9.8}, None, "x", {}]},
        {"aliases": "CVE-1"},
        {"aliases": [None, 7, "", "two words", "a\nb", "x" * 300]},
        {"published": 7, "modified": []},
        {"modified": "yesterday", "published": "2026-13-01T00:00:00Z"},
        {"summary": 7, "details": ["x"]},
        {"database_specific": "x"},
        {"references": "x", "credits": 7},
    ],
)
def test_what_does_not_decide_is_left_out_where_it_is_broken(fields: dict[str, Any]) -> None:
    advisory = one(record("PYSEC-2026-1", affected("foo", "introduced 0"), **fields))
    assert (advisory.aliases, advisory.severity) == ((), ())


@pytest.mark.parametrize("withdrawn", [7, "", "soon", None, ["2026-01-01T00:00:00Z"]])
def test_a_withdrawal_that_cannot_be_read_has_no_effect(withdrawn: object) -> None:
    assert one(record("PYSEC-2026-1", affected("foo", "introduced 0"), withdrawn=withdrawn)).withdrawn is None


@pytest.mark.parametrize(
    "moment",
    ["2026-02-01T00:00:00Z", "2026-02-01T00:00:00.123456789Z", "2026-02-01T01:00:00+01:00", "2026-02-01T00:00:00"],
)
def test_moments(moment: str) -> None:
    assert one(record("PYSEC-2026-1", affected("foo", "introduced 0"), published=moment)).published == FEBRUARY


def test_a_description_without_summary_is_cut_to_one_line() -> None:
    advisory = one(record("PYSEC-2026-1", affected("foo", "introduced 0"), details="word\n" * 500))
    assert (len(advisory.summary), advisory.summary[-6:], "\n" in advisory.summary) == (200, " word…", False)


@pytest.mark.parametrize(
    ("document", "name", "packages", "reason"),
    [
        pytest.param(record("PYSEC-1", affected("foo"), schema_version="2.0.0"), "PYSEC-1", ("foo",), "schema_version: 2 is not known, expected 1.x", id="major"),
        pytest.param(record("PYSEC-1", affected("foo"), schema_version=1.7), "PYSEC-1", ("foo",), "schema_version: not a version", id="number"),
        pytest.param(record("", affected("foo")), "", ("foo",), "id: not an identifier", id="no id"),
        pytest.param(record("../../x", affected("foo")), "", ("foo",), "id: not an identifier", id="path as id"),
        pytest.param(record("PYSEC-1\n", affected("foo")), "", ("foo",), "id: not an identifier", id="line in id"),
        pytest.param({"affected": [affected("foo"), affected("Bar")]}, "", ("bar", "foo"), "id: not an identifier", id="id missing"),
        pytest.param(record("PYSEC-1", affected="foo"), "PYSEC-1", (), "affected: not a list", id="affected"),
        pytest.param(record("PYSEC-1", affected=["foo"]), "PYSEC-1", (), "affected[0]: not an object", id="entry"),
        pytest.param(record("PYSEC-1", affected("foo"), {"package": "foo"}), "PYSEC-1", (), "affected[1].package: not an object", id="package"),
        pytest.param(record("PYSEC-1", affected("foo"), affected("b r")), "PYSEC-1", (), "affected[1].package.name: not a package name", id="name"),
        pytest.param(record("PYSEC-1", affected("foo") | {"versions": [1.0]}), "PYSEC-1", ("foo",), "affected[].versions: holds something that is not text", id="version"),
        pytest.param(record("PYSEC-1", affected("foo") | {"versions": "1.0"}), "PYSEC-1", ("foo",), "affected[].versions: not a list", id="versions"),
        pytest.param(record("PYSEC-1", affected("foo", ranges={})), "PYSEC-1", ("foo",), "affected[].ranges: not a list", id="ranges"),
        pytest.param(record("PYSEC-1", affected("foo", ranges=[{"events": []}])), "PYSEC-1", ("foo",), "affected[].ranges[].type: not text", id="range type"),
        pytest.param(record("PYSEC-1", affected("foo", ranges=[{"type": "ECOSYSTEM"}])), "PYSEC-1", ("foo",), "affected[].ranges[].events: holds no event that is known", id="no events"),
        pytest.param(record("PYSEC-1", affected("foo", ranges=[{"type": "ECOSYSTEM", "events": [{"introduced": 0}]}])), "PYSEC-1", ("foo",), "affected[].ranges[].events[].introduced: not text", id="event"),
        pytest.param(record("PYSEC-1", affected("x:y", ecosystem="Maven"), affected("foo") | {"versions": [None]}), "PYSEC-1", ("foo",), "affected[].versions: holds something that is not text", id="others named"),
    ],
)  # fmt: skip
def test_what_decides_must_be_understood(document: Any, name: str, packages: tuple[str, ...], reason: str) -> None:
    assert read(document) == UnusableRecord(where="x.json", id=name, packages=packages, reason=reason)


@pytest.mark.parametrize(
    "data",
    [b"", b"null", b"[]", b'{"id":', b"{}", b"\xff\xfe", b'{"id":"PYSEC-1","x":' + b"[" * 100_000, b"[" * 100_000,
     b'{"id":"\\ud800"}', b'{"id":1e999}'],
)  # fmt: skip
def test_no_bytes_break_the_reader(data: bytes) -> None:
    found = read(data)
    assert isinstance(found, UnusableRecord)
    assert (found.where, found.packages) == ("x.json", ())
    assert isinstance(read_record(data, where="x.json", reading=OTHER_READING), UnusableRecord)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(["PyPI", "npm", "Debian:12", "ECOSYSTEM", "foo", "1.0"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["package", "ecosystem", "name", "ranges", "versions", "type", "events", "fixed", "severity"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(derandomize=True, max_examples=120, deadline=None)
@given(st.dictionaries(st.sampled_from(["affected", "aliases", "severity", "withdrawn", "schema_version"]), JSON))
def test_no_shape_breaks_the_reader(fields: dict[str, Any]) -> None:
    data = json.dumps({"id": "PYSEC-1", **fields}).encode()
    for found in (read(data), read_record(data, where="x.json", reading=OTHER_READING)):
        assert isinstance(found, OsvRecord | UnusableRecord)
        if isinstance(found, OsvRecord):
            assert msgspec.msgpack.decode(msgspec.msgpack.encode(found), type=OsvRecord) == found


def test_a_change_of_what_an_index_holds_changes_its_format() -> None:
    """Whoever changes these fields raises INDEX_FORMAT, so that no old index is read by new rules."""
    kinds = (Advisory, VersionRange, Event, SeverityClaim)
    layout = [kind.__struct_fields__ for kind in kinds]
    assert (contract.INDEX_FORMAT, layout) == (
        3,
        [
            ("id", "package", "aliases", "modified", "published", "withdrawn", "versions", "ranges", "severity",
             "summary", "silence", "superseded"),
            ("events",),
            ("kind", "version"),
            ("kind", "value"),
        ],
    )  # fmt: skip


@pytest.mark.parametrize("place", ["summary", "credits"])
def test_a_byte_that_is_no_text_makes_a_record_unusable_where_it_is_not_read_as_well(place: str) -> None:
    data = json.dumps(record("PYSEC-1", affected("Foo"), **{place: "#"})).encode()
    found = read(data.replace(b"#", b"\xff"))
    assert isinstance(found, UnusableRecord)
    assert found.packages == (() if place == "summary" else ("foo",))
    hidden = read(data.replace(b"#", b"\xff").replace(b"Foo", b"F\xffo"))
    assert isinstance(hidden, UnusableRecord)
    assert hidden.packages == ()


@settings(derandomize=True, max_examples=300, deadline=None)
@given(st.text(alphabet='"\\u02n:, {}[]aid', max_size=40), st.integers(0, 200))
def test_the_quick_reading_never_takes_a_record_with_a_repeated_key(text: str, place: int) -> None:
    data = json.dumps(record("PYSEC-1", affected("foo"))).encode()
    damaged = data[:place] + text.encode() + data[place:]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(osv_format, "read_plainly", lambda _: None)
        slow = read(damaged)
    assert read(damaged) == slow


@pytest.mark.parametrize(
    "key",
    [
        b'"a":1,"a":2',
        b'"a" :1,"a":"\\""',
        b'"a":"\\u0022\\u0022","a":1',
        b'"\\u0061":1,"a":2',
        b'"a":1,"a":2,"b":"\\u0022\\u0022"',
    ],
)
def test_a_repeated_key_is_not_hidden_by_escapes_or_space(key: bytes) -> None:
    assert osv_format.read_plainly(b"{" + key + b"}") is None
    found = read(json.dumps(record("PYSEC-1", affected("foo"))).encode()[:-1] + b',"x":{' + key + b"}}")
    assert isinstance(found, UnusableRecord)
    assert found.reason == "the key 'a' occurs twice in one object"


@settings(derandomize=True, max_examples=250, deadline=None)
@given(
    st.lists(
        st.sampled_from(["0", "1", "10", "01", ".", ".0", "a", "b", "rc", "c", ".post", ".dev", "!", "+", "-", " "])
    )
)
def test_the_key_of_a_version_is_that_of_pep_440(parts: list[str]) -> None:
    text = "".join(parts)
    try:
        expected = canonicalize_version(Version(text))
    except InvalidVersion:
        expected = text.strip().lower()
    assert contract.version_key(text) == expected
