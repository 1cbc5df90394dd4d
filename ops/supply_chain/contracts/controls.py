"""Controls of other people's frameworks: catalogues as data, and `[controls]` of the configuration.

Source: issue "SECURITY.md that cannot lie", deliverable 2. Titles are in our own words; each catalogue names the
document that its identifiers come from.
"""

from __future__ import annotations

from typing import Literal

from ops.supply_chain.contracts.base import Contract


class OutOfScope(Contract, frozen=True, kw_only=True):
    """One control that the maintainers decided not to follow: its id, as docs/controls.md has it, and why."""

    id: str
    reason: str


class ControlsConfig(Contract, frozen=True, kw_only=True):
    """`[controls]`: controls that are out of scope by decision, each with its reason."""

    out_of_scope: tuple[OutOfScope, ...] = ()


class CatalogueEntry(Contract, frozen=True, kw_only=True, omit_defaults=True):
    """One control.

    It is met where all of `claims` are supported and all of `rules` (SBOM policy rules, by code) pass. `always`
    says why it is met by itself. One with none of these is never examined, and `unseen` says why: no release
    shows it. `level` is the framework's, empty where it has none.
    """

    id: str
    title: str
    level: str = ""
    claims: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    always: str = ""
    unseen: str = ""


class Catalogue(Contract, frozen=True, kw_only=True):
    """`policy/claims/controls/*/catalogue.json`: one framework; controls in the framework's order."""

    schema: Literal["catalogue/1"]
    framework: str
    version: str
    source: str
    controls: tuple[CatalogueEntry, ...]
