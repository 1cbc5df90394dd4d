"""The files of a project: walked without what is not its own, read without leaving it.

Neither walks into version control, environments, caches and build output, nor follows a symlinked
folder. A symlinked file is read where it leads to a file of the project, and refused where it leads out.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from ops.supply_chain.contracts.values.unread import UnwalkedFile
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.text import printable

LARGEST_FILE_BYTES = 64 << 20
"""More than any lock that was ever seen, and less than what would hurt to hold in memory."""

NEVER_WALKED = frozenset(
    {
        ".git", ".hg", ".svn", ".bzr", "CVS",
        ".venv", ".tox", ".nox", ".eggs", ".direnv", ".pixi", "__pypackages__", "site-packages", "node_modules",
        "__pycache__", ".cache", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", ".ipynb_checkpoints",
        "build", "dist", ".aws-sam", ".serverless", ".terraform", ".idea", ".vscode",
    }
)  # fmt: skip
"""Folders by name: version control, environments, caches, build output."""

NEVER_WALKED_SUFFIXES = (".egg-info", ".dist-info", ".egg")
LOCK_HINT = "Put the file itself there, or leave it out with [locks].exclude."
ENVIRONMENT_MARKS = ("pyvenv.cfg", "conda-meta")
"""The files that mark a virtual or conda environment, whatever its name."""


class ProjectFiles:
    """The files below one folder.

    Args:
        root: The project's folder.
        hint: What to do about a file that is refused.
    """

    def __init__(self, root: Path, *, hint: str = LOCK_HINT) -> None:
        self._root = root
        self._hint = hint
        self._real_root = os.path.realpath(root)

    def walk(self, excluded: Callable[[str], bool] = lambda _: False) -> Iterator[str]:
        """Give the files of the project.

        Args:
            excluded: Says of a path, relative with `/`, of a file or folder, that it is left out.
        Returns:
            Paths relative to the project, with `/`, in the order of a sorted walk.
        Raises:
            InputError: A folder cannot be read: what is in it is not known.
        """
        waiting = [""]
        while waiting:
            folder = waiting.pop()
            names, folders = self._list(folder)
            yield from (name for name in names if not excluded(name))
            waiting += [name for name in reversed(folders) if not excluded(name)]

    def read(self, path: str) -> bytes | None:
        """Read a whole file.

        Args:
            path: Relative to the project, with `/`.
        Returns:
            Its bytes, or None where there is no such file.
        Raises:
            InputError: It leads out of the project, is no regular file, is too large or cannot be read.
        """
        real = self._inside(path)
        if real is None:
            return None
        try:
            return self._read_regular(path, real)
        except OSError as error:
            raise self._refused(path, "a readable file", error.strerror or "none") from error

    def head(self, path: str, size: int) -> bytes | None:
        """Read the start of a file, however large it is.

        Args:
            path: Relative to the project, with `/`.
            size: In bytes, at most.
        Returns:
            Its first bytes, or None where there is no such file.
        Raises:
            InputError: It leads out of the project, is no regular file or cannot be read.
        """
        real = self._inside(path)
        if real is None:
            return None
        try:
            if not stat.S_ISREG(real.stat().st_mode):
                raise self._refused(path, "a regular file", "a folder or device")
            with real.open("rb") as file:
                return file.read(size)
        except OSError as error:
            raise self._refused(path, "a readable file", error.strerror or "none") from error

    def unwalked(self, walked: Collection[str]) -> Iterator[UnwalkedFile]:
        """Give what the walk passes by although it may be the project's own; see `unwalked.unwalked_files`."""
        from ops.supply_chain.adapters.files.unwalked import unwalked_files

        return unwalked_files(self._root, walked)

    def _inside(self, path: str) -> Path | None:
        direct = self._without_links(path)
        if direct is not None:
            return direct
        full = self._root / path
        if not os.path.lexists(full):
            return None
        real = os.path.realpath(full)
        if os.path.commonpath([real, self._real_root]) != self._real_root:
            raise self._refused(path, "a file of the project", "one that leads out of it")
        return Path(real)

    def _without_links(self, path: str) -> Path | None:
        """Return where a file is, if neither it nor a folder on its way below the root is a link: as nearly all files are."""
        if os.name == "nt":  # has links of more kinds
            return None
        real = self._real_root.rstrip(os.sep)
        for name in path.split("/"):
            if name in ("", ".", ".."):
                return None
            real = f"{real}{os.sep}{name}"
            try:
                if stat.S_ISLNK(os.lstat(real).st_mode):
                    return None
            except (OSError, ValueError):
                return None
        return Path(real)

    def _read_regular(self, path: str, real: Path) -> bytes:
        status = real.stat()
        if not stat.S_ISREG(status.st_mode):
            raise self._refused(path, "a regular file", "a folder or device")
        if status.st_size > LARGEST_FILE_BYTES:
            raise self._refused(path, f"at most {LARGEST_FILE_BYTES} bytes", str(status.st_size))
        return real.read_bytes()

    def _refused(self, path: str, expected: str, found: str) -> InputError:
        return InputError(f"{printable(path)}:1: expected {expected}, found {found}", hint=self._hint)

    def _list(self, folder: str) -> tuple[list[str], list[str]]:
        try:
            with os.scandir(self._root / folder) as scan:
                found = sorted(scan, key=lambda entry: entry.name)
                is_folder = {entry.name: entry.is_dir(follow_symlinks=False) for entry in found}
                links = {entry.name for entry in found if entry.is_symlink() and entry.is_dir()}
        except OSError as error:
            shown = printable(folder) or "."
            raise InputError(
                f"{shown}: expected a folder that can be read, found: {error.strerror}",
                hint="Make it readable, or leave it out with [locks].exclude.",
            ) from error
        if folder and any(mark in is_folder for mark in ENVIRONMENT_MARKS):
            return [], []
        prefix = f"{folder}/" if folder else ""
        files = [prefix + name for name, folder_ in is_folder.items() if not folder_ and name not in links]
        return files, [prefix + name for name, folder_ in is_folder.items() if folder_ and _is_walked(name)]


def _is_walked(name: str) -> bool:
    return name not in NEVER_WALKED and not name.endswith(NEVER_WALKED_SUFFIXES)


def is_environment(folder: Path) -> bool:
    """Return whether a folder is an environment that a tool has made, not one that only has its mark."""
    try:
        settings = (folder / "pyvenv.cfg").read_bytes()[:LARGEST_FILE_BYTES]
    except OSError:
        settings = b""
    has_programs = any((folder / name).is_dir() for name in ("bin", "Scripts"))
    return (b"home" in settings and has_programs) or (folder / "conda-meta" / "history").is_file()
