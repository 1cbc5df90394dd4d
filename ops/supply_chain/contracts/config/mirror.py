"""`[mirror]`: the entry of the mirrored component in a Backstage catalogue.

Source: https://backstage.io/docs/features/software-catalog/descriptor-format ("Kind: Component").
"""

from __future__ import annotations

from ops.supply_chain.contracts.base import Contract

UNKNOWN_OWNER = "unknown"
"""Owner in the catalogue where none is configured; it resolves to no entity."""


class MirrorConfig(Contract, frozen=True, kw_only=True):
    """`[mirror]`: the contents of `catalog-info.yaml`.

    `owner` is an entity reference of the catalogue (`group:default/platform`); empty is written as `unknown`.
    `lifecycle` and `type` are terms of the organisation's own catalogue.
    """

    owner: str = ""
    lifecycle: str = "production"
    type: str = "library"
