"""Check that every lock is up to date: recompile it, or run its own tool's check.

Reads    sources and locks: each requirements.txt with its .in and everything that this includes; uv.lock,
         poetry.lock, pdm.lock, Pipfile.lock and pylock.toml with their manifests; the SBOM (requirements.cdx.json) and
         the publisher baseline (requirements.provenance.json) in the folder of a compiled lock.
Writes   record.
Decides  drift, reproducible recompile, unpinned, unhashed. A lock is recompiled with the timestamp and the
         exceptions that it records, from its pins without their hashes; with --reproducible with an empty cache,
         and without any pin first. A lock that records no timestamp is compared by its pins. A requirement that a lock
         has in no form, because its marker is never true there, is a finding without weight (lock.left-out).
         The lock of another tool is checked by that tool on a copy: one on this machine, also behind the shims of a
         version manager, or with [locks].install_tools one in an environment of its own. Without a result the lock is
         compared with its manifest; that finds differences, but the lock is not examined. A file of `uv export` is
         exported again with the options in its header, or compared with the lock pin by pin; without that lock it is not
         examined. The record's notes name the method. Nothing in the project is run. A committed SBOM or publisher
         baseline that is not that of its lock is a finding. Constraints at an address are fetched and compared with the
         pins; without an answer the lock is not examined.
Exits    0 no open finding, 2 usage, 3 a lock is malformed (all others are checked), 4 open findings, 5 the index or the
         tool of a lock did not answer, or a file that pins or declares packages was not read.
Network  the package index, through uv, and the addresses of constraints; --offline lets uv use its cache only.
Source   uv 0.13: https://docs.astral.sh/uv/pip/compile/ and `uv lock --check`,
         https://docs.astral.sh/uv/reference/cli/#uv-lock
"""

from __future__ import annotations

if __name__ == "__main__":
    from ops.supply_chain.runner.command_lines import answer_help

    answer_help("check_locks")

import argparse
import tempfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from ops.supply_chain.adapters.tools.lock_programs import LockPrograms
from ops.supply_chain.adapters.tools.lock_tools import LockTools
from ops.supply_chain.adapters.tools.uv import Uv, uv_version
from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.contracts.files.record import ToolRef
from ops.supply_chain.contracts.values.compile_request import CompileRequest
from ops.supply_chain.contracts.values.finding import Finding
from ops.supply_chain.contracts.values.lock import Lock, LockKind
from ops.supply_chain.core.errors import InputError, StageError, UnavailableError
from ops.supply_chain.core.moments import timestamp
from ops.supply_chain.dependencies.compile.check import Recompiled, diff_of, recompile
from ops.supply_chain.dependencies.compile.options import youngest_allowed
from ops.supply_chain.dependencies.compile.plan import LockJob
from ops.supply_chain.dependencies.compile.reproduce import CachedCompiler, CompileOutcome, RequestKey
from ops.supply_chain.dependencies.compile.sources import possible_sources
from ops.supply_chain.dependencies.drift import findings
from ops.supply_chain.dependencies.drift.lock_check import (
    CheckMethod,
    LockCheck,
    counts_of,
    diff_lines,
    document_of,
    extras_note,
    notes_of,
)
from ops.supply_chain.dependencies.locks.errors import broken_finding
from ops.supply_chain.gather.dependencies.build_sources import build_source_findings
from ops.supply_chain.gather.dependencies.constraints import with_constraints
from ops.supply_chain.gather.dependencies.exported import check_exported
from ops.supply_chain.gather.dependencies.group_sources import group_source_findings
from ops.supply_chain.gather.dependencies.jobs import read_jobs
from ops.supply_chain.gather.dependencies.siblings import sibling_findings
from ops.supply_chain.gather.dependencies.tool_check import check_with_tool
from ops.supply_chain.gather.gates.outcome import finish_gate
from ops.supply_chain.gather.gates.projects import GateProject, add_fleet_option, all_excluded, read_gate_input
from ops.supply_chain.runner.context import StageResult, StageRun
from ops.supply_chain.runner.stage import leave, run_stage

SCOPE = "lock"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add how strictly to compile, and the fleet option."""
    parser.add_argument(
        "--reproducible", action="store_true", help="compile with an empty cache, and from the sources alone first"
    )
    add_fleet_option(parser)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the stage.

    Returns:
        The exit code.
    """
    return run_stage("check_locks", __doc__, arguments, _perform, argv)


class _Compilers:
    """The compilers of all projects in one run: shared uv cache, known results and limit of failures."""

    def __init__(self, run: StageRun, cache: Path, programs: LockPrograms) -> None:
        self.runs = 0
        self.programs = programs
        self.cache = cache
        self._run = run
        self._known: dict[object, dict[RequestKey, CompileOutcome]] = {}
        self._unanswered: list[UnavailableError] = []

    def compiler(self, project: GateProject) -> CachedCompiler:
        """Return the compiler of a project; projects of equal settings share its results."""
        config = project.config
        locks = config.locks
        settings = (config.index.url, locks.python_version, locks.universal, locks.allow_builds)
        uv = Uv(project.root, cache=self.cache, config=config, offline=self._run.offline, unanswered=self._unanswered)

        def compile_many(requests: Sequence[CompileRequest]) -> list[CompileOutcome]:
            self.runs += len(requests)
            return list(self._run.progress.track(uv.answers(requests), label="compiling", total=len(requests)))

        return CachedCompiler(compile_many, self._known.setdefault(settings, {}))


def _perform(run: StageRun) -> StageResult:
    projects = read_gate_input(run)
    allowed = youngest_allowed(run.now, cool_down_days=run.config.locks.cool_down_days)
    with _cache(run) as cache, LockPrograms(cache=cache, offline=run.offline, released_before=allowed) as programs:
        compilers = _Compilers(run, cache, programs)
        checked = [_check(run, project, compilers) for project in projects]
    return _result(run, checked, compilers.runs)


@contextmanager
def _cache(run: StageRun) -> Iterator[Path]:
    """Yield uv's cache: the user's, or with --reproducible an empty one for the whole run."""
    if not run.args.reproducible:
        yield run.cache / "uv"
        return
    with tempfile.TemporaryDirectory(prefix="sealwright-clean-") as clean:
        yield Path(clean)


def _check(
    run: StageRun, project: GateProject, compilers: _Compilers
) -> tuple[GateProject, list[tuple[Lock | None, LockCheck]]]:
    """Check the locks of a project; a lock that cannot be planned joins its broken ones."""
    unplanned: dict[str, Finding] = {}

    def note(path: str, error: InputError) -> None:
        unplanned[path] = broken_finding(path, error)

    broken = frozenset(finding.path for finding in project.broken)
    groups = read_jobs(
        project.root, project.config.locks, now=run.now, label=project.label, broken=broken, on_broken=note
    )
    jobs = {job.path: job for group in groups for job in group}
    planned = [lock for lock in project.locks if lock.path not in unplanned]
    compiled = [jobs[lock.path] for lock in planned if lock.path in jobs]
    checks = _recompile(run, project, compilers, compiled)
    tools = LockTools(
        project.root, programs=compilers.programs, cache=compilers.cache, config=project.config, offline=run.offline
    )
    found: list[tuple[Lock | None, LockCheck]] = []
    for lock in planned:
        if lock.path not in checks:
            try:
                checks[lock.path] = _not_compiled(project, lock, tools)
            except InputError as error:
                note(lock.path, error)
                continue
        found.append((lock, checks[lock.path]))
    existing = {lock.path for lock in project.locks}
    locked = {lock.source for lock in project.locks}
    absent = [
        job
        for path, job in sorted(jobs.items())
        if path not in existing and job.source_path not in locked and job.has_requirements
    ]
    found = with_constraints(found, project.config.index, offline=run.offline)
    # What is wrong with a lock is wrong with its siblings too, and is reported once.
    sound = [lock for lock, check in found if lock is not None and check.examined and not check.findings]
    differing = [finding for lock in sound for finding in sibling_findings(project.root, lock, jobs.get(lock.path))]
    differing += build_source_findings(project.root, [lock.path for lock in sound])
    differing += group_source_findings(project.root, [lock.path for lock in sound])
    found += [
        (None, LockCheck(path=finding.path, how=CheckMethod.SIBLING, findings=(finding,))) for finding in differing
    ]
    project = msgspec.structs.replace(
        project,
        locks=tuple(lock for lock in project.locks if lock.path not in unplanned),
        broken=(*project.broken, *unplanned.values()),
    )
    return project, found + [(None, _missing(job)) for job in absent]


def _recompile(
    run: StageRun, project: GateProject, compilers: _Compilers, jobs: Sequence[LockJob]
) -> dict[str, LockCheck]:
    if not jobs:
        return {}
    strict = run.args.reproducible
    results = recompile(jobs, compilers.compiler(project), now=timestamp(run.now), from_source=strict)
    return {result.job.path: _recompiled(project, result, strict=strict) for result in results}


def _recompiled(project: GateProject, result: Recompiled, *, strict: bool) -> LockCheck:
    job, outcome = result.job, result.outcome
    found: list[Finding] = []
    shown: tuple[str, ...] = ()
    if strict and not job.header.compiled_at and job.body.strip():
        found.append(findings.no_timestamp(job.path))
    found += [findings.left_out(job.path, job.source_path, *requirement) for requirement in job.left_out(job.pins)]
    if isinstance(outcome, UnavailableError):
        found.append(findings.not_examined(job.path, outcome.message, outcome.hint))
        return LockCheck(path=job.path, how=CheckMethod.RECOMPILED, examined=False, findings=tuple(found))
    if isinstance(outcome, StageError):
        why = outcome.message.replace(f"{project.root}/", "")
        found.append(findings.unresolvable(job.path, job.source_path, why))
    elif not result.same:
        diff = diff_of(result)
        texts = findings.text_diff(diff.committed, diff.compiled, path=job.path, line=diff.line)
        changes = [(change.name, change.before, change.after) for change in diff.changes]
        found.append(findings.drifted(job.path, job.source_path, texts, changes))
        shown = tuple(
            row.replace(f"file://{project.root}", "file://").replace(f"{project.root}/", "") for row in texts.shown
        )
    return LockCheck(
        path=job.path,
        how=CheckMethod.EMPTY if result.same and not job.body.strip() else CheckMethod.RECOMPILED,
        same=result.same and bool(job.header.compiled_at),
        from_source=result.from_source,
        findings=tuple(found),
        diff=shown,
        note=extras_note(result.extras_left_out),
    )


def _not_compiled(project: GateProject, lock: Lock, tools: LockTools) -> LockCheck:
    exported = check_exported(project, lock, tools)
    if exported is not None:
        return exported
    is_requirements = lock.kind is LockKind.REQUIREMENTS
    return _without_source(lock) if is_requirements else check_with_tool(project, lock, tools)


def _without_source(lock: Lock) -> LockCheck:
    """Check a requirements file that is not compiled: empty or only includes, else without a source."""
    own = [entry for entry in lock.entries if entry.path == lock.path]
    if not own:
        return LockCheck(path=lock.path, how=CheckMethod.EMPTY)
    return LockCheck(path=lock.path, how=CheckMethod.NO_SOURCE, findings=(findings.no_source(lock.path, len(own)),))


def _missing(job: LockJob) -> LockCheck:
    return LockCheck(
        path=job.path,
        how=CheckMethod.MISSING,
        findings=(findings.missing(job.path, job.source_path, left_out=bool(job.old)),),
    )


def _findings(checks: Sequence[tuple[Lock | None, LockCheck]]) -> Iterator[Finding]:
    for lock, check in checks:
        yield from check.findings
        yield from lock.findings if lock is not None else ()


def _unlocked(project: GateProject, missing: Collection[str]) -> tuple[Finding, ...]:
    """Return findings for declared dependencies: without a lock, only a project that declares none passes."""
    return tuple(findings.no_lock(path) for path in project.declaring if path not in missing)


def _missing_of(checks: Iterable[tuple[Lock | None, LockCheck]]) -> frozenset[str]:
    """Return the sources of locks that are missing, which the gate reports itself."""
    locks = [check.path for _, check in checks if check.how is CheckMethod.MISSING]
    return frozenset(path for lock in locks for path in possible_sources(lock))


def _result(
    run: StageRun, checked: Sequence[tuple[GateProject, list[tuple[Lock | None, LockCheck]]]], runs: int
) -> StageResult:
    every = [pair for _, checks in checked for pair in checks]
    shown = [(project.shown(check.path), check) for project, checks in checked for _, check in checks]
    missing = {project.label: _missing_of(checks) for project, checks in checked}
    unlocked = {project.label: _unlocked(project, missing[project.label]) for project, _ in checked}
    found = [
        (project.without_unread(missing[project.label]), [*_findings(checks), *unlocked[project.label]])
        for project, checks in checked
    ]
    all_examined = all(check.examined for _, check in every) and not any(unlocked.values())
    gate = finish_gate(run, found, scopes=frozenset({SCOPE}), all_examined=all_examined)
    counts = counts_of(every, reproducible=run.args.reproducible, resolved=runs)
    notes = notes_of(shown, counts, unlocked=any(unlocked.values()) or any(project.unread for project, _ in checked))
    return StageResult(
        outcome=gate.outcome,
        details=diff_lines(shown),
        counts=counts,
        findings=gate.findings,
        reads=_reads(project for project, _ in checked),
        tools=_tools(check for _, check in every),
        options={"reproducible": "yes" if run.args.reproducible else "no"},
        notes=notes,
        broken_input=gate.broken,
        excluded=all_excluded(project for project, _ in checked),
        document=document_of(shown, counts),
    )


def _reads(projects: Iterable[GateProject]) -> tuple[FileRef, ...]:
    return tuple({ref.path: ref for project in projects for ref in project.lock_refs}.values())


def _tools(checks: Iterable[LockCheck]) -> tuple[ToolRef, ...]:
    every = list(checks)
    used = {check.tool for check in every if check.tool[0]}
    used |= {("uv", uv_version())} if any(check.how is CheckMethod.RECOMPILED for check in every) else set()
    return tuple(ToolRef(name=name, version=version) for name, version in sorted(used))


if __name__ == "__main__":
    leave(main())
