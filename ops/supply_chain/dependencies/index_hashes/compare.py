"""Holding the hashes of a subject against an index's page.

Where a lock tells files apart, each is looked for by its name; else each hash among all files of the version.
Two hashes can be compared only in the same algorithm: a hash in one that the index does not announce is
neither found nor missing, and whoever wants to know must download.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from ops.supply_chain.contracts.values.package_index import IndexFile, ProjectListing
from ops.supply_chain.dependencies.index_hashes import facts
from ops.supply_chain.dependencies.index_hashes.facts import Fact
from ops.supply_chain.dependencies.index_hashes.subjects import NamedFile, Subject, algorithm_of

QUARANTINED = "quarantined"

IsOfVersion = Callable[[str, str, str], bool]
"""Tells whether a file name is that of a project's version: file name, project, version."""


class Offer(NamedTuple):
    """What a page says about one subject.

    `files` are those of its version, in the index's order. `elsewhere` are the names of files of other
    versions that have one of its hashes, sorted. `status_told` is False where the index's kind of page
    never tells the project's status.
    """

    files: tuple[IndexFile, ...] = ()
    elsewhere: tuple[tuple[str, str], ...] = ()
    known: bool = True
    status: str = "active"
    status_reason: str = ""
    status_told: bool = False


class Comparison(NamedTuple):
    """What came of it: facts, the subject's hashes that the index announces, those it cannot be asked about."""

    facts: tuple[Fact, ...] = ()
    served: tuple[str, ...] = ()
    unannounced: tuple[str, ...] = ()


def offer_of(subject: Subject, listing: ProjectListing | None, is_of_version: IsOfVersion) -> Offer:
    """Keep of a page what matters to a subject.

    Args:
        subject: Of that page.
        listing: The page, or None where the index has no such project.
        is_of_version: Reads file names.
    """
    if listing is None:
        return Offer(known=False)
    ours, name, version = set(subject.hashes), subject.page.name, subject.version
    files = tuple(file for file in listing.files if is_of_version(file.filename, name, version))
    here = {file.filename for file in files}
    others = {
        (one, file.filename)
        for file in listing.files
        if file.filename not in here and not ours.isdisjoint(file.hashes)
        for one in ours.intersection(file.hashes)
    }
    return Offer(
        files=files,
        elsewhere=tuple(sorted(others)),
        status=listing.status,
        status_reason=listing.status_reason,
        status_told=listing.status_told,
    )


def compare(subject: Subject, offer: Offer) -> Comparison:
    """Compare a subject with what its index offers.

    Returns:
        Facts in the order: status, what is missing or replaced by hash, what is yanked.
    """
    if not offer.known:
        return Comparison((facts.project_missing(subject),))
    status = facts.of_status(subject, offer.status, offer.status_reason, offers_files=bool(offer.files))
    about = (status,) if status else ()
    if offer.status == QUARANTINED and not offer.files:
        return Comparison(about)
    if not offer.files:
        return Comparison((*about, facts.version_missing(subject, _first(offer.elsewhere))))
    found = _named(subject, offer) if subject.files else Comparison()
    rest = _anywhere(subject, offer, _loose(subject))
    served = tuple(sorted({*found.served, *rest.served}))
    unannounced = tuple(sorted({*found.unannounced, *rest.unannounced}))
    return Comparison((*about, *found.facts, *rest.facts, *_yanked(subject, offer)), served, unannounced)


def _loose(subject: Subject) -> tuple[str, ...]:
    """The hashes that the lock gives to no file that it names."""
    named = {one for file in subject.files for one in file.hashes}
    return tuple(one for one in subject.hashes if one not in named)


def _named(subject: Subject, offer: Offer) -> Comparison:
    results = [_one_named(subject, offer, file) for file in subject.files]
    return Comparison(
        tuple(fact for result in results for fact in result.facts),
        tuple(one for result in results for one in result.served),
        tuple(one for result in results for one in result.unannounced),
    )


def _one_named(subject: Subject, offer: Offer, wanted: NamedFile) -> Comparison:
    same_name = [file for file in offer.files if file.filename == wanted.name]
    announced = {one for file in same_name for one in file.hashes}
    if not same_name:
        # The same bytes under another spelling of the name are the same file.
        return _anywhere(subject, offer, wanted.hashes, name=wanted.name)
    served, unannounced, found = [], [], []
    for one in wanted.hashes:
        rivals = sorted(other for other in announced if algorithm_of(other) == algorithm_of(one))
        if one in announced:
            served.append(one)
        elif rivals:
            found.append(facts.replaced(subject, wanted.name, one, rivals[0]))
        else:
            unannounced.append(one)
    return Comparison(tuple(found), tuple(served), tuple(unannounced))


def _anywhere(subject: Subject, offer: Offer, hashes: Iterable[str], name: str = "") -> Comparison:
    announced = {one for file in offer.files for one in file.hashes}
    elsewhere = dict(offer.elsewhere)
    served, unannounced, found = [], [], []
    for one in hashes:
        if one in announced:
            served.append(one)
        elif not all(_announces(file, algorithm_of(one)) for file in offer.files):
            unannounced.append(one)
        else:
            found.append(
                facts.missing(subject, one, name=name, files=len(offer.files), elsewhere=elsewhere.get(one, ""))
            )
    return Comparison(tuple(found), tuple(served), tuple(unannounced))


def _announces(file: IndexFile, algorithm: str) -> bool:
    return any(algorithm_of(one) == algorithm for one in file.hashes)


def _yanked(subject: Subject, offer: Offer) -> tuple[Fact, ...]:
    ours, names = set(subject.hashes), {file.name for file in subject.files}
    recorded = [file for file in offer.files if file.filename in names or not ours.isdisjoint(file.hashes)]
    taken_back = [file for file in recorded or offer.files if file.yanked]
    if not taken_back:
        return ()
    reason = next((file.yanked_reason for file in taken_back if file.yanked_reason), "")
    whole = all(file.yanked for file in offer.files)
    return (facts.yanked(subject, tuple(sorted(file.filename for file in taken_back)), reason, whole=whole),)


def _first(elsewhere: tuple[tuple[str, str], ...]) -> str:
    return elsewhere[0][1] if elsewhere else ""
