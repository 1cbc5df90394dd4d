from __future__ import annotations

from ops.supply_chain.contracts.files.publisher_baseline import PublisherBaseline
from ops.supply_chain.contracts.values.package_index import ProjectInfo
from ops.supply_chain.contracts.values.publisher import AttestedPackage, Publisher
from ops.supply_chain.dependencies.compile.siblings import EMPTY, merge, publisher_of, to_fetch


def publisher(author: str) -> Publisher:
    return Publisher(author=author, author_email="", home_page="", maintainer="", maintainer_email="", project_urls={})


OLD = PublisherBaseline(direct_deps={"charset_normalizer": publisher("old"), "boto3": publisher("old")})


def test_only_new_and_changed_dependencies_are_asked_for() -> None:
    direct = ("boto3", "charset-normalizer", "idna")
    assert to_fetch(OLD, direct, (), refresh=False) == ("idna",)
    assert to_fetch(OLD, direct, ("boto3", "six"), refresh=False) == ("boto3", "idna")
    assert to_fetch(OLD, direct, (), refresh=True) == direct
    assert to_fetch(EMPTY, direct, (), refresh=False) == direct


def test_an_unchanged_entry_stays_whatever_the_index_says_today() -> None:
    new = merge(OLD, ("boto3", "charset-normalizer", "idna"), {"idna": publisher("new")})
    assert new.direct_deps == {
        "boto3": publisher("old"),
        "charset_normalizer": publisher("old"),
        "idna": publisher("new"),
    }
    assert list(new.direct_deps) == ["boto3", "charset_normalizer", "idna"]


def test_a_fresh_entry_replaces_the_old_one_in_any_spelling_and_what_is_not_direct_goes() -> None:
    new = merge(OLD, ("charset-normalizer",), {"charset-normalizer": publisher("new")})
    assert new.direct_deps == {"charset-normalizer": publisher("new")}


def test_what_the_index_does_not_describe_keeps_its_old_entry_or_none() -> None:
    assert merge(OLD, ("boto3", "idna"), {}).direct_deps == {"boto3": publisher("old")}


def test_the_publisher_is_taken_from_the_index() -> None:
    info = ProjectInfo(
        name="boto3",
        version="1",
        author="a",
        author_email="b",
        maintainer="c",
        maintainer_email="d",
        home_page="e",
        project_urls=(("Source", "f"),),
    )
    assert publisher_of(info) == Publisher(
        author="a",
        author_email="b",
        maintainer="c",
        maintainer_email="d",
        home_page="e",
        project_urls={"Source": "f"},
    )


def test_who_attested_packages_stays() -> None:
    """`check_publishers` records it beside; compiling must not lose it."""
    attested = {"idna": AttestedPackage(publishers=(), every_file=True, versions=("3.10",))}
    old = PublisherBaseline(direct_deps={}, attested=attested)
    assert merge(old, ("idna",), {"idna": publisher("new")}).attested == attested
