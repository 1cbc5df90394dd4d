"""The search in today's locks, of one project or of a fleet, and in what the wheels of their pins contain."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from ops.supply_chain.contracts.config.file import Config
from ops.supply_chain.contracts.values.finding import Finding
from ops.supply_chain.contracts.values.lock import Lock, LockEntry
from ops.supply_chain.contracts.values.registry import PackageName, RegisteredComponent
from ops.supply_chain.core.errors import InputError, StageError, UnavailableError
from ops.supply_chain.core.text import printable
from ops.supply_chain.formats.lock_formats import upgrade_command
from ops.supply_chain.gather.gates.projects import GateProject, read_gate_input
from ops.supply_chain.runner.context import StageRun
from ops.supply_chain.suppliers.affected.model import Decided, FoundPlace, PlaceKind, PlaceStatus, Problem
from ops.supply_chain.suppliers.affected.paths import name_path
from ops.supply_chain.suppliers.affected.search import Search

if TYPE_CHECKING:
    from ops.supply_chain.risk.advisories.inside import PartInWheel

PYPI = "pypi"
WEAK_NAME = ":name"
CONTENTS = ".contents.json"
"""How the name of a file ends that records what the wheels of the lock next to it contain."""


class Candidate(NamedTuple):
    """A place in today's locks, the component there, and whether it is inside a wheel, where no waiver applies."""

    place: FoundPlace
    component: RegisteredComponent
    wheel: bool = False


class LockSearch(NamedTuple):
    """The projects that were read, how many locks they have, what their wheels contain, and what was not read."""

    projects: tuple[GateProject, ...] = ()
    locks: int = 0
    inside: tuple[tuple[GateProject, tuple[PartInWheel, ...]], ...] = ()
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()

    def names(self) -> set[str]:
        """Return the names of all pins."""
        return {entry.pin.name for project in self.projects for lock in project.locks for entry in lock.entries}

    def packages_inside(self) -> tuple[PackageName, ...]:
        """Return the identified packages inside wheels, each as often as it is there."""
        found = (part.package for _, parts in self.inside for part in parts if part.package is not None)
        return tuple(PackageName(package.type, package.namespace, package.name) for package in found)

    def candidates(self, search: Search) -> Iterator[Candidate]:
        """Yield the places of the wanted packages in all locks, before waivers.

        Args:
            search: What is wanted.
        """
        for project in self.projects:
            for lock in project.locks:
                yield from _in_lock(project, lock, search)
        for project, parts in self.inside:
            yield from _in_wheels(project, parts, search)

    def places(self, search: Search, today: date) -> Iterator[FoundPlace]:
        """Yield the places of the wanted packages in all locks.

        Args:
            search: What is wanted.
            today: For waivers.
        """
        waivers = {project.label: ProjectWaivers(project.config, today) for project in self.projects}
        for candidate in self.candidates(search):
            yield waivers[candidate.place.name].applied(candidate)

    def places_of_digest(self, digest: str) -> Iterator[FoundPlace]:
        """Yield the pins of all locks that have a digest, of whatever algorithm."""
        for project in self.projects:
            for lock in project.locks:
                for entry in lock.entries:
                    if any(value.partition(":")[2] == digest for value in entry.pin.hashes):
                        yield _place(project, lock, entry, Decided(PlaceStatus.AFFECTED))

    def files(self, digests: Collection[str]) -> Iterator[tuple[str, str]]:
        """Yield each of some digests that a pin has, with the path of its lock."""
        for project in self.projects:
            for lock in project.locks:
                for entry in lock.entries:
                    for value in entry.pin.hashes:
                        if (digest := value.partition(":")[2]) in digests:
                            yield digest, project.shown(lock.path)


def read_locks(run: StageRun) -> LockSearch:
    """Read the locks of the project, or of all projects of `--fleet`; what cannot be read is a problem, not an error.

    Raises:
        UsageError: The fleet file is wrong.
    """
    try:
        projects = read_gate_input(run)
    except (InputError, UnavailableError) as error:
        return LockSearch(problems=(locks_not_searched(error),))
    problems = [problem for project in projects for problem in unread_files(project)]
    inside = []
    for project in projects:
        try:
            inside.append((project, parts_inside(project)))
        except InputError as error:
            problems.append(contents_not_searched(error))
    excluded = [entry.path for project in projects for entry in project.excluded_files]
    return LockSearch(
        projects,
        sum(len(project.locks) for project in projects),
        tuple(inside),
        tuple(problems),
        excluded_note(excluded),
    )


def locks_not_searched(error: StageError) -> Problem:
    """Return the problem that no lock was searched."""
    return Problem(f"locks were not searched: {printable(error.message)}", error.hint)


def contents_not_searched(error: StageError) -> Problem:
    """Return the problem that the contents of a project's wheels were not searched."""
    return Problem(f"what wheels contain was not searched: {printable(error.message)}", error.hint)


def excluded_note(paths: Sequence[str]) -> tuple[str, ...]:
    """Return the note about what configurations leave out; none for no path."""
    return (f"[locks].exclude leaves out {', '.join(paths)}",) if paths else ()


def _in_lock(project: GateProject, lock: Lock, search: Search) -> Iterator[Candidate]:
    paths = _Paths(lock)
    for entry in lock.entries:
        pin = entry.pin
        if pin.local:
            continue
        component = RegisteredComponent(entry.line, PackageName(PYPI, "", pin.name), pin.version)
        decided = search.decide(component)
        if decided is not None:
            yield Candidate(_place(project, lock, entry, decided, paths.to(entry)), component)


def _place(
    project: GateProject, lock: Lock, entry: LockEntry, decided: Decided, path: tuple[str, ...] = ()
) -> FoundPlace:
    pin, shown = entry.pin, project.shown(entry.path)
    upgrade = ""
    if decided.status is PlaceStatus.AFFECTED:
        upgrade = upgrade_command(lock.kind, pin.name, lock.path, export=lock.export)
    return FoundPlace(
        kind=PlaceKind.LOCK,
        status=decided.status,
        owner=project.shown(lock.path),
        package=pin.name,
        version=pin.version,
        where=f"{shown}:{entry.line}",
        path=path,
        reason=decided.reason,
        fixed=decided.fixed,
        ids=decided.ids,
        name=project.label,
        upgrade=upgrade,
    )


def _in_wheels(project: GateProject, parts: Iterable[PartInWheel], search: Search) -> Iterator[Candidate]:
    """Yield the wanted packages inside wheels, as far as those were opened and recorded."""
    for part in parts:
        package = part.package
        name = PackageName(WEAK_NAME, "", part.name.lower())
        if package is not None:
            name = PackageName(package.type, package.namespace, package.name)
        version = (package.version if package else "") or part.version
        component = RegisteredComponent(0, name, version)
        decided = search.decide(component)
        if decided is None:
            continue
        holder = "==".join(part.container)
        place = FoundPlace(
            kind=PlaceKind.LOCK,
            status=decided.status,
            owner=f"{project.shown(project.locks[0].path)}, inside the wheel of {holder}",
            package=part.name,
            version=version,
            where=printable(part.file),
            path=(holder, part.name),
            reason=decided.reason,
            fixed=decided.fixed,
            ids=decided.ids,
            name=project.label,
        )
        yield Candidate(place, component, wheel=True)


def parts_inside(project: GateProject) -> tuple[PartInWheel, ...]:
    """Return what is recorded of the wheels of a project's pins.

    Raises:
        InputError: A file beside a lock is malformed.
    """
    beside = (project.root / PurePosixPath(lock.path).with_suffix(CONTENTS) for lock in project.locks)
    if not any(path.exists() for path in beside):
        return ()
    from ops.supply_chain.gather.risk.advisories.contents import opened_wheels

    inside = opened_wheels(project).inside
    return tuple(part for parts in (*inside.packages.values(), *inside.others.values()) for part in parts)


class _Paths:
    """The ways to the packages of one lock, computed when they are needed."""

    def __init__(self, lock: Lock) -> None:
        self._lock = lock
        self._required: dict[str, tuple[str, ...]] | None = None
        self._direct: frozenset[str] = frozenset()

    def to(self, entry: LockEntry) -> tuple[str, ...]:
        if entry.direct:
            return (entry.pin.name,)
        if self._required is None:
            entries = self._lock.entries
            self._required = {item.pin.name: item.required_by for item in entries if item.required_by}
            self._direct = frozenset(item.pin.name for item in entries if item.direct)
        return name_path(entry.pin.name, self._required, self._direct)


class ProjectWaivers:
    """The waivers of one project.

    Args:
        config: The project's configuration.
        today: The day on which they count.
    """

    def __init__(self, config: Config, today: date) -> None:
        self._config, self._today = config, today

    def applied(self, candidate: Candidate) -> FoundPlace:
        """Return a place with the waiver that covers it: one with a justification is the project's statement."""
        place, config = candidate.place, self._config
        if candidate.wheel or place.status is not PlaceStatus.AFFECTED:
            return place
        if not place.ids or not (config.waivers or config.acknowledged_cves):
            return place
        import msgspec

        from ops.supply_chain.risk.waivers.apply import apply_waivers, covers
        from ops.supply_chain.risk.waivers.parse import parse_waivers

        finding = _finding(place)
        waivers, _ = parse_waivers(config)
        scopes: frozenset[str] = frozenset()
        [waived] = [
            item
            for item in apply_waivers([finding], waivers, scopes=scopes, today=self._today, warn_days=0)
            if item.code == finding.code
        ]
        if not waived.waived_by:
            return place
        live = [
            waiver for waiver in waivers if waiver.date <= self._today <= waiver.expires and covers(waiver, finding)
        ]
        if live and all(waiver.justification for waiver in live):
            reason = f"stated: {live[0].justification}"
            return msgspec.structs.replace(
                place, status=PlaceStatus.STATED, by=f"waiver {waived.waived_by}", reason=reason
            )
        return msgspec.structs.replace(place, by=f"accepted, not fixed: waiver {waived.waived_by}")


def _finding(place: FoundPlace) -> Finding:
    from ops.supply_chain.contracts.values.finding import Severity

    return Finding(
        code="vulnerability.known",
        severity=Severity.HIGH,
        message="",
        package=place.package,
        version=place.version,
        path=place.owner,
        aliases=place.ids,
        next_step="",
    )


def unread_files(project: GateProject) -> Iterable[Problem]:
    """Yield a problem for each file of a project that pins or declares packages and was not read."""
    for finding in project.broken:
        yield Problem(
            f"{project.shown(finding.path)} was not searched: {printable(finding.message)}", finding.next_step
        )
    for finding in project.unread:
        yield Problem(
            f"{project.shown(finding.path)} was not searched: {printable(finding.message)}", finding.next_step
        )
    for path in project.declaring:
        yield Problem(
            f"{project.shown(path)} declares dependencies and there is no lock: what it installs is not known"
        )
