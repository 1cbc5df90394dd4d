"""The pins of a compiled lock, the changes between two states of it, and whether an SBOM describes it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from ops.supply_chain.core.names import normalise
from ops.supply_chain.formats.cyclonedx import BomComponent, read_cyclonedx
from ops.supply_chain.formats.json_reader import UnexpectedShapeError

_PIN = re.compile(
    r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?(?:==(?P<version>[^\s;\\]+)|\s*@\s*(?P<url>[^\s;]+))"
)
_HASH = re.compile(r"--hash=(?P<algorithm>[a-z0-9]+):(?P<digest>[0-9A-Fa-f]+)")
_LOGICAL_LINE = re.compile(r"(?:[^\n]*\\\n)*[^\n]*\n?")
_HASH_OPTION = re.compile(r"\s*--hash=\S+")
_COMMENT = re.compile(r"(?:^|\s)#.*")
_EXTRAS = re.compile(r"^(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)(?P<extras>\[[^\]\n]*\])(?=[ \t]*[=@])", re.MULTILINE)
_SETTING = re.compile(
    r"(?:-i|-f|--(?:(?:extra-|default-)?index(?:-url)?|find-links|trusted-host|no-index|no-binary|only-binary|pre|"
    r"prefer-binary|require-hashes))(?=[\s=]|\Z)"
)
"""Options that add no package, and that compilers write into a lock or leave out."""


class CompiledPins(msgspec.Struct, frozen=True, kw_only=True):
    """The pins of a lock's body.

    `versions` maps each PEP 503 name to its versions, sorted as text (for a direct reference the URL); `hashes` are
    all digests of each name, without algorithm; `others` are the lines that require something else: a folder, an
    include, an address.
    """

    versions: Mapping[str, tuple[str, ...]]
    hashes: Mapping[str, frozenset[str]]
    others: frozenset[str] = frozenset()


class PinChange(msgspec.Struct, frozen=True, kw_only=True):
    """One package that differs; `before` and `after` are its versions joined by `, `, empty for absent."""

    name: str
    before: str
    after: str


def pins_of(body: str) -> CompiledPins:
    """Parse the pins of a lock's body as uv and pip-compile write it."""
    versions: dict[str, set[str]] = {}
    hashes: dict[str, set[str]] = {}
    name = ""
    for line in body.splitlines():
        match = _PIN.match(line)
        if match is not None:
            name = normalise(match["name"])
            versions.setdefault(name, set()).add(match["version"] or match["url"])
        for found in _HASH.finditer(line):
            hashes.setdefault(name, set()).add(found["digest"].lower())
    return CompiledPins(
        versions={name: tuple(sorted(several)) for name, several in sorted(versions.items())},
        hashes={name: frozenset(several) for name, several in hashes.items()},
        others=frozenset(_others(body)),
    )


def without_extras(body: str) -> str:
    """Return a lock's body as a compiler writes it that leaves out extras."""
    return _EXTRAS.sub(r"\g<name>", body)


def extras_left_out(body: str, complete: str) -> tuple[str, ...]:
    """Return the packages whose extras a lock leaves out although another package in it requires them.

    Args:
        body: The lock's body.
        complete: The same with all extras.
    Returns:
        `name[extra]`, sorted.
    """
    present = {normalise(match["name"]): match["extras"] for match in _EXTRAS.finditer(body)}
    return tuple(
        sorted(
            f"{normalise(match['name'])}{match['extras']}"
            for match in _EXTRAS.finditer(complete)
            if present.get(normalise(match["name"])) != match["extras"] and _is_required(complete[match.end() :])
        )
    )


def _is_required(rest: str) -> bool:
    """Return whether the comments below a pin name a package that requires it, and not only a file."""
    comments = itertools.takewhile(lambda line: line.startswith((" ", "\t")), rest.splitlines()[1:])
    names = [line.strip().removeprefix("#").strip().removeprefix("via").strip() for line in comments if "#" in line]
    return any(name and not name.startswith("-") for name in names)


def without_others(body: str) -> str:
    """Return a lock's body without the lines that are `others`: the part that a compiler may get as seed.

    A compiler would follow an include wherever it leads, and it is to keep pins only.
    """
    return "".join(line for line in _LOGICAL_LINE.findall(body) if not any(_others(line)))


def _others(body: str) -> Iterator[str]:
    """Yield lines that no compiler writes as a pin but an installer would follow, such as an indented pin."""
    for line in body.replace("\\\n", " ").splitlines():
        text = _HASH_OPTION.sub("", _COMMENT.sub("", line))
        if text.strip() and not _PIN.match(text) and not _SETTING.match(text.strip()):
            yield text.strip()


def changes_between(before: CompiledPins, after: CompiledPins) -> tuple[PinChange, ...]:
    """Return the packages that differ in versions or hashes, sorted by name."""
    found = []
    for name in sorted({*before.versions, *after.versions}):
        old, new = before.versions.get(name, ()), after.versions.get(name, ())
        if old != new or before.hashes.get(name) != after.hashes.get(name):
            found.append(PinChange(name=name, before=", ".join(old), after=", ".join(new)))
    return tuple(found)


def downgraded(before: CompiledPins, after: CompiledPins) -> tuple[str, ...]:
    """Return the names whose newest version went down, sorted; removed packages and URLs do not count."""
    return tuple(
        name
        for name, old in before.versions.items()
        if (new := after.versions.get(name)) and _newest(new) < _newest(old)
    )


def describes(bom: object, pins: CompiledPins) -> bool:
    """Return whether a CycloneDX document has exactly the names, versions and digests of a lock.

    Args:
        bom: The parsed document, by whatever tool; False for another format, or a fault.
        pins: The lock's pins.
    """
    try:
        found = read_cyclonedx(bom)
    except UnexpectedShapeError:
        return False
    versions: dict[str, set[str]] = {}
    hashes: dict[str, set[str]] = {}
    for component in found.components:
        name = normalise(component.name)
        versions.setdefault(name, set()).add(component.version)
        hashes.setdefault(name, set()).update(_digests(component))
    wanted = {name: {_exact(version) for version in several} for name, several in pins.versions.items()}
    return (
        not found.faults
        and versions == wanted
        and all(hashes[name] == pins.hashes.get(name, frozenset()) for name in wanted)
    )


def _newest(versions: tuple[str, ...]) -> Any:
    from packaging.version import InvalidVersion, Version

    found = []
    for version in versions:
        try:
            found.append(Version(version))
        except InvalidVersion:  # a URL, or a version from before PEP 440: not comparable, so never a downgrade
            continue
    return max(found, default=Version("0.dev0"))


def _exact(version: str) -> str:
    return "" if "://" in version or version.startswith(("/", ".")) else version


def _digests(component: BomComponent) -> Iterator[str]:
    for hashes in (component.hashes, *(reference.hashes for reference in component.references)):
        for entry in hashes:
            yield entry.content.lower()
