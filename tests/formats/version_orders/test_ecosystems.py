"""What is searched for in the records about a package, and which package URLs identify nothing."""

from __future__ import annotations

import pytest

from ops.supply_chain.formats.purl import read_purl
from ops.supply_chain.formats.version_orders.ecosystems import module_paths, release_of, target_of, versions_of

DEB = "pkg:deb/debian/util-linux"
VERSIONS = [
    (f"{DEB}@2.38.1-5?epoch=1&distro=debian-12", ("1:2.38.1-5",)),
    (f"{DEB}@1%3A2.38.1-5?distro=debian-12&upstream=util-linux%402.38.1-5", ("2.38.1-5",)),
    (f"{DEB}@2.38.1-5?epoch=1&distro=debian-12&upstream=util-linux%402.38.1-5", ("2.38.1-5",)),
    (f"{DEB}@2.38.1-5?epoch=0&distro=debian-12", ("2.38.1-5",)),
    (f"{DEB}@1.0-1%2Bb2?distro=debian-12", ("1.0-1+b2", "1.0-1")),
]


@pytest.mark.parametrize(("purl", "expected"), VERSIONS)
def test_the_epoch_of_a_binary_package_is_not_that_of_its_source(purl: str, expected: tuple[str, ...]) -> None:
    package = read_purl(purl)
    assert package is not None
    target = target_of(package)
    assert target.keys == ("Debian:12/util-linux", "Debian/util-linux")
    assert versions_of(target, package.version) == expected


@pytest.mark.parametrize(("purl", "word"), [("pkg:maven/core@1", "group"), ("pkg:composer/core@1", "vendor")])
def test_a_package_url_without_its_namespace_is_not_clear(purl: str, word: str) -> None:
    package = read_purl(purl)
    assert package is not None
    assert target_of(package) == (
        target_of(package).ecosystem,
        (),
        True,
        "",
        f"its package URL does not name its {word}",
    )


def test_the_subpath_of_a_go_package_url_can_be_part_of_the_module() -> None:
    package = read_purl("pkg:golang/github.com/jackc/pgx@v4.18.1#v4/pgtype")
    assert package is not None
    base = "Go/github.com/jackc/pgx"
    assert target_of(package).keys == (base, f"{base}/v4", f"{base}/v4/pgtype")
    assert len(module_paths("/".join("x" * 5000))) == 8
    assert module_paths("") == ()


def test_the_release_of_a_distribution_is_its_number() -> None:
    assert release_of("deb", "debian", "bookworm") == release_of("deb", "Debian", "debian-12.5") == "12"
    assert release_of("apk", "alpine", "3.20.1") == release_of("apk", "alpine", "alpine-v3.20") == "v3.20"
    assert release_of("deb", "ubuntu", "jammy") == "22.04"
    assert (
        release_of("apk", "wolfi", "wolfi-1")
        == release_of("rpm", "fedora", "38")
        == release_of("deb", "debian", "sid")
        == ""
    )
