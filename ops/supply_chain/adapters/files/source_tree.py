"""The files of a project as source: what git tracks at its commit, or the walked folder outside git."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from ops.supply_chain.adapters.files.git import GitState, tracked_files
from ops.supply_chain.adapters.files.git_blobs import BlobReader
from ops.supply_chain.core.canonical import read_bytes
from ops.supply_chain.core.errors import InputError

LINK_MODE = "120000"
EXECUTABLE_MODE = "100755"

EXCLUDED_FOLDERS = frozenset(
    {"__pycache__", "__pypackages__", "build", "dist", "env", "htmlcov", "node_modules", "site-packages", "venv"}
)
"""Never source, outside git; with every folder that holds a `pyvenv.cfg`, and every hidden one but these:"""
KEPT_HIDDEN = frozenset(
    {".editorconfig", ".gitattributes", ".github", ".gitignore", ".gitlab-ci.yml", ".gitmodules"}
    | {".pre-commit-config.yaml", ".python-version", ".readthedocs.yaml", ".security-config.toml"}
)
EXCLUDED_FILES = re.compile(r".*\.(?:py[co]|key|p12|pem|pfx)|id_(?:rsa|dsa|ecdsa|ed25519)|.*~", re.IGNORECASE)
"""Compiled and backup files, and what usually is a private key."""


class SourceFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file of the source: `link` is the target of a symbolic link, else empty."""

    path: str
    load: Callable[[], bytes]
    executable: bool = False
    link: str = ""


class SourceTree(msgspec.Struct, frozen=True, kw_only=True):
    """A project's source: `files` sorted by path; `left_out` are links that lead outside, sorted."""

    files: tuple[SourceFile, ...]
    left_out: tuple[str, ...]


@contextmanager
def open_source(root: Path, state: GitState | None, *, outputs: tuple[Path, ...] = ()) -> Iterator[SourceTree]:
    """List a project's source files; they can be loaded for as long as the block lasts.

    Under git these are the files of the commit, whatever `.gitattributes` says of exports and whatever
    the working folder holds. Outside git the folder is walked.

    Args:
        root: The project's folder.
        state: Its state in git, or None outside git.
        outputs: Folders and files of the pipeline's own, which are not source.
    Raises:
        InputError: A file's name has control characters or is not UTF-8.
        UnavailableError: git does not answer.
    """
    if state is None:
        yield _tree(list(_walked(root, outputs)))
        return
    with BlobReader(root, state.commit) as blobs:
        yield _tree([_tracked(blobs, path, mode) for path, mode in tracked_files(root).items()])


def stays_inside(path: str, target: str) -> bool:
    """Return whether a symbolic link stays inside its own tree.

    `..` is allowed only at the beginning of the target, no more often than the link lies deep: a `..`
    further on could climb out of wherever another link has led.

    Args:
        path: Where the link lies, relative to the top of the tree.
        target: What it points to, as written.
    """
    parts = target.split("/")
    climbs = next((position for position, part in enumerate(parts) if part != ".."), len(parts))
    plain = target.isprintable() and "\\" not in target and not target.startswith("/") and bool(target)
    return plain and climbs <= path.count("/") and ".." not in parts[climbs:]


def _tree(files: list[SourceFile]) -> SourceTree:
    for file in files:
        if not file.path.isprintable() or "\\" in file.path:
            raise InputError(
                f"{file.path!r}: a file name that cannot be stored in an archive", hint="Rename it, and commit."
            )
    kept = [file for file in files if not file.link or stays_inside(file.path, file.link)]
    left_out = {file.path for file in files} - {file.path for file in kept}
    return SourceTree(files=tuple(sorted(kept, key=lambda file: file.path)), left_out=tuple(sorted(left_out)))


def _tracked(blobs: BlobReader, path: str, mode: str) -> SourceFile:
    link = blobs.read(path).decode("utf-8", "surrogateescape") if mode == LINK_MODE else ""
    return SourceFile(path=path, load=lambda: blobs.read(path), executable=mode == EXECUTABLE_MODE, link=link)


def _walked(root: Path, outputs: tuple[Path, ...]) -> Iterator[SourceFile]:
    for folder, folders, names in os.walk(root):
        here = Path(folder)
        links = [name for name in folders if (here / name).is_symlink()]
        folders[:] = [name for name in folders if name not in links and _is_source_folder(here / name, outputs)]
        for name in [*names, *links]:
            path = here / name
            if not _is_source_file(name) or path in outputs:
                continue
            relative = path.relative_to(root).as_posix()
            if path.is_symlink():
                yield SourceFile(path=relative, load=bytes, link=path.readlink().as_posix())
            elif path.is_file():
                yield SourceFile(path=relative, load=_loader(path), executable=bool(path.stat().st_mode & 0o100))


def _loader(path: Path) -> Callable[[], bytes]:
    return lambda: read_bytes(path)


def _is_source_folder(path: Path, outputs: tuple[Path, ...]) -> bool:
    if path in outputs or path.name in EXCLUDED_FOLDERS or path.name.endswith(".egg-info"):
        return False
    return _is_shown(path.name) and not (path / "pyvenv.cfg").exists()


def _is_source_file(name: str) -> bool:
    return _is_shown(name) and EXCLUDED_FILES.fullmatch(name) is None


def _is_shown(name: str) -> bool:
    return not name.startswith(".") or name in KEPT_HIDDEN
