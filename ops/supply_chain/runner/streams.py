"""The process's output: stdout is the result and nothing else, stderr the log, the public log counts only.

Works on file descriptors, because native libraries and child processes bypass `sys.stdout`. While a stage runs,
descriptor 1 leads to stderr, so that a stray print never becomes part of a result. In public-log mode both 1 and 2 lead
to the null device, and only `Streams.result` and `Streams.error` can write, through descriptors that nothing else has.
"""

from __future__ import annotations

import codecs
import io
import os
import select
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from ops.supply_chain.core.commands import RECORDED, Typing, as_typed
from ops.supply_chain.core.errors import ErrorClass, OutputError
from ops.supply_chain.core.text import printable, without_credentials
from ops.supply_chain.formats.workflow_commands import inert

STDIN, STDOUT, STDERR = 0, 1, 2

COMMAND_VARIABLE = "SEALWRIGHT_COMMAND"
"""Environment variable with what the user typed before the session, where the console command was called."""

_USUAL_COLUMNS = 80

_advised = RECORDED


def advise_for(project: str, artifacts: str = "") -> None:
    """From now on write each printed command so that it acts on a project.

    Args:
        project: As the command line named it; empty where it is the project that a session has without an option.
        artifacts: Its folder of retained releases, likewise.
    """
    global _advised  # noqa: PLW0603 - one process works on one project
    _advised = Typing(project=project, artifacts=artifacts)


def typing() -> Typing:
    """Return how the user types a session."""
    return _advised._replace(console=os.environ.get(COMMAND_VARIABLE, ""))


def require_streams() -> None:
    """Open the null device where stdin or stderr is closed, so that no other file gets its number.

    Raises:
        OutputError: stdout is closed: there is nowhere to write the result to.
    """
    closed = [descriptor for descriptor in (STDIN, STDOUT, STDERR) if _is_closed(descriptor)]
    for descriptor in closed:
        nowhere = os.open(os.devnull, os.O_RDWR)
        if nowhere != descriptor:
            os.dup2(nowhere, descriptor)
            os.close(nowhere)
    # Python has no sys.stdout where the descriptor was closed when it started; another file may have its number now.
    if STDOUT in closed or sys.__stdout__ is None:
        raise OutputError("stdout is closed", hint="Redirect it to a file, or to /dev/null.", kind=ErrorClass.STDOUT)


def print_result(text: str, *, document: bool = False) -> None:
    """Write a session's result to stdout, cleaned as `Streams.result` does.

    Args:
        text: The result.
        document: It is JSON, in which commands stay as they are recorded.
    Raises:
        OutputError: It cannot be written, for a reason other than a reader that has enough.
    """
    _flush()
    _write(STDOUT, text if document else as_typed(text, typing()))


def print_lines(lines: Iterable[tuple[str, str]]) -> None:
    """Write lines to stdout, each cleaned likewise and then in its colour.

    Args:
        lines: Text, and the parameter of its colour ("31" is red, ECMA-48 section 8.3.117); empty for none.
    Raises:
        OutputError: As `print_result`.
    """
    _flush()
    for text, colour in lines:
        cleaned = _inert(printable(without_credentials(text)))
        _write_clean(STDOUT, f"\x1b[{colour}m{cleaned}\x1b[0m\n" if colour else f"{cleaned}\n")


def print_commands(commands: Iterable[str]) -> None:
    """Write workflow commands of a CI runner to stderr, each on a line; what is in them is clean and escaped already."""
    _flush()
    with suppress(OutputError):
        _write_clean(STDERR, "".join(f"{without_credentials(line)}\n" for line in commands))


def obeys_commands() -> bool:
    """Return whether the output of this process is read by GitHub's runner, which obeys commands in it."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def folder_in_workspace(root: Path) -> str | None:
    """Return a folder relative to the checkout of a CI job, empty for its top; None where it is elsewhere."""
    workspace = Path(os.environ.get("GITHUB_WORKSPACE") or Path.cwd())
    with suppress(ValueError, OSError):
        relative = root.resolve().relative_to(workspace.resolve()).as_posix()
        return "" if relative == "." else relative
    return None


def print_error(text: str) -> None:
    """Write a session's message to stderr, cleaned likewise; where that is impossible, the exit code has to do."""
    _flush()
    _write_anyway(STDERR, as_typed(text, typing()))


def typing_in_files() -> Typing:
    """Return how the reader of a file types a session: without a folder of this machine, which the file may leave."""
    found = typing()
    project, artifacts = ("" if Path(folder).is_absolute() else folder for folder in (found.project, found.artifacts))
    return found._replace(project=project, artifacts=artifacts)


class Streams:
    """Owns descriptors 1 and 2 for as long as it is entered.

    Args:
        public: True discards all but `result` and `error`, whose callers must then pass counts only.
    """

    def __init__(self, *, public: bool) -> None:
        self.public = public
        self._result = -1
        self._error = -1
        self._python = sys.stdout, sys.stderr

    def __enter__(self) -> Self:
        """Take the descriptors over.

        Raises:
            OutputError: stdout is closed.
        """
        _flush()
        self._result, self._error = os.dup(STDOUT), os.dup(STDERR)
        if self.public:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, STDOUT)
            os.dup2(nowhere, STDERR)
            os.close(nowhere)
        else:
            os.dup2(STDERR, STDOUT)
        self._python = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = _text(STDOUT), _text(STDERR)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _flush()
        if self.public:
            import logging

            logging.basicConfig(handlers=[logging.NullHandler()], force=True)
        sys.stdout, sys.stderr = self._python
        os.dup2(self._result, STDOUT)
        os.dup2(self._error, STDERR)
        os.close(self._result)
        os.close(self._error)

    def result(self, text: str, *, document: bool = False, colour: str = "") -> None:
        """Write the result to the real stdout: each line made printable, credentials out of URLs, commands as typed.

        Args:
            text: The result.
            document: It is JSON, in which commands stay as they are recorded.
            colour: Parameter of the colour of its first line, as for `print_lines`; empty for none.
        Raises:
            OutputError: It cannot be written, for a reason other than a reader that has enough.
        """
        first, _, rest = text.partition("\n")
        if colour and not document:
            cleaned = _inert(printable(without_credentials(first)))
            _write_clean(self._result, f"\x1b[{colour}m{cleaned}\x1b[0m\n")
            text = rest
        _write(self._result, text if document else as_typed(text, typing()))

    def error(self, text: str) -> None:
        """Write a message to the real stderr, cleaned likewise; where that is impossible, the exit code has to do."""
        _write_anyway(self._error, as_typed(text, typing()))


def wants_colour(environment: Mapping[str, str], *, terminal: bool) -> bool:
    """Return whether to colour: NO_COLOR, then FORCE_COLOR or CLICOLOR_FORCE, then whether it is a terminal."""
    if environment.get("NO_COLOR"):
        return False
    forced = environment.get("FORCE_COLOR") or environment.get("CLICOLOR_FORCE")
    return forced != "0" if forced else terminal and environment.get("TERM", "") != "dumb"


def terminal_width() -> int | None:
    """Return the columns of the terminal that stdout leads to; None where it leads to a file or a pipe."""
    if sys.stdout is None or not sys.stdout.isatty():
        return None
    return columns()


def columns() -> int:
    """Return the columns of the terminal, those of `COLUMNS` or 80: as `shutil.get_terminal_size`, which imports much more."""
    with suppress(ValueError):
        given = int(os.environ.get("COLUMNS", ""))
        if given > 0:
            return given
    try:
        found = os.get_terminal_size(sys.__stdout__.fileno()).columns if sys.__stdout__ is not None else 0
    except (ValueError, OSError):
        found = 0
    return found or _USUAL_COLUMNS


def _write(descriptor: int, text: str) -> None:
    lines = without_credentials(text).split("\n")
    clean = _inert("\n".join(printable(line) for line in lines))
    _write_clean(descriptor, clean if clean.endswith("\n") or not clean else f"{clean}\n")


def _encoding(descriptor: int) -> str:
    """Return the encoding that a terminal shows, for example a code page of Windows; a file and a pipe get UTF-8."""
    if not os.isatty(descriptor):
        return "utf-8"
    if sys.platform == "win32":
        import ctypes

        page = ctypes.windll.kernel32.GetConsoleOutputCP()
        found = f"cp{page}" if page else "utf-8"
    else:
        found = (sys.__stdout__.encoding if sys.__stdout__ is not None else "") or "utf-8"
    try:
        return codecs.lookup(found).name
    except LookupError:
        return "utf-8"


def _inert(text: str) -> str:
    return inert(text) if obeys_commands() else text


def _write_clean(descriptor: int, text: str) -> None:
    data = text.encode(_encoding(descriptor), "replace")
    try:
        while data:
            data = data[_write_some(descriptor, data) :]
    except BrokenPipeError:
        return
    except OSError as error:
        raise OutputError(
            f"stdout: cannot be written: {error.strerror or error}",
            hint="Check what it leads to, then run again.",
            kind=ErrorClass.STDOUT,
        ) from error


def _write_anyway(descriptor: int, text: str) -> None:
    try:
        _write(descriptor, text)
    except OutputError:
        return


def _write_some(descriptor: int, data: bytes) -> int:
    try:
        return os.write(descriptor, data)
    except BlockingIOError:  # another program has made it non-blocking
        select.select([], [descriptor], [])
        return 0


def _is_closed(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return True
    return False


class _Log(io.TextIOWrapper):
    """A stream for logs: what it cannot take is dropped, so that a full disk below stderr ends nothing."""

    def write(self, text: str, /) -> int:
        try:
            return super().write(text)
        except OSError:
            return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            super().flush()


def _text(descriptor: int) -> TextIO:
    """Open a descriptor for text that no locale and no full disk can make fail."""
    raw = os.fdopen(descriptor, "wb", closefd=False)
    return _Log(raw, encoding="utf-8", errors="backslashreplace", line_buffering=True)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):
            if stream is not None and not stream.closed:
                stream.flush()
