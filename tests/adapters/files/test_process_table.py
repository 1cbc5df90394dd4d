"""Which tokens a build could read from the processes above it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ops.supply_chain.adapters.files.process_table import tokens_above

CODE = (
    "import os; os.environ.pop('GH_TOKEN', None)\n"
    "from ops.supply_chain.adapters.files.process_table import tokens_above\nprint(*tokens_above())\n"
)
BELOW = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {CODE!r}], env={{}}, check=True)"


def _process(proc: Path, pid: int, parent: int, environ: bytes) -> None:
    (proc / str(pid)).mkdir(parents=True)
    (proc / str(pid) / "status").write_text(f"Name:\tx\nPPid:\t{parent}\n")
    (proc / str(pid) / "environ").write_bytes(environ)


def test_the_whole_line_of_processes_counts_and_no_other(tmp_path: Path) -> None:
    _process(tmp_path, os.getpid(), 40, b"PATH=/bin\0")
    _process(tmp_path, 40, 3, b"GH_TOKEN=x\0")
    _process(tmp_path, 3, 0, b"ACTIONS_ID_TOKEN_REQUEST_TOKEN=y\0GITHUB_TOKEN=\0")
    _process(tmp_path, 41, 3, b"TWINE_PASSWORD=z\0")
    assert tokens_above(tmp_path) == ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "GH_TOKEN")


def test_without_a_process_table_the_own_variables_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert tokens_above(tmp_path / "none") == ()
    monkeypatch.setenv("SIGSTORE_ID_TOKEN", "x")
    assert tokens_above(tmp_path / "none") == ("SIGSTORE_ID_TOKEN",)


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="this system has no /proc")
@pytest.mark.parametrize(("code", "why"), [(CODE, "removed since"), (BELOW, "in the parent")], ids=["own", "parent"])
def test_a_real_process_that_was_started_with_a_token_is_found(code: str, why: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PATH": os.environ["PATH"], "GH_TOKEN": "x"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "GH_TOKEN" in done.stdout.split(), why
