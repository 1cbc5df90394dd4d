"""The rules for single values."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ops.supply_chain.formats.shape import ROOT, json_path
from ops.supply_chain.inventory.checks.values import (
    Report,
    digest_fault,
    purl_fault,
    timestamp_fault,
)

DIGESTS = {
    "cyclonedx spelling": ("SHA-256", "a" * 64, ""),
    "spdx 2 spelling": ("SHA3-256", "A" * 64, ""),
    "spdx 3 spelling": ("sha3_512", "0" * 128, ""),
    "unknown algorithm": ("Whirlpool", "ab", ""),
    "too short": ("SHA-256", "a" * 40, "expected 64 hexadecimal digits for SHA-256, found 40"),
    "another algorithm's": ("MD5", "a" * 40, "expected 32 hexadecimal digits for MD5, found 40"),
    "not hexadecimal": ("SHA-1", "g" * 40, f"expected hexadecimal digits, found {'g' * 40!r}"),
    "empty": ("SHA-1", "", "expected hexadecimal digits, found ''"),
    "a line feed at the end": ("MD5", "a" * 32 + "\n", f"expected hexadecimal digits, found {'a' * 32 + chr(10)!r}"),
}


@pytest.mark.parametrize("name", DIGESTS)
def test_digests(name: str) -> None:
    algorithm, digest, fault = DIGESTS[name]
    assert digest_fault(algorithm, digest) == fault


@pytest.mark.parametrize(
    "moment",
    ["2026-11-20T00:00:00Z", "2026-11-20t00:00:00.123456z", "2026-11-20T00:00:00+05:30", "2016-12-31T23:59:60Z"],
)
def test_good_moments(moment: str) -> None:
    assert timestamp_fault(moment) == ""


@pytest.mark.parametrize(
    "moment",
    ["2026-11-20T00:00:00", "2026-11-20", "2026-13-20T00:00:00Z", "20261120T000000Z", "", "2026-11-20T00:00:00Z\n"],
)
def test_bad_moments(moment: str) -> None:
    assert timestamp_fault(moment) == f"expected an RFC 3339 timestamp with a time zone, found {moment!r}"


PURLS = {
    "itself": ("pkg:pypi/idna@3.20", "idna", "3.20", "", ""),
    "another spelling of the name": ("pkg:pypi/zope.interface@1", "Zope_Interface", "1", "", ""),
    "no version in the purl": ("pkg:pypi/idna", "idna", "3.20", "", ""),
    "no version in the document": ("pkg:pypi/idna@3.20", "idna", "", "", ""),
    "an npm scope": ("pkg:npm/%40angular/core@1", "@angular/core", "1", "", ""),
    "a title": ("pkg:github/FreeRTOS/FreeRTOS@V10.3.1", "FreeRTOS Real Time Kernel", "10.3.1", "", ""),
    "a go version": ("pkg:golang/github.com/x/y@v1.0", "github.com/x/y", "1.0", "", ""),
    "an image by digest": ("pkg:oci/curator@sha256:00", "sha256:00", "", "", ""),
    "a commit": ("pkg:github/spdx/tools-java@2235d5d", "tools-java", "1.5.1", "", ""),
    "not a purl": ("not a purl", "idna", "", "", "expected a package URL, found 'not a purl'"),
    "another name": (
        "pkg:pypi/idna2@3.20",
        "idna",
        "3.20",
        "",
        "expected the purl of 'idna', found 'pkg:pypi/idna2@3.20'",
    ),
    "another version": (
        "pkg:pypi/idna@3.21",
        "idna",
        "3.20",
        "",
        "expected the purl of version '3.20', found 'pkg:pypi/idna@3.21'",
    ),
    "a namespace": ("pkg:pypi/x/idna@1", "idna", "1", "", "expected a pypi purl without namespace"),
    "another package": ("pkg:maven/org.acme/myapplication@1", "mylibrary", "1", "", "expected the purl of 'mylibrary'"),
    "on a container": ("pkg:pypi/idna@1", "idna", "1", "container", "expected no pypi purl on a component of type"),
}


@pytest.mark.parametrize("name", PURLS)
def test_purls(name: str) -> None:
    purl, package, version, kind, fault = PURLS[name]
    found = purl_fault(purl, package, version, kind)
    assert found.startswith(fault) if fault else found == ""


def test_every_pypi_purl_of_the_purl_test_suite_is_told_right(shared_data: Path) -> None:
    seen = 0
    for path in sorted((shared_data / "purl").rglob("*pypi*test*.json")):
        for case in json.loads(path.read_text())["tests"]:
            if case.get("test_type") != "parse" or not isinstance(case.get("input"), str):
                continue
            seen += 1
            expected = case.get("expected_output") or {}
            fault = purl_fault(case["input"], expected.get("name") or "x", expected.get("version") or "")
            assert bool(fault) == bool(case.get("expected_failure")), case
    assert seen


def test_a_place_is_written_as_a_json_path() -> None:
    assert json_path((((ROOT, "components"), 3), "bom-ref")) == "$.components[3]['bom-ref']"
    assert json_path(ROOT) == "$"


def test_the_same_problem_twice_counts_once() -> None:
    report = Report()
    report.add("x", ROOT, "m")
    report.add("x", ROOT, "m")
    assert [problem.message for problem in report.problems()] == ["m"]
