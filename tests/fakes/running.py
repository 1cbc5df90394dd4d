"""A loopback server that runs in a thread for the time of a `with` block."""

from __future__ import annotations

import threading
from http.server import ThreadingHTTPServer
from types import TracebackType
from typing import Self

from ops.supply_chain.rehearsal.accepting import Accepting


class Running:
    """Starts a server, and stops it at the end of the block; `_stop` ends what a handler waits for.

    Args:
        server: Bound to a free port of the loopback interface.
    """

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self._stop = threading.Event()
        self._server = server
        self._accepting = Accepting(server)

    def __enter__(self) -> Self:
        self._accepting.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._accepting.stop()
        self._server.server_close()

    @property
    def address(self) -> str:
        """`http://127.0.0.1:PORT`."""
        return f"http://127.0.0.1:{self._server.server_port}"
