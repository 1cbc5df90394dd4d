"""The entry point of the readers: a path and bytes in, a `Lock` out."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from ops.supply_chain.contracts.values.lock import Lock, LockKind
from ops.supply_chain.dependencies.locks.steps import with_commands
from ops.supply_chain.formats.lock_formats import PIPFILE, kind_of_name, lock_format
from ops.supply_chain.formats.uv_export import export_again

if TYPE_CHECKING:
    from ops.supply_chain.dependencies.locks.readers.requirements import ReadIncluded

_CANONICAL = {f"{PIPFILE}.lock".lower(): f"{PIPFILE}.lock"}
_REQUIREMENTS_FOLDER = "requirements"
_REQUIREMENTS_SUFFIXES = (".txt", ".lock")
"""Of requirements files in that folder: pip takes any name, rye writes `.lock`."""


def kind_of(path: str) -> LockKind | None:
    """Return the format of a file by its name, or None if the name is not that of a lock.

    Args:
        path: Relative to the project, with `/`.
    """
    folder, name = posixpath.split(path)
    in_folder = posixpath.basename(folder) == _REQUIREMENTS_FOLDER and name.endswith(_REQUIREMENTS_SUFFIXES)
    return kind_of_name(name) or (LockKind.REQUIREMENTS if in_folder else None)


def kind_in_any_case(path: str) -> LockKind | None:
    """Return the format of a file by its name as `kind_of` does, whether its letters are upper or lower case.

    Args:
        path: Relative to the project, with `/`.
    """
    folder, name = posixpath.split(path.lower())
    return kind_of(posixpath.join(folder, _CANONICAL.get(name, name)))


def read_lock(path: str, data: bytes, read_included: ReadIncluded) -> Lock:
    """Read a lock of any format; a file of any other name is read as a requirements file.

    Args:
        path: Relative to the project, with `/`.
        data: The file's bytes.
        read_included: Reads another file of the project by its path relative to the project; None if there is
            none. It reads includes, manifests and the file that the lock is compiled from.
    Returns:
        The lock, with `source` set.
    Raises:
        InputError: The file does not follow its format; file and line are named.
    """
    kind = kind_of(path) or LockKind.REQUIREMENTS
    lock = _reader(kind)(path, data, read_included)
    export = export_again(data[:_HEADER_BYTES].decode("utf-8", "replace")) if kind in _EXPORTED else ""
    return with_commands(msgspec.structs.replace(lock, source=_source(path, kind, read_included), export=export))


_EXPORTED = frozenset({LockKind.REQUIREMENTS, LockKind.PYLOCK})
_HEADER_BYTES = 4096


def _reader(kind: LockKind) -> Callable[[str, bytes, ReadIncluded], Lock]:
    """Return the reader of a format; a project has locks of one or two of them, and the others are not imported."""
    if kind is LockKind.UV:
        from ops.supply_chain.dependencies.locks.readers.uv_lock import read_uv_lock

        return read_uv_lock
    if kind is LockKind.PYLOCK:
        from ops.supply_chain.dependencies.locks.readers.pylock import read_pylock

        return read_pylock
    if kind is LockKind.POETRY:
        from ops.supply_chain.dependencies.locks.readers.poetry_lock import read_poetry_lock

        return read_poetry_lock
    if kind is LockKind.PDM:
        from ops.supply_chain.dependencies.locks.readers.pdm_lock import read_pdm_lock

        return read_pdm_lock
    if kind is LockKind.PIPFILE:
        from ops.supply_chain.dependencies.locks.readers.pipfile_lock import read_pipfile_lock

        return read_pipfile_lock
    from ops.supply_chain.dependencies.locks.readers.requirements import read_requirements

    return read_requirements


def _source(path: str, kind: LockKind, read_included: ReadIncluded) -> str:
    folder, name = posixpath.split(path)
    if name.endswith(".py.lock"):
        sibling = name.removesuffix(".lock")
    else:
        sibling = lock_format(kind).manifest or f"{posixpath.splitext(name)[0]}.in"
    source = posixpath.join(folder, sibling)
    return source if source != path and read_included(source) is not None else ""
