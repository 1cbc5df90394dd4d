"""SPDX 2 in the one shape that rules see.

NOASSERTION is the format's own word for "unknown". What has no such value is stated in the comment, as a sentence
`Unknown: Component Hash Value; Dependency Relationship.`, in the words of the CISA 2026 list; what is for development only in a sentence `Scope: excluded.`.
"""

from __future__ import annotations

import re

from ops.supply_chain.assurance.policy.cyclonedx import is_timestamp
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
from ops.supply_chain.formats.spdx2 import DOCUMENT_ID, NONE, NOT_ASSERTED, Spdx2, SpdxPackage

SAYS_NOTHING = frozenset({"", NOT_ASSERTED, NONE})
UNLICENSED = frozenset({"", NOT_ASSERTED})
"""Words without a statement about a licence. `NONE` states that there is none, so nothing allows the use: it is judged like a licence."""

OWN_FILES = "The package comes from the project's own files: yes."
PHASE = re.compile(r"Generation context: \S")

_UNKNOWN = re.compile(r"(?:^|[.] )Unknown: (?P<elements>[A-Za-z; ]+)[.]")
_EXCLUDED = re.compile(r"(?:^|[.] )Scope: excluded[.]")
_HEX = re.compile(r"[0-9A-Fa-f]{16,}")
_PART = re.compile(r"(?:\A|\. )Part: (?:bundled|vendored|declared)\.")
_COMMIT = re.compile(r"(?:git|hg)\+[^\s#]+@(?:[0-9a-f]{64}|[0-9a-f]{40})(?:#\S*)?")
_IDENTIFYING = frozenset({"purl", "cpe22Type", "cpe23Type", "swh", "gitoid"})
_SHA = re.compile(r"sha(?=[0-9])(?!3-)")
_TOOL = re.compile(r"Tool: ?\S.*-\S")


def spdx2_parts(document: Spdx2) -> Parts:
    """Return what rules see of an SPDX 2 document."""
    needs = document.dependencies
    packages = [_part(package, needs) for package in document.packages]
    root = next((part for part in packages if part.ref in document.described), None)
    components = tuple(part for part in packages if part is not root)
    return Parts(
        format="SPDX",
        format_version=document.version,
        root=root,
        components=components,
        edges=tuple(
            (source, target) for source, targets in needs.items() for target in targets if target not in SAYS_NOTHING
        ),
        targets=frozenset({part.ref for part in packages} | document.other_ids | {DOCUMENT_ID}),
        document=_document(document, packages),
        explicitly_empty=not components and root is not None and needs.get(root.ref) == (NONE,),
        faults=document.faults,
    )


def _part(package: SpdxPackage, needs: dict[str, tuple[str, ...]]) -> Part:
    version, originator = package.version, package.originator
    licence = _licence(package)
    licensed = licence not in UNLICENSED
    algorithms = _algorithms(package)
    given = {
        PRODUCER: originator,
        VERSION: version,
        LICENCE: "" if licensed else package.declared,
        DEPENDENCIES: NOT_ASSERTED if NOT_ASSERTED in needs.get(package.id, ()) else "",
    }
    stated = stated_unknown(package.comment) | {element for element, value in given.items() if value == NOT_ASSERTED}
    return Part(
        ref=package.id,
        name=package.name,
        version="" if version in SAYS_NOTHING else version,
        purl=package.purl,
        origin=_origin(package),
        algorithms=algorithms,
        expressions=(licence,) if licensed else (),
        licence_names=(),
        producer="" if originator in SAYS_NOTHING else originator,
        present=presence(
            component_producer=originator.strip() not in SAYS_NOTHING,
            component_name=package.name.strip(),
            component_version=version.strip() not in SAYS_NOTHING,
            component_identifiers=any(
                reference.type in _IDENTIFYING and reference.locator.strip() for reference in package.references
            ),
            component_hash=algorithms,
            component_licence=licensed,
            dependency_relationships=package.id in needs,
        ),
        unknown=frozenset(stated),
        excluded=_EXCLUDED.search(package.comment) is not None,
    )


def stated_unknown(comment: str) -> frozenset[str]:
    """Return the elements that a comment states as unknown."""
    return frozenset(
        element.strip() for match in _UNKNOWN.finditer(comment) for element in match["elements"].split(";")
    )


def _licence(package: SpdxPackage) -> str:
    concluded = package.concluded.strip()
    return package.declared.strip() if concluded in UNLICENSED else concluded


def _algorithms(package: SpdxPackage) -> tuple[str, ...]:
    # IANA writes `sha-256` where SPDX 2 writes `SHA256`; `SHA3-256` is the same in both.
    found = {
        _SHA.sub("sha-", checksum.algorithm.lower()) for checksum in package.checksums if _HEX.fullmatch(checksum.value)
    }
    return tuple(sorted(found - {""}))


def _origin(package: SpdxPackage) -> Origin:
    if _PART.search(package.comment):
        return Origin.BUNDLED
    if OWN_FILES in package.comment and IDENTIFIERS in stated_unknown(package.comment):
        return Origin.LOCAL
    return Origin.COMMIT if _COMMIT.fullmatch(package.download_location) else Origin.FILES


def _document(document: Spdx2, packages: list[Part]) -> dict[str, State]:
    tools = [creator for creator in document.creators if creator.startswith("Tool:")]
    author = any(creator.startswith(("Organization:", "Person:")) for creator in document.creators)
    return {
        "sbom_author": state_of(author, stated=AUTHOR in stated_unknown(document.comment)),
        "data_format": state_of(document.version),
        "generation_context": state_of(PHASE.search(document.comment)),
        "timestamp": state_of(is_timestamp(document.created)),
        "tool": state_of(tools and all(map(_TOOL.match, tools))),
        "sbom_version": state_of(document.namespace.strip()),
        "coverage": _coverage(packages),
    }


def _coverage(packages: list[Part]) -> State:
    states = {part.state(DEPENDENCIES) for part in packages}
    if not states or State.MISSING in states:
        return State.MISSING
    return State.PRESENT if State.PRESENT in states else State.UNKNOWN
