"""Where the artifacts of a project lie: `dist/` for this repository, `dist/NAME/` for another project.

Two projects never share a folder. A file in `dist/NAME/` names the project that it belongs to, as a path relative to
this repository: it stays right where both are moved, or restored from a cache, together. A second project of that
name, and one whose name is that of a folder in `dist/`, get `dist/NAME-DIGEST/`; so does nothing else.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ops.supply_chain.contracts.config.file import Config
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.files import write_atomic
from ops.supply_chain.runner.arguments import HOME, absolute
from ops.supply_chain.runner.dist_lock import OUTPUT_FILES, OUTPUT_FOLDERS, PROJECT_NAME, hold

REHEARSAL_FOLDER = "rehearsal"
SCAN_FOLDER = "scan"
"""In a project's folder: what a rehearsal and a scan write, beside the release and never in it."""

RESERVED = frozenset(
    {
        *OUTPUT_FOLDERS,
        *OUTPUT_FILES,
        REHEARSAL_FOLDER,
        SCAN_FOLDER,
        "build",
        "change",
        "mirror",
        "trust",
        "packages",
        "reproduction",
        "verifier",
    }
)
DIGITS = 8


def dist_folder(option: Path | None, root: Path, config: Config, *, repository: Path = HOME) -> Path:
    """Return the absolute folder of a project's artifacts; nothing is created.

    Args:
        option: The folder that the command line names; None for the project's own.
        root: The project's folder.
        config: Its configuration.
        repository: The checkout that this pipeline runs from, or the folder in which the console command was called.
    """
    if option is not None:
        return absolute(option)
    if root.resolve() == repository.resolve():
        return repository / "dist"
    from ops.supply_chain.adapters.files.project import folder_name

    name, path = folder_name(root, config), relative_path(root, repository)
    distinct = repository / "dist" / f"{name}-{sha256_bytes(path.encode())[:DIGITS]}"
    plain = repository / "dist" / name
    if name.casefold() in RESERVED or _owner(distinct) == path:
        return distinct
    owner = _owner(plain)
    # A project that is not there any more gives its folder to the next one of its name.
    return plain if owner in ("", path) or not (repository / owner).is_dir() else distinct


@contextmanager
def hold_for(dist: Path, root: Path) -> Iterator[None]:
    """Hold the lock of a project's `dist/` for the time of the block, and note whose it is.

    Raises:
        UsageError: Another run holds it, or sealwright did not make the folder.
        OutputError: The folder cannot be made or written.
    """
    with hold(dist):
        claim_for_project(dist, root)
        yield


def claim_for_project(dist: Path, root: Path, *, repository: Path = HOME) -> None:
    """Note in a project's folder below `dist/` which project it belongs to.

    Args:
        dist: The folder of a run: the project's, or one in it. Outside `dist/` of the repository nothing is noted.
        root: The project's folder.
        repository: As above.
    Raises:
        OutputError: It cannot be written.
    """
    base = repository / "dist"
    if root.resolve() == repository.resolve() or not dist.is_relative_to(base) or dist == base:
        return
    folder, path = base / dist.relative_to(base).parts[0], relative_path(root, repository)
    if folder.name.casefold() not in RESERVED and _owner(folder) != path:
        write_atomic(folder / PROJECT_NAME, f"{path}\n".encode(errors="surrogateescape"))


def relative_path(root: Path, repository: Path) -> str:
    """Return the path of a project relative to the repository, with `/`."""
    try:
        return Path(os.path.relpath(root.resolve(), repository.resolve())).as_posix()
    except ValueError:  # on another drive
        return root.resolve().as_posix()


def _owner(folder: Path) -> str:
    """Return the path that a folder's note names; empty where there is none."""
    try:
        return (folder / PROJECT_NAME).read_bytes().decode(errors="surrogateescape").rstrip("\n")
    except OSError:
        return ""
