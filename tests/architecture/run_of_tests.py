"""A run of a few tests by a pytest of its own, with no plugin but those named: to import all takes longer than the tests."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def run_of_tests(folder: Path, repository: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the tests in a folder.

    Args:
        folder: The tests.
        repository: The checkout, whose plugins can be named.
        options: Of pytest; `-n` works.
    """
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-c", "/dev/null", "-p", "xdist", *options, "."],
        cwd=folder,
        env={"PYTHONPATH": str(repository), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
