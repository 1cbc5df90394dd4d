"""The name a package goes by in every document: its purl, and the reference that is unique in a project.

- From an index: `pkg:pypi/name@version`; another index than the default adds `repository_url`.
- From a URL: `pkg:pypi/name@version?download_url=...`; from version control: `?vcs_url=git+...@commit`.
- From a path, or from an index that is a folder: no purl. A purl names a package in a repository, and this one
  is in none: `pkg:pypi/name` would claim that it is the index's package of the same name. The reference is
  `path:name@version`, and the missing identifier is stated as unknown.

The purl keeps the dots of the name as written and is therefore not the PEP 503 form; joining on it
parses it and normalises.

Source: ECMA-427, https://github.com/package-url/purl-spec (types/pypi-definition.json).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from ops.supply_chain.contracts.values.lock import DEFAULT_INDEX, Pin, PinSource, PinSourceKind
from ops.supply_chain.core.addresses import INDEX_URL
from ops.supply_chain.core.names import normalise
from ops.supply_chain.core.text import printable
from ops.supply_chain.formats.version_tags import parse_version
from ops.supply_chain.inventory.model.addresses import publishable, repository

LONGEST_VERSION = 1024
"""Schema limit of `component.version`."""

_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9._-]")
_UNSAFE = re.compile(r"[^A-Za-z0-9._+!@-]+")
_WEB = re.compile(r"https?://", re.IGNORECASE)
_ESCAPE = re.compile(r"%[0-9a-f]{2}")
_DEFAULT_INDEXES = frozenset({INDEX_URL.rstrip("/"), INDEX_URL.rstrip("/").removesuffix("/simple")})


class Identity(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """What makes two pins one component: PEP 503 name, version as written, source."""

    key: str
    version: str
    kind: str
    url: str
    revision: str
    subdirectory: str


def plain_name(text: str) -> str:
    """Return a package name in the form for purls and file names.

    A name that PEP 508 allows is unchanged. In any other, which no index can have, each character that is
    not allowed is written as `-u<hex>-`, so that different names stay different.
    """
    return _NOT_IN_A_NAME.sub(lambda found: f"-u{ord(found[0]):x}-", text) or "unnamed"


def identity_of(pin: Pin) -> Identity:
    """Return the identity of a pin; the default index is one source however a lock spells it."""
    source = canonical_source(pin.source)
    return Identity(
        key=normalise(plain_name(pin.name or pin.written_name)),
        version=printable(pin.version)[:LONGEST_VERSION],
        kind=source.kind.value,
        url=source.url,
        revision=f"{source.vcs}@{source.commit}" if source.kind is PinSourceKind.VCS else "",
        subdirectory=source.subdirectory,
    )


def canonical_source(source: PinSource) -> PinSource:
    """Return a source with the default index's address, where it is that, left out."""
    if source.kind is PinSourceKind.INDEX and source.url.rstrip("/") in _DEFAULT_INDEXES:
        return DEFAULT_INDEX
    return source


def purl_of(name: str, version: str, source: PinSource) -> str:
    """Return the purl of a package, empty where it comes from a path or from an index that is a folder.

    Args:
        name: As a lock writes it.
        version: Exact, or empty where unknown.
        source: Canonical, see `canonical_source`.
    """
    if source.kind is PinSourceKind.PATH or _is_folder_index(source):
        return ""
    return _purl("pypi", "", plain_name(name), version, _qualifiers(source))


def _is_folder_index(source: PinSource) -> bool:
    return source.kind is PinSourceKind.INDEX and bool(source.url) and not _WEB.match(source.url)


def file_purl(name: str, version: str, file_name: str) -> str:
    """Return the purl of one distribution file of a package of the index.

    Args:
        name: As the metadata has it.
        version: As the metadata has it.
        file_name: Of the wheel or source distribution.
    """
    return _purl("pypi", "", plain_name(name), version, {"file_name": file_name})


def generic_purl(name: str, version: str) -> str:
    """Return the purl of something that is in no package repository, such as the project itself.

    Args:
        name: May contain `/`: the part before the last one is the namespace.
        version: Exact, or empty where unknown.
    """
    namespace, _, last = name.rpartition("/")
    return _purl("generic", namespace, last, version, {})


def project_purl(name: str, version: str, python_name: str) -> str:
    """Return the project's own `pkg:pypi` purl, empty where it is no distribution of that name.

    Args:
        name: The component name.
        version: Under release, or empty; written as PEP 440 normalises it, because an index knows it by that.
        python_name: The name in its metadata, or empty where it is no Python package.
    """
    if not python_name or normalise(python_name) != normalise(name):
        return ""
    parsed = parse_version(version)
    return _purl("pypi", "", python_name, version if parsed is None else str(parsed), {})


def reference_of(identity: Identity, purl: str) -> str:
    """Return the reference that a package would like: its purl, else `path:name@version`."""
    at_version = f"@{identity.version}" if identity.version else ""
    return purl or _UNSAFE.sub("-", f"path:{identity.key}{at_version}").replace("path-", "path:", 1)


def unique_references(wanted: Iterable[tuple[Identity, str]], taken: Iterable[str]) -> dict[Identity, str]:
    """Make the references of a project unique.

    Args:
        wanted: Identity and wanted reference, sorted by identity.
        taken: References that are in use already.
    Returns:
        Identity -> reference; the second that wants a taken one gets `#2` after it, and so on.
    """
    used = set(taken)
    given: dict[Identity, str] = {}
    for identity, reference in wanted:
        free, number = reference, 1
        while free in used:
            number += 1
            free = f"{reference}#{number}"
        used.add(free)
        given[identity] = free
    return given


def _qualifiers(source: PinSource) -> dict[str, str]:
    if source.kind is PinSourceKind.VCS:
        address = repository(source.url)
        commit = f"@{printable(source.commit)}" if source.commit else ""
        folder = f"#{printable(source.subdirectory)}" if source.subdirectory else ""
        return {"vcs_url": f"{source.vcs or 'git'}+{address}{commit}{folder}"} if address else {}
    address = publishable(source.url)
    if not address:
        return {}
    return {"download_url" if source.kind is PinSourceKind.URL else "repository_url": address}


def _purl(kind: str, namespace: str, name: str, version: str, qualifiers: dict[str, str]) -> str:
    from packageurl import PackageURL

    # packageurl turns `_` into `-` and upper case into lower case for pypi, as its type definition says.
    purl = PackageURL(
        kind, namespace or None, printable(name) or "unnamed", version or None, qualifiers or None
    ).to_string()
    # It does so after encoding; ECMA-427 wants the hexadecimal digits of an escape in upper case.
    return _ESCAPE.sub(lambda found: found[0].upper(), purl)
