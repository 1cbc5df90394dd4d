"""From sources and locks to new lock texts, with as few questions to the compiler as the answer needs.

An unchanged lock is one that the compiler, asked again with the lock's own recorded moment and seeded
with the lock itself, answers with the same body. Only where that fails, or an upgrade is asked for, does
a new moment count.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ops.supply_chain.contracts.values.compile_request import Bypass, CompileRequest, Header
from ops.supply_chain.core.errors import StageError
from ops.supply_chain.dependencies.compile.asking import Answer, Asker, Compile
from ops.supply_chain.dependencies.compile.comparing import Change, changes_between, lowered, pins_of
from ops.supply_chain.dependencies.compile.cool_down import merge_bypasses, next_moment
from ops.supply_chain.dependencies.compile.header import render_lock
from ops.supply_chain.dependencies.compile.job import Job, Wish, request_for
from ops.supply_chain.dependencies.compile.reproducing import reproduced

ADOPTED = "pinned before this cool-down applied"
"""Reason recorded for a pin that is younger than its lock's new moment and that nobody asked to change."""


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """One job's answer: the lock's new text (the old one where `changed` is False) and what differs.

    `changes` are sorted by name. `adopted` are bypasses that were added to keep a pin which the cool-down
    would have lowered.
    """

    job: Job
    text: str
    changed: bool
    changes: tuple[Change, ...] = ()
    adopted: tuple[Bypass, ...] = ()


def settle(jobs: Sequence[Job], wish: Wish, compile_many: Compile) -> list[Settled]:
    """Find each job's new lock text.

    Args:
        jobs: Locks that do not wait for each other.
        wish: What is asked of them.
        compile_many: The compiler; each distinct request reaches it once.
    Returns:
        One answer a job, in the order of the jobs.
    Raises:
        InputError: A source cannot be resolved at its new moment. That it cannot be at the recorded one only
            tells that it has changed since.
    """
    asker = Asker(compile_many)
    unconcerned = [job for job in jobs if not wish.concerns(job)]
    settled = {job.path: _kept(job) for job in reproduced(unconcerned, asker, lambda job: request_for(job, job.header))}
    rest = [job for job in jobs if job.path not in settled]
    settled |= {answer.job.path: answer for answer in _renewed(rest, wish, asker)}
    return [settled[job.path] for job in jobs]


def _kept(job: Job) -> Settled:
    return Settled(job=job, text=job.old, changed=False)


def _renewed(jobs: Sequence[Job], wish: Wish, asker: Asker) -> list[Settled]:
    """Compile at the new moment; where that lowers a pin only because of its age, keep the pin and say so."""
    adopted: dict[str, tuple[str, ...]] = {job.path: () for job in jobs}
    bodies: dict[str, str] = {}
    pending = list(jobs)
    first = True
    while pending:
        answers = asker.ask([(job, _request(job, wish, adopted[job.path])) for job in pending])
        bodies |= {job.path: _body(answer) for job, answer in zip(pending, answers, strict=True)}
        wanted = {job.path: _to_adopt(job, bodies[job.path], None if first else adopted[job.path]) for job in pending}
        pending = [job for job in pending if wanted[job.path] != adopted[job.path]]
        adopted |= wanted
        first = False
    return [_answer(job, bodies[job.path], wish, adopted[job.path]) for job in jobs]


def _body(answer: Answer) -> str:
    if isinstance(answer, StageError):
        raise answer
    return answer


def _to_adopt(job: Job, body: str, adopted: tuple[str, ...] | None) -> tuple[str, ...]:
    # First round: all that went down. Later: of those, what stays where it was when its age is no reason;
    # what goes down all the same does so because the source says so, and needs no exception.
    down = lowered(job.pins, pins_of(body))
    return down if adopted is None else tuple(name for name in adopted if name not in down)


def _header(job: Job, wish: Wish, adopted: tuple[str, ...]) -> Header:
    moment = next_moment(job.header.compiled_at, wish.allowed)
    kept = tuple(_adopt(job, name, wish.now) for name in adopted)
    asked = tuple(one for one in wish.bypasses if one.name in {*job.pins.versions, *job.names})
    recorded = merge_bypasses(job.header.bypasses, kept, moment=moment)
    return Header(compiled_at=moment, bypasses=merge_bypasses(recorded, asked, moment=moment))


def _adopt(job: Job, name: str, now: str) -> Bypass:
    return Bypass(name=name, version=job.pins.versions[name][-1], moment=now, reason=ADOPTED)


def _request(job: Job, wish: Wish, adopted: tuple[str, ...]) -> CompileRequest:
    header = _header(job, wish, adopted)
    if not wish.upgrade:
        return request_for(job, header, upgrade_packages=wish.upgrades_of(job))
    if not adopted:
        return request_for(job, header, upgrade=True)
    # "Upgrade all but these" is not an option of uv: name all the others.
    others = tuple(name for name in job.pins.versions if name not in adopted)
    return request_for(job, header, upgrade_packages=others)


def _answer(job: Job, body: str, wish: Wish, adopted: tuple[str, ...]) -> Settled:
    if body == job.body and job.header.compiled_at and wish.concerns(job):
        return _kept(job)
    header = _header(job, wish, adopted)
    text = render_lock(header, body, command=job.command)
    return Settled(
        job=job,
        text=text,
        changed=text != job.old,
        changes=changes_between(job.pins, pins_of(body)),
        adopted=tuple(one for one in header.bypasses if one.name in adopted),
    )
