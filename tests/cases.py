"""The inputs that came out wrong once, beside the checkout: each has a test with its right value."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY


def case(name: str, folder: Path) -> Path:
    """Return a copy of a case below a folder, so that nothing is written into the shared one; skip where it is absent."""
    shared = Path(os.environ.get("SEALWRIGHT_SHARED_DATA", REPOSITORY.parent / "shared" / "data"))
    source = shared / "cases" / name
    if not source.is_dir():
        pytest.skip(f"needs {name} of the shared data folder (SEALWRIGHT_SHARED_DATA)")
    target = folder / name
    shutil.copytree(source, target)
    return target
