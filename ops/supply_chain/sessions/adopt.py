"""Adopt a project, rehearse a release of it, and list the three next steps.

    python -Im ops.supply_chain.sessions.adopt "check_locks" ... "verify_release" -- PATH [OPTIONS]

With `--write` a project that has no lock is locked, and publishers that no baseline has yet are recorded: both write new
files only, and the screen names them for review. The steps are those of a rehearsal. Options of `adopt_project` go to it, all others to the rehearsal, and
options of both to both. A project without a version is rehearsed as 0.0.0, and the output says so.
"""

from __future__ import annotations

if __name__ == "__main__":
    from ops.supply_chain.runner.handover import restart_for_stages

    restart_for_stages()

import argparse
import importlib
import posixpath
import tempfile
from collections.abc import Sequence
from pathlib import Path

from ops.supply_chain import commands, release_uses
from ops.supply_chain.adapters.files import git
from ops.supply_chain.adapters.files.configuration import read_config
from ops.supply_chain.assurance.adoption.report import commit_command, next_steps
from ops.supply_chain.core.errors import ErrorClass, ExitCode, UsageError
from ops.supply_chain.core.start import TREE, is_carried
from ops.supply_chain.core.text import plural
from ops.supply_chain.dependencies.compile.sources import lock_of
from ops.supply_chain.formats.lock_formats import BUILD_LOCK
from ops.supply_chain.gather.assurance.adoption.survey import survey_of
from ops.supply_chain.gather.dependencies.build_sources import write_build_sources
from ops.supply_chain.gather.dependencies.group_sources import write_group_sources
from ops.supply_chain.release.evidence import baseline_beside
from ops.supply_chain.runner.arguments import absolute
from ops.supply_chain.runner.clock import read_clock
from ops.supply_chain.runner.pipeline import command_line, guarded, shared_options
from ops.supply_chain.runner.streams import print_result
from ops.supply_chain.sessions import rehearse

STAGE = "adopt_project"
VERSION = "0.0.0"
"""Version with which a project without one is rehearsed."""

UNVERSIONED = f"rehearsed as {VERSION}: the project has no version, or several tags at HEAD"

SHARED_FLAGS = ("offline", "public_log", "verbose")
"""Options without a value that go to both."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the adoption given on the command line.

    Returns:
        The exit code of `adopt_project` if it is not 0, else that of the rehearsal.
    """
    steps, options = command_line(argv)
    steps = steps or list(commands(release_uses()))
    return guarded(options, lambda: _adopt(steps, options))


def _adopt(steps: Sequence[str], options: list[str]) -> int:
    stage = importlib.import_module(f"ops.supply_chain.{STAGE}")
    if {"-h", "--help"} & set(options):
        return int(stage.main(["--help"]))
    first = options[:1] if options and not options[0].startswith("-") else []
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    stage.options(parser)
    own, others = parser.parse_known_args(options[len(first) :])
    shared = shared_options(others)
    if shared.format == "json":
        raise UsageError(
            "--format json: this session reports on two runs",
            hint="Run adopt_project and rehearse separately.",
            kind=ErrorClass.COMMAND_LINE,
        )
    given = first[0] if first else str(shared.project)
    # An installed sealwright acts on the current folder, which no command has to name.
    named = "" if is_carried(TREE) and not first and absolute(shared.project) == Path.cwd() else given
    root = absolute(Path(given))
    before = git.uncommitted(root) if own.write else ()
    code = int(stage.main([given, *_own_words(own), *_shared_words(shared), "--no-next-steps"]))
    if code != ExitCode.PASS:
        return code
    notes = _first_files(root, shared) if own.write and not shared.offline else []
    survey = survey_of(root, now=read_clock())
    version = ["--version", VERSION] if not (shared.version or survey.released_as) else []
    notes += [("version", UNVERSIONED)] * bool(version)
    written = [path for path in git.uncommitted(root) if path not in before] if own.write else []
    commit = commit_command(written, named, alone=not before)
    advice = rehearse.Advice(next_steps(survey, written=own.write, project=named, commit=commit), tuple(notes))
    code = rehearse.main([*steps, "--", *others, "--project", str(root), *version], advice)
    if not advice.shown:
        _print_advice(advice, public=shared.public_log)
    return code


def _first_files(root: Path, shared: argparse.Namespace) -> list[tuple[str, str]]:
    """Lock a project that has no lock, and record publishers where no baseline has any.

    Returns:
        What was written for the first time, as lines of the screen.
    """
    notes = _lock(root, shared)
    survey = survey_of(root, now=read_clock())
    missing = [path for lock in survey.locks if not (root / (path := baseline_beside(lock.path))).exists()]
    if missing:
        _run_stage("check_publishers", root, shared, "--record")
        missing = [path for path in missing if (root / path).exists()]
    if missing:
        notes.append(("recorded", f"publishers in {missing[0]}{_more(missing)} for the first time: review and commit"))
    return notes


def _lock(root: Path, shared: argparse.Namespace) -> list[tuple[str, str]]:
    """Compile the locks that are not there: all of a project without any, else those of sources that have none.

    Where one source cannot be compiled, each is compiled alone, so that the others get their locks.
    """
    before = survey_of(root, now=read_clock())
    if before.locks_problem:
        return []
    whole = not before.locks
    if not whole:
        config = read_config(root)
        write_group_sources(root, config)
        if not any(posixpath.basename(lock.path) == BUILD_LOCK for lock in before.locks):
            write_build_sources(root, config)
    sources = [path for path in survey_of(root, now=read_clock()).sources if not (root / lock_of(path)).exists()]
    if not sources:
        return []
    words = [] if whole else [str(root / path) for path in sources]
    failed: list[str] = []
    if _run_stage("compile_locks", root, shared, *words) != ExitCode.PASS:
        sources = [path for path in survey_of(root, now=read_clock()).sources if not (root / lock_of(path)).exists()]
        failed = [
            path for path in sources if _run_stage("compile_locks", root, shared, str(root / path)) != ExitCode.PASS
        ]
    made = len(survey_of(root, now=read_clock()).locks) - len(before.locks)
    notes = [("locked", f"{plural(made, 'lock')} for the first time: review and commit")] if made else []
    if failed:
        notes.append(("locked", f"not {failed[0]}{_more(failed)}: see what compile_locks printed"))
    return notes


def _more(paths: Sequence[str]) -> str:
    return f" and {plural(len(paths) - 1, 'more file')}" if len(paths) > 1 else ""


def _run_stage(name: str, root: Path, shared: argparse.Namespace, *words: str) -> int:
    stage = importlib.import_module(f"ops.supply_chain.{name}")
    with tempfile.TemporaryDirectory(prefix="sealwright-adopt-") as dist:
        return int(stage.main(["--project", str(root), "--dist", dist, *words, *_shared_words(shared)]))


def _own_words(own: argparse.Namespace) -> list[str]:
    words = [f"--{name}" for name in ("write", "template", "workflows", "semgrep") if getattr(own, name)]
    words += [word for owner in own.owner for word in ("--owner", owner)]
    words += ["--updates", own.updates] if own.updates else []
    return words + (["--pipeline", own.pipeline] if own.pipeline else [])


def _shared_words(shared: argparse.Namespace) -> list[str]:
    return [f"--{name.replace('_', '-')}" for name in SHARED_FLAGS if getattr(shared, name)]


def _print_advice(advice: rehearse.Advice, *, public: bool) -> None:
    """Print what a rehearsal that ended before its screen does not show."""
    if public:
        print_result(f"adoption: {len(advice.steps)} next steps")
        return
    lines = [f"{label}: {text}" for label, text in advice.notes]
    print_result("\n".join([*lines, "next:", *(f"  {number}. {step}" for number, step in enumerate(advice.steps, 1))]))


if __name__ == "__main__":
    raise SystemExit(main())
