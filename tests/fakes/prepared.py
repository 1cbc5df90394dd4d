"""Stages and sessions in forks of a process that has imported them before, in place of a new interpreter each time.

    with prepared_processes():
        subprocess.run([sys.executable, "-Im", "ops.supply_chain.check_locks", "--help"])

A server, a new interpreter started with `-I`, imports what the commands import, and forks for each. What a fork is given
(words, variables, folder, umask, signals, the three streams) and what it leaves (outputs, exit code) are those of a
process of its own, and its own commands are forked from the same server, which has run nothing. All other commands, and
those in another language or with open files to pass on, are started as ever. Two things differ from a new interpreter:
`/proc/PID/environ` and `cmdline` are the server's, and all forks of a server have the same hash seed. Tests of these
start their processes themselves. From the fork on it is what the product does with its own stages.
"""

from __future__ import annotations

import atexit
import functools
import importlib
import inspect
import json
import os
import resource
import secrets
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn

OURS = "ops.supply_chain."
FIRST = "ops.supply_chain.runner.pipeline"
"""Imported before the first command; what a command imports beyond, the later ones find there."""

LOCALE = ("LC_ALL", "LC_CTYPE", "LANG")
_HEADER = struct.Struct("!Q")
_ANSWER = struct.Struct("!id")
_COLD = subprocess.Popen
_SIGNATURE = inspect.signature(_COLD._execute_child)  # type: ignore[attr-defined]
_CHANGES = {"preexec_fn": None, "pass_fds": (), "gid": None, "gids": None, "uid": None, "shell": False}
_IGNORABLE = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _Known:
    """What this process knows of the server: its address, and the processor seconds that it and its forks used."""

    address = ""
    seconds = 0.0


def is_prepared(command: Sequence[object], variables: Mapping[str, str]) -> bool:
    """Return whether a command is one that a fork can stand for."""
    words = [os.fspath(word) if isinstance(word, os.PathLike) else word for word in command]
    return (
        all(isinstance(word, str) for word in words)
        and words[:2] == [sys.executable, "-Im"]
        and str(words[2]).startswith(OURS)
        and all(variables.get(name) == os.environ.get(name) for name in LOCALE)
    )


class PreparedPopen(_COLD):  # type: ignore[type-arg]
    """`subprocess.Popen`, with the commands that the server is prepared for in its forks."""

    _answer: socket.socket | None = None

    def _execute_child(self, *given: Any) -> None:
        named = _SIGNATURE.bind(self, *given).arguments
        command, variables = named["args"], os.environ if named["env"] is None else named["env"]
        plain = isinstance(command, list | tuple) and named["executable"] is None
        plain = plain and all(named[name] == value for name, value in _CHANGES.items())
        plain = plain and named["process_group"] == -1 and bool(_Known.address)
        if not plain or not is_prepared(command, variables):
            super()._execute_child(*given)  # type: ignore[misc]
            return
        streams = [named[name] for name in ("p2cread", "c2pwrite", "errwrite")]
        streams = [own if stream == -1 else stream for own, stream in enumerate(streams)]
        request = {
            "words": [os.fspath(word) for word in command],
            "variables": dict(variables),
            "folder": os.fspath(Path.cwd() if named["cwd"] is None else named["cwd"]),
            "umask": _umask() if named["umask"] == -1 else named["umask"],
            "blocked": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
            "ignored": [number for number in _IGNORABLE if signal.getsignal(number) == signal.SIG_IGN],
            "session": named["start_new_session"],
            "group": os.getpgrp(),
        }
        if not Path(request["folder"]).is_dir():
            raise FileNotFoundError(2, os.strerror(2), request["folder"])
        try:
            self._answer = _asked(request, streams)
            (self.pid,) = _HEADER.unpack(_exactly(self._answer, _HEADER.size))
            self._child_created = True
        finally:
            self._close_pipe_fds(  # type: ignore[attr-defined]
                *(named[name] for name in ("p2cread", "p2cwrite", "c2pread", "c2pwrite", "errread", "errwrite"))
            )

    def _try_wait(self, flags: int) -> tuple[int, int]:
        if self._answer is None:
            return super()._try_wait(flags)  # type: ignore[misc,no-any-return]
        if flags & os.WNOHANG and not select.select([self._answer], [], [], 0)[0]:
            return 0, 0
        status, seconds = _ANSWER.unpack(_exactly(self._answer, _ANSWER.size))
        self._answer.close()
        _Known.seconds = max(_Known.seconds, seconds)
        return self.pid, status

    def _internal_poll(self, *given: Any, **named: Any) -> int | None:
        if self._answer is None:
            return super()._internal_poll(*given, **named)  # type: ignore[misc,no-any-return]
        if self.returncode is None:
            pid, status = self._try_wait(os.WNOHANG)
            if pid:
                self._handle_exitstatus(status)  # type: ignore[attr-defined]
        return self.returncode


@contextmanager
def prepared_processes() -> Iterator[None]:
    """Start what the server is prepared for in its forks, in this process and in the forks."""
    if not _Known.address:
        _start_server()
    subprocess.Popen = PreparedPopen  # type: ignore[misc]
    try:
        yield
    finally:
        subprocess.Popen = _COLD  # type: ignore[misc]


def processor_seconds() -> float:
    """Return what the server and its forks have used of the processor, as of the last one that ended."""
    return _Known.seconds


def _start_server() -> None:
    _Known.address = f"\0sealwright-tests-{os.getpid()}-{secrets.token_hex(8)}"
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(_Known.address)
    listener.listen(64)
    with listener:
        command = [sys.executable, "-I", __file__, str(listener.fileno()), _Known.address[1:]]
        # Its standard input ends when this process does.
        server = _COLD(command, stdin=subprocess.PIPE, pass_fds=[listener.fileno()])
    atexit.register(_stop, server, os.getpid())


def _stop(server: subprocess.Popen[bytes], owner: int) -> None:
    if os.getpid() == owner and server.stdin:
        server.stdin.close()
        server.wait()


def _asked(request: Mapping[str, object], streams: Sequence[int]) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(_Known.address)
    content = json.dumps(request).encode()
    socket.send_fds(connection, [_HEADER.pack(len(content))], streams)
    connection.sendall(content)
    return connection


def _exactly(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = connection.recv(size - len(data))
        if not piece:
            raise RuntimeError("the server of prepared processes ended")
        data += piece
    return data


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


# The server.


def _serve(listener: socket.socket) -> None:
    woken, wakes = socket.socketpair()
    for end in (woken, wakes):
        end.setblocking(False)
    signal.set_wakeup_fd(wakes.fileno())
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    running: dict[int, tuple[socket.socket, int]] = {}
    importlib.import_module(FIRST)
    while True:
        ready = select.select([listener.fileno(), woken.fileno(), 0], [], [])[0]
        if 0 in ready:
            return
        if woken.fileno() in ready:
            with suppress(BlockingIOError):
                woken.recv(4096)
            _end_those_that_ended(running)
        if listener.fileno() in ready:
            _fork(listener.accept()[0], running)


def _fork(connection: socket.socket, running: dict[int, tuple[socket.socket, int]]) -> None:
    size, streams, *_ = socket.recv_fds(connection, _HEADER.size, 3)
    request = json.loads(_exactly(connection, _HEADER.unpack(size)[0]))
    with suppress(ImportError):
        importlib.import_module(request["words"][2])
    assert threading.active_count() == 1
    imported = os.memfd_create("imported")
    child = os.fork()
    if child == 0:
        _live(request, streams, imported)
    for stream in streams:
        os.close(stream)
    running[child] = connection, imported
    with suppress(OSError):
        connection.sendall(_HEADER.pack(child))


def _end_those_that_ended(running: dict[int, tuple[socket.socket, int]]) -> None:
    while running:
        child, status = os.waitpid(-1, os.WNOHANG)
        if not child:
            return
        connection, imported = running.pop(child)
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        with connection, suppress(OSError):
            connection.sendall(_ANSWER.pack(status, sum(part.ru_utime + part.ru_stime for part in used)))
        with os.fdopen(imported, "rb") as file:
            file.seek(0)
            for name in file.read().decode().split():
                with suppress(ImportError):
                    importlib.import_module(name)


# The fork.


def _live(request: dict[str, Any], streams: Sequence[int], imported: int) -> NoReturn:
    """Be the process, from the first line of the module to the exit code."""
    from ops.supply_chain.runner.forked_stage import run_as_program  # imported by the server before

    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for number in _IGNORABLE:
        signal.signal(number, signal.SIG_IGN if number in request["ignored"] else signal.SIG_DFL)
    if signal.SIGINT not in request["ignored"]:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if request["session"]:
        os.setsid()
    else:
        with suppress(OSError):
            os.setpgid(0, request["group"])
    for own, stream in enumerate(streams):
        os.dup2(stream, own)
    os.closerange(3, imported)
    os.closerange(imported + 1, 65536)
    os.umask(request["umask"])
    os.chdir(request["folder"])
    signal.pthread_sigmask(signal.SIG_SETMASK, request["blocked"])
    known = set(sys.modules)

    def end(module: str, words: Sequence[str], variables: Mapping[str, str]) -> NoReturn:
        code = run_as_program(module, words, dict(variables))
        names = [name for name in sys.modules if name not in known and _is_found_by_name(name)]
        os.write(imported, "\n".join(names).encode())
        os._exit(code)

    os.execve = functools.partial(_execve, os.execve, end)  # type: ignore[assignment]
    end(request["words"][2], request["words"][3:], request["variables"])


def _execve(real: Any, end: Any, path: str, words: Sequence[str], variables: Mapping[str, str]) -> None:
    if is_prepared(words, variables):
        end(words[2], words[3:], variables)  # this program starts again
    real(path, words, variables)


def _is_found_by_name(name: str) -> bool:
    module = sys.modules[name]
    return not name.startswith("__") and getattr(getattr(module, "__spec__", None), "name", None) == name


if __name__ == "__main__":
    _Known.address = "\0" + sys.argv[2]
    subprocess.Popen = PreparedPopen  # type: ignore[misc]
    _SELF = sys.modules["__main__"]  # its names outlast those of the commands
    _serve(socket.socket(fileno=int(sys.argv[1])))
