"""Versions in the names of git tags: `v1.2`, `1.2`, `NAME==1.2`, `NAME-v1.2`, compared by PEP 440.

In a project of several packages a tag also decides which of them is released.

Source: https://packaging.python.org/en/latest/specifications/version-specifiers/
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
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


def tagged_package(
    tags: Collection[str], own: Collection[str], packages: Sequence[str], wanted: str = ""
) -> VersionTag | None:
    """Return the tag that makes one package of a project the subject of a release.

    Args:
        tags: Those at HEAD.
        own: Names of the project itself.
        packages: Names of its packages in PEP 503 form, none of which is a name of the project.
        wanted: The version that is asked for: a version, or `NAME==VERSION` and the like; empty for the one that is tagged.
    Returns:
        None where the whole project is released. The tag is `wanted` where that names a package.
    Raises:
        ValueError: The tags name several packages or versions, or a package and the project, or a name is that of two
            packages; the message names them.
    """
    found = [tag for name in tags if (tag := read_tag(name, packages)) is not None and tag.named]
    chosen = read_tag(wanted, packages)
    if chosen is not None and chosen.named:
        others = [tag for tag in found if package_in(tag) == package_in(chosen) and tag.version != chosen.version]
        if others:
            raise ValueError(f"{wanted} is wanted, and HEAD has the tag {others[0].tag}")
    else:
        chosen = _only(found, version_tags(tags, own), packages, wanted)
    if chosen is not None and packages.count(package_in(chosen)) > 1:
        raise ValueError(f"{chosen.tag} names {packages.count(package_in(chosen))} packages")
    return chosen


def _only(
    found: Sequence[VersionTag], project: Sequence[VersionTag], packages: Sequence[str], wanted: str
) -> VersionTag | None:
    """Return the one of the tags of packages that is released; None where it is the project, or all of them at one version."""
    if wanted:
        found = [tag for tag in found if same_version(tag.text, wanted)]
        project = [tag for tag in project if same_version(tag.text, wanted)]
    versions = {tag.version for tag in found}
    if not found or {tag.version for tag in project} == versions:
        return None
    names = {package_in(tag) for tag in found}
    if wanted and names == {*packages} and len(names) > 1:
        return None
    if project or len(names) > 1 or len(versions) > 1:
        raise ValueError(f"HEAD has the tags {', '.join(tag.tag for tag in (*project, *found))}")
    return found[0]


def same_version(left: str, right: str) -> bool:
    """Return whether two texts are the same version: by PEP 440 if both are versions, else but for a leading `v`."""
    one, other = parse_version(left), parse_version(right)
    if one is None or other is None:
        return left.removeprefix("v") == right.removeprefix("v")
    return one == other


def package_in(tag: VersionTag) -> str:
    """Return the name that a tag begins with, in PEP 503 form; empty if it begins with none."""
    name = tag.tag.removesuffix(tag.text)
    return normalise(re.sub(rf"(?:{_SEPARATORS.pattern})$", "", name)) if tag.named else ""


def _after_names(tag: str, own: Collection[str]) -> Iterator[str]:
    for mark in _SEPARATORS.finditer(tag[: 2 * LONGEST_VERSION]):
        if normalise(tag[: mark.start()]) in own:
            yield tag[mark.end() :]
