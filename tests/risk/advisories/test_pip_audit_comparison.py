"""Our matcher against pip-audit, over every pin of every real lock, from the same snapshot.

pip-audit asks a service on loopback whose matcher is neither ours nor pip-audit's. Each difference is
of one of the kinds named here, and each kind is counted, so that a new one cannot hide among them.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from ops.supply_chain.adapters.files.project_files import ProjectFiles
from ops.supply_chain.adapters.osv.snapshot import Feed, open_feed
from ops.supply_chain.contracts.config.locks import LocksConfig
from ops.supply_chain.contracts.values.advisory import Status, Vulnerability, parse_version
from ops.supply_chain.contracts.values.lock import Lock, PinSourceKind
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.dependencies.locks.project import find_locks
from ops.supply_chain.dependencies.locks.read import read_lock
from ops.supply_chain.risk.advisories.matching import Matcher
from tests.fakes.osv import serve, serve_snapshot

AWKWARD = {"django", "torch", "keras", "gradio", "apache-airflow", "exiv2", "datasette", "salt", "plone"}
"""Many records, bounds that cannot be ordered, silent records."""

AT_TORCH_2_6_0 = {f"PYSEC-2025-{number}" for number in (189, 190, 192, 193, 194, 195, 196, 197)}
"""Last affected is `2.6.0-NA` or `2.6.0-cu124`."""

UNORDERABLE = AT_TORCH_2_6_0 | {"PYSEC-2024-264", "PYSEC-2024-266", "PYSEC-2025-210", "PYSEC-2025-85"}
"""All of them end in `last_affected` with a version that PEP 440 cannot order."""

SILENT = {"PYSEC-2019-257", "PYSEC-2024-261", "PYSEC-2025-73", "PYSEC-2025-75", "PYSEC-2025-76"}
"""Neither versions nor ranges: exiv2, gradio, datasette, keras twice."""

NOW = datetime(2026, 11, 20, tzinfo=UTC)
Pin = tuple[str, str]


class Found(NamedTuple):
    package: str
    version: str
    names: frozenset[str]


@pytest.fixture(scope="module")
def pins(shared_data: Path) -> frozenset[Pin]:
    """Every distinct pin that an index serves, in every lock of every project that can be read."""
    found = {
        (entry.pin.name, entry.pin.version)
        for project in sorted((shared_data / "projects").iterdir())
        for lock in _locks(project)
        for entry in lock.entries
        if entry.pin.version and entry.pin.source.kind is PinSourceKind.INDEX
    }
    assert len(found) > 500
    return frozenset(found)


def _locks(project: Path) -> Iterator[Lock]:
    files = ProjectFiles(project)
    for path in find_locks(files, LocksConfig()):
        data = files.read(path)
        try:
            yield read_lock(path, data or b"", files.read)
        except InputError:  # the broken ones among edge-pylock
            continue


@pytest.fixture(scope="module")
def snapshot(shared_data: Path) -> Path:
    return shared_data / "advisories" / "osv-pypi.zip"


@pytest.fixture(scope="module")
def feed(snapshot: Path, feed_cache: Path) -> Iterator[Feed]:
    with open_feed(str(snapshot), cache=feed_cache, now=NOW) as opened:
        yield opened


@pytest.fixture(scope="module")
def aged(pins: frozenset[Pin], feed: Feed) -> frozenset[Pin]:
    """What the real locks may have been once, and what is awkward: old versions, and versions at bounds."""
    found: set[Pin] = set()
    for name, records in feed.advisories({name for name, _ in pins} | AWKWARD).items():
        listed = {version for record in records for version in record.versions}
        bounds = {event.version for record in records for item in record.ranges for event in item.events}
        known = sorted(filter(None, map(parse_version, listed | bounds)))
        found |= {(name, str(known[len(known) * part // 3])) for part in (1, 2) if known}
    found |= {("torch", version) for version in ("2.6.0", "2.6.0+cu124", "2.6.1")}
    assert len(found) > 150
    return frozenset(found)


def _ours(pins: Iterable[Pin], feed: Feed) -> list[Vulnerability]:
    matcher = Matcher(feed.advisories({name for name, _ in pins}), now=NOW)
    return [item for pin in sorted(pins) for item in matcher.match(*pin)]


def _theirs(pins: frozenset[Pin], snapshot: Path, folder: Path) -> set[Found]:
    with serve(serve_snapshot(snapshot)) as service:
        reports = [_pip_audit(layer, service.url, folder) for layer in _layers(pins)]
    told = [(item["name"], item["version"], item.get("vulns")) for report in reports for item in report]
    assert {(name, version) for name, version, _ in told} == pins
    raw: dict[Pin, list[frozenset[str]]] = {}
    for name, version, listed in told:
        assert listed is not None, (name, version)
        raw[name, version] = [frozenset({one["id"], *one["aliases"]}) for one in listed]
    return {Found(*pin, names) for pin, groups in raw.items() for names in _closed(groups)}


def _layers(pins: Iterable[Pin]) -> list[list[Pin]]:
    """Spread the pins so that each requirements file has a package once, as pip-audit wants it."""
    layers: list[dict[str, str]] = []
    for name, version in sorted(pins):
        place = next((layer for layer in layers if name not in layer), None)
        if place is None:
            layers.append(place := {})
        place[name] = version
    return [list(layer.items()) for layer in layers]


def _pip_audit(pins: list[Pin], url: str, folder: Path) -> list[dict[str, Any]]:
    requirements = folder / "requirements.txt"
    requirements.write_text("".join(f"{name}=={version}\n" for name, version in pins))
    command = [
        *(sys.executable, "-m", "pip_audit", "--requirement", str(requirements), "--no-deps", "--disable-pip"),
        *("--strict", "--vulnerability-service", "osv", "--osv-url", f"{url}/v1/query"),
        *("--format", "json", "--progress-spinner", "off", "--cache-dir", str(folder / "cache")),
    ]
    done = subprocess.run(command, capture_output=True, check=False, timeout=300)
    assert done.returncode in (0, 1), done.stderr.decode()
    found: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    return found


def _closed(groups: Iterable[frozenset[str]]) -> set[frozenset[str]]:
    """Join groups that overlap: pip-audit does not join two PYSEC records that share an alias."""
    closed: list[frozenset[str]] = []
    for group in groups:
        apart = [other for other in closed if not other & group]
        closed = [*apart, group.union(*(other for other in closed if other & group))]
    return set(closed)


def _found(item: Vulnerability) -> Found:
    return Found(item.package, item.version, frozenset(item.names))


def _affected(found: Iterable[Vulnerability]) -> set[Found]:
    return {_found(item) for item in found if item.status is Status.AFFECTED}


@pytest.mark.whole
def test_every_real_lock(pins: frozenset[Pin], feed: Feed, snapshot: Path, tmp_path: Path) -> None:
    """No difference at all: neither in what affects, nor in what only we would call undecided."""
    ours = _ours(pins, feed)
    assert len(ours) > 20
    assert {_found(item) for item in ours} == _affected(ours) == _theirs(pins, snapshot, tmp_path)


@pytest.mark.whole
def test_older_and_awkward_pins(aged: frozenset[Pin], feed: Feed, snapshot: Path, tmp_path: Path) -> None:
    ours = _ours(aged, feed)
    affected, theirs = _affected(ours), _theirs(aged, snapshot, tmp_path)
    assert len(theirs) > 500
    assert theirs - affected == set()
    # Where a bound cannot be ordered (2.6.0-NA), the service puts it before everything, so that nothing is
    # affected; we let its release number decide.
    more = affected - theirs
    told = {record for item in ours if _found(item) in more for record in item.records}
    assert told == UNORDERABLE
    assert {item.package for item in ours if _found(item) in more} == {"apache-airflow", "torch"}


@pytest.mark.whole
def test_what_only_we_call_undecided(aged: frozenset[Pin], feed: Feed) -> None:
    """pip-audit says nothing of these; each is a record that does not let anybody decide."""
    undecided = [item for item in _ours(aged, feed) if item.status is not Status.AFFECTED]
    assert {item.status for item in undecided} == {Status.UNDECIDED}
    silent = {record for item in undecided if "does not say" in item.reason for record in item.records}
    assert silent == SILENT
    at_the_bound = {(item.package, item.version, *item.records) for item in undecided if "PEP 440" in item.reason}
    assert at_the_bound == {
        ("torch", version, record) for version in ("2.6.0", "2.6.0+cu124") for record in AT_TORCH_2_6_0
    }
