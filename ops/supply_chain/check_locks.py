"""Hold every lock against what it is made from: recompile it, or ask its own tool.

Reads    sources and locks: each requirements.txt with the .in beside it and all that this includes; uv.lock,
         poetry.lock, pdm.lock, Pipfile.lock and pylock.toml with their manifests.
Writes   record.
Decides  drift, reproducible recompile, unpinned, unhashed. A lock is recompiled at the moment and with the
         exceptions that it records, from its pins without their hashes; with --reproducible from a clean cache,
         and without any pin first. A lock that records no moment is compared by what it pins.
         The lock of another tool is checked by that tool on a copy, or else held against its manifest:
         the record's notes say which.
Exits    0 done, 2 usage, 3 a lock is broken, 4 findings stand, 5 the index did not answer.
Network  the package index, through uv; --offline lets uv answer from its cache only.
Source   uv 0.13, `uv pip compile` and `uv lock --check`; facts/standards.md section 8.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ops.supply_chain.adapters.tools.lock_tools import LockTools
from ops.supply_chain.adapters.tools.uv import Uv, uv_version
from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.contracts.files.record import ToolRef
from ops.supply_chain.contracts.values.compile_request import CompileRequest
from ops.supply_chain.contracts.values.finding import Finding
from ops.supply_chain.contracts.values.lock import Lock, LockKind
from ops.supply_chain.core.errors import StageError, UnavailableError
from ops.supply_chain.core.moments import timestamp
from ops.supply_chain.dependencies.compile.asking import Answer, Asker, Key
from ops.supply_chain.dependencies.compile.job import Job
from ops.supply_chain.dependencies.compile.rechecking import Recheck, compare, recheck
from ops.supply_chain.dependencies.drift import findings as tell
from ops.supply_chain.dependencies.drift.difference import difference
from ops.supply_chain.dependencies.drift.looked import How, Looked
from ops.supply_chain.dependencies.drift.report import counts_of, diff_lines, document_of, notes_of
from ops.supply_chain.gather.dependencies.jobs import read_jobs
from ops.supply_chain.gather.dependencies.tool_check import look_at
from ops.supply_chain.gather.gates.outcome import finish_gate
from ops.supply_chain.gather.gates.projects import GateProject, add_fleet_option, read_gate_input
from ops.supply_chain.runner.context import StageResult, StageRun
from ops.supply_chain.runner.stage import run_stage

SCOPE = "lock"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add how strictly to compile, and the fleet."""
    parser.add_argument(
        "--reproducible", action="store_true", help="compile with a clean cache, and from the sources alone first"
    )
    add_fleet_option(parser)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the stage.

    Returns:
        The exit code.
    """
    return run_stage("check_locks", __doc__, arguments, _perform, argv)


class _Compilers:
    """The compilers of all projects in one run: one cache, one memory, one patience."""

    def __init__(self, run: StageRun, cache: Path) -> None:
        self.asked = 0
        self.cache = cache
        self._run = run
        self._memories: dict[object, dict[Key, Answer]] = {}
        self._unanswered: list[UnavailableError] = []

    def asker(self, project: GateProject) -> Asker:
        """Return the asker of a project; projects of equal options share its answers."""
        config = project.config
        locks = config.locks
        options = (config.index.url, locks.python_version, locks.universal, locks.allow_builds)
        uv = Uv(project.root, cache=self.cache, config=config, offline=self._run.offline, unanswered=self._unanswered)

        def answers(requests: Sequence[CompileRequest]) -> list[Answer]:
            self.asked += len(requests)
            return list(self._run.progress.track(uv.answers(requests), label="compiling", total=len(requests)))

        return Asker(answers, self._memories.setdefault(options, {}))


def _perform(run: StageRun) -> StageResult:
    projects = read_gate_input(run)
    with _cache(run) as cache:
        compilers = _Compilers(run, cache)
        looked = [(project, _look(run, project, compilers)) for project in projects]
    return _result(run, looked, compilers.asked)


@contextmanager
def _cache(run: StageRun) -> Iterator[Path]:
    """Give uv the user's cache, or with --reproducible an empty one for the whole run."""
    if not run.args.reproducible:
        yield run.cache / "uv"
        return
    with tempfile.TemporaryDirectory(prefix="sealwright-clean-") as clean:
        yield Path(clean)


def _look(run: StageRun, project: GateProject, compilers: _Compilers) -> list[tuple[Lock | None, Looked]]:
    groups = read_jobs(project.root, project.config.locks, now=run.now, label=project.label)
    jobs = {job.path: job for group in groups for job in group}
    compiled = [jobs[lock.path] for lock in project.locks if lock.path in jobs]
    looked = _recheck(run, project, compilers, compiled)
    tools = LockTools(project.root, cache=compilers.cache, config=project.config, offline=run.offline)
    found: list[tuple[Lock | None, Looked]] = []
    for lock in project.locks:
        if lock.path not in looked:
            looked[lock.path] = (
                _not_compiled(lock) if lock.kind is LockKind.REQUIREMENTS else look_at(project, lock, tools)
            )
        found.append((lock, looked[lock.path]))
    there = {lock.path for lock in project.locks}
    return found + [(None, _absent(job)) for path, job in sorted(jobs.items()) if path not in there and job.asks]


def _recheck(run: StageRun, project: GateProject, compilers: _Compilers, jobs: Sequence[Job]) -> dict[str, Looked]:
    if not jobs:
        return {}
    strict = run.args.reproducible
    answers = recheck(jobs, compilers.asker(project), now=timestamp(run.now), from_source=strict)
    return {answer.job.path: _recompiled(project, answer, strict=strict) for answer in answers}


def _recompiled(project: GateProject, one: Recheck, *, strict: bool) -> Looked:
    job = one.job
    found: list[Finding] = []
    diff: tuple[str, ...] = ()
    if strict and not job.header.compiled_at and job.body.strip():
        found.append(tell.no_moment(job.path))
    if isinstance(one.answer, UnavailableError):
        found.append(tell.not_examined(job.path, one.answer.message, one.answer.hint))
        return Looked(path=job.path, how=How.RECOMPILED, examined=False, findings=tuple(found))
    if isinstance(one.answer, StageError):
        why = one.answer.message.replace(f"{project.root}/", "")
        found.append(tell.unresolvable(job.path, job.source_path, why))
    elif not one.same:
        compared = compare(one)
        differs = difference(compared.committed, compared.compiled, path=job.path, line=compared.line)
        changes = [(change.name, change.before, change.after) for change in compared.changes]
        found.append(tell.drifted(job.path, job.source_path, differs, changes))
        diff = differs.shown
    return Looked(
        path=job.path,
        how=How.EMPTY if one.same and not job.body.strip() else How.RECOMPILED,
        same=one.same and bool(job.header.compiled_at),
        from_source=one.from_source,
        findings=tuple(found),
        diff=diff,
    )


def _not_compiled(lock: Lock) -> Looked:
    """Look at a requirements file that nothing is compiled to: empty or a list of includes, else without a source."""
    own = [entry for entry in lock.entries if entry.path == lock.path]
    if not own:
        return Looked(path=lock.path, how=How.EMPTY)
    return Looked(path=lock.path, how=How.NO_SOURCE, findings=(tell.no_source(lock.path, len(own)),))


def _absent(job: Job) -> Looked:
    return Looked(path=job.path, how=How.ABSENT, findings=(tell.missing(job.path, job.source_path),))


def _findings(pairs: Sequence[tuple[Lock | None, Looked]]) -> Iterator[Finding]:
    for lock, one in pairs:
        yield from one.findings
        yield from lock.findings if lock is not None else ()


def _unlocked(project: GateProject) -> tuple[Finding, ...]:
    """No lock means no dependency only where none is declared."""
    from ops.supply_chain.adapters.files.declarations import declaring_files

    return tuple(tell.no_lock(path) for path in declaring_files(project.root, project.config.locks.exclude))


def _result(
    run: StageRun, looked: Sequence[tuple[GateProject, list[tuple[Lock | None, Looked]]]], asked: int
) -> StageResult:
    every = [pair for _, pairs in looked for pair in pairs]
    shown = [(project.shown(one.path), one) for project, pairs in looked for _, one in pairs]
    unlocked = {project.label: _unlocked(project) for project, pairs in looked if not pairs}
    found = [(project, [*_findings(pairs), *unlocked.get(project.label, ())]) for project, pairs in looked]
    all_examined = all(one.examined for _, one in every) and not any(unlocked.values())
    gate = finish_gate(run, found, scopes=frozenset({SCOPE}), all_examined=all_examined)
    counts = counts_of(every, reproducible=run.args.reproducible, resolved=asked)
    notes = notes_of(shown, counts, unlocked=any(unlocked.values()))
    return StageResult(
        outcome=gate.outcome,
        details=diff_lines(shown),
        counts=counts,
        findings=gate.findings,
        reads=_reads(project for project, _ in looked),
        tools=_tools(one for _, one in every),
        options={"reproducible": "yes" if run.args.reproducible else "no"},
        notes=notes,
        document=document_of(shown, counts),
    )


def _reads(projects: Iterable[GateProject]) -> tuple[FileRef, ...]:
    return tuple({ref.path: ref for project in projects for ref in project.lock_refs}.values())


def _tools(looked: Iterable[Looked]) -> tuple[ToolRef, ...]:
    every = list(looked)
    asked = {one.tool for one in every if one.tool[0]}
    asked |= {("uv", uv_version())} if any(one.how is How.RECOMPILED for one in every) else set()
    return tuple(ToolRef(name=name, version=version) for name, version in sorted(asked))


if __name__ == "__main__":
    raise SystemExit(main())
