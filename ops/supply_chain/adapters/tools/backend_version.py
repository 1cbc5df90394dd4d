"""The version of a project that only its build backend knows: runs the backend's code, on a copy of the commit.

The backend runs in an environment of its own, made by uv from `[build-system].requires`, without any account or token
among its variables. Nothing in the project's folder is written.

Source: PEP 517, https://peps.python.org/pep-0517/ (`get_requires_for_build_wheel`, `prepare_metadata_for_build_wheel`)
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ops.supply_chain.adapters.files.git import GitState
from ops.supply_chain.adapters.files.git_process import clone, git_text
from ops.supply_chain.adapters.files.inputs import read_input_text
from ops.supply_chain.adapters.tools.uv import environment, find_uv, index_address
from ops.supply_chain.contracts.config.file import Config
from ops.supply_chain.core import plain_json, plain_toml
from ops.supply_chain.core.errors import InputError, UnavailableError
from ops.supply_chain.core.text import printable, without_credentials
from ops.supply_chain.core.variables import Child, child_variables

TIMEOUT_SECONDS = 300
LONGEST_ANSWER = 100_000
"""Bytes that are read of what the backend's process writes."""

_LEGACY = ("setuptools.build_meta:__legacy__", ("setuptools>=40.8.0",))
"""What PEP 517 takes where `[build-system]` names no backend."""

_HOOK = """
import email.parser, importlib, json, os, sys, tempfile, zipfile
source, backend, paths, answer, hook = sys.argv[1:6]
os.chdir(source)
sys.path[:0] = [os.path.join(source, path) for path in json.loads(paths)]
name, _, attributes = backend.partition(":")
found = importlib.import_module(name)
for attribute in filter(None, attributes.split(".")):
    found = getattr(found, attribute)
if hook == "requires":
    result = list(getattr(found, "get_requires_for_build_wheel", lambda settings=None: [])(None))
else:
    with tempfile.TemporaryDirectory() as folder:
        prepare = getattr(found, "prepare_metadata_for_build_wheel", None)
        if prepare:
            with open(os.path.join(folder, prepare(folder, None), "METADATA"), encoding="utf-8") as file:
                text = file.read()
        else:
            with zipfile.ZipFile(os.path.join(folder, found.build_wheel(folder, None))) as wheel:
                (name,) = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
                text = wheel.read(name).decode()
        result = email.parser.HeaderParser().parsestr(text)["Version"]
with open(answer, "w", encoding="utf-8") as file:
    json.dump(result, file)
"""


def compute_version(root: Path, state: GitState, config: Config, *, cache: Path, offline: bool, path: str = "") -> str:
    """Return the version that the build backend computes for the commit.

    Args:
        root: The project's folder.
        state: Its state in git.
        config: Its configuration, for the index.
        cache: The folder of uv's cache.
        offline: True lets uv use its cache only.
        path: The folder of the package, relative to the project.
    Raises:
        UnavailableError: A tool is missing, the requirements cannot be installed, or the backend fails.
    """
    with tempfile.TemporaryDirectory(prefix="sealwright-version-") as folder:
        scratch = Path(folder)
        copy = scratch / "source"
        clone(Path(git_text(root, "rev-parse", "--show-toplevel").removesuffix("\n")), state.commit, copy)
        source = copy / state.prefix / path
        backend, requires, paths = _build_system(source)
        uv = [find_uv(), "--no-config", "--no-progress", *(["--offline"] if offline else [])]
        variables = environment(os.environ, index=index_address(os.environ, config.index.url))
        variables["UV_CACHE_DIR"] = str(cache)
        _run([*uv, "venv", "--python", sys.executable, str(scratch / "env")], variables, scratch)
        python = scratch / ("env/Scripts/python.exe" if os.name == "nt" else "env/bin/python")
        install = [*uv, "pip", "install", "--quiet", "--no-build", "--python", str(python)]

        def ask(hook: str) -> object:
            answer = scratch / "answer.json"
            words = (str(source), backend, json.dumps(paths), str(answer), hook)
            _run([str(python), "-I", "-c", _HOOK, *words], child_variables(Child.BACKEND, os.environ), scratch)
            try:
                return plain_json.load(answer.read_bytes()[:LONGEST_ANSWER], where="the build backend")
            except (OSError, InputError) as error:
                raise UnavailableError("the build backend: its answer cannot be read") from error

        _install(install, requires, variables, scratch)
        _install(install, _texts(ask("requires")), variables, scratch)
        found = ask("metadata")
    if not isinstance(found, str) or not found:
        raise UnavailableError("the build backend: its metadata has no version")
    return found


def _build_system(source: Path) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """Return backend, requirements and `backend-path`, as PEP 517 completes them."""
    try:
        table = plain_toml.load(read_input_text(source, "pyproject.toml") or "").get("build-system")
    except (plain_toml.TomlError, InputError) as error:
        raise UnavailableError(f"the build backend: pyproject.toml of the commit cannot be read: {error}") from error
    given: Mapping[str, Any] = table if isinstance(table, dict) else {}
    backend, requires = given.get("build-backend"), given.get("requires")
    return (
        backend if isinstance(backend, str) else _LEGACY[0],
        _texts(requires) if "requires" in given else _LEGACY[1],
        _texts(given.get("backend-path")),
    )


def _install(command: Sequence[str], requires: Sequence[str], variables: Mapping[str, str], folder: Path) -> None:
    if requires:
        listed = folder / "requires.txt"
        listed.write_text("".join(f"{line}\n" for line in requires), encoding="utf-8")
        _run([*command, "--requirements", str(listed)], variables, folder)


def _run(command: Sequence[str], variables: Mapping[str, str], folder: Path) -> None:
    try:
        done = subprocess.run(
            list(command),
            cwd=folder,
            env=dict(variables),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UnavailableError(f"the build backend: cannot be run: {type(error).__name__}") from error
    if done.returncode != 0:
        lines = without_credentials(done.stderr.decode("utf-8", "replace")).strip().splitlines()
        raise UnavailableError(f"the build backend: failed: {printable(lines[-1]) if lines else 'it wrote nothing'}")


def _texts(value: object) -> tuple[str, ...]:
    return (
        tuple(text for text in value if isinstance(text, str) and "\n" not in text) if isinstance(value, list) else ()
    )
