"""The files of a project that locks are compiled from, and the locks beside them."""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from functools import lru_cache
from pathlib import Path

from ops.supply_chain.adapters.files.project_files import ProjectFiles
from ops.supply_chain.core.errors import ErrorClass, InputError, UsageError
from ops.supply_chain.formats.requirements_encoding import UndecodableError, decode_requirements

SUFFIXES = (".in", ".txt")


def list_files(root: Path, exclude: Collection[str]) -> tuple[str, ...]:
    """List the `.in` and `.txt` files of a project and everything at its top.

    Args:
        root: The project's folder.
        exclude: Globs relative to it, in which `**` crosses folders.
    Returns:
        Paths relative to the project, sorted; what `ProjectFiles` never walks is left out.
    Raises:
        InputError: A folder cannot be read.
    """
    walked = ProjectFiles(root).walk(lambda path: matches(path, exclude))
    return tuple(sorted(path for path in walked if path.endswith(SUFFIXES) or "/" not in path))


def matches(path: str, globs: Collection[str]) -> bool:
    """Return whether a path relative to the project, or one of its folders, matches one of the globs."""
    parts = path.split("/")
    return any(_pattern(glob).fullmatch("/".join(parts[: depth + 1])) for glob in globs for depth in range(len(parts)))


def read_text(root: Path, path: str) -> str | None:
    """Read a source or a lock that is a requirements file, line ends as they are; None where there is none.

    Raises:
        InputError: It leads out of the project, cannot be read, or is not in the encoding that pip would take it for.
    """
    data = ProjectFiles(root).read(path)
    if data is None:
        return None
    try:
        return decode_requirements(data)
    except UndecodableError as error:
        raise InputError(f"{path}:{error.line}: {error}", hint="Save it as UTF-8.") from error


def inside(root: Path, given: Path) -> str:
    """Turn a path from the command line into one relative to the project; empty for the project itself.

    Args:
        root: The project's folder, absolute.
        given: Absolute, or relative to the project, or else to the current folder.
    Raises:
        UsageError: There is no such file or folder in the project.
    """
    for base in (root, Path.cwd()):
        path = Path(os.path.normpath(base / given))
        if path.exists() and path.is_relative_to(root):
            return "" if path == root else path.relative_to(root).as_posix()
    raise UsageError(
        f"{given}: is no file or folder of the project",
        hint="Give a source, a lock or a folder of them.",
        kind=ErrorClass.COMMAND_LINE,
    )


@lru_cache(maxsize=256)
def _pattern(glob: str) -> re.Pattern[str]:
    pieces = {"**/": "(?:.+/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    found = re.split(r"(\*\*/|\*\*|\*|\?)", glob.strip("/"))
    return re.compile("".join(pieces.get(piece, re.escape(piece)) for piece in found))
