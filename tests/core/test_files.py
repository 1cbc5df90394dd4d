"""A file is whole under its name or not there, whatever happens to the writer."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.supply_chain.core.errors import OutputError
from ops.supply_chain.core.files import write_atomic


def test_a_killed_writer_leaves_the_old_file_whole(tmp_path: Path, repository: Path) -> None:
    target = tmp_path / "a"
    target.write_bytes(b"old")
    script = textwrap.dedent(
        """
        import os, signal, sys
        from pathlib import Path
        from ops.supply_chain.core.files import write_atomic
        def parts():
            yield b"n" * 100_000
            os.kill(os.getpid(), signal.SIGKILL)
        write_atomic(Path(sys.argv[1]), parts())
        """
    )
    done = subprocess.run([sys.executable, "-c", script, str(target)], cwd=repository, check=False)
    assert done.returncode == -signal.SIGKILL
    assert target.read_bytes() == b"old"


def test_a_failing_source_leaves_no_trace(tmp_path: Path) -> None:
    def parts() -> Iterator[bytes]:
        yield b"half"
        raise RuntimeError("boom")

    with pytest.raises(RuntimeError):
        write_atomic(tmp_path / "a", parts())
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_an_output_error_with_advice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError) as caught:
        write_atomic(tmp_path / "a", b"x")
    assert caught.value.message == f"{tmp_path / 'a'}: cannot be written: No space left on device"
    assert caught.value.hint == "Check free space and permissions of that folder, then run again."
    assert not list(tmp_path.iterdir())


def test_a_folder_in_the_way_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    with pytest.raises(OutputError, match="cannot be written"):
        write_atomic(tmp_path / "a", b"x")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a"]


@pytest.mark.parametrize("mask", [0o000, 0o077, 0o777])
def test_the_mode_does_not_depend_on_the_umask(tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        write_atomic(tmp_path / "a", b"x")
    finally:
        os.umask(before)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o644
