"""The check of a received SBOM with the schema of its standard, before it is read.

CycloneDX has schemas for JSON and XML, which `cyclonedx-python-lib` carries; nothing is fetched. SPDX publishes none in a
package that is installed: what its schema demands is checked by the reader.

Source: https://github.com/CycloneDX/cyclonedx-python-lib, `cyclonedx/schema/_res`
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from ops.supply_chain.adapters.tools.known_components import KnownComponents
from ops.supply_chain.adapters.tools.schemas import MOST_ERRORS, schema_file, schema_problems
from ops.supply_chain.contracts.values.received_sbom import DefectKind, SbomDefect
from ops.supply_chain.core.errors import UnavailableError
from ops.supply_chain.core.text import excerpt
from ops.supply_chain.formats.received.content import Content, ContentKind
from ops.supply_chain.formats.received.cyclonedx_xml import NAMESPACE
from ops.supply_chain.formats.received.xml import XmlText, whole_tree

if TYPE_CHECKING:
    from lxml.etree import XMLSchema

JSON_VERSIONS = ("1.2", "1.3", "1.4", "1.5", "1.6", "1.7")
XML_VERSIONS = ("1.0", "1.1", *JSON_VERSIONS)

_STRICT = frozenset({"1.2", "1.3"})
"""Versions of which only the strict schema refuses fields that the standard does not have."""

_SPACE = re.compile(r"\{[^}]*\}")


def schema_defects(content: Content) -> Iterator[SbomDefect]:
    """Yield what breaks the schema, at most `MOST_ERRORS` places; a version without a schema is left to the reader.

    Raises:
        UnavailableError: The installed library has no such schema.
    """
    if content.kind is ContentKind.CYCLONEDX_JSON:
        version = content.tree.get("specVersion")
        if version in JSON_VERSIONS:
            name = f"{version}-strict" if version in _STRICT else str(version)
            if _known_components(name).prove(content):
                return
            for problem in schema_problems(content.tree, name):
                path, _, message = problem.partition(": ")
                yield SbomDefect(DefectKind.SCHEMA, _pointer(path), message)
    elif content.kind is ContentKind.CYCLONEDX_XML:
        version = content.tree.namespace.removeprefix(NAMESPACE)
        if version in XML_VERSIONS:
            yield from _xml_defects(content.tree, version)


@lru_cache(maxsize=len(JSON_VERSIONS))
def _known_components(version: str) -> KnownComponents:
    return KnownComponents(version)


def _xml_defects(document: XmlText, version: str) -> Iterator[SbomDefect]:
    from lxml import etree

    tree, schema = whole_tree(document), _xml_schema(version)
    try:
        if schema.validate(tree):
            return
        errors = [(error.line, error.message) for error in schema.error_log[:MOST_ERRORS]]
    except etree.LxmlError as error:  # the validator raises where it cannot take a document in
        errors = [(1, str(error))]
    for line, message in errors:
        yield SbomDefect(DefectKind.SCHEMA, f"line {line}", excerpt(_SPACE.sub("", message)))


@lru_cache(maxsize=len(XML_VERSIONS))
def _xml_schema(version: str) -> XMLSchema:
    from lxml import etree

    try:
        return etree.XMLSchema(file=str(schema_file(f"bom-{version}.SNAPSHOT.xsd")))
    except (OSError, etree.LxmlError) as error:
        raise UnavailableError(
            f"cyclonedx-python-lib has no usable schema of CycloneDX {version} in XML",
            hint="Install the version that requirements.txt fixes.",
        ) from error


def _pointer(path: str) -> str:
    """Write a JSON path of the validator as a JSON pointer."""
    return path.removeprefix("$").replace("[", "/").replace("]", "").replace(".", "/")
