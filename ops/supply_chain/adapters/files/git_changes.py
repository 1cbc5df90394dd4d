"""What differs from the commit: changed files, untracked files, and those that git is configured not to show.

An untracked file counts unless a `.gitignore` of the commit ignores it: what only this clone ignores
(`.git/info/exclude`, `core.excludesFile`, a `.gitignore` that is not committed) would be part of a build, and of no
commit. Of these, names that begin with a dot are left out (`.idea/`, `.venv/`, caches), except those that a
release reads. A file whose changes git is set not to see counts even where it has none.

Source: git-status(1), git-ls-files(1), git-check-ignore(1), git-update-index(1), gitattributes(5)
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from ops.supply_chain.adapters.files.git_process import SUBMODULE_MODE, git_bytes, git_text, output_of, run_git
from ops.supply_chain.contracts.config.file import CONFIG_NAME
from ops.supply_chain.contracts.values.source import SourceChange

_FILTER_COMMANDS = (".clean", ".smudge", ".process")
_OWN_SCOPES = ("local", "worktree")
_READ_BY_A_RELEASE = (CONFIG_NAME, ".github")
"""Names with a leading dot that a release reads."""

_PATHS_PER_COMMAND = 200
_CONFLICTS = frozenset({"DD", "AA"})
_REASONS = {"M": "modified", "T": "changed its kind", "A": "added", "D": "deleted"}
_HIDDEN = {
    "h": "git is set not to check it (assume-unchanged)",
    "S": "git is set not to check it (skip-worktree)",
    "s": "git is set not to check it (assume-unchanged, skip-worktree)",
}


class _Ignored(NamedTuple):
    """An untracked path, and the file with the pattern that ignores it, empty if none does."""

    path: str
    by: str


def read_changes(folder: Path, *, outputs: Iterable[Path] = (), read: Iterable[str] = ()) -> tuple[SourceChange, ...]:
    """List what differs from the commit below a folder of a repository.

    Args:
        folder: A folder in a repository with a commit.
        outputs: Folders that the pipeline itself writes; what is below them is left out.
        read: Files, relative to the folder, that count wherever they are ignored, because the release reads them.
    Returns:
        One a path, sorted.
    Raises:
        UnavailableError: git cannot be run or answers with an error.
    """
    top, here = folder.resolve(), []
    for output in outputs:
        inside = output.resolve()
        if inside != top and inside.is_relative_to(top):
            here.append(f"{inside.relative_to(top).as_posix()}/")
    found = {change.path: change for change in _changes(folder, tuple(read))}
    return tuple(sorted(change for change in found.values() if not change.path.startswith(tuple(here))))


def _changes(folder: Path, read: Sequence[str]) -> Iterator[SourceChange]:
    ignores = _committed_ignores(folder)
    untracked = list(_untracked(folder))
    yield from _tracked(folder, {entry.by for entry in untracked if entry.by in ignores})
    for entry in untracked:
        if not entry.by:
            yield SourceChange(path=entry.path, reason="not tracked")
        elif entry.by not in ignores and _counts_if_hidden(entry.path):
            yield SourceChange(path=entry.path, reason=f"not tracked, and ignored only by {entry.by}")
        else:
            yield from (
                SourceChange(path=path, reason=f"not tracked (ignored by {entry.by}), and read by the release")
                for path in read
                if path == entry.path or (entry.path.endswith("/") and path.startswith(entry.path))
            )
    attributes = folder / git_text(folder, "rev-parse", "--git-path", "info/attributes").removesuffix("\n")
    if _has_patterns(attributes):
        yield SourceChange(path=".git/info/attributes", reason="attributes of this clone alone can hide changes")
    for name in _submodules(folder):
        inside = [path.removeprefix(f"{name}/") for path in read if path.startswith(f"{name}/")]
        for change in _changes(folder / name, inside):
            yield SourceChange(path=f"{name}/{change.path}", reason=change.reason)


def _tracked(folder: Path, ignores: Iterable[str]) -> Iterator[SourceChange]:
    """Yield the tracked files that differ, the `.gitignore` files above the folder included that were used."""
    prefix = git_text(folder, "rev-parse", "--show-prefix").removesuffix("\n")
    top = git_text(folder, "rev-parse", "--show-cdup").removesuffix("\n")
    above = sorted(f"{top}{path}" for path in ignores if not path.startswith(prefix))
    # Submodules are examined one by one, because each has a configuration of its own.
    shown = ("--porcelain=v1", "-z", "--no-renames", "--untracked-files=no", "--ignore-submodules=dirty")
    done = run_git(folder, *_without_filters(folder), "status", *shown, "--", ".", *above)
    for row in _split(output_of(folder, "status", done)):
        state, path = row[:2], row[3:]
        kind = state[1] if state[1] != " " else state[0]
        reason = "in conflict" if "U" in state or state in _CONFLICTS else _REASONS.get(kind, "changed")
        yield SourceChange(path=path.removeprefix(prefix) if path.startswith(prefix) else f"{top}{path}", reason=reason)
    for row in _split(git_bytes(folder, "ls-files", "-v", "-z", "--", ".")):
        tag, path = row[0], row[2:]
        # A sparse checkout sets skip-worktree on the files that it leaves out.
        if tag.islower() or (tag == "S" and os.path.lexists(folder / path)):
            yield SourceChange(path=path, reason=_HIDDEN.get(tag, _HIDDEN["h"]))


def _untracked(folder: Path) -> Iterator[_Ignored]:
    """Yield what is not tracked, with the file whose pattern ignores it; ignored folders as a whole."""
    listed = git_bytes(folder, "ls-files", "--others", "--directory", "--no-empty-directory", "-z", "--", ".")
    found = list(_ignored(folder, _split(listed)))
    folders = [entry.path for entry in found if not entry.by and entry.path.endswith("/")]
    yield from (entry for entry in found if entry.by or not entry.path.endswith("/"))
    for first in range(0, len(folders), _PATHS_PER_COMMAND):
        some = folders[first : first + _PATHS_PER_COMMAND]
        inside = git_bytes(folder, "ls-files", "--others", "-z", "--", *some)
        yield from _ignored(folder, _split(inside))


def _ignored(folder: Path, paths: Iterable[str]) -> Iterator[_Ignored]:
    # It has no literal pathspecs, and after `./` no path has a meaning of its own.
    given = b"".join(b"./" + os.fsencode(path) + b"\0" for path in paths)
    if not given:
        return
    shown = ("--verbose", "--non-matching", "-z", "--stdin")
    done = run_git(folder, "--no-literal-pathspecs", "check-ignore", *shown, given=given)
    # git-check-ignore(1): 1 if none of them is ignored.
    fields = _fields(done.stdout if done.returncode == 1 else output_of(folder, "check-ignore", done))
    for source, pattern, path in zip(fields[::4], fields[2::4], fields[3::4], strict=True):
        yield _Ignored(path.removeprefix("./"), "" if pattern.startswith("!") else source)


def _counts_if_hidden(path: str) -> bool:
    parts = path.rstrip("/").split("/")
    return parts[0] in _READ_BY_A_RELEASE or not any(part.startswith(".") or part == "__pycache__" for part in parts)


def _committed_ignores(folder: Path) -> frozenset[str]:
    """Return the `.gitignore` files of the commit, relative to the top of the repository."""
    names = _split(git_bytes(folder, "ls-tree", "-r", "-z", "--full-tree", "--name-only", "HEAD"))
    return frozenset(name for name in names if name.rpartition("/")[2] == ".gitignore")


def _has_patterns(path: Path) -> bool:
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return any(line.strip() and not line.lstrip().startswith(b"#") for line in lines)


def _without_filters(folder: Path) -> list[str]:
    """Return options that switch off the filters which the repository's own configuration names."""
    done = run_git(folder, "config", "--show-scope", "--name-only", "-z", "--get-regexp", r"^filter\.")
    if done.returncode == 1:  # git-config(1): there is none
        return []
    words = _fields(output_of(folder, "config", done))
    found = [name for scope, name in zip(words[::2], words[1::2], strict=False) if scope in _OWN_SCOPES]
    drivers = dict.fromkeys(
        name.rpartition(".")[0] for name in found if name.endswith((*_FILTER_COMMANDS, ".required"))
    )
    settings = [f"{driver}{command}=" for driver in drivers for command in _FILTER_COMMANDS]
    settings += [f"{driver}.required=false" for driver in drivers]
    return [word for setting in settings for word in ("-c", setting)]


def _submodules(folder: Path) -> list[str]:
    """Return the paths of the submodules below a folder that are checked out."""
    rows = git_bytes(folder, "ls-files", "--stage", "-z", "--", ".").split(b"\0")
    names = [os.fsdecode(row.partition(b"\t")[2]) for row in rows if row.startswith(SUBMODULE_MODE)]
    return [name for name in names if (folder / name / ".git").exists()]


def _split(data: bytes) -> list[str]:
    return [os.fsdecode(row) for row in data.split(b"\0") if row]


def _fields(data: bytes) -> list[str]:
    return os.fsdecode(data).split("\0")[:-1]
