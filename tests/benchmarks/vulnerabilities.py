"""Benchmarks of the vulnerability gate: beside pip-audit and `uv audit`, and at scale."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks import peers
from tests.benchmarks.advisories import write_snapshot
from tests.benchmarks.cold_feed import SCANNER_LAYOUT, first_run
from tests.benchmarks.measure import Command, Measured, alternating, repeated, run
from tests.benchmarks.row import Aim, Row, Sample, Side, alone, compared
from tests.benchmarks.synthetic import write_project
from tests.fakes.osv import serve, serve_snapshot

if TYPE_CHECKING:
    from tests.benchmarks.spine import Case

DISTANCE_SECONDS = 0.02
"""How far away the service is in the second measurement: about what a near one on the internet is."""

RECORDS = 16_000
PINS = 700
EXPECTED = (0, 1, 4)
"""Exit codes of tools that found something."""

NEVER_CLEAR = (0, 1, 4, 5)
"""And of a snapshot that is too old to be clear by."""

AUDIT_TIMES, AUDIT_TIMES_FAR = 7, 20
"""How many times as fast as pip-audit a gate should be, next to the service and at a distance."""

OF_ASKING = "profile of 2026-11-29: 0.40 s of the processor, 0.11 start and imports, 0.16 HTTP client, TLS and answer, 0.13 lock, matching and record"
OF_READING = "profile of 2026-11-29: 0.29 s of the processor, 0.11 start and imports, 0.05 lock, 0.04 digest of the snapshot and rows of its index, 0.09 all else"
"""What a run consists of, by a profile of 2026-11-29 on the machine of the table: seven times as fast leaves 0.22 to 0.26 s."""


class _Distant(list[str]):
    """Where a service notes its requests: noting takes as long as the way there and back."""

    def append(self, item: str) -> None:
        time.sleep(DISTANCE_SECONDS)
        super().append(item)


def one_lock_three_tools(_data: Path, scratch: Path) -> Iterator[Row]:
    """A lock of 700 pins, all tools asking the same service on loopback; ours from the snapshot as well."""
    snapshot = scratch / "osv.zip"
    write_snapshot(snapshot, records=RECORDS, packages=5000, share=0.1)
    project = scratch / "one"
    write_project(project, locks=1, pins=PINS, distinct=PINS)
    [lock] = project.rglob("requirements.txt")
    _write_uv_project(scratch / "uv", lock)
    with serve(serve_snapshot(snapshot)) as service:
        near, far = "at no distance", f"at {DISTANCE_SECONDS * 1000:.0f} ms"
        for distance, aim in ((near, Aim(times=AUDIT_TIMES)), (far, Aim(times=AUDIT_TIMES_FAR))):
            seen = _asking(service.url, snapshot, project, lock, scratch)
            what = f"vulnerabilities of {PINS} pins, {RECORDS:,} records, one OSV service {distance}"
            audit, uv = (
                Side(peers.find("pip-audit"), "", seen["pip-audit"]),
                Side(peers.find("uv"), "audit", seen["uv"]),
            )
            ours = Side(peers.ours(), f"asking it ({OF_ASKING})", seen["asking"])
            local = Side(peers.ours(), f"from the snapshot, warm index ({OF_READING})", seen["local"])
            yield from compared(what, ours, [audit], aim)
            yield from compared(what, ours, [uv], Aim(times=1))
            yield from compared(what, local, [audit], aim)
            service.requests = _Distant()


def _asking(url: str, snapshot: Path, project: Path, lock: Path, scratch: Path) -> dict[str, Sample]:
    """Run ours, asking and from the snapshot, pip-audit and `uv audit`, in turn."""
    (project / ".security-config.toml").write_text(f'[feeds]\nosv_api = "{url}"\n')
    pip_audit = [sys.executable, "-m", "pip_audit", "-r", str(lock), "--strict", "--disable-pip", "--require-hashes"]
    pip_audit += ["--vulnerability-service", "osv", "--osv-url", f"{url}/v1/query", "--progress-spinner", "off"]
    uv = [peers.find("uv").path, "audit", "--frozen", "--service-url", url]
    commands = {
        "asking": _gate(project, scratch, "--source", "api"),
        "local": _gate(project, scratch, "--advisories", str(snapshot)),
        "pip-audit": [*pip_audit, "--cache-dir", str(scratch / "pip-audit")],
        "uv": [*uv, "--project", str(scratch / "uv"), "--no-python-downloads"],
    }
    for name in ("asking", "local", "uv"):  # pip-audit keeps nothing of this service
        run(commands[name], cwd=scratch, expected=EXPECTED)
    sides = {name: Command(words, scratch, expected=EXPECTED).run for name, words in commands.items()}
    return alternating(sides, warm=False)


def soar_next_to_osv_scanner(data: Path, scratch: Path) -> Iterator[Row]:
    """The vulnerabilities of `soar` from the same snapshot again: our index, and the database of osv-scanner, are there."""
    soar, snapshot = data / "projects" / "soar", data / "advisories" / "osv-pypi.zip"
    scanner, databases = peers.find("osv-scanner"), scratch / "databases"
    copy = databases / SCANNER_LAYOUT
    copy.parent.mkdir(parents=True)
    shutil.copyfile(snapshot, copy)
    gate = Command(_gate(soar, scratch, "--advisories", str(snapshot)), scratch, expected=NEVER_CLEAR)
    sides: dict[str, Callable[[], Measured]] = {"ours": gate.run}
    if scanner.path:
        words = [scanner.path, "scan", "source", "--offline", "--local-db-path", str(databases), "-r", str(soar)]
        sides["theirs"] = Command(words, scratch, expected=NEVER_CLEAR).run
    first_run(gate, scratch / "cache")
    seen = alternating(sides)
    peer = Side(scanner, "scan source --offline", seen["theirs"]) if scanner.path else scanner
    ours = Side(peers.ours(), "warm index", seen["ours"])
    yield from compared("vulnerabilities of soar, the same snapshot again", ours, [peer], Aim(times=2))


def many_locks(_data: Path, scratch: Path) -> Iterator[Row]:
    """2,000 locks with 250 pins each against 16,000 advisories."""
    snapshot = scratch / "osv.zip"
    write_snapshot(snapshot, records=RECORDS, packages=8000, share=0.1)
    write_project(scratch / "large", locks=2000, pins=250, distinct=5000)
    words = _gate(scratch / "large", scratch, "--advisories", str(snapshot))
    gate = Command(words, scratch, expected=EXPECTED)
    cold = repeated(lambda: first_run(gate, scratch / "cache"))
    warm = repeated(gate.run, warm=True)
    what = "vulnerabilities of 2,000 locks with 250 pins each (5,000 distinct), 16,000 advisories"
    yield alone(f"{what}, warm index", warm, Aim(most=5, megabytes=500))
    yield alone(f"{what}, a new snapshot", cold, Aim(most=8))


CASES: tuple[Case, ...] = (one_lock_three_tools, soar_next_to_osv_scanner, many_locks)


def _gate(project: Path, scratch: Path, *options: str) -> list[str]:
    folders = ["--dist", str(scratch / "dist"), "--cache", str(scratch / "cache"), "--version", "v1"]
    module = "ops.supply_chain.check_vulnerabilities"
    return [sys.executable, "-Im", module, "--project", str(project), *folders, *options]


def _write_uv_project(folder: Path, lock: Path) -> None:
    """Write a project whose `uv.lock` has the pins of a requirements lock."""
    pins = [line.split(" ")[0].split("==") for line in lock.read_text().splitlines() if "==" in line]
    folder.mkdir()
    wanted = ", ".join(f'"{name}=={version}"' for name, version in pins)
    text = f'[project]\nname = "bench"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = [{wanted}]\n'
    (folder / "pyproject.toml").write_text(text)
    registry = 'source = { registry = "https://pypi.org/simple" }'
    packages = [
        f'[[package]]\nname = "{name}"\nversion = "{version}"\n{registry}\n'
        f'sdist = {{ url = "https://files.example/{name}-{version}.tar.gz", hash = "sha256:{"0" * 64}", size = 1 }}\n'
        for name, version in pins
    ]
    own = ", ".join(f'{{ name = "{name}" }}' for name, _ in pins)
    requires = ", ".join(f'{{ name = "{name}", specifier = "=={version}" }}' for name, version in pins)
    packages.append(
        f'[[package]]\nname = "bench"\nversion = "1"\nsource = {{ virtual = "." }}\ndependencies = [{own}]\n'
        f"[package.metadata]\nrequires-dist = [{requires}]\n"
    )
    (folder / "uv.lock").write_text('version = 1\nrevision = 3\nrequires-python = ">=3.11"\n\n' + "\n".join(packages))
