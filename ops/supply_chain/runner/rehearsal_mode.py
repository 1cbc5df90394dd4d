"""How the stages of a rehearsal recognise it, and who signs in it.

`sessions.rehearse` sets the variables; a stage reads them here. They let a stage continue where a real release would be
denied, and every file that it writes is marked as part of a rehearsal.
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
    """Who signs in a rehearsal; `ephemeral` where the configuration has no identity that is valid today.

    `claims` are those of the token that the conditions of the identity ask for.
    """

    identity: str
    issuer: str
    ephemeral: bool
    claims: tuple[tuple[str, str], ...] = ()


EPHEMERAL = RehearsalSigner(IDENTITY, ISSUER, ephemeral=True)


def is_rehearsal(environment: Mapping[str, str] | None = None) -> bool:
    """Return whether this process is a stage of a rehearsal."""
    return (os.environ if environment is None else environment).get(REHEARSAL_VARIABLE) == "1"


def identities_in_force(
    signing: SigningConfig, environment: Mapping[str, str] | None = None
) -> tuple[SigningIdentity, ...]:
    """Return who may sign: the configured identities, or in a rehearsal without any the ephemeral one.

    A configured policy is never widened: it is rehearsed as it is.
    """
    if signing.identities or not is_rehearsal(environment):
        return signing.identities
    return (SigningIdentity(identity=IDENTITY, issuer=ISSUER, role="rehearsal"),)
