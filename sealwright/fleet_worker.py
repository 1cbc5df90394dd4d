"""What a Dask worker runs for a fleet: one part of it, in a process of its own.

The worker's process only starts the program, so that a stage has the interpreter, environment and memory that it has
anywhere else.
"""

from __future__ import annotations

import subprocess
import sys

PROGRAM = "ops.supply_chain.sessions.examine_part"


def run_part(request: bytes) -> bytes:
    """Examine one part of a fleet.

    Args:
        request: As `ops/supply_chain/contracts/files/fleet.py` describes it, JSON.
    Returns:
        The program's reply, JSON.
    Raises:
        RuntimeError: The program did not reply.
    """
    command = [sys.executable, "-Im", "sealwright.stage", PROGRAM]
    done = subprocess.run(command, input=request, capture_output=True, check=False)
    if done.returncode != 0:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        raise RuntimeError(f"the worker's program ended with {done.returncode}: {lines[-1] if lines else 'no message'}")
    return done.stdout
