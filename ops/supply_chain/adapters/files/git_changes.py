"""What differs from the commit: changed files, untracked files, and those that git is configured not to show.

An untracked file counts unless a `.gitignore` of the commit ignores it: what only this clone ignores
(`.git/info/exclude`, `core.excludesFile`, a `.gitignore` that is not committed) would be part of a build, and of no
commit. Of these, names that begin with a dot are left out (`.idea/`, `.venv/`, caches), except those that a
release reads. A file whose changes git is set not to see counts even where it has none, and so does one that is not
checked out.

Source: git-status(1), git-ls-files(1), git-check-ignore(1), git-update-index(1), gitattributes(5)
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from ops.supply_chain.adapters.files.git_content import changed_content
from ops.supply_chain.adapters.files.git_process import (
    SUBMODULE_MODE,
    failure,
    git_bytes,
    git_text,
    output_of,
    run_git,
)
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


_BYTES = "its bytes are not those that a checkout writes, although git sees no change"
_LEFT_OUT = "not checked out (skip-worktree, or a sparse checkout)"
_NOT_CHECKED_OUT = "is in a submodule that is not checked out"


class _Ignored(NamedTuple):
    """An untracked path, and the file with the pattern that ignores it, empty if none does."""

    path: str
    by: str


def read_changes(folder: Path, *, outputs: Iterable[Path] = (), read: Iterable[str] = ()) -> tuple[SourceChange, ...]:
    """List what differs from the commit below a folder of a repository.

    Args:
        folder: A folder in a repository with a commit.
        outputs: Folders and files that the pipeline itself writes; they, and what is below them, are left out.
        read: Files and folders, relative to the folder, that count wherever they are ignored, because the release reads
            them.
    Returns:
        One a path, sorted.
    Raises:
        UnavailableError: git cannot be run or answers with an error.
    """
    top, here = folder.resolve(), list[str]()
    for output in outputs:
        inside = output.resolve()
        if inside != top and inside.is_relative_to(top):
            here.append(inside.relative_to(top).as_posix())
    found = {change.path: change for change in _changes(folder, tuple(read))}
    below = tuple(f"{path}/" for path in here)
    own = (path for path in found if path in here or path.startswith(below))
    return tuple(found[path] for path in sorted({*found} - {*own}))


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
                for path in _read_of(entry.path, read)
            )
    attributes = folder / git_text(folder, "rev-parse", "--git-path", "info/attributes").removesuffix("\n")
    if _has_patterns(attributes):
        yield SourceChange(path=".git/info/attributes", reason="attributes of this clone alone can hide changes")
    for name in _submodules(folder):
        if not os.path.lexists(folder / name / ".git"):
            # git does not look into it; an empty one is a file that is not read (see `unwalked`).
            for path in _files_below(folder / name):
                yield SourceChange(path=f"{name}/{path}", reason=_NOT_CHECKED_OUT)
            continue
        inside = [path.removeprefix(f"{name}/") for path in read if path.startswith(f"{name}/")]
        _require_own(folder / name)
        for change in _changes(folder / name, inside):
            yield SourceChange(path=f"{name}/{change.path}", reason=change.reason)


def _tracked(folder: Path, ignores: Iterable[str]) -> Iterator[SourceChange]:
    """Yield the tracked files that differ, the `.gitignore` files above the folder included that were used."""
    prefix = git_text(folder, "rev-parse", "--show-prefix").removesuffix("\n")
    top = git_text(folder, "rev-parse", "--show-cdup").removesuffix("\n")
    above = sorted(f"{top}{path}" for path in ignores if not path.startswith(prefix))
    # Submodules are examined one by one, because each has a configuration of its own.
    shown = ("--porcelain=v1", "-z", "--no-renames", "--untracked-files=no", "--ignore-submodules=dirty")
    filters = _filters(folder)
    without = _without_filters(folder, filters)
    # First, so that what git itself sees replaces it.
    own = {driver for driver, is_own in filters.items() if is_own}
    for path in changed_content(folder, without=without, own=own):
        yield SourceChange(path=path, reason=_BYTES)
    done = run_git(folder, *without, "status", *shown, "--", ".", *above)
    for row in _split(output_of(folder, "status", done)):
        state, path = row[:2], row[3:]
        kind = state[1] if state[1] != " " else state[0]
        reason = "in conflict" if "U" in state or state in _CONFLICTS else _REASONS.get(kind, "changed")
        yield SourceChange(path=path.removeprefix(prefix) if path.startswith(prefix) else f"{top}{path}", reason=reason)
    for row in _split(git_bytes(folder, "ls-files", "-v", "-z", "--", ".")):
        tag, path = row[0], row[2:]
        if tag in "Ss" and not os.path.lexists(folder / path):
            yield SourceChange(path=path, reason=_LEFT_OUT)
        elif tag.islower() or tag == "S":
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


def _read_of(ignored: str, read: Sequence[str]) -> Iterator[str]:
    """Yield what a release reads of an ignored file or folder."""
    for path in read:
        if ignored.rstrip("/") == path or (ignored.endswith("/") and path.startswith(ignored)):
            yield path
        elif ignored.startswith(f"{path}/"):
            yield ignored


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


def _filters(folder: Path) -> dict[str, bool]:
    """Return the filters that are configured, by their names; True for one of the user's own configuration alone."""
    done = run_git(folder, "config", "--show-scope", "--name-only", "-z", "--get-regexp", r"^filter\.")
    if done.returncode == 1:  # git-config(1): there is none
        return {}
    words = _fields(output_of(folder, "config", done))
    found: dict[str, bool] = {}
    for scope, name in zip(words[::2], words[1::2], strict=False):
        if name.endswith((*_FILTER_COMMANDS, ".required")):
            driver = name.rpartition(".")[0].removeprefix("filter.")
            found[driver] = found.get(driver, True) and scope not in _OWN_SCOPES
    return found


def _without_filters(folder: Path, filters: Mapping[str, bool]) -> list[str]:
    """Return options that switch off the filters which the repository's own configuration names.

    Raises:
        UnavailableError: One has a name that no option can contain.
    """
    for driver, is_own in filters.items():
        if "=" in driver and not is_own:  # git(1): what follows the first `=` of an option -c is the value
            raise failure(folder, "config", f"the filter {driver!r} cannot be switched off".encode())
    drivers = [f"filter.{driver}" for driver, is_own in filters.items() if not is_own]
    settings = [f"{driver}{command}=" for driver in drivers for command in _FILTER_COMMANDS]
    settings += [f"{driver}.required=false" for driver in drivers]
    return [word for setting in settings for word in ("-c", setting)]


def _submodules(folder: Path) -> list[str]:
    """Return the paths of the submodules below a folder, checked out or not."""
    rows = git_bytes(folder, "ls-files", "--stage", "-z", "--", ".").split(b"\0")
    return [os.fsdecode(row.partition(b"\t")[2]) for row in rows if row.startswith(SUBMODULE_MODE)]


def _require_own(folder: Path) -> None:
    """Check that a submodule's `.git` is a repository: git would go on to the one above it.

    Raises:
        UnavailableError: It is none.
    """
    top = Path(git_text(folder, "rev-parse", "--show-toplevel").removesuffix("\n"))
    if top.resolve() != folder.resolve():
        raise failure(folder, "rev-parse", b"its .git is not a repository")


def _files_below(folder: Path) -> Iterator[str]:
    for place, folders, names in os.walk(folder):
        links = [name for name in folders if (Path(place) / name).is_symlink()]
        yield from ((Path(place) / name).relative_to(folder).as_posix() for name in [*names, *links])


def _split(data: bytes) -> list[str]:
    return [os.fsdecode(row) for row in data.split(b"\0") if row]


def _fields(data: bytes) -> list[str]:
    return os.fsdecode(data).split("\0")[:-1]
