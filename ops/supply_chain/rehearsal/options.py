"""Options of a rehearsal instance, and the names in what it signs.

The hosts end in `.invalid`, which cannot be registered (RFC 2606), and have no port: a trusted root does not
depend on where the instance happened to listen.
"""

from __future__ import annotations

from typing import Literal

import msgspec

DOMAIN = "rehearsal.invalid"
ORGANISATION = "sealwright rehearsal"

IDENTITY = "rehearsal@sealwright.invalid"
"""The default signer."""

ISSUER = f"https://oidc.{DOMAIN}"
"""Issuer of that identity."""

AUDIENCE = "sigstore"
"""What tokens are for: the client and the certificate authority both insist."""


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """The variant of the instance; the defaults are as the public instance is today.

    `log_version` is Rekor's major version: 2 needs `timestamping`, and not every client reads its
    attestations yet. `ed25519_log` gives the log an Ed25519 key, which version 1 has not. `intermediate`
    puts an intermediate authority between root and certificates. `identity` and `issuer` are those of a
    token that names no other.

    Raises:
        ValueError: A variant that no client could use.
    """

    log_version: Literal[1, 2] = 1
    ed25519_log: bool = False
    timestamping: bool = True
    intermediate: bool = True
    identity: str = IDENTITY
    issuer: str = ISSUER

    def __post_init__(self) -> None:
        if self.log_version == 2 and not self.timestamping:  # noqa: PLR2004 - Rekor's version
            raise ValueError("a version 2 log gives no time: it needs timestamping")
        if self.log_version == 1 and self.ed25519_log:
            raise ValueError("a version 1 log signs its promises with ECDSA only")
