"""The words of SPDX 2: what a relationship means, and which fields a document has.

Source: https://spdx.github.io/spdx-spec/v2.3/relationships-between-SPDX-elements/ and the JSON schema of 2.3,
https://github.com/spdx/spdx-spec/blob/support/2.3/schemas/spdx-schema.json
"""

from __future__ import annotations

from ops.supply_chain.contracts.values.received_sbom import EdgeKind

EDGES: dict[str, tuple[EdgeKind, bool]] = {
    "DEPENDS_ON": (EdgeKind.DEPENDS_ON, False),
    "DEPENDENCY_OF": (EdgeKind.DEPENDS_ON, True),
    "RUNTIME_DEPENDENCY_OF": (EdgeKind.DEPENDS_ON, True),
    "PREREQUISITE_FOR": (EdgeKind.DEPENDS_ON, True),
    "HAS_PREREQUISITE": (EdgeKind.DEPENDS_ON, False),
    "DYNAMIC_LINK": (EdgeKind.DEPENDS_ON, False),
    "STATIC_LINK": (EdgeKind.DEPENDS_ON, False),
    "OPTIONAL_DEPENDENCY_OF": (EdgeKind.OPTIONAL, True),
    "OPTIONAL_COMPONENT_OF": (EdgeKind.OPTIONAL, True),
    "PROVIDED_DEPENDENCY_OF": (EdgeKind.OPTIONAL, True),
    "BUILD_DEPENDENCY_OF": (EdgeKind.DEVELOPMENT, True),
    "DEV_DEPENDENCY_OF": (EdgeKind.DEVELOPMENT, True),
    "TEST_DEPENDENCY_OF": (EdgeKind.DEVELOPMENT, True),
    "BUILD_TOOL_OF": (EdgeKind.DEVELOPMENT, True),
    "DEV_TOOL_OF": (EdgeKind.DEVELOPMENT, True),
    "TEST_TOOL_OF": (EdgeKind.DEVELOPMENT, True),
    "CONTAINS": (EdgeKind.CONTAINS, False),
    "CONTAINED_BY": (EdgeKind.CONTAINS, True),
    "PACKAGE_OF": (EdgeKind.CONTAINS, True),
    "GENERATED_FROM": (EdgeKind.GENERATED_FROM, False),
    "GENERATES": (EdgeKind.GENERATED_FROM, True),
}
"""Relationship -> kind of the edge, and whether it leads the other way."""

FIELDS = frozenset(
    {
        "$schema", "@context", "SPDXID", "annotations", "comment", "creationInfo", "dataLicense", "documentDescribes",
        "documentNamespace", "externalDocumentRefs", "files", "hasExtractedLicensingInfos", "name", "packages",
        "relationships", "revieweds", "snippets", "spdxVersion",
    }
)  # fmt: skip
"""Fields of a document: packages in a field of another name would not be noticed otherwise."""
