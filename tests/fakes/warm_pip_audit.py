"""pip-audit, really run: in a fork of this process, which has imported it before, in place of a new interpreter.

What it is given (words, variables, folder) and what it leaves (the bytes of both outputs, the exit code) are those of a
process of its own; only the start of the interpreter and the imports are saved.
"""

from __future__ import annotations

import faulthandler
import logging
import os
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, NoReturn

import pytest

WORDS = ["-I", "-m", "pip_audit"]
MOST_SECONDS = 60
_COLD = subprocess.run


def use_warm_pip_audit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run what the adapter runs in forks of this process, for the rest of a test."""
    monkeypatch.setattr(subprocess, "run", run)


def run(command: Sequence[str], **options: object) -> subprocess.CompletedProcess[bytes]:
    """Run pip-audit in a fork, and any other command as `subprocess.run` does."""
    if list(command[1:4]) != WORDS or command[0] != sys.executable:
        return _COLD(command, **options)  # type: ignore[call-overload,no-any-return]
    from pip_audit import _cli  # type: ignore[import-untyped]  # here for the fork, which finds it imported

    assert set(options) == {"cwd", "env", "stdin", "capture_output", "timeout", "check"}
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        sys.stdout.flush()
        sys.stderr.flush()
        child = os.fork()
        if child == 0:
            _live(_cli.audit, [_cli.__file__, *command[4:]], options["cwd"], options["env"], out, err)  # type: ignore[arg-type]
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        return subprocess.CompletedProcess(list(command), code, _content(out), _content(err))


def _content(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read()


def _live(
    audit: object, words: list[str], folder: Path, variables: Mapping[str, str], out: IO[bytes], err: IO[bytes]
) -> NoReturn:
    """Be the process: nothing of the tests runs again."""
    code = 1
    try:
        faulthandler.disable()
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(MOST_SECONDS)
        for descriptor, file in ((0, None), (1, out), (2, err)):
            os.dup2(file.fileno() if file else os.open(os.devnull, os.O_RDONLY), descriptor)
        sys.stdout, sys.stderr = (os.fdopen(number, "w", encoding="utf-8", closefd=False) for number in (1, 2))
        logging.basicConfig(force=True)
        os.environ.clear()
        os.environ.update(variables)
        os.chdir(folder)
        sys.argv = words
        try:
            audit()  # type: ignore[operator]
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        except BaseException:
            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)
