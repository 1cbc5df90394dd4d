"""The whole gate on `soar` beside the way it is done by hand: lock after lock, with the tools that there are."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks import peers
from tests.benchmarks.measure import run
from tests.benchmarks.row import Aim, Row, Sample, Side, compared
from tests.fakes.osv import serve, serve_snapshot

if TYPE_CHECKING:
    from tests.benchmarks.spine import Case

GATES = (
    "check_locks --reproducible & check_hashes --bytes & check_vulnerabilities --second-opinion"
    " & check_malware & check_publishers"
)
ENDED = (0, 4, 5)
"""`soar` has known vulnerabilities, and not every index has attestations: what counts here is the time."""


def whole_gate_by_hand(data: Path, scratch: Path) -> Iterator[Row]:
    """All gates on all locks of soar from empty caches / per lock: uv, pip-audit, pip download."""
    soar, snapshot = data / "projects" / "soar", data / "advisories" / "osv-pypi.zip"
    locks = sorted(path.parent for path in soar.rglob("requirements.cdx.json"))
    ours = run(_ours(soar, snapshot, scratch), cwd=scratch, expected=ENDED).seconds
    records = [json.loads(path.read_bytes()) for path in (scratch / "dist" / "records").glob("*.json")]
    last = max(records, key=lambda record: str(record["finished"]))["stage"]
    counts = next(record["counts"] for record in records if record["stage"] == "check_locks")
    limit = f"the last to end is {last}, and uv resolves {counts['resolved']} times for {counts['recompiled']} locks"
    project = scratch / "soar"
    shutil.copytree(soar, project, copy_function=shutil.copyfile)
    with serve(serve_snapshot(snapshot)) as service:
        theirs = sum(_by_hand(project / lock.relative_to(soar), service.url, scratch) for lock in locks)
    by_hand = peers.Peer("by hand", f"(uv {peers.find('uv').version}, pip-audit {peers.find('pip-audit').version})")
    did = "lock after lock: uv pip compile with a clean cache, pip-audit, pip download"
    yield from compared(
        f"whole gate on soar, {len(locks)} locks, empty caches, the real index",
        Side(peers.ours(), f"five gates at the same time; {limit}", Sample((ours,))),
        [Side(by_hand, did, Sample((theirs,)))],
        Aim(times=40),
    )


def _ours(project: Path, snapshot: Path, scratch: Path) -> list[str]:
    folders = ["--dist", str(scratch / "dist"), "--artifacts", str(scratch / "artifacts")]
    shared = ["--project", str(project), *folders, "--cache", str(scratch / "cache"), "--version", "v3.0.0"]
    module = "ops.supply_chain.runner.pipeline"
    return [sys.executable, "-Im", module, GATES, "--", *shared, "--advisories", str(snapshot)]


def _by_hand(folder: Path, service: str, scratch: Path) -> float:
    lock, clean = folder / "requirements.txt", scratch / "clean"
    moment = next(line for line in lock.read_text().splitlines() if line.startswith("# uv-compiled-at: "))
    uv = str(Path(sys.executable).with_name("uv"))
    compile_ = [uv, "pip", "compile", "--generate-hashes", "--exclude-newer", moment.split()[-1]]
    again = [*compile_, "requirements.in", "-o", str(scratch / "again.txt"), "--cache-dir", str(clean)]
    audit = [sys.executable, "-m", "pip_audit", "--strict", "--disable-pip", "--require-hashes", "-r", str(lock)]
    fetch = [sys.executable, "-m", "pip", "download", "--require-hashes", "--no-deps", "-r", str(lock)]
    seconds = run(again, cwd=folder).seconds
    seconds += run([*audit, "-s", "osv", "--osv-url", f"{service}/v1/query"], cwd=folder, expected=(0, 1)).seconds
    seconds += run([*fetch, "-d", str(scratch / "files"), "--no-cache-dir"], cwd=folder).seconds
    for leftover in (clean, scratch / "files"):
        shutil.rmtree(leftover, ignore_errors=True)
    (scratch / "again.txt").unlink()
    return seconds


CASES: tuple[Case, ...] = (whole_gate_by_hand,)
