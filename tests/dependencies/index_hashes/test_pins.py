from __future__ import annotations

import pytest

from ops.supply_chain.contracts.values.lock import Pin, PinSource, PinSourceKind
from ops.supply_chain.contracts.values.package_index import PageAddress
from ops.supply_chain.dependencies.index_hashes.pins import PinnedFile, PinnedRelease, scope_of
from tests.dependencies.index_hashes.builders import pin, pin_file, sha, url_pin

PRIVATE = PinSource(kind=PinSourceKind.INDEX, url="https://private.example/simple")


def test_pins_that_ask_the_same_are_one_subject() -> None:
    pins = [
        pin("demo", "1.0", sha("b"), sha("a")),
        pin("demo", "1.0", sha("a"), sha("b"), marker="python_version > '3'"),
        pin("demo", "1.0", sha("a"), sha("b"), extras=("fast",)),
    ]
    scope = scope_of(pins)
    assert list(scope.releases) == pins
    assert set(scope.releases.values()) == {PinnedRelease(PageAddress("", "demo"), "1.0", (sha("a"), sha("b")))}


def test_another_index_or_hash_is_another_subject() -> None:
    scope = scope_of(
        [pin("demo", "1.0", sha("a")), pin("demo", "1.0", sha("b")), pin("demo", "1.0", sha("a"), source=PRIVATE)]
    )
    assert sorted((found.page.home, found.hashes) for found in scope.releases.values()) == [
        ("", (sha("a"),)),
        ("", (sha("b"),)),
        ("https://private.example/simple", (sha("a"),)),
    ]


def test_the_projects_own_index_is_asked_for_pins_that_name_none() -> None:
    ours, theirs = pin("demo", "1.0", sha("a")), pin("demo", "1.0", sha("a"), source=PRIVATE)
    scope = scope_of([ours, theirs], index="https://mirror.example/simple/")
    assert scope.releases[ours].page == PageAddress("https://mirror.example/simple/", "demo")
    assert scope.releases[theirs].page == PageAddress("https://private.example/simple", "demo")


def test_named_files_are_kept_apart() -> None:
    one = pin(
        "demo",
        "1.0",
        sha("a"),
        files=(pin_file("demo-1.0.tar.gz", sha("a")), pin_file("bare.whl"), pin_file("", sha("b"))),
    )
    (found,) = scope_of([one]).releases.values()
    assert found.files == (PinnedFile("demo-1.0.tar.gz", (sha("a"),)),)


def test_an_address_is_asked_itself() -> None:
    (found,) = scope_of([url_pin(sha("a"))], index="https://mirror.example/").releases.values()
    assert (found.page, found.url) == (PageAddress("", "demo"), "https://files.example/demo-1.0.tar.gz")
    assert found.label == "demo 1.0"


OUTSIDE = [
    pytest.param(pin(source=PinSource(kind=PinSourceKind.VCS, url="https://h.example/r", vcs="git")), id="vcs"),
    pytest.param(pin(source=PinSource(kind=PinSourceKind.PATH, url="./vendor/demo.whl")), id="path"),
    pytest.param(pin(local=True), id="local"),
]


@pytest.mark.parametrize("one", OUTSIDE)
def test_what_comes_from_no_index_is_out_of_scope(one: Pin) -> None:
    scope = scope_of([one, one])
    assert (scope.releases, scope.unusable, scope.outside) == ({}, (), (one,))


UNUSABLE = [
    pytest.param(pin("demo", "1.0"), id="no-hash"),
    pytest.param(pin("demo", "", sha("a")), id="no-version"),
    pytest.param(url_pin(), id="address-without-hash"),
]


@pytest.mark.parametrize("one", UNUSABLE)
def test_what_says_too_little_is_never_forgotten(one: Pin) -> None:
    scope = scope_of([one])
    assert (scope.releases, scope.unusable, scope.outside) == ({}, (one,), ())


def test_an_address_needs_no_version() -> None:
    assert scope_of([url_pin(sha("a"), version="")]).unusable == ()
