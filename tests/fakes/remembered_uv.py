"""What uv compiled and installed, remembered: a question that it answered at an index of this module's tests is not asked twice.

A question is the request with its options and variables, the files that a source can consist of, and all that the index
has: the rest of a project, its locks among it, uv does not read. What uv refused, what it did offline and what it was asked at an index that answers otherwise than from its releases is never
remembered: each of these is a run of uv.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ops.supply_chain.adapters.builders.environment import BuildEnvironment, make_environment
from ops.supply_chain.adapters.tools import uv
from ops.supply_chain.contracts.values.compile_request import CompileRequest
from ops.supply_chain.core.digests import sha256_bytes
from tests.fakes.kept import keep_for_module
from tests.fakes.wheels import WheelIndex

_answers: dict[Hashable, tuple[bytes, bytes]] = {}
_files: dict[Hashable, bytes] = {}
keep_for_module(_answers.clear)
keep_for_module(_files.clear)
_HERE = "http://the-index"


@contextmanager
def remembered_uv(index: WheelIndex) -> Iterator[None]:
    """Answer requests from what uv answered before, while it is open; the index is the only one that they name."""
    ask = uv.Uv._run

    def answered(self: uv.Uv, request: CompileRequest, output: Path) -> subprocess.CompletedProcess[bytes]:
        sources = _sources(self._root, index)
        if "--offline" in self._options or "answer" in vars(index) or any(b".txt" in data for _, data in sources):
            return ask(self, request, output)
        question = (
            msgspec.json.encode(request),
            tuple(self._options),
            tuple(sorted((name, text.replace(index.address, _HERE)) for name, text in self._environment.items())),
            uv.TIMEOUT_SECONDS,
            sources,
            _state(index),
        )
        if question in _answers:
            lock, stderr = _answers[question]
            output.write_bytes(lock)
            return subprocess.CompletedProcess(["uv"], 0, b"", stderr)
        done = ask(self, request, output)
        if done.returncode == 0 and index.address.encode() not in done.stderr:
            _answers[question] = output.read_bytes(), done.stderr
        return done

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(uv.Uv, "_run", answered)
        yield


def made_once(root: Path, index: WheelIndex, name: str, make: Callable[[], object], *words: str) -> None:
    """Write a file of a project as uv wrote it before from the same project and index; make it where it did not.

    Args:
        root: The project.
        index: Where its packages are.
        name: The file, relative to the project.
        make: Makes it.
        words: What else decides its content.
    """
    question = (name, words, _sources(root, index), _state(index))
    if question not in _files:
        make()
        _files[question] = (root / name).read_bytes().replace(index.address.encode(), _HERE.encode())
    (root / name).write_bytes(_files[question].replace(_HERE.encode(), index.address.encode()))


@contextmanager
def known_environments(folder: Path, index: WheelIndex) -> Iterator[None]:
    """Begin the environment of a build as a copy of one that uv made from the same lock at the same index, while it is open.

    Args:
        folder: Gets the copies; the same for all tests of a module.
        index: Where the distributions of build locks are.
    """

    def copied(target: Path, lock: bytes, **named: Any) -> BuildEnvironment:
        question = (lock, sys.executable, _state(index))
        known = folder / sha256_bytes(repr(question).encode())
        if named["offline"]:
            return make_environment(target, lock, **named)
        if known.exists():
            shutil.copytree(known, target, symlinks=True)
            return BuildEnvironment(python=target / "bin/python", programs=target / "bin")
        made = make_environment(target, lock, **named)
        if (made.python, made.programs) == (target / "bin/python", target / "bin"):
            shutil.copytree(target, known, symlinks=True)
        return made

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ops.supply_chain.gather.release.builds.make_environment", copied)
        yield


def _sources(root: Path, index: WheelIndex) -> tuple[tuple[str, bytes], ...]:
    """Return the files of a project that a source can consist of."""
    found = sorted(path for path in root.rglob("*") if path.suffix == ".in" or path.name == "pyproject.toml")
    return tuple(
        (str(path.relative_to(root)), path.read_bytes().replace(index.address.encode(), _HERE.encode()))
        for path in found
    )


def _state(index: WheelIndex) -> bytes:
    whole = (index._projects, sorted(index._files), index.account, index.status, index.tells_upload_times)
    return msgspec.json.encode(whole).replace(index.address.encode(), _HERE.encode())
