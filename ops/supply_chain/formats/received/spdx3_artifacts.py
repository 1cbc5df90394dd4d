"""SPDX 3: the files of a package, its source, and its effective licence, which relationships lead to.

Of a package this is what CycloneDX has in it: external references of the types `distribution` and `source-distribution`, and
the properties of BSI TR-03183-2, https://github.com/BSI-Bund/tr-03183-cyclonedx-property-taxonomy. How SPDX 3 states them is
in table 9 of https://www.bsi.bund.de/SharedDocs/Downloads/EN/BSI/Publications/TechGuidelines/TR03183/BSI-TR-03183-2_v2_1_0.pdf
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from ops.supply_chain.contracts.values.received_sbom import SbomDigest, SbomReference
from ops.supply_chain.formats.received.collect import Table

Relationships = Iterable[tuple[str, Table, list[str], list[str]]]
"""The type of each, its element, the identifiers that it leads from and to."""

_TYPES = {
    "altDownloadLocation": "distribution",
    "altWebPage": "website",
    "binaryArtifact": "distribution",
    "securityOther": "rfc-9116",
    "sourceArtifact": "source-distribution",
    "SourceArtifact": "source-distribution",
}
"""Types of references of SPDX 3 in the words of CycloneDX; the others are the same or of no use here."""

_PURPOSES = "software_additionalPurpose"
_EFFECTIVE = "hasEffectiveLicense"


class Artifact(NamedTuple):
    """What relationships state about a package."""

    file_name: str = ""
    references: tuple[SbomReference, ...] = ()
    properties: tuple[tuple[str, str], ...] = ()


NO_ARTIFACT = Artifact()


def references_of(node: Table) -> tuple[SbomReference, ...]:
    """Return the references of an element: those that are written out in it, and its home page."""
    home = node.get("software_homePage")
    found = [SbomReference("website", home)] if isinstance(home, str) and home else []
    rows = node.get("externalRef")
    for row in rows if isinstance(rows, list) else []:
        if isinstance(row, dict):
            kind = str(row.get("externalRefType", ""))
            found += [SbomReference(_TYPES.get(kind, kind), url) for url in _texts(row.get("locator"))]
    return tuple(found)


def artifacts_of(
    relationships: Relationships,
    elements: dict[str, tuple[str, Table]],
    digests: Callable[[Table, str], tuple[SbomDigest, ...]],
) -> dict[str, Artifact]:
    """Return what relationships state about each package, by its identifier.

    Args:
        relationships: All of the document.
        elements: Identifier -> where the element is, and the element.
        digests: Returns the digests of an element at a place.
    """
    found: dict[str, Artifact] = {}
    for word, node, sources, targets in relationships:
        pairs: Iterable[tuple[str, str]]
        if word == "generates":
            pairs = ((target, source) for source in sources for target in targets)
        elif word == "hasDistributionArtifact" or (word == "other" and node.get("comment") == _EFFECTIVE):
            pairs = ((source, target) for source in sources for target in targets)
        else:
            continue
        for package, other in pairs:
            at, element = elements.get(other, ("", {}))
            known = found.get(package, NO_ARTIFACT)
            if word == "other":
                licence = element.get("simplelicensing_licenseExpression")
                extra = (("bsi:component:effectiveLicense", licence),) if isinstance(licence, str) else ()
                found[package] = known._replace(properties=(*known.properties, *extra))
            elif word == "generates":
                found[package] = known._replace(references=(*known.references, *_source(element, digests(element, at))))
            else:
                found[package] = _with_file(known, element, digests(element, at))
    return found


def _source(element: Table, digests: tuple[SbomDigest, ...]) -> Iterator[SbomReference]:
    if element.get("software_primaryPurpose") != "source":
        return
    urls = [entry.url for entry in references_of(element) if entry.type == "source-distribution"]
    for url in urls or [""]:
        yield SbomReference("source-distribution", url, digests)


def _with_file(known: Artifact, element: Table, digests: tuple[SbomDigest, ...]) -> Artifact:
    urls = [entry.url for entry in references_of(element) if entry.type == "distribution"]
    urls += _texts(element.get("binaryArtifact"))
    name = element.get("name")
    return Artifact(
        known.file_name or (name if isinstance(name, str) else ""),
        (*known.references, *(SbomReference("distribution", url, digests) for url in urls or [""])),
        (*known.properties, *_properties(element)),
    )


def _properties(element: Table) -> Iterator[tuple[str, str]]:
    """Yield the three properties of a file, if its purposes are given to state them."""
    purposes = _texts(element.get(_PURPOSES))
    comment = element.get("comment")
    if not purposes and not (isinstance(comment, str) and "TR-03183" in comment):
        return
    for purpose in ("executable", "archive"):
        yield f"bsi:component:{purpose}", str(purpose in purposes).lower()
    if "container" in purposes or "firmware" in purposes:
        yield "bsi:component:structured", str("container" in purposes).lower()


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [text for text in values if isinstance(text, str) and text]
