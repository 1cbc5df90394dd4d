"""Two commits of one repository: the one that is reviewed, and the base that it is compared with.

Nothing is fetched: where a commit is not in this clone, the error has the command that fetches it.

Source: git-merge-base(1), gitrevisions(7), git-clone(1) (`--depth`);
https://docs.github.com/en/actions/reference/workflows-and-actions/variables (`GITHUB_BASE_REF`)
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import msgspec

from ops.supply_chain.adapters.files.git import inside_repository
from ops.supply_chain.adapters.files.git_process import git_text, output_of, run_git
from ops.supply_chain.core.errors import ErrorClass, UnavailableError, UsageError
from ops.supply_chain.core.text import printable

REMOTE = "origin"
DEFAULT_BRANCHES = ("main", "master")
"""Names of a default branch, for a clone that does not record the remote's."""

_FULL = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


class ChangeCommits(msgspec.Struct, frozen=True, kw_only=True):
    """The commits of a change, as full hashes.

    `head` is the commit under review, `base` the newest commit that the base branch has in common with it, `tip` the
    newest commit of the base branch, whose configuration decides. `branch` is the name of the base as it was found.
    `note` is a sentence about an unusual base, or empty.
    """

    head: str
    base: str
    tip: str
    branch: str
    note: str = ""


def find_commits(folder: Path, *, head: str, base: str, base_branch: str) -> ChangeCommits:
    """Find the commits to compare.

    Args:
        folder: A folder in the repository.
        head: Any name of the commit under review.
        base: Any name of a commit or branch to compare with; empty for the default.
        base_branch: The branch that a pull request is for; empty outside one. The default is then the default branch.
    Returns:
        Without `base`, a commit that is on its base branch already is compared with its first parent.
    Raises:
        UsageError: There is no such commit, or the base contains all of the change.
        UnavailableError: The folder is not under git, git does not answer, or the base is not in this clone.
    """
    if not inside_repository(folder):
        raise UnavailableError(
            "the project is not under git: there is no base to compare with", hint="Commit it: git init; git commit."
        )
    reviewed = _commit(folder, head)
    if reviewed is None:
        raise UsageError(f"{head!r} is not a commit", hint="Name one with --commit.", kind=ErrorClass.COMMAND_LINE)
    branch, tip = _tip(folder, base, base_branch)
    common = _common(folder, reviewed, tip)
    if not common:
        note = f"{branch} and the commit have no common ancestor, so the commit is compared with {branch} itself"
        return ChangeCommits(head=reviewed, base=tip, tip=tip, branch=branch, note=note)
    if common != reviewed:
        return ChangeCommits(head=reviewed, base=common, tip=tip, branch=branch)
    if base:
        raise UsageError(
            f"{base!r} contains the commit, so there is no change",
            hint="Name an earlier commit, for example --base HEAD^.",
            kind=ErrorClass.COMMAND_LINE,
        )
    parent = _parent(folder, reviewed)
    note = f"{branch} contains the commit, so it is compared with its first parent"
    return ChangeCommits(head=reviewed, base=parent, tip=parent, branch=branch, note=note)


def _tip(folder: Path, base: str, base_branch: str) -> tuple[str, str]:
    """Return the base that was found, by name and commit."""
    for name in _candidates(base, base_branch):
        tip = _commit(folder, name)
        if tip is not None:
            return name.removeprefix("refs/remotes/").removeprefix("refs/heads/"), tip
    wanted = base or base_branch
    if not wanted:
        raise UnavailableError(
            "no default branch is known in this clone, so there is no base to compare with",
            hint=f"Name it, for example --base {REMOTE}/develop.",
        )
    raise UnavailableError(
        f"the base {printable(wanted)} is not in this clone, so the change was not examined",
        hint=_fetch(folder, wanted),
    )


def _candidates(base: str, base_branch: str) -> Iterator[str]:
    if base:
        yield from (base, f"refs/remotes/{REMOTE}/{base}")
    elif base_branch:
        yield from (f"refs/remotes/{REMOTE}/{base_branch}", f"refs/heads/{base_branch}")
    else:
        yield f"refs/remotes/{REMOTE}/HEAD"
        yield from (f"refs/remotes/{REMOTE}/{name}" for name in DEFAULT_BRANCHES)
        yield from (f"refs/heads/{name}" for name in DEFAULT_BRANCHES)


def _commit(folder: Path, name: str) -> str | None:
    """Return the full hash that a name means; None where it means no commit that is there."""
    if not name or "\0" in name:
        return None
    done = run_git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    found = done.stdout.decode("utf-8", "replace").strip()
    # A full hash is its own name, whether the object is there or not: git-rev-parse(1).
    return found if done.returncode == 0 and _FULL.fullmatch(found) else None


def _common(folder: Path, head: str, tip: str) -> str:
    """Return the newest common ancestor; empty if there is none.

    Raises:
        UnavailableError: There is none, and the clone is shallow.
    """
    done = run_git(folder, "merge-base", head, tip)
    if done.returncode == 1:  # git-merge-base(1): none
        if _is_shallow(folder):
            raise UnavailableError(
                "this clone is shallow and ends before the base, so the change was not examined",
                hint=f"git fetch --unshallow {REMOTE}",
            )
        return ""
    return output_of(folder, "merge-base", done).decode().strip()


def _parent(folder: Path, commit: str) -> str:
    parent = _commit(folder, f"{commit}^")
    if parent is not None:
        return parent
    if _is_shallow(folder):
        raise UnavailableError(
            "this clone is shallow and ends at the commit, so the change was not examined",
            hint=f"git fetch --unshallow {REMOTE}",
        )
    raise UnavailableError(
        "the commit is the first of its branch: there is no base to compare with", hint="Name one with --base."
    )


def never_tagged(folder: Path) -> bool:
    """Return whether the repository that a folder is in has a commit and its whole history, and not a single tag.

    False also outside git, in a shallow clone (which has no tags), and where git does not answer.
    """
    try:
        if not inside_repository(folder) or _is_shallow(folder):
            return False
        return not git_text(folder, "tag", "--list").strip() and bool(git_text(folder, "rev-parse", "HEAD").strip())
    except UnavailableError:
        return False


def _is_shallow(folder: Path) -> bool:
    return git_text(folder, "rev-parse", "--is-shallow-repository").strip() == "true"


def _fetch(folder: Path, wanted: str) -> str:
    deepen = "--unshallow " if _is_shallow(folder) else ""
    if _FULL.fullmatch(wanted):
        return f"git fetch {deepen}{REMOTE} {wanted}"
    branch = wanted.removeprefix("refs/heads/").removeprefix(f"{REMOTE}/")
    refs = f"+refs/heads/{branch}:refs/remotes/{REMOTE}/{branch}"
    return f"git fetch {deepen}{REMOTE} {shlex.quote(printable(refs))}"


def commit_epoch(folder: Path, commit: str) -> int:
    """Return the committer time of a commit in Unix seconds.

    Raises:
        UnavailableError: git does not answer.
    """
    return int(git_text(folder, "log", "-1", "--format=%ct", commit))
