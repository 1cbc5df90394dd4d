"""SPDX 2.2 and 2.3 JSON, read into the one shape that rules see.

NOASSERTION is the format's own word for "unknown". What has no such value is stated in the comment, as a
sentence `Unknown: Component Hash Value; Dependency Relationship.`, in the words of the CISA 2026 list.

Source: SPDX 2.3; facts/standards.md sections 2 and 3.
"""

from __future__ import annotations

import re
from typing import Any

from ops.supply_chain.assurance.policy.cyclonedx import is_moment
from ops.supply_chain.assurance.policy.parts import (
    AUTHOR,
    DEPENDENCIES,
    IDENTIFIERS,
    LICENCE,
    PRODUCER,
    VERSION,
    Origin,
    Part,
    Parts,
    State,
    presence,
    state_of,
)
from ops.supply_chain.assurance.policy.reading import Reading

DOCUMENT_ID = "SPDXRef-DOCUMENT"
NOT_ASSERTED = "NOASSERTION"
SAYS_NOTHING = frozenset({"", "NOASSERTION", "NONE"})
OWN_FILES = "The package comes from the project's own files: yes."
PHASE = re.compile(r"Generation context: \S")

_UNKNOWN = re.compile(r"(?:^|[.] )Unknown: (?P<elements>[A-Za-z; ]+)[.]")
_HEX = re.compile(r"[0-9A-Fa-f]{16,}")
_COMMIT = re.compile(r"(?:git|hg)\+[^\s#]+@(?:[0-9a-f]{64}|[0-9a-f]{40})(?:#\S*)?")
_IDENTIFYING = frozenset({"purl", "cpe22Type", "cpe23Type", "swh", "gitoid"})
_SHA = re.compile(r"sha(?=[0-9])(?!3-)")
_TOOL = re.compile(r"Tool: ?\S.*-\S")

Edges = dict[str, list[str]]


def read_spdx2(document: dict[str, Any]) -> Parts:
    """Read an SPDX 2.2 or 2.3 document.

    Args:
        document: The parsed JSON object; anything may be in it.
    """
    reading = Reading()
    needs, described = _relationships(document, reading)
    packages = [
        _part(node, f"$.packages[{position}]", needs, reading)
        for position, node in enumerate(reading.tables(document, "packages", "$"))
    ]
    root = next((part for part in packages if part.ref in described), None)
    components = tuple(part for part in packages if part is not root)
    return Parts(
        format="SPDX",
        format_version=reading.text(document, "spdxVersion", "$").removeprefix("SPDX-"),
        root=root,
        components=components,
        edges=tuple((need, other) for need, others in needs.items() for other in others if other not in SAYS_NOTHING),
        targets=frozenset({part.ref for part in packages} | _others(document, reading)),
        document=_document(document, packages, reading),
        explicitly_empty=not components and root is not None and needs.get(root.ref) == ["NONE"],
        faults=reading.faults(),
    )


def _relationships(document: dict[str, Any], reading: Reading) -> tuple[Edges, set[str]]:
    needs: Edges = {}
    described = set(reading.texts(document, "documentDescribes", "$"))
    for position, node in enumerate(reading.tables(document, "relationships", "$")):
        place = f"$.relationships[{position}]"
        element, other = (reading.text(node, field, place) for field in ("spdxElementId", "relatedSpdxElement"))
        kind = reading.text(node, "relationshipType", place).upper()
        if kind == "DEPENDS_ON":
            needs.setdefault(element, []).append(other)
        elif kind == "DEPENDENCY_OF":
            needs.setdefault(other, []).append(element)
        elif kind == "DESCRIBES" and element == DOCUMENT_ID:
            described.add(other)
        elif kind == "DESCRIBED_BY" and other == DOCUMENT_ID:
            described.add(element)
    return needs, described


def _others(document: dict[str, Any], reading: Reading) -> set[str]:
    found = {DOCUMENT_ID}
    for kind in ("files", "snippets"):
        found |= {reading.text(node, "SPDXID", f"$.{kind}") for node in reading.tables(document, kind, "$")}
    return found - {""}


def _part(node: dict[str, Any], place: str, needs: Edges, reading: Reading) -> Part:
    ref, name = reading.text(node, "SPDXID", place), reading.text(node, "name", place)
    version, originator = reading.text(node, "versionInfo", place), reading.text(node, "originator", place)
    comment = reading.text(node, "comment", place)
    licence = _licence(node, place, reading)
    algorithms = _algorithms(node, place, reading)
    purl, identified = _identifiers(node, place, reading)
    given = {
        PRODUCER: originator,
        VERSION: version,
        LICENCE: reading.text(node, "licenseDeclared", place) if licence in SAYS_NOTHING else "",
        DEPENDENCIES: NOT_ASSERTED if NOT_ASSERTED in needs.get(ref, ()) else "",
    }
    stated = stated_unknown(comment) | {element for element, value in given.items() if value == NOT_ASSERTED}
    return Part(
        ref=ref,
        name=name,
        version="" if version in SAYS_NOTHING else version,
        purl=purl,
        origin=_origin(node, place, comment, reading),
        algorithms=algorithms,
        expressions=() if licence in SAYS_NOTHING else (licence,),
        licence_names=(),
        producer="" if originator in SAYS_NOTHING else originator,
        present=presence(
            component_producer=originator.strip() not in SAYS_NOTHING,
            component_name=name.strip(),
            component_version=version.strip() not in SAYS_NOTHING,
            component_identifiers=identified,
            component_hash=algorithms,
            component_licence=licence not in SAYS_NOTHING,
            dependency_relationships=ref in needs,
        ),
        unknown=frozenset(stated),
    )


def stated_unknown(comment: str) -> frozenset[str]:
    """Return the elements that a comment states as unknown."""
    return frozenset(
        element.strip() for match in _UNKNOWN.finditer(comment) for element in match["elements"].split(";")
    )


def _licence(node: dict[str, Any], place: str, reading: Reading) -> str:
    concluded = reading.text(node, "licenseConcluded", place).strip()
    return reading.text(node, "licenseDeclared", place).strip() if concluded in SAYS_NOTHING else concluded


def _algorithms(node: dict[str, Any], place: str, reading: Reading) -> tuple[str, ...]:
    found = set()
    for position, digest in enumerate(reading.tables(node, "checksums", place)):
        where = f"{place}.checksums[{position}]"
        if _HEX.fullmatch(reading.text(digest, "checksumValue", where)):
            # IANA writes `sha-256` where SPDX 2 writes `SHA256`; `SHA3-256` is the same in both.
            found.add(_SHA.sub("sha-", reading.text(digest, "algorithm", where).lower()))
    return tuple(sorted(found - {""}))


def _identifiers(node: dict[str, Any], place: str, reading: Reading) -> tuple[str, bool]:
    found = [
        (reading.text(table, "referenceType", f"{place}.externalRefs"), reading.text(table, "referenceLocator", place))
        for table in reading.tables(node, "externalRefs", place)
    ]
    purl = next((locator for kind, locator in found if kind == "purl"), "")
    return purl, any(kind in _IDENTIFYING and locator.strip() for kind, locator in found)


def _origin(node: dict[str, Any], place: str, comment: str, reading: Reading) -> Origin:
    if OWN_FILES in comment and IDENTIFIERS in stated_unknown(comment):
        return Origin.LOCAL
    fixed = _COMMIT.fullmatch(reading.text(node, "downloadLocation", place))
    return Origin.COMMIT if fixed else Origin.FILES


def _document(document: dict[str, Any], packages: list[Part], reading: Reading) -> dict[str, State]:
    creation = reading.table(document, "creationInfo", "$")
    creators = reading.texts(creation, "creators", "$.creationInfo")
    comment = reading.text(creation, "comment", "$.creationInfo")
    tools = [creator for creator in creators if creator.startswith("Tool:")]
    author = any(creator.startswith(("Organization:", "Person:")) for creator in creators)
    return {
        "sbom_author": state_of(author, stated=AUTHOR in stated_unknown(comment)),
        "data_format": state_of(reading.text(document, "spdxVersion", "$").strip()),
        "generation_context": state_of(PHASE.search(comment)),
        "timestamp": state_of(is_moment(reading.text(creation, "created", "$.creationInfo"))),
        "tool": state_of(tools and all(map(_TOOL.match, tools))),
        "sbom_version": state_of(reading.text(document, "documentNamespace", "$").strip()),
        "coverage": _coverage(packages),
    }


def _coverage(packages: list[Part]) -> State:
    states = {part.state(DEPENDENCIES) for part in packages}
    if not states or State.MISSING in states:
        return State.MISSING
    return State.PRESENT if State.PRESENT in states else State.UNKNOWN
