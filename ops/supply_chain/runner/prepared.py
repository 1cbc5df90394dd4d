"""Starts the stages of a session as forks of one prepared process, which has imported them; else as new interpreters.

A stage that is forked is a process of its own as ever: own words, variables, folder, streams, signals, exit code and
record. Forks are made on Linux, with the interpreter of the session, unless `SEALWRIGHT_PREPARED` is `0`; where the
prepared process does not answer, the stage is started as a new interpreter. A variable with a secret is in the memory of
the stage that needs it, and in no environment that the process table shows.

Source: docs/adr/0036-stages-from-a-prepared-process.md
"""

from __future__ import annotations

import os
import select
import selectors
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Protocol, Self

from ops.supply_chain.core.start import start_words
from ops.supply_chain.core.variables import Child, child_variables
from ops.supply_chain.runner.forked_stage import ENDED, GO, STARTED, UNPREPARED, StageRequest

PREPARED_VARIABLE = "SEALWRIGHT_PREPARED"
"""`0` in a session's environment: each stage is started as a new interpreter."""

FEWEST_STAGES = 3
"""Fewer stages are not worth the preparation."""

_SERVER = "ops.supply_chain.runner.prepared_process"
_LOCALE = ("LC_ALL", "LC_CTYPE", "LANG")
"""Python reads these when it starts."""

_IGNORABLE = (signal.SIGINT, signal.SIGTERM) if os.name == "nt" else (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StartedStage(Protocol):
    """What the session does with a stage that runs; `subprocess.Popen` has the same."""

    returncode: int

    def communicate(self) -> tuple[bytes | None, bytes | None]:
        """Wait for its end; return what it wrote to stdout and stderr, None where that went elsewhere."""

    def terminate(self) -> None:
        """Ask it to end."""


class PreparedStages:
    """The prepared process, as the session sees it.

    Args:
        server: The process.
        session: The session's end of the connection to it.
        variables: With which it was started.
        modules: Full names of the stages that it was given, in its order.
    """

    def __init__(
        self,
        server: subprocess.Popen[bytes],
        session: socket.socket,
        variables: Mapping[str, str],
        modules: Sequence[str],
    ) -> None:
        self._server = server
        self._session = session
        self._variables = variables
        self._numbers = {module: number for number, module in enumerate(modules)}

    def start(
        self, module: str, words: Sequence[str], variables: Mapping[str, str], *, stdout: bool, stderr: bool
    ) -> StartedStage | None:
        """Start a stage.

        Args:
            module: Its full name.
            words: Its command line.
            variables: Its whole environment.
            stdout: Whether the session reads it; else it is the session's own.
            stderr: Likewise.
        Returns:
            None where it cannot be forked; nothing has been run then.
        """
        if any(variables.get(name) != self._variables.get(name) for name in _LOCALE):
            return None
        request = StageRequest(
            module,
            list(words),
            dict(variables),
            str(os.getcwd()),  # noqa: PTH109 - as it is, without links resolved
            _umask(),
            sorted(map(int, signal.pthread_sigmask(signal.SIG_BLOCK, []))),
            [int(number) for number in _IGNORABLE if signal.getsignal(number) == signal.SIG_IGN],
        )
        with _Ends(stdout=stdout, stderr=stderr) as ends, suppress(OSError):
            return self._asked(self._numbers.get(module, UNPREPARED), request, ends)
        return None

    def end(self) -> None:
        """End the prepared process; stages that it started go on."""
        self._session.close()
        self._server.kill()
        self._server.wait()

    def _asked(self, number: int, request: StageRequest, ends: _Ends) -> StartedStage | None:
        own, given = socket.socketpair()
        try:
            with given:
                socket.send_fds(self._session, [bytes([number])], [given.fileno(), *ends.given])
            own.sendall(request.encoded())
            message, descriptors, _, _ = socket.recv_fds(own, STARTED.size, 1)
            if len(message) == STARTED.size and descriptors:
                stage = ForkedStage(own, descriptors[0], ends.kept())
                own.sendall(GO)
                return stage
        except OSError:
            own.close()
            raise
        own.close()
        return None


class ForkedStage:
    """A stage that was forked.

    Args:
        answer: Says at last how it ended.
        process: Descriptor of the process, closed at its end: no number that another process may have by then.
        pipes: The ends from which its stdout and stderr are read; None for those of the session.
    """

    def __init__(self, answer: socket.socket, process: int, pipes: tuple[int | None, int | None]) -> None:
        self._answer = answer
        self._process = process
        self._pipes = pipes
        self.returncode = -signal.SIGKILL

    def communicate(self) -> tuple[bytes | None, bytes | None]:
        """Wait for its end; return what it wrote to stdout and stderr, None where that went elsewhere."""
        received: dict[int, bytearray] = {pipe: bytearray() for pipe in self._pipes if pipe is not None}
        with selectors.DefaultSelector() as selector:
            for pipe in received:
                selector.register(pipe, selectors.EVENT_READ)
            while selector.get_map():
                for key, _ in selector.select():
                    data = os.read(key.fd, 1 << 16)
                    received[key.fd] += data
                    if not data:
                        selector.unregister(key.fd)
                        os.close(key.fd)
        self._wait()
        stdout, stderr = (None if pipe is None else bytes(received[pipe]) for pipe in self._pipes)
        return stdout, stderr

    def terminate(self) -> None:
        """Ask it to end."""
        with suppress(OSError):
            signal.pidfd_send_signal(self._process, signal.SIGTERM)

    def _wait(self) -> None:
        with self._answer:
            status = self._answer.recv(ENDED.size, socket.MSG_WAITALL)
        # Without the prepared process there is no exit code, and its stage is not taken for one that passed.
        select.select([self._process], [], [])
        process, self._process = self._process, -1
        os.close(process)
        if len(status) == ENDED.size:
            self.returncode = os.waitstatus_to_exitcode(ENDED.unpack(status)[0])


class _Ends:
    """The streams of a stage: pipes to the session, or the session's own."""

    def __init__(self, *, stdout: bool, stderr: bool) -> None:
        pipes = [os.pipe() if wanted else (None, number) for number, wanted in ((1, stdout), (2, stderr))]
        self._read = [end for end, _ in pipes]
        self._written = [end for reading, end in pipes if reading is not None]
        self.given = [0, *(end for _, end in pipes)]

    def kept(self) -> tuple[int | None, int | None]:
        """Return the ends to read from, which are closed by the one who has them from here."""
        stdout, stderr = self._read
        self._read = []
        return stdout, stderr

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for end in (*self._written, *self._read):
            if end is not None:
                os.close(end)


@contextmanager
def prepared_for(steps: Sequence[str], variables: Mapping[str, str]) -> Iterator[PreparedStages | None]:
    """Prepare the stages of a session, for the time of the block.

    Args:
        steps: As on the command line of `runner.pipeline`.
        variables: Of the session; the prepared process gets those that every stage may see.
    Yields:
        None where stages are not forked.
    """
    prepared = _begun([shlex.split(part)[0] for step in steps for part in step.split(" & ")], variables)
    try:
        yield prepared
    finally:
        if prepared is not None:
            prepared.end()


def _begun(stages: Sequence[str], variables: Mapping[str, str]) -> PreparedStages | None:
    switched_off = os.environ.get(PREPARED_VARIABLE) == "0"
    if sys.platform != "linux" or switched_off or len(stages) < FEWEST_STAGES or not hasattr(os, "pidfd_open"):
        return None
    own, given = socket.socketpair()
    common = child_variables(Child.STAGE, variables)
    modules = [f"ops.supply_chain.{stage}" for stage in dict.fromkeys(stages)]
    try:
        with given:
            server = subprocess.Popen(
                [sys.executable, *start_words(_SERVER), str(given.fileno()), *modules],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=common,
                pass_fds=[given.fileno()],
            )
    except OSError:
        own.close()
        return None
    return PreparedStages(server, own, common, modules)


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
