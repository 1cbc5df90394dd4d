"""Builds sdist and wheel of one package twice, at the same time, under different conditions.

The front end is pypa/build from the build lock, in the environment of that lock, and the wheel is built from the sdist. Each build sees only
its own copy of the commit and an allow-list of variables. Nothing is built below a process that has a token.

Source: https://build.pypa.io/en/stable/ (`--no-isolation`, `--sdist-extract-dir`); https://peps.python.org/pep-0517/;
https://reproducible-builds.org/docs/source-date-epoch/
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import msgspec

from ops.supply_chain.adapters.builders.conditions import LABELS, ConditionPair, Conditions
from ops.supply_chain.adapters.builders.environment import BuildEnvironment
from ops.supply_chain.adapters.builders.export import export_commit, set_conditions
from ops.supply_chain.adapters.builders.run import BuildLimits, run_command
from ops.supply_chain.adapters.files.git import GitState
from ops.supply_chain.adapters.files.process_table import tokens_above
from ops.supply_chain.core.canonical import read_bytes
from ops.supply_chain.core.errors import UnavailableError
from ops.supply_chain.core.files import write_atomic

SUFFIXES = (".tar.gz", ".whl")
"""Of the two distributions of a package, the sdist first."""

MOST_FILE_BYTES = 1 << 30
"""The most bytes of a distribution that is read."""


class BuildInput(msgspec.Struct, frozen=True, kw_only=True):
    """What is built: a package of a commit.

    `root` is the project's folder, `path` that of the package in it, empty for its top. `history` is True for a backend that computes the version from git.
    `epoch` is SOURCE_DATE_EPOCH, `variables` are those of `[build].variables`.
    """

    root: Path
    state: GitState
    path: str
    history: bool
    epoch: int
    variables: Mapping[str, str]
    limits: BuildLimits = BuildLimits()


class OneBuild(msgspec.Struct, frozen=True, kw_only=True):
    """The result of one build.

    `files` are the distributions by name, the sdist first; empty where it failed, and `failure` then says why, and `lines` are
    the last that it printed. `folder` is where the wheel was built.
    """

    conditions: Conditions
    folder: Path
    files: Mapping[str, bytes]
    failure: str = ""
    lines: tuple[str, ...] = ()


@contextmanager
def build_folder() -> Iterator[Path]:
    """Yield a temporary folder that other users may enter, without listing it.

    It is removed in the background; the process does not end before that.
    """
    folder = Path(tempfile.mkdtemp(prefix="sealwright-build-")).resolve()
    try:
        folder.chmod(0o711)
        yield folder
    finally:
        Thread(target=shutil.rmtree, args=(folder,), kwargs={"ignore_errors": True}, daemon=False).start()


def clock_of(folder: Path) -> float:
    """Return the time that a new file in a folder gets, in Unix seconds: the clock that a build sees.

    Raises:
        OutputError: The file cannot be written.
    """
    path = folder / "clock"
    write_atomic(path, b"", durable=False)
    return path.stat().st_mtime


def export_sources(given: BuildInput, folder: Path) -> tuple[Path, ...]:
    """Write the source of each build into a folder of its own.

    Args:
        given: What is built.
        folder: As `build_folder` yields it.
    Returns:
        The folder of the package in each, in the order of `LABELS`.
    Raises:
        UnavailableError: git does not answer.
        InputError: A file's name cannot be stored in an archive.
        OutputError: A file cannot be written.
    """
    targets = [folder / label / "source" for label in LABELS]
    projects = export_commit(given.root, given.state, *targets, history=given.history)
    return tuple(project / given.path for project in projects)


def build_twice(
    given: BuildInput, environment: BuildEnvironment, pair: ConditionPair, packages: Sequence[Path], folder: Path
) -> tuple[OneBuild, OneBuild]:
    """Build a package twice, at the same time.

    Args:
        given: What.
        environment: Of its build lock.
        pair: The conditions of the two builds.
        packages: As `export_sources` returns them.
        folder: As `build_folder` yields it.
    Raises:
        UnavailableError: This process or one above it has a token, git does not answer, or no process can be started.
    """
    require_no_token()
    with ThreadPoolExecutor(max_workers=len(LABELS)) as pool:
        first, second = (
            pool.submit(_build, given, environment, folder, conditions, package)
            for conditions, package in zip((pair.first, pair.second), packages, strict=True)
        )
        return first.result(), second.result()


def require_no_token() -> None:
    """Refuse to run a project's code below a process that has a token.

    Raises:
        UnavailableError: There is one.
    """
    tokens = tokens_above()
    if tokens:
        raise UnavailableError(
            f"nothing is built: a build runs code below a process that has {', '.join(tokens)}",
            hint="Build in a shell, or in a job, without a token, and pass the result on with --distributions FOLDER.",
        )


def _build(
    given: BuildInput, environment: BuildEnvironment, folder: Path, conditions: Conditions, package: Path
) -> OneBuild:
    own = folder / conditions.label
    unpacked, home, out = (own / name for name in ("sdist", "home", "out"))
    for made in (unpacked, home, out):
        made.mkdir()
    set_conditions(own, mtime=conditions.mtime, umask=conditions.umask, uid=conditions.uid)
    done = run_command(
        # -P: a file build.py of the project is not the front end.
        [
            *(str(environment.python), "-P", "-m", "build", "--no-isolation"),
            *("--outdir", str(out), "--sdist-extract-dir", str(unpacked), str(package)),
        ],
        folder=home,
        watched=[own],
        conditions=conditions,
        variables=conditions.variables(home, given.epoch, environment.programs, given.variables, unpacked),
        limits=given.limits,
    )
    files: dict[str, bytes] = {}
    failure = done.failure
    if not failure:
        files, failure = _distributions(out)
    return OneBuild(conditions=conditions, folder=own, files=files, failure=failure, lines=done.lines)


def _distributions(folder: Path) -> tuple[dict[str, bytes], str]:
    """Return the distributions in a folder, or why it does not have exactly one of each kind."""
    names = sorted(path.name for path in folder.iterdir())
    found = [name for suffix in SUFFIXES for name in names if name.endswith(suffix)]
    if len(found) != len(SUFFIXES) or len(names) != len(SUFFIXES):
        return {}, f"left {', '.join(map(repr, names)) or 'nothing'}, and one sdist and one wheel are expected"
    for name in found:
        path = folder / name
        if path.is_symlink() or not path.is_file():
            return {}, f"left {name!r}, which is no file"
        if path.stat().st_size > MOST_FILE_BYTES:
            return {}, f"left {name!r}, which has more than {MOST_FILE_BYTES:,} bytes"
    return {name: read_bytes(folder / name) for name in found}, ""
