"""The one way into the readers: a path and bytes in, a `Lock` out."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable

import msgspec

from ops.supply_chain.contracts.values.lock import Lock, LockKind
from ops.supply_chain.dependencies.locks.requirements import ReadIncluded, read_requirements

_NAMED = {
    LockKind.UV: re.compile(r"uv\.lock|.+\.py\.lock"),
    LockKind.PYLOCK: re.compile(r"pylock(?:\.[^.]+)?\.toml"),
    LockKind.POETRY: re.compile(r"poetry\.lock"),
    LockKind.PDM: re.compile(r"pdm(?:\.[^.]+)?\.lock"),
    LockKind.PIPFILE: re.compile(r"Pipfile\.lock"),
    LockKind.REQUIREMENTS: re.compile(r".*requirements.*\.txt", re.IGNORECASE),
}
_REQUIREMENTS_FOLDER = "requirements"
_MANIFESTS = {LockKind.PIPFILE: "Pipfile"}
_PYPROJECT = "pyproject.toml"


def kind_of(path: str) -> LockKind | None:
    """Tell the format from a file's name, or None where the name does not tell.

    Args:
        path: Relative to the project, with `/`.
    """
    folder, name = posixpath.split(path)
    for kind, pattern in _NAMED.items():
        if pattern.fullmatch(name):
            return kind
    in_folder = posixpath.basename(folder) == _REQUIREMENTS_FOLDER
    return LockKind.REQUIREMENTS if in_folder and name.endswith(".txt") else None


def read_lock(path: str, data: bytes, read_included: ReadIncluded) -> Lock:
    """Read a lock of any format; what is no other is taken for a requirements file.

    Args:
        path: Relative to the project, with `/`.
        data: The file's bytes.
        read_included: Reads another file of the project by its path relative to the project; None where
            there is none. It is asked for includes, manifests and the file that the lock is compiled from.
    Returns:
        The lock, with `source` set.
    Raises:
        InputError: The file breaks its own format; file and line are named.
    """
    kind = kind_of(path) or LockKind.REQUIREMENTS
    lock = _reader(kind, read_included)(path, data)
    return msgspec.structs.replace(lock, source=_source(path, kind, read_included))


def _reader(kind: LockKind, read_included: ReadIncluded) -> Callable[[str, bytes], Lock]:
    if kind is LockKind.REQUIREMENTS:
        return lambda path, data: read_requirements(path, data, read_included)
    return _table_reader(kind, read_included)


def _table_reader(kind: LockKind, read_included: ReadIncluded) -> Callable[[str, bytes], Lock]:
    # Imported where used: most projects have one format.
    if kind is LockKind.UV:
        from ops.supply_chain.dependencies.locks.uv_lock import read_uv_lock

        return read_uv_lock
    if kind is LockKind.PYLOCK:
        from ops.supply_chain.dependencies.locks.pylock import read_pylock

        return read_pylock
    if kind is LockKind.POETRY:
        from ops.supply_chain.dependencies.locks.poetry_lock import read_poetry_lock

        return lambda path, data: read_poetry_lock(path, data, read_included)
    if kind is LockKind.PDM:
        from ops.supply_chain.dependencies.locks.pdm_lock import read_pdm_lock

        return lambda path, data: read_pdm_lock(path, data, read_included)
    from ops.supply_chain.dependencies.locks.pipfile_lock import read_pipfile_lock

    return lambda path, data: read_pipfile_lock(path, data, read_included)


def _source(path: str, kind: LockKind, read_included: ReadIncluded) -> str:
    folder, name = posixpath.split(path)
    if name.endswith(".py.lock"):
        beside = name.removesuffix(".lock")
    elif kind is LockKind.REQUIREMENTS:
        beside = f"{posixpath.splitext(name)[0]}.in"
    else:
        beside = _MANIFESTS.get(kind, _PYPROJECT)
    source = posixpath.join(folder, beside)
    return source if source != path and read_included(source) is not None else ""
