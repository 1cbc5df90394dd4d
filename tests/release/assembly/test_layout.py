"""Under which names files are released."""

from __future__ import annotations

import random

import pytest

from ops.supply_chain.contracts.values.release_naming import ReleaseNaming
from ops.supply_chain.contracts.values.signature_names import is_signature
from ops.supply_chain.core.errors import OutputError
from ops.supply_chain.release.assembly.layout import lay_out, media_type_of

WHOLE = ("sbom/N-sbom.json", "evidence/N-V-evidence.tar.gz", "verdict/gate.json")
NAMES = {
    "sbom/N-sbom.json": "N-V-sbom.cdx.json",
    "sbom/N-sbom.spdx.json": "N-V-sbom.spdx.json",
    "sbom/N-sbom.spdx3.json": "N-V-sbom.spdx3.json",
    "sbom/N-sbom.1.7.json": "N-V-sbom.1.7.cdx.json",
    "sbom/N-sbom-wheel.cdx.json": "N-V-sbom-wheel.cdx.json",
    "evidence/N-V-source.tar.gz": "N-V-source.tar.gz",
    "packages/n-1.0-py3-none-any.whl": "n-1.0-py3-none-any.whl",
    "packages/n-1.0.tar.gz": "n-1.0.tar.gz",
    "vex/N.openvex.json": "N-V-vex.openvex.json",
    "vex/N.vex.cdx.json": "N-V-vex.cdx.json",
    "verdict/gate.json": "N-V-gate.json",
    "verifier/sealwright-verify.pyz": "sealwright-verify.pyz",
}


@pytest.mark.parametrize("source", NAMES)
def test_the_released_name(source: str) -> None:
    files = lay_out({*WHOLE, source}, "N", "V", ReleaseNaming.VERSIONED)
    assert {file.source: file.name for file in files}[source] == NAMES[source]


def test_the_order_is_that_of_the_names() -> None:
    files = lay_out(sorted(NAMES, reverse=True), "N", "V", ReleaseNaming.VERSIONED)
    assert [file.name for file in files] == sorted(NAMES.values())


REFUSED = {
    "sbom/other.json": "dist/sbom/other.json: is not named after N V",
    "sbom/sbom.json": "dist/sbom/sbom.json: is not named after N V",
    "sbom/M-sbom.json": "dist/sbom/M-sbom.json: is not named after N V",
    "evidence/N-V0-evidence.tar.gz": "dist/evidence/N-V0-evidence.tar.gz: is not named after N V",
    "sbom/locks/N-a.json": "dist/sbom/locks/N-a.json: is no part of a release",
    "vex/osv-scanner.toml": "dist/vex/osv-scanner.toml: is not named after N V",
    "vex/ignore/osv-scanner.toml": "dist/vex/ignore/osv-scanner.toml: is not named after N V",
    "records/N-x.json": "dist/records/N-x.json: is no part of a release",
    "verifier/other.pyz": "dist/verifier/other.pyz: is not named after N V",
    "verifier/N-other.pyz": "dist/verifier/N-other.pyz: is not named after N V",
    "packages/.hidden": "dist/packages/.hidden: cannot be released under the name '.hidden'",
    "packages/a b.whl": "dist/packages/a b.whl: cannot be released under the name 'a b.whl'",
    "packages/a..b.whl": "dist/packages/a..b.whl: cannot be released under the name 'a..b.whl'",
    "packages/a\nb": "dist/packages/a\nb: cannot be released under the name 'a\\nb'",
    "packages/a.whl.sigstore.json": (
        "dist/packages/a.whl.sigstore.json: cannot be released under the name 'a.whl.sigstore.json'"
    ),
    "packages/" + "a" * 201: f"dist/packages/{'a' * 201}: cannot be released under the name '{'a' * 201}'",
    "packages/N-V-provenance.intoto.json": (
        "dist/packages/N-V-provenance.intoto.json: its release name N-V-provenance.intoto.json is taken"
    ),
    "packages/N-V-Checksums.txt": ("dist/packages/N-V-Checksums.txt: its release name N-V-Checksums.txt is taken"),
    "sbom/N-verification.json": "dist/sbom/N-verification.json: its release name N-V-verification.json is taken",
    "packages/N-V-verification.md": (
        "dist/packages/N-V-verification.md: its release name N-V-verification.md is taken"
    ),
    "packages/manifest.json": "dist/packages/manifest.json: its release name manifest.json is taken",
}


@pytest.mark.parametrize("source", REFUSED)
def test_what_cannot_be_released(source: str) -> None:
    with pytest.raises(OutputError) as caught:
        lay_out([*WHOLE, source], "N", "V", ReleaseNaming.VERSIONED)
    assert caught.value.message == REFUSED[source]


def test_two_names_that_differ_in_case_only_are_one_on_some_disks() -> None:
    with pytest.raises(OutputError, match=r"^dist/packages/n.whl: its release name n.whl is taken$"):
        lay_out([*WHOLE, "packages/N.whl", "packages/n.whl"], "N", "V", ReleaseNaming.VERSIONED)


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        (0, "dist/: the SBOM of N V not there"),
        (1, "dist/: the evidence or source archive of N V not there"),
        (2, "dist/: verdict and records of N V not there"),
    ],
)
def test_what_a_release_must_have(missing: int, said: str) -> None:
    with pytest.raises(OutputError) as caught:
        lay_out(WHOLE[:missing] + WHOLE[missing + 1 :], "N", "V", ReleaseNaming.VERSIONED)
    assert caught.value.message == said


def test_nothing_at_all_is_no_release() -> None:
    with pytest.raises(OutputError) as caught:
        lay_out([], "N", "V", ReleaseNaming.VERSIONED)
    assert caught.value.message == (
        "dist/: the SBOM, the evidence or source archive, verdict and records of N V not there"
    )


def test_media_types() -> None:
    assert media_type_of("N-V-sbom.cdx.json") == "application/vnd.cyclonedx+json"
    assert media_type_of("N-V-gate.json") == "application/json"
    assert media_type_of("N-V-evidence.tar.gz") == "application/gzip"
    assert media_type_of("what") == "application/octet-stream"


def test_signatures() -> None:
    assert [name for name in ("a.sigstore.json", "a.sig", "a.crt", "a.json") if is_signature(name)] == [
        "a.sigstore.json",
        "a.sig",
        "a.crt",
    ]


CONVENTIONAL = {
    "sbom/N-sbom.json": "N-V-sbom.cdx.json",
    "sbom/N-sbom.1.7.json": "N-V-sbom.1.7.cdx.json",
    "sbom/N-sbom-wheel.cdx.json": "sbom-wheel.cdx.json",
    "sbom/N-sbom-wheel.spdx.json": "sbom-wheel.spdx.json",
    "sbom/N-sbom-source.spdx3.json": "sbom-source.spdx3.json",
    "sbom/N-sbom-wheeled.json": "N-V-sbom-wheeled.json",
    "packages/n-1.0-py3-none-any.whl": "n-1.0-py3-none-any.whl",
    "vex/N.openvex.json": "N-V-vex.openvex.json",
    "verdict/gate.json": "N-V-gate.json",
}


@pytest.mark.parametrize("source", CONVENTIONAL)
def test_the_conventional_name(source: str) -> None:
    files = lay_out({*WHOLE, source}, "N", "V", ReleaseNaming.CONVENTIONAL)
    assert {file.source: file.name for file in files}[source] == CONVENTIONAL[source]


@pytest.mark.parametrize(
    "name", ["build-provenance.json", "Build-Provenance.json", "sbom-wheel.cdx.json", "SBOM-Wheel.cdx.json"]
)
def test_a_file_of_a_conventional_name_is_refused(name: str) -> None:
    sources = [*WHOLE, "sbom/N-sbom-wheel.cdx.json", f"packages/{name}"]
    with pytest.raises(OutputError, match=r" is taken$"):
        lay_out(sources, "N", "V", ReleaseNaming.CONVENTIONAL)


def test_no_file_may_end_like_a_bundle_in_either_form() -> None:
    for naming in ReleaseNaming:
        with pytest.raises(OutputError, match=r"cannot be released under the name 'a\.whl\.bundle'$"):
            lay_out([*WHOLE, "packages/a.whl.bundle"], "N", "V", naming)


def test_the_sboms_of_any_distributions_have_conventional_names() -> None:
    chosen = random.Random(20261129)  # noqa: S311 - a reproducible choice
    words = ("demo", "demo_extra", "a", "n2")
    tags = ("py3-none-any", "cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64", "cp39-abi3-win_amd64", "")
    formats = ("cdx", "spdx", "spdx3")
    for _ in range(200):
        parts = ["sbom", chosen.choice(("wheel", "source"))]
        parts += [word for word in (chosen.choice(words), chosen.choice(tags)) if word and chosen.random() < 0.5]
        written = f"{'-'.join(parts)}.{chosen.choice(formats)}.json"
        name = lay_out([*WHOLE, f"sbom/N-{written}"], "N", "V", ReleaseNaming.CONVENTIONAL)
        assert written in {file.name for file in name}
        assert media_type_of(written) == media_type_of(f"N-V-{written}")


def test_media_types_of_conventional_names() -> None:
    assert media_type_of("build-provenance.json") == media_type_of("N-V-provenance.intoto.json")
    assert media_type_of("N-V-gate.json.bundle") == media_type_of("N-V-gate.json.sigstore.json")
