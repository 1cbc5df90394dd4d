"""Package URLs and references."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from packageurl import PackageURL

from ops.supply_chain.contracts.values.lock import DEFAULT_INDEX, PinSource, PinSourceKind
from ops.supply_chain.inventory.model.naming import (
    canonical_source,
    generic_purl,
    identity_of,
    project_purl,
    purl_of,
    reference_of,
    unique_references,
)
from tests.inventory.made_locks import pin

INDEX = PinSourceKind.INDEX
COMMIT = "0" * 40
PURLS = {
    "dots stay, case and underscores do not": ("Zope.Interface_x", "1", DEFAULT_INDEX, "pkg:pypi/zope.interface-x@1"),
    "epoch and local": ("a", "1!2.0+l", DEFAULT_INDEX, "pkg:pypi/a@1%212.0%2Bl"),
    "no version": ("a", "", DEFAULT_INDEX, "pkg:pypi/a"),
    "other index": (
        "a",
        "1",
        PinSource(kind=INDEX, url="https://u:p@index.example/simple/"),
        "pkg:pypi/a@1?repository_url=https://index.example/simple/",
    ),
    "url": (
        "a",
        "1",
        PinSource(kind=PinSourceKind.URL, url="https://files.example/a-1.zip"),
        "pkg:pypi/a@1?download_url=https://files.example/a-1.zip",
    ),
    "git": (
        "a",
        "",
        PinSource(kind=PinSourceKind.VCS, url="https://git.example/a", vcs="git", commit=COMMIT),
        f"pkg:pypi/a?vcs_url=git%2Bhttps://git.example/a%40{COMMIT}",
    ),
    "git, no commit, folder": (
        "a",
        "1",
        PinSource(kind=PinSourceKind.VCS, url="https://git.example/a", vcs="git", subdirectory="py"),
        "pkg:pypi/a@1?vcs_url=git%2Bhttps://git.example/a%23py",
    ),
    "path": ("a", "1", PinSource(kind=PinSourceKind.PATH, url="libs/a"), ""),
    "hostile name": ("<img src=x>", "1", DEFAULT_INDEX, "pkg:pypi/-u3c-img-u20-src-u3d-x-u3e-@1"),
    "control characters": ("a\x1b[31m\r\n", "1", DEFAULT_INDEX, "pkg:pypi/a-u1b--u5b-31m-ud--ua-@1"),
    "no name": ("", "1", DEFAULT_INDEX, "pkg:pypi/unnamed@1"),
}


@pytest.mark.parametrize(("name", "version", "source", "expected"), PURLS.values(), ids=PURLS)
def test_purl(name: str, version: str, source: PinSource, expected: str) -> None:
    found = purl_of(name, version, source)
    assert found == expected
    if found:
        assert PackageURL.from_string(found).version == (version or None)


def test_purls_agree_with_the_specification(shared_data: Path) -> None:
    cases = json.loads((shared_data / "purl" / "tests" / "types" / "pypi-test.json").read_text())["tests"]
    built = [
        case
        for case in cases
        if case["test_type"] == "build" and not case.get("expected_failure") and not case["input"].get("qualifiers")
    ]
    assert built
    for case in built:
        given = case["input"]
        assert purl_of(given["name"], given.get("version") or "", DEFAULT_INDEX) == case["expected_output"]


GENERIC = {
    "plain": ("soar", "v3", "pkg:generic/soar@v3"),
    "namespace": ("soar/functions/a b/q", "v3", "pkg:generic/soar/functions/a%20b/q@v3"),
    "no version": ("soar", "", "pkg:generic/soar"),
}


@pytest.mark.parametrize(("name", "version", "expected"), GENERIC.values(), ids=GENERIC)
def test_generic_purl(name: str, version: str, expected: str) -> None:
    assert generic_purl(name, version) == expected


PROJECTS = {
    "same name": ("acme-shop", "2.1", "Acme_Shop", "pkg:pypi/acme-shop@2.1"),
    "tag": ("acme", "v2.1", "acme", "pkg:pypi/acme@2.1"),
    "a word that begins with v": ("acme", "vienna", "acme", "pkg:pypi/acme@vienna"),
    "another name": ("acme", "1", "shop", ""),
    "no distribution": ("acme", "1", "", ""),
}


@pytest.mark.parametrize(("name", "version", "python_name", "expected"), PROJECTS.values(), ids=PROJECTS)
def test_project_purl(name: str, version: str, python_name: str, expected: str) -> None:
    assert project_purl(name, version, python_name) == expected


@pytest.mark.parametrize("url", ["", "https://pypi.org/simple", "https://pypi.org/simple/"])
def test_the_default_index_is_one_source_however_it_is_spelled(url: str) -> None:
    assert canonical_source(PinSource(kind=INDEX, url=url)) == DEFAULT_INDEX


def test_identity_is_name_version_and_source() -> None:
    one = identity_of(pin("Zope.Interface"))
    assert one == identity_of(pin("zope-interface", hashes=(), marker="x", extras=("y",)))
    assert one != identity_of(pin("zope-interface", "1.0.0"))
    assert one != identity_of(pin("zope-interface", source=PinSource(kind=INDEX, url="https://index.example/simple")))


def test_references_are_unique_and_follow_the_order_of_identities() -> None:
    folder = [PinSource(kind=PinSourceKind.PATH, url=url) for url in ("a", "b", "c")]
    found = sorted(
        (entry, reference_of(entry, "")) for entry in (identity_of(pin("x", source=path)) for path in folder)
    )
    assert list(unique_references(found, ("path:x@1.0#2",)).values()) == ["path:x@1.0", "path:x@1.0#3", "path:x@1.0#4"]
