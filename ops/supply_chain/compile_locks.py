"""Compile the project's locks: every pin hashed, none younger than the cool-down, unchanged inputs unchanged bytes.

Reads    requirements.in files, pyproject.toml. A source is a requirements*.in or *requirements.in anywhere,
         any .in in a folder `requirements`, or what [locks].include names; pyproject.toml where the project has
         no requirements.in and no other tool's lock at its top. The lock beside a source gives the pins to
         keep and, in `# uv-compiled-at:`, the moment up to which releases were looked at.
Writes   requirements.txt, requirements.cdx.json, requirements.provenance.json beside each source (name.txt,
         name.cdx.json, name.provenance.json for a name.in); each whole or not at all, the lock last.
         A lock that its recorded moment reproduces keeps every byte; else the moment is the present less
         [locks].cool_down_days, or the recorded one if that is later. A publisher entry is made when a direct
         dependency is new or changes its version, and then stays. With --check nothing is written.
Decides  nothing; with --check, whether anything would be written.
Exits    0 done, 2 usage or configuration, 3 a source is broken or cannot be resolved, 4 --check found something
         to write, 5 the index did not answer, 6 a file cannot be written.
Network  the package index, through uv and for publishers; none with --offline.
Source   uv 0.13, `uv pip compile`; facts/standards.md section 8.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from ops.supply_chain.adapters.files.lock_sources import inside, read_text
from ops.supply_chain.adapters.tools.uv import Uv, index_address, uv_version
from ops.supply_chain.contracts.files.publisher_baseline import PublisherBaseline
from ops.supply_chain.contracts.files.record import ToolRef
from ops.supply_chain.contracts.values.compile_request import CompileRequest
from ops.supply_chain.contracts.values.publisher import Publisher
from ops.supply_chain.core import canonical
from ops.supply_chain.core.errors import UsageError
from ops.supply_chain.core.files import write_atomic
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.dependencies.compile.asking import Answer
from ops.supply_chain.dependencies.compile.baseline import publisher_of
from ops.supply_chain.dependencies.compile.companions import Beside, baseline_path, bom_path, look_beside
from ops.supply_chain.dependencies.compile.gathering import restrict
from ops.supply_chain.dependencies.compile.job import Job, Wish
from ops.supply_chain.dependencies.compile.report import document_of, findings_of, text_of
from ops.supply_chain.dependencies.compile.settling import Settled, settle
from ops.supply_chain.dependencies.compile.wishes import refuse_unknown, wish_of
from ops.supply_chain.gather.dependencies.jobs import read_jobs
from ops.supply_chain.runner.context import StageResult, StageRun
from ops.supply_chain.runner.stage import run_stage


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what may change, and where."""
    parser.add_argument("paths", nargs="*", type=Path, help="sources, locks or folders to restrict to (default: all)")
    parser.add_argument("--upgrade", action="store_true", help="let every pin go to the newest allowed release")
    parser.add_argument(
        "--upgrade-package", action="append", default=[], metavar="NAME", help="let this pin go (repeatable)"
    )
    parser.add_argument(
        "--bypass-cool-down",
        action="append",
        default=[],
        metavar="NAME[==VERSION]",
        help="let this pin go to a release younger than the cool-down; recorded in the lock (repeatable)",
    )
    parser.add_argument("--reason", default="", metavar="TEXT", help="why the cool-down is bypassed")
    parser.add_argument("--refresh-baseline", action="store_true", help="ask again who publishes each dependency")
    parser.add_argument("--check", action="store_true", help="write nothing; tell what would be written")


def _perform(run: StageRun) -> StageResult:
    wish = _wish(run)
    groups = _jobs(run, wish)
    compiler = Uv(run.root, cache=run.cache / "uv", config=run.config, offline=run.offline)
    asked: list[CompileRequest] = []

    def compile_many(requests: Sequence[CompileRequest]) -> list[Answer]:
        asked.extend(requests)
        return list(run.progress.track(compiler.compile_many(requests), label="compiling", total=len(requests)))

    looked: list[Beside] = []
    written: dict[str, list[str]] = {}
    for group in groups:
        beside = [_look(run, settled) for settled in settle(group, wish, compile_many)]
        looked += beside
        written |= {} if run.args.check else _write(run, beside)
    looked.sort(key=lambda one: one.lock_path)
    young = [one for one in looked if one.settled.job.header.compiled_at > wish.allowed]
    note = f"{len(young)} of them look up to a moment younger than the cool-down" if young else ""
    return _result(run, looked, written, asked=len(asked), note=note)


def _wish(run: StageRun) -> Wish:
    return wish_of(
        now=run.now,
        cool_down_days=run.config.locks.cool_down_days,
        upgrade=run.args.upgrade,
        upgrade_packages=run.args.upgrade_package,
        bypasses=run.args.bypass_cool_down,
        reason=run.args.reason,
    )


def _jobs(run: StageRun, wish: Wish) -> list[list[Job]]:
    groups = read_jobs(run.root, run.config.locks, now=run.now)
    if run.args.paths:
        groups = restrict(groups, [inside(run.root, path) for path in run.args.paths])
    if not groups:
        raise UsageError(
            "no source of a lock was found", hint="Write a requirements.in, or name the lock in [locks].include."
        )
    refuse_unknown(wish, [job for group in groups for job in group])
    return groups


def _look(run: StageRun, settled: Settled) -> Beside:
    path = settled.job.path
    text = read_text(run.root, baseline_path(path))
    baseline = None
    if text is not None:
        baseline = canonical.decode(text.encode(), PublisherBaseline, where=baseline_path(path))
    bom = read_text(run.root, bom_path(path))
    return look_beside(settled, bom=bom, baseline=baseline, refresh=run.args.refresh_baseline)


def _write(run: StageRun, beside: Sequence[Beside]) -> dict[str, list[str]]:
    """Write what is stale, the lock last: a run killed before that finds the old lock, and makes all again."""
    fresh = _publishers(run, sorted({name for one in beside for name in one.ask}))
    render = _bom_renderer(run)
    written: dict[str, list[str]] = {}
    for one in beside:
        files: list[tuple[str, bytes]] = []
        if one.bom_stale:
            files.append((one.bom_path, render(one)))
        baseline = one.renewed(fresh)
        if baseline is not None:
            files.append((one.baseline_path, canonical.encode(baseline)))
        if one.settled.changed:
            files.append((one.lock_path, one.settled.text.encode()))
        for path, data in files:
            write_atomic(run.root / path, data)
        written |= {one.lock_path: [path for path, _ in files]} if files else {}
    return written


def _publishers(run: StageRun, names: Sequence[str]) -> dict[str, Publisher]:
    """Ask the index who publishes some projects; those that it does not describe are left out."""
    from ops.supply_chain.adapters.index.client import PackageIndex

    address = index_address(os.environ, run.config.index.url)
    # A private index need not have project JSON, and the public one must not be asked about private names.
    if not names or (address and not run.config.index.json_url):
        return {}
    index = PackageIndex(run.cache, url=address, json_url=run.config.index.json_url, offline=run.offline)
    return {name: publisher_of(info) for name, info in index.project_json(names).items() if info is not None}


def _bom_renderer(run: StageRun) -> Callable[[Beside], bytes]:
    from ops.supply_chain.dependencies.locks.requirements import read_requirements
    from ops.supply_chain.inventory.build.documents import Subject, lock_document
    from ops.supply_chain.inventory.writers.cyclonedx import render

    subject = Subject(
        name=run.project.name,
        python_name=run.project.python_name,
        licence=run.project.licence,
        author=run.config.sbom.author,
        producer=run.config.sbom.producer,
        index_url=run.config.index.url,
    )

    def rendered(one: Beside) -> bytes:
        lock = read_requirements(one.lock_path, one.settled.text.encode(), lambda _: None)
        return render(lock_document(lock, subject=subject))

    return rendered


def _result(
    run: StageRun, looked: Sequence[Beside], written: dict[str, list[str]], *, asked: int, note: str
) -> StageResult:
    check = run.args.check
    findings = findings_of(looked) if check else ()
    changed = len(findings) if check else len(written)
    text = text_of(looked, written, check=check, asked=asked)
    return StageResult(
        outcome=Outcome.FAIL if findings else Outcome.PASS,
        text=f"{text}\n{note}" if note else text,
        counts={"locks": len(looked), "changed": changed, "unchanged": len(looked) - changed, "resolved": asked},
        findings=findings,
        tools=(ToolRef(name="uv", version=uv_version()),),
        notes=(note,) if note else (),
        document=document_of(looked, written),
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the stage; see `--help`."""
    return run_stage("compile_locks", __doc__, arguments, _perform, argv)


if __name__ == "__main__":
    raise SystemExit(main())
