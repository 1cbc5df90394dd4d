"""The prepared process of a session: imports the stages while it waits, and forks itself for each stage that the session starts.

    python -Im ops.supply_chain.runner.prepared_process DESCRIPTOR MODULE ...

It runs no stage itself, so a fork finds what a new interpreter finds after its imports, and nothing of other stages. It
never reads what a fork is given: it knows which stage that is, and variables with secrets go from the session to the fork alone.
While nothing is to be done it imports the stages in their order, then what they import when they run; a stage that is
to be started before its turn is imported then, so that the first one does not wait for all. At last it compiles the templates of the report. It ends with the session, and the stages that run then go on.

Source: unix(7) (`SCM_RIGHTS`), pidfd_open(2), fork(2)
"""

from __future__ import annotations

import gc
import importlib
import os
import selectors
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

from ops.supply_chain import PIPELINE
from ops.supply_chain.core.start import TREE
from ops.supply_chain.runner.forked_stage import ENDED, STARTED, STREAMS, live

ALWAYS = ("filelock", "ops.supply_chain.dependencies.locks.project")
"""What every stage imports when it runs."""

ASKING = (
    "ops.supply_chain.adapters.index.client",
    "ops.supply_chain.adapters.http.lean_httpx",
    "httpcore",
    "h2.connection",
    "anyio",
    "ops.supply_chain.adapters.index.file_choice",
    "ops.supply_chain.adapters.osv.snapshot",
    "ops.supply_chain.adapters.osv.api",
    "ops.supply_chain.adapters.http.local_copy",
    "ops.supply_chain.adapters.files.unwalked",
    "ops.supply_chain.dependencies.locks.classify",
    "ops.supply_chain.adapters.tools.schemas",
    "jsonschema_rs",
    "ops.supply_chain.adapters.index.publishers",
    "ops.supply_chain.adapters.index.integrity",
    "ops.supply_chain.adapters.sigstore.attestation_verifier",
)
"""What the stages that ask an index import then; they start together, and each would import it."""

LATER = (
    "ops.supply_chain.risk.vex.assess",
    "ops.supply_chain.risk.vex.bom",
    "ops.supply_chain.risk.vex.ignore_lists",
    "ops.supply_chain.risk.vex.read",
    "ops.supply_chain.risk.vex.write_cyclonedx",
    "ops.supply_chain.risk.vex.write_openvex",
    "tomli_w",
    "deflate",
    "ops.supply_chain.adapters.rego.engine",
    "regopy",
    "ops.supply_chain.adapters.files.incidents",
    "ops.supply_chain.adapters.files.supplier_store",
    "ops.supply_chain.gather.trust.verification.check",
    "ops.supply_chain.adapters.sigstore.signer",
    "ops.supply_chain.adapters.sigstore.bundle_verifier",
    "ops.supply_chain.adapters.sigstore.key_verifier",
    "ops.supply_chain.inventory.checks.check",
    "packageurl",
    "ops.supply_chain.gather.assurance.report",
    "ops.supply_chain.assurance.report.html",
    "jinja2",
)
"""What later stages import then. Nothing of all these starts a thread or leaves a file open."""

_ASK_AN_INDEX = frozenset(f"ops.supply_chain.{row.script}" for row in PIPELINE if row.asks_an_index)


def main(argv: Sequence[str] | None = None) -> int:
    """Serve the session at the other end of a descriptor until it closes it.

    Args:
        argv: Number of the descriptor, and the stages' modules.
    """
    number, *modules = sys.argv[1:] if argv is None else argv
    # What ends a whole group of processes is for the session to decide; it then closes its end.
    for kind in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(kind, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    with socket.socket(fileno=int(number)) as session:
        later = [partial(_import, name) for name in (*modules, *ALWAYS, *ASKING, *LATER)]
        Server(session, modules, [*later, compile_report]).serve()
    return 0


class Server:
    """Forks as long as the session asks.

    Args:
        session: The session's end of it closes when the session ends.
        modules: Of the stages.
        later: What to do while no stage is to be started: import them, and what they import when they run.
    """

    def __init__(self, session: socket.socket, modules: Sequence[str], later: Sequence[Callable[[], None]]) -> None:
        self._session = session
        self._modules = modules
        self._later = list(later)
        self._running: dict[int, tuple[int, socket.socket]] = {}
        self._selector = selectors.DefaultSelector()
        self._selector.register(session, selectors.EVENT_READ)

    def serve(self) -> None:
        """Fork for each request, and report each end."""
        while True:
            gc.collect()
            gc.freeze()  # forks share these objects, as long as no collector touches them
            ready = self._selector.select(0 if self._later else None)
            if not ready:
                self._later.pop(0)()
            for key, _ in ready:
                if key.fileobj is not self._session:
                    self._report(key.fd)
                elif not self._fork():
                    return

    def _fork(self) -> bool:
        message, descriptors, _, _ = socket.recv_fds(self._session, 1, 1 + STREAMS)
        if not message:
            return False
        if message[0] < len(self._modules):
            for name in imported_for(self._modules[message[0]]):
                _import(name)
        answer, streams = socket.socket(fileno=descriptors[0]), descriptors[1:]
        # A fork has none of the threads of its parent, and whatever they have locked stays locked.
        child = os.fork() if len(os.listdir("/proc/self/task")) == 1 else -1  # noqa: PTH208 - names are enough
        if child == 0:
            live(answer, streams)
        for stream in streams:
            os.close(stream)
        if child < 0:
            answer.close()
            return True
        ends = os.pidfd_open(child)
        self._running[ends] = child, answer
        self._selector.register(ends, selectors.EVENT_READ)
        with suppress(OSError):
            socket.send_fds(answer, [STARTED.pack(child)], [ends])
        return True

    def _report(self, ends: int) -> None:
        child, answer = self._running.pop(ends)
        self._selector.unregister(ends)
        os.close(ends)
        _, status = os.waitpid(child, 0)
        with answer, suppress(OSError):
            answer.sendall(ENDED.pack(status))


def imported_for(module: str) -> tuple[str, ...]:
    """Return what is imported before a stage is forked.

    Args:
        module: Of the stage.
    """
    return (module, *ALWAYS, *(ASKING if module in _ASK_AN_INDEX else ()))


def compile_report() -> None:
    """Compile the templates of the report page; that they are not there is for the stage that needs them to report."""
    from ops.supply_chain.adapters.files.report_templates import read_templates
    from ops.supply_chain.assurance.report.html import compile_templates

    with suppress(Exception):
        compile_templates(read_templates(TREE))


def _import(name: str) -> None:
    # What cannot be imported is for the stage that needs it to report.
    with suppress(Exception):
        importlib.import_module(name)


if __name__ == "__main__":
    raise SystemExit(main())
