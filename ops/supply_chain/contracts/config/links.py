"""`[[more_links]]`: further links in the security policy."""

from __future__ import annotations

from ops.supply_chain.contracts.base import Contract


class MoreLink(Contract, frozen=True, kw_only=True):
    """One entry of `[[more_links]]`: a further link; `url` is an https address or a path in the project."""

    title: str
    url: str
