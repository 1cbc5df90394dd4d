"""SBOMs inside a distribution, read and attributed: what they list is declared by its maker and not checked here.

Any file in `.dist-info/sboms/` is read by its content, whatever its name. What describes the distribution itself is left
out; addresses on the builder's own machine are removed.

Source: https://peps.python.org/pep-0770/
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ops.supply_chain.contracts.values.lock import InstallScope
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.names import normalise
from ops.supply_chain.core.plain_json import load
from ops.supply_chain.core.text import excerpt, printable, without_credentials
from ops.supply_chain.formats.cyclonedx import BomComponent, CycloneDx
from ops.supply_chain.formats.json_reader import UnexpectedShapeError
from ops.supply_chain.formats.sbom import read_sbom
from ops.supply_chain.formats.spdx2 import Spdx2
from ops.supply_chain.formats.spdx3 import Spdx3
from ops.supply_chain.inventory.checks.values import digest_fault, purl_fault
from ops.supply_chain.inventory.model.contents import ContentPart, EvidenceKind, IdentityEvidence
from ops.supply_chain.inventory.model.document import UNKNOWN_LICENCE, Component, Licence, Occurrence, Package
from ops.supply_chain.inventory.model.licences import licence_of_text
from ops.supply_chain.inventory.model.naming import LONGEST_VERSION

SBOM_PATH = re.compile(r"[^/]+\.dist-info/sboms/.+")
_LOCAL_QUALIFIERS = ("download_url", "vcs_url", "repository_url", "file_name")
_LOCAL_PATH = re.compile(r"(?:\w+\+)?file:|[/~\\]|[A-Za-z]:[/\\]", re.IGNORECASE)
_PUBLIC = re.compile(r"(?:(?:git|hg|svn|bzr)\+)?https?://", re.IGNORECASE)
_CPE = re.compile(r"cpe:2\.3:[aho*-](?::[^:\s]+){10}")
_ALGORITHMS = {"sha1": "sha1", "sha256": "sha256", "sha384": "sha384", "sha512": "sha512"}
LONGEST_NAME = 400
_NO_VERSION = frozenset({"UNKNOWN", "NOASSERTION", "NONE", "N/A"})
"""What SBOMs write where a version is not known."""


class DeclaredSboms(NamedTuple):
    """What the SBOMs in a distribution list.

    `components` are sorted by ref. `read` are the paths of the SBOMs that were read, `problems` path and reason of the
    others; both sorted.
    """

    components: tuple[Component, ...]
    read: tuple[str, ...]
    problems: tuple[tuple[str, str], ...]


class _Row(NamedTuple):
    """A component as an SBOM lists it; `written_purl` is as written there, `purl` what of it may be shown."""

    name: str
    version: str
    purl: str
    cpe: str
    hashes: tuple[str, ...]
    licence: Licence
    path: str
    written_purl: str
    scope: InstallScope = InstallScope.REQUIRED


def declared_components(texts: dict[str, bytes], file_name: str, key: str) -> DeclaredSboms:
    """Read the SBOMs in a distribution.

    Args:
        texts: The files of the distribution that describe something, by path.
        file_name: Of the distribution.
        key: Its name in PEP 503 form: rows about it are left out.
    """
    rows: list[_Row] = []
    read, problems = [], []
    for path in sorted(filter(SBOM_PATH.fullmatch, texts)):
        try:
            rows += _rows(texts[path], path, key)
            read.append(path)
        except (InputError, UnexpectedShapeError) as error:
            problems.append((path, excerpt(error)))
    groups: dict[tuple[str, str, str], list[_Row]] = {}
    for row in rows:
        groups.setdefault((row.purl or row.name, row.version, row.cpe if not row.purl else ""), []).append(row)
    components = [_component(entries, file_name) for _, entries in sorted(groups.items())]
    return DeclaredSboms(
        tuple(sorted(components, key=lambda component: component.package.ref)), tuple(read), tuple(problems)
    )


def public_purl(purl: str, name: str, version: str) -> str:
    """Return a package URL without credentials and addresses on the builder's machine, empty where it is not one of that package."""
    from packageurl import PackageURL

    try:
        found = PackageURL.from_string(purl)
    except ValueError:
        return ""
    qualifiers = {
        key: without_credentials(value)
        for key, value in dict(found.qualifiers).items()
        if _PUBLIC.match(value) or not (key in _LOCAL_QUALIFIERS or _LOCAL_PATH.match(value))
    }
    clean = PackageURL(found.type, found.namespace, found.name, found.version, qualifiers or None, found.subpath)
    text = printable(clean.to_string())
    return "" if purl_fault(text, name, version, "library") else text


def is_cpe(text: str) -> bool:
    """Return whether a text is a CPE 2.3 name."""
    return text.isascii() and _CPE.fullmatch(text) is not None


def _rows(data: bytes, path: str, key: str) -> Iterator[_Row]:
    document = read_sbom(load(data, where=path))
    if document.faults:
        raise InputError(f"{document.faults[0]}")
    if isinstance(document, CycloneDx):
        return (row for row in _of_cyclonedx(document, path) if not _is_self(row, key))
    found = _of_spdx2(document, path) if isinstance(document, Spdx2) else _of_spdx3(document, path)
    return (row for row in found if not _is_self(row, key))


def _is_self(row: _Row, key: str) -> bool:
    """Return whether a row is the distribution, or a part of it under the distribution's own package URL."""
    if normalise(row.name) == key:
        return True
    found = re.match(r"pkg:pypi/([^@?#]+)", row.written_purl, re.IGNORECASE)
    return found is not None and normalise(found[1]) == key


def _of_cyclonedx(document: CycloneDx, path: str) -> Iterator[_Row]:
    root = document.root
    own = root.purl.partition("#")[0].partition("?")[0] if root else ""
    for component in document.components:
        base, _, fragment = component.purl.partition("#")
        # A part of the root (an extension module, a Cargo target) is no package of its own.
        if component.type == "file" or (fragment and own and base.partition("?")[0] == own):
            continue
        if root is not None and component.ref and component.ref == root.ref:
            continue
        name = f"{component.group}/{component.name}" if component.group else component.name
        hashes = [(entry.algorithm, entry.content) for entry in component.hashes]
        row = _row(name, component.version, component.purl, component.cpe, hashes, _licence(component), path)
        yield row._replace(scope=InstallScope.EXCLUDED) if component.scope == "excluded" else row


def _licence(component: BomComponent) -> Licence:
    choices = component.licences
    if len(choices) == 1:
        return licence_of_text(choices[0].expression or choices[0].id or choices[0].name, "SBOM")
    names = sorted({printable(choice.expression or choice.id or choice.name)[:100] for choice in choices} - {""})
    return Licence(names=tuple(names), source="SBOM") if names else UNKNOWN_LICENCE


def _of_spdx2(document: Spdx2, path: str) -> Iterator[_Row]:
    for package in document.packages:
        if package.id in document.described:
            continue
        said = package.declared not in ("", "NOASSERTION", "NONE")
        licence = licence_of_text(package.declared, "SBOM") if said else UNKNOWN_LICENCE
        version = "" if package.version in ("NOASSERTION", "NONE") else package.version
        cpe = next((entry.locator for entry in package.references if entry.type == "cpe23Type"), "")
        hashes = [(entry.algorithm, entry.value) for entry in package.checksums]
        yield _row(package.name, version, package.purl, cpe, hashes, licence, path)


def _of_spdx3(document: Spdx3, path: str) -> Iterator[_Row]:
    for package in document.packages:
        if package.id in document.described:
            continue
        expressions = [text for text, _ in package.licences if text not in ("", "NOASSERTION", "NONE")]
        licence = licence_of_text(expressions[0], "SBOM") if len(expressions) == 1 else UNKNOWN_LICENCE
        hashes = [(entry.algorithm, entry.value) for entry in package.hashes]
        yield _row(package.name, package.version, package.purl, "", hashes, licence, path)


def _row(
    name: str,
    version: str,
    purl: str,
    cpe: str,
    hashes: Iterable[tuple[str, str]],
    licence: Licence,
    path: str,
) -> _Row:
    name, version = printable(name)[:LONGEST_NAME], printable(version)[:LONGEST_VERSION]
    if version.strip().upper() in _NO_VERSION:
        version, purl = "", purl.replace(f"@{version}", "", 1)
    named = [(_ALGORITHMS.get(algorithm.lower().replace("-", "")), digest.lower()) for algorithm, digest in hashes]
    usable = {f"{kind}:{digest}" for kind, digest in named if kind and not digest_fault(kind, digest)}
    short = name.rpartition("/")[2] or name
    return _Row(
        name,
        version,
        public_purl(purl, short, version) if purl else "",
        cpe if is_cpe(cpe) else "",
        tuple(sorted(usable)),
        licence,
        path,
        purl,
    )


def _component(rows: list[_Row], file_name: str) -> Component:
    first = rows[0]
    paths = sorted({row.path for row in rows})
    stated = f"{first.name} {first.version}".strip()
    return Component(
        package=Package(
            ref=f"declared:{first.purl or stated}",
            name=first.name,
            key=normalise(first.name),
            version=first.version,
            purl=first.purl,
            hashes=tuple(sorted({digest for row in rows for digest in row.hashes})) if len(rows) == 1 else (),
            licence=next((row.licence for row in rows if row.licence.known), UNKNOWN_LICENCE),
            cpe=first.cpe,
        ),
        occurrences=tuple(Occurrence(lock=path, path=path, line=0) for path in map(printable, paths)),
        scope=first.scope,
        part=ContentPart.DECLARED,
        evidence=tuple(
            IdentityEvidence(
                field="version" if first.version else "name",
                value=first.version or first.name,
                kind=EvidenceKind.SBOM,
                path=printable(path),
                text=stated,
                confidence=0.6,
            )
            for path in paths
        ),
        notes=(("declared-by", printable(file_name)),),
    )
