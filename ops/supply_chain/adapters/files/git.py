"""Git through its command line: the state of a project's repository, and the bytes of its files.

Everything that git can do wrong (not installed, not a repository, no commit, refused ownership) ends
either in "this project is not under git", which is a fact, or in an `UnavailableError`.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import msgspec

from ops.supply_chain.core.errors import UnavailableError
from ops.supply_chain.core.text import without_credentials
from ops.supply_chain.core.variables import Child, child_variables

GIT_TIMEOUT_SECONDS = 60

_NEVER = ("-c", "core.fsmonitor=false", "-c", "log.showSignature=false")
"""Programs that a repository's configuration names and that nothing asked here needs, whatever they would say."""


class GitState(msgspec.Struct, frozen=True, kw_only=True):
    """The state of a folder in its repository.

    `commit` is the full hash at HEAD, `commit_epoch` its committer time in Unix seconds, `dirty` whether
    a tracked file differs from it, or is one whose changes git is configured to hide, or an untracked, not ignored
    file is below the folder, `tags` the tags that point at HEAD, sorted, `remote` the address of the named remote, else of `origin`, without
    credentials, empty if none. `prefix` is the folder inside the repository, empty for its top.
    """

    commit: str
    commit_epoch: int
    dirty: bool
    tags: tuple[str, ...]
    remote: str
    prefix: str


def read_state(folder: Path, *, remotes: tuple[str, ...] = ("origin",)) -> GitState | None:
    """Describe a folder, or return None where it is not in a git repository with a commit.

    Args:
        folder: Any existing folder.
        remotes: Remote names to look for, first match wins.
    Raises:
        UnavailableError: It is a repository, but git cannot be run or does not answer.
    """
    if not _inside_repository(folder):
        return None
    if _try(folder, "rev-parse", "--verify", "--quiet", "HEAD") is None:
        return None
    commit, epoch = _git(folder, "log", "-1", "--format=%H %ct").split()
    return GitState(
        commit=commit,
        commit_epoch=int(epoch),
        dirty=_changed(folder),
        tags=tuple(sorted(_git(folder, "tag", "--points-at", "HEAD").split())),
        remote=_remote(folder, remotes),
        prefix=_git(folder, "rev-parse", "--show-prefix").strip().rstrip("/"),
    )


def remote_of(folder: Path, *, remotes: tuple[str, ...] = ("origin",)) -> str | None:
    """Return the address of a remote without credentials, in a repository without a commit too.

    Args:
        folder: Any existing folder.
        remotes: Remote names to look for, first match wins.
    Returns:
        Empty where there is no such remote, None where the folder is not under git.
    Raises:
        UnavailableError: git cannot be run.
    """
    return _remote(folder, remotes) if _inside_repository(folder) else None


def tracked_files(folder: Path) -> dict[str, str]:
    """List the files of a folder at HEAD, as path -> git mode (`100644`, `100755`, `120000`).

    Returns:
        Paths relative to the folder, sorted; submodules are left out.
    Raises:
        UnavailableError: git does not answer.
    """
    listing = _git_bytes(folder, "ls-tree", "-r", "-z", "HEAD", "--", ".").decode("utf-8", "surrogateescape")
    found = {}
    for row in filter(None, listing.split("\0")):
        attributes, _, path = row.partition("\t")
        mode, kind, _ = attributes.split(" ", 2)
        if kind == "blob":
            found[path] = mode
    return dict(sorted(found.items()))


def _changed(folder: Path) -> bool:
    if _git(folder, "status", "--porcelain", "--untracked-files=normal", "--ignore-submodules=none", "--", "."):
        return True
    return any(_hides(folder, row) for row in _git_bytes(folder, "ls-files", "-v", "-z", "--", ".").split(b"\0") if row)


def _hides(folder: Path, row: bytes) -> bool:
    """Return whether git leaves a file out of its status: assume-unchanged, or skip-worktree though it is there."""
    tag, _, path = row.partition(b" ")
    return tag.islower() or (tag == b"S" and os.path.lexists(os.path.join(os.fsencode(folder), path)))  # noqa: PTH118


def _inside_repository(folder: Path) -> bool:
    here = folder.resolve()
    return any((parent / ".git").exists() for parent in (here, *here.parents))


def _remote(folder: Path, remotes: tuple[str, ...]) -> str:
    for name in remotes:
        found = _try(folder, "remote", "get-url", name)
        if found:
            return without_credentials(found.strip())
    return ""


def environment() -> dict[str, str]:
    """Return the environment for a git command: no prompt, no locale, no secrets, no `GIT_*` variables of the caller.

    No replacement objects either (git-replace(1)), because a commit's hash speaks for its own files only.
    """
    kept = child_variables(Child.GIT, os.environ)
    own = {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_REPLACE_OBJECTS": "1"}
    return {**kept, **own}


def _run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            ["git", *_NEVER, "-C", str(folder), *arguments],  # noqa: S607 - git is found on PATH by design
            capture_output=True,
            env=environment(),
            timeout=GIT_TIMEOUT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UnavailableError(
            f"git: cannot be run in {folder}: {error}", hint="Install git, or put it on PATH."
        ) from error


def _try(folder: Path, *arguments: str) -> str | None:
    done = _run(folder, *arguments)
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None


def _git_bytes(folder: Path, *arguments: str) -> bytes:
    done = _run(folder, *arguments)
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip()
        raise UnavailableError(
            f"git {arguments[0]}: failed in {folder}: {without_credentials(said)}",
            hint="Run the same git command there and repair what it says.",
        )
    return done.stdout


def _git(folder: Path, *arguments: str) -> str:
    return _git_bytes(folder, *arguments).decode("utf-8", "replace")
