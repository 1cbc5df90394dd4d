"""Package URLs taken apart: by the rules of each type, and as the library for them does where it is right."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from packageurl import PackageURL

from ops.supply_chain.contracts.values.received_sbom import PackageIdentity
from ops.supply_chain.core.names import normalise
from ops.supply_chain.formats.purl import read_purl
from ops.supply_chain.formats.received.read import read_received

READ = {
    "pkg:pypi/Zope.Interface@1.0": PackageIdentity("pypi", "", "zope-interface", "1.0"),
    "pkg:pypi/a--b": PackageIdentity("pypi", "", "a-b"),
    "pkg:pypi/x@1.0%2Blocal": PackageIdentity("pypi", "", "x", "1.0+local"),
    "pkg:pypi/x@1%212.0": PackageIdentity("pypi", "", "x", "1!2.0"),
    "pkg:npm/%40Scope/Name@1.0": PackageIdentity("npm", "@Scope", "Name", "1.0"),
    "pkg:npm/@scope/name@1.0": PackageIdentity("npm", "@scope", "name", "1.0"),
    "pkg:npm/@scope/name": PackageIdentity("npm", "@scope", "name"),
    "pkg:golang/github.com/Azure/go@v1.2.3#sub/dir": PackageIdentity(
        "golang", "github.com/Azure", "go", "v1.2.3", (), "sub/dir"
    ),
    "pkg:maven/org.Apache/Commons@1": PackageIdentity("maven", "org.Apache", "Commons", "1"),
    "pkg:nuget/Newtonsoft.Json@13.0.1": PackageIdentity("nuget", "", "newtonsoft.json", "13.0.1"),
    "pkg:deb/Debian/OpenSSL@1%3A2.0?arch=amd64&distro=debian-12": PackageIdentity(
        "deb", "debian", "openssl", "1:2.0", (("arch", "amd64"), ("distro", "debian-12"))
    ),
    "pkg:github/Acme/Tool@v1?download_url=https://x.example/@a": PackageIdentity(
        "github", "acme", "tool", "v1", (("download_url", "https://x.example/@a"),)
    ),
    "pkg:oci/App@sha256%3Aab?repository_url=Ghcr.io/App": PackageIdentity(
        "oci", "", "app", "sha256:ab", (("repository_url", "Ghcr.io/App"),)
    ),
    "pkg:PyPI//x@1?b=&a=1": PackageIdentity("pypi", "", "x", "1", (("a", "1"),)),
}

REFUSED = [
    "",
    "x",
    "pypi/x@1",
    "pkg:pypi",
    "pkg:pypi/",
    "pkg:/x@1",
    "pkg:pypi/x@1?a",
    "pkg:pypi/x@1?a=1&a=2",
    "pkg:pypi/x%zz",
    "pkg:pypi/x y",
    "pkg:1x/y",
    "pkg:pypi/x\n@1",
    "https://github.com/actions/virtual-environments",
    "pkg:pypi/" + "x" * 9000,
]


@pytest.mark.parametrize(("text", "expected"), READ.items())
def test_read(text: str, expected: PackageIdentity) -> None:
    assert read_purl(text) == expected


@pytest.mark.parametrize("text", REFUSED)
def test_refused(text: str) -> None:
    assert read_purl(text) is None


def test_the_library_agrees_over_real_documents(shared_data: Path) -> None:
    texts = {
        part.purl
        for path in (shared_data / "sbom" / "real").rglob("*.json")
        if "scanoss" not in path.name
        for part in read_received(path.read_bytes()).components
        if part.package is not None
    }
    assert len(texts) > 300
    for text in texts:
        found, other = read_purl(text), PackageURL.from_string(text)
        assert found is not None
        name = normalise(other.name) if other.type == "pypi" else other.name
        assert (found.type, found.namespace.lower(), found.name.lower(), found.version, found.subpath) == (
            other.type,
            (other.namespace or "").lower(),
            name.lower(),
            other.version or "",
            other.subpath or "",
        )
        assert dict(found.qualifiers) == (other.qualifiers or {})


def test_what_the_library_writes_is_read_back() -> None:
    dice = random.Random("purl")  # noqa: S311 - repeatable, not secret
    letters = "abz09-._~+!@%:&=?#é"
    for _ in range(1500):
        name = "".join(dice.choices(letters, k=dice.randrange(1, 6)))
        version = "".join(dice.choices(letters, k=dice.randrange(0, 6)))
        text = PackageURL(
            "generic", "n/s", name, version or None, {"k": "v&w=x"} if dice.random() < 0.5 else {}
        ).to_string()
        found = read_purl(text)
        assert found is not None, text
        assert (found.name, found.version) == (name, version), text
