"""Compile the project's locks: every pin hashed, no release younger than the cool-down, reproducible bytes.

Reads    requirements.in files, pyproject.toml. A source is any requirements*.in or *requirements.in,
         any .in in a folder `requirements`, or a file that [locks].include names; pyproject.toml if the project has
         no requirements.in and no other tool's lock at its top. The lock beside a source provides the pins to
         keep and, in `# uv-compiled-at:`, the timestamp after which releases were ignored.
         For a Python package also requirements-build.in, which is written from [build-system] of its pyproject.toml.
         Where pyproject.toml is compiled and there is no other source: requirements-NAME.in of each dependency group and extra,
         which is written from it.
Writes   requirements.txt, requirements.cdx.json, requirements.provenance.json beside each source (name.txt,
         name.cdx.json, name.provenance.json for a name.in); each file atomically, the lock last.
         requirements-build.in beside the pyproject.toml of each package, unless [build].allow is false: the requirements of its build.
         requirements-NAME.in of each dependency group and extra, as above.
         NAME.provenance.json beside a lock of another tool that has none (uv.provenance.json): the publishers of its direct dependencies.
         With [build].allow = true also what its build backend asks for, which runs the backend on a copy of the project.
         Every package keeps its extras, which pip before 23.3 needs with --require-hashes.
         A new lock of pyproject.toml is for every platform and every Python that requires-python allows; an existing lock
         keeps what its header records, unless [locks] sets it. A requirement that is left out because of its marker is named.
         A lock that its recorded timestamp reproduces keeps every byte; else the new timestamp is the present less
         [locks].cool_down_days, or the recorded one if that is later. A publisher entry is written when a direct
         dependency is new or changes its version, and then stays. With --check nothing is written.
Decides  nothing; with --check, whether anything would be written.
Exits    0 done, 2 usage or configuration, 3 a source is malformed or cannot be resolved, 4 --check found something
         to write, 5 the index did not answer, 6 a file cannot be written.
Network  the package index, through uv and for publishers; none with --offline.
Source   uv 0.13, `uv pip compile`: https://docs.astral.sh/uv/pip/compile/
"""

from __future__ import annotations

if __name__ == "__main__":
    from ops.supply_chain.runner.command_lines import answer_help

    answer_help("compile_locks")

import argparse
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from ops.supply_chain.adapters.files.lock_sources import inside, read_text
from ops.supply_chain.adapters.tools.uv import Uv, index_address, uv_version
from ops.supply_chain.contracts.files.publisher_baseline import PublisherBaseline
from ops.supply_chain.contracts.files.record import ToolRef
from ops.supply_chain.contracts.values.compile_request import CompileRequest
from ops.supply_chain.contracts.values.finding import Finding
from ops.supply_chain.contracts.values.lock import LockKind
from ops.supply_chain.contracts.values.publisher import Publisher
from ops.supply_chain.core import canonical
from ops.supply_chain.core.errors import ErrorClass, UsageError
from ops.supply_chain.core.files import write_atomic
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.dependencies.compile.first_baselines import names_to_record
from ops.supply_chain.dependencies.compile.options import CompileOptions, parse_options, refuse_unknown
from ops.supply_chain.dependencies.compile.plan import LockJob, restrict
from ops.supply_chain.dependencies.compile.report import (
    document_of,
    findings_of,
    left_out_notes,
    not_upgraded_notes,
    text_of,
)
from ops.supply_chain.dependencies.compile.reproduce import CompileOutcome
from ops.supply_chain.dependencies.compile.resolve import LockResult, resolve
from ops.supply_chain.dependencies.compile.siblings import (
    SiblingFiles,
    baseline_path,
    bom_path,
    check_siblings,
    publisher_of,
)
from ops.supply_chain.gather.dependencies.build_sources import (
    ask_backends,
    build_source_findings,
    write_build_sources,
)
from ops.supply_chain.gather.dependencies.group_sources import group_source_findings, write_group_sources
from ops.supply_chain.gather.dependencies.jobs import read_jobs
from ops.supply_chain.gather.gates.locks import read_good_locks
from ops.supply_chain.release.evidence import baseline_beside
from ops.supply_chain.runner.context import StageResult, StageRun
from ops.supply_chain.runner.stage import leave, run_stage


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what may change, and which locks."""
    parser.add_argument("paths", nargs="*", type=Path, help="sources, locks or folders to compile (default: all)")
    parser.add_argument("--upgrade", action="store_true", help="upgrade all packages to the newest allowed release")
    parser.add_argument(
        "--upgrade-package", action="append", default=[], metavar="NAME", help="upgrade this package (repeatable)"
    )
    parser.add_argument(
        "--bypass-cool-down",
        action="append",
        default=[],
        metavar="NAME[==VERSION]",
        help="upgrade this package to a release younger than the cool-down; recorded in the lock (repeatable)",
    )
    parser.add_argument("--reason", default="", metavar="TEXT", help="reason for the bypass of the cool-down")
    parser.add_argument("--refresh-baseline", action="store_true", help="fetch the publisher of each dependency again")
    parser.add_argument("--check", action="store_true", help="write nothing; report what would change")


def _perform(run: StageRun) -> StageResult:
    options = _options(run)
    changed = () if run.args.check or run.args.paths else _write_sources(run)
    first = [] if run.args.check or run.args.paths else _first_baselines(run)
    groups = _jobs(run, options, recorded=bool(first) or _has_recorded(run))
    planned = [job.path for group in groups for job in group]
    drifted = (
        (*build_source_findings(run.root, planned), *group_source_findings(run.root, planned)) if run.args.check else ()
    )
    compiler = Uv(run.root, cache=run.cache / "uv", config=run.config, offline=run.offline)
    sent: list[CompileRequest] = []

    def compile_many(requests: Sequence[CompileRequest]) -> list[CompileOutcome]:
        sent.extend(requests)
        return list(run.progress.track(compiler.compile_many(requests), label="compiling", total=len(requests)))

    written: dict[str, list[str]] = {}
    found = _compile(run, groups, options, compile_many, written)
    if not run.args.check and not run.args.paths:
        asked = ask_backends(run.root, run.config, cache=run.cache / "uv", offline=run.offline)
        found |= _compile(run, restrict(_jobs(run, options), asked), options, compile_many, written) if asked else {}
        changed = tuple(dict.fromkeys((*changed, *asked)))
    locks = [found[path] for path in sorted(found)]
    young = sum(lock.result.job.header.compiled_at > options.allowed for lock in locks)
    notes = [f"{young} of them record a timestamp that is younger than the cool-down"] if young else []
    notes += [note for lock in locks for note in left_out_notes(lock.result)]
    notes += [note for lock in locks for note in not_upgraded_notes(lock.result, options)]
    notes += [f"{path} was written from pyproject.toml" for path in changed]
    notes += [f"{path} was recorded for the first time: review it" for path in first]
    return _result(run, locks, written, runs=len(sent), notes=notes, drifted=drifted)


def _write_sources(run: StageRun) -> tuple[str, ...]:
    return (*write_build_sources(run.root, run.config), *write_group_sources(run.root, run.config))


def _first_baselines(run: StageRun) -> list[str]:
    """Record the publishers of locks of other tools that have no baseline; return what was written, sorted."""
    locks = read_good_locks(run.root, run.config.locks).locks
    missing = [lock for lock in locks if read_text(run.root, baseline_beside(lock.path)) is None]
    wanted = names_to_record(missing, index=index_address(os.environ, run.config.index.url) or "")
    fetched = _publishers(run, sorted({name for names in wanted.values() for name in names}))
    written = []
    for lock, names in wanted.items():
        known = {name: fetched[name] for name in names if name in fetched}
        if known:
            write_atomic(run.root / baseline_beside(lock), canonical.encode(PublisherBaseline(direct_deps=known)))
            written.append(baseline_beside(lock))
    return written


def _has_recorded(run: StageRun) -> bool:
    """Return whether a lock of another tool has its baseline: then there need be no source to compile."""
    locks = read_good_locks(run.root, run.config.locks).locks
    return any(
        lock.kind is not LockKind.REQUIREMENTS and (run.root / baseline_beside(lock.path)).exists() for lock in locks
    )


def _compile(
    run: StageRun,
    groups: Sequence[Sequence[LockJob]],
    options: CompileOptions,
    compile_many: Callable[[Sequence[CompileRequest]], list[CompileOutcome]],
    written: dict[str, list[str]],
) -> dict[str, SiblingFiles]:
    """Return the locks by path; what is written for each joins `written`."""
    found: dict[str, SiblingFiles] = {}
    for group in groups:
        resolved = [_siblings(run, result) for result in resolve(group, options, compile_many)]
        found |= {lock.lock_path: lock for lock in resolved}
        for path, files in ({} if run.args.check else _write(run, resolved)).items():
            written[path] = list(dict.fromkeys((*written.get(path, ()), *files)))
    return found


def _options(run: StageRun) -> CompileOptions:
    return parse_options(
        now=run.now,
        cool_down_days=run.config.locks.cool_down_days,
        upgrade=run.args.upgrade,
        upgrade_packages=run.args.upgrade_package,
        bypasses=run.args.bypass_cool_down,
        reason=run.args.reason,
    )


def _jobs(run: StageRun, options: CompileOptions, *, recorded: bool = False) -> list[list[LockJob]]:
    groups = read_jobs(run.root, run.config.locks, now=run.now)
    if run.args.paths:
        groups = restrict(groups, [inside(run.root, path) for path in run.args.paths])
    if not groups and not recorded:
        raise UsageError(
            "no source of a lock found",
            hint="Write a requirements.in, or name the lock in [locks].include.",
            kind=ErrorClass.NO_CONFIGURATION,
        )
    refuse_unknown(options, [job for group in groups for job in group])
    return groups


def _siblings(run: StageRun, result: LockResult) -> SiblingFiles:
    path = result.job.path
    text = read_text(run.root, baseline_path(path))
    baseline = None
    if text is not None:
        baseline = canonical.decode(text.encode(), PublisherBaseline, where=baseline_path(path))
    bom = read_text(run.root, bom_path(path))
    return check_siblings(result, bom=bom, baseline=baseline, refresh=run.args.refresh_baseline)


def _write(run: StageRun, locks: Sequence[SiblingFiles]) -> dict[str, list[str]]:
    """Write the stale files, the lock last: a run that is killed before leaves the old lock, and the next repeats all."""
    fetched = _publishers(run, sorted({name for lock in locks for name in lock.to_fetch}))
    render = _bom_renderer(run)
    written: dict[str, list[str]] = {}
    for lock in locks:
        files: list[tuple[str, bytes]] = []
        if lock.bom_stale:
            files.append((lock.bom_path, render(lock)))
        baseline = lock.new_baseline(fetched)
        if baseline is not None:
            files.append((lock.baseline_path, canonical.encode(baseline)))
        if lock.result.changed:
            files.append((lock.lock_path, lock.result.text.encode()))
        for path, data in files:
            write_atomic(run.root / path, data)
        written |= {lock.lock_path: [path for path, _ in files]} if files else {}
    return written


def _publishers(run: StageRun, names: Sequence[str]) -> dict[str, Publisher]:
    """Fetch the publishers of some projects; projects that the index does not describe are left out."""
    from ops.supply_chain.adapters.index.client import PackageIndex

    address = index_address(os.environ, run.config.index.url)
    # A private index need not have project JSON, and the public index must not see private names.
    if not names or (address and not run.config.index.json_url):
        return {}
    config = run.config.index
    index = PackageIndex(run.cache, url=address, json_url=config.json_url, trusted=config.trusted, offline=run.offline)
    return {name: publisher_of(info) for name, info in index.project_json(names).items() if info is not None}


def _bom_renderer(run: StageRun) -> Callable[[SiblingFiles], bytes]:
    from ops.supply_chain.dependencies.locks.readers.requirements import read_requirements
    from ops.supply_chain.inventory.build.documents import DescribedProject, lock_document
    from ops.supply_chain.inventory.writers.cyclonedx import render

    subject = DescribedProject(
        name=run.project.name,
        python_name=run.project.python_name,
        is_package=run.project.is_package,
        licence=run.project.licence,
        author=run.config.sbom.author,
        producer=run.config.sbom.producer,
        author_contact=run.config.sbom.author_contact,
        producer_contact=run.config.sbom.producer_contact,
        index_url=run.config.index.url,
    )

    def rendered(files: SiblingFiles) -> bytes:
        lock = read_requirements(files.lock_path, files.result.text.encode(), lambda _: None)
        return render(lock_document(lock, subject=subject))

    return rendered


def _result(
    run: StageRun,
    locks: Sequence[SiblingFiles],
    written: dict[str, list[str]],
    *,
    runs: int,
    notes: Sequence[str],
    drifted: tuple[Finding, ...],
) -> StageResult:
    check = run.args.check
    stale = findings_of(locks) if check else ()
    findings = (*stale, *drifted)
    changed = len(stale) if check else len(written)
    text = text_of(locks, written, check=check, runs=runs)
    return StageResult(
        outcome=Outcome.FAIL if findings else Outcome.PASS,
        text=text,
        counts={"locks": len(locks), "changed": changed, "unchanged": len(locks) - changed, "resolved": runs},
        findings=findings,
        tools=(ToolRef(name="uv", version=uv_version()),),
        notes=tuple(notes),
        document=document_of(locks, written),
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the stage; see `--help`."""
    return run_stage("compile_locks", __doc__, arguments, _perform, argv)


if __name__ == "__main__":
    leave(main())
