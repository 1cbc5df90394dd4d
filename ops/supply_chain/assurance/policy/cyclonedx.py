"""CycloneDX 1.x JSON, read into the one shape that rules see.

Elements that are not known are stated by properties `sealwright:unknown` and `sealwright:withheld`, of
the component or of the document; `sealwright:local` marks the project's own packages.

Source: facts/standards.md sections 1 and 3.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from ops.supply_chain.assurance.policy.parts import AUTHOR, Origin, Part, Parts, State, presence, state_of
from ops.supply_chain.assurance.policy.reading import Fault, Reading
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.moments import parse_timestamp

ROOT_PLACE = "$.metadata.component"
UNKNOWN_PROPERTIES = ("sealwright:unknown", "sealwright:withheld")
LOCAL_PROPERTY = "sealwright:local"

_IDENTIFIERS = ("purl", "cpe")
_IDENTIFIER_LISTS = ("swhid", "omniborId")
_TELLING = frozenset({"complete", "incomplete", "unknown"})
_HEX = re.compile(r"[0-9A-Fa-f]{16,}")
_COMMIT = re.compile(r"[?&]vcs_url=[^&#]*@(?:[0-9a-f]{64}|[0-9a-f]{40})(?:[&#]|\Z)")


def read_cyclonedx(document: dict[str, Any]) -> Parts:
    """Read a CycloneDX document.

    Args:
        document: The parsed JSON object; anything may be in it.
    """
    reading = Reading()
    metadata = reading.table(document, "metadata", "$")
    told = _dependencies(document, reading)
    described = reading.table(metadata, "component", "$.metadata")
    root = _part(described, ROOT_PLACE, told, reading) if described else None
    components = tuple(_part(node, place, told, reading) for place, node in _components(document, described, reading))
    refs = {part.ref for part in components} | ({root.ref} if root else set())
    return Parts(
        format="CycloneDX",
        format_version=reading.text(document, "specVersion", "$"),
        root=root,
        components=components,
        edges=tuple((source, target) for source, targets in told.items() for target in targets),
        targets=frozenset(refs | _services(document, reading)),
        document=_document(document, metadata, reading),
        explicitly_empty=not components and root is not None and _is_whole(document, root.ref, reading),
        faults=reading.faults() + _repeated(document, told, reading),
    )


def _components(
    document: dict[str, Any], described: dict[str, Any], reading: Reading
) -> Iterator[tuple[str, dict[str, Any]]]:
    pending = [("$", document)] + ([(ROOT_PLACE, described)] if described else [])
    while pending:
        place, node = pending.pop()
        for position, inner in enumerate(reading.tables(node, "components", place)):
            where = f"{place}.components[{position}]"
            yield where, inner
            if "components" in inner:
                pending.append((where, inner))


def _services(document: dict[str, Any], reading: Reading) -> set[str]:
    return {
        reading.text(node, "bom-ref", f"$.services[{position}]")
        for position, node in enumerate(reading.tables(document, "services", "$"))
    } - {""}


def _dependencies(document: dict[str, Any], reading: Reading) -> dict[str, list[str]]:
    told: dict[str, list[str]] = {}
    for position, node in enumerate(reading.tables(document, "dependencies", "$")):
        place = f"$.dependencies[{position}]"
        needed = reading.texts(node, "dependsOn", place)
        told.setdefault(reading.text(node, "ref", place), []).extend(needed)
    return told


def _repeated(document: dict[str, Any], told: dict[str, list[str]], reading: Reading) -> tuple[Fault, ...]:
    known = reading.tables(document, "dependencies", "$")
    if len(known) == len(told):
        return ()
    return (Fault(path="$.dependencies", message="expected one entry a component, found one twice"),)


def _part(node: dict[str, Any], place: str, told: dict[str, list[str]], reading: Reading) -> Part:
    name, version = reading.text(node, "name", place), reading.text(node, "version", place)
    ref, purl = reading.text(node, "bom-ref", place), reading.text(node, "purl", place)
    expressions, names = _licences(node, place, reading)
    algorithms = _algorithms(node, place, reading)
    producer = reading.text(reading.table(node, "manufacturer", place), "name", f"{place}.manufacturer")
    properties = _properties(node, place, reading)
    identified = any(reading.text(node, field, place).strip() for field in _IDENTIFIERS) or any(
        any(reading.texts(node, field, place)) for field in _IDENTIFIER_LISTS if field in node
    )
    return Part(
        ref=ref,
        name=name,
        version=version,
        purl=purl,
        origin=_origin(purl, properties),
        algorithms=algorithms,
        expressions=expressions,
        licence_names=names,
        producer=producer,
        present=presence(
            component_producer=producer.strip(),
            component_name=name.strip(),
            component_version=version.strip(),
            component_identifiers=identified,
            component_hash=algorithms,
            component_licence=expressions or names,
            dependency_relationships=ref and ref in told,
        ),
        unknown=_stated(properties),
    )


def _licences(node: dict[str, Any], place: str, reading: Reading) -> tuple[tuple[str, ...], tuple[str, ...]]:
    expressions, names = [], []
    for position, choice in enumerate(reading.tables(node, "licenses", place) if "licenses" in node else ()):
        where = f"{place}.licenses[{position}]"
        licence = reading.table(choice, "license", where)
        expressions.append(reading.text(choice, "expression", where))
        expressions.append(reading.text(licence, "id", f"{where}.license"))
        names.append(reading.text(licence, "name", f"{where}.license"))
    return tuple(filter(str.strip, expressions)), tuple(filter(str.strip, names))


def _algorithms(node: dict[str, Any], place: str, reading: Reading) -> tuple[str, ...]:
    found = set()
    for position, digest in enumerate(reading.tables(node, "hashes", place) if "hashes" in node else ()):
        where = f"{place}.hashes[{position}]"
        if _HEX.fullmatch(reading.text(digest, "content", where)):
            found.add(reading.text(digest, "alg", where).lower())
    return tuple(sorted(found - {""}))


def _properties(node: dict[str, Any], place: str, reading: Reading) -> list[tuple[str, str]]:
    if "properties" not in node:
        return []
    return [
        (
            reading.text(table, "name", f"{place}.properties[{position}]"),
            reading.text(table, "value", f"{place}.properties"),
        )
        for position, table in enumerate(reading.tables(node, "properties", place))
    ]


def _stated(properties: list[tuple[str, str]]) -> frozenset[str]:
    return frozenset(value for name, value in properties if name in UNKNOWN_PROPERTIES)


def _origin(purl: str, properties: list[tuple[str, str]]) -> Origin:
    if (LOCAL_PROPERTY, "true") in properties and not purl:
        return Origin.LOCAL
    return Origin.COMMIT if "vcs_url=" in purl and _fixes_commit(purl) else Origin.FILES


@lru_cache(maxsize=8192)
def _fixes_commit(purl: str) -> bool:
    return _COMMIT.search(unquote(purl)) is not None


def _is_whole(document: dict[str, Any], root: str, reading: Reading) -> bool:
    if document.get("components") != []:
        return False
    return any(
        reading.text(table, "aggregate", f"$.compositions[{position}]") == "complete"
        and root in reading.texts(table, "assemblies", f"$.compositions[{position}]")
        for position, table in enumerate(reading.tables(document, "compositions", "$"))
    )


def _document(document: dict[str, Any], metadata: dict[str, Any], reading: Reading) -> dict[str, State]:
    place = "$.metadata"
    unknown = _stated(_properties(metadata, place, reading))
    maker = reading.text(reading.table(metadata, "manufacturer", place), "name", f"{place}.manufacturer")
    authors = [reading.text(table, "name", f"{place}.authors") for table in reading.tables(metadata, "authors", place)]
    version = document.get("version")
    return {
        "sbom_author": state_of(maker.strip() or any(map(str.strip, authors)), stated=AUTHOR in unknown),
        "data_format": state_of(reading.text(document, "specVersion", "$").strip()),
        "generation_context": state_of(_phases(metadata, reading)),
        "timestamp": state_of(is_moment(reading.text(metadata, "timestamp", place))),
        "tool": state_of(_names_tools(metadata, reading)),
        "sbom_version": state_of(
            reading.text(document, "serialNumber", "$").strip() and type(version) is int and version > 0
        ),
        "coverage": _coverage(document, reading),
    }


def is_moment(text: str) -> bool:
    """Tell whether a text is an RFC 3339 moment with its offset."""
    try:
        parse_timestamp(text, where="")
    except InputError:
        return False
    return "T" in text.upper()


def _phases(metadata: dict[str, Any], reading: Reading) -> bool:
    return any(
        (
            reading.text(table, "phase", "$.metadata.lifecycles")
            or reading.text(table, "name", "$.metadata.lifecycles")
        ).strip()
        for table in reading.tables(metadata, "lifecycles", "$.metadata")
    )


def _names_tools(metadata: dict[str, Any], reading: Reading) -> bool:
    place = "$.metadata.tools"
    tools = metadata.get("tools")
    if isinstance(tools, list):  # the form before 1.5, deprecated and still seen
        found = reading.tables(metadata, "tools", "$.metadata")
    else:
        table = reading.table(metadata, "tools", "$.metadata")
        found = reading.tables(table, "components", place) + reading.tables(table, "services", place)
    named = [
        (reading.text(node, "name", place).strip(), reading.text(node, "version", place).strip()) for node in found
    ]
    return bool(named) and all(name and version for name, version in named)


def _coverage(document: dict[str, Any], reading: Reading) -> State:
    found = {
        reading.text(table, "aggregate", "$.compositions").partition("_")[0]
        for table in reading.tables(document, "compositions", "$")
    }
    if found & {"complete", "incomplete"}:
        return State.PRESENT
    return state_of(None, stated=bool(found & _TELLING))
