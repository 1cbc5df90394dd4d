"""Runs uv, Poetry, pdm and pipenv to check whether their lock is up to date with its manifest.

Each runs on a copy of the lock and its manifests in a temporary folder, so that nothing is written into the
project and no code of the project is built or run. uv comes with sealwright; for the others see `lock_programs`. A failed run means "out of date" only if the output contains the tool's known sentence; any other output
means that there is no result.

Source: uv 0.13 `uv lock --check`; Poetry 2.5 `poetry check --lock`; pdm 2.29 `pdm lock --check`; pipenv 2026
`pipenv verify`.
"""

from __future__ import annotations

import os
import posixpath
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from ops.supply_chain.adapters.files.project_files import ProjectFiles
from ops.supply_chain.adapters.tools.lock_programs import LockPrograms, tool_variables, without_shims
from ops.supply_chain.adapters.tools.uv import environment, find_uv, index_address, is_unavailable, uv_version
from ops.supply_chain.contracts.config.file import Config
from ops.supply_chain.contracts.values.lock import Lock, LockKind, PinSourceKind
from ops.supply_chain.core import plain_toml
from ops.supply_chain.core.errors import UnavailableError
from ops.supply_chain.core.text import printable, without_credentials
from ops.supply_chain.formats.lock_formats import LOCK_FORMATS, lock_format
from ops.supply_chain.formats.pyproject import is_dynamic, readme_paths

TIMEOUT_SECONDS = 300

_UV_FILES = ("pyproject.toml", "uv.toml", ".python-version")
_MANIFESTS = frozenset(row.manifest for row in LOCK_FORMATS)
_SCRIPT_LOCK = ".py.lock"
_NOT_FOR_UV = re.compile(
    r"is incompatible with the project's Python requirement|No interpreter found|inspect Python|"
    r"[Bb]uilding source distributions|--no-build|Failed to generate package metadata|build backend returned an error|Distribution not found at|outside of the workspace|is not a (?:file|dir)"
)
"""uv finds no suitable Python here, or would have to build something, or needs a file outside the copy."""

_NO_PYTHON = re.compile(r"is incompatible with the project's Python requirement|No interpreter found|inspect Python")
_NO_HOME = "no-python"
"""A folder that never exists. With `--no-build` uv still builds editable packages, with a Python that reads `PYTHONHOME`
and so cannot start; the Python that it only queries for its version runs with `-I`, which ignores it."""

_SHOWN_LENGTH = 300


class ToolAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a tool's check of its lock.

    `command` is what a person would type, `tool` and `version` the program. `agrees` is None if there is no result;
    `output` is the start of its output then and if it disagrees.
    """

    command: str
    tool: str
    version: str
    agrees: bool | None
    output: str = ""


class LockTools:
    """The tools, for the locks of one project.

    Args:
        root: The project's folder.
        programs: The programs of the run.
        cache: The folder of uv's cache.
        config: The project's configuration; its index is used if a lock names it.
        offline: True runs uv without network.
    """

    def __init__(self, root: Path, *, programs: LockPrograms, cache: Path, config: Config, offline: bool) -> None:
        self._root = root
        self._programs = programs
        self._files = ProjectFiles(root)
        self._cache = cache
        self._config = config
        self._offline = offline

    def check(self, lock: Lock) -> ToolAnswer | None:
        """Run the tool of a lock to check whether the lock is up to date.

        Args:
            lock: Of any kind but requirements.
        Returns:
            None if there is no such tool, or it is not on this machine and may not be installed.
        Raises:
            UnavailableError: The tool could not be installed, or a network service that it needs did not answer.
        """
        if lock.kind is LockKind.UV:
            return self._check_uv(lock)
        words = _words(lock)
        program = self._programs.program(words[0], project=self._root, config=self._config) if words else None
        if not words or program is None:
            return None
        answer = ToolAnswer(command=" ".join(words), tool=words[0], version=program.version, agrees=None)
        folder = posixpath.dirname(lock.path)
        document = self._manifest(posixpath.join(folder, "pyproject.toml"))
        if lock.kind is LockKind.PDM and is_dynamic(document):
            return msgspec.structs.replace(answer, output="pdm would run the build backend to read the dependencies")
        with tempfile.TemporaryDirectory(prefix="sealwright-check-") as scratch:
            self._copy(Path(scratch), [lock.path, *self._top_files(folder)])
            _stand_in(Path(scratch), folder, readme_paths(document))
            done = _run([program.path, *words[1:]], Path(scratch) / folder, tool_variables())
        agrees, output = _verdict(lock.kind, done, scratch)
        return msgspec.structs.replace(answer, agrees=agrees, output=output[:_SHOWN_LENGTH])

    def export(self, lock: Lock, folder: str, options: Sequence[str]) -> ToolAnswer:
        """Export a `uv.lock` again, as it is.

        Args:
            lock: The lock.
            folder: Where the command runs: that of the lock, or one below it.
            options: Of `uv export`.
        Returns:
            `agrees` is True and `output` the whole file if it could be exported; else None and the reason.
        Raises:
            UnavailableError: uv could not be run.
        """
        words = ["export", "--frozen", "--no-python-downloads", "--no-progress", "--color", "never", *options]
        words += ["--offline"] if self._offline else []
        with tempfile.TemporaryDirectory(prefix="sealwright-check-") as scratch:
            self._copy(Path(scratch), self._uv_files(lock))
            place = Path(scratch) / folder
            place.mkdir(parents=True, exist_ok=True)
            done = self._run_uv(words, place, self._uv_environment(lock, scratch))
        command = " ".join(["uv export", *options])
        output = (
            done.stdout.decode("utf-8", "replace") if done.returncode == 0 else _verdict(LockKind.UV, done, scratch)[1]
        )
        agrees = True if done.returncode == 0 else None
        return ToolAnswer(command=command, tool="uv", version=uv_version(), agrees=agrees, output=output)

    def _run_uv(
        self, words: Sequence[str], folder: Path, surroundings: dict[str, str]
    ) -> subprocess.CompletedProcess[bytes]:
        """Run uv with our own Python, or if that does not suit the project with any other on this machine."""
        done = _run([find_uv(), *words, "--python", sys.executable], folder, surroundings)
        if _NO_PYTHON.search(_output(done)):
            return _run([find_uv(), *words], folder, {**surroundings, "PATH": without_shims(os.environ)})
        return done

    def _manifest(self, path: str) -> dict[str, Any]:
        """Return a `pyproject.toml`, empty if it is missing or malformed: the tool says so."""
        try:
            return plain_toml.load((self._files.read(path) or b"").decode())
        except (ValueError, RecursionError):
            return {}

    def _top_files(self, folder: str) -> Iterator[str]:
        """Yield the manifests in a folder."""
        for path in self._files.walk(lambda path: _is_deeper(path, folder)):
            name = posixpath.basename(path)
            if posixpath.dirname(path) == folder and name in _MANIFESTS:
                yield path

    def _check_uv(self, lock: Lock) -> ToolAnswer:
        words = ["lock", "--check", "--no-build", "--no-python-downloads", "--no-progress", "--color", "never"]
        words += ["--offline"] if self._offline else []
        script = posixpath.basename(lock.path).removesuffix(".lock") if lock.path.endswith(_SCRIPT_LOCK) else ""
        words += ["--script", script] if script else []
        with tempfile.TemporaryDirectory(prefix="sealwright-check-") as scratch:
            self._copy(Path(scratch), self._uv_files(lock))
            folder, surroundings = Path(scratch) / posixpath.dirname(lock.path), self._uv_environment(lock, scratch)
            done = self._run_uv(words, folder, surroundings)
        agrees, output = _verdict(LockKind.UV, done, scratch)
        if agrees is None and (is_unavailable(output) or not _NOT_FOR_UV.search(output)):
            raise UnavailableError(
                f"{lock.path}: uv could not check it: {output[:_SHOWN_LENGTH]}",
                hint="Check that the index answers, then run again.",
            )
        command = f"uv lock --check --script {script}" if script else "uv lock --check"
        return ToolAnswer(
            command=command, tool="uv", version=uv_version(), agrees=agrees, output=output[:_SHOWN_LENGTH]
        )

    def _uv_files(self, lock: Lock) -> Iterator[str]:
        """Yield the files that uv reads: all manifests below the lock, since workspace members are found by pattern."""
        folder = posixpath.dirname(lock.path)
        yield lock.path
        yield lock.path.removesuffix(".lock")
        yield from (path for path in self._files.walk() if _is_below(path, folder) and path.endswith(_UV_FILES))
        for entry in lock.entries:
            if entry.pin.source.kind is PinSourceKind.PATH:
                place = posixpath.normpath(posixpath.join(folder, entry.pin.source.url))
                yield from (posixpath.join(place, name) for name in _UV_FILES)

    def _uv_environment(self, lock: Lock, scratch: str) -> dict[str, str]:
        # The project's own settings apply, those of the machine do not; the configured index only if the lock was made
        # from it, and spelt as in the lock, because uv treats any other as a reason to lock again.
        address = index_address(os.environ, self._config.index.url)
        named = {entry.pin.source.url for entry in lock.entries}
        spelt = [url for url in named if url.rstrip("/") == without_credentials(address).rstrip("/")] if address else []
        made = environment(os.environ, index=address if spelt else "")
        if spelt and not spelt[0].endswith("/"):
            made["UV_DEFAULT_INDEX"] = made["UV_DEFAULT_INDEX"].rstrip("/")
        made |= {"UV_CACHE_DIR": str(self._cache), "XDG_CONFIG_HOME": scratch, "XDG_CONFIG_DIRS": scratch}
        return {**made, "PYTHONHOME": posixpath.join(scratch, _NO_HOME)}

    def _copy(self, target: Path, paths: Sequence[str] | Iterator[str]) -> None:
        for path in dict.fromkeys(paths):
            data = None if path.startswith("../") else self._files.read(path)
            if data is not None:
                (target / path).parent.mkdir(parents=True, exist_ok=True)
                (target / path).write_bytes(data)


def _stand_in(scratch: Path, folder: str, readmes: Sequence[str]) -> None:
    """Write an empty file for each readme: Poetry refuses a manifest without them, whatever they contain."""
    for readme in readmes:
        path = posixpath.normpath(posixpath.join(folder, readme))
        if not path.startswith("../"):
            (scratch / path).parent.mkdir(parents=True, exist_ok=True)
            (scratch / path).touch()


def _words(lock: Lock) -> list[str]:
    row, name = lock_format(lock.kind), posixpath.basename(lock.path)
    renamed = [row.name_option, name] if row.name_option and name != row.kind.value else []
    return [*row.check, *renamed]


def _is_deeper(path: str, folder: str) -> bool:
    """Return whether a path is neither in a folder nor one of its parents."""
    return posixpath.dirname(path) != folder and not f"{folder}/".startswith(f"{path}/")


def _is_below(path: str, folder: str) -> bool:
    return not folder or path.startswith(f"{folder}/")


def _run(words: Sequence[str], folder: Path, surroundings: dict[str, str]) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            words,
            cwd=folder,
            env=surroundings,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        name = Path(words[0]).name
        reason = (
            f"no answer within {TIMEOUT_SECONDS} s" if isinstance(error, subprocess.TimeoutExpired) else error.strerror
        )
        raise UnavailableError(
            f"{name}: cannot be run: {reason}", hint=f"Check that {name} works, then run again."
        ) from error


def _verdict(kind: LockKind, done: subprocess.CompletedProcess[bytes], scratch: str) -> tuple[bool | None, str]:
    if done.returncode == 0:
        return True, ""
    output = _output(done).replace(f"{scratch}/", "")
    # A failed request comes first: without the index, uv finds no solution either.
    outdated = lock_format(kind).outdated
    known = outdated is not None and outdated.search(output) is not None
    stale = known and not (kind is LockKind.UV and is_unavailable(output))
    return (False if stale else None), output


def _output(done: subprocess.CompletedProcess[bytes]) -> str:
    text = without_credentials((done.stderr + b"\n" + done.stdout).decode("utf-8", "replace"))
    lines = [
        line.strip() for line in text.splitlines() if line.strip() and not line.startswith(("Using ", "Resolved "))
    ]
    return printable(" ".join(lines))
