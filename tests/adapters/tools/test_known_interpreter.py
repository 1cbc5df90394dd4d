"""What the tests give uv to begin with is what uv itself would have found out, and nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from uv import find_uv_bin

from tests.fakes.known_interpreter import KNOWN, known_interpreter

COMMAND = [find_uv_bin(), "python", "find", "--no-config", "--no-python-downloads", sys.executable]


def _found(cache: Path) -> bytes:
    variables = {"UV_CACHE_DIR": str(cache), "PATH": "/usr/bin:/bin"}
    return subprocess.run(COMMAND, env=variables, capture_output=True, check=True).stdout


def test_a_new_cache_begins_with_what_uv_knows_of_the_interpreter(tmp_path: Path) -> None:
    with known_interpreter(tmp_path / "known"):
        caches = [tmp_path / "a", tmp_path / "b"]
        answers = [_found(cache) for cache in caches]
    assert answers[0] == answers[1]
    assert answers[0].strip()
    for cache in caches:
        # uv looked where the links lead, and made no folder of its own for another version of what it keeps.
        assert [path.is_symlink() for path in cache.glob(KNOWN)] == [True]
    assert len(list((tmp_path / "known").glob(f"{KNOWN}/*/*"))) == 1


def test_where_no_cache_can_be_made_uv_is_the_first_to_say_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with known_interpreter(tmp_path / "known"):
        done = subprocess.run(COMMAND, env={"UV_CACHE_DIR": str(tmp_path / "file")}, capture_output=True, check=False)
    assert done.returncode != 0
    assert (tmp_path / "file").read_text() == "no folder"
