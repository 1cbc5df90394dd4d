"""From pins to distinct subjects: what is asked of an index or an address, once, however many locks pin it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ops.supply_chain.contracts.values.lock import Pin, SourceKind
from ops.supply_chain.contracts.values.package_index import PageAddress


class NamedFile(NamedTuple):
    """A file that a lock tells apart: its name and its hashes, sorted."""

    name: str
    hashes: tuple[str, ...]


class Subject(NamedTuple):
    """A version with its hashes, as a lock wants it of one place.

    `page` says which project of which index; `url` is the address of a pin that comes from one, else empty.
    `hashes` are all, sorted, never empty; `files` those that the lock tells apart, sorted, empty where it
    does not.
    """

    page: PageAddress
    version: str
    hashes: tuple[str, ...]
    files: tuple[NamedFile, ...] = ()
    url: str = ""

    @property
    def label(self) -> str:
        """Name and version for messages."""
        return f"{self.page.name} {self.version}".rstrip()


class Scope(NamedTuple):
    """What a run looks at.

    `subjects` gives the subject of each pin that can be looked at. `unusable` are pins that say too little:
    no version or no hash. `outside` are pins that come from no index and no address.
    """

    subjects: dict[Pin, Subject]
    unusable: tuple[Pin, ...]
    outside: tuple[Pin, ...]


def scope_of(pins: Iterable[Pin], *, index: str = "") -> Scope:
    """Sort the pins of one project by what can be asked about them.

    Args:
        pins: Any order, repeated or not.
        index: The project's index, for pins that name none; empty means the default one.
    """
    subjects: dict[Pin, Subject] = {}
    unusable: list[Pin] = []
    outside: list[Pin] = []
    for pin in dict.fromkeys(pins):
        if pin.local or pin.source.kind not in (SourceKind.INDEX, SourceKind.URL):
            outside.append(pin)
        elif not pin.hashes or (pin.source.kind is SourceKind.INDEX and not pin.version):
            unusable.append(pin)
        else:
            subjects[pin] = _subject(pin, index)
    return Scope(subjects, tuple(unusable), tuple(outside))


def algorithm_of(text: str) -> str:
    """Return the algorithm of an `<algorithm>:<hexadecimal>` text."""
    return text.partition(":")[0]


def _subject(pin: Pin, index: str) -> Subject:
    from_url = pin.source.kind is SourceKind.URL
    named = {NamedFile(file.name, tuple(sorted(file.hashes))) for file in pin.files if file.name and file.hashes}
    return Subject(
        page=PageAddress("" if from_url else pin.source.url or index, pin.name),
        version=pin.version,
        hashes=tuple(sorted(set(pin.hashes))),
        files=() if from_url else tuple(sorted(named)),
        url=pin.source.url if from_url else "",
    )
