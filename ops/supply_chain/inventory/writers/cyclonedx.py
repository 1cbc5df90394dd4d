"""CycloneDX 1.6 and 1.7 JSON from a document of the model, in canonical form.

What depends on a package alone (hashes, licence, addresses) is encoded once for all documents that a
`CycloneDxWriter` writes; what depends on its place in one lock is inserted.

- `components[].hashes` are those of all files of the lock; `externalReferences` of type `distribution`
  state which file has which, where the lock lists files.
- `components[].scope` is about the product: required, optional or excluded, where the document states it.
- `evidence.occurrences` name file and line; `evidence.identity` says that a manifest was read, or what else it rests on.
- Of a distribution, its files are components of type `file`; `formulation` has what built it.
- A component without an entry in `dependencies` has unknown dependencies; an entry without `dependsOn`
  has none. `compositions` repeat that in words.
- `serialNumber` is a UUIDv5 of the document's own SHA-256 without it, so equal content has the same number.

Source: CycloneDX 1.6 and 1.7 JSON schemas (ECMA-424), https://cyclonedx.org/specification/overview/.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from ops.supply_chain.inventory.model.document import (
    FROM_LOCKS,
    GENERATOR,
    Component,
    Document,
    LockRef,
    Occurrence,
    Package,
)
from ops.supply_chain.inventory.model.suppliers import delivery_of, supplier_in
from ops.supply_chain.inventory.writers.cyclonedx_contents import (
    as_delivered,
    distribution_properties,
    file_component,
    formulation_of,
    identity_of,
)
from ops.supply_chain.inventory.writers.cyclonedx_package import Json, package_fields, party_of, properties_of
from ops.supply_chain.inventory.writers.fragments import array, array_of_parts, between, fragment, members, newline

SERIAL_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:sealwright:sbom")
"""Of the UUIDv5 serial numbers; the name in it is `sha256:<hex>` of the document without its serial."""


_BETWEEN = between(1)
"""Between two components."""


class Version(StrEnum):
    """A version of CycloneDX that is written."""

    V1_6 = "1.6"
    V1_7 = "1.7"


class Rendered(NamedTuple):
    """One document's bytes in chunks, in order, with their digest and size.

    `sections` are all but the components, and `fresh` the components that hold a piece which the writer
    had not written before: together they are what has to be checked.
    """

    chunks: list[bytes]
    sha256: str
    size: int
    sections: list[bytes]
    fresh: list[bytes]


class _Delivered(NamedTuple):
    """Who supplies a component of a document, and how it is delivered."""

    supplier: str
    delivery: str


class _Pieces(NamedTuple):
    """A component split at its place in a lock: the part before the first line number, and the part after."""

    package: Package
    head: bytes
    tail: bytes


class CycloneDxWriter:
    """Writes documents of one version; keeps what they share.

    Args:
        version: Of CycloneDX.
    """

    def __init__(self, version: Version = Version.V1_6) -> None:
        self.version = version
        self._pieces: dict[tuple[int, int], _Pieces] = {}
        self._shapes: dict[tuple[Any, ...], int] = {}
        self._entries: dict[tuple[str, tuple[str, ...]], bytes] = {}
        self._fresh: list[bytes] = []

    def render(self, document: Document) -> Rendered:
        """Return the canonical bytes of a document."""
        self._fresh = []
        components = self._components(document)
        sections = self._sections(document)
        before = [*_object_start({"components": components, **sections}), b","]
        after = [
            b'",' + newline(1) + b'"specVersion": ' + fragment(self.version.value, 1),
            b"," + newline(1) + b'"version": 1\n}\n',
        ]
        digest = hashlib.sha256()
        for chunk in before:
            digest.update(chunk)
        serial = _serial(digest.copy(), b"".join(after)[2:])
        middle = newline(1) + b'"serialNumber": "' + serial
        chunks = [*before, middle, *after]
        for chunk in (middle, *after):
            digest.update(chunk)
        rest = [*_object_start(sections), b",", middle, *after]
        return Rendered(chunks, digest.hexdigest(), sum(map(len, chunks)), rest, self._fresh)

    def _sections(self, document: Document) -> dict[str, list[bytes]]:
        built = {"formulation": [fragment(formulation_of(document.tools), 1)]} if document.tools else {}
        return {
            **built,
            "$schema": [fragment(f"http://cyclonedx.org/schema/bom-{self.version}.schema.json", 1)],
            "bomFormat": [b'"CycloneDX"'],
            "compositions": [fragment(compositions_of(document), 1)],
            "dependencies": array(list(self._dependencies(document)), 1),
            "metadata": [fragment(metadata_of(document), 1)],
        }

    def _components(self, document: Document) -> list[bytes]:
        around = _AroundLines()
        found: list[bytes] = []
        number_of, known = _Shapes(document, self._shapes).number_of, self._pieces
        for component in document.components:
            key = (id(component.package), number_of(component))
            pieces = known.get(key)
            is_fresh = pieces is None
            if pieces is None:
                place = _Delivered(supplier_in(document, component.package), delivery_of(document, component) or "")
                pieces = known[key] = _cut(component, place)
            occurrences = component.occurrences
            if len(occurrences) == 1 and occurrences[0].line:
                before, after = around.of(occurrences[0])
                item: tuple[bytes, ...] = (pieces.head, before, b"%d" % occurrences[0].line, after, pieces.tail)
            else:
                item = (pieces.head, _many_occurrences(occurrences), pieces.tail)
            if is_fresh:
                item = (b"".join(item),)
                self._fresh += item
            found.append(_BETWEEN)
            found += item
        if document.distribution is not None:
            files = [fragment(file_component(file), 2) for file in document.distribution.files]
            self._fresh += files
            for file in files:
                found += (_BETWEEN, file)
        return array_of_parts(found, 1)

    def _dependencies(self, document: Document) -> Iterator[bytes]:
        described = (document.root, *document.components)
        for component in sorted(described, key=lambda component: component.package.ref):
            if component.depends_on is None:
                continue
            key = (component.package.ref, component.depends_on)
            entry = self._entries.get(key)
            if entry is None:
                depends = {"dependsOn": list(component.depends_on)} if component.depends_on else {}
                entry = self._entries[key] = fragment({"ref": component.package.ref, **depends}, 2)
            yield entry


class _Shapes:
    """Numbers for what decides, besides the package, how a component of a document is written; equal things have one number.

    Args:
        document: Whose components are asked for.
        numbers: Those that a writer gave so far.
    """

    def __init__(self, document: Document, numbers: dict[tuple[Any, ...], int]) -> None:
        self._numbers = numbers
        self._root = document.root.package
        self._whole = (self._root.producer, document.distribution is not None)
        self._last: Component | None = None
        self._number = 0

    def number_of(self, component: Component) -> int:
        """Return the number of a component; most are like the one before."""
        last = self._last
        if (
            last is None
            or component.direct is not last.direct
            or component.groups is not last.groups
            or component.depends_complete is not last.depends_complete
            or component.kinds is not last.kinds
            or component.scope is not last.scope
            or component.part is not last.part
            or component.evidence is not last.evidence
            or component.notes is not last.notes
            or component.package is self._root
            or last.package is self._root
        ):
            self._number = self._numbered(component)
        self._last = component
        return self._number

    def _numbered(self, component: Component) -> int:
        shape = (
            component.direct,
            component.groups,
            component.depends_complete,
            component.kinds,
            component.scope,
            component.part,
            component.evidence,
            component.notes,
            component.package is self._root,
            self._whole,
        )
        return self._numbers.setdefault(shape, len(self._numbers))


class _AroundLines:
    """What is before and after the line number of a single occurrence, by lock and file; most are in the file of the one before."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], tuple[bytes, bytes]] = {}
        self._last: Occurrence | None = None
        self._found = (b"", b"")

    def of(self, occurrence: Occurrence) -> tuple[bytes, bytes]:
        """Return the text before and after the line number."""
        last = self._last
        if last is None or occurrence.lock is not last.lock or occurrence.path is not last.path:
            key = (occurrence.lock, occurrence.path)
            self._found = self._known.get(key) or self._known.setdefault(key, _around_line(occurrence))
            self._last = occurrence
        return self._found


def _object_start(sections: dict[str, list[bytes]]) -> list[bytes]:
    """Return an object's chunks up to where it would close, keys sorted."""
    return members(sorted(sections.items()), 0)[:-2]


def render(document: Document, version: Version = Version.V1_6) -> bytes:
    """Return one document's canonical bytes."""
    return b"".join(CycloneDxWriter(version).render(document).chunks)


def compositions_of(document: Document) -> list[Json]:
    """Return which parts are known to be complete, and which are not."""
    sorts: dict[str, dict[str, list[str]]] = {"complete": {}, "incomplete": {}, "unknown": {}}
    root = document.root.package.ref
    sorts["complete" if document.complete else "incomplete"]["assemblies"] = [root]
    for component in sorted((document.root, *document.components), key=lambda component: component.package.ref):
        sorts[_extent(component)].setdefault("dependencies", []).append(component.package.ref)
        if component.coverage is not None:
            sorts[component.coverage.value].setdefault("assemblies", []).append(component.package.ref)
    return [{"aggregate": sort, **parts} for sort, parts in sorts.items() if parts]


def _extent(component: Component) -> str:
    if component.depends_complete:
        return "complete"
    return "incomplete" if component.depends_on else "unknown"


def metadata_of(document: Document) -> Json:
    """Return the document's head: what is described, by whom, when, from which locks."""
    root = document.root
    described = {
        **package_fields(root.package),
        "bom-ref": root.package.ref,
        "properties": properties_of(root, in_lock=False),
        "type": "application" if document.distribution is None else "library",
    }
    tool = {"name": GENERATOR, "type": "application", "version": document.generator_version}
    head: Json = {
        "component": {key: value for key, value in as_delivered(described, document.distribution).items() if value},
        "lifecycles": [{"phase": document.lifecycle}],
        "properties": _document_properties(document),
        "timestamp": document.timestamp,
        "tools": {"components": [tool]},
    }
    return {**head, "manufacturer": party_of(document.author, document.author_contact)} if document.author else head


def _document_properties(document: Document) -> list[Json]:
    pairs = [
        ("sealwright:enriched", "true" if document.enriched else "false"),
        ("sealwright:timestamp-source", document.timestamp_source.value),
        *(("sealwright:lock", _described(lock)) for lock in document.locks),
        *(("sealwright:unknown", element.value) for element in document.unknown),
        *distribution_properties(document.distribution),
    ]
    count, total = document.unopened
    if count:
        pairs.append(("sealwright:wheels-not-opened", f"{count} of {total}"))
    if not document.locks and document.lifecycle == FROM_LOCKS:
        pairs.append(("sealwright:locks", "none"))
    return [{"name": name, "value": value} for name, value in sorted(pairs)]


def _described(lock: LockRef) -> str:
    return f"{lock.path} sha256:{lock.sha256}"


def _cut(component: Component, place: _Delivered) -> _Pieces:
    package = component.package
    before = {"bom-ref": package.ref, "cpe": package.cpe, "description": package.summary}
    after = {
        **package_fields(package, place.supplier),
        "properties": properties_of(component, delivery=place.delivery),
        "type": "library",
    }
    after["scope"] = component.scope.value if component.scope else ""
    for name in before:
        after.pop(name, None)
    head = fragment({key: value for key, value in before.items() if value}, 2)
    tail = fragment({key: value for key, value in after.items() if value}, 2)
    identity = fragment(identity_of(component.evidence) or [_identity(component)], 4)
    # Each part loses the brace that closes or opens it; keys of `before` < "evidence" < keys of `after`.
    return _Pieces(
        package=package,
        head=b"".join(
            (head[: -len(newline(2)) - 1], b",", newline(3), b'"evidence": {', newline(4), b'"identity": ', identity)
        ),
        tail=newline(3) + b"}," + tail[1:],
    )


def _identity(component: Component) -> Json:
    package = component.package
    value = ", ".join(kind.value for kind in component.kinds)
    return {
        "concludedValue": package.purl or package.name,
        "confidence": 1,
        "field": "purl" if package.purl else "name",
        "methods": [{"confidence": 1, "technique": "manifest-analysis", "value": value}],
    }


def _around_line(occurrence: Occurrence) -> tuple[bytes, bytes]:
    """Return the text before and after the line number of a single occurrence."""
    context = (
        b""
        if occurrence.path == occurrence.lock
        else b'"additionalContext": ' + fragment(_included(occurrence), 6) + b"," + newline(6)
    )
    before = (b",", newline(4), b'"occurrences": [', newline(5), b"{", newline(6), context, b'"line": ')
    after = (b",", newline(6), b'"location": ', fragment(occurrence.path, 6), newline(5), b"}", newline(4), b"]")
    return b"".join(before), b"".join(after)


def _included(occurrence: Occurrence) -> str:
    """Name the lock where another file than the lock itself holds the line."""
    return f"included by {occurrence.lock}"


def _many_occurrences(occurrences: Sequence[Occurrence]) -> bytes:
    found = [
        ({"line": occurrence.line} if occurrence.line else {})
        | {"location": occurrence.path}
        | ({"additionalContext": _included(occurrence)} if occurrence.path != occurrence.lock else {})
        for occurrence in occurrences
    ]
    return b"," + newline(4) + b'"occurrences": ' + fragment(found, 4) if found else b""


def _serial(digest: Any, rest: bytes) -> bytes:
    """Finish the digest of the document as it is without a serial number, and name the document by it."""
    digest.update(rest)
    return f"urn:uuid:{uuid.uuid5(SERIAL_NAMESPACE, 'sha256:' + digest.hexdigest())}".encode()
