"""A made-up advisory snapshot for the made-up project of `synthetic`: OSV records with lists, ranges and aliases."""

from __future__ import annotations

import json
import random
import zipfile
from pathlib import Path
from typing import Any

from tests.benchmarks.synthetic import SEED

VERSIONS = [f"{major}.{minor}.{patch}" for major in range(9) for minor in range(17) for patch in range(5)]
"""In the order of PEP 440: the versions that `synthetic` pins, of every package."""


def write_snapshot(path: Path, *, records: int, packages: int, share: float) -> None:
    """Write a snapshot with one record a member.

    Args:
        path: The zip.
        records: How many records; every other one shares an alias with the one before it.
        packages: How many packages they are spread over, the first ones of the project's pool.
        share: How much of a package's history a record affects, from its beginning, at most.
    """
    choose = random.Random(SEED)  # noqa: S311 - made-up data, the same each time
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(records):
            document = _record(number, (number // 2) % packages, choose, share)
            archive.writestr(zipfile.ZipInfo(f"{document['id']}.json"), json.dumps(document), zipfile.ZIP_DEFLATED)


def _record(number: int, package: int, choose: random.Random, share: float) -> dict[str, Any]:
    end = max(1, int(len(VERSIONS) * share * choose.random()))
    events = [{"introduced": "0"}, {"fixed": VERSIONS[end]}]
    affected = {
        "package": {"ecosystem": "PyPI", "name": f"package-{package:05d}"},
        "ranges": [{"type": "ECOSYSTEM", "events": events}],
        "versions": VERSIONS[max(0, end - 60) : end],
    }
    prefix = ("PYSEC-2026", "GHSA-aaaa-bbbb")[number % 2]
    vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:N"
    return {
        "schema_version": "1.7.5",
        "id": f"{prefix}-{number}",
        "aliases": [f"CVE-2026-{number // 2}"],
        "modified": "2026-10-01T00:00:00Z",
        "published": "2026-09-01T00:00:00Z",
        "summary": "A made-up weakness",
        "details": "It goes on for some lines. " * 40,
        "severity": [{"type": "CVSS_V3", "score": vector}],
        "affected": [affected],
    }
