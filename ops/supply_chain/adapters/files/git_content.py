"""Tracked files whose bytes are not those of the commit although git shows no change.

Before git compares a file it changes line ends (`text`, `eol`), the text between `$Id:` and `$` (`ident`), the encoding
(`working-tree-encoding`) and whatever a filter changes, so that files with different bytes are the same to it; and it
compares nothing where a file's date and size are those of its last comparison. So every file is read, and compared with
what a checkout writes.

A file with a filter that only the repository names cannot be compared without running it, and counts as changed, unless
it is the content that a pointer of Git LFS names. A filter of the user's own configuration is trusted.

Source: gitattributes(5), git-checkout-index(1), https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from ops.supply_chain.adapters.files.git_process import SUBMODULE_MODE, git_bytes, output_of, run_git

LINK_MODE = b"120000"
_CHUNK_BYTES = 1 << 20
_MOST_POINTER_BYTES = 1024
"""A pointer of Git LFS is shorter."""

_POINTER = re.compile(rb"version https://git-lfs\.github\.com/spec/v1\n(?:.*\n)*?oid sha256:(?P<oid>[0-9a-f]{64})\n")
_NO_FILTER = frozenset({"unspecified", "unset", "set", ""})


def changed_content(folder: Path, *, without: Sequence[str], own: Iterable[str]) -> Iterator[str]:
    """Yield the tracked files below a folder whose bytes are not those that a checkout writes.

    Args:
        folder: A folder in a repository.
        without: Options of git that switch off the filters which the repository names.
        own: The names of filters that the user's own configuration has, and that the repository has not.
    Raises:
        UnavailableError: git does not answer.
    """
    differing: dict[str, str] = {}
    for row in filter(None, git_bytes(folder, "ls-files", "-t", "--stage", "-z", "--", ".").split(b"\0")):
        attributes, _, name = row.partition(b"\t")
        tag, mode, oid, stage = attributes.split(b" ")
        path = os.fsdecode(name)
        # Of a conflict, and of a file with skip-worktree, git writes nothing; both are changes by themselves.
        if mode == SUBMODULE_MODE or tag == b"S" or stage != b"0" or not os.path.lexists(folder / path):
            continue
        if _object_name(folder / path, oid.decode(), is_link=mode == LINK_MODE) != oid.decode():
            differing[path] = oid.decode()
    if differing:
        yield from _not_as_checked_out(folder, differing, without, frozenset(own))


def _not_as_checked_out(
    folder: Path, differing: dict[str, str], without: Sequence[str], own: frozenset[str]
) -> Iterator[str]:
    filters = _filters(folder, differing)
    asked = [path for path in differing if filters.get(path, "") not in own]
    with tempfile.TemporaryDirectory() as temporary:
        written = Path(temporary)
        given = b"".join(os.fsencode(path) + b"\0" for path in asked)
        words = ("checkout-index", "--quiet", "--force", f"--prefix={written}/", "-z", "--stdin")
        output_of(folder, "checkout-index", run_git(folder, *without, *words, given=given))
        prefix = git_bytes(folder, "rev-parse", "--show-prefix").removesuffix(b"\n")
        for path in asked:
            made = written / os.fsdecode(prefix) / path
            if not (_same(folder / path, made) or _is_content_of_pointer(folder / path, made)):
                yield path


def _filters(folder: Path, paths: Iterable[str]) -> dict[str, str]:
    """Return the filter that the attributes give each file; empty for a file without one."""
    given = b"".join(os.fsencode(path) + b"\0" for path in paths)
    done = run_git(folder, "check-attr", "-z", "--stdin", "filter", given=given)
    fields = os.fsdecode(output_of(folder, "check-attr", done)).split("\0")[:-1]
    found = zip(fields[::3], fields[2::3], strict=True)
    return {path: "" if value in _NO_FILTER else value for path, value in found}


def _object_name(path: Path, like: str, *, is_link: bool) -> str:
    """Return the name of the object that git would keep for a file as it is; empty where it is of another kind."""
    digest = hashlib.sha256() if len(like) > 40 else hashlib.sha1(usedforsecurity=False)  # noqa: PLR2004 - git-hash-function-transition
    if path.is_symlink() or is_link:
        if not (path.is_symlink() and is_link):
            return ""
        target = os.fsencode(path.readlink())
        digest.update(b"blob %d\0" % len(target) + target)
        return digest.hexdigest()
    if not path.is_file():
        return ""
    digest.update(b"blob %d\0" % path.stat().st_size)
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _same(path: Path, other: Path) -> bool:
    if path.is_symlink() or other.is_symlink() or not (path.is_file() and other.is_file()):
        return False
    if path.stat().st_size != other.stat().st_size:
        return False
    with path.open("rb") as one, other.open("rb") as two:
        while chunk := one.read(_CHUNK_BYTES):
            if chunk != two.read(_CHUNK_BYTES):
                return False
    return True


def _is_content_of_pointer(path: Path, pointer: Path) -> bool:
    if path.is_symlink() or not (path.is_file() and pointer.is_file()) or pointer.stat().st_size > _MOST_POINTER_BYTES:
        return False
    found = _POINTER.match(pointer.read_bytes())
    if found is None:
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == found["oid"].decode()
