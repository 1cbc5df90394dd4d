"""The state of a project's repository.

Without a `.git` in the project's folder or above it, or in a repository without any commit, "this project is not under
git" is a fact.
Everything else that git can do wrong (not installed, refused ownership, missing objects, a corrupt repository, another
repository than the one that contains the project) is an `UnavailableError`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import msgspec

from ops.supply_chain.adapters.files.git_process import SUBMODULE_MODE, failure, git_bytes, git_text, output_of, run_git
from ops.supply_chain.contracts.values.source import TagElsewhere
from ops.supply_chain.core.errors import UnavailableError
from ops.supply_chain.core.text import without_credentials


class GitState(msgspec.Struct, frozen=True, kw_only=True):
    """The state of a folder in its repository.

    `commit` is the full hash at HEAD, `commit_epoch` its committer time in Unix seconds, `tags` the tags that point at
    HEAD, sorted, `remote` the address of the named remote, else of `origin`, without credentials, empty if none.
    `prefix` is the folder inside the repository, empty for its top. `git_changes.read_changes` lists what differs from
    the commit.
    """

    commit: str
    commit_epoch: int
    tags: tuple[str, ...]
    remote: str
    prefix: str


class TrackedPath(msgspec.Struct, frozen=True, kw_only=True):
    """A path in git's index, relative to the listed folder; `skipped` is True if it is not to be checked out."""

    path: str
    is_submodule: bool = False
    skipped: bool = False


def index_entries(folder: Path) -> tuple[TrackedPath, ...] | None:
    """List what git tracks below a folder, without running or fetching anything.

    Returns:
        In the order of their paths; None where the folder is not under git.
    Raises:
        UnavailableError: git cannot be run or answers with an error.
    """
    if not inside_repository(folder):
        return None
    rows = git_bytes(folder, "ls-files", "-t", "--stage", "-z", "--", ".").split(b"\0")
    found: dict[str, TrackedPath] = {}
    for row in filter(None, rows):
        attributes, _, name = row.partition(b"\t")
        tag, mode, *_ = attributes.split(b" ")
        path = os.fsdecode(name)
        found[path] = TrackedPath(path=path, is_submodule=mode == SUBMODULE_MODE, skipped=tag == b"S")
    return tuple(found.values())


def read_state(folder: Path, *, remotes: tuple[str, ...] = ("origin",)) -> GitState | None:
    """Describe a folder, or return None where it is not in a git repository with a commit.

    Args:
        folder: Any existing folder.
        remotes: Remote names to look for, first match wins.
    Raises:
        UnavailableError: It is in a repository, but git cannot be run or answers with an error.
    """
    prefix = _prefix_in_repository(folder)
    if prefix is None:
        return None
    newest = run_git(folder, "log", "-1", "--format=%H %ct")
    if newest.returncode != 0 and _has_no_commit(folder):
        return None
    commit, epoch = output_of(folder, "log", newest).decode().split()
    return GitState(
        commit=commit,
        commit_epoch=int(epoch),
        tags=tuple(sorted(git_text(folder, "tag", "--points-at", "HEAD").split())),
        remote=_remote(folder, remotes),
        prefix=prefix,
    )


def remote_of(folder: Path, *, remotes: tuple[str, ...] = ("origin",)) -> str | None:
    """Return the address of a remote without credentials, in a repository without a commit too.

    Args:
        folder: Any existing folder.
        remotes: Remote names to look for, first match wins.
    Returns:
        Empty where there is no such remote, None where the folder is not under git.
    Raises:
        UnavailableError: git cannot be run or answers with an error.
    """
    return _remote(folder, remotes) if inside_repository(folder) else None


def tags_elsewhere(folder: Path) -> tuple[TagElsewhere, ...]:
    """List the tags of a repository that do not point at HEAD.

    Args:
        folder: A folder in a repository with a commit.
    Returns:
        Sorted by name; an annotated tag with what it names, not with its own object.
    Raises:
        UnavailableError: git does not answer.
    """
    head = git_text(folder, "rev-parse", "--verify", "HEAD^{commit}").strip()
    rows = git_text(folder, "for-each-ref", "--format=%(refname:strip=2) %(objectname) %(*objectname)", "refs/tags")
    found = []
    for row in rows.splitlines():
        name, *objects = row.split()
        if objects[-1] != head:
            found.append(TagElsewhere(name=name, commit=objects[-1]))
    return tuple(sorted(found, key=lambda tag: tag.name))


def tags_by_date(folder: Path) -> tuple[str, ...]:
    """List all tags of the repository that a folder is in, newest first.

    Raises:
        UnavailableError: git does not answer.
    """
    rows = git_text(
        folder,
        "for-each-ref",
        "--sort=-version:refname",
        "--sort=-creatordate",
        "--format=%(refname:strip=2)",
        "refs/tags",
    )
    return tuple(rows.split())


def uncommitted(folder: Path) -> tuple[str, ...]:
    """List the files of a folder that are changed since the last `git add`, or not tracked and not ignored.

    Returns:
        Paths relative to the folder, sorted; empty outside git.
    Raises:
        UnavailableError: git does not answer.
    """
    if not inside_repository(folder):
        return ()
    listed = git_bytes(folder, "ls-files", "--modified", "--others", "--exclude-standard", "-z", "--", ".")
    return tuple(sorted(filter(None, listed.decode("utf-8", "surrogateescape").split("\0"))))


def ignored_by_project(folder: Path, paths: Iterable[str]) -> frozenset[str] | None:
    """Return which paths a `.gitignore` of the repository ignores, as git decides it, negations included.

    What only this clone ignores (`.git/info/exclude`, `core.excludesFile`) does not count.

    Args:
        folder: A folder; None is returned where it is not under git.
        paths: Relative to it; they need not exist.
    Raises:
        UnavailableError: git does not answer.
    """
    if not inside_repository(folder):
        return None
    given = b"".join(os.fsencode(path) + b"\0" for path in paths)
    done = run_git(folder, "check-ignore", "--no-index", "--verbose", "-z", "--stdin", given=given)
    if done.returncode not in (0, 1):  # 1: none of them is ignored
        raise failure(folder, "check-ignore", done.stderr)
    fields = done.stdout.decode("utf-8", "surrogateescape").split("\0")[:-1]
    rows = zip(fields[::4], fields[2::4], fields[3::4], strict=True)
    return frozenset(
        path
        for source, pattern, path in rows
        if source.rpartition("/")[2] == ".gitignore" and not Path(source).is_absolute() and not pattern.startswith("!")
    )


def tracked_files(folder: Path) -> dict[str, str]:
    """List the files of a folder at HEAD, as path -> git mode (`100644`, `100755`, `120000`).

    Returns:
        Paths relative to the folder, sorted; submodules are left out.
    Raises:
        UnavailableError: git does not answer.
    """
    listing = git_bytes(folder, "ls-tree", "-r", "-z", "HEAD", "--", ".").decode("utf-8", "surrogateescape")
    found = {}
    for row in filter(None, listing.split("\0")):
        attributes, _, path = row.partition("\t")
        mode, kind, _ = attributes.split(" ", 2)
        if kind == "blob":
            found[path] = mode
    return dict(sorted(found.items()))


def inside_repository(folder: Path) -> bool:
    """Return whether a folder is in a repository, after a check that git finds the same one.

    Raises:
        UnavailableError: git answers with an error, or finds another repository.
    """
    expected = _repository_above(folder)
    if expected is None:
        return False
    _require_same(folder, git_text(folder, "rev-parse", "--show-toplevel").removesuffix("\n"), expected)
    return True


def _prefix_in_repository(folder: Path) -> str | None:
    """Check as `inside_repository` does; return the folder inside its repository, None where it is in none."""
    expected = _repository_above(folder)
    if expected is None:
        return None
    answer = git_text(folder, "rev-parse", "--show-toplevel", "--show-prefix")
    if answer.count("\n") == 2:  # noqa: PLR2004 - one line each
        top, prefix, _ = answer.split("\n")
    else:  # a name with a line end in it
        top = git_text(folder, "rev-parse", "--show-toplevel").removesuffix("\n")
        prefix = git_text(folder, "rev-parse", "--show-prefix")
    _require_same(folder, top, expected)
    return prefix.strip().rstrip("/")


def _repository_above(folder: Path) -> Path | None:
    here = folder.resolve()
    return next((parent for parent in (here, *here.parents) if os.path.lexists(parent / ".git")), None)


def _require_same(folder: Path, found: str, expected: Path) -> None:
    # A bare repository among the project's files, or a configured `core.worktree`, would be another one.
    if Path(found).resolve() != expected:
        raise UnavailableError(
            f"git: in {folder} it finds another repository than the one that contains the project",
            hint="Remove core.worktree from its configuration, and repositories from the project's files.",
        )


def _has_no_commit(folder: Path) -> bool:
    """Return whether a repository has no commit yet.

    Raises:
        UnavailableError: HEAD cannot be read, or is an empty branch of a repository that has commits.
    """
    done = run_git(folder, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    if done.returncode == 0:
        return False
    branch = git_text(folder, "symbolic-ref", "HEAD").strip()
    common = folder / git_text(folder, "rev-parse", "--git-common-dir").removesuffix("\n")
    refs = git_text(folder, "for-each-ref", "--format=%(refname)").split()
    if branch in refs or os.path.lexists(common / branch):
        raise failure(folder, "rev-parse", b"HEAD names a commit that cannot be read")
    log = folder / git_text(folder, "rev-parse", "--git-path", "logs/HEAD").removesuffix("\n")
    if refs or (log.is_file() and log.stat().st_size):
        raise failure(folder, "rev-parse", b"HEAD is a branch without a commit, of a repository that has commits")
    return True


def _remote(folder: Path, remotes: tuple[str, ...]) -> str:
    for name in remotes:
        done = run_git(folder, "remote", "get-url", name)
        if done.returncode != 0 and b"No such remote" in done.stderr:
            continue
        found = output_of(folder, "remote", done).decode("utf-8", "replace").strip()
        if found:
            return without_credentials(found)
    return ""
