"""`policy/claims/controls/*.json`: catalogues of framework controls.

Titles are paraphrased; each catalogue names the document that its identifiers come from.
"""

from __future__ import annotations

from typing import Literal

from ops.supply_chain.contracts.base import Contract
from ops.supply_chain.contracts.config.compliance import CraRole


class CatalogueEntry(Contract, frozen=True, kw_only=True, omit_defaults=True):
    """One control.

    It is met where all of `claims` are supported and all of `rules` (SBOM policy rules, by code) pass. `always` is
    the reason why it is always met. A control with none of these is never examined; `unseen` is the reason: no release
    shows it. `level` is the framework's, empty where it has none. `roles` are the roles under Regulation (EU) 2024/2847 whose
    obligation it is; empty for a control that is no matter of a role.
    """

    id: str
    title: str
    level: str = ""
    claims: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    always: str = ""
    unseen: str = ""
    roles: tuple[CraRole, ...] = ()


class Catalogue(Contract, frozen=True, kw_only=True):
    """`policy/claims/controls/*/catalogue.json`: one framework; controls in the framework's order."""

    schema: Literal["catalogue/1"]
    framework: str
    version: str
    source: str
    controls: tuple[CatalogueEntry, ...]
