"""What two states of a lock have in common, and whether a document beside a lock still describes it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from ops.supply_chain.core.names import normalise

_PIN = re.compile(
    r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?(?:==(?P<version>[^\s;\\]+)|\s*@\s*(?P<url>[^\s;]+))"
)
_HASH = re.compile(r"--hash=(?P<algorithm>[a-z0-9]+):(?P<digest>[0-9A-Fa-f]+)")
_LOGICAL_LINE = re.compile(r"(?:[^\n]*\\\n)*[^\n]*\n?")
_HASH_OPTION = re.compile(r"\s*--hash=\S+")
_COMMENT = re.compile(r"(?:^|\s)#.*")
_SETTING = re.compile(
    r"(?:-i|-f|--(?:(?:extra-|default-)?index(?:-url)?|find-links|trusted-host|no-index|no-binary|only-binary|pre|"
    r"prefer-binary|require-hashes))(?=[\s=]|\Z)"
)
"""Options that add no package, and that compilers write into a lock or leave out."""


class Pins(msgspec.Struct, frozen=True, kw_only=True):
    """What a compiled body pins: `versions` maps each PEP 503 name to its versions, sorted as text (a URL
    stands for the version where there is none); `hashes` are all digests of each name, without algorithm;
    `others` are the lines that ask for something and are no such pin: a folder, an include, an address.
    """

    versions: Mapping[str, tuple[str, ...]]
    hashes: Mapping[str, frozenset[str]]
    others: frozenset[str] = frozenset()


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One package that differs; `before` and `after` are its versions joined by `, `, empty for absent."""

    name: str
    before: str
    after: str


def pins_of(body: str) -> Pins:
    """Read the pins of a lock's body as uv and pip-compile write it."""
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
    return Pins(
        versions={one: tuple(sorted(several)) for one, several in sorted(versions.items())},
        hashes={one: frozenset(several) for one, several in hashes.items()},
        others=frozenset(_others(body)),
    )


def without_others(body: str) -> str:
    """Return a lock's body without the lines that are `others`: what a compiler may be given of a lock.

    It would follow an include to wherever that leads, and pins are all that it is to keep.
    """
    return "".join(line for line in _LOGICAL_LINE.findall(body) if not any(_others(line)))


def _others(body: str) -> Iterator[str]:
    """Yield what no compiler writes as a pin and an installer would take nevertheless, such as a pin set in."""
    for line in body.replace("\\\n", " ").splitlines():
        text = _HASH_OPTION.sub("", _COMMENT.sub("", line))
        if text.strip() and not _PIN.match(text) and not _SETTING.match(text.strip()):
            yield text.strip()


def changes_between(before: Pins, after: Pins) -> tuple[Change, ...]:
    """List the packages whose versions differ, sorted by name; equal versions with other hashes count too."""
    found = []
    for name in sorted({*before.versions, *after.versions}):
        old, new = before.versions.get(name, ()), after.versions.get(name, ())
        if old != new or before.hashes.get(name) != after.hashes.get(name):
            found.append(Change(name=name, before=", ".join(old), after=", ".join(new)))
    return tuple(found)


def lowered(before: Pins, after: Pins) -> tuple[str, ...]:
    """List the names whose newest version went down, sorted; what is gone or has no version is not among them."""
    return tuple(
        name
        for name, old in before.versions.items()
        if (new := after.versions.get(name)) and _newest(new) < _newest(old)
    )


def describes(bom: object, pins: Pins) -> bool:
    """Tell whether a CycloneDX document has exactly the names, versions and digests of a lock.

    Args:
        bom: The parsed document, by whatever tool; anything else than an object is False.
        pins: The lock's.
    """
    versions: dict[str, set[str]] = {}
    hashes: dict[str, set[str]] = {}
    for component in _objects(bom.get("components") if isinstance(bom, dict) else None):
        name = normalise(str(component.get("name", "")))
        versions.setdefault(name, set()).add(str(component.get("version", "")))
        hashes.setdefault(name, set()).update(_digests(component))
    wanted = {name: {_exact(one) for one in several} for name, several in pins.versions.items()}
    return (
        isinstance(bom, dict)
        and versions == wanted
        and all(hashes[name] == pins.hashes.get(name, frozenset()) for name in wanted)
    )


def _newest(versions: tuple[str, ...]) -> Any:
    from packaging.version import InvalidVersion, Version

    found = []
    for one in versions:
        try:
            found.append(Version(one))
        except InvalidVersion:  # a URL, or a version from before PEP 440: not comparable, so never lower
            continue
    return max(found, default=Version("0.dev0"))


def _exact(version: str) -> str:
    return "" if "://" in version or version.startswith(("/", ".")) else version


def _objects(value: object) -> Iterator[dict[str, Any]]:
    for one in value if isinstance(value, list) else []:
        if isinstance(one, dict):
            yield one


def _digests(component: dict[str, Any]) -> Iterator[str]:
    places = [component, *_objects(component.get("externalReferences"))]
    for place in places:
        for found in _objects(place.get("hashes")):
            yield str(found.get("content", "")).lower()
