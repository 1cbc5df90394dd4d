"""Benchmarks of the spine: SBOMs, the whole release, a large project."""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from ops.supply_chain.core.start import TREE
from tests.benchmarks import peers
from tests.benchmarks.measure import Command, Measured, alternating, other_load, repeated, run
from tests.benchmarks.memory import memory_of_children
from tests.benchmarks.row import Aim, Row, Side, alone, compared
from tests.benchmarks.synthetic import write_project
from tests.fakes import distributions
from tests.pipeline.spine import CONFIG, STEPS, ask_for_no_gates

RELEASE_STEPS = tuple(
    f"{step} --profile base,cisa-2026,licences" if step == "evaluate_policy" else step for step in STEPS
)


__all__ = ["CASES", "Case", "Row", "measure"]

Case = Callable[[Path, Path], Iterator[Row]]


_IN_ONE_PROCESS = """
import sys
from cyclonedx_py._internal.cli import run
for lock in sys.argv[2:]:
    run(argv=["requirements", "--output-reproducible", "-o", sys.argv[1], lock])
"""
"""What the command of cyclonedx-py does for a lock, validation included, for all of them without starting again."""

_SAMPLED_LOCKS = 5


def sboms_of_locks(data: Path, scratch: Path) -> Iterator[Row]:
    """SBOMs of the locks of `soar`: by cyclonedx-py in one process and by syft over the folder, beside ours."""
    soar = data / "projects" / "soar"
    locks = [str(path.parent / "requirements.txt") for path in sorted(soar.rglob("requirements.cdx.json"))]
    cyclonedx, syft = peers.find("cyclonedx-py"), peers.find("syft")
    out = str(scratch / "theirs.json")
    stage = _stage("generate_sbom", soar, scratch, "--no-enrich", "--formats", "cyclonedx-1.6")
    sides = {
        "ours": Command(stage, scratch),
        "cyclonedx-py": Command([sys.executable, "-Ic", _IN_ONE_PROCESS, out, *locks], scratch),
    }
    if syft.path:
        sides["syft"] = Command([syft.path, "scan", f"dir:{soar}", "-q", "-o", f"cyclonedx-json={out}"], scratch)
    seen = alternating({name: side.run for name, side in sides.items()})
    one = [cyclonedx.path, "requirements", "--output-reproducible", "-o", out]
    started = [run([*one, lock], cwd=scratch).seconds for lock in locks[:_SAMPLED_LOCKS]]
    words = f"all locks in one process (its command needs {statistics.median(started):.2f} s for one lock, mostly its start)"
    what, ours = (
        f"SBOMs of {len(locks)} locks of soar",
        Side(peers.ours(), "one a lock, and the aggregate", seen["ours"]),
    )
    yield from compared(what, ours, [Side(cyclonedx, words, seen["cyclonedx-py"])], Aim(times=2.5))
    theirs = Side(syft, "one for the folder, none a lock", seen["syft"]) if syft.path else syft
    yield from compared(what, ours, [theirs], Aim(times=2))


def release_of_soar(data: Path, scratch: Path) -> Iterator[Row]:
    """The spine of `release` (all but the gates) on `soar`: once to warm the cache, then measured without network."""
    soar, artifacts = scratch / "soar", scratch / "artifacts"
    shutil.copytree(data / "projects" / "soar", soar, copy_function=shutil.copyfile)
    _ask_for_no_gates(soar)
    run(_release(soar, scratch), cwd=scratch)
    offline = Command([*_release(soar, scratch), "--offline"], scratch, before=lambda: shutil.rmtree(artifacts))
    yield alone(
        "release of soar without its gates, warm cache, offline", repeated(offline.run), Aim(most=10, megabytes=300)
    )


def release_of_a_large_project(_data: Path, scratch: Path) -> Iterator[Row]:
    """The spine of `release` on 2,000 locks with 250 pins each."""
    project, artifacts = scratch / "large", scratch / "artifacts"
    write_project(project, locks=2000, pins=250, distinct=5000)
    _ask_for_no_gates(project)
    words = [*_release(project, scratch), "--no-enrich"]
    command = Command(words, scratch, before=lambda: shutil.rmtree(artifacts, ignore_errors=True))

    def whole() -> Measured:
        with memory_of_children() as peak:
            seen = command.run()
        return seen._replace(peak_mb=peak.mb)

    yield alone(
        "release without gates of 2,000 locks with 250 pins each (5,000 distinct), no enrichment; memory of all processes together. "
        "Profile of 2026-11-29: 20 s would need less than 40 s of the processor on two cores, and it takes 44 to 46: SBOMs of 1.2 GB 22, their compression and digests in the archive of evidence 10 "
        "(deflate 4), policy 5 on one core",
        repeated(whole),
        Aim(most=20, megabytes=600),
    )


def sbom_of_a_wheel(_data: Path, scratch: Path) -> Iterator[Row]:
    """The SBOMs of a wheel with 5,000 files, of a project with one pin, less the stage without the wheel."""
    project = scratch / "wheel"
    write_project(project, locks=1, pins=1, distinct=1)
    modules = {f"demo/package{number % 50}/module{number}.py": b"x = 1\n" * 400 for number in range(WHEEL_FILES)}
    wheel = distributions.wheel({**distributions.wheel_files(), **modules})
    path = scratch / "dist" / "packages" / distributions.WHEEL
    command = _stage("generate_sbom", project, scratch, "--no-enrich")

    def written() -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(wheel)

    run(command, cwd=scratch)
    seen = alternating(
        {
            "without": Command(command, scratch, before=lambda: path.unlink(missing_ok=True)).run,
            "with": Command(command, scratch, before=written).run,
        }
    )
    without = seen["without"].median
    yield alone(
        f"SBOMs of a wheel with {WHEEL_FILES:,} files, three formats (the stage without the wheel, {without:.1f} s, is taken off)",
        seen["with"]._replace(values=tuple(seconds - without for seconds in seen["with"].values)),
        Aim(most=1),
    )


WHEEL_FILES = 5000

CASES: tuple[Case, ...] = (
    sboms_of_locks,
    release_of_soar,
    release_of_a_large_project,
    sbom_of_a_wheel,
)


def measure(case: Case, data: Path) -> list[Row]:
    """Run one case in a scratch folder of its own and return its rows, with the load of the machine meanwhile."""
    with tempfile.TemporaryDirectory(prefix="sealwright-bench-") as scratch, other_load() as load:
        rows = list(case(data, Path(scratch)))
    return [row._replace(runs=f"{row.runs or 'runs not stated'}, {load}") for row in rows]


def _ask_for_no_gates(project: Path) -> None:
    """Have the policy of a project require no record of a gate: they are not measured here."""
    config = project / ".security-config.toml"
    before = config.read_text(encoding="utf-8") if config.exists() else ""
    config.write_text(f"{before}\n{CONFIG}", encoding="utf-8")
    ask_for_no_gates(project, TREE / "policy" / "data" / "release.json")


def _stage(script: str, project: Path, scratch: Path, *options: str) -> list[str]:
    return [sys.executable, "-Im", f"ops.supply_chain.{script}", *_shared(project, scratch), *options]


def _release(project: Path, scratch: Path) -> list[str]:
    module = "ops.supply_chain.runner.pipeline"
    return [sys.executable, "-Im", module, *RELEASE_STEPS, "--", *_shared(project, scratch)]


def _shared(project: Path, scratch: Path) -> list[str]:
    folders = ["--dist", str(scratch / "dist"), "--artifacts", str(scratch / "artifacts")]
    return ["--project", str(project), *folders, "--version", "v3.0.0"]
