"""Packages of other ecosystems: names, orders and ranges by OSV's rules, and what cannot be decided is said."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from typing import Any

import pytest

from ops.supply_chain.contracts.values.advisory import Status, UnusableRecord
from ops.supply_chain.contracts.values.other_records import OtherRecords
from ops.supply_chain.formats.osv import read_record
from ops.supply_chain.formats.osv_targets import OTHER_READING
from ops.supply_chain.formats.purl import read_purl
from ops.supply_chain.formats.version_orders.orders import ORDERED, compare, sort_key
from ops.supply_chain.risk.advisories.others import OtherMatcher
from ops.supply_chain.risk.advisories.ranges import Decision, decide
from ops.supply_chain.risk.advisories.scales import scale_of
from tests.fakes.advisories import affected, record

NOW = datetime(2026, 11, 20, tzinfo=UTC)


def _records(*written: dict[str, Any]) -> OtherRecords:
    found: dict[str, list[Any]] = {}
    for item in written:
        read = read_record(json.dumps(item).encode(), where="x", reading=OTHER_READING)
        assert not isinstance(read, UnusableRecord), read.reason
        for advisory in read.advisories:
            found.setdefault(advisory.package, []).append(advisory)
    spelt: dict[str, tuple[str, ...]] = {name.lower(): (name,) for name in found if name != name.lower()}
    spelt = {f"{name.partition('/')[0]}/{key.partition('/')[2]}": (name,) for key, (name,) in spelt.items()}
    return OtherRecords(advisories={key: tuple(items) for key, items in found.items()}, spelt=spelt)


def _status(entry: dict[str, Any], purl: str) -> str:
    package = read_purl(purl)
    assert package is not None
    verdict = OtherMatcher(_records(record("X-1", entry)), now=NOW, malware=False).verdict(package, package.version)
    if verdict.hits:
        return "affected" if verdict.hits[0].found.status is Status.AFFECTED else "undecided"
    return "not examined" if verdict.reason else "clear"


def _entry(ecosystem: str, name: str, *ranges: str, versions: tuple[str, ...] = ()) -> dict[str, Any]:
    return affected(name, *ranges, ecosystem=ecosystem, versions=versions)


MIXED = "introduced 0, fixed 1.10.0"
CASES: dict[str, tuple[dict[str, Any], str, str]] = {
    "npm": (_entry("npm", "left-pad", MIXED), "pkg:npm/left-pad@1.9.0", "affected"),
    "npm: fixed": (_entry("npm", "left-pad", MIXED), "pkg:npm/left-pad@1.10.0", "clear"),
    "npm: before everything": (_entry("npm", "left-pad", MIXED), "pkg:npm/left-pad@0.0.0-alpha", "affected"),
    "npm: leading v": (_entry("npm", "left-pad", MIXED), "pkg:npm/left-pad@v1.9.0", "affected"),
    "npm: scope": (_entry("npm", "@a/b", MIXED), "pkg:npm/%40a/b@1.0.0", "affected"),
    "npm: another scope": (_entry("npm", "@a/b", MIXED), "pkg:npm/b@1.0.0", "clear"),
    "npm: build metadata": (_entry("npm", "x", versions=("1.0.0+a",)), "pkg:npm/x@1.0.0+b", "affected"),
    "npm: no version of SemVer": (_entry("npm", "x", MIXED), "pkg:npm/x@latest", "undecided"),
    "npm: everything": (_entry("npm", "x", "introduced 0"), "pkg:npm/x@latest", "affected"),
    "npm: case": (_entry("npm", "JSONStream", MIXED), "pkg:npm/jsonstream@1.0.0", "not examined"),
    "npm: case, fixed": (_entry("npm", "JSONStream", MIXED), "pkg:npm/jsonstream@2.0.0", "clear"),
    "npm: last affected": (_entry("npm", "x", "introduced 1.0.0, last_affected 2.0.0"), "pkg:npm/x@2.0.0", "affected"),
    "npm: after it": (_entry("npm", "x", "introduced 1.0.0, last_affected 2.0.0"), "pkg:npm/x@2.0.1", "clear"),
    "npm: limit": (_entry("npm", "x", "introduced 1.0.0, limit 2.0.0"), "pkg:npm/x@3.0.0", "clear"),
    "npm: a bound without place": (_entry("npm", "x", "introduced 0, fixed soon"), "pkg:npm/x@3.0.0", "undecided"),
    "npm: commits only": (_entry("npm", "x", "GIT introduced 0"), "pkg:npm/x@3.0.0", "undecided"),
    "Go": (_entry("Go", "github.com/A/b/v2", "introduced 0, fixed 2.3.0"), "pkg:golang/github.com/A/b/v2@v2.2.9", "affected"),
    "Go: another major": (_entry("Go", "github.com/A/b/v2", MIXED), "pkg:golang/github.com/A/b@v1.0.0", "clear"),
    "Go: incompatible": (_entry("Go", "x.org/y", "introduced 0, fixed 3.0.0"), "pkg:golang/x.org/y@v2.0.0+incompatible", "affected"),
    "Maven": (_entry("Maven", "org.a:b", "introduced 0, fixed 2.15.0"), "pkg:maven/org.a/b@2.15.0-rc1", "affected"),
    "Maven: case": (_entry("Maven", "org.a:B", MIXED), "pkg:maven/org.A/b@1.0", "clear"),
    "Maven: release word": (_entry("Maven", "a:b", "introduced 0, fixed 5.2.0"), "pkg:maven/a/b@5.2.0.RELEASE", "clear"),
    "Maven: equal": (_entry("Maven", "a:b", versions=("1.0",)), "pkg:maven/a/b@1.0.0", "affected"),
    "Maven: another repository": (_entry("Maven:https://maven.x.example", "a:b", MIXED), "pkg:maven/a/b@1.0", "clear"),
    "Maven: that repository": (
        _entry("Maven:https://maven.x.example/", "a:b", MIXED),
        "pkg:maven/a/b@1.0?repository_url=https://maven.x.example",
        "affected",
    ),
    "Maven: a mirror": (_entry("Maven", "a:b", MIXED), "pkg:maven/a/b@1.0?repository_url=https://m.example", "affected"),
    "NuGet": (_entry("NuGet", "Newtonsoft.Json", "introduced 0, fixed 13.0.1"), "pkg:nuget/newtonsoft.json@12.0.3", "affected"),
    "NuGet: fourth number": (_entry("NuGet", "A", "introduced 0, fixed 1.0.0.2"), "pkg:nuget/a@1.0.0.1", "affected"),
    "RubyGems": (_entry("RubyGems", "rack", "introduced 0, fixed 2.2.3"), "pkg:gem/rack@2.2.3.rc1", "affected"),
    "Packagist": (_entry("Packagist", "Symfony/Http", "introduced 0, fixed 6.3.0.1"), "pkg:composer/symfony/http@6.3.0.0", "affected"),
    "Packagist: another repository": (
        _entry("Packagist:https://packages.drupal.org/8", "drupal/x", MIXED),
        "pkg:composer/drupal/x@1.0.0",
        "clear",
    ),
    "crates.io": (_entry("crates.io", "time", "introduced 0.1.0, fixed 0.2.23"), "pkg:cargo/time@0.2.9", "affected"),
    "Debian": (
        _entry("Debian:12", "openssl", "introduced 0, fixed 3.0.11-1~deb12u2"),
        "pkg:deb/debian/libssl3@3.0.11-1~deb12u1?distro=debian-12&upstream=openssl",
        "affected",
    ),
    "Debian: fixed": (
        _entry("Debian:12", "openssl", "introduced 0, fixed 3.0.11-1~deb12u2"),
        "pkg:deb/debian/libssl3@3.0.11-1~deb12u2?distro=debian-12.4&upstream=openssl",
        "clear",
    ),
    "Debian: version of the source": (
        _entry("Debian:12", "gcc-12", "introduced 0, fixed 12.2.0-15"),
        "pkg:deb/debian/gcc@4:12.2.0-3?distro=bookworm&upstream=gcc-12%4012.2.0-14",
        "affected",
    ),
    "Debian: another release": (
        _entry("Debian:11", "openssl", MIXED),
        "pkg:deb/debian/openssl@1.0?distro=debian-12&upstream=openssl",
        "clear",
    ),
    "Debian: a record without release": (
        _entry("Debian", "openssl", MIXED),
        "pkg:deb/debian/openssl@1.0?distro=debian-12&upstream=openssl",
        "affected",
    ),
    "Debian: no release": (_entry("Debian:12", "openssl", MIXED), "pkg:deb/debian/openssl@1.0", "not examined"),
    "Debian: binary package": (_entry("Debian:12", "openssl", MIXED), "pkg:deb/debian/libssl3@1.0?distro=debian-12", "not examined"),
    "Debian: a rebuild": (
        _entry("Debian:12", "x", "introduced 0, last_affected 1.0-1"),
        "pkg:deb/debian/x@1.0-1%2Bb1?distro=debian-12&upstream=x",
        "affected",
    ),
    "Debian: epoch": (
        _entry("Debian:12", "x", "introduced 0, fixed 1:0.5"),
        "pkg:deb/debian/x@9.0?distro=debian-12&upstream=x&epoch=2",
        "clear",
    ),
    "Ubuntu": (
        _entry("Ubuntu:22.04:LTS", "openssl", "introduced 0, fixed 3.0.2-0ubuntu1.10"),
        "pkg:deb/ubuntu/libssl3@3.0.2-0ubuntu1.9?distro=ubuntu-22.04&upstream=openssl",
        "affected",
    ),
    "Ubuntu: Pro": (
        _entry("Ubuntu:Pro:22.04:LTS", "x", MIXED),
        "pkg:deb/ubuntu/x@1.0?distro=jammy&upstream=x",
        "affected",
    ),
    "Alpine": (
        _entry("Alpine:v3.20", "openssl", "introduced 0, fixed 3.3.1-r1"),
        "pkg:apk/alpine/libssl3@3.3.1-r0?distro=3.20.1&upstream=openssl",
        "affected",
    ),
    "Alpine: edge": (
        _entry("Alpine:v3.20", "openssl", MIXED),
        "pkg:apk/alpine/openssl@1.0?distro=alpine-edge&upstream=openssl",
        "not examined",
    ),
    "Wolfi": (_entry("Wolfi", "x", "introduced 0, fixed 1.2-r3"), "pkg:apk/wolfi/x@1.2-r2?upstream=x", "affected"),
    "no order: listed": (_entry("CRAN", "x", versions=("1.0",)), "pkg:cran/x@1.0", "affected"),
    "no order: not listed": (_entry("CRAN", "x", versions=("1.0",)), "pkg:cran/x@1.1", "clear"),
    "no order: a range": (_entry("CRAN", "x", MIXED), "pkg:cran/x@2.0", "undecided"),
    "rpm": (_entry("Red Hat:enterprise_linux:9", "x", MIXED), "pkg:rpm/redhat/x@1.0?distro=rhel-9", "not examined"),
    "generic": (_entry("npm", "openssl", MIXED), "pkg:generic/openssl@1.0", "not examined"),
    "no version": (_entry("npm", "x", MIXED), "pkg:npm/x", "not examined"),
}  # fmt: skip


@pytest.mark.parametrize(("entry", "purl", "expected"), CASES.values(), ids=CASES)
def test_a_package_by_the_rules_of_its_ecosystem(entry: dict[str, Any], purl: str, expected: str) -> None:
    assert _status(entry, purl) == expected


@pytest.mark.parametrize("ecosystem", sorted(ORDERED.keys() - {"PyPI"}))
def test_a_range_is_the_order_of_its_ecosystem(ecosystem: str) -> None:
    """Any two versions: a range that ends with one has the other exactly where the order puts it before."""
    rng = random.Random(f"ranges {ecosystem}")  # noqa: S311 - a seed, no secret
    texts = [
        "1",
        "1.0",
        "1.2.3",
        "1.10.0",
        "2.0.0-rc.1",
        "2.0.0-rc1",
        "v1.2.3",
        "1:0.1",
        "1.0~rc1",
        "1.2_alpha1-r0",
        "x y",
        "1.0-1",
        "0",
    ]
    scale = scale_of(ecosystem)
    for _ in range(150):
        bound, text = rng.choice(texts), rng.choice(texts)
        item = record("X-1", _entry(ecosystem, "x", f"introduced 0, fixed {bound}"))
        read = read_record(json.dumps(item).encode(), where="x", reading=OTHER_READING)
        assert not isinstance(read, UnusableRecord)
        found = decide(read.advisories[0], scale.check(text))
        plain = text if sort_key(ecosystem, text) else text.removeprefix("v")
        order = compare(ecosystem, plain, bound)
        if order is None or sort_key(ecosystem, bound) is None:
            assert found is not Decision.NO
        else:
            assert found is (Decision.YES if order < 0 else Decision.NO)


def test_a_record_that_cannot_be_read_names_its_packages() -> None:
    bad = affected("left", ecosystem="npm", ranges=7)
    read = read_record(json.dumps(record("X-1", bad)).encode(), where="x", reading=OTHER_READING)
    assert isinstance(read, UnusableRecord)
    assert read.packages == ("npm/left",)
    nameless = record("X-1", {"package": {"name": "left"}})
    read = read_record(json.dumps(nameless).encode(), where="x", reading=OTHER_READING)
    assert isinstance(read, UnusableRecord)
    assert not read.packages
    of_pypi = affected("left", ranges=7)
    read = read_record(json.dumps(record("X-1", of_pypi)).encode(), where="x", reading=OTHER_READING)
    assert not isinstance(read, UnusableRecord)


def test_the_next_step_is_a_version_that_is_clear() -> None:
    records = _records(
        record("X-1", _entry("npm", "x", "introduced 0, fixed 1.9.0")),
        record("X-2", _entry("npm", "x", "introduced 0, fixed 1.10.0")),
    )
    package = read_purl("pkg:npm/x@1.2.0")
    assert package is not None
    hits = OtherMatcher(records, now=NOW, malware=False).verdict(package, "1.2.0").hits
    assert [(hit.found.fixed, hit.move_to) for hit in hits] == [("1.9.0", "1.10.0"), ("1.10.0", "1.10.0")]
