"""What the two SPDX writers share: algorithm names, licence expressions, and unknowns put into words.

Metadata often names several licences and not their relation. SPDX has no form for that, so they are
joined by AND, the stricter reading, and a comment says that the relation is not stated. A free name
becomes a `LicenseRef-` of its own, made from the name, so that it is the same in every document.

Source: SPDX 2.3 annex D (expressions); SPDX 3.0.1 SimpleLicensing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import quote

import msgspec

from ops.supply_chain.contracts.values.lock import InstallScope, PinSourceKind
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.text import plural, printable
from ops.supply_chain.inventory.model.contents import DescribedDistribution
from ops.supply_chain.inventory.model.document import (
    Component,
    Document,
    Element,
    Licence,
    LockRef,
    Package,
    TimestampSource,
)
from ops.supply_chain.inventory.model.suppliers import Delivery

NOT_STATED = "Licence text not told: the package's metadata names this licence and gives no text."

_NOT_IDENTIFIER = re.compile(r"[^A-Za-z0-9.]+")
_LICENCE_REF = re.compile(r"LicenseRef-[A-Za-z0-9.-]+")
_NAME_DIGITS = 8


class Declared(msgspec.Struct, frozen=True, kw_only=True):
    """A licence as SPDX writes it: an expression, the names behind its references, and what to add.

    `expression` is `NOASSERTION` where nothing is declared. `references` are (LicenseRef, name) pairs,
    sorted. `comment` is empty where the expression says it all.
    """

    expression: str
    references: tuple[tuple[str, str], ...] = ()
    comment: str = ""


def declared(licence: Licence) -> Declared:
    """Write what a package declares about its licence as an SPDX expression."""
    if licence.expression:
        named = tuple((name, name) for name in sorted(set(_LICENCE_REF.findall(licence.expression))))
        return Declared(expression=licence.expression, references=named)
    references = {_reference(name): name for name in licence.names}
    parts = [*licence.ids, *references]
    if not parts:
        return Declared(expression="NOASSERTION")
    comment = f"Read from the metadata field {licence.source}." if licence.source else ""
    if len(parts) > 1:
        comment = (
            f"{comment} The metadata names {len(parts)} licences and not their relation; AND is the stricter reading."
        )
    return Declared(
        expression=" AND ".join(parts), references=tuple(sorted(references.items())), comment=comment.strip()
    )


def _reference(name: str) -> str:
    slug = _NOT_IDENTIFIER.sub("-", name).strip("-.")[:40] or "unnamed"
    return f"LicenseRef-{slug}-{sha256_bytes(name.encode('utf-8', 'replace'))[:_NAME_DIGITS]}"


@lru_cache(maxsize=262144)
def slug_of(ref: str) -> str:
    """Return a text of letters, digits, `.` and `-` that is unique for a reference."""
    readable = _NOT_IDENTIFIER.sub("-", ref.removeprefix("pkg:pypi/").removeprefix("pkg:")).strip("-.")[:80]
    return f"{readable}-{sha256_bytes(ref.encode('utf-8', 'replace'))[:12]}"


def actor(name: str) -> str:
    """Return a name as it may follow `Organization: `; round brackets there would start an e-mail address."""
    return printable(name).replace("(", "[").replace(")", "]").strip()


def package_statement(package: Package, *, is_root: bool) -> str:
    """Put into words what is unknown of a package and what SPDX has no field for, one sentence each."""
    # The root is what is being released: its files do not exist yet, so it has no digest to know.
    unknown = [entry for entry in package.unknown if not (is_root and entry is Element.HASH)]
    named = [f"{digest} {file.name}" for file in package.files if file.name for digest in file.hashes]
    sentences = [
        _unknown(unknown),
        _sentence("The package comes from the project's own files", ("yes",) if package.local else ()),
        _sentence("Environment markers", package.markers),
        _sentence("Extras", package.extras),
        _sentence("Files by hash", named),
        _each_hash(package),
    ]
    return " ".join(filter(None, sentences))


def _each_hash(package: Package) -> str:
    if len(package.hashes) < 2:  # noqa: PLR2004 - one hash needs no explanation
        return ""
    inside = any("/" in file.name for file in package.files)
    return "Each hash is of one file." if inside else "Each hash is of one distribution file."


def contained_in(document: Document, component: Component) -> tuple[str, ...]:
    """Return the refs of what a component contains, sorted: what is in its wheel, or in the distribution described."""
    if component is document.root and document.distribution is not None:
        return tuple(sorted(entry.package.ref for entry in document.components if entry.part))
    return component.parts


def contents_statement(component: Component) -> str:
    """Put into words how a component came into a distribution, and what its name and version rest on."""
    part = (component.part.value,) if component.part else ()
    evidence = [
        f"{entry.field} {entry.value} by {entry.kind.value} in {entry.path}, {entry.text}, confidence {entry.confidence}"
        for entry in component.evidence
    ]
    labels = dict.fromkeys(label for label, _ in component.notes)
    sentences = [
        _sentence("Part", part),
        _sentence("Contents of its wheel", (component.coverage.value,) if component.coverage else ()),
        _sentence("Evidence", evidence),
        *(
            _sentence(label.replace("-", " ").capitalize(), [text for name, text in component.notes if name == label])
            for label in labels
        ),
    ]
    return " ".join(filter(None, sentences))


@lru_cache(maxsize=4096)
def place_statement(
    *,
    direct: bool | None,
    groups: tuple[str, ...],
    complete: bool,
    is_root: bool,
    scope: InstallScope | None = None,
    delivery: Delivery | None = None,
) -> str:
    """Put into words a component's place in the dependency graph, whether it is part of the product, and how it is delivered."""
    wanted = {
        True: "Required by the project itself.",
        False: "Required by other packages only.",
        None: "Whether the project requires it itself is unknown.",
    }
    sentences = [
        "" if is_root else wanted[direct],
        _sentence("Dependency groups", groups),
        _sentence("Scope", (scope.value,) if scope else ()),
        _sentence("Delivery", (delivery.value,) if delivery else ()),
        "" if complete else _unknown((Element.DEPENDENCIES,)),
    ]
    return " ".join(filter(None, sentences))


def source_statement(component: Component) -> str:
    """Say which lines of which locks name a component; empty where none does."""
    places = "; ".join(
        (f"{occurrence.path}:{occurrence.line}" if occurrence.line else occurrence.path)
        if occurrence.path == occurrence.lock
        else f"{occurrence.path}:{occurrence.line} (lock {occurrence.lock})"
        for occurrence in component.occurrences
    )
    return f"Named at {printable(places)}." if places else ""


def document_statement(document: Document) -> str:
    """Say of which locks a document is made, whether it is complete, and what of it is unknown."""
    locks = [_lock(lock) for lock in document.locks]
    if document.distribution is not None:
        return _distribution_statement(document.distribution, locks)
    sentences = [
        _sentence("Locks", locks) if locks else "The project has no locks.",
        "Every entry of every lock is a component."
        if document.complete
        else "Not every entry of every lock is a component: the document is incomplete.",
        "" if document.enriched else "Package metadata was not asked for.",
        _unopened(document),
    ]
    return " ".join(filter(None, sentences))


def _unopened(document: Document) -> str:
    count, total = document.unopened
    if not count:
        return ""
    return f"What is in the wheels of {count} of {plural(total, 'package')} is unknown. They were not opened."


def _distribution_statement(distribution: DescribedDistribution, locks: list[str]) -> str:
    sentences = [
        _sentence("Distribution", (distribution.file_name,)),
        _sentence("Tags", (distribution.tags,) if distribution.tags else ()),
        _sentence("Locks", locks),
        _sentence("The components are incomplete", distribution.incomplete),
    ]
    return " ".join(filter(None, sentences))


def creation_statement(document: Document) -> str:
    """Say in which phase a document was made, where its moment comes from, and whether its author is known."""
    moments = {
        TimestampSource.SOURCE_DATE_EPOCH: "The moment is SOURCE_DATE_EPOCH.",
        TimestampSource.COMMIT: "The moment is that of the source commit.",
        TimestampSource.COMPILED_AT: "The moment is the newest at which a lock was compiled.",
        TimestampSource.NONE: "The moment is unknown; the one given stands for that.",
    }
    return " ".join(
        filter(
            None,
            (
                f"Generation context: {document.lifecycle}.",
                moments[document.timestamp_source],
                _unknown(document.unknown),
            ),
        )
    )


def download_location(package: Package) -> str:
    """Return where a package's bytes come from, as SPDX writes it; empty where that is unknown or not public."""
    source = package.source
    if source.kind is PinSourceKind.VCS and source.url:
        revision = f"@{source.commit}" if source.commit else ""
        folder = f"#{quote(source.subdirectory)}" if source.subdirectory else ""
        return f"{source.vcs or 'git'}+{source.url}{revision}{folder}"
    if source.kind is PinSourceKind.URL:
        return source.url
    files = [file.url for file in package.files if file.url]
    return files[0] if len(package.files) == 1 and files else ""


def _lock(lock: LockRef) -> str:
    compiled = f", compiled at {lock.compiled_at}" if lock.compiled_at else ""
    return printable(f"{lock.path} ({lock.kind.value}, sha256:{lock.sha256}, {lock.entries} entries{compiled})")


def _unknown(elements: Iterable[Element]) -> str:
    return _sentence("Unknown", [element.value for element in elements])


def _sentence(label: str, values: Iterable[str]) -> str:
    # Readers look for our sentences in comments: no value may hold what begins or ends one.
    joined = "; ".join(printable(value).replace(": ", ":").replace(". ", ".") for value in values)
    return f"{label}: {joined}." if joined else ""
