"""Project pages of many projects, each from its own index; one may fail without the others.

A page of a big project is megabytes: it is handed to the caller's reader at once, and only what that makes of
it is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

from ops.supply_chain.adapters.http.batch import gather_each, run
from ops.supply_chain.adapters.http.client import Timeouts
from ops.supply_chain.adapters.http.failure import Failed, unavailable
from ops.supply_chain.adapters.index.address import read_address
from ops.supply_chain.adapters.index.session import SYSTEM, IndexSession
from ops.supply_chain.contracts.values.package_index import PageAddress, ProjectListing
from ops.supply_chain.core.errors import StageError, UsageError

T = TypeVar("T")

NO_INDEX_REMEDY = "Check the address of that index: one that knows no project at all is hardly the right one."


class _Place(NamedTuple):
    """A page by the address of its index, so that two names of one index give one request."""

    home: str
    name: str


@dataclass
class Pages(Generic[T]):
    """Pages that were read, and the errors of the others; each requested page is in one of the two."""

    read: dict[PageAddress, T] = field(default_factory=dict)
    failed: dict[PageAddress, StageError] = field(default_factory=dict)


def read_pages(
    session: IndexSession,
    default: str,
    asked: Collection[PageAddress],
    reader: Callable[[PageAddress, ProjectListing | None], T],
) -> Pages[T]:
    """Ask for pages and read each as it comes.

    Args:
        session: The session of the run.
        default: Address of the index for pages that name none.
        asked: Any order.
        reader: Makes of a page what is kept of it; the listing is None where the index has no such project.
    Returns:
        Both parts in the order of their addresses.
    Raises:
        UsageError: The netrc file is broken.
        OutputError: The cache cannot be written.
    """
    pages: Pages[T] = Pages()
    wanted: dict[_Place, list[PageAddress]] = {}
    for page in sorted(set(asked)):
        try:
            place = read_address(page.home or default, where=f"index of {page.name}").url
            wanted.setdefault(_Place(place, page.name), []).append(page)
        except UsageError as error:
            pages.failed[page] = error
    fetched, failed = _gathered(session, wanted, reader)
    pages.read |= {page: result for results in fetched.values() for page, result in results.items()}
    pages.failed |= {page: error for place, error in failed.items() for page in wanted[place]}
    return Pages(dict(sorted(pages.read.items())), dict(sorted(pages.failed.items())))


def _gathered(
    session: IndexSession,
    wanted: Mapping[_Place, Collection[PageAddress]],
    reader: Callable[[PageAddress, ProjectListing | None], T],
) -> tuple[dict[_Place, dict[PageAddress, T]], dict[_Place, StageError]]:
    fetched: dict[_Place, dict[PageAddress, T]] = {}
    failed: dict[_Place, StageError] = {}
    absent: set[_Place] = set()

    async def work() -> None:
        async with session.client() as client:

            async def fetch(place: _Place) -> dict[PageAddress, T]:
                listing = await session.listing(client, *place)
                if listing is None:
                    absent.add(place)
                return {page: reader(page, listing) for page in wanted[place]}

            at_once = Timeouts().concurrency
            await gather_each(list(wanted), fetch, fetched, failed, group=lambda place: place.home, at_once=at_once)

    run(work())
    for index in sorted({place.home for place in absent}):
        known = {place for place in fetched if place.home == index}
        if known <= absent:
            failed |= dict.fromkeys(known, _no_index(index, len(known)))
    return {place: result for place, result in fetched.items() if place not in failed}, failed


def _no_index(index: str, asked: int) -> StageError:
    """Return the error for an index that knows none of the projects: the address is probably not an index."""
    what = f"none of the {asked} projects" if asked > 1 else "not the only project"
    failure = Failed(f"has {what} that it was asked for (HTTP status 404)")
    return unavailable(SYSTEM, index, failure, remedy=NO_INDEX_REMEDY)
