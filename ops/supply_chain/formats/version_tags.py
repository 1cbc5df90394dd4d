"""Versions in the names of git tags: `v1.2`, `1.2`, `NAME==1.2`, `NAME-v1.2`, compared by PEP 440.

Source: https://packaging.python.org/en/latest/specifications/version-specifiers/
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from packaging.version import InvalidVersion, Version

from ops.supply_chain.core.names import normalise

LONGEST_VERSION = 200
"""Characters; a longer text is no version: parsing it would take long, and no index has one."""

_SEPARATORS = re.compile(r"==|[-/@_]")


class VersionTag(NamedTuple):
    """A tag that names a version.

    `text` is the version in it as written, with its `v`; `version` the same by PEP 440; `named` is True if the tag
    begins with the project's name.
    """

    tag: str
    text: str
    version: Version
    named: bool


def parse_version(text: str) -> Version | None:
    """Return a version by PEP 440, a leading `v` allowed; None for any other text."""
    if len(text) > LONGEST_VERSION or not text.isascii() or text != text.strip():
        return None
    try:
        return Version(text)
    except (InvalidVersion, ValueError):  # a number with more digits than Python converts
        return None


def read_tag(tag: str, names: Iterable[str]) -> VersionTag | None:
    """Read a tag as that of a version of a project; None for any other tag.

    Args:
        tag: Its name.
        names: The project's names, which are compared by PEP 503.
    """
    version = parse_version(tag)
    if version is not None:
        return VersionTag(tag, tag, version, named=False)
    own = {normalise(name) for name in names if name}
    for text in _after_names(tag, own):
        found = parse_version(text)
        if found is not None:
            return VersionTag(tag, text, found, named=True)
    return None


def version_tags(tags: Iterable[str], names: Collection[str]) -> tuple[VersionTag, ...]:
    """Return the tags of a project's versions: those with its name if there is one, else those without a name.

    Returns:
        Sorted, shortest first.
    """
    found = [tag for name in tags if (tag := read_tag(name, names)) is not None]
    named = [tag for tag in found if tag.named]
    return tuple(sorted(named or found, key=lambda tag: (len(tag.text), tag.tag)))


def same_version(left: str, right: str) -> bool:
    """Return whether two texts are the same version: by PEP 440 if both are versions, else but for a leading `v`."""
    one, other = parse_version(left), parse_version(right)
    if one is None or other is None:
        return left.removeprefix("v") == right.removeprefix("v")
    return one == other


def _after_names(tag: str, own: Collection[str]) -> Iterator[str]:
    for mark in _SEPARATORS.finditer(tag[: 2 * LONGEST_VERSION]):
        if normalise(tag[: mark.start()]) in own:
            yield tag[mark.end() :]
