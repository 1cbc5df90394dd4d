"""SBOMs of distributions: each must describe exactly one distribution of the release."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ops.supply_chain.contracts.files.verification import Given, GivenFile
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.trust.verification.documents import sboms
from ops.supply_chain.trust.verification.file_kinds import ReleaseFileNames

WHEEL, SDIST = "demo_lib-1.0-py3-none-any.whl", "demo-lib-1.0.tar.gz"
DIGESTS = {WHEEL: "1" * 64, SDIST: "2" * 64, "N-v1-gate.json": "3" * 64}


def cyclonedx(name: str, *digests: str) -> Any:
    hashes = [{"alg": "SHA-256", "content": digest} for digest in digests]
    component = {"type": "library", "name": name, "version": "1.0", "hashes": hashes}
    return {"bomFormat": "CycloneDX", "specVersion": "1.6", "metadata": {"component": component}}


def problems(sbom: str, document: Any) -> list[str]:
    parts = ReleaseFileNames(prefix="N-v1", names=tuple(sorted((*DIGESTS, sbom))))
    given = Given(
        files={
            name: GivenFile(name=name, sha256=digest, size=1) for name, digest in {**DIGESTS, sbom: "4" * 64}.items()
        },
        contents={sbom: json.dumps(document).encode()},
        signatures={},
        statements={},
        sbom_problems={sbom: ()},
    )
    [about] = [check for check in sboms(parts, given, "N", "v1") if check.code == "sbom.describes"]
    return [line.message for line in about.lines if line.outcome is not Outcome.PASS]


@pytest.mark.parametrize("sbom", ["N-v1-sbom-wheel.cdx.json", "N-v1-sbom-wheel-py3-none-any.1.7.cdx.json"])
def test_an_sbom_of_a_wheel_has_its_name_and_digest(sbom: str) -> None:
    assert problems(sbom, cyclonedx("demo-lib", DIGESTS[WHEEL])) == []


def test_an_sbom_of_a_source_distribution() -> None:
    assert problems("N-v1-sbom-source.cdx.json", cyclonedx("Demo_Lib", DIGESTS[SDIST])) == []


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        (cyclonedx("demo-lib"), "expected the SHA-256 of one distribution of the release, found none"),
        (cyclonedx("demo-lib", "f" * 64), f"expected the SHA-256 of one distribution of the release, found {'f' * 64}"),
        (
            cyclonedx("demo-lib", DIGESTS["N-v1-gate.json"]),
            f"expected the SHA-256 of one distribution of the release, found {'3' * 64}",
        ),
        (
            cyclonedx("demo-lib", DIGESTS[WHEEL], DIGESTS[SDIST]),
            f"expected the SHA-256 of one distribution of the release, found {'1' * 64}, {'2' * 64}",
        ),
        (cyclonedx("other", DIGESTS[WHEEL]), f"describes other, expected the package of {WHEEL}"),
    ],
    ids=["no digest", "not released", "no distribution", "two", "another package"],
)
def test_anything_else_is_refused(document: Any, problem: str) -> None:
    assert problems("N-v1-sbom-wheel.cdx.json", document) == [problem]


def test_an_sbom_of_the_release_still_describes_the_release() -> None:
    assert problems("N-v1-sbom.cdx.json", cyclonedx("demo-lib", DIGESTS[WHEEL])) == [
        "describes demo-lib 1.0, expected N v1"
    ]
