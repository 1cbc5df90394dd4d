"""Where an index is, and whose account is used there.

Variables of uv and pip can name the index of a project whose configuration names none: the pins of its locks come from
there, and their names must not be sent to the public index.

Source: PEP 503 ("All URLs which respond with an HTML5 page MUST ... redirect the URLs without a / to add
a /"); https://docs.astral.sh/uv/reference/environment/, https://pip.pypa.io/en/stable/topics/configuration/
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import msgspec

from ops.supply_chain.adapters.http.credentials import DEFAULT_PORTS, Account, Origin
from ops.supply_chain.contracts.config.file import Config
from ops.supply_chain.contracts.config.index import IndexConfig
from ops.supply_chain.core.addresses import INDEX_URL
from ops.supply_chain.core.errors import ErrorClass, UsageError
from ops.supply_chain.core.text import printable, without_credentials

USERNAME_VARIABLE = "SEALWRIGHT_INDEX_USERNAME"
PASSWORD_VARIABLE = "SEALWRIGHT_INDEX_PASSWORD"  # noqa: S105 - the variable's name

UV_VARIABLES = ("UV_DEFAULT_INDEX", "UV_INDEX_URL")
"""Variables with the index that uv uses by default, the first one first."""

PIP_VARIABLE = "PIP_INDEX_URL"

FURTHER_VARIABLES = ("UV_INDEX", "UV_EXTRA_INDEX_URL", "PIP_EXTRA_INDEX_URL")
"""Variables with indexes that are asked too, separated by white space."""

_NAME = re.compile(r"[A-Za-z0-9_.-]+=(?=[A-Za-z][A-Za-z0-9+.-]*:)")
"""uv: `name=https://host/simple`."""


class IndexAddress(NamedTuple):
    """A base address that ends in `/` and holds no account, its origin, and the account found in it."""

    url: str
    origin: Origin
    account: Account | None


def read_address(text: str, *, where: str) -> IndexAddress:
    """Read an index's address as a configuration or a lock gives it.

    Args:
        text: An absolute address, with or without a user and password, with or without the last `/`.
        where: What names it, for an error.
    Raises:
        UsageError: It is no such address.
    """
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port or DEFAULT_PORTS.get(parts.scheme, 0)
    except ValueError:
        host, port = "", 0
    if not host or not port:
        shown = printable(without_credentials(text))
        raise UsageError(
            f"{where}: {shown!r} is not an https address",
            hint="Give the full address of a simple API.",
            kind=ErrorClass.CONFIGURATION,
        )
    account = (unquote(parts.username or ""), unquote(parts.password or "")) if parts.username else None
    shown_host = f"[{host}]" if ":" in host else host
    place = shown_host if port == DEFAULT_PORTS.get(parts.scheme) else f"{shown_host}:{port}"
    url = f"{parts.scheme}://{place}{parts.path.rstrip('/')}/"
    return IndexAddress(url, (parts.scheme, host, port), account)


class EnvironmentIndex(NamedTuple):
    """The index that a variable of the environment names: its address without account, and the variable."""

    url: str
    variable: str

    @property
    def note(self) -> str:
        """The sentence for records."""
        return f"the package index is {printable(self.url)}, from the environment ({self.variable}): [index].url is not set"


def environment_index(config: IndexConfig, outer: Mapping[str, str]) -> EnvironmentIndex | None:
    """Return the index of the pins that name none, where the environment and not the configuration names it.

    Args:
        config: The project's; where it has a `url`, the environment does not count.
        outer: The process's environment.
    Returns:
        None where it is the configured or the public index.
    Raises:
        UsageError: The variables name several indexes, so which one a pin comes from is unknown, or no address.
    """
    if config.url:
        return None
    variables = (*[name for name in UV_VARIABLES if outer.get(name)][:1], PIP_VARIABLE)
    given = [(name, address.url) for name in variables for address in _addresses(outer, name)]
    chosen, default = given[0] if given else ("", INDEX_URL)
    further = [(name, address.url) for name in FURTHER_VARIABLES for address in _addresses(outer, name)]
    for name, url in (*given, *further):
        if url != default:
            other = f"{chosen} {printable(default)}" if chosen else "the default index is public"
            raise UsageError(
                f"the environment names several package indexes ({name} {printable(url)}; {other}), so the index of a "
                "pin that names none is unknown",
                hint=f"Set [index].url in .security-config.toml to the index of these pins, or unset {name}.",
                kind=ErrorClass.CONFIGURATION,
            )
    return EnvironmentIndex(default, chosen) if default != INDEX_URL else None


def with_environment_index(config: Config, outer: Mapping[str, str]) -> Config:
    """Return a configuration whose index is that of this run; raises as `environment_index`."""
    found = environment_index(config.index, outer)
    if found is None:
        return config
    return msgspec.structs.replace(config, index=msgspec.structs.replace(config.index, url=found.url))


def accounts_for(*addresses: IndexAddress) -> dict[Origin, Account]:
    """Return the accounts for configured addresses: the one in the address, else the environment's.

    An account in a variable that names the same index counts before the two variables for accounts.
    """
    user, password = os.environ.get(USERNAME_VARIABLE, ""), os.environ.get(PASSWORD_VARIABLE, "")
    given = (user, password) if user or password else None
    known = {address.origin: given for address in addresses if given}
    urls = {address.url for address in addresses}
    for name in (*UV_VARIABLES, PIP_VARIABLE):
        with suppress(UsageError):  # what the configuration replaces need not be an address
            known |= {
                address.origin: address.account
                for address in _addresses(os.environ, name)
                if address.account and address.url in urls
            }
    return known | {address.origin: address.account for address in addresses if address.account}


def _addresses(outer: Mapping[str, str], name: str) -> Iterator[IndexAddress]:
    for text in outer.get(name, "").split():
        yield read_address(_NAME.sub("", text, count=1), where=name)
