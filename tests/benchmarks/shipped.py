"""Benchmark of the gate over what was shipped: many retained releases against a feed that is new."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.benchmarks.advisories import write_snapshot
from tests.benchmarks.cold_feed import first_run
from tests.benchmarks.measure import Command, repeated
from tests.benchmarks.row import Aim, Row, alone
from tests.benchmarks.synthetic import write_project
from tests.fakes.retained_releases import RetainedReleases

if TYPE_CHECKING:
    from tests.benchmarks.spine import Case

RELEASES, PINS, POOL = 100, 300, 600
RECORDS = 16_000
EXPECTED = (4,)


def scan_of_retained_releases(_data: Path, scratch: Path) -> Iterator[Row]:
    """100 retained releases of 300 pins each, of which three change from one to the next; today's lock has the last."""
    project = scratch / "project"
    write_project(project, locks=1, pins=PINS, distinct=POOL)
    (project / ".security-config.toml").write_text('component_name = "thing"\n[releases]\nsupported = "90 years"\n')
    retain(scratch / "artifacts")
    feed = scratch / "osv.zip"
    write_snapshot(feed, records=RECORDS, packages=5000, share=0.1)
    folders = ["--dist", str(scratch / "dist"), "--artifacts", str(scratch / "artifacts")]
    options = ["--cache", str(scratch / "cache"), "--advisories", str(feed), "--version", "v1"]
    command = [sys.executable, "-Im", "ops.supply_chain.check_releases", "--project", str(project), *folders, *options]
    cache = scratch / "cache"
    gate = Command(command, scratch, expected=EXPECTED)
    new = repeated(lambda: first_run(gate, cache))
    again = repeated(gate.run, warm=True)
    what = f"scan of {RELEASES} retained releases of {PINS} pins each, 16,000 records"
    yield alone(f"{what}, a new feed", new, Aim(most=2))
    yield alone(f"{what}, the same feed again", again, Aim(most=2))


def retain(artifacts: Path) -> None:
    """Retain the releases, with SBOMs as large as those that sealwright writes."""
    releases = RetainedReleases(artifacts)
    for number in range(RELEASES):
        parts = [_component((number * 3 + place) % POOL) for place in range(PINS)]
        day = date(2026, 1, 1) + timedelta(days=number)
        releases.add(f"1.{number}", {}, day=day, others=parts)


def _component(number: int) -> dict[str, Any]:
    name, version = f"package-{number:05d}", f"{number % 9}.{number % 17}.{number % 5}"
    purl = f"pkg:pypi/{name}@{version}"
    digests = [hashlib.sha256(f"{purl}{index}".encode()).hexdigest() for index in range(4)]
    files = [
        {"type": "distribution", "url": f"https://files.example/{digest}/{name}-{version}.tar.gz", "hashes": [{"alg": "SHA-256", "content": digest}]}
        for digest in digests
    ]  # fmt: skip
    return {
        "type": "library",
        "bom-ref": purl,
        "name": name,
        "version": version,
        "purl": purl,
        "description": "A made-up package that does one thing",
        "scope": "required",
        "licenses": [{"license": {"id": "MIT"}}],
        "hashes": [{"alg": "SHA-256", "content": digest} for digest in digests],
        "externalReferences": files,
        "evidence": {
            "identity": [{"field": "purl", "confidence": 1, "methods": [{"technique": "manifest-analysis", "confidence": 1, "value": "requirements.txt"}]}],
            "occurrences": [{"location": "requirements.txt", "line": number + 1}],
        },
        "properties": [{"name": "sealwright:direct", "value": "false"}, {"name": "sealwright:groups", "value": "main"}],
    }  # fmt: skip


CASES: tuple[Case, ...] = (scan_of_retained_releases,)
