"""Whether a certificate's name and issuer are those of a configured identity, on the day of the signature.

A name is equal from its first to its last character, or the expression matches it from its first to its last
character: `https://github.com/org/repo` never lets `https://github.com/org/repo-evil` pass. An expression
never matches a name with anything but printable ASCII in it, because `.` and `[^/]` would take a line break
or a look-alike letter; such a name has to be written out whole.

Source: issue "Sign, rehearse, verify, publish"; facts/sigstore.md section 2 (unanchored expressions of others).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from functools import lru_cache

from ops.supply_chain.contracts.config.signing import SigningIdentity
from ops.supply_chain.trust.identities.check import PATTERN_FLAGS, day

_PLAIN = re.compile(r"[\x21-\x7e]+")


def matching(
    identities: Iterable[SigningIdentity], san: str, issuer: str, signed_at: datetime
) -> SigningIdentity | None:
    """Return the first identity that signed, or None.

    Args:
        identities: As `check.checked` returns them.
        san: The certificate's subject alternative name.
        issuer: Its OIDC issuer.
        signed_at: The proved moment of the signature, with its time zone.
    Raises:
        ValueError: `signed_at` has no time zone: nobody can say which day it is.
    """
    today = _day_of(signed_at)
    return next((one for one in identities if not _mismatch(one, san, issuer, today)), None)


def mismatches(
    identities: Iterable[SigningIdentity], san: str, issuer: str, signed_at: datetime
) -> tuple[tuple[SigningIdentity, str], ...]:
    """Say of each identity why it is not the signer, in the order given; those that match are left out.

    Raises:
        ValueError: As `matching`.
    """
    today = _day_of(signed_at)
    found = ((one, _mismatch(one, san, issuer, today)) for one in identities)
    return tuple((one, why) for one, why in found if why)


def _day_of(moment: datetime) -> date:
    if moment.tzinfo is None:
        raise ValueError("the moment of a signature needs its time zone")
    return moment.astimezone(UTC).date()


def _mismatch(one: SigningIdentity, san: str, issuer: str, today: date) -> str:
    if not _is_name(one, san):
        return "has another name"
    if not issuer or one.issuer != issuer:
        return f"has the issuer {one.issuer}"
    since, until = day(one.since), day(one.until)
    if since and today < since:
        return f"begins on {one.since}, and this is of {today}"
    if until and today > until:
        return f"ended on {one.until}, and this is of {today}"
    return ""


def _is_name(one: SigningIdentity, san: str) -> bool:
    if not san:
        return False
    if one.identity:
        return one.identity == san
    return bool(_PLAIN.fullmatch(san) and one.identity_regex and _compiled(one.identity_regex).fullmatch(san))


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, PATTERN_FLAGS)
