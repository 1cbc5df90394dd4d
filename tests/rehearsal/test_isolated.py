"""Signing and verifying need no network but loopback: tried where there is nothing else."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import json, os, socket, subprocess, sys
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
try:
    socket.create_connection(("192.0.2.1", 80), timeout=5)
except OSError:
    pass
else:
    raise SystemExit("there is a network")
from ops.supply_chain.rehearsal.instance import RehearsalInstance
from tests.rehearsal.support import ARTEFACT, attested, expected, signed, verifier
with RehearsalInstance() as instance:
    bundle, envelope, check = signed(instance), attested(instance), verifier(instance)
    check.verify_artifact(ARTEFACT, bundle, expected(instance.options))
    check.verify_dsse(envelope, expected(instance.options))
print("verified")
"""


def _isolated() -> list[str]:
    if not (shutil.which("unshare") and shutil.which("ip")):
        pytest.skip("needs the commands unshare and ip")
    command = ["unshare", "-rn"]
    if subprocess.run([*command, "true"], capture_output=True, check=False).returncode:
        pytest.skip("needs permission for unshare -rn")
    return command


def test_with_loopback_only(repository: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [*_isolated(), sys.executable, "-c", SCRIPT],
        cwd=repository,
        capture_output=True,
        text=True,
        check=False,
        env={
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": str(tmp_path / "unwritable"),
            "PYTHONPATH": str(repository),
        },
    )
    assert (done.returncode, done.stdout) == (0, "verified\n"), done.stderr
    assert list(tmp_path.iterdir()) == []
