"""The registry in both databases."""

from __future__ import annotations

from tests.adapters.registry.conftest import address, file_address, server_address, server_url

__all__ = ["address", "file_address", "server_address", "server_url"]
