from __future__ import annotations

import random

import pytest

from ops.supply_chain.adapters.index.file_choice import choose, is_of_version, same_version, version_in
from ops.supply_chain.contracts.values.lock import Pin
from ops.supply_chain.contracts.values.package_index import IndexFile, ProjectListing

NAMES = [
    "demo-1.0-cp311-cp311-manylinux_2_28_x86_64.whl",
    "demo-1.0-cp312-cp312-win_amd64.whl",
    "demo-1.0-py2.py3-none-any.whl",
    "demo-1.0-py3-none-any.whl",
    "demo-1.0.tar.gz",
    "demo-1.0.zip",
    "demo-1.0-py3.8.egg",
    "demo-1.0.1-py3-none-any.whl",
]


def hash_of(filename: str) -> str:
    return f"sha256:{NAMES.index(filename):064x}"


def listing(*names: str, status: str = "active") -> ProjectListing:
    files = tuple(IndexFile(filename=name, url=f"https://h.example/{name}", hashes=(hash_of(name),)) for name in names)
    return ProjectListing(name="demo", files=files, status=status)


def pin(*hashes: str, version: str = "1.0") -> Pin:
    return Pin(name="demo", written_name="demo", version=version, hashes=hashes)


CHOICES = [
    pytest.param(NAMES, NAMES, "demo-1.0-py3-none-any.whl", id="universal-wheel-first"),
    pytest.param(NAMES, [], "demo-1.0-py3-none-any.whl", id="no-hashes"),
    pytest.param(NAMES, [*NAMES[:3], *NAMES[4:]], NAMES[0], id="then-smallest-wheel"),
    pytest.param(NAMES, NAMES[4:7], "demo-1.0.tar.gz", id="then-source"),
    pytest.param(NAMES, NAMES[5:7], "demo-1.0.zip", id="then-zip"),
    pytest.param(NAMES[5:7], NAMES, "demo-1.0.zip", id="only-what-the-index-has"),
]


@pytest.mark.parametrize(("offered", "locked", "expected"), CHOICES)
def test_the_choice_is_the_same_in_any_order(offered: list[str], locked: list[str], expected: str) -> None:
    shuffled = list(offered)
    for seed in range(5):
        random.Random(seed).shuffle(shuffled)  # noqa: S311 - an order, not a secret
        chosen = choose(pin(*map(hash_of, locked)), listing(*shuffled))
        assert isinstance(chosen, IndexFile)
        assert chosen.filename == expected


REASONS = [
    pytest.param(pin(), None, "the index has no such project", id="no-project"),
    pytest.param(pin(version="9"), listing(*NAMES), "the index has no file of that version", id="no-version"),
    pytest.param(
        pin("sha256:" + "f" * 64),
        listing(*NAMES),
        "no file of that version on the index has a hash that the lock names",
        id="no-hash",
    ),
    pytest.param(
        pin(hash_of(NAMES[3]), version="1.0.1"),
        listing(*NAMES),
        "no file of that version on the index has a hash that the lock names",
        id="hash-of-another-version",
    ),
    pytest.param(
        pin("sha512:" + "f" * 128),
        listing(*NAMES),
        "the lock's hashes (sha512) and the index's (sha256) cannot be compared",
        id="other-algorithm",
    ),
    pytest.param(
        pin(hash_of(NAMES[0])),
        ProjectListing(name="demo", files=(IndexFile(filename=NAMES[0], url="https://h.example/x"),)),
        "the lock's hashes (sha256) and the index's (none) cannot be compared",
        id="index-without-hashes",
    ),
    pytest.param(
        pin(hash_of("demo-1.0-py3.8.egg")),
        listing(*NAMES),
        "none of its files on the index is a wheel or a source distribution",
        id="only-an-egg",
    ),
    pytest.param(
        pin(),
        listing(status="quarantined"),
        "the index has quarantined the project and offers no file of it",
        id="quarantined",
    ),
]


@pytest.mark.parametrize(("wanted", "page", "reason"), REASONS)
def test_why_there_is_none(wanted: Pin, page: ProjectListing | None, reason: str) -> None:
    assert choose(wanted, page) == reason


FILE_NAMES = [
    ("zope.interface-5.0.0-cp39-cp39-win32.whl", "zope-interface", "5.0", True),
    ("zope_interface-5.0.0.tar.gz", "zope-interface", "5.0.0", True),
    ("a-b-1.0.tar.gz", "a-b", "1.0", True),
    ("a-b-1.0.tar.gz", "a", "1.0", False),
    ("a-1.0-1.tar.gz", "a", "1.0.post1", True),
    ("torch-2.0.0+cu118-cp311-cp311-linux_x86_64.whl", "torch", "2.0.0+cu118", True),
    ("torch-2.0.0+cu118-cp311-cp311-linux_x86_64.whl", "torch", "2.0.0", False),
    ("a-2004d.tar.gz", "a", "2004d", True),
    ("a-1.0-7-py3-none-any.whl", "a", "1.0", True),
    ("a.whl", "a", "1.0", False),
    ("a-1.0.exe", "a", "1.0", False),
]


@pytest.mark.parametrize(("filename", "name", "version", "expected"), FILE_NAMES)
def test_which_version_a_file_is_of(filename: str, name: str, version: str, expected: bool) -> None:
    assert is_of_version(filename, name, version) is expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [("1.0", "1.0.0", True), ("1.0rc1", "1.0-RC.1", True), ("1.0", "1.1", False), ("nightly", "Nightly", True)],
)
def test_versions(one: str, other: str, expected: bool) -> None:
    assert same_version(one, other) is expected


VERSIONS = [
    ("demo_package-1.0-py3-none-any.whl", "demo-package", "1.0"),
    ("demo_package-1.0-2-py3-none-any.whl", "demo-package", "1.0"),
    ("Demo.Package-1.0.post1.tar.gz", "demo-package", "1.0.post1"),
    ("demo-package-1.0-beta-2.zip", "demo-package", "1.0-beta-2"),
    ("other-1.0.tar.gz", "demo-package", ""),
    ("other-1.0-py3-none-any.whl", "demo-package", ""),
    ("demo_package-1.0.exe", "demo-package", ""),
    ("nonsense.whl", "demo-package", ""),
]


@pytest.mark.parametrize(("filename", "name", "version"), VERSIONS)
def test_the_version_in_a_file_name(filename: str, name: str, version: str) -> None:
    assert version_in(filename, name) == version
