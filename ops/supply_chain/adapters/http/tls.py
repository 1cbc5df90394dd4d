"""Certificate authorities, read once a process: reading them takes longer than a request."""

from __future__ import annotations

import os
import ssl
from functools import lru_cache

AUTHORITIES_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
"""Environment variables that httpx takes certificate authorities from."""


def tls_context() -> ssl.SSLContext:
    """Return httpx's own default context for the authorities that the environment names now."""
    return _context(*(os.environ.get(name, "") for name in AUTHORITIES_VARIABLES))


@lru_cache(maxsize=4)
def _context(*_variables: str) -> ssl.SSLContext:
    from ops.supply_chain.adapters.http.lean_httpx import httpx

    return httpx.create_ssl_context()
