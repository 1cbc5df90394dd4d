"""The thread of a loopback server: it waits for connections and for its end at once, and wakes for nothing else.

`socketserver.BaseServer.serve_forever` wakes many times a second to see whether it should end: of a processor that a
dozen idle servers share, that takes a part all the time, and each end waits for the next waking.
"""

from __future__ import annotations

import selectors
import socket
import threading
from socketserver import TCPServer


class Accepting:
    """Accepts the connections of a server in a thread of its own, from `start` to `stop`.

    Args:
        server: Bound and listening; its socket stays open at the end.
    """

    def __init__(self, server: TCPServer) -> None:
        self._server = server
        self._ended, self._end = socket.socketpair()
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def start(self) -> None:
        """Begin to accept."""
        self._thread.start()

    def stop(self) -> None:
        """Accept no more; what is being answered goes on."""
        self._end.close()
        if self._thread.ident is not None:
            self._thread.join()
        self._ended.close()

    def _accept(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._server.fileno(), selectors.EVENT_READ)
            selector.register(self._ended, selectors.EVENT_READ)
            while all(key.fileobj is not self._ended for key, _ in selector.select()):
                self._server.handle_request()
