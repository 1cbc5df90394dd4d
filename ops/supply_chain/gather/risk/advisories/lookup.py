"""The lookup that both advisory gates share: read the locks, query the advisory sources.

What could not be examined (a pin, a project without a lock, a feed) becomes a finding whose code ends in
`not-examined`; `gather.risk.advisories.finish` decides what it does to the outcome.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import msgspec

from ops.supply_chain.adapters.files.inputs import configured_input
from ops.supply_chain.adapters.osv.others import split_given
from ops.supply_chain.adapters.osv.sources import (
    AdvisoryQuery,
    SelectedSource,
    SourceKind,
    SourceResult,
    attempts,
    first_answer,
    malicious_folder,
)
from ops.supply_chain.contracts.files.record import FeedOrigin, FeedRef
from ops.supply_chain.contracts.values.advisory import Advisory
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core.addresses import INDEX_URL
from ops.supply_chain.core.errors import ErrorClass, UnavailableError, UsageError
from ops.supply_chain.core.text import printable
from ops.supply_chain.formats.lock_formats import how_to_lock
from ops.supply_chain.gather.gates.projects import GateProject, read_gate_input
from ops.supply_chain.gather.risk.advisories.contents import NO_EXTRAS, LookupExtras, OpenedWheels, opened_wheels
from ops.supply_chain.gather.risk.advisories.part_feed import require_feed
from ops.supply_chain.risk.advisories.coverage import malware_shortfall, shortfall
from ops.supply_chain.risk.advisories.matching import Matcher
from ops.supply_chain.risk.advisories.pins import Locations, PinKey, PinOrigin, distinct, is_public, locate
from ops.supply_chain.runner.context import StageRun

if TYPE_CHECKING:
    from ops.supply_chain.gather.gates.sboms import GivenSboms
    from ops.supply_chain.gather.risk.advisories.others import OtherPackages

NO_VERSION = "the lock has no exact version of it"
FOREIGN_FOLDER = "it is a folder outside the project: the lock does not fix what is in it"
OWN_FEED_REMEDY = (
    "Remove [feeds].osv_snapshot to use OSV's own feed, or name a whole copy of it: "
    "https://storage.googleapis.com/osv-vulnerabilities/PyPI/all.zip."
)
NO_DEPENDENCIES = "no lock and no declared dependencies: nothing to check"

_Found = TypeVar("_Found")


class ProjectPins(NamedTuple):
    """One project, its distinct pins, sorted, and what is recorded of their wheels' contents."""

    project: GateProject
    pins: Mapping[PinKey, PinOrigin]
    contents: OpenedWheels = OpenedWheels()

    def locate(self, keys: Collection[PinKey], *, findings: int) -> dict[PinKey, Locations]:
        """Return the locations of some pins in this project; pins that it does not have are left out."""
        own = [key for key in keys if key in self.pins]
        return locate(self.project.locks, own, findings=findings) if own else {}

    def pinned(self, found: Mapping[PinKey, _Found]) -> dict[PinKey, _Found]:
        """Return what is about pins of this project: not what another one pins, nor its own packages."""
        return {key: value for key, value in found.items() if key in self.pins and not self.pins[key].local}


class LookupResult(msgspec.Struct, frozen=True, kw_only=True):
    """The pins of a run, and the advisories about them.

    `wanted` are the pins to examine, sorted; `out_of_scope` is the number of the projects' own packages.
    `unexamined` are the pins that were not examined, each with the reason. `matcher` and `selected` are None if no
    pin has a version. `not_examined` are findings about a project or a feed as a whole. `unusable` is True if
    nothing counts as examined. `malware_records` is the number of records of malicious packages in all snapshots.
    `sboms` are those that were given in place of locks. `others` are the packages of other ecosystems; None without any.
    `common` are the findings about a feed as a whole, in a part of a fleet.
    """

    gate: str
    projects: tuple[ProjectPins, ...]
    wanted: tuple[PinKey, ...]
    out_of_scope: int
    unexamined: dict[PinKey, str]
    not_examined: tuple[tuple[GateProject, Finding], ...]
    notes: tuple[str, ...]
    advisories: dict[str, tuple[Advisory, ...]] = {}
    feeds: tuple[FeedRef, ...] = ()
    selected: SelectedSource | None = None
    matcher: Matcher | None = None
    unusable: bool = False
    malware_records: int = 0
    sboms: GivenSboms | None = None
    others: OtherPackages | None = None
    common: tuple[Finding, ...] = ()

    @property
    def queried(self) -> tuple[PinKey, ...]:
        """The pins that can be matched: those with a version, though the advisories about some may be incomplete."""
        return tuple(pin for pin in self.wanted if pin[1])

    @property
    def inside(self) -> tuple[PinKey, ...]:
        """The packages inside wheels that can be matched and are no pins, sorted."""
        return tuple(sorted({key for pins in self.projects for key in pins.contents.inside.packages} - {*self.wanted}))

    @property
    def examined(self) -> tuple[PinKey, ...]:
        """The pins that were examined."""
        return () if self.unusable else tuple(pin for pin in self.wanted if pin not in self.unexamined)


@contextmanager
def look_up(
    run: StageRun,
    gate: str,
    kinds: Collection[SourceKind],
    *,
    with_malicious: bool = False,
    projects: Sequence[GateProject] | None = None,
    extras: LookupExtras = NO_EXTRAS,
) -> Iterator[LookupResult]:
    """Read the locks and fetch the advisories about their distinct pins.

    Args:
        run: The stage's run.
        gate: The first part of the gate's finding codes.
        kinds: The kinds of source that the gate can use.
        with_malicious: True to read the folder of `[feeds].malicious` as well.
        projects: Projects that were read already; None reads those of the command line.
        extras: With those: what is inside their wheels, one each or none at all, and packages of other ecosystems.
    Yields:
        The result; the source's documents can be read within the block.
    Raises:
        UnavailableError: No source answered, so nothing was examined.
        UsageError: The fleet file is invalid, or options cannot be combined.
        InputError: No lock, or no given SBOM, can be read.
    """
    sboms = _given_sboms(run, gate) if projects is None else None
    if sboms is not None:
        projects = [sboms.project]
    given = read_gate_input(run) if projects is None else projects
    # Projects that were read already may be states of a repository: what lies beside their locks on disk is another state's.
    contents = extras.contents or [opened_wheels(project) if projects is None else OpenedWheels() for project in given]
    found = _read(given, contents, gate)
    if sboms is not None:
        unexamined = tuple((sboms.project, finding) for finding in sboms.unexamined)
        found = msgspec.structs.replace(
            found, not_examined=(*found.not_examined, *unexamined), sboms=sboms._replace(unexamined=())
        )
    found = _with_others(run, found, extras)
    if not found.queried:
        yield found
        return
    query = query_for(run, found)
    wanted = {SourceKind.SNAPSHOT} if run.part else {SourceKind(name) for name in run.args.source} or set(kinds)
    plain, of_others = split_given(run.args.advisories)
    with ExitStack() as stack:
        try:
            selected = stack.enter_context(first_answer(attempts(query, plain, wanted)))
        except UnavailableError as error:
            if not of_others or found.others is None:
                raise
            yield _with_common(run, _without_answer(found, error))
            return
        if run.part:
            require_feed(selected.answer.feed, run.part.setting.feed)
        found = _with_answer(found, selected)
        if with_malicious:
            elsewhere = run.part.setting.malicious if run.part else ()
            found = _with_malware_check(_with_folders(found, query, elsewhere), selected.answer)
        yield msgspec.structs.replace(_with_common(run, found), matcher=Matcher(found.advisories, now=run.now))


def _with_others(run: StageRun, found: LookupResult, extras: LookupExtras) -> LookupResult:
    """Add the packages of other ecosystems, with the records of the feeds that were given for them."""
    parts = [part for pins in found.projects for parts in pins.contents.inside.others.values() for part in parts]
    listed = [part.package for part in (found.sboms.others if found.sboms else ())]
    packages = [*listed, *(part.package for part in parts), *extras.packages]
    if not packages and found.sboms is None:
        return found
    from ops.supply_chain.gather.risk.advisories.others import read_other_packages

    others = read_other_packages(run, found.gate, packages)
    unmatched = others.not_examined(found.sboms) if found.sboms else ()
    not_examined = [(found.projects[0].project, finding) for finding in unmatched]
    return msgspec.structs.replace(
        found,
        others=others,
        not_examined=(*found.not_examined, *not_examined),
        feeds=others.feeds,
        notes=(*found.notes, *others.notes),
    )


def _without_answer(found: LookupResult, error: UnavailableError) -> LookupResult:
    """Report that no source answered about packages of PyPI, where those of other ecosystems have a feed."""
    unusable = (found.projects[0].project, _unusable_feed(found.gate, error.message, step=error.hint))
    return msgspec.structs.replace(found, not_examined=(*found.not_examined, unusable), unusable=True)


def _with_common(run: StageRun, found: LookupResult) -> LookupResult:
    """Name the findings about a feed as a whole in a part of a fleet; only the first part has them as a project's, too."""
    if run.part is None:
        return found
    common = [pair for pair in found.not_examined if not (pair[1].path or pair[1].package)]
    own = found.not_examined if run.carries_common else [pair for pair in found.not_examined if pair not in common]
    return msgspec.structs.replace(found, not_examined=tuple(own), common=tuple(finding for _, finding in common))


def _given_sboms(run: StageRun, gate: str) -> GivenSboms | None:
    """Return the SBOMs of the command line; None where it has none.

    Raises:
        UsageError: There are options that concern the project's own locks.
        InputError: No SBOM can be read.
    """
    if not run.args.sbom:
        return None
    if run.args.fleet is not None or run.args.ledger:
        raise UsageError(
            "--sbom cannot be combined with --fleet or --ledger: they concern the locks of projects",
            hint="Run the gate without --sbom for the locks.",
            kind=ErrorClass.COMMAND_LINE,
        )
    from ops.supply_chain.gather.gates.sboms import read_given_sboms

    return read_given_sboms(run, run.args.sbom, gate=gate)


def _read(given: Iterable[GateProject], contents: Iterable[OpenedWheels], gate: str) -> LookupResult:
    pairs = zip(given, contents, strict=True)
    projects = tuple(ProjectPins(project, distinct(project.locks), opened) for project, opened in pairs)
    local: dict[PinKey, bool] = {}
    for pins in projects:
        for key, origin in pins.pins.items():
            local[key] = local.get(key, True) and origin.local
    wanted = tuple(sorted(key for key, own in local.items() if not own))
    lockless = [pins.project for pins in projects if pins.project.is_unlocked]
    return LookupResult(
        gate=gate,
        projects=projects,
        wanted=wanted,
        out_of_scope=len(local) - len(wanted),
        unexamined={key: reason for key in wanted if (reason := _unexamined(key, projects))},
        not_examined=tuple((project, _without_lock(gate, path)) for project in lockless for path in project.declaring),
        notes=(
            *dict.fromkeys(NO_DEPENDENCIES for project in lockless if project.is_bare),
            *filter(None, (pins.contents.note for pins in projects)),
        ),
    )


def _unexamined(key: PinKey, projects: Iterable[ProjectPins]) -> str:
    foreign = any(pins.pins[key].foreign for pins in projects if key in pins.pins)
    return NO_VERSION if not key[1] else FOREIGN_FOLDER if foreign else ""


def _without_lock(gate: str, path: str) -> Finding:
    return Finding(
        code=f"{gate}.not-examined",
        severity=Severity.INFO,
        message=f"{path} declares dependencies, but the project has no lock",
        next_step=f"{how_to_lock(path)}.",
        path=path,
    )


def query_for(run: StageRun, found: LookupResult) -> AdvisoryQuery:
    """Return the query to the sources of advisories about what a lookup has to examine."""
    snapshot = run.config.feeds.osv_snapshot
    if snapshot and "://" not in snapshot:
        snapshot = str(configured_input(run.root, snapshot))
    public = {
        key
        for pins in found.projects
        for key, origin in pins.pins.items()
        if is_public(origin, index=pins.project.config.index.url, public_index=INDEX_URL)
    }
    # The name of what is inside a wheel is public where the wheel is.
    inside = {
        key
        for pins in found.projects
        for key, parts in pins.contents.inside.packages.items()
        if any(part.container in public for part in parts)
    }
    return AdvisoryQuery(
        feeds=run.config.feeds,
        package_index=run.config.index,
        pins=tuple(sorted({*found.queried, *found.inside})),
        public=public | inside,
        cache=run.cache,
        now=run.now,
        offline=run.offline or run.part is not None,  # of an address, the copy that the run itself has confirmed
        snapshot=snapshot,
    )


def _with_answer(found: LookupResult, selected: SelectedSource) -> LookupResult:
    skipped = [f"{name}: no usable answer, so the next source was used" for name, _ in selected.skipped]
    reason, remedy = (answer := selected.answer).unusable_reason, answer.remedy
    if not reason and answer.facts is not None:
        reason = shortfall(answer.facts, configured=answer.feed.origin is FeedOrigin.CONFIGURED)
        remedy = OWN_FEED_REMEDY
    not_examined = [(found.projects[0].project, _unusable_feed(found.gate, reason, step=remedy))] if reason else []
    return msgspec.structs.replace(
        found,
        advisories=dict(answer.advisories),
        feeds=(answer.feed, *found.feeds),
        unexamined={**answer.unexamined, **found.unexamined},
        not_examined=(*found.not_examined, *not_examined),
        notes=(*found.notes, *skipped, *_chosen(answer.feed), *answer.notes),
        selected=selected,
        unusable=bool(reason),
        malware_records=answer.facts.malware if answer.facts else 0,
    )


def _chosen(feed: FeedRef) -> tuple[str, ...]:
    """Return the note about a source that the project's configuration chose."""
    if feed.origin is not FeedOrigin.CONFIGURED:
        return ()
    return (f"the project's configuration chose this source of advisories: {feed.name} at {feed.address}",)


def _with_malware_check(found: LookupResult, answer: SourceResult) -> LookupResult:
    """Report a snapshot that cannot show that a package is not malicious, because it has no such records."""
    if answer.facts is None or found.unusable:
        return found
    reason = malware_shortfall(found.malware_records, configured=answer.feed.origin is FeedOrigin.CONFIGURED)
    if not reason:
        return found
    finding = _unusable_feed(found.gate, reason, step=OWN_FEED_REMEDY)
    return msgspec.structs.replace(
        found, not_examined=(*found.not_examined, (found.projects[0].project, finding)), unusable=True
    )


def _with_folders(found: LookupResult, query: AdvisoryQuery, elsewhere: Iterable[str]) -> LookupResult:
    """Add the projects' folders of malicious packages; report one that cannot be read as not examined.

    Args:
        found: The lookup.
        query: What was queried.
        elsewhere: Those of projects of the same fleet that other workers examine.
    """
    folders: dict[Path, GateProject] = {}
    for pins in found.projects:
        if pins.project.config.feeds.malicious:
            folder = configured_input(pins.project.root, pins.project.config.feeds.malicious)
            folders.setdefault(folder, pins.project)
    for folder in map(Path, elsewhere):
        folders.setdefault(folder, found.projects[0].project)
    for folder, project in sorted(folders.items()):
        found = _with_folder(found, query, folder, project)
    return found


def _with_folder(found: LookupResult, query: AdvisoryQuery, folder: Path, project: GateProject) -> LookupResult:
    try:
        with first_answer([malicious_folder(query, folder)]) as malicious:
            answer = malicious.answer
    except UnavailableError as error:
        unread = _unusable_feed(found.gate, "the folder of [feeds].malicious cannot be used", step=error.hint)
        return msgspec.structs.replace(found, not_examined=(*found.not_examined, (project, unread)), unusable=True)
    joined = dict(found.advisories)
    for name, records in answer.advisories.items():
        joined[name] = (*joined.get(name, ()), *records)
    unusable = _unusable_feed(found.gate, answer.unusable_reason, step=answer.remedy)
    not_examined = [(project, unusable)] if answer.unusable_reason else []
    return msgspec.structs.replace(
        found,
        advisories=joined,
        feeds=(*found.feeds, answer.feed),
        unexamined={**answer.unexamined, **found.unexamined},
        not_examined=(*found.not_examined, *not_examined),
        notes=(*found.notes, *answer.notes),
        unusable=found.unusable or bool(answer.unusable_reason),
        malware_records=found.malware_records + (answer.facts.malware if answer.facts else 0),
    )


def _unusable_feed(gate: str, why: str, *, step: str = "") -> Finding:
    return Finding(
        code=f"{gate}.not-examined",
        severity=Severity.INFO,
        message=f"nothing counts as examined: {printable(why)}",
        next_step=step or "Fetch the feed again; if the record is still there, report it to the feed's publisher.",
    )
