"""Work in child processes, one for each core: results in the order of the items, and a worker that dies is reported.

Each worker has a socket to this process. A result, and a large item, comes as an open file, so neither waits for the other to take
it, and a worker goes on with its next item. Items and results are data of a stated type, encoded as MessagePack: what a document does to
a worker never runs here. No thread is started: this process and the workers may fork.

Source: https://docs.python.org/3/library/multiprocessing.html, https://man7.org/linux/man-pages/man7/unix.7.html (SCM_RIGHTS)
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import select
import signal
import socket
import struct
import sys
import tempfile
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Generic, NamedTuple, Self, TypeVar

import msgspec

from ops.supply_chain.core import errors
from ops.supply_chain.core.errors import ErrorClass, StageError

T = TypeVar("T")
R = TypeVar("R")

MOST_WORKERS = 8
AHEAD = 3
"""Items that a worker has been given and not finished, where nothing else is asked for."""

LARGE_BYTES = 1 << 16
"""Of an item: a larger one is sent as a file."""

YOUNG, OLDEST = 0, 2
"""Generations of the collector of cycles."""

WHOLE_COLLECTION = 32
"""After so many items a worker looks for cycles in all of its memory, not only in what is new."""

OUT_OF_MEMORY = 91
"""Exit status of a worker that had no memory left."""

_THREADS = Path("/proc/self/task")
_HEADER = struct.Struct("!Q")
_DONE, _FAILED = b"d", b"f"


_OWN: set[socket.socket] = set()
"""The sockets of this process to all workers of any kind."""


class WorkerEnd(NamedTuple):
    """What an item has instead of a result: its worker ended, how."""

    how: str


class _Failure(msgspec.Struct):
    """An exception of the work: a stage error with its parts, or the text of any other."""

    kind: str
    message: str
    hint: str = ""
    shown: ErrorClass | None = None

    def error(self) -> Exception:
        """Return what to raise."""
        ours = getattr(errors, self.kind, None)
        if isinstance(ours, type) and issubclass(ours, StageError):
            return ours(self.message, hint=self.hint, kind=self.shown)
        return RuntimeError(self.message)


class _Slot(Generic[T]):
    """An item that was given to a worker, and its result once there is one."""

    def __init__(self, item: T, *, alone: bool) -> None:
        self.item, self.alone = item, alone
        self.done = False
        self.result: Any = None


class _Worker(Generic[T]):
    """A child process, its socket, and its items in the order in which it does them."""

    def __init__(self, process: BaseProcess, own: socket.socket) -> None:
        self.process, self.own = process, own
        self.slots: deque[_Slot[T]] = deque()


class _Round(Generic[T]):
    """Items that are to be done: those that are not taken yet, those that were given to workers, in order, and by how many workers."""

    def __init__(self, items: Iterable[T], alone: Callable[[T], bool], count: int) -> None:
        self.source, self.alone, self.count = iter(items), alone, count
        self.order = deque[_Slot[T]]()
        self.following = next(self.source, None)


class Workers(Generic[T, R]):
    """Child processes that do one kind of work; a context manager that ends them.

    Args:
        prepare: Called once in each child with the arguments; returns the function that does an item. It can be found by its
            name: where processes are not forked, that is sent.
        arguments: Of `prepare`.
        types: Of an item and of a result, as `msgspec` knows types.
        count: How many; 0 for one for each core that this process may use, at most `MOST_WORKERS`.
        method: How processes are started; empty for `fork` where there is one.
        ahead: Items that a worker has been given and not finished; 1 where few of them differ much.
    """

    def __init__(
        self,
        prepare: Callable[..., Callable[[T], R]],
        arguments: tuple[Any, ...],
        types: tuple[Any, Any],
        *,
        count: int = 0,
        method: str = "",
        ahead: int = AHEAD,
    ) -> None:
        self._prepare, self._arguments, self._types = prepare, arguments, types
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder = msgspec.msgpack.Decoder(types[1])
        self._count = count or min(cores(), MOST_WORKERS)
        self._method = method or ("fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn")
        self._ahead = ahead
        self._workers: list[_Worker[T]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._workers:
            self._end(worker)
        self._workers.clear()

    def map(
        self, items: Iterable[T], alone: Callable[[T], bool] = lambda _: False
    ) -> Iterator[tuple[T, R | WorkerEnd]]:
        """Do items; yield each with its result, in order.

        An item is taken when a worker is free for it, so few are in memory.

        Args:
            items: What is to be done.
            alone: Whether an item needs so much memory that no other is to be done at the same time.
        Raises:
            Exception: What the work raised for an item.
        """
        yield from self._results(_Round(items, alone, self._count))

    def begin(self) -> None:
        """Start the first worker before there is an item for it: it prepares meanwhile."""
        if not self._workers:
            self._start()

    def give(self, items: Iterable[T], *, most: int = 0) -> Iterator[tuple[T, R | WorkerEnd]]:
        """Give items to workers now; return an iterator that goes on with it, yields and raises as `map` does.

        Args:
            items: What is to be done.
            most: How many workers do it; 0 for all.
        """
        work = _Round(items, lambda _: False, min(most or self._count, self._count))
        self._fill(work)
        return self._results(work)

    def _results(self, work: _Round[T]) -> Iterator[tuple[T, R | WorkerEnd]]:
        order = work.order
        while order or work.following is not None:
            self._fill(work)
            self._take(None if order and not order[0].done else 0)
            while order and order[0].done:
                slot = order.popleft()
                if isinstance(slot.result, BaseException):
                    raise slot.result
                yield slot.item, slot.result
                self._take(0)

    def _fill(self, work: _Round[T]) -> None:
        while work.following is not None and self._may_begin(work, work.following):
            work.order.append(_Slot(work.following, alone=work.alone(work.following)))
            self._give(self._free(work.count), work.order[-1])
            work.following = next(work.source, None)

    def _may_begin(self, work: _Round[T], item: T) -> bool:
        open_ = [slot for slot in work.order if not slot.done]
        if open_ and (work.alone(item) or any(slot.alone for slot in open_)):
            return False
        return len(open_) < work.count * self._ahead and len(work.order) < work.count * self._ahead * 2

    def _free(self, count: int) -> _Worker[T]:
        """Return the worker with the fewest items, of so many."""
        if len(self._workers) < count and all(worker.slots for worker in self._workers):
            return self._start()
        return min(self._workers[:count], key=lambda worker: len(worker.slots))

    def _start(self) -> _Worker[T]:
        own, theirs = socket.socketpair()
        # A fork has the sockets of this process, too; it would not notice that this process died.
        _OWN.add(own)
        inherited = list(_OWN) if self._method == "fork" else []
        context: Any = multiprocessing.get_context(self._method)
        process: BaseProcess = context.Process(
            target=_live, args=(theirs, inherited, self._prepare, self._arguments, self._types[0]), daemon=True
        )
        process.start()
        theirs.close()
        worker: _Worker[T] = _Worker(process, own)
        self._workers.append(worker)
        return worker

    def _give(self, worker: _Worker[T], slot: _Slot[T]) -> None:
        worker.slots.append(slot)
        content = self._encoder.encode(slot.item)
        head = _HEADER.pack(len(content))
        with suppress(OSError):  # it died: `_take` notices
            if len(content) <= LARGE_BYTES:
                worker.own.sendall(head + content)
                return
            with _file_of(content) as file:  # a socket takes little at once: this process would wait for the worker
                socket.send_fds(worker.own, [head], [file.fileno()])

    def _take(self, seconds: float | None) -> None:
        """Take the results that are there; wait for one that long, None for as long as it takes."""
        busy = {worker.own: worker for worker in self._workers if worker.slots}
        for own in select.select(list(busy), [], [], seconds)[0] if busy else ():
            worker = busy[own]
            try:
                message, files, _, _ = socket.recv_fds(own, 1, 1)
            except OSError:
                message, files = b"", []
            if message and files:
                slot = worker.slots.popleft()
                slot.done, slot.result = True, self._received(message, files[0])
            else:
                self._lost(worker)

    def _received(self, message: bytes, descriptor: int) -> Any:
        with os.fdopen(descriptor, "rb") as file:
            file.seek(0)
            data = file.read()
        if message == _DONE:
            return self._decoder.decode(data)
        return msgspec.msgpack.decode(data, type=_Failure).error()

    def _lost(self, worker: _Worker[T]) -> None:
        """Mark the item that a dead worker was doing, and give those that it had not begun to another one."""
        self._workers.remove(worker)
        self._end(worker)
        code = worker.process.exitcode
        lost, *waiting = worker.slots
        lost.done, lost.result = True, WorkerEnd(_described(code or 0))
        if waiting:
            heir = self._start()
            for slot in waiting:
                self._give(heir, slot)

    @staticmethod
    def _end(worker: _Worker[T]) -> None:
        _OWN.discard(worker.own)
        worker.own.close()
        if worker.process.is_alive() and not worker.slots:
            worker.process.join(1)
        if worker.process.is_alive():
            worker.process.kill()
        worker.process.join()


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def may_fork() -> bool:
    """Return True if there is a second core, and no thread whose locks would stay locked in a fork."""
    return sys.platform == "linux" and cores() > 1 and len(os.listdir(_THREADS)) == 1  # noqa: PTH208 - names are enough


def _described(code: int) -> str:
    if code == OUT_OF_MEMORY:
        return "had no memory left"
    return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"


def _live(
    own: socket.socket,
    others: list[socket.socket],
    prepare: Callable[..., Any],
    arguments: tuple[Any, ...],
    item_type: Any,
) -> None:
    """Be a worker, until the other end of its socket is closed."""
    for other in others:
        other.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends its workers
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    work = prepare(*arguments)
    gc.freeze()
    gc.disable()
    decoder = msgspec.msgpack.Decoder(item_type)
    done = 0
    while encoded := _next_item(own):
        item = decoder.decode(encoded)
        del encoded
        kind, data = _result(work, item)
        with _file_of(data) as file:
            try:
                socket.send_fds(own, [kind], [file.fileno()])
            except OSError:
                return  # the parent is gone
        del item, data
        done += 1
        # What an item left is young; what is remembered for the next ones is old, and large.
        gc.collect(YOUNG if done % WHOLE_COLLECTION else OLDEST)


def _result(work: Callable[[Any], Any], item: Any) -> tuple[bytes, bytes]:
    """Return the encoded result for an item, or the exception that the work raised."""
    try:
        return _DONE, msgspec.msgpack.encode(work(item))
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
    except StageError as error:
        return _FAILED, msgspec.msgpack.encode(_Failure(type(error).__name__, error.message, error.hint, error.kind))
    except Exception:
        return _FAILED, msgspec.msgpack.encode(_Failure("", traceback.format_exc()))


def _next_item(own: socket.socket) -> bytes:
    """Return an encoded item, out of the socket or of the file that came through it; none if the other end is closed."""
    head, files, _, _ = socket.recv_fds(own, _HEADER.size, 1)
    if not head:
        return b""
    size = _HEADER.unpack(head + _exactly(own, _HEADER.size - len(head)))[0]
    if not files:
        return _exactly(own, size)
    with os.fdopen(files[0], "rb") as file:
        file.seek(0)
        return file.read(size)


def _file_of(data: bytes) -> IO[bytes]:
    """Return a file without a name that has some bytes: in memory where the system has such files."""
    memory = hasattr(os, "memfd_create")
    file: IO[bytes] = os.fdopen(os.memfd_create("data"), "w+b") if memory else tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    file.write(data)
    file.flush()
    return file


def _exactly(own: socket.socket, size: int) -> bytes:
    """Return so many bytes; none if the other end is closed."""
    data = bytearray()
    while len(data) < size:
        piece = own.recv(min(size - len(data), 1 << 20))
        if not piece:
            return b""
        data += piece
    return bytes(data)
