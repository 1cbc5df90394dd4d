"""What the two gates that look pins up in advisories share: reading the locks and asking the sources.

A gap is something that was not looked at: a pin, a project without a lock, a feed. Each is a finding
whose code ends in `not-examined`; `runner.advisory_verdict` says what it does to the outcome.
"""

from __future__ import annotations

import argparse
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from ops.supply_chain.adapters.files.declarations import declaring_files
from ops.supply_chain.adapters.osv.sources import Asking, Chosen, SourceKind, attempts, first_answer, malicious_folder
from ops.supply_chain.contracts.files.record import FeedRef
from ops.supply_chain.contracts.values.advisory import Advisory
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core.addresses import INDEX_URL
from ops.supply_chain.core.errors import UnavailableError
from ops.supply_chain.core.text import printable
from ops.supply_chain.gather.gates.projects import GateProject, add_fleet_option, read_gate_input
from ops.supply_chain.risk.advisories.matching import Matcher
from ops.supply_chain.risk.advisories.pins import Key, Places, Traits, distinct, is_public, places
from ops.supply_chain.runner.context import StageRun

NO_VERSION = "the lock has no exact version of it"
NO_DEPENDENCIES = "no lock, and no dependencies declared: nothing to look at"


class Part(NamedTuple):
    """One project and its distinct pins, sorted."""

    project: GateProject
    pins: Mapping[Key, Traits]

    def places(self, keys: Collection[Key], *, findings: int) -> dict[Key, Places]:
        """Return where some pins stand in this project; those that it does not have are left out."""
        mine = [key for key in keys if key in self.pins]
        return places(self.project.locks, mine, findings=findings) if mine else {}


class Examined(msgspec.Struct, frozen=True, kw_only=True):
    """What was looked at, with which source.

    `wanted` are the pins to look at, sorted, `out_of_scope` how many are the projects' own. `unexamined`
    are those not looked at, each with the reason. `matcher` and `chosen` are None where no pin has a
    version to look up. `gaps` are about a project or a feed as a whole.
    """

    gate: str
    parts: tuple[Part, ...]
    wanted: tuple[Key, ...]
    out_of_scope: int
    unexamined: dict[Key, str]
    gaps: tuple[tuple[GateProject, Finding], ...]
    notes: tuple[str, ...]
    advisories: dict[str, tuple[Advisory, ...]] = {}
    feeds: tuple[FeedRef, ...] = ()
    chosen: Chosen | None = None
    matcher: Matcher | None = None
    blind: bool = False

    @property
    def asked(self) -> tuple[Key, ...]:
        """The pins that can be matched: those with a version, though what is known of some may not be whole."""
        return tuple(pin for pin in self.wanted if pin[1])

    @property
    def examined(self) -> tuple[Key, ...]:
        """The pins that were looked at."""
        return () if self.blind else tuple(pin for pin in self.wanted if pin not in self.unexamined)


def add_options(parser: argparse.ArgumentParser, kinds: Iterable[SourceKind]) -> None:
    """Add the options that both gates have."""
    add_fleet_option(parser)
    parser.add_argument(
        "--advisories",
        action="append",
        default=[],
        metavar="PATH|URL",
        help="OSV snapshot to use: a zip, a folder of records or an address; repeat, and the first that answers "
        "decides (default: the sources below)",
    )
    parser.add_argument(
        "--source",
        action="append",
        default=[],
        choices=[kind.value for kind in kinds],
        help="without --advisories: ask this one; repeat for several (default: all of them, in this order)",
    )
    parser.add_argument("--ledger", action="store_true", help="add what is seen to the ledger of first sightings")


@contextmanager
def examine(run: StageRun, gate: str, kinds: Collection[SourceKind], *, beside: bool = False) -> Iterator[Examined]:
    """Read the locks and ask for the advisories about their distinct pins.

    Args:
        run: The stage's run.
        gate: First part of the gate's finding codes.
        kinds: The kinds of source that can serve it.
        beside: Whether `[feeds].malicious` is used as well.
    Yields:
        What can be told from; the source's documents can be read within the block.
    Raises:
        UnavailableError: No source answered: nothing was examined.
        UsageError: The fleet file is wrong.
        InputError: A lock is broken.
    """
    found = _read(run, gate)
    if not found.asked:
        yield found
        return
    asking = _asking(run, found)
    wanted = {SourceKind(one) for one in run.args.source} or set(kinds)
    with first_answer(attempts(asking, run.args.advisories, wanted)) as chosen:
        found = _with_answer(found, chosen)
        if beside:
            found = _with_folders(found, asking)
        yield msgspec.structs.replace(found, matcher=Matcher(found.advisories, now=run.now))


def _read(run: StageRun, gate: str) -> Examined:
    parts = tuple(Part(project, distinct(project.locks)) for project in read_gate_input(run))
    local: dict[Key, bool] = {}
    for part in parts:
        for key, traits in part.pins.items():
            local[key] = local.get(key, True) and traits.local
    wanted = tuple(sorted(key for key, own in local.items() if not own))
    lockless = [(part.project, _undeclared(part.project)) for part in parts if not part.project.locks]
    return Examined(
        gate=gate,
        parts=parts,
        wanted=wanted,
        out_of_scope=len(local) - len(wanted),
        unexamined={key: NO_VERSION for key in wanted if not key[1]},
        gaps=tuple((project, _without_lock(gate, files)) for project, files in lockless if files),
        notes=tuple(dict.fromkeys(NO_DEPENDENCIES for _, files in lockless if not files)),
    )


def _undeclared(project: GateProject) -> tuple[str, ...]:
    return declaring_files(project.root, project.config.locks.exclude)


def _without_lock(gate: str, files: tuple[str, ...]) -> Finding:
    return Finding(
        code=f"{gate}.not-examined",
        severity=Severity.INFO,
        message=f"{files[0]} declares dependencies, and no lock says which versions",
        next_step="Lock them: nox -s lock.",
        path=files[0],
    )


def _asking(run: StageRun, found: Examined) -> Asking:
    public = {
        key
        for part in found.parts
        for key, traits in part.pins.items()
        if is_public(traits, index=part.project.config.index.url, public_index=INDEX_URL)
    }
    return Asking(
        feeds=run.config.feeds,
        package_index=run.config.index,
        pins=found.asked,
        public=public,
        cache=run.cache,
        now=run.now,
        offline=run.offline,
    )


def _with_answer(found: Examined, chosen: Chosen) -> Examined:
    answer = chosen.answer
    passed = [f"{name}: gave no usable answer, the next source was asked" for name, _ in chosen.passed_over]
    gap = [(found.parts[0].project, _feed_gap(found.gate, answer.blind))] if answer.blind else []
    return msgspec.structs.replace(
        found,
        advisories=dict(answer.advisories),
        feeds=(answer.feed,),
        unexamined={**answer.unexamined, **found.unexamined},
        gaps=(*found.gaps, *gap),
        notes=(*found.notes, *passed, *answer.notes),
        chosen=chosen,
        blind=bool(answer.blind),
    )


def _with_folders(found: Examined, asking: Asking) -> Examined:
    """Add the folders of malicious packages that projects keep; one that cannot be read is a gap."""
    folders: dict[Path, GateProject] = {}
    for part in found.parts:
        if part.project.config.feeds.malicious:
            folders.setdefault(part.project.root / part.project.config.feeds.malicious, part.project)
    for folder, project in sorted(folders.items()):
        found = _with_folder(found, asking, folder, project)
    return found


def _with_folder(found: Examined, asking: Asking, folder: Path, project: GateProject) -> Examined:
    try:
        with first_answer([malicious_folder(asking, folder)]) as beside:
            answer = beside.answer
    except UnavailableError as error:
        unread = _feed_gap(found.gate, "the folder of [feeds].malicious cannot be used", step=error.hint)
        return msgspec.structs.replace(found, gaps=(*found.gaps, (project, unread)), blind=True)
    joined = dict(found.advisories)
    for name, records in answer.advisories.items():
        joined[name] = (*joined.get(name, ()), *records)
    gap = [(project, _feed_gap(found.gate, answer.blind))] if answer.blind else []
    return msgspec.structs.replace(
        found,
        advisories=joined,
        feeds=(*found.feeds, answer.feed),
        unexamined={**answer.unexamined, **found.unexamined},
        gaps=(*found.gaps, *gap),
        notes=(*found.notes, *answer.notes),
        blind=found.blind or bool(answer.blind),
    )


def _feed_gap(gate: str, why: str, *, step: str = "") -> Finding:
    return Finding(
        code=f"{gate}.not-examined",
        severity=Severity.INFO,
        message=f"nothing counts as examined: {printable(why)}",
        next_step=step or "Fetch the feed again; if the record is still there, report it to whoever publishes it.",
    )
