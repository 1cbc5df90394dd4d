"""A program ends with the code, the output and the functions for the end that the interpreter gives it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ops.supply_chain.runner import program_end

ENDS = {
    "a code": "leave(4)",
    "nothing wrong": "leave(0)",
    "text without a line feed": "sys.stdout.write('out'); sys.stderr.write('err'); leave(3)",
    "functions for the end": "atexit.register(print, 'first'); atexit.register(print, 'second'); leave(0)",
    "a function that fails": "atexit.register(lambda: 1 / 0); print('x'); leave(5)",
    "a thread": "threading.Timer(0.05, print, ['in a thread']).start(); print('main'); leave(0)",
    "a thread of no importance": "threading.Thread(target=time.sleep, args=[60], daemon=True).start(); leave(0)",
    "a pool": "pool = ThreadPoolExecutor(1); pool.submit(time.sleep, 0.05).add_done_callback(lambda _: print('done')); leave(0)",
    "a closed stdout": "sys.stdout.close(); leave(2)",
    "no stdout": "sys.stdout = None; leave(2)",
    "no stderr": "sys.stderr = None; print('x'); leave(2)",
    "a full disk for errors": "sys.stderr = open('/dev/full', 'w'); sys.stderr.write('x'); leave(0)",
    "a full disk": "sys.stdout = open('/dev/full', 'w'); sys.stdout.write('x'); leave(0)",
}
HEAD = "import atexit, sys, threading, time; from concurrent.futures import ThreadPoolExecutor; "
OURS = HEAD + "from ops.supply_chain.runner.program_end import leave; "
PYTHONS = HEAD + "leave = sys.exit; "


def _run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-Ic", code], capture_output=True, text=True, check=False, timeout=30)


@pytest.mark.parametrize("code", ENDS.values(), ids=ENDS)
def test_it_ends_as_the_interpreter_ends_it(code: str) -> None:
    ours, pythons = _run(OURS + code), _run(PYTHONS + code)
    assert ours.stdout == pythons.stdout
    assert ours.returncode == pythons.returncode
    assert _without_paths(ours.stderr) == _without_paths(pythons.stderr)


@pytest.mark.parametrize(
    "lost", ["threading.Thread(target=time.sleep, args=[0.3]).start()", "atexit.register(time.sleep, 0.3)"]
)
def test_a_ctrl_c_at_the_end_loses_no_output(lost: str) -> None:
    code = f"import os, signal; print('whole'); {lost}; threading.Timer(0.1, os.kill, [os.getpid(), signal.SIGINT]).start(); leave(0)"
    ours, pythons = _run(OURS + code), _run(PYTHONS + code)
    assert (ours.returncode, ours.stdout) == (pythons.returncode, pythons.stdout) == (0, "whole\n")


def test_within_another_program_it_ends_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program_end, "_within", True)
    with pytest.raises(SystemExit) as end:
        program_end.leave(4)
    assert end.value.code == 4


def test_nothing_is_freed_piece_by_piece() -> None:
    code = "class Loud:\n    def __del__(self): print('freed')\nkept = Loud()\n"
    head = "import sys\nfrom ops.supply_chain.runner.program_end import leave\n"
    assert _run(f"{head}{code}sys.exit(0)").stdout == "freed\n"
    assert _run(f"{head}{code}leave(0)").stdout == ""


def _without_paths(text: str) -> list[str]:
    """Return the lines that do not depend on who ends: that stdout has no room is in the exit code alone."""
    return [line for line in text.splitlines() if not line.startswith(("Exception ignored", "  File", "OSError"))]
