"""Project pages of many projects, each asked of its own index, where one may fail and the others still tell.

A page of a big project is megabytes: it is handed to the caller's reader at once, and only what that makes of
it is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from ops.supply_chain.adapters.batch import gather_each, run
from ops.supply_chain.adapters.http import Patience
from ops.supply_chain.adapters.http_failure import Failed, unavailable
from ops.supply_chain.adapters.index_address import read_address
from ops.supply_chain.adapters.index_session import SYSTEM, IndexSession
from ops.supply_chain.contracts.package_index import PageAddress, ProjectListing
from ops.supply_chain.core.errors import StageError, UsageError

T = TypeVar("T")

NO_INDEX_REMEDY = "Check the address of that index: one that knows no project at all is hardly the right one."


@dataclass
class Pages(Generic[T]):
    """What was read, and why the rest was not; each page that was asked for is in one of the two."""

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
        session: How indexes are asked.
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
    places: dict[PageAddress, str] = {}
    for page in sorted(set(asked)):
        try:
            places[page] = read_address(page.index or default, where=f"index of {page.name}").url
        except UsageError as error:
            pages.failed[page] = error
    absent: set[PageAddress] = set()

    async def work() -> None:
        async with session.client() as client:

            async def fetch(page: PageAddress) -> T:
                listing = await session.listing(client, places[page], page.name)
                if listing is None:
                    absent.add(page)
                return reader(page, listing)

            at_once = Patience().concurrency
            await gather_each(list(places), fetch, pages.read, pages.failed, group=places.__getitem__, at_once=at_once)

    run(work())
    for place in sorted({places[page] for page in absent}):
        had = {page for page in pages.read if places[page] == place}
        if had <= absent:
            _take_back(pages, had, place)
    return Pages(dict(sorted(pages.read.items())), dict(sorted(pages.failed.items())))


def _take_back(pages: Pages[T], had: Collection[PageAddress], place: str) -> None:
    """Turn "no such project" of an index that knows none of them into "not looked at": it is more likely no index."""
    asked = f"the {len(had)} projects" if len(had) > 1 else "the one project"
    reason = f"has none of {asked} that it was asked for (HTTP status 404)"
    error = unavailable(SYSTEM, place, Failed(reason), remedy=NO_INDEX_REMEDY)
    for page in had:
        del pages.read[page]
        pages.failed[page] = error
