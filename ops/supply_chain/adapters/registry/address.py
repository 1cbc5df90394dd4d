"""Where the registry is: a file among the retained artifacts, or a PostgreSQL server.

Source: https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from ops.supply_chain.core.errors import UsageError

URL_VARIABLE = "SEALWRIGHT_REGISTRY_URL"
TENANT_VARIABLE = "SEALWRIGHT_REGISTRY_TENANT"

DEFAULT_TENANT = "sealwright"
FILE_NAME = "registry.sqlite"

_TENANT = re.compile(r"[a-z][a-z0-9_]{0,47}")
_SERVER_SCHEMES = frozenset({"postgresql", "postgres"})


class RegistryAddress(NamedTuple):
    """A registry: either a file of SQLite or the URL of a server, and whose part of it.

    On a server each tenant has a schema of its own, in SQLite a file of its own.
    """

    tenant: str
    file: Path | None
    url: str = ""

    def shown(self) -> str:
        """Return the address without user, password and parameters."""
        if self.file is not None:
            return str(self.file)
        parts = urlsplit(self.url)
        port = f":{parts.port}" if parts.port else ""
        return f"postgresql://{parts.hostname or ''}{port}{parts.path}, schema {self.tenant}"


def registry_address(artifacts: Path, *, url: str = "", tenant: str = "") -> RegistryAddress:
    """Return the registry that the settings name.

    Args:
        artifacts: The folder of retained artifacts.
        url: Value of SEALWRIGHT_REGISTRY_URL; empty for the file.
        tenant: Value of SEALWRIGHT_REGISTRY_TENANT; empty for the default.
    Raises:
        UsageError: The URL is not one of PostgreSQL, or the tenant's name cannot be a schema.
    """
    tenant = tenant or DEFAULT_TENANT
    if not _TENANT.fullmatch(tenant):
        raise UsageError(
            f"{TENANT_VARIABLE}: {tenant[:60]!r} cannot be the name of a tenant",
            hint="Use a letter, then letters, digits and _, in lower case, 48 at most.",
        )
    if not url:
        name = FILE_NAME if tenant == DEFAULT_TENANT else f"registry-{tenant}.sqlite"
        return RegistryAddress(tenant, artifacts / name)
    scheme, separator, _ = url.partition("://")
    if not separator or scheme not in _SERVER_SCHEMES or not _is_url(url):
        raise UsageError(
            f"{URL_VARIABLE}: not the URL of a PostgreSQL server",
            hint="Write it as postgresql://USER@HOST/DATABASE, or unset it for a file among the artifacts.",
        )
    return RegistryAddress(tenant, None, f"postgresql://{url.partition('://')[2]}")


def _is_url(url: str) -> bool:
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False
