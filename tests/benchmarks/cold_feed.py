"""Benchmarks of the first answer from a new snapshot, next to osv-scanner: the shared sample, and as many records as the public feed."""

from __future__ import annotations

import json
import shutil
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.benchmarks import peers
from tests.benchmarks.measure import Command, Measured, alternating, run
from tests.benchmarks.row import Aim, Side, compared

if TYPE_CHECKING:
    from tests.benchmarks.row import Row
    from tests.benchmarks.spine import Case

PUBLIC_RECORDS = 20_000
"""OSV's feed of PyPI has about so many."""

SAMPLE_SECONDS = 0.85
EXPECTED = (0, 1, 4, 5)
"""`soar` has vulnerabilities, and the snapshot of the shared data is old: what counts here is the time."""

SCANNER_LAYOUT = Path("osv-scalibr") / "PyPI" / "all.zip"
LONGEST_WAIT_SECONDS = 30


def first_answer(data: Path, scratch: Path) -> Iterator[Row]:
    """The vulnerabilities of soar from a snapshot that no run has read before, and osv-scanner on the same snapshot."""
    soar, sample, public = data / "projects" / "soar", data / "advisories" / "osv-pypi.zip", scratch / "public.zip"
    write_larger(public, sample, records=PUBLIC_RECORDS)
    yield from _compared(soar, sample, scratch / "sample", Aim(most=SAMPLE_SECONDS, times=1))
    yield from _compared(soar, public, scratch / "public", Aim(times=1))


CASES: tuple[Case, ...] = (first_answer,)


def write_larger(path: Path, source: Path, *, records: int) -> None:
    """Write a snapshot with the records of another one, and copies of them about other packages until there are so many."""
    with zipfile.ZipFile(source) as given, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        names = given.namelist()
        for number in range(records):
            turn, place = divmod(number, len(names))
            data = given.read(names[place])
            name = f"{turn}-{names[place]}" if turn else names[place]
            made.writestr(zipfile.ZipInfo(name), _about_others(data, turn) if turn else data, zipfile.ZIP_DEFLATED)


def _about_others(data: bytes, turn: int) -> bytes:
    document: dict[str, Any] = json.loads(data)
    document["id"] = f"{document['id']}-{turn}"
    document["aliases"] = [f"{alias}-{turn}" for alias in document.get("aliases") or ()]
    for entry in document.get("affected") or ():
        entry["package"]["name"] = f"{entry['package']['name']}-{turn}"
    return json.dumps(document, ensure_ascii=False).encode()


def _compared(project: Path, snapshot: Path, scratch: Path, aim: Aim) -> Iterator[Row]:
    with zipfile.ZipFile(snapshot) as archive:
        records = len(archive.namelist())
    scanner = peers.find("osv-scanner")
    databases = scratch / "databases"
    copy = databases / SCANNER_LAYOUT
    copy.parent.mkdir(parents=True)
    shutil.copyfile(snapshot, copy)
    sides: dict[str, Callable[[], Measured]] = {"ours": lambda: _first(project, snapshot, scratch)}
    if scanner.path:
        words = [scanner.path, "scan", "source", "--offline", "--local-db-path", str(databases), "-r", str(project)]
        sides["theirs"] = lambda: run(words, cwd=scratch, expected=EXPECTED)
    seen = alternating(sides)
    ours = Side(peers.ours(), "from the zip, its index written afterwards by another process", seen["ours"])
    peer = Side(scanner, "scan source --offline", seen["theirs"]) if scanner.path else scanner
    yield from compared(
        f"vulnerabilities of soar, first answer from a new snapshot of {records:,} records", ours, [peer], aim
    )


def _first(project: Path, snapshot: Path, scratch: Path) -> Measured:
    """Run the gate with an empty cache."""
    cache = scratch / "cache"
    folders = ["--dist", str(scratch / "dist"), "--cache", str(cache), "--version", "v1"]
    gate = [sys.executable, "-Im", "ops.supply_chain.check_vulnerabilities", "--project", str(project), *folders]
    return first_run(Command([*gate, "--advisories", str(snapshot)], scratch, expected=EXPECTED), cache)


def first_run(command: Command, cache: Path) -> Measured:
    """Run a command with an empty cache, and then wait for the index, which must not take part in the next measurement."""
    shutil.rmtree(cache, ignore_errors=True)
    measured = command.run()
    wait_for_index(cache)
    return measured


def wait_for_index(cache: Path) -> None:
    """Wait until the process that a first answer leaves behind has written the index of the snapshot.

    Raises:
        RuntimeError: It does not.
    """
    deadline = time.monotonic() + LONGEST_WAIT_SECONDS
    while not any((cache / "advisories").glob("*.sqlite")):
        if time.monotonic() > deadline:
            raise RuntimeError("the index was not written")
        time.sleep(0.05)
