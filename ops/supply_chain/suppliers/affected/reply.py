"""The answer for a customer, as Markdown: own releases and what to do, without anything that is not theirs.

It names no path, no lock, no supplier, no other product, and no reason that was written for internal use.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ops.supply_chain.formats import markdown
from ops.supply_chain.formats.advisory_ids import advisory_page
from ops.supply_chain.suppliers.affected.model import Answer, FoundPlace, PlaceKind, PlaceStatus

_WORDS = {
    PlaceStatus.AFFECTED: "affected",
    PlaceStatus.UNDECIDED: "being checked",
    PlaceStatus.POSSIBLE: "being checked",
    PlaceStatus.UNTRUSTED: "being checked",
    PlaceStatus.STATED: "not affected",
    PlaceStatus.CLEAR: "not affected",
}
_WORST = tuple(_WORDS)


class OwnRelease(NamedTuple):
    """A retained release of the product: its version and the day since which it is retained; oldest first."""

    version: str
    since: str


def reply(answer: Answer, product: str, releases: Sequence[OwnRelease], day: str) -> list[str]:
    """Return the lines of the reply.

    Args:
        answer: The answer.
        product: Name of the own component.
        releases: Its retained releases, oldest first.
        day: Today, as `YYYY-MM-DD`.
    """
    places = [place for place in answer.places if place.kind is PlaceKind.RELEASE and place.name == product]
    lines = [markdown.heading(1, f"{markdown.text(product)}: {_title(answer)}"), ""]
    if answer.summary:
        lines += [markdown.text(answer.summary), ""]
    lines += [_sentence(answer, markdown.text(product), places, releases), ""]
    if answer.ids:
        lines += [f"Identifiers: {', '.join(map(_link, answer.ids))}", ""]
    if releases and not answer.unknown and not answer.folder:
        rows = [_row(release, places, releases, complete=_is_complete(answer)) for release in releases]
        lines += [markdown.table(("release", "since", "status", "contains", "what to do"), rows), ""]
    lines.append(_basis(answer, product, day))
    return lines


def _title(answer: Answer) -> str:
    if answer.folder:
        return "the folder that was checked"
    return markdown.text(answer.ids[0]) if answer.ids else markdown.code(answer.subject)


def _link(name: str) -> str:
    page = advisory_page(name)
    return markdown.link(name, page) if page else markdown.text(name)


def _sentence(answer: Answer, product: str, places: Sequence[FoundPlace], releases: Sequence[OwnRelease]) -> str:
    of = _by_status(places)
    affected, open_ = of.get("affected", []), of.get("being checked", [])
    if affected:
        return f"**{product} is affected** in {_list(affected)}."
    if answer.unknown:
        return f"**We cannot answer yet**: no advisory source that we use knows {_title(answer)}."
    if not releases:
        return f"**We cannot answer yet**: no release of {product} is retained."
    if answer.folder:
        return f"**We cannot answer yet**: a folder was checked, and not the releases of {product}."
    if open_ or not _is_complete(answer):
        return f"**We cannot answer yet** for every release of {product}: the check is not complete."
    return f"**{product} is not affected**: no release that we support contains an affected version."


def _is_complete(answer: Answer) -> bool:
    """Return whether everything was searched, and what was asked for is known: a name that nothing lists can be a misspelling,
    and another file of a package has another digest.
    """
    return not (answer.problems or answer.near or (answer.digest and not answer.places))


def _by_status(places: Iterable[FoundPlace]) -> dict[str, list[str]]:
    worst: dict[str, PlaceStatus] = {}
    for place in places:
        status = worst.get(place.release)
        if status is None or _rank(place.status) < _rank(status):
            worst[place.release] = place.status
    found: dict[str, list[str]] = {}
    for release, status in worst.items():
        found.setdefault(_WORDS.get(status, ""), []).append(release)
    return found


def _rank(status: PlaceStatus) -> int:
    return _WORST.index(status) if status in _WORST else len(_WORST)


def _row(
    release: OwnRelease, places: Sequence[FoundPlace], releases: Sequence[OwnRelease], *, complete: bool
) -> list[str]:
    own = sorted((place for place in places if place.release == release.version), key=lambda place: _rank(place.status))
    status = _WORDS.get(own[0].status, "not affected") if own else "not affected"
    if status == "not affected" and not complete:
        status = "being checked"
    contains = ", ".join(dict.fromkeys(f"{place.package} {place.version}".strip() for place in own)) or "nothing of it"
    step = ""
    if status == "affected":
        better = _unaffected_after(release, places, releases)
        step = f"update to {better}" if better else "a fixed release will follow"
    return [markdown.text(cell) for cell in (release.version, release.since, status, contains, step)]


def _unaffected_after(release: OwnRelease, places: Sequence[FoundPlace], releases: Sequence[OwnRelease]) -> str:
    """Return the newest later release that is known not to be affected; empty if there is none."""
    bad = {place.release for place in places if _WORDS.get(place.status, "") in ("affected", "being checked")}
    later = releases[releases.index(release) + 1 :]
    return next((other.version for other in reversed(later) if other.version not in bad), "")


def _list(versions: Sequence[str]) -> str:
    shown = [markdown.text(version) for version in versions]
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))


def _basis(answer: Answer, product: str, day: str) -> str:
    feeds = " and the advisories of the OSV database" if answer.ids else ""
    return f"Checked on {day} against the software bills of materials of all retained releases of {markdown.text(product)}{feeds}."
