"""One commit of a clone as a repository of its own: the user's working folder is neither used nor changed.

Source: git-clone(1), git-rev-parse(1), git-remote(1)
"""

from __future__ import annotations

import shlex
from pathlib import Path

import msgspec

from ops.supply_chain.adapters.files.git import inside_repository, remote_of
from ops.supply_chain.adapters.files.git_process import clone, git_bytes, git_text, run_git
from ops.supply_chain.adapters.files.project import COMPONENT_REMOTE
from ops.supply_chain.core.errors import UnavailableError


class CloneState(msgspec.Struct, frozen=True, kw_only=True):
    """A clone: its top folder, the project's folder in it (empty for the top), whether it is shallow, and what it has uncommitted."""

    top: Path
    prefix: str
    is_shallow: bool
    is_dirty: bool


def clone_with(folder: Path, commit: str) -> CloneState:
    """Return the clone that a folder is in, after a check that it has a commit.

    Args:
        folder: The project's folder.
        commit: Full hash.
    Raises:
        UnavailableError: It is not under git, git does not answer, or the commit is not in it.
    """
    if not inside_repository(folder):
        raise UnavailableError(
            f"{folder}: is no clone of the project, so nothing can be rebuilt",
            hint="Clone the project's repository, and name the clone with --project.",
        )
    shallow = git_text(folder, "rev-parse", "--is-shallow-repository").strip() == "true"
    if run_git(folder, "cat-file", "-e", f"{commit}^{{commit}}").returncode != 0:
        here = shlex.quote(str(folder))
        raise UnavailableError(
            f"commit {commit} of the release is not in this {'shallow ' if shallow else ''}clone, so nothing was rebuilt",
            hint=f"git -C {here} fetch {'--unshallow ' if shallow else ''}--tags origin"
            + ("" if shallow else f", or: git -C {here} fetch origin {commit}"),
        )
    return CloneState(
        top=Path(git_text(folder, "rev-parse", "--show-toplevel").rstrip("\n")),
        prefix=git_text(folder, "rev-parse", "--show-prefix").strip().rstrip("/"),
        is_shallow=shallow,
        is_dirty=bool(git_bytes(folder, "status", "--porcelain", "-z", "--untracked-files=normal").strip()),
    )


def check_out(state: CloneState, commit: str, target: Path, *, remote: str) -> Path:
    """Check out a commit of a clone in a new repository, tags included.

    Args:
        state: The clone.
        commit: Full hash.
        target: A folder that does not exist.
        remote: The address that the new repository shall have as its origin; empty for none.
    Returns:
        The project's folder in it.
    Raises:
        UnavailableError: git fails.
    """
    clone(state.top, commit, target)
    if remote:
        git_bytes(target, "remote", "set-url", "origin", remote)
    else:
        git_bytes(target, "remote", "remove", "origin")
    return target / state.prefix if state.prefix else target


def address_of(folder: Path) -> str:
    """Return the address of the clone's remote without credentials; empty where it has none."""
    return remote_of(folder, remotes=(COMPONENT_REMOTE, "origin")) or ""
