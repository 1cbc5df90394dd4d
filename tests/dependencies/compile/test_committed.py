"""A committed SBOM or publisher baseline that is not that of its lock is a finding."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ops.supply_chain.contracts.files.publisher_baseline import PublisherBaseline
from ops.supply_chain.contracts.values.publisher import Publisher
from ops.supply_chain.core import canonical
from ops.supply_chain.dependencies.compile.committed import baseline_finding, sbom_finding

LOCK = f"# header\na==1.0 \\\n    --hash=sha256:{'0' * 64}\nb==2.0 --hash=sha256:{'1' * 64}\n"


def component(name: str, version: str, digit: str) -> dict[str, Any]:
    hashes = [{"alg": "SHA-256", "content": digit * 64}]
    return {"type": "library", "name": name, "version": version, "purl": f"pkg:pypi/{name}@{version}", "hashes": hashes}


def sbom() -> dict[str, Any]:
    components = [component("a", "1.0", "0"), component("b", "2.0", "1")]
    return {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": components}


def check(document: dict[str, Any]) -> str:
    found = sbom_finding("r.txt", LOCK, "r.cdx.json", json.dumps(document))
    assert found is None or (found.code, found.path) == ("lock.sbom-differs", "r.cdx.json")
    return found.message if found else ""


CHANGES: dict[str, Callable[[dict[str, Any]], object]] = {
    "another version": lambda document: document["components"][0].update(version="1.1", purl="pkg:pypi/a@1.1"),
    "another hash": lambda document: document["components"][0]["hashes"][0].update(content="2" * 64),
    "no hash": lambda document: document["components"][0].pop("hashes"),
    "one less": lambda document: document["components"].pop(),
    "one more": lambda document: document["components"].append(component("c", "1", "3")),
    "another name": lambda document: document["components"][0].update(name="c", purl="pkg:pypi/c@1.0"),
    "another format": lambda document: document.update(bomFormat="SPDX"),
    "nothing": lambda document: document.clear(),
}


def test_an_sbom_of_the_lock_is_no_finding() -> None:
    assert check(sbom()) == ""
    document = sbom()
    document["components"].reverse()
    document["components"][0]["licenses"] = [{"license": {"id": "MIT"}}]
    assert check(document) == ""


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_an_sbom_of_another_lock_is_one(change: Callable[[dict[str, Any]], object]) -> None:
    document = sbom()
    change(document)
    assert check(document) == "does not have the packages, versions and hashes of r.txt"


@pytest.mark.parametrize("purl", ["pkg:pypi/c@1.0", "pkg:pypi/a@1.1", "pkg:pypi/a"])
def test_a_package_url_of_another_package_is_one(purl: str) -> None:
    document = sbom()
    document["components"][0]["purl"] = purl
    assert check(document) == "has package URLs of other packages than r.txt: a"


def test_an_sbom_that_is_not_json_is_one() -> None:
    found = sbom_finding("r.txt", LOCK, "r.cdx.json", "{")
    assert found is not None
    assert found.message == "is not JSON, so it does not describe r.txt"


def baseline(*names: str) -> str:
    publisher = Publisher(author="", author_email="", home_page="", maintainer="", maintainer_email="", project_urls={})
    return canonical.encode(PublisherBaseline(direct_deps=dict.fromkeys(names, publisher))).decode()


def test_a_baseline_of_other_packages_is_one() -> None:
    assert baseline_finding("r.txt", {"a", "b"}, "r.provenance.json", baseline("A")) is None
    found = baseline_finding("r.txt", {"b"}, "r.provenance.json", baseline("A", "b"))
    assert found is not None
    assert found.code == "lock.baseline-differs"
    assert found.message == "records packages that are no direct dependencies of r.txt: a"
    found = baseline_finding("r.txt", set(), "r.provenance.json", "[]")
    assert found is not None
    assert found.message.startswith("cannot be read: ")
