"""The search in the locks of a fleet that Dask workers read: where a wanted package is, decided here.

Workers find every place of a wanted package, whatever its version. Whether a version is affected is decided by the run itself, with
its own feeds, so that no worker needs one. Locks are read twice: for what cannot be searched and which packages there are, and, where a
part has a wanted one, for its places.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

import msgspec

from ops.supply_chain.contracts.base import Contract, Count
from ops.supply_chain.contracts.files.fleet import PartResult, PartSetting
from ops.supply_chain.contracts.values.registry import PackageName, RegisteredComponent
from ops.supply_chain.core.errors import ErrorClass, InputError, UnavailableError, UsageError
from ops.supply_chain.core.moments import timestamp
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.gather.assurance.affected.locks import (
    Candidate,
    LockSearch,
    ProjectWaivers,
    contents_not_searched,
    excluded_note,
    locks_not_searched,
    parts_inside,
    unread_files,
)
from ops.supply_chain.gather.gates.fleet_run import FleetMember, FleetRun, fleet_members
from ops.supply_chain.gather.gates.projects import GateProject, read_gate_input
from ops.supply_chain.runner.context import StageResult, StageRun
from ops.supply_chain.suppliers.affected.model import Decided, FoundPlace, PlaceStatus, Problem, WantedPackage
from ops.supply_chain.suppliers.affected.question import Question, QuestionKind
from ops.supply_chain.suppliers.affected.search import Search, spellings

if TYPE_CHECKING:
    from ops.supply_chain.risk.advisories.inside import PartInWheel

Name = tuple[str, str, str]
"""Type, namespace and name of a package, as `PackageName` has them."""


class WantedName(Contract, frozen=True, kw_only=True):
    """A package to find, with the name of its source package, as `WantedPackage` has them."""

    package: Name
    source: str = ""


class LockQuestion(Contract, frozen=True, kw_only=True):
    """What a worker is asked: nothing for what there is, or the places of packages, or those of a digest."""

    wanted: tuple[WantedName, ...] = ()
    digest: str = ""


class ProjectSummary(Contract, frozen=True, kw_only=True):
    """What a worker read of one project: its locks, what it could not read, and what is left out."""

    component: str
    locks: Count
    broken: bool
    unread: tuple[Problem, ...]
    contents: tuple[Problem, ...]
    excluded: tuple[str, ...]


class FoundInLock(Contract, frozen=True, kw_only=True):
    """A candidate: its place (JSON), the line and the package of the component, and whether it is inside a wheel."""

    place: Any
    line: Count
    package: Name
    wheel: bool


class LockAnswer(Contract, frozen=True, kw_only=True):
    """What a worker answers.

    `names` are those of all pins, `inside` the identified packages in wheels, each as often as it is there. `wheels` is True if
    anything is known to be inside one.
    """

    projects: tuple[ProjectSummary, ...] = ()
    names: tuple[str, ...] = ()
    inside: tuple[Name, ...] = ()
    wheels: bool = False
    found: tuple[FoundInLock, ...] = ()


def read_fleet_locks(run: StageRun) -> FleetLocks | LockSearch:
    """Have the locks of a fleet read by workers; what cannot be read is a problem, not an error.

    Raises:
        UsageError: There is no fleet, its file is wrong, or the question needs one machine.
    """
    try:
        members = fleet_members(run)
        found = FleetLocks(run, members)
        if not found.locks and found.broken:
            read_gate_input(run)  # raises: none of the locks can be read
    except (InputError, UnavailableError) as error:
        return LockSearch(problems=(locks_not_searched(error),))
    return found


class FleetLocks:
    """The locks of a fleet, as `LockSearch` has those of one machine.

    Args:
        run: The stage's run.
        members: The projects.
    Raises:
        StageError: Not every part was read.
    """

    def __init__(self, run: StageRun, members: list[FleetMember]) -> None:
        self._run, self._members = run, members
        self._fleet = FleetRun(run, members)
        self._answers = self._ask(LockQuestion(), "summary")
        summaries = {item.component: item for answer in self._answers.values() for item in answer.projects}
        ordered = [summaries[member.component] for member in members]
        self.locks = sum(item.locks for item in ordered)
        self.broken = any(item.broken for item in ordered)
        unread = [problem for item in ordered for problem in item.unread]
        self.problems = (*unread, *(problem for item in ordered for problem in item.contents))
        self.notes = excluded_note([path for item in ordered for path in item.excluded])

    def names(self) -> set[str]:
        """Return the names of all pins."""
        return {name for answer in self._answers.values() for name in answer.names}

    def packages_inside(self) -> tuple[PackageName, ...]:
        """Return the identified packages inside wheels, each as often as it is there."""
        return tuple(PackageName(*name) for answer in self._answers.values() for name in answer.inside)

    def places(self, search: Search, today: date) -> Iterator[FoundPlace]:
        """Yield the places of the wanted packages in all locks.

        Args:
            search: What is wanted.
            today: For waivers.
        Raises:
            StageError: Not every part was read.
        """
        wanted = tuple(WantedName(package=_name(item.package), source=item.source) for item in search.wanted)
        names = {spelling for item in search.wanted for spelling in spellings(item.package)}
        waivers = {member.component: ProjectWaivers(member.config, today) for member in self._members}
        chosen = [
            number
            for number, answer in self._answers.items()
            if answer.wheels or not names.isdisjoint(answer.names)  # what is in a wheel may have a name only
        ]
        for answer in self._ask(LockQuestion(wanted=wanted), "places", chosen).values():
            for found in answer.found:
                candidate = _decided(found, search)
                if candidate is not None:
                    yield waivers[candidate.place.name].applied(candidate)

    def places_of_digest(self, digest: str) -> Iterator[FoundPlace]:
        """Yield the pins of all locks that have a digest, of whatever algorithm.

        Raises:
            StageError: Not every part was read.
        """
        for answer in self._ask(LockQuestion(digest=digest), "digest").values():
            yield from (_place(found) for found in answer.found)

    def files(self, digests: Collection[str]) -> Iterator[tuple[str, str]]:
        """Yield nothing: only a question about a folder needs them, and `refuse_folder` refuses it."""
        yield from ((digest, "") for digest in digests if not digest)

    def _ask(self, question: LockQuestion, turn: str, chosen: Collection[int] | None = None) -> dict[int, LockAnswer]:
        setting = PartSetting(now=timestamp(self._run.now), feed="", first=False, asked=_json(question))
        found = self._fleet.results(setting, chosen=chosen, turn=turn)
        return {number: _answer(result) for number, result in found.items()}


def refuse_folder(question: Question) -> None:
    """Refuse a question about a folder alone: it is compared with all hashes of all locks.

    Raises:
        UsageError: It is about a folder.
    """
    if question.kind is QuestionKind.PATH:
        raise UsageError(
            "--scheduler: a folder alone is compared on one machine",
            hint="Omit --scheduler, or ask about an advisory, a package or a digest.",
            kind=ErrorClass.COMMAND_LINE,
        )


def answer_part(run: StageRun) -> StageResult:
    """Answer a question about the locks of one part, on a worker."""
    question = msgspec.convert(run.part.setting.asked if run.part else None, LockQuestion)
    projects = read_gate_input(run)
    contents = {project.label: _inside(project) for project in projects}
    inside = tuple((project, parts) for project in projects if (parts := contents[project.label][0]))
    locks = LockSearch(projects, inside=inside)
    if question.digest:
        places = locks.places_of_digest(question.digest)
        answer = LockAnswer(found=tuple(_found(Candidate(place, _NO_COMPONENT)) for place in places))
    elif question.wanted:
        search = Search(WantedPackage(PackageName(*item.package), _any, item.source) for item in question.wanted)
        answer = LockAnswer(found=tuple(map(_found, locks.candidates(search))))
    else:
        answer = LockAnswer(
            projects=tuple(
                ProjectSummary(
                    component=project.label,
                    locks=len(project.locks),
                    broken=bool(project.broken),
                    unread=tuple(unread_files(project)),
                    contents=contents[project.label][1],
                    excluded=tuple(entry.path for entry in project.excluded_files),
                )
                for project in projects
            ),
            names=tuple(sorted(locks.names())),
            inside=tuple(map(_name, sorted(locks.packages_inside()))),
            wheels=bool(locks.inside),
        )
    return StageResult(outcome=Outcome.PASS, document=_json(answer))


_NO_COMPONENT = RegisteredComponent(0, PackageName("", "", ""))


def _any(_: RegisteredComponent) -> Decided:
    return Decided(PlaceStatus.AFFECTED)


def _inside(project: GateProject) -> tuple[tuple[PartInWheel, ...], tuple[Problem, ...]]:
    """Return what the wheels of a project contain, and why that was not searched."""
    try:
        return parts_inside(project), ()
    except InputError as error:
        return (), (contents_not_searched(error),)


def _name(package: PackageName) -> Name:
    return package.type, package.namespace, package.name


def _json(value: msgspec.Struct) -> Any:
    """Return a value as JSON has it: lists, no tuples."""
    return msgspec.json.decode(msgspec.json.encode(value))


def _found(candidate: Candidate) -> FoundInLock:
    return FoundInLock(
        place=_json(candidate.place),
        line=candidate.component.place,
        package=_name(candidate.component.package),
        wheel=candidate.wheel,
    )


def _answer(result: PartResult) -> LockAnswer:
    return msgspec.convert(result.document, LockAnswer, strict=True)


def _place(found: FoundInLock) -> FoundPlace:
    return msgspec.convert(found.place, FoundPlace)


def _decided(found: FoundInLock, search: Search) -> Candidate | None:
    """Return a candidate as the run decides it; None if it is not wanted."""
    place = _place(found)
    component = RegisteredComponent(found.line, PackageName(*found.package), place.version)
    decided = search.decide(component)
    if decided is None:
        return None
    place = msgspec.structs.replace(
        place,
        status=decided.status,
        reason=decided.reason,
        fixed=decided.fixed,
        ids=decided.ids,
        upgrade=place.upgrade if decided.status is PlaceStatus.AFFECTED else "",
    )
    return Candidate(place, component, wheel=found.wheel)
