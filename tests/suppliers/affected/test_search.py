"""Which component is what was asked for: releases of distributions, source packages, names without an identity, Go modules."""

from __future__ import annotations

import json

import pytest

from ops.supply_chain.contracts.values.registry import PackageName, RegisteredComponent
from ops.supply_chain.formats.received.read import read_received
from ops.supply_chain.suppliers.affected.model import Decided, PlaceStatus, WantedPackage
from ops.supply_chain.suppliers.affected.question import read_question
from ops.supply_chain.suppliers.affected.search import OTHER_SPELLING, Search, by_versions
from ops.supply_chain.suppliers.entries import components_of

A, U, C, P = PlaceStatus.AFFECTED, PlaceStatus.UNDECIDED, PlaceStatus.CLEAR, PlaceStatus.POSSIBLE


def decide(question: str, component: RegisteredComponent) -> Decided | None:
    asked = read_question(question)
    assert asked.package is not None
    source = asked.package.name if asked.package.type in ("apk", "deb") else ""
    decision = by_versions(asked.package, asked.versions, asked.release)
    return Search([WantedPackage(asked.package, decision, source)]).decide(component)


RELEASES = [
    ("Debian:12:openssl<3.0.11-1", "debian-12", A),
    ("Debian:12:openssl<3.0.11-1", "debian-12.5", A),
    ("Debian:12:openssl<3.0.11-1", "12.5", A),
    ("Debian:12:openssl<3.0.11-1", "bookworm", A),
    ("Debian:12:openssl<3.0.11-1", "debian-bookworm", A),
    ("Debian:12:openssl<3.0.11-1", "debian-11", C),
    ("Debian:12:openssl<3.0.11-1", "bullseye", C),
    ("Debian:12:openssl<3.0.11-1", "debian-120", C),
    ("Debian:12:openssl<3.0.11-1", "sid", U),
    ("Debian:12:openssl<3.0.11-1", "", U),
    ("pkg:deb/debian/openssl@3.0.10-1?distro=debian-12.5", "debian-12", A),
    ("pkg:deb/debian/openssl@3.0.10-1?distro=bookworm", "debian-12", A),
    ("Ubuntu:22.04:openssl<3.0.11-1", "jammy", A),
    ("Ubuntu:22.04:openssl<3.0.11-1", "ubuntu-24.04", C),
    ("Alpine:v3.20:openssl<3.1", "3.20.1", A),
    ("Alpine:3.20:openssl<3.1", "alpine-3.20.1", A),
    ("Alpine:3.2:openssl<3.1", "alpine-3.20.1", C),
]


@pytest.mark.parametrize(("question", "distro", "expected"), RELEASES)
def test_a_release_of_a_distribution_has_many_spellings(question: str, distro: str, expected: PlaceStatus) -> None:
    package = read_question(question).package
    assert package is not None
    version = "3.0.10-r1" if package.type == "apk" else "3.0.10-1"
    found = decide(question, RegisteredComponent(0, package, version, distro))
    assert found is not None
    assert found.status is expected


def test_a_package_that_is_called_like_its_source_has_the_versions_of_both() -> None:
    part = RegisteredComponent(
        0, PackageName("deb", "debian", "util-linux"), "1:2.38.1-5", "debian-12", "util-linux@2.38.1-5"
    )
    for question in ("Debian:12:util-linux<2.38.1-6", "Debian:12:util-linux<1:2.38.1-6"):
        assert decide(question, part) == Decided(A)
    assert decide("Debian:12:util-linux<2.38.1-5", part) == Decided(C)
    binary = part._replace(package=PackageName("deb", "debian", "mount"))
    assert decide("Debian:12:util-linux<2.38.1-6", binary) == Decided(A)
    assert decide("Debian:12:util-linux>=1:2.38.1-5", binary) == Decided(C)


@pytest.mark.parametrize("version", ["1.0-1+b1", "1.0-1"])
def test_a_rebuild_is_what_was_rebuilt(version: str) -> None:
    part = RegisteredComponent(0, PackageName("deb", "debian", "foo"), version, "debian-12")
    assert decide("Debian:12:foo<=1.0-1", part) == Decided(A)
    assert decide("Debian:12:foo<1.0-1", part) == Decided(C)


NAMED = [
    ("pkg:npm/%40babel/core<8", PackageName(":name", "", "@babel/core")),
    ("maven:org.x:core<8", PackageName(":name", "", "org.x:core")),
    ("maven:org.x:core<8", PackageName(":name", "", "org.x.core")),
    ("maven:org.x:core<8", PackageName("maven", "", "core")),
    ("go:github.com/a/core<v8", PackageName(":name", "", "github.com/a/core")),
    ("npm:core<8", PackageName("github", "core", "core")),
    ("Debian:12:core<8", PackageName("deb", "", "core")),
]


@pytest.mark.parametrize(("question", "package"), NAMED)
def test_a_name_without_an_identity_is_possible_and_never_clear(question: str, package: PackageName) -> None:
    found = decide(question, RegisteredComponent(0, package, "7"))
    assert found is not None
    assert found.status is P
    other = decide(question, RegisteredComponent(0, package._replace(name=f"{package.name}-x"), "7"))
    assert other is None
    asked = read_question(question)
    assert asked.package is not None
    wanted = WantedPackage(asked.package, by_versions(asked.package, asked.versions))
    assert package.name in Search([wanted]).spellings


def listed(**part: object) -> list[RegisteredComponent]:
    plain = {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1}
    document = {**plain, "components": [{"type": "library", "bom-ref": "a", "name": "a", "version": "1", **part}]}
    return list(components_of(read_received(json.dumps(document).encode())))


def test_the_subpath_of_a_go_module_can_belong_to_its_path() -> None:
    parts = listed(purl="pkg:golang/github.com/jackc/pgx@v4.18.1#v4", version="v4.18.1")
    assert [part.package.name for part in parts] == ["pgx", "v4"]
    answers = [decide("go:github.com/jackc/pgx/v4<v4.18.2", part) for part in parts]
    assert answers == [None, Decided(A)]


def test_a_component_with_a_cpe_is_found_by_its_name_too() -> None:
    parts = listed(name="log4j-core", cpe="cpe:2.3:a:apache:log4j:2.14:*:*:*:*:*:*:*")
    answers = [decide("maven:org.apache.logging.log4j:log4j-core<2.17", part) for part in parts]
    assert [answer.status for answer in answers if answer] == [P]


def test_a_platform_is_no_part_of_the_version_of_a_gem() -> None:
    for version in ("1.15.0-java", "1.15.0-x86_64-linux", "1.15.0-arm64-darwin-22", "1.15.0-x64-mingw-ucrt"):
        part = RegisteredComponent(0, PackageName("gem", "", "nokogiri"), version)
        assert decide("gem:nokogiri>=1.15.0", part) == Decided(A)
        assert decide("gem:nokogiri<1.15.0", part) == Decided(C)
    before = RegisteredComponent(0, PackageName("gem", "", "nokogiri"), "1.15.0-rc1")
    assert decide("gem:nokogiri<1.15.0", before) == Decided(A)


def test_a_name_that_is_spelled_in_another_way_is_undecided() -> None:
    package = PackageName("npm", "", "jsonstream")
    decision = by_versions(package, read_question("npm:jsonstream<2").versions)
    search = Search([WantedPackage(package, decision, certain=False)])
    found = search.decide(RegisteredComponent(0, package, "1.0.0"))
    assert found == Decided(U, OTHER_SPELLING)
    assert search.decide(RegisteredComponent(0, package, "2.0.0")) == Decided(C)
