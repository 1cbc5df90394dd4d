"""The one way to open an input file that belongs to a project: links may not lead out of the project.

A link that is committed could lead to any file of the machine that runs the pipeline, and its content into a released
file or a log. Paths that the command line gives are not inputs of the project and are not restricted.
"""

from __future__ import annotations

import os
from pathlib import Path

from ops.supply_chain.adapters.files.project_files import ProjectFiles
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.text import printable

HINT = "Put the file itself there, not a link to a place outside the project."


def read_input(root: Path, name: str) -> bytes | None:
    """Read a file of a project.

    Args:
        root: The project's folder.
        name: Relative to it, with `/`.
    Returns:
        Its bytes; None where there is no such file.
    Raises:
        InputError: It leads out of the project, is no regular file, is too large or cannot be read.
    """
    return ProjectFiles(root, hint=HINT).read(name)


def read_input_text(root: Path, name: str) -> str | None:
    """Read a file of a project as UTF-8; None where there is no such file.

    Raises:
        InputError: As `read_input`, or it is not UTF-8.
    """
    data = read_input(root, name)
    try:
        return None if data is None else data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{printable(name)}: cannot be read: {error}", hint="Save it as UTF-8.") from error


def configured_input(root: Path, name: str) -> Path:
    """Return the path of a file or folder that a project's configuration names, after a check of its links.

    Args:
        root: The project's folder.
        name: Relative to it, or a path elsewhere that is written out in the configuration, where a reader sees it.
    Raises:
        InputError: It is in the project by its name, and a link of it, or of a file below it, leads out.
    """
    # The path that was checked is the path that is opened: `link/../x` as the system resolves it is another one.
    path = Path(os.path.normpath(root / name))
    if not path.is_relative_to(Path(os.path.normpath(root))):
        return path
    require_inside(root, path)
    if path.is_dir():
        for folder, folders, files in os.walk(path):
            for entry in [*folders, *files]:
                require_inside(root, Path(folder) / entry)
    return path


def require_inside(root: Path, path: Path) -> None:
    """Check that no link in a path leads out of the project.

    Args:
        root: The project's folder.
        path: Below it.
    Raises:
        InputError: It leads out.
    """
    real_root, real = os.path.realpath(root), os.path.realpath(path)
    if os.path.commonpath([real, real_root]) != real_root:
        shown = printable(os.path.relpath(path, root))
        raise InputError(f"{shown}: expected a file of the project, found a link that leads out of it", hint=HINT)
