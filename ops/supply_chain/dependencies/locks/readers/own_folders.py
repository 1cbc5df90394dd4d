"""The project's own packages in a requirements file: their names, and which packages are direct if uv exported it.

A line such as `-e ./packages/sub` names no package; the `pyproject.toml` in the folder does.

Source: https://packaging.python.org/en/latest/specifications/pyproject-toml/ (`name`, `version`),
https://docs.astral.sh/uv/reference/cli/#uv-export (uv 0.13)
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import unquote

import msgspec

from ops.supply_chain.contracts.values.lock import Pin
from ops.supply_chain.core import plain_toml
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.names import normalise
from ops.supply_chain.dependencies.locks.names import is_name, is_version
from ops.supply_chain.dependencies.locks.outside import is_outside
from ops.supply_chain.dependencies.locks.readers.requirement_lines import Annotation
from ops.supply_chain.dependencies.locks.sources import guessed_name

_SCHEME = re.compile(r"file:(?://)?", re.IGNORECASE)


class FolderPackage(NamedTuple):
    """The package in a folder; `version` is empty if it is decided by a build backend."""

    name: str
    version: str


def package_in(folder: str, read: Callable[[str], bytes | None]) -> FolderPackage | None:
    """Return the package whose `pyproject.toml` is in a folder, None if there is none or it cannot be read.

    Args:
        folder: Relative to the project, empty for its top.
        read: Reads a file of the project.
    """
    try:
        data = read(posixpath.join(folder, "pyproject.toml"))
        document = plain_toml.load((data or b"").decode())
    except (InputError, ValueError):
        return None
    tool = document.get("tool")
    poetry = tool.get("poetry") if isinstance(tool, dict) else None
    for table in (document.get("project"), poetry):
        name = table.get("name") if isinstance(table, dict) else None
        if isinstance(table, dict) and isinstance(name, str) and is_name(name):
            version = table.get("version")
            return FolderPackage(name, version if isinstance(version, str) and is_version(version) else "")
    return None


def named(pin: Pin, path: str, read: Callable[[str], bytes | None]) -> Pin:
    """Return a pin of a folder with the name and version in that folder's own `pyproject.toml`.

    Args:
        pin: Any pin; only one in a folder of the project whose name is guessed from the folder's changes.
        path: The file with the requirement.
        read: Reads a file of the project.
    """
    folder = posixpath.dirname(path)
    is_guessed = pin.local and pin.name == normalise(guessed_name(pin.source))
    if not is_guessed or is_outside(folder, pin.source.url):
        return pin
    place = posixpath.normpath(
        posixpath.join(folder, unquote(_SCHEME.sub("", pin.source.url)), pin.source.subdirectory)
    )
    found = package_in("" if place == "." else place, read)
    if found is None:
        return pin
    return msgspec.structs.replace(
        pin, name=normalise(found.name), written_name=found.name, version=pin.version or found.version
    )


def exported(pin: Pin, annotation: Annotation, own: frozenset[str], root: str) -> Annotation:
    """Return what the comments of a pin mean in a file that `uv export` wrote with comments.

    They name the packages that require it, members of the workspace included; without any, a dependency group does.

    Args:
        pin: The pin.
        annotation: Its comments.
        own: PEP 503 names of the project and the members of its workspace.
        root: The one of them beside the file.
    """
    required_by = annotation.required_by or ()
    direct = not required_by or not own.isdisjoint(required_by)
    is_root = pin.local and pin.name == root and not required_by
    return annotation._replace(direct=None if is_root else direct, required_by=required_by)
