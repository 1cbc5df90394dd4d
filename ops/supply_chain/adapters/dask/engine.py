"""Tasks on the workers of a Dask scheduler: bytes in, bytes out, every failure one typed error.

What travels is named, never code: a function of the standard library that finds `sealwright.fleet_worker` on the worker,
and bytes. Dask runs the tasks of a lost worker again; a task that ends workers three times fails.

Source: https://distributed.dask.org/en/stable/client.html, https://distributed.dask.org/en/stable/resilience.html
"""

from __future__ import annotations

import logging
import operator
import pkgutil
import queue
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from ops.supply_chain.adapters.dask.security import checked_address, security_for
from ops.supply_chain.core.errors import UnavailableError
from ops.supply_chain.core.text import printable

if TYPE_CHECKING:
    from distributed import Client

WORKER_FUNCTION = "sealwright.fleet_worker:run_part"
CONNECT_SECONDS = 10
WORKERS_SECONDS = 60
"""How long a scheduler may have no worker: they may be about to start, or be started again."""

POLL_SECONDS = 0.5
CLOSE_SECONDS = 2
START_HINT = (
    "Start it with 'dask scheduler', and workers with 'dask worker ADDRESS', in environments that have sealwright."
)
AGAIN = "Check scheduler and workers, then run again: nothing of this run counts."


def run_tasks(address: str, tasks: Mapping[str, bytes], environment: Mapping[str, str]) -> Iterator[bytes]:
    """Run tasks on the workers of a scheduler.

    Args:
        address: `tcp://HOST:PORT` or `tls://HOST:PORT`.
        tasks: Name, unique among all runs -> what the worker gets.
        environment: The variables of this process.
    Yields:
        What the workers return, in the order in which they finish.
    Raises:
        UsageError: The address is none, or its certificates are not configured.
        UnavailableError: Scheduler or workers do not answer, were lost for good, or a task failed on a worker.
    """
    with _connected(checked_address(address), environment) as client:
        finished: queue.SimpleQueue[Any] = queue.SimpleQueue()
        find = client.submit(pkgutil.resolve_name, WORKER_FUNCTION, pure=False)
        futures = [client.submit(operator.call, find, task, key=name, pure=False) for name, task in tasks.items()]
        for future in futures:
            future.add_done_callback(finished.put)
        try:
            for _ in futures:
                yield _result(_next(client, finished, address))
        finally:
            with suppress(Exception):
                client.cancel([find, *futures], force=True)


@contextmanager
def _connected(address: str, environment: Mapping[str, str]) -> Iterator[Client]:
    security = security_for(address, environment)
    from distributed import Client

    # Its log names addresses and tasks, also where the public reads it; what fails is raised here.
    for name in ("distributed", "tornado", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        client = Client(address, security=security, timeout=CONNECT_SECONDS, set_as_default=False, name="sealwright")
    except Exception as error:
        raise UnavailableError(f"Dask scheduler {address}: does not answer: {_text(error)}", hint=START_HINT) from error
    try:
        yield client
    finally:
        with suppress(Exception):
            client.close(timeout=CLOSE_SECONDS)


def _next(client: Client, finished: queue.SimpleQueue[Any], address: str) -> Any:
    """Return the next future that is done; raise if scheduler or workers are gone."""
    idle = 0.0
    while True:
        try:
            return finished.get(timeout=POLL_SECONDS)
        except queue.Empty:
            pass
        if client.status != "running":
            raise UnavailableError(f"Dask scheduler {address}: the connection was lost", hint=AGAIN)
        idle = 0.0 if _has_workers(client) else idle + POLL_SECONDS
        if idle >= WORKERS_SECONDS:
            raise UnavailableError(f"Dask scheduler {address}: it has no worker", hint=START_HINT)


def _has_workers(client: Client) -> bool:
    try:
        return bool(client.ncores())
    except Exception:
        return False


def _result(future: Any) -> bytes:
    if future.status in ("cancelled", "lost", "pending"):
        raise UnavailableError("Dask scheduler: the connection was lost before all tasks had finished", hint=AGAIN)
    if future.status == "error":
        try:
            problem = _text(future.exception(timeout=CONNECT_SECONDS))
        except Exception as error:
            problem = _text(error)
        raise UnavailableError(f"a Dask worker could not run a task: {problem}", hint=AGAIN)
    try:
        found = future.result(timeout=CONNECT_SECONDS)
    except Exception as error:
        raise UnavailableError(f"the result of a task could not be fetched: {_text(error)}", hint=AGAIN) from error
    if not isinstance(found, bytes):
        raise UnavailableError("a Dask worker returned something else than a result", hint=AGAIN)
    return found


def _text(error: object) -> str:
    """Return what an error of Dask says, on one line."""
    lines = str(error).strip().splitlines()
    return printable(f"{type(error).__name__}: {lines[-1][:300] if lines else ''}".rstrip(": "))
