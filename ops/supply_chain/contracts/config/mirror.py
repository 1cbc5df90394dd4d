"""`[mirror]`: how a Backstage catalogue knows the component whose documentation is mirrored.

Source: https://backstage.io/docs/features/software-catalog/descriptor-format ("Kind: Component").
"""

from __future__ import annotations

from ops.supply_chain.contracts.base import Contract

UNKNOWN_OWNER = "unknown"
"""Owner in the catalogue where nobody is configured; it resolves to nobody."""


class MirrorConfig(Contract, frozen=True, kw_only=True):
    """`[mirror]`: what `catalog-info.yaml` says.

    `owner` is an entity reference of the catalogue (`group:default/platform`); empty is written as `unknown`.
    `lifecycle` and `type` are words of the organisation's own catalogue.
    """

    owner: str = ""
    lifecycle: str = "production"
    type: str = "library"
