"""How the stages of a rehearsal know that they are in one, and who signs in it.

`runner.rehearse` sets the variables; a stage reads them here. They let a stage go on where a real release
would be refused, and everything that it makes says inside that it is of a rehearsal.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple

from ops.supply_chain.contracts.config.signing import SigningConfig, SigningIdentity
from ops.supply_chain.rehearsal.options import IDENTITY, ISSUER

REHEARSAL_VARIABLE = "SEALWRIGHT_REHEARSAL"
"""`1` in a rehearsal."""

TRUST_CONFIG_VARIABLE = "SEALWRIGHT_TRUST_CONFIG"
"""Path of the client trust config of the instance that signs."""

TOKEN_VARIABLE = "SIGSTORE_ID_TOKEN"  # noqa: S105 - the name of a variable
"""The identity token, under the name that Sigstore's clients read."""


class RehearsalSigner(NamedTuple):
    """Who signs in a rehearsal; `made_up` where the configuration names nobody."""

    identity: str
    issuer: str
    made_up: bool


MADE_UP = RehearsalSigner(IDENTITY, ISSUER, made_up=True)


def is_rehearsal(environment: Mapping[str, str] | None = None) -> bool:
    """Tell whether this process is a stage of a rehearsal."""
    return (os.environ if environment is None else environment).get(REHEARSAL_VARIABLE) == "1"


def identities_in_force(
    signing: SigningConfig, environment: Mapping[str, str] | None = None
) -> tuple[SigningIdentity, ...]:
    """Return who may sign: the configured identities, or in a rehearsal without any the made-up one.

    A configured policy is never widened: it is rehearsed as it is.
    """
    if signing.identities or not is_rehearsal(environment):
        return signing.identities
    return (SigningIdentity(identity=IDENTITY, issuer=ISSUER, role="rehearsal"),)
