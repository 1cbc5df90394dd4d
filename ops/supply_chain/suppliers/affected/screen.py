"""The answer on one screen: the verdict, the places, what was not searched, the next commands."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from ops.supply_chain.contracts.values.finding import Severity
from ops.supply_chain.core.commands import command, quoted
from ops.supply_chain.core.moments import age_text
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.core.text import excerpt, plural, printable
from ops.supply_chain.suppliers.affected.model import OPEN, Answer, FoundPlace, PlaceKind, PlaceStatus

MOST_LINES = 25
MOST_PLACES = 5
"""Places of one kind that a screen shows; the JSON has all."""

MOST_OPEN = 4
LONGEST_TEXT = 120
"""Characters of a name or of a reason on the screen."""

LONGEST_PLACE = 80
SHORT_DIGEST = 12
MOST_NAMES = 4
MOST_PROBLEMS = 3
MOST_NOTES = 2
MOST_STEPS = 4
MOST_PATH = 6
"""Packages of a path that are shown; the middle of a longer one is left out."""

_KIND = {
    PlaceKind.LOCK: "lock",
    PlaceKind.RELEASE: "release",
    PlaceKind.SUPPLIER: "supplier product",
    PlaceKind.DEPLOYED: "deployed folder",
}
_STATUS = {
    PlaceStatus.UNDECIDED: "not decidable",
    PlaceStatus.POSSIBLE: "possible",
    PlaceStatus.UNTRUSTED: "not trusted",
    PlaceStatus.STATED: "not affected",
}


UNKNOWN_SEVERITY = "unknown severity"

_LONG_DIGEST = re.compile(r"(?<![0-9a-f])[0-9a-f]{32,}(?![0-9a-f])")


class AnswerVerdict(NamedTuple):
    """The outcome and the first line."""

    outcome: Outcome
    text: str


def verdict(answer: Answer) -> AnswerVerdict:
    """Return the outcome of an answer: affected, not decidable, or neither, and the sentence that says so."""
    what = printable(answer.subject)
    affected = answer.of(PlaceStatus.AFFECTED)
    if affected:
        word = "AFFECTED" if answer.ids or answer.versions else "FOUND"
        more = ", and more may be" if answer.of(*OPEN) or answer.problems else ""
        return AnswerVerdict(Outcome.FAIL, f"{word}: {what}: {_owners(affected)}{more}")
    open_ = _not_decided(answer, what)
    if open_:
        return AnswerVerdict(Outcome.NOT_EXAMINED, open_)
    return AnswerVerdict(Outcome.PASS, f"not affected: {_why_not(answer, what)}")


def _not_decided(answer: Answer, what: str) -> str:
    """Return why an answer in which nothing is affected decides nothing; empty if it does."""
    if answer.unknown:
        return f"NOT KNOWN: {what} is not known in these feeds: {_feeds(answer)}"
    open_ = answer.of(*OPEN)
    if open_:
        words = Counter(_STATUS[place.status] for place in open_)
        shown = ", ".join(f"{count} {word}" for word, count in words.items())
        return f"NOT DECIDABLE: {what}: {_owners(open_)} ({shown})"
    if answer.problems:
        found = "no vulnerable version was found" if answer.folder else "nothing that was searched contains it"
        return f"NOT DECIDABLE: {what}: {found}, but {excerpt(answer.problems[0].text)}"
    if answer.digest and not answer.places:
        return (
            f"NOT KNOWN: no lock, release or supplier document has {what}: another file of a package has another digest"
        )
    if answer.near:
        return f"NOT LISTED: no lock, release or supplier lists {what}: is it {_names(answer.near)}?"
    return ""


def _why_not(answer: Answer, what: str) -> str:
    if answer.folder:
        return f"no advisory is about a version that is installed in {what}"
    if answer.withdrawn:
        return f"{what}: every record of it was withdrawn"
    stated = answer.of(PlaceStatus.STATED)
    if stated:
        return f"{what}: {_owners(stated)} by statement, no other place contains it"
    if not answer.is_listed:
        packages = _names(answer.packages) if answer.ids else what
        about = f"{what} is about {packages}, and " if answer.ids and answer.packages else ""
        return f"{about}no lock, release or supplier lists {packages}"
    clear, history = _clear_versions(answer), answer.of(PlaceStatus.SUPERSEDED)
    others = f"only in other versions ({_names(clear)})" if clear else "nothing of today contains it"
    past = f", {plural(len(history), 'superseded document')} did" if history else ""
    return f"{what}: {others}{past}"


def screen(answer: Answer) -> list[str]:
    """Return the lines of a screen, the verdict first: at most 25."""
    lines = [verdict(answer).text]
    rated = ", ".join(filter(None, (answer.exploitation, _severity(answer))))
    if answer.summary or rated:
        lines.append(f"  {': '.join(filter(None, (rated, excerpt(answer.summary))))}")
    for kind in PlaceKind:
        places = [place for place in answer.of(PlaceStatus.AFFECTED) if place.kind is kind]
        lines += _places(_KIND[kind], places, with_ids=answer.folder)
    lines += _listed(answer.of(*OPEN), MOST_OPEN, "more that cannot be decided")
    lines += _listed(answer.of(PlaceStatus.STATED), MOST_OPEN, "more by statement")
    lines += [f"  statement: {remark}" for remark in _remarks(answer)]
    lines += _rest(answer)
    for problem in answer.problems[:MOST_PROBLEMS]:
        lines.append(f"  not searched: {excerpt(problem.text)}")
    if len(answer.problems) > MOST_PROBLEMS:
        lines.append(
            f"  and {plural(len(answer.problems) - MOST_PROBLEMS, 'more place')} not searched: see --format json"
        )
    lines += [f"  note: {excerpt(note)}" for note in answer.notes[:MOST_NOTES]]
    lines.append(f"searched: {_searched(answer)}")
    steps = list(dict.fromkeys(next_steps(answer)))[:MOST_STEPS]
    return [*lines[: MOST_LINES - len(steps)], *(f"next: {step}" for step in steps)]


def _severity(answer: Answer) -> str:
    return UNKNOWN_SEVERITY if answer.severity == Severity.UNKNOWN else answer.severity


def _places(word: str, places: Sequence[FoundPlace], *, with_ids: bool) -> Iterator[str]:
    for place in places[:MOST_PLACES]:
        yield f"  {word} {_line(place, with_ids=with_ids)}"
    if len(places) > MOST_PLACES:
        yield f"    and {len(places) - MOST_PLACES:,} more: see --format json"


def _listed(places: Sequence[FoundPlace], most: int, rest: str) -> Iterator[str]:
    for place in places[:most]:
        yield f"  {_STATUS[place.status]}: {_line(place)}"
    if len(places) > most:
        yield f"    and {len(places) - most:,} {rest}: see --format json"


def _line(place: FoundPlace, *, with_ids: bool = False) -> str:
    """Return one place: what contains it, the version, where, the way to it, the fix, and why."""
    owner = _brief(place.owner)
    since = f" (since {place.since})" if place.since else ""
    package = " ".join(filter(None, (_brief(place.package), _brief(place.version))))
    if with_ids and place.ids:
        more = f" and {plural(len(place.ids) - 1, 'more name')}" if len(place.ids) > 1 else ""
        package = f"{package} has {printable(place.ids[0])}{more}"
    where = "" if place.where == place.package else f" at {_place_of(place.where)}"
    if place.kind is PlaceKind.LOCK and place.where.startswith(f"{place.owner}:"):
        owner, where = _brief(place.where), ""
    way = f", by {_way(place.path)}" if len(place.path) > 1 else ""
    fixed = f", fixed in {_brief(place.fixed)}" if place.fixed else ""
    reason = f": {_brief(excerpt(place.reason))}" if place.reason else ""
    by = f" ({_brief(excerpt(place.by))})" if place.by else ""
    return f"{owner}{since}: {package}{where}{way}{fixed}{by}{reason}"


def _brief(text: str) -> str:
    """Return text for one line of a screen, with long digests and long names shortened; the JSON has them whole."""
    line = _LONG_DIGEST.sub(lambda found: f"{found[0][:SHORT_DIGEST]}...", printable(text))
    return line if len(line) <= LONGEST_TEXT else f"{line[: LONGEST_TEXT - 3]}..."


def _place_of(text: str) -> str:
    """Return a file and the place in it, the middle of a long one left out."""
    line = _brief(text)
    return line if len(line) <= LONGEST_PLACE else f"{line[: LONGEST_PLACE // 2]}...{line[-LONGEST_PLACE // 2 :]}"


def _way(path: Sequence[str]) -> str:
    shown = [_brief(name) for name in path]
    if len(shown) > MOST_PATH:
        shown = [*shown[: MOST_PATH // 2], "...", *shown[-MOST_PATH // 2 :]]
    return " > ".join(shown)


def _remarks(answer: Answer) -> list[str]:
    """Return the statements that do not count: they are shown, never dropped."""
    found = list(dict.fromkeys(_brief(remark) for place in answer.places for remark in place.seen))
    more = [f"and {len(found) - MOST_NOTES:,} more that do not count"] if len(found) > MOST_NOTES else []
    return [*found[:MOST_NOTES], *more]


def _rest(answer: Answer) -> Iterator[str]:
    clear, history = answer.of(PlaceStatus.CLEAR), answer.of(PlaceStatus.SUPERSEDED)
    versions = _clear_versions(answer)
    if versions and answer.of(PlaceStatus.AFFECTED, *OPEN):
        products = sum(other.products for other in answer.others)
        owners = ", ".join(filter(None, (_owners(clear), plural(products, "supplier product") if products else "")))
        yield f"  not affected: {owners} with {_names(versions)}"
    if history:
        yield f"  history: {plural(len({place.document for place in history}), 'superseded document')} listed it"
    if answer.near:
        yield f"  near names that are listed: {_names(answer.near)}"
    if answer.elsewhere:
        yield f"  the same name in another ecosystem: {_names(answer.elsewhere)}"


def next_steps(answer: Answer) -> Iterator[str]:
    """Yield what to do, the most urgent first: exact commands."""
    affected = answer.of(PlaceStatus.AFFECTED)
    deployed = [place for place in affected if place.kind is PlaceKind.DEPLOYED]
    if deployed and (answer.ids or answer.folder):
        yield f"in {_owner_list(deployed)}: {'; '.join(dict.fromkeys(map(_remedy, deployed[:MOST_PLACES])))}"
    locks = [place for place in affected if place.kind is PlaceKind.LOCK and place.upgrade]
    if not (answer.ids or answer.versions):
        locks = []
    yield from dict.fromkeys(place.upgrade for place in locks[:2])
    releases = [place for place in affected if place.kind is PlaceKind.RELEASE]
    if releases and (answer.ids or answer.versions) and not answer.folder:
        yield f"inform the users of {_owner_list(releases)}: {command('affected', quoted(answer.question), '--reply', *answer.options)}"
    suppliers = [place for place in affected if place.kind is PlaceKind.SUPPLIER]
    if suppliers and (answer.ids or answer.versions):
        names = sorted({printable(place.name) or "the supplier" for place in suppliers})
        yield f"ask {_names(names)} for a version without it, or for a VEX statement; then {command('supplier', 'FILE')}"
    if answer.retry and not answer.places:
        yield command("affected", quoted(answer.retry), *answer.options)
    if answer.of(PlaceStatus.UNTRUSTED):
        named = next((place.name for place in answer.of(PlaceStatus.UNTRUSTED) if place.name), "")
        words = ["--request", quoted(printable(named))] if named else ["--status"]
        yield command("supplier", *words)
    yield from dict.fromkeys(problem.step for problem in answer.problems if problem.step)
    if answer.retry:
        yield command("affected", quoted(answer.retry), *answer.options)


def _remedy(place: FoundPlace) -> str:
    """Return what to do about an installed distribution."""
    name = _brief(place.package)
    return (
        f"update {name} to {_brief(place.fixed)} or later"
        if place.fixed
        else f"remove {name}: no fixed version is known"
    )


def _owner_list(places: Sequence[FoundPlace]) -> str:
    return _names(list(dict.fromkeys(place.owner for place in places)))


def _owners(places: Iterable[FoundPlace]) -> str:
    """Count what contains something: `1 lock, 3 releases`."""
    found: dict[PlaceKind, set[str]] = {}
    for place in places:
        found.setdefault(place.kind, set()).add(place.owner)
    return ", ".join(plural(len(found[kind]), _KIND[kind]) for kind in PlaceKind if kind in found)


def _clear_versions(answer: Answer) -> list[str]:
    """Return the versions that were found and not asked for, each once."""
    found = [place.version for place in answer.of(PlaceStatus.CLEAR)] + [other.version for other in answer.others]
    return list(dict.fromkeys(version or "no version" for version in found))


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(printable(name) for name in names[:MOST_NAMES])
    return shown + (f" and {len(names) - MOST_NAMES:,} more" if len(names) > MOST_NAMES else "")


def _feeds(answer: Answer) -> str:
    if not answer.feeds:
        return "none could be read"
    ages = [
        f"{printable(feed.name)} ({feed.records:,} records, newest {age_text(feed.age_seconds) + ' old' if feed.age_seconds is not None else 'without a date'})"
        for feed in answer.feeds
    ]
    return "; ".join(ages)


def _searched(answer: Answer) -> str:
    found = answer.searched
    parts = [
        plural(found.locks, "lock"),
        plural(found.releases, "retained release"),
        plural(found.documents, "supplier document"),
    ]
    if found.deployed or found.files:
        parts.append(f"{plural(found.deployed, 'installed distribution')} in {plural(found.files, 'file')}")
    if answer.feeds:
        parts.append(f"feeds: {_feeds(answer)}")
    return ", ".join(parts)
