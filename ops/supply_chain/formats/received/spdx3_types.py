"""The types of SPDX 3.0: which objects of a document are components, which are something else, and which are neither.

What is neither could be a component that is misspelt, or one that another context gives this meaning: it counts as unread.

Source: https://spdx.github.io/spdx-spec/v3.0.1/ (the classes of each profile)
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ops.supply_chain.contracts.values.received_sbom import EdgeKind
from ops.supply_chain.formats.received.collect import Table

AGENTS = {"Organization": "organization", "Person": "person", "Agent": "", "SoftwareAgent": ""}
COMPONENTS = frozenset({"software_Package", "software_File", "ai_AIPackage", "dataset_DatasetPackage"})
_OTHERS = frozenset(
    {
        *AGENTS, "Annotation", "Bom", "Bundle", "CreationInfo", "DictionaryEntry", "ExternalIdentifier", "ExternalMap",
        "ExternalRef", "Hash", "IndividualElement", "LifecycleScopedRelationship", "NamespaceMap",
        "PackageVerificationCode", "PositiveIntegerRange", "Relationship", "SpdxDocument", "Tool",
        "software_ContentIdentifier", "software_Sbom", "software_Snippet", "ai_EnergyConsumption",
        "ai_EnergyConsumptionDescription",
    }
)  # fmt: skip
_OTHER_PROFILES = ("security_", "simplelicensing_", "expandedlicensing_", "extension_", "build_")
"""What is no component; an object of any other type could be one that is misspelt."""

EDGES: dict[str, EdgeKind] = {
    "dependsOn": EdgeKind.DEPENDS_ON,
    "hasPrerequisite": EdgeKind.DEPENDS_ON,
    "hasDynamicLink": EdgeKind.DEPENDS_ON,
    "hasStaticLink": EdgeKind.DEPENDS_ON,
    "hasOptionalDependency": EdgeKind.OPTIONAL,
    "hasOptionalComponent": EdgeKind.OPTIONAL,
    "hasProvidedDependency": EdgeKind.OPTIONAL,
    "contains": EdgeKind.CONTAINS,
}
EXTENTS = {"complete": "complete", "incomplete": "incomplete"}
"""Completeness of a relationship in the words of CycloneDX."""

DEVELOPMENT = frozenset({"build", "development", "test"})

_TERM = re.compile(r"https?://spdx\.org/rdf/3[0-9.]*/terms/([A-Za-z]+)/([A-Za-z0-9]+)")
_CONTEXT = re.compile(r"https?://spdx\.org/rdf/3[0-9.]*/spdx-context\.jsonld")


def frame_problems(document: Table) -> Iterator[tuple[str, str]]:
    """Yield what is around the graph and can give it another meaning, or is not read: (location, sentence)."""
    contexts = document.get("@context")
    for context in contexts if isinstance(contexts, list) else [contexts]:
        if not isinstance(context, str) or not _CONTEXT.fullmatch(context):
            yield "/@context", "expected the context of SPDX 3 and no other, found another one"
    if "@graph" in document:
        for key in sorted(document.keys() - {"@context", "@graph"}):
            yield f"/{key}", "expected nothing beside @context and @graph"


def is_known(kind: str) -> bool:
    """Return whether a type is one of the standard."""
    return kind in COMPONENTS or kind in _OTHERS or kind.startswith(_OTHER_PROFILES)


def kind_of_element(element: Table) -> str:
    """Return the type of an element without the address of the vocabulary; of several, that of a component."""
    value = element.get("type", element.get("@type"))
    texts = [text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)]
    kinds = [_short(text) for text in texts]
    return next((kind for kind in kinds if kind in COMPONENTS), kinds[0] if kinds else "")


def _short(text: str) -> str:
    """Return `software_Package` for the full address of the class as well."""
    term = _TERM.fullmatch(text)
    if term is None:
        return text.rpartition("/")[2]
    return term[2] if term[1] == "Core" else f"{term[1].lower()}_{term[2]}"
