"""The input of a gate that was given SBOMs in place of a project's locks.

Packages of PyPI become pins, so that every gate examines them as it examines locks. What a gate cannot examine is stated
with its place and never counts as clear: packages of other ecosystems, components that nothing identifies, and parts of a
document that could not be read.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from ops.supply_chain.contracts.config.file import Config
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.contracts.values.lock import Lock, LockEntry, LockKind, Pin
from ops.supply_chain.contracts.values.received_sbom import (
    DefectKind,
    EdgeKind,
    PackageIdentity,
    ReceivedSbom,
    SbomComponent,
)
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.text import excerpt, plural, printable
from ops.supply_chain.dependencies.locks.names import is_name, is_version
from ops.supply_chain.formats.json_reader import LARGEST_BYTES, UnexpectedShapeError
from ops.supply_chain.formats.purl import read_purl
from ops.supply_chain.formats.version_orders.ecosystems import target_of, versions_of
from ops.supply_chain.formats.version_orders.orders import order_of, sort_key
from ops.supply_chain.gather.gates.projects import GateProject
from ops.supply_chain.runner.context import StageRun

BROKEN = "sbom.broken"

MOST_NAMED = 5
"""Components or places that one finding names."""

NO_PACKAGE_URL = "no package URL"

_PURLS = re.compile(rb'"(?:purl|referenceLocator|software_packageUrl|identifier)"\s*:\s*("pkg:[^"\\\n]*")')
_INCOMPLETE = "incomplete"
"""Beginning of the words of CycloneDX for it: `incomplete_first_party_only` and others."""

_PRINTED = re.compile("[!-?A-~]+")
"""ASCII without spaces and `@`: no index of packages takes other names."""

_NO_PACKAGES = frozenset({"file", "data", "machine-learning-model", "cryptographic-asset"})
"""Types of components that no advisory about packages can name."""


class OtherPart(NamedTuple):
    """A component that is no package of PyPI: where it is, its type of package or `NO_PACKAGE_URL`, and its versions.

    `location` is its place in the document.
    """

    path: str
    line: int
    kind: str
    part: SbomComponent
    package: PackageIdentity | None
    versions: tuple[str, ...]
    location: str

    @property
    def shown(self) -> str:
        """Its name and version as findings name it."""
        version = next(filter(None, self.versions), self.part.version)
        return f"{excerpt(self.part.name)} {excerpt(version) or '(no version)'}"


class GivenSboms(NamedTuple):
    """SBOMs as a project with pins; what of them no gate can examine; how many components they list; those that are no package of PyPI."""

    project: GateProject
    unexamined: tuple[Finding, ...]
    components: int
    others: tuple[OtherPart, ...] = ()


def read_given_sboms(run: StageRun, paths: Sequence[Path], *, gate: str) -> GivenSboms:
    """Read the SBOMs of a command line.

    Args:
        run: The stage's run.
        paths: The files, at least one.
        gate: The first part of the gate's finding codes.
    Returns:
        The documents that can be read; a broken one is a finding of the project.
    Raises:
        InputError: None of them can be read.
        UnavailableError: A schema that they are checked with is not installed.
    """
    # Most runs read locks: the readers of all formats are 20 modules.
    from ops.supply_chain.adapters.tools.received_schemas import schema_defects
    from ops.supply_chain.formats.received.read import read_received

    locks, broken = [], []
    unexamined: list[Finding] = []
    parts: list[OtherPart] = []
    components = 0
    labels = {_label(run.root, path) for path in paths}
    for path in paths:
        label = _label(run.root, path)
        try:
            data = _content(path)
            document = read_received(data, schema_defects)
        except (OSError, UnexpectedShapeError) as error:
            reason = error.strerror or "cannot be read" if isinstance(error, OSError) else str(error)
            broken.append(_broken(label, reason))
            continue
        lines = _lines_of_purls(data)
        parts += other_parts(document, label, lines)
        components += len(document.components)
        locks.append(lock_of(document, label, data, lines))
        unexamined += _unread(gate, label, document)
    if not locks:
        raise InputError(f"{broken[0].path}: {broken[0].message}", hint=broken[0].next_step)
    config = _with_waivers_for(run.config, labels)
    project = GateProject(label="", root=run.root, config=config, locks=tuple(locks), broken=tuple(broken))
    return GivenSboms(project, tuple(unexamined), components, tuple(parts))


def _content(path: Path) -> bytes:
    """Return a file's bytes; of one that is too large to be read, or that has no end, the first ones."""
    with path.open("rb") as file:
        return file.read(LARGEST_BYTES + 1)


def _with_waivers_for(config: Config, labels: Collection[str]) -> Config:
    """Return a configuration in which only waivers that name one of the documents are left.

    A waiver without a path was written about the project's own use of a package, which says nothing about another product.
    """
    own = tuple(waiver for waiver in config.waivers if waiver.path in labels)
    return msgspec.structs.replace(config, waivers=own, acknowledged_cves=())


def _label(root: Path, path: Path) -> str:
    """Return a path as findings show it: relative to the project where it is inside, else as it was given."""
    whole = path.absolute()
    return whole.relative_to(root).as_posix() if whole.is_relative_to(root) else path.as_posix()


def _broken(label: str, reason: str) -> Finding:
    return Finding(
        code=BROKEN,
        severity=Severity.HIGH,
        message=f"the SBOM was not read: {printable(reason)}",
        next_step="Ask its supplier for a valid document of CycloneDX 1.2 to 1.7, SPDX 2.2, 2.3 or 3.0.1.",
        path=label,
    )


def _packages(part: SbomComponent) -> tuple[PackageIdentity | None, ...]:
    """Return the packages that a component is said to be: usually one; each where it has several package URLs.

    None is in it for a package URL that identifies nothing: it is broken, or no package can have its name, as with a second `@` or
    a letter that only looks like one of ASCII.
    """
    others = (read_purl(value) for kind, value in part.identifiers if kind == "purl")
    given = [*([part.package] if part.purl else []), *others]
    return tuple(dict.fromkeys(package if package and is_possible(package) else None for package in given))


def is_possible(package: PackageIdentity) -> bool:
    """Return whether an ecosystem can have a package of this name: no index is asked, and advisories would just not have it."""
    if package.type == "pypi":
        return is_name(package.name)
    if package.type == "npm" and package.namespace and not package.namespace.startswith("@"):
        return False
    return bool(_PRINTED.fullmatch(package.name) and _PRINTED.fullmatch(package.namespace.removeprefix("@") or "x"))


def is_version_of(package: PackageIdentity, version: str) -> bool:
    """Return whether a text is a version of its ecosystem; of one without an order any text may be."""
    if package.type == "pypi":
        return is_version(version)
    target = target_of(package)
    if order_of(target.ecosystem) is None:
        return True
    return any(sort_key(target.ecosystem, text) is not None for text in versions_of(target, version))


def _versions(package: PackageIdentity, part: SbomComponent) -> tuple[str, ...]:
    """Return the versions of a package: usually one; both where package URL and component differ.

    An empty one is in it as well where a text is no version: it is in no list of affected versions, which proves nothing.
    """
    found = dict.fromkeys(filter(None, (package.version, part.version)))
    is_exact = found and all(is_version_of(package, version) for version in found)
    return tuple(found) if is_exact else (*found, "")


def _is_no_package(part: SbomComponent) -> bool:
    """Return whether advisories cannot name a component: data, or a file that claims no version and no product."""
    if part.package is not None or part.type not in _NO_PACKAGES:
        return False
    return part.type != "file" or not (part.version or part.cpes)


def identified(part: SbomComponent) -> tuple[tuple[PackageIdentity | None, tuple[str, ...]], ...]:
    """Return the packages that a component is said to be, each with its versions; None for what nothing identifies.

    A version is empty where there is none, or none that the ecosystem can have. Data and files that claim no product are nothing.
    """
    packages = _packages(part)
    found: list[tuple[PackageIdentity | None, tuple[str, ...]]] = []
    found += [(package, _versions(package, part)) for package in packages if package is not None]
    if None in packages or (not packages and not _is_no_package(part)):
        found.append((None, ("",)))
    return tuple(found)


def lock_of(document: ReceivedSbom, label: str, data: bytes, lines: dict[str, int] | None = None) -> Lock:
    """Return the packages of PyPI of a document as a lock.

    Args:
        document: As it was read.
        label: Its path, as findings show it.
        data: Its bytes.
        lines: Package URL -> its line, where that matters.
    """
    lines = lines or {}
    direct = {
        target for source, target, kind in document.edges if source in document.roots and kind is not EdgeKind.CONTAINS
    }
    states = any(document.edges.stated[root] for root in document.roots)
    entries = [
        LockEntry(
            pin=Pin(name=package.name, written_name=part.name, version=version, hashes=()),
            line=_line(part, document.locations[at], lines),
            path=label,
            direct=at in direct if states else None,
        )
        for at, part in enumerate(document.components)
        for package in _packages(part)
        if package is not None and package.type == "pypi"
        for version in _versions(package, part)
    ]
    return Lock(
        path=label,
        kind=LockKind.SBOM,
        sha256=sha256_bytes(data),
        size=len(data),
        entries=tuple(entries),
        format_version=document.label,
    )


def _lines_of_purls(data: bytes) -> dict[str, int]:
    """Return the first line of each package URL in a JSON document; none where the bytes do not show them."""
    found: dict[str, int] = {}
    line, at = 1, 0
    for match in _PURLS.finditer(data):
        line += data.count(b"\n", at, match.start(1))
        at = match.start(1)
        try:
            found.setdefault(json.loads(match[1]), line)
        except ValueError:
            continue
    return found


def _line(part: SbomComponent, location: str, lines: dict[str, int]) -> int:
    word, _, number = location.partition(" ")
    return int(number) if word == "line" and number.isdigit() else lines.get(part.purl, 1)


def other_parts(document: ReceivedSbom, label: str, lines: dict[str, int] | None = None) -> Iterator[OtherPart]:
    """Yield what is no package of PyPI, with its line where `lines` has it; the one product itself needs no advisory without a package URL, and a file is no package.

    A document that describes several things describes parts of the product among them.
    """
    lines = lines or {}
    product = document.roots if len(document.roots) == 1 else ()
    for at, part in enumerate(document.components):
        if at in product and not _packages(part):
            continue
        location = document.locations[at]
        line = _line(part, location, lines)
        for package, versions in identified(part):
            if package is None or package.type != "pypi":
                kind = NO_PACKAGE_URL if package is None else package.type
                yield OtherPart(label, line, kind, part, package, versions, location)


def unmatched_components(gate: str, parts: Iterable[tuple[OtherPart, str, str]]) -> Iterator[Finding]:
    """Yield a finding for each document, kind of package and reason about the components that were not examined.

    Args:
        gate: The first part of its code.
        parts: Components, each with the reason and the next step.
    """
    groups: defaultdict[tuple[str, str, str, str], list[OtherPart]] = defaultdict(list)
    for part, why, step in parts:
        groups[part.path, part.kind, why, step].append(part)
    for (label, kind, why, step), listed in sorted(groups.items(), key=lambda group: group[0]):
        named = [part.shown for part in listed[:MOST_NAMED]]
        more = f" and {len(listed) - MOST_NAMED:,} more" if len(listed) > MOST_NAMED else ""
        what = "without a package URL" if kind == NO_PACKAGE_URL else f"of the ecosystem {excerpt(kind)}"
        yield Finding(
            code=f"{gate}.not-examined",
            severity=Severity.INFO,
            message=f"not matched: {plural(len(listed), 'component')} {what} ({', '.join(named)}{more}): {printable(why)}",
            next_step=step,
            path=label,
        )


def _unread(gate: str, label: str, document: ReceivedSbom) -> Iterator[Finding]:
    """Yield what is not known of a document because it is invalid, or lists nothing."""
    broken = [defect for defect in document.defects if defect.kind in (DefectKind.SCHEMA, DefectKind.UNREAD)]
    if broken:
        places = "; ".join(f"{defect.location or '/'}: {printable(defect.message)}" for defect in broken[:MOST_NAMED])
        more = f"; and {len(broken) - MOST_NAMED:,} more" if len(broken) > MOST_NAMED else ""
        yield Finding(
            code=f"{gate}.not-examined",
            severity=Severity.INFO,
            message=f"{document.label} is not valid, so parts of it may not have been read: {places}{more}",
            next_step="Ask the supplier for a valid document.",
            path=label,
        )
    roots = set(document.roots)
    if all(at in roots or _is_no_package(part) for at, part in enumerate(document.components)):
        yield Finding(
            code=f"{gate}.not-examined",
            severity=Severity.INFO,
            message=f"{document.label} lists no component besides what it describes, and files",
            next_step="Ask the supplier for a document that lists the components.",
            path=label,
        )
    if any(statement.aggregate.startswith(_INCOMPLETE) for statement in document.completeness):
        yield Finding(
            code=f"{gate}.not-examined",
            severity=Severity.INFO,
            message=f"{document.label} states that it does not list everything",
            next_step="Ask the supplier for a complete document, and for the documents that this one refers to.",
            path=label,
        )
