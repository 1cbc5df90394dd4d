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


def reproduced(jobs: Sequence[LockJob], compiler: CachedCompiler, make_request: MakeRequest) -> list[LockJob]:
    """Return the jobs whose lock the compiler reproduces.

    Args:
        jobs: Any order; one without a recorded timestamp is never reproduced.
        compiler: The compiler.
        make_request: The request for each job.
    Returns:
        Some of `jobs`, in no particular order.
    """
    groups: dict[object, list[LockJob]] = defaultdict(list)
    for job in jobs:
        if job.header.compiled_at:
            groups[job.inputs, job.body, job.header.bypasses].append(job)
    ends = {key: _ends(group) for key, group in groups.items()}
    same = _same([job for group in ends.values() for job in group], compiler, make_request)
    left = [job for key, group in groups.items() if not all(end.path in same for end in ends[key]) for job in group]
    found = [job for key, group in groups.items() if all(end.path in same for end in ends[key]) for job in group]
    each = _same(left, compiler, make_request)
    return found + [job for job in left if job.path in each]


def _key(job: LockJob, request: CompileRequest) -> RequestKey:
    # The folder matters only if an input depends on it, and then `LockJob.inputs` contains it.
    return job.inputs, msgspec.structs.replace(request, folder="")


def _ends(group: list[LockJob]) -> list[LockJob]:
    ordered = sorted(group, key=lambda job: job.header.compiled_at)
    return [ordered[0], ordered[-1]]


def _same(jobs: Sequence[LockJob], compiler: CachedCompiler, make_request: MakeRequest) -> set[str]:
    # One job of each distinct input first: these fill an empty cache for the others.
    first = {job.inputs: job.path for job in reversed(jobs)}
    ordered = sorted(jobs, key=lambda job: first[job.inputs] != job.path)
    outcomes = compiler.compile([(job, make_request(job)) for job in ordered])
    return {job.path for job, outcome in zip(ordered, outcomes, strict=True) if outcome == job.body}
