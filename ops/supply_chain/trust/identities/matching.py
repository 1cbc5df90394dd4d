"""Match the name and issuer of a certificate with the configured identities, on the day of the signature.

Names and expressions match from the first to the last character: `https://github.com/org/repo` does not accept
`https://github.com/org/repo-evil`. An expression only matches printable ASCII, because `.` and `[^/]` would accept
a line break or a look-alike letter; a name with other characters must be written in full.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import NamedTuple

from ops.supply_chain.contracts.config.signing import SigningIdentity
from ops.supply_chain.trust.identities.check import PATTERN_FLAGS, day
from ops.supply_chain.trust.identities.conditions import unmet

_PLAIN = re.compile(r"[\x21-\x7e]+")


class SignedRun(NamedTuple):
    """The run that signed and what it signed, to compare with conditions.

    `extensions` are the certificate's Fulcio extensions by dotted number, `kind` is one of `SIGNABLE`.
    """

    extensions: Mapping[str, str]
    kind: str


def matching(
    identities: Iterable[SigningIdentity], san: str, issuer: str, signed_at: datetime, run: SignedRun | None = None
) -> SigningIdentity | None:
    """Return the first identity that signed, or None.

    Args:
        identities: As `check.checked` returns them.
        san: The certificate's subject alternative name.
        issuer: Its OIDC issuer.
        signed_at: The verified time of the signature, with its time zone.
        run: Compared with the conditions; None before there is a certificate: then none is compared.
    Raises:
        ValueError: `signed_at` has no time zone, so its day is unknown.
    """
    today = _day_of(signed_at)
    return next((identity for identity in identities if not _mismatch(identity, san, issuer, today, run)), None)


def mismatches(
    identities: Iterable[SigningIdentity], san: str, issuer: str, signed_at: datetime, run: SignedRun | None = None
) -> tuple[tuple[SigningIdentity, str], ...]:
    """Return why each identity is not the signer, in the order given; matching identities are left out.

    Raises:
        ValueError: As `matching`.
    """
    today = _day_of(signed_at)
    found = ((identity, _mismatch(identity, san, issuer, today, run)) for identity in identities)
    return tuple((identity, why) for identity, why in found if why)


def _day_of(signed_at: datetime) -> date:
    if signed_at.tzinfo is None:
        raise ValueError("the time of a signature needs a time zone")
    return signed_at.astimezone(UTC).date()


def _mismatch(identity: SigningIdentity, san: str, issuer: str, today: date, run: SignedRun | None) -> str:
    if not _is_name(identity, san):
        return "has another name"
    if not issuer or identity.issuer != issuer:
        return f"has the issuer {identity.issuer}"
    since, until = day(identity.since), day(identity.until)
    if since and today < since:
        return f"is valid from {identity.since}, but the signature is from {today}"
    if until and today > until:
        return f"expired on {identity.until}, but the signature is from {today}"
    return unmet(identity, run.extensions, run.kind) if run else ""


def _is_name(identity: SigningIdentity, san: str) -> bool:
    if not san:
        return False
    if identity.identity:
        return identity.identity == san
    return bool(_PLAIN.fullmatch(san) and identity.identity_regex and _compiled(identity.identity_regex).fullmatch(san))


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, PATTERN_FLAGS)
