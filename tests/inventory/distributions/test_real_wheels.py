"""Real wheels of all kinds, compared with what pip downloaded and what `importlib.metadata` reads of them."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain.adapters.tools.schemas import schema_problems
from ops.supply_chain.contracts.config.sbom import SbomFormat
from ops.supply_chain.contracts.files.wheel_contents import WheelContents
from ops.supply_chain.core import canonical
from ops.supply_chain.core.names import normalise
from ops.supply_chain.formats.archives.distribution import feed_files
from ops.supply_chain.gather.gates.wheel_contents import open_wheel
from ops.supply_chain.inventory.checks.own_output import aggregate_problems
from ops.supply_chain.inventory.distributions.contents import ContentsReader
from ops.supply_chain.inventory.distributions.describe import ReleasedDistribution, describe_distribution
from ops.supply_chain.inventory.model.contents import ContentPart, EvidenceKind
from ops.supply_chain.inventory.model.document import Document
from ops.supply_chain.inventory.writers.outputs import outputs_for
from tests.inventory.distributions.support import locked

pytestmark = pytest.mark.online

WHEELS: dict[str, dict[str, str]] = {
    "psycopg2-binary==2.9.13": {"openssl": "3.5.8", "postgresql": "", "krb5": "1.15.1", "openldap": ""},
    "pillow==13.0.0": {
        "libpng": "1.6.58",
        "libjpeg-turbo": "3.2.0",
        "libtiff": "4.7.2",
        "brotli": "1.2.0",
        "freetype": "2.14.3",
    },
    "h5py==3.16.0": {"hdf5": "2.0.0", "libaec": ""},
    "numpy==2.4.6": {"openblas": "0.3.31.188.0", "gcc-runtime": ""},
    "scipy==1.17.1": {"openblas": "0.3.30", "gcc-runtime": ""},
    "shapely==2.2.0": {"geos": "3.14.1"},
    "pyzmq==27.3.0": {"zeromq": "", "libsodium": ""},
    "cryptography==50.0.2": {"openssl": "4.0.3"},
    "lxml==6.1.3": {"zlib": "1.3.2"},
    "grpcio==1.85.3": {"zlib": "1.3.1.1"},
    "pip==26.3": {},
    "setuptools==84.2.1": {},
    "requests==2.34.2": {},
    "urllib3==2.8.0": {},
    "rich==15.0.0": {},
    "flask==3.1.3": {},
    "jinja2==3.1.6": {},
    "click==8.5.1": {},
    "pydantic-core==2.50.5": {},
    "orjson==3.13.0": {},
    "ruff==0.17.6": {},
    "bcrypt==5.0.0": {},
    "pyyaml==6.0.4": {},
    "markupsafe==3.0.4": {},
    "pandas==3.1.1": {},
    "pythainlp==5.4.0": {},
}
"""Wheels for Linux on x86-64, and the libraries in them: a version, or nothing where no evidence states one."""

VENDORED = {"pip==26.3": {"urllib3", "requests", "setuptools"}, "setuptools==84.2.1": {"packaging", "more-itertools"}}
DECLARED = {"cryptography==50.0.2", "pythainlp==5.4.0", "pydantic-core==2.50.5", "orjson==3.13.0", "ruff==0.17.6"}
PLATFORMS = ("manylinux_2_28_x86_64", "manylinux_2_27_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64")


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Download the wheels with pip, each with the digest that pip checked."""
    folder = tmp_path_factory.mktemp("wheels")
    platforms = [word for name in PLATFORMS for word in ("--platform", name)]
    options = ["download", "-q", "--no-deps", "--only-binary", ":all:", "--python-version", "3.11", *platforms]
    subprocess.run([sys.executable, "-m", "pip", *options, "-d", str(folder), *WHEELS], check=True, timeout=300)
    found = {}
    for path in sorted(folder.glob("*.whl")):
        name, version = path.name.split("-")[:2]
        found[f"{normalise(name)}=={version}"] = path
    return found


def described(path: Path) -> Document:
    reader = ContentsReader()
    with path.open("rb") as file:
        feed_files(file, path.name, reader.take, reader.take_link)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    tags = "-".join(path.stem.split("-")[2:])
    return describe_distribution(ReleasedDistribution(path.name, True, tags, digest), reader.contents(), locked())


@pytest.mark.parametrize("name", WHEELS)
def test_a_wheel_is_described_as_pip_and_importlib_see_it(wheels: dict[str, Path], tmp_path: Path, name: str) -> None:
    path = wheels[name]
    document = described(path)
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path)
    [installed] = importlib.metadata.distributions(path=[str(tmp_path)])
    assert (document.root.package.key, document.root.package.version) == (
        normalise(installed.metadata["Name"]),
        installed.version,
    )
    assert document.distribution is not None
    assert {file.path for file in document.distribution.files} == {str(file) for file in installed.files or ()}
    recorded = {str(file): file.hash.value for file in installed.files or () if file.hash}
    assert {
        file.path: _record(file.sha256) for file in document.distribution.files if file.path in recorded
    } == recorded
    required = {normalise(re.split(r"[^A-Za-z0-9._-]", text)[0]) for text in installed.requires or ()}
    assert {component.package.key for component in document.components if component.part is None} == required
    _contains(name, document)
    _is_valid(document)


def _contains(name: str, document: Document) -> None:
    bundled = {part.package.name: part for part in document.components if part.part is ContentPart.BUNDLED}
    for library, version in WHEELS[name].items():
        assert bundled[library].package.version == version
        assert not version or any(entry.field == "version" for entry in bundled[library].evidence)
    declared = {part.package.name: part for part in document.components if part.part is ContentPart.DECLARED}
    assert bool(declared) is (name in DECLARED or name in ("pillow==13.0.0", "psycopg2-binary==2.9.13"))
    assert all(entry.kind is EvidenceKind.SBOM for part in declared.values() for entry in part.evidence)
    vendored = {part.package.key for part in document.components if part.part is ContentPart.VENDORED}
    assert vendored >= VENDORED.get(name, set())


def _is_valid(document: Document) -> None:
    for output in outputs_for([SbomFormat.CYCLONEDX_1_6]):
        made = output.writer.render(document)
        data = b"".join(made.chunks)
        assert aggregate_problems(made, lambda plain: schema_problems(plain, "1.6")) == []
        assert b"file://" not in data
        plain: Any = json.loads(data)
        assert plain["metadata"]["component"]["hashes"]


def _record(sha256: str) -> str:
    import base64

    return base64.urlsafe_b64encode(bytes.fromhex(sha256)).decode().rstrip("=")


RECORDED = {
    "psycopg2-binary==2.9.13": {"openssl", "krb5-libs"},
    "pillow==13.0.0": {"libpng", "libXau", "fribidi-shim"},
    "cryptography==50.0.2": {"openssl", "asn1"},
    "pydantic-core==2.50.5": {"ahash"},
    "orjson==3.13.0": {"itoap"},
    "numpy==2.4.6": {"openblas"},
    "pythainlp==5.4.0": {"attacut"},
    "requests==2.34.2": set(),
}


@pytest.mark.parametrize("name", RECORDED)
def test_what_a_dependency_contains_is_recorded_without_traces_of_its_builder(
    wheels: dict[str, Path], name: str
) -> None:
    path = wheels[name]
    package, _, version = name.partition("==")
    with path.open("rb") as file:
        wheel = open_wheel(file, package, version, path.name)
    assert (wheel.problem, wheel.sha256) == ("", hashlib.sha256(path.read_bytes()).hexdigest())
    assert {part.name for part in wheel.components} >= RECORDED[name]
    text = canonical.encode(WheelContents(schema="wheel-contents/1", wheels=(wheel,)))
    assert not re.search(rb"file:|/home/|/Users/|/project/|/github/", text)
    assert normalise(package) not in {normalise(part.name) for part in wheel.components}
