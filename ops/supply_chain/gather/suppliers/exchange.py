"""Decided documents from the process that read them to the one that registers them: each component is sent once.

Documents share most of their components. A sender numbers what it sends (components, digests), and a document has the numbers; the
receiver then has one object for a component in all documents, and no time is spent on making it again.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Callable, Iterator, Sequence
from typing import Generic, NamedTuple, TypeVar

from msgspec.structs import replace

from ops.supply_chain.contracts.values.registry import ListedComponent, RegisteredDigest, RegistryEntry
from ops.supply_chain.gather.suppliers.intake import DecidedDocument

K = TypeVar("K")

MOST_NUMBERED = 500_000
"""Components and digests that a sender and its receiver remember."""


Numbered = tuple[bytes, bytes]
"""Numbers and places, as arrays of unsigned integers of this machine."""

DigestKey = tuple[str, str]
"""A digest: algorithm and value."""


class _Packed(NamedTuple):
    """A document: `entry` is without components and digests, which are numbers."""

    place: str
    entry: RegistryEntry
    versions: Numbered
    digests: Numbered


class Parcel(NamedTuple):
    """What is sent at once: the sender, how much of both its receiver knows, what is new, and documents with their numbers."""

    sender: int
    known: tuple[int, int]
    versions: list[ListedComponent]
    digests: list[DigestKey]
    documents: list[_Packed]


class Sender:
    """Packs documents; one in each process that reads."""

    def __init__(self) -> None:
        self._versions: _Numbers[ListedComponent] = _Numbers()
        self._digests: _Numbers[DigestKey] = _Numbers()

    def pack(self, documents: Sequence[DecidedDocument]) -> Parcel:
        """Return what to send."""
        for numbers in (self._versions, self._digests):
            numbers.limit()
        known = len(self._versions), len(self._digests)
        versions, digests, packed = list[ListedComponent](), list[DigestKey](), []
        for document in documents:
            entry = document.entry
            listed = _numbered(entry.versions(), self._versions.of_shared, versions)
            hashed = _numbered([(item[1:], item.place) for item in entry.digests], self._digests.numbers, digests)
            packed.append(_Packed(document.place, replace(entry, components=(), digests=(), listed=()), listed, hashed))
        return Parcel(os.getpid(), known, versions, digests, packed)


class Receiver:
    """Unpacks what senders sent, each in the order in which it sent it."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[list[ListedComponent], list[DigestKey]]] = {}

    def unpack(self, parcel: Parcel) -> list[DecidedDocument]:
        """Return the documents, in order.

        Raises:
            ValueError: A parcel of this sender before it is missing.
        """
        versions, digests = self._known.setdefault(parcel.sender, ([], []))
        del versions[parcel.known[0] :], digests[parcel.known[1] :]
        if (len(versions), len(digests)) != parcel.known:
            raise ValueError("a parcel is missing")
        versions += parcel.versions
        digests += parcel.digests
        return [_unpacked(packed, versions, digests) for packed in parcel.documents]


class _Numbers(Generic[K]):
    """The numbers of what was sent; of an object that was sent before, at once."""

    def __init__(self) -> None:
        self._of_value: dict[K, int] = {}
        self._of_object: dict[int, int] = {}
        """By the identity of an object, which lives as long as it is among `_objects`."""
        self._objects: list[K] = []

    def __len__(self) -> int:
        return len(self._of_value)

    def limit(self) -> None:
        """Forget everything, if it is too much."""
        if len(self._of_value) > MOST_NUMBERED:
            self._of_value.clear()
        if len(self._objects) > MOST_NUMBERED or not self._of_value:
            self._of_object.clear()
            self._objects.clear()

    def numbers(self, items: Sequence[K], new: list[K]) -> list[int]:
        """Return the number of each item; one that has none yet is noted as new."""
        found = []
        for item in items:
            number = self._of_value.get(item)
            if number is None:
                number = self._of_value[item] = len(self._of_value)
                new.append(item)
            found.append(number)
        return found

    def of_shared(self, items: Sequence[K], new: list[K]) -> list[int]:
        """Return what `numbers` does, for objects that documents share."""
        known = self._of_object
        unknown = [item for item in items if id(item) not in known]
        for item, number in zip(unknown, self.numbers(unknown, new), strict=True):
            known[id(item)] = number
        self._objects += unknown
        return [known[id(item)] for item in items]


def _numbered(
    items: Sequence[tuple[K, int]], numbers: Callable[[Sequence[K], list[K]], list[int]], new: list[K]
) -> Numbered:
    found = array("I", numbers([key for key, _ in items], new))
    return found.tobytes(), array("I", [place for _, place in items]).tobytes()


def _unpacked(packed: _Packed, versions: Sequence[ListedComponent], digests: Sequence[DigestKey]) -> DecidedDocument:
    listed = tuple(_pairs(packed.versions, versions))
    hashed = tuple(RegisteredDigest(place, *key) for key, place in _pairs(packed.digests, digests))
    return DecidedDocument(packed.place, replace(packed.entry, listed=listed, digests=hashed))


def _pairs(numbered: Numbered, known: Sequence[K]) -> Iterator[tuple[K, int]]:
    numbers, places = array("I", numbered[0]), array("I", numbered[1])
    return zip(map(known.__getitem__, numbers), places, strict=True)
