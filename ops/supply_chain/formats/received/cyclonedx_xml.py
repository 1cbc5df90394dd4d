"""CycloneDX in XML: each part of a document turned into what it is in JSON, one after another.

The two serialisations have the same model: what is an array in JSON is a wrapper with children here, attributes are
fields like elements. So one table of wrappers is all that is specific to XML.

Source: https://cyclonedx.org/docs/1.7/xml/
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ops.supply_chain.contracts.values.received_sbom import ReceivedSbom, SbomSyntax
from ops.supply_chain.formats.received.collect import Table
from ops.supply_chain.formats.received.cyclonedx import CycloneDxBuilder
from ops.supply_chain.formats.received.xml import XmlText, branches, local_name

if TYPE_CHECKING:
    from lxml.etree import _Element

NAMESPACE = "http://cyclonedx.org/schema/bom/"
"""Beginning of the namespace; the version is its end."""

_ARRAYS = frozenset(
    {
        "components", "services", "hashes", "licenses", "externalReferences", "properties", "authors", "lifecycles",
        "references", "ratings", "cwes", "affects", "versions", "advisories", "compositions", "vulnerabilities",
    }
)  # fmt: skip
"""Elements whose children are the elements of an array."""

_ORGANISATIONS = frozenset({"supplier", "manufacturer", "manufacture"})
_REPEATED = {
    **dict.fromkeys(_ORGANISATIONS, frozenset({"url", "contact"})),
    "component": frozenset({"swhid", "omniborId"}),
}
"""Element -> its children that may occur several times without a wrapper: arrays in JSON."""

_PARTS = frozenset(
    {
        ("metadata",),
        ("components", "component"),
        ("services", "service"),
        ("dependencies", "dependency"),
        ("compositions", "composition"),
        ("vulnerabilities", "vulnerability"),
    }
)
_UNREAD = frozenset({"evidence", "pedigree", "releaseNotes", "modelCard", "cryptoProperties", "formulation"})
"""Elements that nothing is read of."""


class XmlTable(dict[str, Any]):
    """An element as an object of JSON; `line` is where it begins, from 1."""

    line: int = 0


def read_cyclonedx_xml(document: XmlText) -> ReceivedSbom:
    """Read a document.

    Raises:
        UnexpectedShapeError: It is not well-formed, or too deep.
    """
    builder = CycloneDxBuilder(document.namespace.removeprefix(NAMESPACE), SbomSyntax.XML)
    takes: dict[str, Callable[[Table, str], None]] = {
        "metadata": lambda node, _: builder.metadata(node),
        "component": builder.component,
        "service": builder.service,
        "dependency": builder.dependency,
        "composition": builder.composition,
        "vulnerability": builder.vulnerability,
    }
    for number, element in enumerate(branches(document, _PARTS)):
        if number == 0:
            builder.head(_attributes(element))
            continue
        name = local_name(element)
        takes[name](_TABLES.get(name, _table)(element), f"line {element.sourceline or 0}")
    return builder.finish()


def _attributes(element: _Element) -> XmlTable:
    found = XmlTable((str(name).rpartition("}")[2], str(value)) for name, value in element.attrib.items())
    found.line = element.sourceline or 0
    return found


def _table(element: _Element) -> XmlTable:
    """Return an element with children as an object."""
    found = _attributes(element)
    repeated = _REPEATED.get(local_name(element), ())
    for child in element:
        name = local_name(child)
        if name in _UNREAD:
            continue
        value = _value(child, name)
        if name in repeated:
            found.setdefault(name, []).append(value)
        else:
            found[name] = value
    return found


def _value(element: _Element, name: str) -> Any:
    if name == "tools":
        return _tools(element)
    if name in _ARRAYS:
        return [_entry(child) for child in element]
    if name in ("assemblies", "dependencies"):
        return [str(child.get("ref", "")) for child in element]
    if name == "responses":
        return [_text(child) for child in element]
    return _table(element) if len(element) or name in _ALWAYS_TABLES else _text(element)


def _entry(element: _Element) -> Any:
    name = local_name(element)
    table = _TABLES.get(name, _table)(element)
    if name == "license":
        return _wrapped(table)
    return table


def _tools(element: _Element) -> Any:
    if any(local_name(child) == "tool" for child in element):
        return [_table(child) for child in element]
    return _table(element)


def _dependency(element: _Element) -> XmlTable:
    found = XmlTable(ref=str(element.get("ref", "")))
    found.line = element.sourceline or 0
    for child in element:
        key = "provides" if local_name(child) == "provides" else "dependsOn"
        found.setdefault(key, []).append(str(child.get("ref", "")))
    return found


def _hash(element: _Element) -> XmlTable:
    return _with_text(element, "content")


def _property(element: _Element) -> XmlTable:
    return _with_text(element, "value")


def _expression(element: _Element) -> XmlTable:
    return _with_text(element, "expression")


def _with_text(element: _Element, key: str) -> XmlTable:
    found = _attributes(element)
    found[key] = _text(element)
    return found


def _analysis(element: _Element) -> XmlTable:
    found = _table(element)
    if "responses" in found:
        found["response"] = found.pop("responses")
    return found


def _wrapped(table: XmlTable) -> XmlTable:
    found = XmlTable(license=table)
    found.line = table.line
    return found


def _vulnerability(element: _Element) -> XmlTable:
    found = _table(element)
    analysis = next((child for child in element if local_name(child) == "analysis"), None)
    if analysis is not None:
        found["analysis"] = _analysis(analysis)
    # A reference is {id, source} and a target {ref, versions}, as in JSON.
    return found


def _text(element: _Element) -> str:
    return (element.text or "").strip()


_ALWAYS_TABLES = frozenset(
    {"metadata", "component", "supplier", "manufacturer", "manufacture", "swid", "source", "license"}
)
_TABLES: dict[str, Callable[[Any], XmlTable]] = {
    "dependency": _dependency,
    "hash": _hash,
    "property": _property,
    "expression": _expression,
    "vulnerability": _vulnerability,
}
