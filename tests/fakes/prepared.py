"""Stages and sessions in forks of a process that has imported them before, in place of a new interpreter each time.

    with prepared_processes():
        subprocess.run([sys.executable, "-Im", "ops.supply_chain.check_locks", "--help"])

A server, a new interpreter started with `-I`, imports what the commands import, and forks for each. What a fork is given
(words, variables, folder, umask, signals, the three streams) and what it leaves (outputs, exit code) are those of a
process of its own, and its own commands are forked from the same server, which has run nothing. All other commands, and
those in another language or with open files to pass on, are started as ever. Two things differ from a new interpreter:
`/proc/PID/environ` and `cmdline` are the server's, and all forks of a server have the same hash seed. Tests of these
start their processes themselves. Only the standard library: this file is the server, too.
"""

from __future__ import annotations

import atexit
import functools
import importlib
import inspect
import io
import json
import os
import resource
import runpy
import secrets
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import types
import warnings
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


class _AgainError(BaseException):
    """This program is to start again, as by `os.execve`."""

    def __init__(self, words: Sequence[str], variables: Mapping[str, str]) -> None:
        self.words, self.variables = words, variables


def _live(request: dict[str, Any], streams: Sequence[int], imported: int) -> NoReturn:
    """Be the process, from the first line of the module to the exit code."""
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
    atexit._clear()
    known = set(sys.modules)
    execve = os.execve
    os.execve = functools.partial(_execve, execve)  # type: ignore[assignment]
    words, variables = request["words"], request["variables"]
    while True:
        try:
            code = _code_of(words, variables)
            break
        except _AgainError as again:
            words, variables = again.words, again.variables
    names = [name for name in sys.modules if name not in known and _is_found_by_name(name)]
    os.write(imported, "\n".join(names).encode())
    if code == -signal.SIGINT:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    os._exit(code)


def _execve(real: Any, path: str, words: Sequence[str], variables: Mapping[str, str]) -> None:
    if is_prepared(words, variables):
        raise _AgainError(words, variables)
    real(path, words, variables)


def _is_found_by_name(name: str) -> bool:
    module = sys.modules[name]
    return not name.startswith("__") and getattr(getattr(module, "__spec__", None), "name", None) == name


def _code_of(words: Sequence[str], variables: Mapping[str, str]) -> int:
    os.environ.clear()
    os.environ.update(variables)
    time.tzset()
    sys.orig_argv[:] = words
    sys.argv[:] = ["-m", *words[3:]]
    sys.modules["__main__"] = types.ModuleType("__main__")
    _open_streams()
    code = 0
    try:
        _run_as_main(words[2])
    except _AgainError:
        raise
    except SystemExit as end:
        code = _exit_code(end)
    except KeyboardInterrupt:
        sys.excepthook(*sys.exc_info())
        code = -signal.SIGINT
    except BaseException:
        sys.excepthook(*sys.exc_info())
        code = 1
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    try:
        if sys.stdout is not None and not sys.stdout.closed:
            sys.stdout.flush()
    except (OSError, ValueError):
        code = 120
    with suppress(OSError, ValueError, AttributeError):
        sys.stderr.flush()
    return code


def _run_as_main(module: str) -> None:
    """Do what `-m` does; that a module which is imported already runs again is no surprise here."""
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".* found in sys.modules", category=RuntimeWarning)
            _, spec, code = runpy._get_module_details(module, runpy._Error)  # type: ignore[attr-defined]
    except runpy._Error as error:  # type: ignore[attr-defined]
        sys.exit(f"{sys.executable}: {error}")
    sys.argv[0] = spec.origin
    runpy._run_code(code, vars(sys.modules["__main__"]), None, "__main__", spec)  # type: ignore[attr-defined]


def _exit_code(end: SystemExit) -> int:
    if end.code is None or isinstance(end.code, int):
        return (end.code or 0) & 0xFF
    print(end.code, file=sys.stderr)
    return 1


def _open_streams() -> None:
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        before = _FIRST_STREAMS[name]
        raw = io.FileIO(number, "w" if number else "r", closefd=False)
        raw.name = f"<{name}>"
        stream = io.TextIOWrapper(
            io.BufferedWriter(raw) if number else io.BufferedReader(raw),
            encoding=before.encoding,
            errors=before.errors,
            newline="\n" if number else None,
            line_buffering=number == 2 or raw.isatty(),
        )
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


_FIRST_STREAMS: dict[str, Any] = {name: getattr(sys, name) for name in ("stdin", "stdout", "stderr")}

if __name__ == "__main__":
    _Known.address = "\0" + sys.argv[2]
    subprocess.Popen = PreparedPopen  # type: ignore[misc]
    _SELF = sys.modules["__main__"]  # its names outlast those of the commands
    _serve(socket.socket(fileno=int(sys.argv[1])))
