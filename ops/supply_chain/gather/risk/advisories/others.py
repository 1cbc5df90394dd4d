"""Packages of other ecosystems than PyPI in given SBOMs and inside wheels, matched against the feeds that were given."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence

from ops.supply_chain.adapters.files.inputs import configured_input
from ops.supply_chain.adapters.osv.others import (
    OtherAnswer,
    OtherQuery,
    OtherSource,
    feed_address,
    read_others,
    shown_source,
    split_given,
)
from ops.supply_chain.adapters.osv.sources import configured_source
from ops.supply_chain.contracts.files.record import FeedOrigin
from ops.supply_chain.contracts.values.advisory import Vulnerability
from ops.supply_chain.contracts.values.finding import Finding
from ops.supply_chain.contracts.values.lock import LockKind
from ops.supply_chain.contracts.values.other_records import OtherRecords
from ops.supply_chain.contracts.values.received_sbom import PackageIdentity
from ops.supply_chain.core.commands import command, quoted
from ops.supply_chain.core.errors import ErrorClass, UsageError
from ops.supply_chain.core.text import excerpt
from ops.supply_chain.formats.version_orders.ecosystems import PYPI, known_ecosystem, target_of
from ops.supply_chain.gather.gates.sboms import NO_PACKAGE_URL, GivenSboms, OtherPart, unmatched_components
from ops.supply_chain.risk.advisories.findings import FindingBuilder
from ops.supply_chain.risk.advisories.others import OtherHit, OtherMatcher, OtherVerdict
from ops.supply_chain.risk.advisories.pins import MOST_PLACES, Locations
from ops.supply_chain.runner.context import StageRun

SESSIONS = {
    "malware": "check_malware",
    "shipped": "check_releases",
    "supplier": "backlog",
    "vulnerability": "check_vulnerabilities",
}
"""The session of each gate, by the first part of its finding codes."""

ASK_THE_SUPPLIER = "Ask the supplier for package URLs of these components."
OTHER_SCANNER = "Check them with a scanner that reads the advisories of that ecosystem."
FULL_PACKAGE_URL = "Ask the supplier for package URLs with the release (distro=) and the source package (upstream=)."
VERSION_NEEDED = "Ask the supplier for the exact versions of these components."


class OtherPackages:
    """What the advisories say of the packages of other ecosystems of one run.

    Args:
        gate: The first part of the gate's finding codes.
        matcher: With the records about the packages.
        answer: The feeds that those come from.
        again: The command that runs the gate again with a feed for each ecosystem that has none.
    """

    def __init__(self, gate: str, matcher: OtherMatcher, answer: OtherAnswer, again: str) -> None:
        self._gate = gate
        self._matcher = matcher
        self._again = again
        self.feeds, self.notes = answer.feeds, answer.notes

    def verdict(self, package: PackageIdentity | None, versions: Iterable[str]) -> OtherVerdict:
        """Return the verdict about all versions that a document gives of a package."""
        if package is None:
            return OtherVerdict(reason="it has no package URL")
        verdicts = [self._matcher.verdict(package, version) for version in versions]
        hits = tuple(dict.fromkeys(hit for verdict in verdicts for hit in verdict.hits))
        doubtful = next((verdict for verdict in verdicts if verdict.reason), OtherVerdict())
        return OtherVerdict(hits, doubtful.reason, doubtful.missing)

    def step(self, verdict: OtherVerdict, package: PackageIdentity) -> str:
        """Return what to do about a package that was not examined."""
        if verdict.missing:
            return f"Give a feed of it that can be used, for example OSV's own: {self._again}"
        target = target_of(package)
        if not target.ecosystem:
            return OTHER_SCANNER
        if package.type in ("apk", "deb"):
            return FULL_PACKAGE_URL
        return (
            VERSION_NEEDED if not package.version else f"Check it by hand against the advisories of {target.ecosystem}."
        )

    def unexamined(self, sboms: GivenSboms) -> tuple[OtherPart, ...]:
        """Return the components of given SBOMs that were not examined."""
        return tuple(part for part in sboms.others if self.verdict(part.package, part.versions).reason)

    def hits(self, sboms: GivenSboms) -> dict[OtherHit, set[tuple[str, int]]]:
        """Return the vulnerabilities of the packages in given SBOMs, each with its places (path and line)."""
        places: defaultdict[OtherHit, set[tuple[str, int]]] = defaultdict(set)
        for part in sboms.others:
            for hit in self.verdict(part.package, part.versions).hits:
                places[hit].add((part.path, part.line))
        return dict(places)

    def findings(self, sboms: GivenSboms, builder: FindingBuilder) -> Iterator[Finding]:
        """Yield the findings about given SBOMs: each vulnerability of a package once, with all its places."""
        for hit, found in sorted(self.hits(sboms).items(), key=lambda pair: _order(pair[0].found)):
            at = _locations(sorted(found))
            if self._gate == "malware":
                yield builder.malware(hit.found, at)
            else:
                yield builder.vulnerability(hit.found, at, move_to=hit.move_to)

    def not_examined(self, sboms: GivenSboms) -> Iterator[Finding]:
        """Yield the findings about components of given SBOMs that were not examined."""
        yield from unmatched_components(self._gate, self._reasons(sboms))

    def _reasons(self, sboms: GivenSboms) -> Iterator[tuple[OtherPart, str, str]]:
        first: dict[str, str] = {}
        for part in sboms.others:
            package = part.package
            if part.kind == NO_PACKAGE_URL or package is None:
                place = first.setdefault(part.path, part.location)
                yield part, f"nothing identifies the first one, at {place}", ASK_THE_SUPPLIER
                continue
            verdict = self.verdict(package, part.versions)
            if verdict.reason:
                yield part, verdict.reason, self.step(verdict, package)


def read_other_packages(run: StageRun, gate: str, packages: Iterable[PackageIdentity | None]) -> OtherPackages:
    """Read the records about packages of other ecosystems, from the feeds of the command line and of `[feeds].ecosystems`.

    Args:
        run: The stage's run.
        gate: The first part of the gate's finding codes.
        packages: Repeated or not; None, and those of PyPI, are left out.
    Raises:
        OutputError: The cache cannot be written.
        UsageError: A name of `[feeds].ecosystems` is not that of an ecosystem.
        InputError: A path of it leads out of the project by a link.
    """
    wanted: defaultdict[str, set[str]] = defaultdict(set)
    for package in filter(None, dict.fromkeys(packages)):
        target = target_of(package)
        if target.ecosystem not in ("", PYPI) and not target.doubt:
            wanted[target.ecosystem].update(target.keys)
    plain, others = split_given(run.args.advisories)
    sources = [*others, *any_ecosystem(plain)]
    sources += configured_feeds(run, {source.ecosystem for source in others})
    query = OtherQuery(wanted, run.config.feeds, run.cache, run.now, run.offline)
    answer = read_others(query, sources) if wanted else OtherAnswer(OtherRecords())
    matcher = OtherMatcher(answer.records, now=run.now, malware=gate == "malware", needs_malware=gate == "shipped")
    return OtherPackages(gate, matcher, answer, _again(run, SESSIONS[gate], answer.records))


def any_ecosystem(given: Sequence[str]) -> list[OtherSource]:
    """Return given feeds, of which any can have records of any ecosystem."""
    return [OtherSource("", source, shown_source(source)) for source in given]


def configured_feeds(run: StageRun, given: Collection[str]) -> list[OtherSource]:
    """Return the feeds of `[feeds].ecosystems`, without those of ecosystems for which the command line gives one.

    Raises:
        UsageError: A name is not that of an ecosystem that can have a feed.
        InputError: A path leads out of the project by a link.
    """
    found = []
    for written, source in sorted(run.config.feeds.ecosystems.items()):
        name = known_ecosystem(written)
        if name in ("", PYPI):
            raise UsageError(
                f"[feeds].ecosystems: {excerpt(written)} is no other ecosystem that OSV has",
                hint="Use OSV's name of it, such as npm, Maven or Debian; the feed of PyPI is [feeds].osv_snapshot.",
                kind=ErrorClass.CONFIGURATION,
            )
        if name not in given:
            opened = source if "://" in source else str(configured_input(run.root, source))
            found.append(OtherSource(name, opened, configured_source(source), FeedOrigin.CONFIGURED))
    return found


def _again(run: StageRun, session: str, records: OtherRecords) -> str:
    options = [word for path in getattr(run.args, "sbom", ()) for word in ("--sbom", quoted(str(path)))]
    options += [word for given in run.args.advisories for word in ("--advisories", quoted(given))]
    for name in sorted(records.missing):
        options += ["--advisories", quoted(f"{name}={feed_address(name)}")]
    return command(session, *options)


def _order(found: Vulnerability) -> tuple[str, str, str]:
    return (found.package, found.version, found.id)


def _locations(places: Sequence[tuple[str, int]]) -> Locations:
    path, line = places[0]
    also_at = tuple(f"{other}:{number}" for other, number in places[1:MOST_PLACES])
    return Locations(path, line, also_at, len(places), LockKind.SBOM, path)
