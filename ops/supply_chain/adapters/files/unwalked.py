"""The files of a project that the walk passes by although they may be its own, each with the reason.

Under git these are tracked files in folders that are never searched, tracked files that are not checked out, submodules
that are not, and links to folders outside. Without git they are files in folders that are as often source as output.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from pathlib import Path

from ops.supply_chain.adapters.files.git import TrackedPath, index_entries
from ops.supply_chain.adapters.files.project_files import (
    ENVIRONMENT_MARKS,
    NEVER_WALKED,
    NEVER_WALKED_SUFFIXES,
    is_environment,
)
from ops.supply_chain.contracts.values.unread import UnwalkedFile

SEARCHED_WITHOUT_GIT = frozenset({"build", "dist", ".cache"})
"""Folders by name that are often source: without git only their content can show it."""

OUTSIDE = "is a link that leads out of the project"
SUBMODULE = "is a submodule that is not checked out"
SPARSE = "is tracked by git and not checked out"


def unwalked_files(root: Path, walked: Collection[str]) -> Iterator[UnwalkedFile]:
    """Yield what the walk passed by.

    Args:
        root: The project's folder.
        walked: What it did not, relative to the folder.
    Raises:
        UnavailableError: git does not answer.
    """
    entries = index_entries(root)
    if entries is None:
        yield from _searched(root, "", "")
        return
    seen = set(walked)
    for entry in entries:
        if entry.path not in seen and (found := _tracked(root, entry)) is not None:
            yield found


def _tracked(root: Path, entry: TrackedPath) -> UnwalkedFile | None:
    full = root / entry.path
    if entry.is_submodule:
        empty = not os.path.lexists(full) or (full.is_dir() and not any(full.iterdir()))
        return UnwalkedFile(entry.path, SUBMODULE, whole=True) if empty else None
    if not os.path.lexists(full):
        return UnwalkedFile(entry.path, SPARSE) if entry.skipped else None
    if full.is_symlink() and full.is_dir():
        return UnwalkedFile(entry.path, OUTSIDE, whole=True) if _leads_out(root, full) else None
    why = _why(root, entry.path)
    return UnwalkedFile(entry.path, why) if why else None


def _why(root: Path, path: str) -> str:
    parts = path.split("/")[:-1]
    for depth, part in enumerate(parts):
        folder = "/".join(parts[: depth + 1])
        if part in NEVER_WALKED or part.endswith(NEVER_WALKED_SUFFIXES):
            return f"is in {folder}/, which is not searched"
        mark = next((mark for mark in ENVIRONMENT_MARKS if os.path.lexists(root / folder / mark)), "")
        if mark:
            return _marked(folder, mark)
    return ""


def _searched(root: Path, folder: str, why: str) -> Iterator[UnwalkedFile]:
    """Yield the files of folders that the walk skips, and links of any folder to folders outside."""
    try:
        entries = _entries(root / folder)
    except OSError:
        yield UnwalkedFile(folder, "is a folder that cannot be read", whole=True)
        return
    mark = next((entry.name for entry in entries if folder and entry.name in ENVIRONMENT_MARKS), "")
    if mark and is_environment(root / folder):
        return
    why = why or (_marked(folder, mark) if mark else "")
    for entry in entries:
        path = f"{folder}/{entry.name}" if folder else entry.name
        if entry.is_symlink() and entry.is_dir():
            if _leads_out(root, Path(entry.path)):
                yield UnwalkedFile(path, OUTSIDE, whole=True)
        elif not entry.is_dir(follow_symlinks=False):
            if why:
                yield UnwalkedFile(path, why)
        elif _is_searched(entry.name):
            skipped = f"is in {path}/, which is not searched" if entry.name in SEARCHED_WITHOUT_GIT else ""
            yield from _searched(root, path, why or skipped)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as scan:
        return sorted(scan, key=lambda entry: entry.name)


def _is_searched(name: str) -> bool:
    is_skipped = name in NEVER_WALKED or name.endswith(NEVER_WALKED_SUFFIXES)
    return name in SEARCHED_WITHOUT_GIT or not is_skipped


def _marked(folder: str, mark: str) -> str:
    return f"is in {folder}/, which {mark} marks as an environment"


def _leads_out(root: Path, path: Path) -> bool:
    real_root, real = os.path.realpath(root), os.path.realpath(path)
    return os.path.commonpath([real, real_root]) != real_root
