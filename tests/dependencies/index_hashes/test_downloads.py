from __future__ import annotations

import pytest

from ops.supply_chain.contracts.values.package_index import IndexFile
from ops.supply_chain.dependencies.index_hashes.compare import HashComparison, compare
from ops.supply_chain.dependencies.index_hashes.downloads import (
    FileDownload,
    HashedBytes,
    check_bytes,
    plan,
    plan_url,
    sha256_allowed,
    still_missing,
)
from ops.supply_chain.dependencies.index_hashes.pins import PinnedRelease
from tests.dependencies.index_hashes.builders import entry_for, release, served, sha, sha512

TAGS = {"cp311-cp311-manylinux_2_17_x86_64": 0, "cp311-abi3-manylinux_2_17_x86_64": 1, "py3-none-any": 2}
OWN = "demo-1.0-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"
PURE, SDIST = "demo-1.0-py3-none-any.whl", "demo-1.0.tar.gz"
BIG, SMALL = "demo-1.0-cp39-cp39-win_amd64.whl", "demo-1.0-cp39-cp39-win32.whl"


def planned(wanted: PinnedRelease, *files: IndexFile, tags: dict[str, int] | None = None) -> tuple[FileDownload, ...]:
    entry = entry_for(wanted, *files)
    return plan(wanted, entry, compare(wanted, entry), TAGS if tags is None else tags)


CHOICES = [
    pytest.param([SDIST, PURE, BIG, OWN], OWN, id="this-interpreters-wheel-first"),
    pytest.param([SDIST, BIG, PURE], PURE, id="then-any-interpreters"),
    pytest.param([SDIST, BIG, SMALL], SMALL, id="then-the-smallest-wheel"),
    pytest.param(["demo-1.0.zip", SDIST], SDIST, id="then-the-source"),
    pytest.param(["demo-1.0-odd.whl", SDIST], "demo-1.0-odd.whl", id="a-name-that-is-none"),
    pytest.param(
        ["demo-1.0-cp311-abi3-manylinux_2_17_x86_64.whl", "demo-1.0-1-cp311-cp311-manylinux_2_17_x86_64.whl"],
        "demo-1.0-1-cp311-cp311-manylinux_2_17_x86_64.whl",
        id="best-tag-with-build-number",
    ),
]


@pytest.mark.parametrize(("names", "chosen"), CHOICES)
def test_one_file_stands_for_a_pin(names: list[str], chosen: str) -> None:
    files = [served(name, sha("abcdef"[place]), size=10 - (name == SMALL)) for place, name in enumerate(names)]
    wanted = release(*(file.hashes[0] for file in files))
    for order in (files, files[::-1]):
        (download,) = planned(wanted, *order)
        assert (download.name, download.url) == (chosen, f"https://files.example/{chosen}")
        assert download.allowed == next(file.hashes for file in files if file.filename == chosen)
        assert download.algorithms == ("sha256",)


def test_without_this_interpreters_tags_the_universal_wheel_is_next() -> None:
    (download,) = planned(release(sha("a"), sha("b")), served(OWN, sha("a")), served(PURE, sha("b")), tags={})
    assert download.name == PURE


def test_only_files_whose_hash_is_in_the_lock_stand_for_it() -> None:
    (download,) = planned(release(sha("b")), served(PURE, sha("a")), served(SDIST, sha("b")))
    assert download.name == SDIST
    assert planned(release(sha("c")), served(PURE, sha("a"))) == ()


def test_what_the_index_does_not_announce_needs_every_file() -> None:
    wanted = release(sha512("a"), sha512("b"))
    downloads = planned(wanted, served(PURE, sha("1")), served(SDIST, sha("2")))
    assert [(download.name, download.allowed, download.algorithms) for download in downloads] == [
        (PURE, (), ("sha512",)),
        (SDIST, (), ("sha512",)),
    ]


def test_of_named_files_only_those_that_are_not_announced_are_needed() -> None:
    wanted = release(files={PURE: (sha512("a"),), SDIST: (sha("b"),)})
    (download,) = planned(wanted, served(PURE, sha("1")), served(SDIST, sha("b")), served(OWN, sha("3")))
    assert (download.name, download.allowed) == (PURE, (sha512("a"),))


def test_an_address_is_fetched_whole() -> None:
    wanted = release(sha("a"), sha512("b"), url="https://files.example/x/demo-1.0.tar.gz?token=1")
    assert plan_url(wanted) == FileDownload(wanted, "demo-1.0.tar.gz", wanted.url, wanted.hashes, ("sha256", "sha512"))


def download(*allowed: str) -> FileDownload:
    return FileDownload(release(*allowed or (sha("a"),)), PURE, "https://files.example/x", allowed, ("sha256",))


HELD = [
    pytest.param((sha("a"),), (sha("a"),), True, id="same"),
    pytest.param((sha("a"), sha("b")), (sha("b"),), True, id="one-of-several"),
    pytest.param((sha("a"),), (sha("b"),), False, id="other"),
    pytest.param((sha("a"), sha512("a")), (sha("a"), sha512("b")), False, id="one-algorithm-differs"),
    pytest.param((sha("a"),), (sha("a"), sha512("b")), True, id="an-algorithm-that-nothing-is-said-of"),
    pytest.param((), (sha("b"),), True, id="nothing-said"),
    pytest.param((sha("a"),), (), False, id="nothing-hashed"),
]


@pytest.mark.parametrize(("allowed", "came", "same"), HELD)
def test_bytes_are_held_against_the_lock(allowed: tuple[str, ...], came: tuple[str, ...], *, same: bool) -> None:
    assert (check_bytes(download(*allowed), HashedBytes(came, 5)) is None) is same


def test_other_bytes_are_told_in_full() -> None:
    issue = check_bytes(download(sha("a")), HashedBytes((sha("b"),), 5))
    assert issue is not None
    assert (issue.code, issue.severity.value) == ("hash.bytes-differ", "critical")
    assert issue.message == (
        f"demo 1.0: expected {PURE} with {sha('a')}, found {sha('b')} in the 5 bytes that the server sent"
    )


def test_a_hash_that_no_downloaded_file_has_is_missing() -> None:
    wanted = release(sha512("a"), sha512("b"))
    had = [(download(), HashedBytes((sha512("a"),), 1)), (download(), HashedBytes((sha512("c"),), 1))]
    (issue,) = still_missing(wanted, wanted.hashes, had)
    assert issue.message == (
        f"demo 1.0: expected a file with {sha512('b')} on the index, found none among the 2 of that version"
    )


def test_a_hash_that_was_held_against_its_file_is_not_told_twice() -> None:
    compared_file = FileDownload(release(sha512("a")), PURE, "", (sha512("a"),), ("sha512",))
    assert still_missing(compared_file.release, (sha512("a"),), [(compared_file, HashedBytes((sha512("b"),), 1))]) == ()


def test_a_comparison_without_files_plans_nothing() -> None:
    wanted = release(sha("a"))
    assert plan(wanted, entry_for(wanted), HashComparison(), TAGS) == ()


def test_a_file_is_known_by_its_sha256_only_where_nothing_else_is_compared() -> None:
    digests = {
        (sha("a"),): sha("a").removeprefix("sha256:"),
        (): "",
        (sha("a"), sha("b")): "",
        (sha512("a"),): "",
        (sha("a"), sha512("a")): "",
    }
    for allowed, known in digests.items():
        wanted = release(*allowed)._replace(url="https://files.example/a.whl")
        assert sha256_allowed(plan_url(wanted)) == known
    unannounced = FileDownload(
        release(sha("a")), "a.whl", "https://files.example/a.whl", (sha("a"),), ("sha256", "sha512")
    )
    assert sha256_allowed(unannounced) == ""
