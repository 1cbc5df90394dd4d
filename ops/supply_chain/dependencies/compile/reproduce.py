"""Which locks their recorded timestamp reproduces, with as few runs of the compiler as possible.

Locks of equal inputs and body differ in their timestamp alone. The set of releases and files up to a timestamp only
grows with it. So where the earliest and the latest timestamp give the same body, hashes included, every timestamp
between them does, and two runs are enough for all. (The body of both ends is the best solution among all that the
latest allows, and it exists from the earliest on; a timestamp between them allows fewer alternatives than the latest,
and none that the latest does not allow.)
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

import msgspec

from ops.supply_chain.contracts.values.compile_request import CompileRequest
from ops.supply_chain.core.errors import StageError
from ops.supply_chain.dependencies.compile.plan import LockJob

CompileOutcome = str | StageError
"""The body of a lock, why there is none (`InputError`), or why it is unknown (`UnavailableError`)."""

CompileMany = Callable[[Sequence[CompileRequest]], list[CompileOutcome]]
"""Runs the compiler for each request, in order."""

RequestKey = tuple[tuple[str, ...], CompileRequest]
"""Equal for equal requests: the inputs, and the request without its folder."""

MakeRequest = Callable[[LockJob], CompileRequest]
"""Makes the request whose result is compared with a lock; equal for jobs of equal inputs, body and header."""


class CachedCompiler:
    """Runs the compiler once for each distinct request.

    Args:
        compile_many: The compiler.
        cache: Known results, shared by compilers with equal settings.
    """

    def __init__(self, compile_many: CompileMany, cache: dict[RequestKey, CompileOutcome] | None = None) -> None:
        self._compile_many = compile_many
        self._cache = {} if cache is None else cache

    def compile(self, requests: Sequence[tuple[LockJob, CompileRequest]]) -> list[CompileOutcome]:
        """Return the result of each request, in order; equal requests run once, as the first of them."""
        keys = [_key(job, request) for job, request in requests]
        first = {key: request for key, (_, request) in reversed(list(zip(keys, requests, strict=True)))}
        new = {key: request for key, request in reversed(first.items()) if key not in self._cache}
        self._cache |= zip(new, self._compile_many(list(new.values())), strict=True)
        return [self._cache[key] for key in keys]


IsSame = Callable[[LockJob, CompileOutcome], bool]
"""Decides whether a result is a lock's body; alike for jobs of equal inputs, body and header."""


def is_body(job: LockJob, outcome: CompileOutcome) -> bool:
    """Return whether a result is a lock's body, byte for byte."""
    return outcome == job.body


def reproduced(
    jobs: Sequence[LockJob], compiler: CachedCompiler, make_request: MakeRequest, is_same: IsSame = is_body
) -> dict[str, CompileOutcome]:
    """Return the locks that the compiler reproduces.

    Args:
        jobs: Any order; one without a recorded timestamp is never reproduced.
        compiler: The compiler.
        make_request: The request for each job.
        is_same: Compares a result with a lock.
    Returns:
        The path of some of `jobs`, each with the result that is the same.
    """
    groups: dict[object, list[LockJob]] = defaultdict(list)
    for job in jobs:
        if job.header.compiled_at:
            groups[job.inputs, job.body, job.header.bypasses, job.keeps_extras].append(job)
    ends = {key: _ends(group) for key, group in groups.items()}
    same = _same([job for group in ends.values() for job in group], compiler, make_request, is_same)
    found: dict[str, CompileOutcome] = {}
    left: list[LockJob] = []
    for key, group in groups.items():
        first, last = (same.get(end.path) for end in ends[key])
        if first is not None and first == last:
            found |= {job.path: first for job in group}
        else:
            left += group
    return found | _same(left, compiler, make_request, is_same)


def _key(job: LockJob, request: CompileRequest) -> RequestKey:
    # The folder matters only if an input depends on it, and then `LockJob.inputs` contains it.
    return job.inputs, msgspec.structs.replace(request, folder="")


def _ends(group: list[LockJob]) -> list[LockJob]:
    ordered = sorted(group, key=lambda job: job.header.compiled_at)
    return [ordered[0], ordered[-1]]


def _same(
    jobs: Sequence[LockJob], compiler: CachedCompiler, make_request: MakeRequest, is_same: IsSame
) -> dict[str, CompileOutcome]:
    # One job of each distinct input first: these fill an empty cache for the others.
    first = {job.inputs: job.path for job in reversed(jobs)}
    ordered = sorted(jobs, key=lambda job: first[job.inputs] != job.path)
    outcomes = compiler.compile([(job, make_request(job)) for job in ordered])
    return {job.path: outcome for job, outcome in zip(ordered, outcomes, strict=True) if is_same(job, outcome)}
