"""The isolated environment of a build: exactly the distributions of the build lock, each from a wheel, each by its hash.

Source: https://docs.astral.sh/uv/reference/cli/#uv-pip-install (`--require-hashes`, `--only-binary`, `--no-deps`)
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from ops.supply_chain.adapters.tools.uv import environment, find_uv, index_address, is_unavailable
from ops.supply_chain.contracts.config.file import Config
from ops.supply_chain.core.commands import command as advised
from ops.supply_chain.core.errors import InputError, UnavailableError
from ops.supply_chain.core.text import printable, without_credentials

INSTALL_SECONDS = 600
_WRONG_HASH = re.compile(r"Hash mismatch|--require-hashes")


class BuildEnvironment(msgspec.Struct, frozen=True, kw_only=True):
    """One environment: the program `python` in its folder `programs`."""

    python: Path
    programs: Path


def make_environment(
    folder: Path, lock: bytes, *, where: str, config: Config, cache: Path, offline: bool, wheels: Path | None = None
) -> BuildEnvironment:
    """Make the environment of a build.

    Args:
        folder: A folder that does not exist.
        lock: The build lock.
        where: Its path in the project, for errors.
        config: The project's configuration, for the index.
        cache: The folder of uv's cache.
        offline: True lets uv use its cache only.
        wheels: A folder with wheels of the lock; where they are all that is needed, the index is not asked.
    Raises:
        InputError: The lock has a pin without a hash or without a wheel, or with a hash that is wrong.
        UnavailableError: uv is missing, or the index does not answer.
    """
    uv = [find_uv(), "--no-config", "--no-progress", "--color", "never", *(["--offline"] if offline else [])]
    variables = environment(os.environ, index=index_address(os.environ, config.index.url))
    variables["UV_CACHE_DIR"] = str(cache)
    folder.parent.mkdir(parents=True, exist_ok=True)
    listed = folder.parent / "requirements-build.txt"
    listed.write_bytes(lock)
    _run([*uv, "venv", "--no-python-downloads", "--python", sys.executable, str(folder)], variables, where)
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    python = programs / ("python.exe" if os.name == "nt" else "python")
    options = ["--require-hashes", "--only-binary", ":all:", "--no-deps", "--link-mode", "copy"]
    install = [*uv, "pip", "install", *options, "--python", str(python), "-r", str(listed)]
    if wheels is None or not _installs([*install, "--no-cache", "--no-index", "--find-links", str(wheels)], variables):
        _run(install, variables, where)
    _readable(folder)
    return BuildEnvironment(python=python, programs=programs)


def _readable(folder: Path) -> None:
    """Let every user read the environment, whatever the umask of this process."""
    for here, folders, names in os.walk(folder):
        for name in [*folders, *names]:
            path = Path(here, name)
            if not path.is_symlink():
                mode = path.stat().st_mode
                path.chmod(mode & 0o755 | 0o444 | (0o111 if mode & 0o100 else 0))


def _installs(command: Sequence[str], variables: Mapping[str, str]) -> bool:
    """Install from a folder of wheels; return whether all were there. uv installs all of them, by their hashes, or none."""
    try:
        return _ended(command, variables).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _run(command: Sequence[str], variables: Mapping[str, str], where: str) -> None:
    try:
        done = _ended(command, variables)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UnavailableError(f"{where}: cannot be installed: {type(error).__name__}") from error
    if done.returncode == 0:
        return
    output = without_credentials(done.stderr.decode("utf-8", "replace"))
    words = printable(" ".join(output.split()))[-600:]
    if is_unavailable(output) and not _WRONG_HASH.search(output):
        raise UnavailableError(
            f"{where}: cannot be installed: {words}", hint="Check that the index answers, then run again."
        )
    raise InputError(
        f"{where}: cannot be installed with its hashes: {words}", hint=f"Compile it again: {advised('lock')}."
    )


def _ended(command: Sequence[str], variables: Mapping[str, str]) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        list(command),
        env=dict(variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=INSTALL_SECONDS,
        check=False,
    )
