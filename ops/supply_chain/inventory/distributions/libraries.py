"""The shared libraries in a distribution: files of their own, and code that is linked into other binaries.

A version is given only where something states it: a text that the library's own build put into it, a file name that ends
in the release, or the version resource of a DLL. The numbers of a binary interface are a note and never a version.

Source: https://github.com/pypa/auditwheel, https://github.com/adang1345/delvewheel and https://github.com/matthew-brett/delocate
for the folders and names.
"""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ops.supply_chain.contracts.values.lock import InstallScope, PinFile
from ops.supply_chain.core.names import normalise
from ops.supply_chain.core.text import printable
from ops.supply_chain.inventory.distributions.contents import Contents, ScannedBinary
from ops.supply_chain.inventory.distributions.library_table import BY_STEM, Library
from ops.supply_chain.inventory.model.contents import ContainedFile, ContentPart, EvidenceKind, IdentityEvidence
from ops.supply_chain.inventory.model.document import Component, Occurrence, Package
from ops.supply_chain.inventory.model.naming import generic_purl

_REPAIRED = re.compile(r"[^/]+\.libs/[^/]+|(?:.+/)?\.dylibs/.+")
"""Where auditwheel, delvewheel and delocate put libraries."""

_FILE_NAMES = (
    re.compile(r"(?P<stem>.+?)(?:-[0-9a-f]{8})*\.so(?P<numbers>(?:\.[0-9]+)*)", re.IGNORECASE),
    re.compile(r"(?P<stem>[^.]+)(?P<numbers>(?:\.[0-9]+)*)\.dylib", re.IGNORECASE),
    re.compile(r"(?P<stem>.+?)(?:-[0-9a-f]{32})?(?P<numbers>)\.dll", re.IGNORECASE),
)
_TAGGED = re.compile(r"\.(?:cpython-|abi3|pypy|graalpy|cp[0-9])|\.pyd\Z", re.IGNORECASE)
"""The names of extension modules."""

_COMPILER = re.compile(r"GCC: \([^)/]*\) [0-9.]+|[^(/]*\b(?:clang|rustc|LLD)\b[^(/]*")
"""What is kept of a compiler's note: its name and version, and not the folders that it was built in."""

_RELEASE = re.compile(r"[0-9]+(?:\.[0-9]+){2,}")
MOST_NOTES = 200
"""Notes of one label; the largest real wheels need some forty libraries of the system."""


class LibraryFileName(NamedTuple):
    """The name of a library's file: its `stem` without hashes, and the `numbers` of its version or interface."""

    stem: str
    numbers: str

    @property
    def library(self) -> Library | None:
        """The known library, by the whole stem or by what is before the first hyphen or dot."""
        plain = self.stem.lower()
        bare = plain.removeprefix("lib")
        first = re.split(r"[-.]", bare, maxsplit=1)[0]
        return BY_STEM.get(bare) or BY_STEM.get(plain) or BY_STEM.get(first)


class _File(NamedTuple):
    scanned: ScannedBinary
    name: LibraryFileName
    repaired: bool


class _Group:
    """The files and texts of one library in one version."""

    def __init__(self) -> None:
        self.files: list[_File] = []
        self.evidence: set[IdentityEvidence] = set()
        self.paths: set[str] = set()


def library_file_name(path: str) -> LibraryFileName | None:
    """Read the file name of a shared library; None for any other file, extension modules included."""
    name = posixpath.basename(path)
    if _TAGGED.search(name):
        return None
    found = next(filter(None, (pattern.fullmatch(name) for pattern in _FILE_NAMES)), None)
    return LibraryFileName(found["stem"], found["numbers"].strip(".")) if found else None


def bundled_libraries(contents: Contents) -> tuple[Component, ...]:
    """Return the libraries in a distribution, sorted by name, then version."""
    own = {scanned.path: file for scanned in contents.binaries if (file := _library_file(scanned)) is not None}
    groups: defaultdict[tuple[str, str], _Group] = defaultdict(_Group)
    unversioned: list[_File] = []
    for file in own.values():
        versions = sorted(_versions(file))
        for evidence in versions:
            group = groups[_name(file), evidence.value]
            group.files.append(file)
            group.evidence.add(evidence)
        if not versions:
            unversioned.append(file)
    for scanned in contents.binaries:
        for key, evidence in _linked(scanned, own.get(scanned.path)):
            groups[key].evidence.add(evidence)
            groups[key].paths.add(scanned.path)
    for file in unversioned:
        known = [version for name, version in groups if name == _name(file) and version]
        groups[_name(file), known[0] if len(known) == 1 else ""].files.append(file)
    files = {file.path: file for file in contents.files}
    return tuple(_component(name, version, groups[name, version], files) for name, version in sorted(groups))


def system_libraries(contents: Contents) -> tuple[str, ...]:
    """Return the libraries that binaries load and the distribution does not contain, sorted, at most `MOST_NOTES`."""
    own = {posixpath.basename(file.path).lower() for file in contents.files}
    needed = {posixpath.basename(name) for scanned in contents.binaries for name in scanned.binary.needed}
    return tuple(sorted(printable(name) for name in needed if name.lower() not in own)[:MOST_NOTES])


def compilers(contents: Contents) -> tuple[str, ...]:
    """Return the notes that compilers left in binaries, sorted, at most `MOST_NOTES`."""
    notes = (note for scanned in contents.binaries for note in scanned.binary.compilers)
    found = {printable(match[0].strip())[:200] for note in notes if (match := _COMPILER.match(note))}
    return tuple(sorted(found)[:MOST_NOTES])


def cpe_of(library: Library, version: str) -> str:
    """Return the CPE 2.3 name of a version of a library, empty where one of the two is not known."""
    return f"cpe:2.3:a:{library.cpe}:{version}:*:*:*:*:*:*:*" if library.cpe and version else ""


def _library_file(scanned: ScannedBinary) -> _File | None:
    name = library_file_name(scanned.path)
    if name is None:
        return None
    repaired = _REPAIRED.fullmatch(scanned.path) is not None
    # Elsewhere a library may be the project's own: only a known one is another project's.
    return _File(scanned, name, repaired) if repaired or name.library else None


def _name(file: _File) -> str:
    library = file.name.library
    return library.name if library else printable(file.name.stem)


def _versions(file: _File) -> set[IdentityEvidence]:
    """Return what states the version of a library's own file: texts before the file name, that before the resource."""
    library, scanned = file.name.library, file.scanned
    texts = {
        _evidence(EvidenceKind.STRING, found.version, scanned.path, found.text, 0.9)
        for found in scanned.texts
        if library is not None and found.library.name == library.name
    }
    if texts:
        return texts
    stem = file.name.stem.lower().removeprefix("lib")
    if library is not None and stem in library.releases and _RELEASE.fullmatch(file.name.numbers):
        return {_evidence(EvidenceKind.SUFFIX, file.name.numbers, scanned.path, posixpath.basename(scanned.path), 0.7)}
    if scanned.binary.version:
        version = scanned.binary.version
        return {_evidence(EvidenceKind.PE, version, scanned.path, f"file version {version}", 0.7)}
    return set()


def _linked(scanned: ScannedBinary, own: _File | None) -> Iterable[tuple[tuple[str, str], IdentityEvidence]]:
    """Yield the libraries whose code is inside a binary; one that it loads as a file only left its header there."""
    named = [name for needed in scanned.binary.needed if (name := library_file_name(needed)) is not None]
    loaded = {name.library.name for name in named if name.library}
    if own is not None:
        loaded.add(_name(own))
    for found in scanned.texts:
        if found.library.name not in loaded:
            evidence = _evidence(EvidenceKind.STRING, found.version, scanned.path, found.text, 0.8)
            yield (found.library.name, found.version), evidence


def _evidence(kind: EvidenceKind, version: str, path: str, text: str, confidence: float) -> IdentityEvidence:
    return IdentityEvidence(
        field="version",
        value=version,
        kind=kind,
        path=printable(path),
        text=printable(text)[:200],
        confidence=confidence,
    )


def _component(name: str, version: str, group: _Group, files: Mapping[str, ContainedFile]) -> Component:
    library = next((found for found in BY_STEM.values() if found.name == name), None)
    purl = generic_purl(name, version)
    paths = sorted({file.scanned.path for file in group.files} | group.paths)
    own = [files[path] for path in sorted({file.scanned.path for file in group.files})]
    notes = {("linked", "static" if group.paths and not own else "file")}
    for file in group.files:
        notes |= {
            ("abi", number)
            for number in (file.name.numbers, file.scanned.binary.abi_version)
            if number and number != version
        }
    named = {
        IdentityEvidence(
            field="name",
            value=name,
            kind=EvidenceKind.NAME,
            path=printable(file.scanned.path),
            text=printable(posixpath.basename(file.scanned.path)),
            confidence=0.9 if library else 0.5,
        )
        for file in group.files
    }
    return Component(
        package=Package(
            ref=purl,
            name=name,
            key=normalise(name),
            version=version,
            purl=purl,
            hashes=tuple(sorted(f"sha256:{file.sha256}" for file in own)),
            files=tuple(
                PinFile(hashes=(f"sha256:{file.sha256}",), name=printable(file.path), size=file.size) for file in own
            ),
            cpe=cpe_of(library, version) if library else "",
        ),
        occurrences=tuple(Occurrence(lock=path, path=path, line=0) for path in map(printable, paths)),
        scope=InstallScope.REQUIRED,
        part=ContentPart.BUNDLED,
        evidence=tuple(sorted(group.evidence | named)),
        notes=tuple(sorted(notes)),
    )
