"""New lock texts from sources and old locks, with as few runs of the compiler as possible.

A lock is unchanged if the compiler, run with the lock's own recorded timestamp and seeded with the lock itself,
gives the same body. Only if that fails, or an upgrade is requested, is a new timestamp used.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ops.supply_chain.contracts.values.compile_request import Bypass, CompileRequest, LockHeader
from ops.supply_chain.core.errors import StageError
from ops.supply_chain.dependencies.compile.diff import PinChange, changes_between, downgraded, pins_of
from ops.supply_chain.dependencies.compile.header import merge_bypasses, next_timestamp, render_lock
from ops.supply_chain.dependencies.compile.options import CompileOptions
from ops.supply_chain.dependencies.compile.plan import LockJob, request_for
from ops.supply_chain.dependencies.compile.reproduce import CachedCompiler, CompileMany, CompileOutcome, reproduced

KEPT_YOUNG = "pinned before this cool-down applied"
"""Recorded reason for a pin that is younger than its lock's new timestamp and that is not to be changed."""


class LockResult(msgspec.Struct, frozen=True, kw_only=True):
    """The result for one job: the lock's new text (the old one if `changed` is False) and its changes.

    `changes` are sorted by name. `kept_young` are bypasses that were added to keep a pin which the cool-down
    would have downgraded.
    """

    job: LockJob
    text: str
    changed: bool
    changes: tuple[PinChange, ...] = ()
    kept_young: tuple[Bypass, ...] = ()


def resolve(jobs: Sequence[LockJob], options: CompileOptions, compile_many: CompileMany) -> list[LockResult]:
    """Return each job's new lock text.

    Args:
        jobs: Locks that do not depend on each other.
        options: The options of this compile.
        compile_many: The compiler; it runs once for each distinct request.
    Returns:
        One result per job, in the order of the jobs.
    Raises:
        InputError: A source cannot be resolved at its new timestamp. If it cannot be resolved at the recorded one, it
            has only changed since.
    """
    compiler = CachedCompiler(compile_many)
    unaffected = [job for job in jobs if not options.affect(job)]
    same = reproduced(unaffected, compiler, lambda job: request_for(job, job.header))
    results = {job.path: _unchanged(job) for job in unaffected if job.path in same}
    rest = [job for job in jobs if job.path not in results]
    results |= {result.job.path: result for result in _resolve_again(rest, options, compiler)}
    return [results[job.path] for job in jobs]


def _unchanged(job: LockJob) -> LockResult:
    return LockResult(job=job, text=job.old, changed=False)


def _resolve_again(jobs: Sequence[LockJob], options: CompileOptions, compiler: CachedCompiler) -> list[LockResult]:
    """Compile at the new timestamp; a pin that this downgrades only because of its age is kept by a bypass."""
    kept: dict[str, tuple[str, ...]] = {job.path: () for job in jobs}
    bodies: dict[str, str] = {}
    pending = list(jobs)
    first = True
    while pending:
        outcomes = compiler.compile([(job, _request(job, options, kept[job.path])) for job in pending])
        bodies |= {job.path: _body(outcome) for job, outcome in zip(pending, outcomes, strict=True)}
        wanted = {job.path: _to_keep(job, bodies[job.path], None if first else kept[job.path]) for job in pending}
        pending = [job for job in pending if wanted[job.path] != kept[job.path]]
        kept |= wanted
        first = False
    return [_result(job, bodies[job.path], options, kept[job.path]) for job in jobs]


def _body(outcome: CompileOutcome) -> str:
    if isinstance(outcome, StageError):
        raise outcome
    return outcome


def _to_keep(job: LockJob, body: str, kept: tuple[str, ...] | None) -> tuple[str, ...]:
    # First round: all that were downgraded. Later: of those, the ones that stay at their version when their age does
    # not count; what is downgraded all the same is so because the source requires it, and needs no bypass.
    down = downgraded(job.pins, pins_of(body))
    return down if kept is None else tuple(name for name in kept if name not in down)


def _header(job: LockJob, options: CompileOptions, kept: tuple[str, ...]) -> LockHeader:
    compiled_at = next_timestamp(job.header.compiled_at, options.allowed)
    young = tuple(_keep_young(job, name, options.now) for name in kept)
    requested = tuple(bypass for bypass in options.bypasses if bypass.name in {*job.pins.versions, *job.names})
    # A bypass that only keeps a young pin must not let an upgrade move it to a release that is younger still.
    old = tuple(bypass for bypass in job.header.bypasses if not _is_reset(bypass, job, options))
    recorded = merge_bypasses(old, young, after=compiled_at)
    return LockHeader(compiled_at=compiled_at, bypasses=merge_bypasses(recorded, requested, after=compiled_at))


def _is_reset(bypass: Bypass, job: LockJob, options: CompileOptions) -> bool:
    upgraded = {package.partition("==")[0] for package in options.upgrades_of(job)}
    return bypass.reason == KEPT_YOUNG and (options.upgrade or bypass.name in upgraded)


def _keep_young(job: LockJob, name: str, now: str) -> Bypass:
    return Bypass(name=name, version=job.pins.versions[name][-1], exclude_newer=now, reason=KEPT_YOUNG)


def _request(job: LockJob, options: CompileOptions, kept: tuple[str, ...]) -> CompileRequest:
    header = _header(job, options, kept)
    if not options.upgrade:
        packages = [package for package in options.upgrades_of(job) if package.partition("==")[0] not in kept]
        return request_for(job, header, upgrade_packages=tuple(packages))
    if not kept:
        return request_for(job, header, upgrade=True)
    # uv has no option "upgrade all but these": name all the others.
    others = tuple(name for name in job.pins.versions if name not in kept)
    return request_for(job, header, upgrade_packages=others)


def _result(job: LockJob, body: str, options: CompileOptions, kept: tuple[str, ...]) -> LockResult:
    if body == job.body and job.header.compiled_at and options.affect(job):
        return _unchanged(job)
    header = _header(job, options, kept)
    text = render_lock(header, body, command=job.command)
    return LockResult(
        job=job,
        text=text,
        changed=text != job.old,
        changes=changes_between(job.pins, pins_of(body)),
        kept_young=tuple(bypass for bypass in header.bypasses if bypass.name in kept),
    )
