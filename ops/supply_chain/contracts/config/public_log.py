"""`[public_log]`: recipients of encrypted findings."""

from __future__ import annotations

from ops.supply_chain.contracts.base import Contract


class PublicLogConfig(Contract, frozen=True, kw_only=True):
    """`[public_log]`: `age` recipients (public keys) for whom full findings may be encrypted."""

    recipients: tuple[str, ...] = ()
