"""The one package of a project that a tag at HEAD, or `--version NAME==VERSION`, selects for a release."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from ops.supply_chain.adapters.files.package_folders import PackageFolder, package_folders
from ops.supply_chain.contracts.config.file import Config
from ops.supply_chain.contracts.values.source import ProjectMetadata
from ops.supply_chain.core.errors import ErrorClass, UsageError
from ops.supply_chain.core.names import normalise
from ops.supply_chain.core.text import excerpt
from ops.supply_chain.formats.version_tags import package_in, tagged_package

_SEVERAL_WORDS = re.compile(r"[-/@_=]")


class TaggedPackage(msgspec.Struct, frozen=True, kw_only=True):
    """The package that is released: its folder, relative to the project, its name as written, and its version as tagged.

    `metadata` and `document` are those of its folder.
    """

    path: str
    name: str
    version: str
    metadata: ProjectMetadata
    document: Mapping[str, Any]


def find_tagged_package(
    root: Path, config: Config, tags: Collection[str], own: Collection[str], wanted: str
) -> TaggedPackage | None:
    """Return the one package that is released; None where the whole project is.

    Args:
        root: The project's folder.
        config: Its configuration.
        tags: Those at HEAD.
        own: Names of the project itself; a package with such a name is the project.
        wanted: As `--version` gives it, empty where it does not.
    Raises:
        UsageError: The tags select several packages or versions, or `[[packages]]` names a folder without a package.
        InputError: The metadata of a package cannot be read.
    """
    if not any(_SEVERAL_WORDS.search(text) for text in (*tags, wanted)):
        return None  # no package can be named
    folders: dict[str, list[tuple[str, PackageFolder]]] = {}
    for name, folder in named_folders(root, config):
        folders.setdefault(normalise(name), []).append((name, folder))
    others = {name: found for name, found in folders.items() if name not in {normalise(text) for text in own if text}}
    try:
        tag = tagged_package(tags, own, [name for name, found in others.items() for _ in found], wanted)
    except ValueError as error:
        raise UsageError(
            f"{excerpt(str(error))}: which package is released?",
            hint="Name one with --version NAME==VERSION, or give the version of the whole project.",
            kind=ErrorClass.SEVERAL_VERSIONS,
        ) from error
    if tag is None:
        return None
    ((name, folder),) = others[package_in(tag)]
    return TaggedPackage(
        path=folder.path, name=name, version=tag.text, metadata=folder.metadata, document=folder.document
    )


def named_folders(root: Path, config: Config) -> Iterator[tuple[str, PackageFolder]]:
    """Yield the packages of a project with a name, as `[[packages]]` or else their metadata have it.

    Raises:
        UsageError: `[[packages]]` names a folder without a package.
        InputError: The metadata of a package cannot be read.
    """
    if not config.packages:
        yield from ((folder.name, folder) for folder in package_folders(root) if folder.name)
    for entry in config.packages:
        for folder in package_folders(root, [entry.path]):
            if entry.name or folder.name:
                yield entry.name or folder.name, folder
