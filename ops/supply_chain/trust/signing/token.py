"""The signer named by an OIDC identity token, read before a certificate is requested.

The token's own signature is not checked here: the certificate authority does that. Only the names below leave
this module, and no error shows any other part of the token.

Source: RFC 7519; https://github.com/sigstore/fulcio/blob/main/docs/oidc.md (which claim becomes the name in
the certificate).
"""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from ops.supply_chain.core.canonical import load_plain
from ops.supply_chain.core.errors import ErrorClass, InputError, UsageError
from ops.supply_chain.core.moments import timestamp

AUDIENCE = "sigstore"
GITHUB = "https://token.actions.githubusercontent.com"
GITLAB = "https://gitlab.com"
BUILDKITE = "https://agent.buildkite.com"
EMAIL_ISSUERS = frozenset(
    {"https://accounts.google.com", "https://oauth2.sigstore.dev/auth", "https://oauth2.sigstage.dev/auth"}
)
"""Issuers whose certificates carry the e-mail address."""

FRESH_HINT = "Get a fresh identity token and run again: signatures made so far are kept."
_PARTS = 3


class TokenIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """The signer that a token identifies.

    `names` are the subject alternative names that the certificate may carry: one if the issuer is known, else every
    candidate, the likeliest first; never empty. `issuer` is the issuer that the certificate will name.
    """

    names: tuple[str, ...]
    issuer: str
    expires: datetime


def read_token(raw: str, *, now: datetime) -> TokenIdentity:
    """Read the signer from an identity token.

    Args:
        raw: The JSON web token.
        now: The current time.
    Raises:
        UsageError: It is not such a token, is for another audience, names no subject, or has expired.
    """
    claims = _claims(raw)
    issuer, audience = claims.get("iss"), claims.get("aud")
    if not isinstance(issuer, str) or not issuer:
        raise UsageError("the identity token names no issuer", hint=FRESH_HINT, kind=ErrorClass.NO_TOKEN)
    if AUDIENCE not in (audience if isinstance(audience, list) else [audience]):
        raise UsageError(
            f"the identity token is not for the audience {AUDIENCE!r}",
            hint="Ask its issuer for one.",
            kind=ErrorClass.NO_TOKEN,
        )
    expires = _expiry(claims)
    if expires <= now:
        raise UsageError(
            f"the identity token expired at {timestamp(expires)}", hint=FRESH_HINT, kind=ErrorClass.NO_TOKEN
        )
    names = _names(issuer, claims)
    if not names:
        raise UsageError(f"the identity token of {issuer} names no subject", hint=FRESH_HINT, kind=ErrorClass.NO_TOKEN)
    return TokenIdentity(names=names, issuer=_federated(claims) or issuer, expires=expires)


def _claims(raw: str) -> Mapping[str, Any]:
    parts = raw.split(".")
    # A part that is missing is no base64 of JSON either.
    payload = parts[1] if len(parts) == _PARTS else "="
    try:
        data = base64.b64decode(payload + "=" * (-len(payload) % 4), altchars=b"-_", validate=True)
        found = load_plain(data, where="identity token")
    except (ValueError, InputError):
        # Without the cause: its text could hold a part of the token.
        raise UsageError(
            "what was given as identity token is no JSON web token", hint=FRESH_HINT, kind=ErrorClass.NO_TOKEN
        ) from None
    if not isinstance(found, dict):
        raise UsageError("what was given as identity token holds no claims", hint=FRESH_HINT, kind=ErrorClass.NO_TOKEN)
    return found


def _expiry(claims: Mapping[str, Any]) -> datetime:
    seconds = claims.get("exp")
    number = seconds if isinstance(seconds, int | float) and not isinstance(seconds, bool) else math.nan
    try:
        return datetime.fromtimestamp(number, UTC)
    except (ValueError, OverflowError, OSError):
        raise UsageError(
            "the identity token does not say when it expires", hint=FRESH_HINT, kind=ErrorClass.NO_TOKEN
        ) from None


def _names(issuer: str, claims: Mapping[str, Any]) -> tuple[str, ...]:
    workflow = _prefixed("https://github.com/", claims, "job_workflow_ref")
    pipeline = _prefixed("https://", claims, "ci_config_ref_uri")
    email, subject = _prefixed("", claims, "email"), _prefixed("", claims, "sub")
    if issuer == GITHUB or issuer.startswith(f"{GITHUB}/"):
        return workflow
    if issuer == GITLAB:
        return pipeline
    if issuer == BUILDKITE:
        organisation = _prefixed("https://buildkite.com/", claims, "organization_slug")
        slug = _prefixed("", claims, "pipeline_slug")
        return (f"{organisation[0]}/{slug[0]}",) if organisation and slug else ()
    if issuer in EMAIL_ISSUERS:
        return email
    return tuple(dict.fromkeys((*email, *workflow, *pipeline, *subject)))


def _prefixed(prefix: str, claims: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = claims.get(key)
    return (f"{prefix}{value}",) if isinstance(value, str) and value else ()


def _federated(claims: Mapping[str, Any]) -> str:
    """Return the issuer behind the issuer: the public instance's own provider names whom it asked."""
    federated = claims.get("federated_claims")
    found = federated.get("connector_id") if isinstance(federated, dict) else None
    return found if isinstance(found, str) else ""
