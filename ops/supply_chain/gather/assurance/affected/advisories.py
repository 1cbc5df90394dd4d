"""What the advisory feeds know of one identifier: which packages it is about, and in which versions.

Records of the same vulnerability are found by their ids and aliases, over all feeds. A record that covers several
vulnerabilities leads to the one that was asked for only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from typing import NamedTuple

from ops.supply_chain.adapters.files.inputs import configured_input
from ops.supply_chain.adapters.osv.others import (
    OtherQuery,
    OtherSource,
    feed_address,
    open_source,
    shown_source,
    split_given,
)
from ops.supply_chain.adapters.osv.snapshot import Feed, open_feed
from ops.supply_chain.adapters.osv.sources import STALE_REMEDY, age_limits
from ops.supply_chain.contracts.values.advisory import Advisory, separate_names
from ops.supply_chain.contracts.values.finding import WORST_FIRST, Severity
from ops.supply_chain.core.addresses import OSV_SNAPSHOT_URL
from ops.supply_chain.core.errors import UnavailableError
from ops.supply_chain.core.text import excerpt, printable
from ops.supply_chain.formats.version_orders.ecosystems import (
    PYPI,
    known_ecosystem,
)
from ops.supply_chain.gather.assurance.affected.decisions import pypi_decision, wanted_packages
from ops.supply_chain.risk.advisories.coverage import shortfall
from ops.supply_chain.risk.advisories.groups import display_key
from ops.supply_chain.risk.advisories.package import KnownVulnerability, vulnerabilities_of
from ops.supply_chain.risk.advisories.scales import scale_of
from ops.supply_chain.runner.context import StageRun
from ops.supply_chain.suppliers.affected.model import Decide, FeedLine, Problem, WantedPackage

MOST_ROUNDS = 20
"""Steps from alias to alias; real ones need two or three."""

OWN_FEED_REMEDY = (
    "Remove [feeds].osv_snapshot to use OSV's own feed, or give a whole copy of it with --advisories FILE."
)
NO_FEED_REMEDY = "Check the network, or give a downloaded snapshot with --advisories FILE."


class KnownAdvisory(NamedTuple):
    """What the feeds know: all names, a summary, the packages to search for, the feeds, and what was not searched.

    `unknown` is True if no feed has the identifier, `withdrawn` if every record of it was withdrawn.
    """

    ids: tuple[str, ...]
    summary: str
    wanted: tuple[WantedPackage, ...]
    feeds: tuple[FeedLine, ...]
    problems: tuple[Problem, ...]
    unknown: bool
    withdrawn: bool
    severity: str = ""


class _OpenFeed(NamedTuple):
    """A feed, whether it is of PyPI alone, the ecosystem that it was given for, and how it is shown.

    `too_few` is why it has too few records to show what does not exist, or empty.
    """

    feed: Feed
    pypi: bool
    ecosystem: str
    shown: str
    too_few: str = ""


def known_advisory(
    run: StageRun, ids: Sequence[str], listed: Mapping[str, int], again: Callable[[Sequence[str]], str]
) -> KnownAdvisory:
    """Search the feeds for an identifier.

    Args:
        run: The stage's run.
        ids: The identifier as asked for.
        listed: Ecosystem -> how many packages of it are listed somewhere; PyPI is among them where there are locks.
        again: Returns the command that asks again with more `--advisories`.
    """
    with ExitStack() as stack:
        opened, problems = _open(run, stack, others=bool(listed.keys() - {PYPI}))
        found = _Records(opened, ids)
        if not found.packages and not any(not item.pypi for item in opened):
            more, errors = _open_others(run, stack)
            opened, problems = [*opened, *more], [*problems, *errors]
            found = _Records(opened, ids)
        problems += _lost(opened, found)
        problems += _uncovered(opened, listed, again)
        cases = found.cases(int(run.now.timestamp()))
        live = [case for group in cases.values() for case in group]
        return KnownAdvisory(
            ids=tuple(sorted(found.ids, key=display_key)),
            summary=_summary(live),
            wanted=tuple(item for key, group in sorted(cases.items()) for item in wanted_packages(key, group)),
            feeds=_lines(opened),
            problems=tuple(dict.fromkeys(problems)),
            unknown=not found.is_known,
            withdrawn=found.is_known and not live and found.has_advisories,
            severity=_severity(live),
        )


def _open(run: StageRun, stack: ExitStack, *, others: bool) -> tuple[list[_OpenFeed], list[Problem]]:
    plain, _ = split_given(run.args.advisories)
    opened, problems = [], []
    for source, shown in [(source, shown_source(source)) for source in plain] or [_default(run)]:
        try:
            limits = age_limits(run.config.feeds, remote="://" in source, extra=False)
            feed = stack.enter_context(
                open_feed(source, cache=run.cache, now=run.now, offline=run.offline, limits=limits)
            )
        except UnavailableError as error:
            problems.append(
                Problem(
                    f"advisories of PyPI were not searched: {printable(error.message)}", error.hint or NO_FEED_REMEDY
                )
            )
            continue
        configured = not plain and bool(run.config.feeds.osv_snapshot)
        too_few = shortfall(feed.facts, configured=configured)
        opened.append(_OpenFeed(feed, pypi=True, ecosystem=PYPI, shown=shown, too_few=too_few))
    if others:
        more, errors = _open_others(run, stack)
        opened, problems = [*opened, *more], [*problems, *errors]
    if any(item.pypi for item in opened):  # of several given feeds not each has records of PyPI
        problems = [problem for problem in problems if not problem.text.startswith("advisories of PyPI")]
    return opened, problems


def _default(run: StageRun) -> tuple[str, str]:
    configured = run.config.feeds.osv_snapshot
    if not configured:
        return OSV_SNAPSHOT_URL, "OSV's snapshot of PyPI"
    path = configured if "://" in configured else str(configured_input(run.root, configured))
    return path, shown_source(configured)


def _open_others(run: StageRun, stack: ExitStack) -> tuple[list[_OpenFeed], list[Problem]]:
    from ops.supply_chain.gather.risk.advisories.others import any_ecosystem, configured_feeds

    plain, given = split_given(run.args.advisories)
    sources: list[OtherSource] = [*given, *any_ecosystem(plain)]
    sources += configured_feeds(run, {source.ecosystem for source in given})
    query = OtherQuery({}, run.config.feeds, run.cache, run.now, run.offline)
    opened, problems = [], []
    for source in sources:
        try:
            feed = stack.enter_context(open_source(source, query))
        except UnavailableError as error:
            if source.ecosystem or not plain:
                what = source.ecosystem or "other ecosystems"
                problems.append(
                    Problem(f"advisories of {what} were not searched: {printable(error.message)}", error.hint)
                )
            continue
        opened.append(_OpenFeed(feed, pypi=False, ecosystem=source.ecosystem, shown=source.shown))
    return opened, problems


class _Records:
    """The records of one vulnerability in some feeds.

    Args:
        feeds: Open.
        ids: What was asked for.
    """

    def __init__(self, feeds: Sequence[_OpenFeed], ids: Sequence[str]) -> None:
        self.names = {name.upper() for name in ids}
        self.ids = set(ids)
        self.is_known = False
        self.packages: dict[tuple[bool, str], list[Advisory]] = {}
        for _ in range(MOST_ROUNDS):
            before = len(self.names)
            for feed in feeds:
                self._read(feed)
            if len(self.names) == before:
                break

    @property
    def has_advisories(self) -> bool:
        """True if a record is about a package."""
        return bool(self.packages)

    def _read(self, opened: _OpenFeed) -> None:
        called = opened.feed.packages_called(self.names)
        self.is_known = self.is_known or bool(called)
        about = {pair for pairs in called.values() for pair in pairs}
        for package, advisories in opened.feed.advisories({package for package, _ in about}).items():
            for advisory in advisories:
                if (package, advisory.id) in about:
                    self._note(advisory)
                    known = self.packages.setdefault((opened.pypi, package), [])
                    if advisory not in known:
                        known.append(advisory)

    def _note(self, advisory: Advisory) -> None:
        """Note the further names of a record about the vulnerability; of one that covers several, those that separate none."""
        given = {name.upper(): name for name in (advisory.id, *advisory.aliases)}
        further = given.keys() - separate_names(given)
        self.names |= further
        known = {name.upper() for name in self.ids}
        self.ids |= {given[name] for name in further if name not in known}

    def cases(self, now: int) -> dict[str, list[KnownVulnerability]]:
        """Return the live vulnerabilities by package: `PyPI/NAME`, or the key of another ecosystem."""
        found: dict[str, list[KnownVulnerability]] = {}
        for (pypi, package), advisories in self.packages.items():
            key = f"{PYPI}/{package}" if pypi else package
            live = vulnerabilities_of(advisories, now=now, scale=scale_of(key.partition("/")[0]))
            if live:
                found.setdefault(key, []).extend(live)
        return found


def _lines(opened: Iterable[_OpenFeed]) -> tuple[FeedLine, ...]:
    """Return the feeds for people; one that was opened for PyPI and for other ecosystems is one."""
    found = (FeedLine(item.shown, item.feed.facts.records, item.feed.age_seconds) for item in opened)
    return tuple(dict.fromkeys(found))


def _lost(opened: Iterable[_OpenFeed], found: _Records) -> list[Problem]:
    """Return what the feeds cannot show: they are too old, or have a record that cannot be read."""
    problems = []
    stale: set[str] = set()
    for item in opened:
        if item.feed.stale and item.shown not in stale:
            stale.add(item.shown)
            problems.append(Problem(f"{item.shown}: {item.feed.stale}", STALE_REMEDY))
        if item.too_few:
            problems.append(Problem(f"{item.shown}: {item.too_few}", OWN_FEED_REMEDY))
        packages = {package for pypi, package in found.packages if pypi is item.pypi}
        for record in item.feed.facts.unusable:
            names_it = record.id.upper() in found.names
            if names_it or not record.packages or packages & set(record.packages):
                where = printable(record.id or record.where)
                problems.append(Problem(f"{item.shown}: record {where} cannot be read: {printable(record.reason)}"))
    return problems


def _uncovered(
    opened: Sequence[_OpenFeed], listed: Mapping[str, int], again: Callable[[Sequence[str]], str]
) -> list[Problem]:
    """Return the ecosystems whose packages are listed somewhere, and of which no feed was searched."""
    missing = [
        name
        for name in sorted(listed)
        if name != PYPI and known_ecosystem(name) and not any(not item.pypi and _covers(item, name) for item in opened)
    ]
    if not missing:
        return []
    step = again([f"{name}={feed_address(name)}" for name in missing])
    names = ", ".join(f"{name} ({listed[name]:,})" for name in missing)
    return [
        Problem(
            f"no advisories of these ecosystems were given, and packages of them are listed: {names}",
            f"Give feeds of them: {step}",
        )
    ]


def _covers(item: _OpenFeed, name: str) -> bool:
    """Return whether a feed shows what an ecosystem has."""
    if item.ecosystem:
        return item.ecosystem == name and item.feed.ecosystem(name).records > 0
    return item.feed.covers(name)


def package_decisions(
    run: StageRun, packages: Iterable[str]
) -> tuple[dict[str, Decide], tuple[FeedLine, ...], tuple[Problem, ...]]:
    """Return how versions of packages of PyPI are decided, by all advisories about them.

    Args:
        run: The stage's run.
        packages: PEP 503 names.
    Returns:
        Package -> decision, for those that advisories are about; the feeds; what was not searched.
    """
    wanted = set(packages)
    scale = scale_of(PYPI)
    with ExitStack() as stack:
        opened, problems = _open(run, stack, others=False)
        advisories: dict[str, list[Advisory]] = {}
        for item in opened:
            for package, found in item.feed.advisories(wanted).items():
                advisories.setdefault(package, []).extend(found)
            if item.feed.stale:
                problems.append(Problem(f"{item.shown}: {item.feed.stale}", STALE_REMEDY))
            if item.too_few:
                problems.append(Problem(f"{item.shown}: {item.too_few}", OWN_FEED_REMEDY))
            for record in item.feed.unexamined(wanted):
                where = printable(record.id or record.where)
                problems.append(Problem(f"{item.shown}: record {where} cannot be read: {printable(record.reason)}"))
        now = int(run.now.timestamp())
        cases = {name: vulnerabilities_of(found, now=now, scale=scale) for name, found in advisories.items()}
        return (
            {name: pypi_decision(found) for name, found in cases.items() if found},
            _lines(opened),
            tuple(problems),
        )


def _summary(cases: Iterable[KnownVulnerability]) -> str:
    for case in cases:
        for advisory in sorted(case.group.live, key=lambda item: (not item.id.startswith("GHSA-"), item.id)):
            if advisory.summary:
                return excerpt(advisory.summary)
    return ""


def _severity(cases: Iterable[KnownVulnerability]) -> str:
    """Return the worst severity; of what only counts as the worst because it is unknown, that it is unknown."""
    ratings = [case.rating for case in cases]
    worst = next((severity for severity in WORST_FIRST if any(item.counts_as is severity for item in ratings)), None)
    if worst is None:
        return ""
    return (worst if any(item.severity is worst for item in ratings) else Severity.UNKNOWN).value
