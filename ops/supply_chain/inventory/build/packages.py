"""The packages of a project: each distinct one built once, whatever number of locks hold it.

A pin becomes part of a package by its identity (PEP 503 name, version, source). A path is read from the
lock's folder, so that `../lib` in one lock and `./lib` in another are the same package; a path outside
the project is not shown.
"""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import unquote

import msgspec

from ops.supply_chain.contracts.values.core_metadata import CoreMetadata
from ops.supply_chain.contracts.values.lock import Lock, Pin, PinFile, PinSource, PinSourceKind
from ops.supply_chain.core.addresses import INDEX_URL
from ops.supply_chain.core.names import normalise
from ops.supply_chain.core.text import printable
from ops.supply_chain.inventory.build.requirements import Need, needs_of
from ops.supply_chain.inventory.model.addresses import publishable
from ops.supply_chain.inventory.model.document import UNKNOWN_LICENCE, Licence, Link, Package
from ops.supply_chain.inventory.model.licences import licence_of
from ops.supply_chain.inventory.model.naming import (
    Identity,
    canonical_source,
    identity_of,
    plain_name,
    purl_of,
    reference_of,
    unique_references,
)
from ops.supply_chain.inventory.model.people import links_of, producer_of, summary_of

OUTSIDE = "(outside the project)"
"""Replaces a path outside the project: such a path would disclose something about the machine."""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """A package's own metadata, read once."""

    needs: tuple[Need, ...] | None = None
    licence: Licence = UNKNOWN_LICENCE
    producer: str = ""
    summary: str = ""
    links: tuple[Link, ...] = ()
    enriched: bool = False


NO_FACTS = Facts()


class SharedPin(NamedTuple):
    """A pin as all locks share it: equal pins are one object. `ref` is the reference of its package."""

    pin: Pin
    identity: Identity
    ref: str


class Packages:
    """The packages of some locks.

    Args:
        locks: All of them; references are unique among these.
        metadata: Pin -> core metadata, for the pins that have it; None where none was asked for.
        index_url: Simple API address of the index that locks use which name none.
        taken: References that packages may not have: the root's.
    """

    def __init__(
        self,
        locks: Sequence[Lock],
        *,
        metadata: Mapping[Pin, CoreMetadata] | None,
        index_url: str = "",
        taken: Iterable[str] = (),
    ) -> None:
        self._index_url = index_url or INDEX_URL
        self._metadata = metadata or {}
        self._originals: dict[Identity, list[Pin]] = defaultdict(list)
        self._resolved: dict[tuple[int, str], Pin] = {}
        self._same: dict[Pin, Pin] = {}
        self._identities: dict[int, Identity] = {}
        self._pins: dict[Identity, list[Pin]] = defaultdict(list)
        self._alone: dict[int, Package] = {}
        self._built: dict[tuple[int, ...], Package] = {}
        self._facts: dict[Identity, Facts] = {}
        self._keep = locks  # pins are distinguished by id() below, so they must live as long as this object
        for lock in locks:
            folder = posixpath.dirname(lock.path)
            for entry in lock.entries:
                self._learn(entry.pin, folder)
        wanted = sorted((identity, reference_of(identity, self._purl(identity))) for identity in self._pins)
        self._refs = unique_references(wanted, taken)
        self._known: dict[tuple[int, str], SharedPin] = {}
        self._known_anywhere: dict[int, SharedPin] = {}

    @property
    def identities(self) -> tuple[Identity, ...]:
        """All packages, sorted."""
        return tuple(sorted(self._pins))

    def known(self, pin: Pin, folder: str) -> SharedPin:
        """Return what all locks share of a pin of a lock in a folder."""
        found = self._known_anywhere.get(id(pin))
        if found is not None:
            return found
        is_path = pin.source.kind is PinSourceKind.PATH
        key = (id(pin), folder if is_path else "")
        found = self._known.get(key)
        if found is None:
            resolved = self._resolved[key]
            identity = self._identities[id(resolved)]
            found = SharedPin(resolved, identity, self._refs[identity])
            if is_path:
                self._known[key] = found
            else:
                self._known_anywhere[id(pin)] = found
        return found

    def build(self) -> None:
        """Build every package as the pins of all locks describe it, so that processes which are forked now share them."""
        for identity in self._pins:
            self.package(identity)

    def ref(self, identity: Identity) -> str:
        """Return the reference of a package."""
        return self._refs[identity]

    def needs(self, identity: Identity) -> tuple[Need, ...] | None:
        """Return the dependencies in a package's trustworthy metadata; None where they are unknown."""
        return self._facts_of(identity).needs

    def package(self, identity: Identity, resolved: Sequence[Pin] | None = None) -> Package:
        """Return a package as some pins describe it: the same object for the same pins.

        Args:
            identity: Of the package.
            resolved: The pins of one document, resolved; None takes those of all locks.
        """
        pins = self._pins[identity] if resolved is None else resolved
        if len(pins) == 1:
            found = self._alone.get(id(pins[0]))
            if found is None:
                found = self._alone[id(pins[0])] = self._build(identity, pins)
            return found
        key = tuple(sorted({id(pin) for pin in pins}))
        if key not in self._built:
            self._built[key] = self._build(identity, pins)
        return self._built[key]

    def _learn(self, pin: Pin, folder: str) -> None:
        foldered = folder if pin.source.kind is PinSourceKind.PATH else ""
        if (id(pin), foldered) in self._resolved:
            return
        moved = msgspec.structs.replace(pin, source=_shown_source(pin.source, foldered))
        resolved = self._same.setdefault(moved, moved)
        self._resolved[(id(pin), foldered)] = resolved
        if resolved is moved:
            self._identities[id(resolved)] = identity = identity_of(resolved)
            self._pins[identity].append(resolved)
        if pin in self._metadata:
            self._originals[self._identities[id(resolved)]].append(pin)

    def _purl(self, identity: Identity) -> str:
        pins = self._pins[identity]
        return purl_of(_name(pins), identity.version, pins[0].source)

    def _build(self, identity: Identity, pins: Sequence[Pin]) -> Package:
        source = pins[0].source
        facts = self._facts_of(identity)
        return Package(
            ref=self._refs[identity],
            name=_name(self._pins[identity]),
            key=identity.key,
            version=identity.version,
            purl=self._purl(identity),
            source=source,
            page=self._page(identity, source),
            hashes=tuple(sorted({digest for pin in pins for digest in pin.hashes})),
            files=_files(pins),
            markers=() if any(not pin.marker for pin in pins) else tuple(sorted({printable(p.marker) for p in pins})),
            extras=tuple(sorted({normalise(printable(extra)) for pin in pins for extra in pin.extras})),
            local=all(pin.local for pin in pins),
            licence=facts.licence,
            producer=facts.producer,
            summary=facts.summary,
            links=facts.links,
            enriched=facts.enriched,
        )

    def _page(self, identity: Identity, source: PinSource) -> str:
        if source.kind is not PinSourceKind.INDEX:
            return ""
        index = publishable(source.url or self._index_url)
        return f"{index.rstrip('/')}/{identity.key}/" if index else ""

    def _facts_of(self, identity: Identity) -> Facts:
        if identity not in self._facts:
            chosen = min(self._originals[identity], key=lambda pin: (pin.hashes, pin.marker, pin.extras), default=None)
            self._facts[identity] = NO_FACTS if chosen is None else _facts(self._metadata[chosen])
        return self._facts[identity]


def _facts(metadata: CoreMetadata) -> Facts:
    return Facts(
        needs=needs_of(metadata),
        licence=licence_of(metadata),
        producer=producer_of(metadata),
        summary=summary_of(metadata),
        links=links_of(metadata),
        enriched=True,
    )


def _name(pins: Sequence[Pin]) -> str:
    """Locks may spell one name several ways: the alphabetically first is used for all."""
    return min(plain_name(pin.written_name or pin.name) for pin in pins)


def _files(pins: Sequence[Pin]) -> tuple[PinFile, ...]:
    found = {
        PinFile(hashes=file.hashes, name=printable(file.name), url=publishable(file.url), size=file.size)
        for pin in pins
        for file in pin.files
    }
    return tuple(sorted(found, key=lambda file: (file.name, file.url, file.hashes, file.size or 0)))


def _shown_source(source: PinSource, folder: str) -> PinSource:
    if source.kind is PinSourceKind.VCS:
        words = {name: printable(getattr(source, name)) for name in ("vcs", "commit", "subdirectory")}
        return msgspec.structs.replace(source, **words)
    if source.kind is not PinSourceKind.PATH:
        return canonical_source(source)
    plain = unquote(source.url.removeprefix("file://")) if source.url.startswith("file:") else source.url
    path = posixpath.normpath(posixpath.join(folder, printable(plain).replace("\\", "/") or "."))
    outside = path.startswith(("/", "../")) or path == ".." or ":" in path
    return msgspec.structs.replace(source, url=OUTSIDE if outside else path)
