"""`[provenance]`: where build type and builder pages are published."""

from __future__ import annotations

from ops.supply_chain.contracts.base import Contract


class ProvenanceConfig(Contract, frozen=True, kw_only=True):
    """`[provenance]`: where the build type and builder pages are published; empty means the names of sealwright."""

    uri_base: str = ""
