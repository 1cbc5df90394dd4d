"""Distinct pinned releases: what is requested from an index or an address, once, however many locks pin it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ops.supply_chain.contracts.values.lock import Pin, PinSourceKind
from ops.supply_chain.contracts.values.package_index import PageAddress


class PinnedFile(NamedTuple):
    """A file that a lock names, with its hashes, sorted."""

    name: str
    hashes: tuple[str, ...]


class PinnedRelease(NamedTuple):
    """A version of a project with its recorded hashes, from one index or one address.

    `page` is the project's page on its index. `url` is the address of a pin that comes from an address, else
    empty. `hashes` are all recorded hashes, sorted, never empty. `files` are the files that the lock names, sorted,
    empty if it names none.
    """

    page: PageAddress
    version: str
    hashes: tuple[str, ...]
    files: tuple[PinnedFile, ...] = ()
    url: str = ""

    @property
    def label(self) -> str:
        """Name and version for messages."""
        return f"{self.page.name} {self.version}".rstrip()


class HashScope(NamedTuple):
    """The pins of one project by what can be checked.

    `releases` maps each pin that can be checked to its release. `unusable` are pins without version or hash.
    `outside` are pins that come neither from an index nor from an address.
    """

    releases: dict[Pin, PinnedRelease]
    unusable: tuple[Pin, ...]
    outside: tuple[Pin, ...]


def scope_of(pins: Iterable[Pin], *, index: str = "") -> HashScope:
    """Sort the pins of one project by what can be checked.

    Args:
        pins: Any order, repeated or not.
        index: The project's index, for pins that name none; empty means the default index.
    """
    releases: dict[Pin, PinnedRelease] = {}
    unusable: list[Pin] = []
    outside: list[Pin] = []
    for pin in dict.fromkeys(pins):
        if pin.local or pin.source.kind not in (PinSourceKind.INDEX, PinSourceKind.URL):
            outside.append(pin)
        elif not pin.hashes or (pin.source.kind is PinSourceKind.INDEX and not pin.version):
            unusable.append(pin)
        else:
            releases[pin] = _release(pin, index)
    return HashScope(releases, tuple(unusable), tuple(outside))


def algorithm_of(text: str) -> str:
    """Return the algorithm of an `<algorithm>:<hexadecimal>` text."""
    return text.partition(":")[0]


def _release(pin: Pin, index: str) -> PinnedRelease:
    from_url = pin.source.kind is PinSourceKind.URL
    named = {PinnedFile(file.name, tuple(sorted(file.hashes))) for file in pin.files if file.name and file.hashes}
    return PinnedRelease(
        page=PageAddress("" if from_url else pin.source.url or index, pin.name),
        version=pin.version,
        hashes=tuple(sorted(set(pin.hashes))),
        files=() if from_url else tuple(sorted(named)),
        url=pin.source.url if from_url else "",
    )
