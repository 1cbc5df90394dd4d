"""One commit of a repository as a folder: the bytes that git has, without a checkout.

No filter, line-ending setting, hook, `export-ignore` or submodule takes part, and the user's working folder is not
touched. The folder is a repository of its own whose index lists the same files, so that whatever reads it sees what is
tracked. A symbolic link is written as it is: readers follow it only within the folder.

Source: git-ls-tree(1), git-cat-file(1), git-update-index(1) (`--index-info`), gitattributes(5)
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from ops.supply_chain.adapters.files.git_blobs import BlobReader
from ops.supply_chain.adapters.files.git_process import git_bytes, git_text, output_of, run_git
from ops.supply_chain.core.errors import UnavailableError

LINK_MODE = "120000"
SUBMODULE_MODE = "160000"
LARGEST_FILE_BYTES = 256 << 20
"""Larger files are written as holes of their size: no reader of a project opens one."""

_LONGEST_NAME_BYTES = 255


class TreeEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One file of a commit: its git mode, its object, and its size in bytes (0 for a submodule)."""

    mode: str
    object: str
    size: int = 0


class ExportedTree(msgspec.Struct, frozen=True, kw_only=True):
    """A commit as a folder. `entries` are all its files by path, sorted; `left_out` are those not written, with reasons."""

    root: Path
    commit: str
    entries: dict[str, TreeEntry]
    left_out: dict[str, str]

    def differing(self, other: ExportedTree) -> frozenset[str]:
        """Return the paths of files that only one of two commits has, or that differ in content or mode."""
        paths = self.entries.keys() | other.entries.keys()
        return frozenset(path for path in paths if self.entries.get(path) != other.entries.get(path))


def list_tree(folder: Path, commit: str) -> dict[str, TreeEntry]:
    """List the files of a folder at a commit.

    Args:
        folder: The folder; it need not have existed at that commit.
        commit: Full hash.
    Returns:
        By path relative to the folder, sorted.
    Raises:
        UnavailableError: git does not answer, or lacks an object.
    """
    found = {}
    for row in filter(None, git_bytes(folder, "ls-tree", "-r", "-l", "-z", commit, "--", ".").split(b"\0")):
        attributes, _, path = row.partition(b"\t")
        mode, _, name, size = attributes.decode().split()
        found[os.fsdecode(path)] = TreeEntry(mode=mode, object=name, size=int(size) if size.isdecimal() else 0)
    return dict(sorted(found.items()))


def export(folder: Path, commit: str, target: Path, *, known: Mapping[str, Path] | None = None) -> ExportedTree:
    """Write the files of a folder at a commit into a new folder.

    Args:
        folder: The folder in its repository.
        commit: Full hash.
        target: A folder that does not exist.
        known: Files on the same file system by their object in git; an equal file becomes a link to one of them.
    Raises:
        UnavailableError: git does not answer or lacks an object, or the folder cannot be written.
    """
    entries = list_tree(folder, commit)
    try:
        target.mkdir(parents=True)
        left_out = {path: why for path, entry in entries.items() if (why := _refusal(path, entry))}
        plain = {
            path: entry for path, entry in entries.items() if path not in left_out and entry.mode != SUBMODULE_MODE
        }
        with BlobReader(folder, commit) as blobs:
            links = [path for path, entry in plain.items() if entry.mode == LINK_MODE]
            for path in [*(path for path in plain if path not in set(links)), *links]:  # links last: none is followed
                try:
                    _write(target, path, plain[path], blobs, known or {})
                except (FileExistsError, NotADirectoryError, FileNotFoundError):
                    left_out[path] = "collides with another path of the commit"
        _index(folder, target, entries)
    except OSError as error:
        raise UnavailableError(
            f"a temporary copy of {commit[:12]} cannot be written: {error.strerror or error}",
            hint="Make room in the temporary folder, or set TMPDIR.",
        ) from error
    return ExportedTree(root=target, commit=commit, entries=entries, left_out=dict(sorted(left_out.items())))


def files_by_object(tree: ExportedTree) -> dict[str, Path]:
    """Return the regular files of an exported tree by their object, for `export(known=...)`."""
    return {
        entry.object: tree.root / path
        for path, entry in tree.entries.items()
        if entry.mode not in (LINK_MODE, SUBMODULE_MODE) and path not in tree.left_out
    }


def _refusal(path: str, entry: TreeEntry) -> str:
    """Return why a path is not written; empty if it is.

    git refuses such trees when it checks them out, and yet they can be pushed.
    """
    parts = path.split("/")
    if any(part in ("", ".", "..") or part.casefold() == ".git" for part in parts) or "\\" in path:
        return "has a path that leads out of its folder"
    if not path.isprintable() or any(len(os.fsencode(part)) > _LONGEST_NAME_BYTES for part in parts):
        return "has a name with control characters, that is not UTF-8, or that is too long"
    if entry.mode not in ("100644", "100755", "100664", LINK_MODE, SUBMODULE_MODE):
        return f"has the unknown mode {entry.mode}"
    return ""


def _write(root: Path, path: str, entry: TreeEntry, blobs: BlobReader, known: Mapping[str, Path]) -> None:
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    if entry.mode == LINK_MODE:
        target.symlink_to(os.fsdecode(blobs.read_object(entry.object).split(b"\0")[0]) or ".")
        return
    same = known.get(entry.object)
    if same is not None:
        with suppress(OSError):
            os.link(same, target, follow_symlinks=False)
            return
    # Exclusive: a file or link that is there already is another entry of a malformed tree.
    with target.open("xb") as file:
        if entry.size > LARGEST_FILE_BYTES:
            file.truncate(entry.size)
        else:
            file.write(blobs.read_object(entry.object))


def _index(folder: Path, target: Path, entries: Mapping[str, TreeEntry]) -> None:
    """Make the copy a repository whose index lists the files; it has no objects and no commit."""
    form = git_text(folder, "rev-parse", "--show-object-format").strip()
    git_bytes(target, "init", "--quiet", "--template=", *([] if form == "sha1" else [f"--object-format={form}"]))
    given = b"".join(_rows(entries))
    output_of(target, "update-index", run_git(target, "update-index", "-z", "--index-info", given=given))


def _rows(entries: Mapping[str, TreeEntry]) -> Iterator[bytes]:
    for path, entry in entries.items():
        if not _refusal(path, entry):
            yield f"{entry.mode} {entry.object}\t".encode() + os.fsencode(path) + b"\0"
