"""`[index]`: the package index."""

from __future__ import annotations

from ops.supply_chain.contracts.base import Contract


class IndexConfig(Contract, frozen=True, kw_only=True):
    """`[index]`: which package index. An empty `url` means the one that `UV_DEFAULT_INDEX`, `UV_INDEX_URL` or
    `PIP_INDEX_URL` names, else the public one; where it is set, these do not count. Credentials do not belong here: they
    come from netrc or the environment.

    `trusted` are further addresses, of indexes that locks name or of hosts that their files are on: they may be in a
    private network or on this machine, and get the account that netrc has for them.
    """

    url: str = ""
    json_url: str = ""
    trusted: tuple[str, ...] = ()
