"""`[policy]`: profiles, own rules, licence lists."""

from __future__ import annotations

from typing import Annotated

import msgspec

from ops.supply_chain.contracts.base import Contract


class PolicyConfig(Contract, frozen=True, kw_only=True):
    """`[policy]`: profiles that `release` must pass, folders with the project's own rules (relative to
    the project), and the licence lists that replace those of `policy/data`.
    """

    profiles: tuple[str, ...] = ("base", "cisa-2026", "licences", "release")
    folders: tuple[str, ...] = ()
    licences_allow: tuple[str, ...] | None = None
    licences_deny: tuple[str, ...] | None = None
    licences_on_unknown: Annotated[str, msgspec.Meta(pattern=r"\A(report|not-examined|deny)\Z")] | None = None
