"""SBOMs of the distributions in a release, by the stage that writes them."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain import generate_sbom
from tests.fakes import binaries, distributions
from tests.fakes.distributions import INFO, SDIST, WHEEL

METADATA = distributions.METADATA.replace("\n\n", "\nRequires-Dist: idna>=3\nRequires-Dist: missing\n\n", 1)


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    """A project with one pin, released once without distributions."""
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "requirements.txt").write_text(
        f"# uv-compiled-at: 2026-05-13T07:41:45Z\nidna==3.20 --hash=sha256:{'a' * 64}\n"
    )
    dist = tmp_path / "dist"
    assert run(dist) == 0
    (dist / "packages").mkdir()
    return dist


def run(dist: Path, *more: str) -> int:
    project = dist.parent / "demo"
    return generate_sbom.main(
        ["--project", str(project), "--dist", str(dist), "--version", "v1.0", "--no-enrich", *more]
    )


def wheel() -> bytes:
    files = distributions.wheel_files()
    files[f"{INFO}/METADATA"] = METADATA.encode()
    files["demo.libs/libcrypto-fb8d5b21.so.3"] = binaries.elf(
        "libcrypto-fb8d5b21.so.3", texts=b"\0OpenSSL 3.5.8 25 Aug 2026\0"
    )
    return distributions.wheel(files)


def made(dist: Path, name: str) -> Any:
    return json.loads((dist / "sbom" / name).read_text())


def record(dist: Path) -> Any:
    return json.loads((dist / "records" / "generate_sbom.json").read_text())


def test_each_distribution_has_a_document_in_every_format(dist: Path) -> None:
    before = {path.name: path.read_bytes() for path in (dist / "sbom").iterdir() if path.is_file()}
    (dist / "packages" / WHEEL).write_bytes(wheel())
    (dist / "packages" / SDIST).write_bytes(distributions.sdist())
    assert run(dist) == 0
    after = {path.name: path.read_bytes() for path in (dist / "sbom").iterdir() if path.is_file()}
    endings = ("cdx.json", "spdx.json", "spdx3.json")
    assert set(after) - set(before) == {f"demo-sbom-{kind}.{end}" for kind in ("wheel", "source") for end in endings}
    assert {name: after[name] for name in before} == before
    document = made(dist, "demo-sbom-wheel.cdx.json")
    root = document["metadata"]["component"]
    assert (root["name"], root["version"]) == ("demo", "1.0")
    assert root["hashes"] == [
        {"alg": "SHA-256", "content": hashlib.sha256(wheel()).hexdigest()},
        {"alg": "SHA-512", "content": hashlib.sha512(wheel()).hexdigest()},
    ]
    assert root["externalReferences"] == [{"hashes": root["hashes"], "type": "distribution", "url": WHEEL}]
    found = {
        component["name"]: component.get("version", "")
        for component in document["components"]
        if component["type"] == "library"
    }
    assert found == {"idna": "3.20", "missing": "", "openssl": "3.5.8"}


def test_the_record_counts_and_names_them(dist: Path) -> None:
    plain = record(dist)
    (dist / "packages" / WHEEL).write_bytes(wheel())
    assert run(dist) == 0
    found = record(dist)
    assert {key: value for key, value in found["counts"].items() if key not in plain["counts"]} == {
        "distributions": 1,
        "distribution_files": 8,
        "bundled": 1,
        "vendored": 0,
        "declared": 0,
        "unresolved": 1,
    }
    assert [ref["path"] for ref in found["reads"] if ref["path"].startswith("dist:")] == [f"dist:packages/{WHEEL}"]
    assert "dist:sbom/demo-sbom-wheel.cdx.json" in {ref["path"] for ref in found["writes"]}


def test_a_source_distribution_has_its_files_below_its_folder(dist: Path) -> None:
    (dist / "packages" / SDIST).write_bytes(distributions.sdist())
    assert run(dist) == 0
    document = made(dist, "demo-sbom-source.cdx.json")
    files = {component["name"] for component in document["components"] if component["type"] == "file"}
    assert files == set(distributions.sdist_files())


def test_a_link_is_no_file_and_is_stated(dist: Path) -> None:
    link = distributions.link("demo-1.0/x.py", "demo/cli.py")
    (dist / "packages" / SDIST).write_bytes(distributions.sdist(more=[link]))
    assert run(dist) == 0
    document = made(dist, "demo-sbom-source.cdx.json")
    reasons = [
        entry["value"] for entry in document["metadata"]["properties"] if entry["name"] == "sealwright:incomplete"
    ]
    assert reasons == ["demo-1.0/x.py was not examined (a link)"]
    assert "demo-1.0/x.py" not in {component["name"] for component in document["components"]}


def test_several_wheels_differ_in_their_tags(dist: Path) -> None:
    for tags in ("cp311-cp311-linux_x86_64", "cp311-cp311-win_amd64"):
        (dist / "packages" / f"demo-1.0-{tags}.whl").write_bytes(wheel())
    assert run(dist, "--formats", "spdx-2.3") == 0
    names = {path.name for path in (dist / "sbom").glob("demo-sbom-*")}
    assert names == {f"demo-sbom-wheel-cp311-cp311-{tag}.spdx.json" for tag in ("linux_x86_64", "win_amd64")}


def test_the_time_of_the_files_does_not_matter(dist: Path) -> None:
    path = dist / "packages" / WHEEL
    path.write_bytes(wheel())
    assert run(dist) == 0
    first = (dist / "sbom" / "demo-sbom-wheel.cdx.json").read_bytes()
    os.utime(path, (1, 1))
    assert run(dist) == 0
    assert (dist / "sbom" / "demo-sbom-wheel.cdx.json").read_bytes() == first


@pytest.mark.parametrize(
    ("name", "data"),
    [
        (WHEEL, b"no archive"),
        (WHEEL, wheel()[:-30]),
        (WHEEL, distributions.make_zip([distributions.Entry("x", b"1"), distributions.Entry("x", b"2")])),
        (WHEEL, distributions.wheel({"demo/__init__.py": b""}, record=b"")),
        (SDIST, b"no archive"),
        (SDIST, distributions.sdist({"demo-1.0/x.py": b""})),
    ],
    ids=["no archive", "cut", "two of one name", "no metadata", "sdist: no archive", "sdist: no metadata"],
)
def test_a_distribution_that_cannot_be_read_is_refused_by_name(
    dist: Path, name: str, data: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    (dist / "packages" / name).write_bytes(data)
    assert run(dist) == 3
    assert f"dist/packages/{name}: " in capfd.readouterr().err
    assert list((dist / "sbom").glob("demo-sbom-*")) == []


def test_other_files_in_the_folder_are_not_read(dist: Path) -> None:
    (dist / "packages" / "demo-1.0.whl.attestation").write_text("{}")
    assert run(dist) == 0
    assert list((dist / "sbom").glob("demo-sbom-*")) == []
