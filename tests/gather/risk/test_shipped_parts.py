"""Components of releases that are no packages of PyPI, or are inside wheels: matched with a feed of theirs, or named."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain import check_releases
from ops.supply_chain.core.errors import ExitCode
from ops.supply_chain.core.names import normalise
from ops.supply_chain.gather.risk.advisories import shipped
from tests.fakes.advisories import affected, record, snapshot
from tests.fakes.gate_project import NOW, GateProject, accept_small_feeds, at
from tests.fakes.retained_releases import RetainedReleases, other

MALICIOUS = record("MAL-1", affected("elsewhere", "introduced 0"))
LEFT = record("GHSA-a", affected("left-pad", "introduced 0, fixed 1.10.0", ecosystem="npm"))
EVIL = record("MAL-2", affected("evil", "introduced 0", ecosystem="npm"))
DEBIAN = record("DSA-1", affected("openssl", "introduced 0, fixed 3.0.11", ecosystem="Debian:12"))
OLD_DEBIAN = record("DSA-2", affected("openssl", "introduced 0, fixed 3.0.12", ecosystem="Debian:11"))
OF_DEBIAN = record("MAL-3", affected("x", "introduced 0", ecosystem="Debian:12"))
WHEEL = "big_pkg-2.0-py3-none-any.whl"


class Gate(GateProject):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder, check_releases.main)
        self.releases = RetainedReleases(self.artifacts)

    def npm(self, *records: dict[str, Any]) -> tuple[str, str]:
        """Write a feed, and return the words that give it."""
        path = self.folder / "npm.zip"
        path.write_bytes(snapshot(*records))
        return "--advisories", f"npm={path}"


@pytest.fixture
def gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Gate:
    at(monkeypatch, NOW)
    accept_small_feeds(monkeypatch)
    project = Gate(tmp_path)
    project.lock("foo==1.2")
    project.feed(MALICIOUS)
    project.write(".security-config.toml", '[releases]\nsupported = "9 years"\n')
    return project


def test_a_package_of_npm_is_found_in_each_release_that_contains_it(gate: Gate) -> None:
    for version, left in (("1.0", "1.8.0"), ("1.1", "1.9.0"), ("1.2", "1.10.0")):
        gate.releases.add(version, {"foo": "1.2"}, others=[other(f"pkg:npm/left-pad@{left}")])
    assert gate.run(*gate.npm(LEFT, EVIL)) == ExitCode.DENIED
    first, second = sorted(gate.record().findings, key=lambda finding: finding.path)
    assert (first.code, first.package, first.version) == ("vulnerability.shipped", "pkg:npm/left-pad", "1.8.0")
    assert first.message.startswith("thing 1.0 shipped it, since 2026-10-01: pkg:npm/left-pad 1.8.0 has GHSA-a")
    assert first.next_step == "Inform the users of thing 1.0: 1.2 does not contain it"
    assert (second.version, second.path) == ("1.9.0", "supply-chain/thing/1.1/thing-1.1-sbom.cdx.json")
    assert {feed.name for feed in gate.record().feeds} >= {"osv-npm"}
    assert gate.record().counts["components_not_matched"] == 0


def test_a_malicious_package_of_npm_is_malware(gate: Gate) -> None:
    gate.releases.add("1.0", {}, others=[other("pkg:npm/evil@1.0.0")])
    assert gate.run(*gate.npm(EVIL)) == ExitCode.DENIED
    assert gate.codes() == [("malware.shipped", "pkg:npm/evil", "1.0.0")]


def test_a_configured_feed_is_used(gate: Gate) -> None:
    (gate.root / "npm.zip").write_bytes(snapshot(LEFT, EVIL))
    gate.write(".security-config.toml", '[feeds.ecosystems]\nnpm = "npm.zip"\n')
    gate.releases.add("1.0", {"foo": "1.2"}, others=[other("pkg:npm/left-pad@1.8.0")])
    assert gate.run() == ExitCode.DENIED
    assert gate.codes() == [("vulnerability.shipped", "pkg:npm/left-pad", "1.8.0")]


@pytest.mark.parametrize(
    ("purl", "reason"),
    [
        ("pkg:npm/left-pad@1.8.0", "no feed of its advisories was given"),
        ("pkg:npm/left-pad", "no feed of its advisories was given"),
        ("pkg:generic/zlib@1.3", "OSV has no ecosystem for packages of the type generic"),
        ("pkg:deb/debian/openssl@3", "does not name the release"),
        ("", "nothing identifies it"),
        ("pkg:npm/b@d/@1", "nothing identifies it"),
    ],
)
def test_what_could_not_be_checked_is_named_and_never_clear(gate: Gate, purl: str, reason: str) -> None:
    for version in ("1.0", "1.1"):
        gate.releases.add(version, {"foo": "1.2"}, others=[other(purl, name="odd")])
    assert gate.run() == ExitCode.NOT_EXAMINED
    [found] = gate.record().findings
    assert found.code == "shipped.not-examined"
    assert found.message.startswith("not matched in thing 1.0 and 1.1: 1 component ")
    assert reason in found.message
    assert "odd" in found.message
    assert found.places == 2
    assert gate.record().counts["components_not_matched"] == 1


def test_a_package_that_no_feed_is_about_can_be_accepted_by_its_name(gate: Gate) -> None:
    for version in ("1.0", "1.1"):
        gate.releases.add(version, {"foo": "1.2"}, others=[other("pkg:generic/zlib@1.3"), other("pkg:generic/ssl@3")])
    waiver = (
        '[[waivers]]\nid = "shipped.not-examined"\npackage = "pkg:generic/{}"\nreason = "read by hand"\nowner = "ann"\n'
        "date = 2026-11-19\nexpires = 2026-12-19\n"
    )
    gate.write(".security-config.toml", waiver.format("zlib"))
    assert gate.run() == ExitCode.NOT_EXAMINED
    assert [finding.package for finding in gate.record().findings if not finding.waived_by] == ["pkg:generic/ssl"]
    gate.write(".security-config.toml", waiver.format("zlib") + waiver.format("ssl"))
    assert gate.run() == ExitCode.PASS


def test_a_feed_without_malicious_packages_does_not_show_that_there_are_none(gate: Gate) -> None:
    gate.releases.add("1.0", {"foo": "1.2"}, others=[other("pkg:npm/left-pad@1.10.0")])
    assert gate.run(*gate.npm(LEFT)) == ExitCode.NOT_EXAMINED
    assert "no record of malicious packages of npm" in gate.record().findings[0].message


def test_what_is_inside_a_wheel_and_matches_nothing_is_stated_as_in_locks(gate: Gate) -> None:
    gate.releases.add("1.0", {"foo": "1.2"}, others=[other("pkg:generic/zlib@1.3", name="zlib", wheel=WHEEL)])
    assert gate.run() == ExitCode.PASS
    [found] = gate.record().findings
    assert found.code == "shipped.inside-not-matched"
    assert "inside wheels (zlib 1.3)" in found.message
    assert gate.record().counts["components_not_matched"] == 1


@pytest.mark.parametrize(
    ("pin", "step"), [("big-pkg==2.0", "move big-pkg to a release"), ("foo==1.2", "check whether")]
)
@pytest.mark.parametrize("purl", ["pkg:npm/left-pad@1.8.0", "pkg:pypi/inner@1.0"])
def test_what_is_inside_a_wheel_is_there_as_long_as_the_wheel_is_locked(
    gate: Gate, purl: str, pin: str, step: str
) -> None:
    gate.lock(pin)
    gate.feed(MALICIOUS, record("CVE-3", affected("inner", "introduced 0")))
    gate.releases.add("1.0", {"big-pkg": "2.0"}, others=[other(purl, wheel=WHEEL)])
    assert gate.run(*gate.npm(LEFT, EVIL)) == ExitCode.DENIED
    [found] = gate.record().findings
    assert step in found.next_step
    assert "supplier" not in found.next_step


def test_the_advice_is_about_todays_version(gate: Gate) -> None:
    gate.feed(MALICIOUS, record("CVE-3", affected("foo", "introduced 0, fixed 2.0")))
    gate.releases.add("1.0", {"foo": "1.1"})
    assert gate.run() == ExitCode.DENIED
    assert "move foo to 2.0" in gate.record().findings[0].next_step


def test_two_releases_of_a_distribution_are_two_things(gate: Gate) -> None:
    for version, distro in (("1.0", "12"), ("1.1", "11")):
        purl = f"pkg:deb/debian/openssl@3.0.11?arch=source&distro=debian-{distro}"
        gate.releases.add(version, {"foo": "1.2"}, others=[other(purl)])
    path = gate.folder / "debian.zip"
    path.write_bytes(snapshot(DEBIAN, OLD_DEBIAN, OF_DEBIAN))
    assert gate.run("--advisories", f"Debian={path}") == ExitCode.DENIED
    assert [(finding.aliases, finding.path.split("/")[2]) for finding in gate.record().findings] == [
        (("DSA-2",), "1.1")
    ]


def test_the_projects_own_packages_are_left_out(gate: Gate) -> None:
    own = other("", name="part") | {"properties": [{"name": "sealwright:local", "value": "true"}]}
    gate.releases.add("1.0", {"foo": "1.2"}, others=[own])
    assert gate.run() == ExitCode.PASS
    assert gate.record().findings == ()


def test_each_release_is_found_exactly_if_it_has_an_affected_package(gate: Gate) -> None:
    chance = random.Random(14)  # noqa: S311 - a seed, for the same cases every time
    versions = ["1.8.0", "1.10.0-rc.1", "1.10.0", "1.10.0+x", "1.9.9"]
    wanted = set()
    for number in range(20):
        picked = chance.sample(versions, chance.randint(1, 2))
        parts = [other(f"pkg:npm/left-pad@{version}", name=normalise(version)) for version in picked]
        gate.releases.add(f"1.{number}", {"foo": "1.2"}, others=parts)
        if {*picked} & {"1.8.0", "1.10.0-rc.1", "1.9.9"}:
            wanted.add(f"1.{number}")
    assert gate.run(*gate.npm(LEFT, EVIL)) == ExitCode.DENIED
    places = {
        place
        for finding in gate.record().findings
        for place in (finding.path, *(also.rpartition(":")[0] for also in finding.also_at))
    }
    assert {place.split("/")[2] for place in places} == wanted


def test_releases_read_together_are_read_as_each_alone(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(20261129)  # noqa: S311 - seeded
    properties = [
        [],
        [{"name": "sealwright:local", "value": "true"}],
        [{"name": "sealwright:bundled-in", "value": WHEEL}],
    ]
    properties += [[{"name": "sealwright:direct", "value": "true"}]]
    purls = [
        "pkg:pypi/foo@1.2",
        "pkg:pypi/Foo@1.2",
        "pkg:pypi/foo@1.3?repository_url=https://x.example",
        "pkg:npm/foo@1.2",
    ]
    pool = [{**other(purl), "properties": listed} for purl in purls for listed in properties]
    pool += [{"type": kind, "name": "foo", "version": "1.2"} for kind in ("library", "framework")]
    pool += [{**other(purls[0]), "swid": {"tagId": "x", "name": "foo"}}, {**other(purls[0]), "version": "1.4"}]
    for number in range(12):
        gate.releases.add(f"1.{number}", {}, others=chance.sample(pool, chance.randint(1, 8)))
    calls: list[Any] = []

    def reading(*words: Any) -> shipped.ReadReleases:
        calls.append(words)
        return shipped.read_releases(*words)

    monkeypatch.setattr(check_releases, "read_releases", reading)
    gate.run()
    [(run, held)] = calls
    together, alone = shipped.read_releases(run, held), [shipped.read_releases(run, [release]) for release in held]
    assert together.releases == tuple(release for read in alone for release in read.releases)
    assert together.locks == tuple(lock for read in alone for lock in read.locks)
    assert len(together.releases) == len(held) == 12
    assert {(path, *_named(part)) for part in together.others for path in part.sboms} == {
        (path, *_named(part)) for read in alone for part in read.others for path in part.sboms
    }
    assert together.others


def _named(part: shipped.ShippedPart) -> tuple[object, ...]:
    return part.part.kind, part.part.part.name, part.part.versions, part.wheels
