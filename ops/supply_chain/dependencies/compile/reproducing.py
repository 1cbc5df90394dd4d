"""Which locks their recorded moment reproduces, with as few questions to the compiler as the answer needs.

Locks of equal inputs and body differ in their moment alone. What a moment lets through only grows with it:
releases by their upload, the files of a release likewise. So where the earliest and the latest moment give
the same body, hashes included, each moment between them does, and two questions answer for all. (The body of
both ends is the best answer among all that the latest lets through, and it is there from the earliest on; a
moment between them offers fewer rivals than the latest, and none that the latest does not offer.)
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

from ops.supply_chain.contracts.values.compile_request import CompileRequest
from ops.supply_chain.dependencies.compile.asking import Asker
from ops.supply_chain.dependencies.compile.job import Job

Question = Callable[[Job], CompileRequest]
"""Makes the question whose answer is held against a lock; equal for jobs of equal inputs, body and header."""


def reproduced(jobs: Sequence[Job], asker: Asker, question: Question) -> list[Job]:
    """Return the jobs whose lock the compiler answers again.

    Args:
        jobs: Any order; one without a recorded moment is never reproduced.
        asker: Asks the compiler; remembers what it said.
        question: What is asked of each.
    Returns:
        Some of `jobs`, in no particular order.
    """
    groups: dict[object, list[Job]] = defaultdict(list)
    for job in jobs:
        if job.header.compiled_at:
            groups[job.inputs, job.body, job.header.bypasses].append(job)
    ends = {key: _ends(group) for key, group in groups.items()}
    same = _same([job for group in ends.values() for job in group], asker, question)
    left = [job for key, group in groups.items() if not all(end.path in same for end in ends[key]) for job in group]
    settled = [job for key, group in groups.items() if all(end.path in same for end in ends[key]) for job in group]
    one_by_one = _same(left, asker, question)
    return settled + [job for job in left if job.path in one_by_one]


def _ends(group: list[Job]) -> list[Job]:
    ordered = sorted(group, key=lambda job: job.header.compiled_at)
    return [ordered[0], ordered[-1]]


def _same(jobs: Sequence[Job], asker: Asker, question: Question) -> set[str]:
    # One of each distinct input first: they fill a clean cache for the others.
    first = {job.inputs: job.path for job in reversed(jobs)}
    ordered = sorted(jobs, key=lambda job: first[job.inputs] != job.path)
    answers = asker.ask([(job, question(job)) for job in ordered])
    return {job.path for job, answer in zip(ordered, answers, strict=True) if answer == job.body}
