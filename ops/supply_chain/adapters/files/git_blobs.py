"""Reading many files of one commit through a single `git cat-file --batch`."""

from __future__ import annotations

import re
import subprocess
import threading
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from ops.supply_chain.adapters.files.git_process import command, environment
from ops.supply_chain.core.errors import UnavailableError

_ANSWER = re.compile(rb"[0-9a-f]+ (?P<kind>[a-z]+) (?P<size>[0-9]+)\n")


class BlobReader:
    """Gives the bytes of files at a commit, untouched by filters and line-ending settings.

    A context manager; `read` may be called from many threads.

    Args:
        folder: A folder in the repository.
        commit: Full hash of the commit.
    """

    def __init__(self, folder: Path, commit: str) -> None:
        self._folder = folder
        self._commit = commit
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        try:
            self._process = subprocess.Popen(
                command(self._folder, "cat-file", "--batch"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment(),
            )
        except OSError as error:
            raise UnavailableError(f"git: cannot be run: {error}", hint="Install git, or put it on PATH.") from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def read(self, path: str) -> bytes:
        """Return the bytes of one file.

        Args:
            path: Relative to the folder, without a line feed.
        Raises:
            UnavailableError: git has no such file at that commit, or stopped answering.
        """
        # An object named `commit:./path` is resolved from the folder that git runs in.
        return self._answer(f"{self._commit}:./{path}", repr(path))

    def read_object(self, name: str) -> bytes:
        """Return the bytes of one file.

        Args:
            name: Full hash of its object.
        Raises:
            UnavailableError: git has no such object, or stopped answering.
        """
        return self._answer(name, name)

    def _answer(self, name: str, shown: str) -> bytes:
        with self._lock:
            try:
                return self._ask(name)
            except (OSError, ValueError) as error:
                raise UnavailableError(
                    f"git cat-file: no answer for {shown} at {self._commit}: {error}",
                    hint="Run `git fsck` in that repository.",
                ) from error

    def _ask(self, name: str) -> bytes:
        to_git, from_git = _pipes(self._process)
        to_git.write(f"{name}\n".encode())
        to_git.flush()
        # git-cat-file(1): "<oid> SP <type> SP <size> LF <contents> LF", or "<object> SP missing LF"
        answer = _ANSWER.fullmatch(from_git.readline())
        if answer is None:
            raise ValueError("not a file there")
        size = int(answer["size"])
        content = from_git.read(size)
        if len(content) != size or from_git.read(1) != b"\n":
            raise ValueError("the answer ends early")
        if answer["kind"] != b"blob":
            raise ValueError("not a file there")
        return content


def _pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    if process.stdin is None or process.stdout is None:
        raise ValueError("git was started without pipes")
    return process.stdin, process.stdout
