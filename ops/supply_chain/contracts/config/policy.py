"""`[policy]`: profiles, own rules, licence lists, and the weaker settings that are accepted."""

from __future__ import annotations

from typing import Annotated

import msgspec

from ops.supply_chain.contracts.base import Contract


class WeakenedSetting(Contract, frozen=True, kw_only=True):
    """One `[[policy.weakened]]` entry: a setting that makes the release gate weaker than its default, accepted until a
    day.

    `setting` and `value` are as the denial shows them; an entry covers that value and no other. `date` is the day on
    which it was accepted, `until` its last day, at most 366 days later; both are ISO dates, in UTC. Customers see the
    setting, both values, the reason and the last day wherever the verdict is shown. All are text here, so that a
    malformed entry accepts nothing and is named by the denial.
    """

    setting: str = ""
    value: str = ""
    reason: str = ""
    date: str = ""
    until: str = ""


LicenceText = Annotated[str, msgspec.Meta(pattern=r"\A[^*?\[\]{}\\\x00-\x1f]{1,200}\Z")]
"""A licence as an SBOM states it, an exception included; no pattern."""


class PolicyConfig(Contract, frozen=True, kw_only=True):
    """`[policy]`: profiles that `release` must pass, folders with the project's own rules (relative to
    the project), the licence lists that replace those of `policy/data`, and the weaker settings that are accepted.
    `licences_allow_also` names licences, each in full, that are permitted in addition, whatever the lists say of them.
    The profile `release` is evaluated whether it is named or not.
    """

    profiles: tuple[str, ...] = ("base", "cisa-2026", "licences", "release")
    folders: tuple[str, ...] = ()
    licences_allow: tuple[str, ...] | None = None
    licences_allow_also: tuple[LicenceText, ...] = ()
    licences_deny: tuple[str, ...] | None = None
    licences_on_unknown: Annotated[str, msgspec.Meta(pattern=r"\A(report|not-examined|deny)\Z")] | None = None
    weakened: tuple[WeakenedSetting, ...] = ()
