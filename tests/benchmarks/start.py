"""Benchmarks of what a person waits for before and between the work: start-up, the console command, the serial end of a rehearsal."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ops.supply_chain import PIPELINE
from tests.benchmarks.measure import Command, alternating
from tests.benchmarks.row import Aim, Row, Sample, alone
from tests.pipeline.spine import SIGNING, SPINE, release_steps

if TYPE_CHECKING:
    from tests.benchmarks.spine import Case

BARE = (sys.executable, "-Ic", "pass")
TAIL = SPINE - {"generate_sbom"} | SIGNING | {"generate_vex", "report_findings"}
"""What a rehearsal does after its gates and the SBOMs, one stage after the other."""


def help_of_every_script(_data: Path, scratch: Path) -> Iterator[Row]:
    """How long each script takes to answer `--help`, beside a bare interpreter."""
    commands = {row.script: (sys.executable, "-Im", f"ops.supply_chain.{row.script}", "--help") for row in PIPELINE}
    seen = _beside_bare(commands, scratch)
    bare = seen.pop("")
    slowest = max(seen, key=lambda script: seen[script].median)
    note = f"a bare interpreter {_ms(bare)}"
    yield alone(
        f"`--help`, slowest of {len(seen)} scripts ({slowest})", _time(seen[slowest]), Aim(most=0.08), note=note
    )


def nothing_to_do(_data: Path, scratch: Path) -> Iterator[Row]:
    """A stage alone that has nothing to do: the retained releases of a project that has none."""
    _write_project(scratch)
    words = (sys.executable, "-Im", "ops.supply_chain.retain_artifacts", "--list", *_in(scratch, scratch))
    seen = _beside_bare({"stage": words}, scratch)
    what = "a stage that has nothing to do (`retain_artifacts --list`)"
    yield alone(what, _time(seen["stage"]), Aim(most=0.12), note=f"a bare interpreter {_ms(seen[''])}")


def console(_data: Path, scratch: Path) -> Iterator[Row]:
    """The console command: its list of sessions, the help of one, and a session that has nothing to do."""
    _write_project(scratch)
    aims = {"--list": 0.05, "verify --help": 0.1, "retention": 0.2}
    seen = _beside_bare({words: (sys.executable, "-Im", "sealwright", *words.split()) for words in aims}, scratch)
    for words, most in aims.items():
        note = f"a bare interpreter {_ms(seen[''])}"
        yield alone(f"`sealwright {words}`", _time(seen[words]), Aim(most=most), note=note)


def end_of_a_rehearsal(data: Path, scratch: Path) -> Iterator[Row]:
    """The stages after gates and SBOMs of a rehearsal of `soar`: the whole run, less one that ends before them."""
    project = scratch / "soar"
    shutil.copytree(data / "projects" / "soar", project)
    for command in (["init", "-q"], ["add", "-A"], ["-c", "user.name=x", "-c", "user.email=x@x", "commit", "-qm", "x"]):
        subprocess.run(["git", "-C", str(project), *command], check=True)
    first = release_steps({"generate_sbom"})
    first = (f"{first[0]} --no-enrich",)
    program = (sys.executable, "-Im", "ops.supply_chain.sessions.rehearse")
    options = ("--", *_in(project, scratch), "--version", "v3.0.0")
    sides = {
        "all": Command((*program, *first, *release_steps(TAIL), *options), scratch).run,
        "first": Command((*program, *first, *options), scratch).run,
    }
    seen = alternating(sides)
    before = seen["first"].median
    sample = Sample(tuple(seconds - before for seconds in seen["all"].values))
    note = f"of {seen['all'].median:.1f} s in all"
    yield alone(
        f"serial end of `rehearse` of soar: {len(release_steps(TAIL))} steps after gates and SBOMs, policy twice, 15 signatures, verification",
        sample,
        Aim(most=2.0),
        note=note,
    )


def _write_project(folder: Path) -> None:
    (folder / "pyproject.toml").write_text('[project]\nname = "tiny"\nversion = "0.1.0"\n')


def _in(project: Path, scratch: Path) -> tuple[str, ...]:
    return ("--project", str(project), "--dist", str(scratch / "dist"), "--cache", str(scratch / "cache"))


def _beside_bare(commands: Mapping[str, tuple[str, ...]], scratch: Path) -> dict[str, Sample]:
    """Run commands in turn with a bare interpreter, whose sample has an empty name."""
    return alternating({name: Command(words, scratch).run for name, words in {"": BARE, **commands}.items()})


def _time(sample: Sample) -> Sample:
    return sample._replace(peak_mb=0)


def _ms(sample: Sample) -> str:
    return f"{sample.median * 1000:.0f} ms"


CASES: tuple[Case, ...] = (help_of_every_script, nothing_to_do, console, end_of_a_rehearsal)
