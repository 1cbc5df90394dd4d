"""Benchmarks of the spine: SBOMs, the whole release, a large project."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.benchmarks.measure import other_load, run
from tests.benchmarks.row import Row
from tests.benchmarks.synthetic import write_project
from tests.fakes import distributions
from tests.pipeline.spine import STEPS

RELEASE_STEPS = tuple(
    f"{step} --profile base,cisa-2026,licences" if step == "evaluate_policy" else step for step in STEPS
)


__all__ = ["CASES", "Case", "Row", "measure"]

Case = Callable[[Path, Path], Iterator[Row]]


def sboms_against_cyclonedx_py(data: Path, scratch: Path) -> Iterator[Row]:
    """Our per-lock SBOMs of `soar` beside `cyclonedx-py requirements` on the same locks."""
    soar = data / "projects" / "soar"
    locks = sorted(path.parent / "requirements.txt" for path in soar.rglob("requirements.cdx.json"))
    ours = run(_stage("generate_sbom", soar, scratch, "--no-enrich", "--formats", "cyclonedx-1.6"), cwd=scratch)
    tool = str(Path(sys.executable).with_name("cyclonedx-py"))
    theirs = 0.0
    for lock in locks:
        command = [tool, "requirements", "--output-reproducible", "-o", str(scratch / "theirs.json"), str(lock)]
        theirs += run(command, cwd=scratch).seconds
    yield Row(
        f"SBOMs of {len(locks)} locks of soar: sealwright (plus the aggregate) / cyclonedx-py, one lock a call",
        f"{ours.seconds:.2f} s / {theirs:.1f} s = {theirs / ours.seconds:.0f} times",
        "30 times or better",
    )


def release_of_soar(data: Path, scratch: Path) -> Iterator[Row]:
    """The spine of `release` (all but the gates) on `soar`: once to warm the cache, then measured without network."""
    soar = data / "projects" / "soar"
    run(_release(soar, scratch), cwd=scratch)
    shutil.rmtree(scratch / "artifacts")
    seen = run([*_release(soar, scratch), "--offline"], cwd=scratch)
    yield Row(
        "release of soar without its gates, warm cache, offline",
        f"{seen.seconds:.1f} s, {seen.peak_mb:.0f} MB",
        "10 s, 300 MB",
    )


def release_of_a_large_project(_data: Path, scratch: Path) -> Iterator[Row]:
    """The spine of `release` on 2,000 locks with 250 pins each."""
    project = scratch / "large"
    write_project(project, locks=2000, pins=250, distinct=5000)
    seen = run([*_release(project, scratch), "--no-enrich"], cwd=scratch)
    yield Row(
        "release without gates of 2,000 locks with 250 pins each (5,000 distinct), no enrichment",
        f"{seen.seconds:.1f} s, {seen.peak_mb:.0f} MB",
        "30 s, 1 GB",
    )


def sbom_of_a_wheel(_data: Path, scratch: Path) -> Iterator[Row]:
    """The SBOMs of a wheel with 5,000 files, of a project with one pin; without the wheel first."""
    project = scratch / "wheel"
    write_project(project, locks=1, pins=1, distinct=1)
    command = _stage("generate_sbom", project, scratch, "--no-enrich")
    without = run(command, cwd=scratch)
    modules = {f"demo/package{number % 50}/module{number}.py": b"x = 1\n" * 400 for number in range(WHEEL_FILES)}
    packages = scratch / "dist" / "packages"
    packages.mkdir()
    (packages / distributions.WHEEL).write_bytes(distributions.wheel({**distributions.wheel_files(), **modules}))
    seen = run(command, cwd=scratch)
    yield Row(
        f"SBOMs of a wheel with {WHEEL_FILES:,} files, three formats (the stage without the wheel: {without.seconds:.1f} s)",
        f"{seen.seconds - without.seconds:.1f} s, {seen.peak_mb:.0f} MB",
        "1 s",
    )


WHEEL_FILES = 5000

CASES: tuple[Case, ...] = (
    sboms_against_cyclonedx_py,
    release_of_soar,
    release_of_a_large_project,
    sbom_of_a_wheel,
)


def measure(case: Case, data: Path) -> list[Row]:
    """Run one case in a scratch folder of its own and return its rows, with the load of the machine meanwhile."""
    with tempfile.TemporaryDirectory(prefix="sealwright-bench-") as scratch, other_load() as load:
        rows = list(case(data, Path(scratch)))
    return [row._replace(runs=f"{row.runs or 'runs not stated'}, {load}") for row in rows]


def _stage(script: str, project: Path, scratch: Path, *options: str) -> list[str]:
    return [sys.executable, "-Im", f"ops.supply_chain.{script}", *_shared(project, scratch), *options]


def _release(project: Path, scratch: Path) -> list[str]:
    module = "ops.supply_chain.runner.pipeline"
    return [sys.executable, "-Im", module, *RELEASE_STEPS, "--", *_shared(project, scratch)]


def _shared(project: Path, scratch: Path) -> list[str]:
    folders = ["--dist", str(scratch / "dist"), "--artifacts", str(scratch / "artifacts")]
    return ["--project", str(project), *folders, "--version", "v3.0.0"]
