"""A fork of the prepared process is to a test what a new interpreter is: the same words in, the same bytes and code out."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.prepared import PreparedPopen, is_prepared, prepared_processes

STAGE = [sys.executable, "-Im", "ops.supply_chain.compare_sboms"]


@pytest.mark.parametrize("words", [["--help"], ["--no-such-option"], ["a.json", "b.json"]], ids=" ".join)
def test_code_and_outputs_are_those_of_a_new_interpreter(tmp_path: Path, words: list[str]) -> None:
    variables = {**os.environ, "SEALWRIGHT_CACHE": str(tmp_path)}
    options: dict[str, Any] = {"cwd": tmp_path, "env": variables, "capture_output": True}
    cold = subprocess.run([*STAGE, *words], check=False, **options)
    with prepared_processes():
        warm = [subprocess.run([*STAGE, *words], check=False, **options) for _ in range(2)]
    expected = cold.returncode, cold.stdout, cold.stderr
    assert [(done.returncode, done.stdout, done.stderr) for done in warm] == [expected] * 2
    assert cold.stdout + cold.stderr


def test_a_module_that_is_not_there_and_a_folder_that_is_not_there(tmp_path: Path) -> None:
    command = [sys.executable, "-Im", "ops.supply_chain.no_such_stage"]
    with prepared_processes():
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        with pytest.raises(FileNotFoundError, match="no such folder"):
            subprocess.run(command, cwd=tmp_path / "no such folder", check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"{sys.executable}: No module named ops.supply_chain.no_such_stage\n"


def test_it_can_be_waited_for_and_killed() -> None:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with suppress(BlockingIOError):
        while True:
            os.write(writer, bytes(4096))  # a full pipe, which the fork waits for
    os.set_blocking(writer, True)
    try:
        with prepared_processes():
            process = subprocess.Popen([*STAGE, "--help"], stdout=writer)
            assert isinstance(process, PreparedPopen)
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(timeout=0.05)
            assert process.poll() is None
            process.kill()
            assert process.wait(timeout=60) == -signal.SIGKILL
    finally:
        os.close(reader)
        os.close(writer)


@pytest.mark.parametrize(
    ("command", "variables"),
    [
        (["git", "version"], {}),
        ([sys.executable, "-m", "ops.supply_chain.check_locks"], {}),
        ([sys.executable, "-Im", "pip_audit"], {}),
        ([sys.executable, "-Im", "ops.supply_chain.check_locks"], {"LC_ALL": "tr_TR.UTF-8"}),
    ],
)
def test_other_commands_are_started_as_ever(command: list[str], variables: dict[str, str]) -> None:
    assert not is_prepared(command, {**os.environ, **variables})
    assert is_prepared(STAGE, os.environ)
