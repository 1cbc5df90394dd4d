"""`[security_txt]`: the contents and expiry of `.well-known/security.txt`."""

from __future__ import annotations

from typing import Annotated

import msgspec

from ops.supply_chain.contracts.base import Contract

EXPIRES_DAYS, RENEW_DAYS = 180, 30

ExpiryDays = Annotated[int, msgspec.Meta(ge=1, le=365)]


class SecurityTxtConfig(Contract, frozen=True, kw_only=True):
    """`[security_txt]`: `.well-known/security.txt`, written where there is a contact.

    `contacts` are `mailto:`, `https:` or `tel:` addresses; without them those of `[reporting]` are used.
    `expires_days` is for how long a new file is valid, `renew_days` how long before its expiry it is renewed.
    """

    enabled: bool = True
    contacts: tuple[str, ...] = ()
    expires_days: ExpiryDays = EXPIRES_DAYS
    renew_days: ExpiryDays = RENEW_DAYS
    canonical: tuple[str, ...] = ()
    policy: str = ""
    encryption: tuple[str, ...] = ()
    acknowledgments: str = ""
    languages: tuple[str, ...] = ()
