"""Copies of other packages' source in a distribution, which its metadata does not list.

A package is known by a list (`vendor.txt`), or by core metadata that was copied with it. A module in such a folder that
neither of them explains is listed by its name alone.

Source: https://pypi.org/project/vendoring/ for `vendor.txt`; setuptools and pip for the folders.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import NamedTuple

from ops.supply_chain.contracts.values.core_metadata import CoreMetadata
from ops.supply_chain.contracts.values.lock import DEFAULT_INDEX, InstallScope
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.names import normalise
from ops.supply_chain.core.text import printable
from ops.supply_chain.formats.core_metadata import parse
from ops.supply_chain.inventory.distributions.contents import Contents
from ops.supply_chain.inventory.model.contents import ContentPart, EvidenceKind, IdentityEvidence
from ops.supply_chain.inventory.model.document import UNKNOWN_LICENCE, Component, Licence, Occurrence, Package
from ops.supply_chain.inventory.model.licences import licence_of
from ops.supply_chain.inventory.model.naming import plain_name, purl_of

_FOLDER = re.compile(r"(?P<folder>(?:[^/]+/)*(?:_vendor|_vendored|vendored))/(?P<entry>[^/]+)(?P<rest>/.+)?")
_METADATA = re.compile(r"/[^/]+\.(?:dist-info|egg-info)/[^/]+\Z")
_LIST = re.compile(r"vendor(?:ed)?\.txt")
_LISTED = re.compile(
    r"\s*(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*===?\s*(?P<version>[A-Za-z0-9._+!-]+)"
)
_MODULE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BINARY = re.compile(
    r"(?P<module>[A-Za-z_][A-Za-z0-9_]*)(?:\.[A-Za-z0-9_-]+)?\.(?:so|pyd)|(?P<source>[A-Za-z_][A-Za-z0-9_]*)\.pyi?"
)
_OWN = frozenset({"__init__", "__main__", "__pycache__"})
_PARTIAL = 0.5
"""The confidence of a listed package of which no module of its own name is there."""

_KNOWN = {"setuptools": ("pkg_resources",), "pyyaml": ("yaml",), "python_dateutil": ("dateutil",), "attrs": ("attr",)}
"""Packages whose modules have other names, of those that are vendored most."""


class _Copy(NamedTuple):
    name: str
    version: str
    kind: EvidenceKind
    path: str
    line: int
    text: str
    confidence: float
    licence: Licence
    modules: frozenset[str]


def vendored_packages(contents: Contents) -> tuple[Component, ...]:
    """Return the vendored packages, sorted by reference; a module that nothing explains has neither version nor purl."""
    modules = _modules(contents)
    copies: dict[str, list[_Copy]] = {}
    explained: dict[str, set[str]] = {}
    for copy in _copies(contents):
        folder = _folder_of(copy.path)
        there = modules.get(folder, set())
        explained.setdefault(folder, set()).update(copy.modules)
        copies.setdefault(_ref(copy), []).append(_with_presence(copy, there))
    found = [_component(entries) for _, entries in sorted(copies.items())]
    for folder, names in modules.items():
        found += [_unexplained(folder, module) for module in names - explained.get(folder, set())]
    return tuple(sorted(found, key=lambda component: component.package.ref))


def _modules(contents: Contents) -> dict[str, set[str]]:
    """Return the modules in each folder of vendored packages, in lower case."""
    found: dict[str, set[str]] = {}
    for file in contents.files:
        match = _FOLDER.fullmatch(file.path)
        if match is None or ".dist-info/" in f"{match['folder']}/":
            continue  # licence files are sorted by the folders that they are of
        entry = match["entry"]
        if match["rest"]:
            module = entry if _MODULE.fullmatch(entry) and entry.isascii() else ""
        else:
            single = _BINARY.fullmatch(entry)
            module = (single["module"] or single["source"]) if single else ""
        names = found.setdefault(match["folder"], set())
        if module and module not in _OWN:
            names.add(module.lower())
    return found


def _copies(contents: Contents) -> Iterator[_Copy]:
    for path in sorted(contents.texts):
        name = posixpath.basename(path)
        if _LIST.fullmatch(name):
            yield from _listed(path, contents.texts[path])
        elif name in ("METADATA", "PKG-INFO") and _METADATA.search(path):
            copied = _described(path, contents)
            if copied is not None:
                yield copied


def _listed(path: str, data: bytes) -> Iterator[_Copy]:
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
        match = _LISTED.match(line.partition("#")[0])
        if match:
            name = match["name"]
            yield _Copy(
                name,
                match["version"],
                EvidenceKind.LIST,
                path,
                number,
                line.strip(),
                0.8,
                UNKNOWN_LICENCE,
                _guess(name),
            )


def _described(path: str, contents: Contents) -> _Copy | None:
    metadata = _metadata(path, contents.texts[path])
    if metadata is None:
        return None
    text = f"{metadata.name} {metadata.version}"
    modules = _guess(metadata.name) | _top_level(path, contents)
    return _Copy(
        metadata.name, metadata.version, EvidenceKind.METADATA, path, 0, text, 0.9, licence_of(metadata), modules
    )


def _metadata(path: str, data: bytes) -> CoreMetadata | None:
    try:
        return parse(data, where=path)
    except InputError:
        return None  # its module is then one that nothing explains


def _top_level(path: str, contents: Contents) -> frozenset[str]:
    record = contents.texts.get(posixpath.join(posixpath.dirname(path), "RECORD"), b"").decode("utf-8", "replace")
    tops = {line.partition("/")[0].partition(",")[0] for line in record.splitlines()}
    return frozenset(top.removesuffix(".py").lower() for top in tops)


def _guess(name: str) -> frozenset[str]:
    """Return the modules that a package of a name usually has."""
    plain = normalise(name).replace("-", "_")
    return frozenset({plain, plain.replace("_", ""), plain.partition("_")[0], *_KNOWN.get(plain, ())})


def _folder_of(path: str) -> str:
    match = _FOLDER.fullmatch(path)
    return match["folder"] if match else posixpath.dirname(path)


def _with_presence(copy: _Copy, there: set[str]) -> _Copy:
    own = normalise(copy.name).replace("-", "_")
    if copy.kind is EvidenceKind.LIST and own not in there and own.replace("_", "") not in there:
        return copy._replace(confidence=_PARTIAL)
    return copy


def _ref(copy: _Copy) -> str:
    return purl_of(plain_name(copy.name), printable(copy.version), DEFAULT_INDEX)


def _component(copies: list[_Copy]) -> Component:
    first = max(copies, key=lambda copy: copy.confidence)
    version = printable(first.version)
    purl = _ref(first)
    evidence = {
        IdentityEvidence(
            field="version",
            value=version,
            kind=copy.kind,
            path=printable(copy.path),
            text=printable(copy.text)[:200],
            confidence=copy.confidence,
        )
        for copy in copies
    }
    places = {(printable(copy.path), copy.line) for copy in copies}
    partial = first.confidence <= _PARTIAL
    return Component(
        package=Package(
            ref=f"vendored:{purl}",
            name=plain_name(first.name),
            key=normalise(first.name),
            version=version,
            purl=purl,
            licence=first.licence,
        ),
        occurrences=tuple(Occurrence(lock=path, path=path, line=line) for path, line in sorted(places)),
        scope=InstallScope.REQUIRED,
        part=ContentPart.VENDORED,
        evidence=tuple(sorted(evidence)),
        notes=(("partial", f"the folder has no module {normalise(first.name).replace('-', '_')}"),) if partial else (),
    )


def _unexplained(folder: str, module: str) -> Component:
    path = printable(f"{folder}/{module}")
    return Component(
        package=Package(ref=f"vendored:{path}", name=module, key=normalise(module), version="", purl=""),
        occurrences=(Occurrence(lock=path, path=path, line=0),),
        scope=InstallScope.REQUIRED,
        part=ContentPart.VENDORED,
        evidence=(
            IdentityEvidence(
                field="name", value=module, kind=EvidenceKind.NAME, path=path, text=module, confidence=0.3
            ),
        ),
    )
