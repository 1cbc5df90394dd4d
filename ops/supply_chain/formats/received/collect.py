"""What the readers of all formats share: fields of the expected type, defects with their place, edges.

Unlike `formats.shape` a reader here goes on: a value of another type is a defect and counts as absent.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain, repeat
from typing import Any

from ops.supply_chain.contracts.values.received_sbom import (
    MOST_DEFECTS,
    DefectKind,
    EdgeKind,
    PackageIdentity,
    SbomDefect,
    SbomDigest,
    SbomEdges,
    SbomTool,
)
from ops.supply_chain.core.text import excerpt
from ops.supply_chain.formats.json_reader import kind_of
from ops.supply_chain.formats.purl import read_purl

Table = dict[str, Any]

NO_ASSERTION = "NOASSERTION"
NO_LICENCE = "NONE"
"""The value of SPDX for what has no licence: a statement, unlike `NOASSERTION`."""


KEPT_PROPERTIES = (
    "bsi:",
    "sealwright:",
    "aquasecurity:trivy:Src",
    "syft:metadata:source",
    "cdx:npm:package:development",
)
"""Beginnings of the names of properties that a profile or a match needs; the others stay in the document."""

_DIGITS = {"md5": 32, "sha-1": 40, "sha-256": 64, "sha-384": 96, "sha-512": 128, "sha-224": 56}
_LICENCE_REF = re.compile(r"(?:DocumentRef-[A-Za-z0-9.-]+:)?LicenseRef-[A-Za-z0-9.-]+")
_HEX = re.compile(r"[0-9a-f]+")
_TIMESTAMP = re.compile(
    r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])T(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)"
    r"(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2})",
    re.IGNORECASE,
)
_PEOPLE = re.compile(r"(?P<kind>Person|Organization|Tool):\s*(?P<name>.*?)\s*(?:\((?P<email>[^()]*)\))?\s*", re.DOTALL)


class Collector:
    """The defects of one document."""

    def __init__(self) -> None:
        self._defects: dict[SbomDefect, None] = {}
        self._has_unread = False
        self.defect_count = 0

    @property
    def defects(self) -> tuple[SbomDefect, ...]:
        """The defects, in the order in which they were found, each once."""
        return tuple(self._defects)

    def defect(self, kind: DefectKind, location: str, message: str) -> None:
        """Note a defect."""
        found = SbomDefect(kind, location, message)
        if found in self._defects:
            return
        self.defect_count += 1
        if len(self._defects) < MOST_DEFECTS:
            self._defects[found] = None
        elif kind is DefectKind.UNREAD and not self._has_unread:
            # Whether a document was read as a whole depends on it, so it is listed however many others there are.
            self._defects.popitem()
            self._defects[found] = None
        self._has_unread |= kind is DefectKind.UNREAD

    def unread(self, location: str, expected: str, value: object) -> None:
        """Note a value of another type than it must have."""
        self.defect(DefectKind.UNREAD, location, f"expected {expected}, found {kind_of(value)}")

    def text(self, node: Table, key: str, location: str) -> str:
        """Return a text field; empty where it is absent. A number or a boolean is read as it is written in JSON."""
        value = node.get(key)
        if value.__class__ is str:
            return value
        if value is None:
            return ""
        if isinstance(value, int | float):
            self.defect(
                DefectKind.VALUE, f"{location}/{key}", f"expected a text, found {kind_of(value)}: {excerpt(value)}"
            )
            return str(value)
        self.unread(f"{location}/{key}", "a text", value)
        return ""

    def table(self, node: Table, key: str, location: str) -> Table:
        """Return an object field; empty where it is absent."""
        value = node.get(key)
        if isinstance(value, dict):
            return value
        if value is not None:
            self.unread(f"{location}/{key}", "an object", value)
        return {}

    def rows(self, node: Table, key: str, location: str) -> list[tuple[str, Table]]:
        """Return the objects of an array field with their locations; none where it is absent."""
        value = node.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            self.unread(f"{location}/{key}", "an array", value)
            return []
        found = []
        for at, row in enumerate(value):
            if isinstance(row, dict):
                found.append((place_of(row, f"{location}/{key}/{at}"), row))
            else:
                self.unread(f"{location}/{key}/{at}", "an object", row)
        return found

    def texts(self, node: Table, key: str, location: str) -> list[str]:
        """Return the texts of an array field; none where it is absent. A lone text counts as one."""
        value = node.get(key)
        if value is None:
            return []
        if isinstance(value, str):
            return [value]
        if not isinstance(value, list):
            self.unread(f"{location}/{key}", "an array", value)
            return []
        texts = [entry for entry in value if entry.__class__ is str]
        if len(texts) == len(value):  # nearly always
            return texts
        for at, entry in enumerate(value):
            if not isinstance(entry, str):
                self.unread(f"{location}/{key}/{at}", "a text", entry)
        return [entry for entry in value if isinstance(entry, str)]

    def package(self, text: str, location: str) -> PackageIdentity | None:
        """Take a package URL apart; a broken one is a defect."""
        if not text:
            return None
        found = read_purl(text)
        if found is None:
            self.defect(DefectKind.VALUE, location, f"expected a package URL, found {excerpt(text)!r}")
        return found

    def digest(self, algorithm: str, value: str, location: str) -> SbomDigest | None:
        """Return a digest in one spelling; None, and a defect, where it is none."""
        name, digits = algorithm_name(algorithm), value.strip().lower()
        length = _DIGITS.get(name)
        if not name or not _HEX.fullmatch(digits) or (length is not None and len(digits) != length):
            self.defect(
                DefectKind.VALUE,
                location,
                f"expected a digest {algorithm or '(no algorithm)'}, found {excerpt(value)!r}",
            )
            return None
        return SbomDigest(name, digits)

    def timestamp(self, text: str, location: str) -> str:
        """Return a timestamp as written; one that RFC 3339 does not have is a defect."""
        if text and not _TIMESTAMP.fullmatch(text):
            self.defect(
                DefectKind.VALUE, location, f"expected a timestamp with its offset (RFC 3339), found {excerpt(text)!r}"
            )
        return text


def plain_digests(rows: object) -> tuple[SbomDigest, ...] | None:
    """Return the digests of an array whose objects are all as they must be; None where one is different."""
    if not isinstance(rows, list):
        return None
    found = []
    for row in rows:
        algorithm, value = (row.get("alg"), row.get("content")) if row.__class__ is dict else (None, None)
        if algorithm.__class__ is not str or value.__class__ is not str:
            return None
        name = algorithm_name(algorithm)
        if _DIGITS.get(name) != len(value) or not _HEX.fullmatch(value):
            return None
        found.append(SbomDigest(name, value))
    return tuple(found)


def place_of(node: Table, location: str) -> str:
    """Return where a node is: its line if its serialisation is read by lines, else the given JSON pointer."""
    line = getattr(node, "line", 0)
    return f"line {line}" if line else location


@lru_cache(maxsize=256)
def algorithm_name(text: str) -> str:
    """Return the name of a digest's algorithm as IANA spells it, in lower case: `sha-256` for `SHA256` and `sha256`."""
    name = text.strip().lower().rpartition("_")[2] if text.startswith("checksumAlgorithm_") else text.strip().lower()
    name = name.replace("_", "-")
    found = re.fullmatch(r"sha-?(1|224|256|384|512)", name)
    if found:
        return f"sha-{found[1]}"
    found = re.fullmatch(r"(sha3|blake2b)-?(224|256|384|512)", name)
    return f"{found[1]}-{found[2]}" if found else name


@lru_cache(maxsize=4096)
def person_or_organisation(text: str) -> tuple[str, str, str]:
    """Take `Organization: Acme (mail@acme.example)` of SPDX 2 apart: kind in lower case, name, address; no kind where it has none."""
    found = _PEOPLE.fullmatch(text.strip())
    if not found:
        return "", text.strip(), ""
    return found["kind"].lower(), found["name"], (found["email"] or "").strip()


def tool_of(text: str) -> SbomTool:
    """Take the text that SPDX has for a tool apart: its name, a dash or a space, its version."""
    for mark in ("-", " "):
        name, found, version = text.rpartition(mark)
        if found and version.removeprefix("v")[:1].isdigit():
            return SbomTool(name.strip(), version)
    return SbomTool(text)


def names_in(expression: str, names: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """Return the licences of the document's own in an expression, with the names that it gives them."""
    if not names or "LicenseRef-" not in expression:
        return ()
    return tuple((ref, names[ref]) for ref in _LICENCE_REF.findall(expression) if ref in names)


class EdgeBuilder:
    """Collects edges by reference, and gives them by position at the end, when every component is known."""

    def __init__(self, collector: Collector) -> None:
        self._collector = collector
        self._edges: list[tuple[str, Sequence[str], EdgeKind, str]] = []
        self._rows: list[_Rows] = []
        self._stated: list[tuple[str, str]] = []
        self._doubted: set[str] = set()
        self._unknown: set[str] = set()

    def add(self, source: str, target: str, kind: EdgeKind, location: str) -> None:
        """Note an edge; the location is for the defect, should it lead nowhere."""
        self._edges.append((source, (target,), kind, location))

    def add_rows(self, sources: Sequence[str], rows: Sequence[Sequence[str]], kind: EdgeKind, location: str) -> None:
        """Note a row of edges from each source, and that it states them all, as `add` and `state` do.

        The location of a row is the given one with its number.
        """
        self._rows.append((sources, rows, kind, location))

    def state(self, source: str, location: str) -> None:
        """Note that the document states all that a component depends on, as far as it lists it."""
        self._stated.append((source, location))

    def doubt(self, source: str) -> None:
        """Note that what the document lists of a component's dependencies is not all, whatever else it states."""
        self._doubted.add(source)

    def unknown(self, source: str) -> None:
        """Note that the document states what a component depends on to be unknown."""
        self._unknown.add(source)

    def build(
        self,
        positions: dict[str, int],
        nested: Iterable[tuple[int, int]],
        *,
        others: frozenset[str],
        components: int,
    ) -> SbomEdges:
        """Return the edges, each once, in order.

        Args:
            positions: Reference -> position of its component.
            nested: (position of a component, position of one inside it).
            others: References of things that are no components: services, the document, what is known to be unknown.
            components: How many there are.
        """
        found, stated = _UniqueEdges(components), bytearray(components)
        for outer, inner in nested:
            found.add(outer, inner, EdgeKind.CONTAINS)
        for rows in self._rows:
            if self._doubted or not found.add_rows(rows, positions, stated):
                self._apart(rows)
        for source, targets, kind, location in self._edges:
            left = positions.get(source)
            for target in targets:
                right = positions.get(target)
                if left is not None and right is not None:
                    found.add(left, right, kind)
                else:
                    missing = [ref for ref, position in ((source, left), (target, right)) if position is None]
                    self._dangling(missing, others, location)
        for source, location in self._stated:
            position = positions.get(source)
            if position is not None:
                stated[position] = source not in self._doubted
            else:
                self._dangling([source], others, location)
        unknown = frozenset(positions[ref] for ref in self._doubted | self._unknown if ref in positions)
        return SbomEdges(found.sources, found.targets, bytes(found.kinds), bytes(stated), unknown)

    def _apart(self, rows: _Rows) -> None:
        """Note rows one by one: not all of them lead from a component to others."""
        for at, (source, targets) in enumerate(zip(rows[0], rows[1], strict=True)):
            self._edges.append((source, targets, rows[2], f"{rows[3]}{at}"))
            self._stated.append((source, f"{rows[3]}{at}"))

    def _dangling(self, refs: Iterable[str], others: frozenset[str], location: str) -> None:
        for ref in refs:
            if ref not in others:
                self._collector.defect(
                    DefectKind.REFERENCE, location, f"refers to {excerpt(ref)!r}, which the document does not have"
                )


_Rows = tuple[Sequence[str], Sequence[Sequence[str]], EdgeKind, str]
"""Sources, the targets of each, and the kind of all; what their locations begin with."""

_KINDS = len(EdgeKind) + 1


class _UniqueEdges:
    """Edges by position, each once: SPDX states what a package contains in two ways, and tools write both."""

    def __init__(self, components: int) -> None:
        self._components = components
        self._seen: set[int] = set()
        self.sources, self.targets, self.kinds = array("I"), array("I"), bytearray()

    def add(self, left: int, right: int, kind: EdgeKind) -> None:
        key = (left * self._components + right) * _KINDS + kind
        if key not in self._seen:
            self._seen.add(key)
            self.sources.append(left)
            self.targets.append(right)
            self.kinds.append(kind)

    def add_rows(self, rows: _Rows, positions: dict[str, int], stated: bytearray) -> bool:
        """Add rows, and mark their sources; nothing, and return False, if a reference is no component."""
        sources, targets, kind, _ = rows
        try:
            lefts = [positions[source] for source in sources]
            rights = [positions[target] for target in chain.from_iterable(targets)]
        except KeyError:
            return False
        repeated = list(chain.from_iterable(map(repeat, lefts, map(len, targets))))
        by = self._components
        keys = [(left * by + right) * _KINDS + kind for left, right in zip(repeated, rights, strict=True)]
        new = set(keys)
        if len(new) == len(keys) and new.isdisjoint(self._seen):
            self._seen |= new
            self.sources.extend(repeated)
            self.targets.extend(rights)
            self.kinds.extend(repeat(kind, len(rights)))
        else:
            for left, right in zip(repeated, rights, strict=True):
                self.add(left, right, kind)
        for left in lefts:
            stated[left] = True
        return True


def kept(properties: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield the properties that a profile or a match needs."""
    for name, value in properties:
        if name.startswith(KEPT_PROPERTIES):
            yield name, value
