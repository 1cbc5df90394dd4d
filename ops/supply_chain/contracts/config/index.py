"""`[index]`: the package index."""

from __future__ import annotations

from ops.supply_chain.contracts.base import Contract


class IndexConfig(Contract, frozen=True, kw_only=True):
    """`[index]`: which package index; empty means the public default. Credentials do not belong here: they come
    from netrc or the environment.
    """

    url: str = ""
    json_url: str = ""
