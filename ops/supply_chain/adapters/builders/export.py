"""A clean export of a commit: the files that it has and no others, for each build."""

from __future__ import annotations

import os
import posixpath
from pathlib import Path

from ops.supply_chain.adapters.files.git import GitState
from ops.supply_chain.adapters.files.git_process import clone, git_text
from ops.supply_chain.adapters.files.source_tree import SourceFile, open_source
from ops.supply_chain.core.errors import OutputError


def export_commit(root: Path, state: GitState, *targets: Path, history: bool) -> tuple[Path, ...]:
    """Write the files of a project's commit into new folders.

    Args:
        root: The project's folder.
        state: Its state in git.
        targets: Folders that do not exist.
        history: True copies the repository and its tags too, for a backend that computes the version from them.
    Returns:
        The project's folder in each export.
    Raises:
        UnavailableError: git does not answer.
        InputError: A file's name cannot be stored in an archive.
        OutputError: A file cannot be written.
    """
    if history:
        top = Path(git_text(root, "rev-parse", "--show-toplevel").removesuffix("\n"))
        for target in targets:
            clone(top, state.commit, target)
        return tuple(target / state.prefix for target in targets)
    copy_source(root, state, *targets)
    return targets


def copy_source(root: Path, state: GitState | None, *targets: Path) -> None:
    """Write the source of a project into new folders: the files of its commit, or those of the folder as it is.

    Args:
        root: The project's folder.
        state: Its state in git; None for the folder as it is, without environments and what was built in it.
        targets: Folders that do not exist.
    Raises:
        UnavailableError: git does not answer.
        InputError: A file's name cannot be stored in an archive.
        OutputError: A file cannot be written.
    """
    try:
        for target in targets:
            target.mkdir(parents=True)
        with open_source(root, state) as tree:
            for folder in sorted({posixpath.dirname(file.path) for file in tree.files} - {""}):
                for target in targets:
                    (target / folder).mkdir(parents=True, exist_ok=True)
            for file in tree.files:
                content = b"" if file.link else file.load()
                for target in targets:
                    _write(target / file.path, file, content)
    except OSError as error:
        raise OutputError(f"{root}: cannot copy the source: {error.strerror or error}") from error


def _write(path: Path, file: SourceFile, content: bytes) -> None:
    if file.link:
        path.symlink_to(file.link)
    else:
        path.write_bytes(content)
        path.chmod(0o755 if file.executable else 0o644)


def set_conditions(folder: Path, *, mtime: int, umask: int, uid: int | None) -> None:
    """Give everything below a folder one time, modes as a checkout under that umask has them, and an owner.

    Args:
        folder: Its top, which is included.
        mtime: In Unix seconds.
        umask: Bits that no mode keeps.
        uid: The owner and group; None keeps them.
    Raises:
        OutputError: It cannot be changed.
    """
    try:
        for here, folders, names in os.walk(folder, topdown=False):
            for name in [*folders, *names]:
                _set(Path(here, name), mtime=mtime, umask=umask, uid=uid)
        _set(folder, mtime=mtime, umask=umask, uid=uid)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be prepared for a build: {error.strerror or error}") from error


def _set(path: Path, *, mtime: int, umask: int, uid: int | None) -> None:
    if not path.is_symlink():
        path.chmod(path.stat().st_mode & 0o777 & ~umask | 0o700 * path.is_dir() | 0o600)
    if uid is not None:
        os.chown(path, uid, uid, follow_symlinks=False)
    if os.utime in os.supports_follow_symlinks:
        os.utime(path, (mtime, mtime), follow_symlinks=False)
