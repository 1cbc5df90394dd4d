"""CycloneDX in the one shape that rules see.

Elements that are not known are stated by properties `sealwright:unknown` and `sealwright:withheld`, of the component or of
the document; `sealwright:local` marks the project's own packages, `sealwright:part` what is inside a wheel.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import unquote

from ops.supply_chain.assurance.policy.parts import AUTHOR, Origin, Part, Parts, State, presence, state_of
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.moments import parse_timestamp
from ops.supply_chain.formats.cyclonedx import BomComponent, CycloneDx
from ops.supply_chain.formats.shape import Fault

UNKNOWN_PROPERTIES = ("sealwright:unknown", "sealwright:withheld")
LOCAL_PROPERTY = "sealwright:local"
PART_PROPERTY = "sealwright:part"
EXCLUDED = "excluded"
"""The scope of what is for development only; everything else counts as part of the product."""

_STATED_COVERAGE = frozenset({"complete", "incomplete", "unknown"})
_HEX = re.compile(r"[0-9A-Fa-f]{16,}")
_COMMIT = re.compile(r"[?&]vcs_url=[^&#]*@(?:[0-9a-f]{64}|[0-9a-f]{40})(?:[&#]|\Z)")


def cyclonedx_parts(document: CycloneDx) -> Parts:
    """Return what rules see of a CycloneDX document."""
    root = _part(document.root, document) if document.root else None
    components = tuple(_part(component, document) for component in document.components)
    refs = {part.ref for part in components} | ({root.ref} if root else set())
    return Parts(
        format="CycloneDX",
        format_version=document.spec_version,
        root=root,
        components=components,
        edges=tuple((source, target) for source, targets in document.dependencies.items() for target in targets),
        targets=frozenset(refs.union(document.services)),
        document=_document(document),
        explicitly_empty=not components and root is not None and _is_whole(document, root.ref),
        faults=document.faults + _repeated(document),
    )


def _repeated(document: CycloneDx) -> tuple[Fault, ...]:
    if not document.repeated_refs:
        return ()
    return (Fault(path="$.dependencies", message="expected one entry a component, found one twice"),)


def _part(component: BomComponent, document: CycloneDx) -> Part:
    algorithms = _algorithms(component)
    choices = component.licences
    # Identifiers and expressions are one kind of statement, free names the other.
    expressions = tuple(text for choice in choices for text in (choice.expression, choice.id) if text.strip())
    names = tuple(choice.name for choice in choices if choice.name.strip())
    identifiers = (component.purl, component.cpe, *component.other_identifiers)
    return Part(
        ref=component.ref,
        name=component.name,
        version=component.version,
        purl=component.purl,
        origin=_origin(component),
        algorithms=algorithms,
        expressions=expressions,
        licence_names=names,
        producer=component.manufacturer,
        present=presence(
            component_producer=component.manufacturer.strip(),
            component_name=component.name.strip(),
            component_version=component.version.strip(),
            component_identifiers=any(map(str.strip, identifiers)),
            component_hash=algorithms,
            component_licence=expressions or names,
            dependency_relationships=component.ref and component.ref in document.dependencies,
        ),
        unknown=_stated(component.properties),
        excluded=component.scope == EXCLUDED,
    )


def _algorithms(component: BomComponent) -> tuple[str, ...]:
    found = {entry.algorithm.lower() for entry in component.hashes if _HEX.fullmatch(entry.content)}
    return tuple(sorted(found - {""}))


def _stated(properties: tuple[tuple[str, str], ...]) -> frozenset[str]:
    return frozenset(value for name, value in properties if name in UNKNOWN_PROPERTIES)


def _origin(component: BomComponent) -> Origin:
    purl = component.purl
    if any(name == PART_PROPERTY for name, _ in component.properties):
        return Origin.BUNDLED
    if (LOCAL_PROPERTY, "true") in component.properties and not purl:
        return Origin.LOCAL
    return Origin.COMMIT if "vcs_url=" in purl and _fixes_commit(purl) else Origin.FILES


@lru_cache(maxsize=8192)
def _fixes_commit(purl: str) -> bool:
    return _COMMIT.search(unquote(purl)) is not None


def _is_whole(document: CycloneDx, root: str) -> bool:
    return document.has_components and any(
        composition.aggregate == "complete" and root in composition.assemblies for composition in document.compositions
    )


def _document(document: CycloneDx) -> dict[str, State]:
    author = document.manufacturer.strip() or any(map(str.strip, document.authors))
    tools = document.tools
    return {
        "sbom_author": state_of(author, stated=AUTHOR in _stated(document.properties)),
        "data_format": state_of(document.spec_version.strip()),
        "generation_context": state_of(any(map(str.strip, document.phases))),
        "timestamp": state_of(is_timestamp(document.timestamp)),
        "tool": state_of(tools and all(tool.name.strip() and tool.version.strip() for tool in tools)),
        "sbom_version": state_of(document.serial_number.strip() and document.version is not None),
        "coverage": _coverage(document),
    }


def is_timestamp(text: str) -> bool:
    """Return whether a text is an RFC 3339 timestamp with its offset."""
    try:
        parse_timestamp(text, where="")
    except InputError:
        return False
    return "T" in text.upper()


def _coverage(document: CycloneDx) -> State:
    found = {composition.aggregate.partition("_")[0] for composition in document.compositions}
    if found & {"complete", "incomplete"}:
        return State.PRESENT
    return state_of(None, stated=bool(found & _STATED_COVERAGE))
