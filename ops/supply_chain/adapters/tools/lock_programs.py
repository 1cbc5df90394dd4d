"""Finds the programs of other lock tools, or installs one into an environment of its own.

A version manager (pyenv, asdf, mise) puts a shim on PATH that fails where no version is chosen for the current folder, and
a check runs in a temporary one. So a program counts only if it answers `--version` there, and behind PATH come the folders
in which version managers and installers keep the programs themselves. Nothing inside the project is run.

Source: https://github.com/pyenv/pyenv#environment-variables, https://asdf-vm.com/manage/configuration.html,
https://mise.jdx.dev/directories.html, https://pipx.pypa.io/stable/explanation/how-pipx-works/,
https://python-poetry.org/docs/#installation, https://docs.astral.sh/uv/concepts/tools/
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from ops.supply_chain.adapters.tools.uv import environment, find_uv, index_address
from ops.supply_chain.contracts.config.file import Config
from ops.supply_chain.core.errors import UnavailableError
from ops.supply_chain.core.text import printable, without_credentials
from ops.supply_chain.core.variables import Child, child_variables

VERSION_SECONDS = 60
INSTALL_SECONDS = 300
_SHOWN_LENGTH = 300

_KEPT: tuple[tuple[str, str, str], ...] = (
    ("PYENV_ROOT", ".pyenv", "versions/*/bin"),
    ("ASDF_DATA_DIR", ".asdf", "installs/*/*/bin"),
    ("MISE_DATA_DIR", ".local/share/mise", "installs/*/*/bin"),
    ("PIPX_HOME", ".local/share/pipx", "venvs/*/bin"),
    ("PIPX_HOME", ".local/pipx", "venvs/*/bin"),
    ("", ".local/share/uv/tools", "*/bin"),
    ("", ".local/share/pypoetry", "venv/bin"),
    ("", ".local", "bin"),
)
"""Where programs are: the variable that names the folder, else the folder below the home folder, and the pattern in it."""

_PYTHONS = (
    ("PYENV_ROOT", ".pyenv", "versions/*/bin"),
    ("ASDF_DATA_DIR", ".asdf", "installs/python/*/bin"),
    ("MISE_DATA_DIR", ".local/share/mise", "installs/python/*/bin"),
)
_SHIMS = "shims"
"""The folder of a version manager's shims, below the folder that its variable names."""


class Program(NamedTuple):
    """A program that answers: its path and its version."""

    path: str
    version: str


class LockPrograms:
    """The programs of one run; a context manager, since what it installs is removed at the end.

    Args:
        cache: uv's cache.
        offline: True installs from uv's cache only.
        released_before: RFC 3339; nothing that was uploaded later is installed.
    """

    def __init__(self, *, cache: Path, offline: bool, released_before: str) -> None:
        self._cache = cache
        self._offline = offline
        self._released_before = released_before
        self._scratch = tempfile.TemporaryDirectory(prefix="sealwright-tools-")
        self._found: dict[tuple[str, str], Program | None] = {}
        self._installed: dict[tuple[str, str], Program | UnavailableError] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._scratch.cleanup()

    def program(self, name: str, *, project: Path, config: Config) -> Program | None:
        """Return a program by its name, None if there is none and none may be installed.

        Args:
            name: Also the name of its package.
            project: No program inside this folder is run.
            config: `[locks].install_tools` allows an installation, from `[index].url`.
        Raises:
            UnavailableError: It may be installed, but that failed.
        """
        key = (name, str(project))
        if key not in self._found:
            self._found[key] = self._find(name, project)
        found = self._found[key]
        return self._install(name, config) if found is None and config.locks.install_tools else found

    def _find(self, name: str, project: Path) -> Program | None:
        inside = project.resolve()
        for candidate in dict.fromkeys(_candidates(name, os.environ)):
            # The folder counts, not where a link leads: an environment in the project may link to a program outside.
            if not candidate.parent.resolve().is_relative_to(inside) and os.access(candidate, os.X_OK):
                version = self._version(str(candidate))
                if version:
                    return Program(str(candidate), version)
        return None

    def _version(self, program: str) -> str:
        try:
            done = subprocess.run(
                [program, "--version"],
                cwd=self._scratch.name,
                env=tool_variables(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=VERSION_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return ""
        match = re.search(rb"\d+(?:\.\d+)+\S*", done.stdout) if done.returncode == 0 else None
        return match[0].rstrip(b")").decode("utf-8", "replace") if match else ""

    def _install(self, name: str, config: Config) -> Program:
        address = index_address(os.environ, config.index.url)
        key = (name, address)
        if key not in self._installed:
            try:
                self._installed[key] = self._installation(name, address)
            except UnavailableError as error:
                self._installed[key] = error
        found = self._installed[key]
        if isinstance(found, UnavailableError):
            raise found
        return found

    def _installation(self, name: str, address: str) -> Program:
        folder = Path(self._scratch.name) / f"{name}-{len(self._installed)}"
        words = ["--no-config", "--no-python-downloads", "--no-progress", "--color", "never", "--quiet"]
        words += ["--offline"] if self._offline else []
        variables = {**environment(os.environ, index=address), "UV_CACHE_DIR": str(self._cache)}
        _uv(["venv", *words, "--python", sys.executable, str(folder)], name, variables)
        newest = ["--exclude-newer", self._released_before, "--no-build"]
        _uv(["pip", "install", *words, *newest, "--python", str(folder / "bin" / "python"), name], name, variables)
        path = str(folder / "bin" / name)
        version = self._version(path)
        if not version:
            raise UnavailableError(f"{name}: was installed and does not run", hint=f"Install {name} on this machine.")
        return Program(path, version)


def tool_variables() -> dict[str, str]:
    """Return the environment in which the programs run: no token, and nothing is created or updated."""
    return {
        **child_variables(Child.LOCK_TOOL, os.environ),
        "POETRY_VIRTUALENVS_CREATE": "false",
        "PIPENV_NOSPIN": "1",
        "PDM_CHECK_UPDATE": "0",
        "NO_COLOR": "1",
    }


def without_shims(outer: Mapping[str, str]) -> str:
    """Return a PATH on which uv finds every Python of this machine: those of version managers, and no shims.

    Args:
        outer: The variables of this process.
    """
    kept = [folder for folder in outer.get("PATH", "").split(os.pathsep) if Path(folder).name != _SHIMS]
    return os.pathsep.join([*(str(path.parent) for path in _kept("python3", outer, _PYTHONS)), *kept])


def _candidates(name: str, outer: Mapping[str, str]) -> Iterator[Path]:
    """Yield the places where a program can be: PATH, our own environment, version managers and installers."""
    for folder in outer.get("PATH", "").split(os.pathsep):
        if Path(folder).is_absolute():
            yield Path(folder, name)
    yield Path(sys.executable).parent / name
    yield from _kept(name, outer, _KEPT)


def _kept(name: str, outer: Mapping[str, str], places: Sequence[tuple[str, str, str]]) -> Iterator[Path]:
    """Yield the programs that version managers and installers keep, those of a later version first."""
    home = Path(outer["HOME"]) if outer.get("HOME") else None
    for variable, below_home, pattern in places:
        given = outer.get(variable) if variable else ""
        root = Path(given) if given else home / below_home if home else None
        if root is not None and root.is_absolute():
            yield from sorted((folder / name for folder in root.glob(pattern)), key=_newest_first)


def _newest_first(path: Path) -> tuple[list[int], str]:
    numbers = re.findall(r"\d+", path.parent.parent.name)
    return [-int(number) for number in numbers], str(path)


def _uv(words: Sequence[str], name: str, variables: dict[str, str]) -> None:
    try:
        done = subprocess.run(
            [find_uv(), *words],
            env=variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=INSTALL_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UnavailableError(f"{name}: cannot be installed: {error}", hint=_hint(name)) from error
    if done.returncode != 0:
        output = printable(" ".join(without_credentials(done.stderr.decode("utf-8", "replace")).split()))
        raise UnavailableError(f"{name}: cannot be installed: {output[:_SHOWN_LENGTH]}", hint=_hint(name))


def _hint(name: str) -> str:
    return f"Check that the index answers, then run again; or install {name} on this machine."
