"""Benchmarks of the vulnerability gate: beside pip-audit and `uv audit`, and at scale."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.advisories import write_snapshot
from tests.benchmarks.measure import Measured, run
from tests.benchmarks.synthetic import write_project
from tests.fakes.osv import serve, serve_snapshot

if TYPE_CHECKING:
    from tests.benchmarks.spine import Case, Row

DISTANCE_SECONDS = 0.02
"""How far away the service is in the second measurement: about what a near one on the internet is."""

RECORDS = 16_000
PINS = 700
EXPECTED = (0, 1, 4)
"""Exit codes of tools that found something."""


class _Distant(list[str]):
    """Where a service notes its requests: noting takes as long as the way there and back."""

    def append(self, item: str) -> None:
        time.sleep(DISTANCE_SECONDS)
        super().append(item)


def one_lock_three_tools(_data: Path, scratch: Path) -> Iterator[Row]:
    """A lock of 700 pins, all tools asking the same service on loopback; ours from the snapshot as well."""
    from tests.benchmarks.spine import Row

    snapshot = scratch / "osv.zip"
    write_snapshot(snapshot, records=RECORDS, packages=5000, share=0.1)
    project = scratch / "one"
    write_project(project, locks=1, pins=PINS, distinct=PINS)
    [lock] = project.rglob("requirements.txt")
    _write_uv_project(scratch / "uv", lock)
    local = _best(_gate(project, scratch, "--advisories", str(snapshot)), scratch).seconds
    with serve(serve_snapshot(snapshot)) as service:
        for distance in ("at no distance", f"at {DISTANCE_SECONDS * 1000:.0f} ms"):
            asking, theirs, uvs = _asking(service.url, project, lock, scratch)
            yield Row(
                f"vulnerabilities of {PINS} pins, {RECORDS} records, asking one OSV service {distance}: sealwright "
                "(from the snapshot, warm index) / pip-audit / uv audit",
                f"{asking:.2f} s ({local:.2f} s) / {theirs:.2f} s / {uvs:.2f} s = "
                f"{theirs / asking:.0f} times ({theirs / local:.0f} times) pip-audit",
                "20 times pip-audit, ahead of uv audit",
            )
            service.requests = _Distant()


def _asking(url: str, project: Path, lock: Path, scratch: Path) -> tuple[float, float, float]:
    """Return the seconds that sealwright, pip-audit and `uv audit` take, all asking one service."""
    (project / ".security-config.toml").write_text(f'[feeds]\nosv_api = "{url}"\n')
    pip_audit = [sys.executable, "-m", "pip_audit", "-r", str(lock), "--strict", "--disable-pip", "--require-hashes"]
    pip_audit += ["--vulnerability-service", "osv", "--osv-url", f"{url}/v1/query", "--progress-spinner", "off"]
    uv = [str(Path(sys.executable).with_name("uv")), "audit", "--frozen", "--service-url", url]
    commands = (
        _gate(project, scratch, "--source", "api"),
        [*pip_audit, "--cache-dir", str(scratch / "pip-audit")],
        [*uv, "--project", str(scratch / "uv"), "--no-python-downloads"],
    )
    ours, theirs, uvs = (_best(command, scratch).seconds for command in commands)
    return ours, theirs, uvs


def many_locks(_data: Path, scratch: Path) -> Iterator[Row]:
    """2,000 locks with 250 pins each against 16,000 advisories."""
    from tests.benchmarks.spine import Row

    snapshot = scratch / "osv.zip"
    write_snapshot(snapshot, records=RECORDS, packages=8000, share=0.1)
    write_project(scratch / "large", locks=2000, pins=250, distinct=5000)
    command = _gate(scratch / "large", scratch, "--advisories", str(snapshot))
    cold, warm = run(command, cwd=scratch, expected=EXPECTED), _best(command, scratch)
    yield Row(
        "vulnerabilities of 2,000 locks with 250 pins each (5,000 distinct), 16,000 advisories, warm index",
        f"{warm.seconds:.2f} s, {warm.peak_mb:.0f} MB",
        "5 s, 500 MB",
    )
    yield Row("the same, and the index built from the zip", f"{cold.seconds:.2f} s", "5 s for the index")


CASES: tuple[Case, ...] = (one_lock_three_tools, many_locks)


def _gate(project: Path, scratch: Path, *options: str) -> list[str]:
    folders = ["--dist", str(scratch / "dist"), "--cache", str(scratch / "cache"), "--version", "v1"]
    module = "ops.supply_chain.check_vulnerabilities"
    return [sys.executable, "-Im", module, "--project", str(project), *folders, *options]


def _best(command: list[str], scratch: Path, times: int = 3) -> Measured:
    """Return the fastest of some runs, after one that warms caches."""
    run(command, cwd=scratch, expected=EXPECTED)
    return min(run(command, cwd=scratch, expected=EXPECTED) for _ in range(times))


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
