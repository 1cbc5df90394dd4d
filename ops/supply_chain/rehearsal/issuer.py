"""The OIDC issuer: the browser and out-of-band flows, and GitHub's way of handing tokens to a workflow.

Source: OpenID Connect Discovery 1.0; RFC 6749; RFC 7636 (PKCE); GitHub, "OpenID Connect reference".
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from urllib.parse import urlencode

from ops.supply_chain.rehearsal.claims import Claims
from ops.supply_chain.rehearsal.options import AUDIENCE, ISSUER
from ops.supply_chain.rehearsal.refusal import Refusal

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
"""Redirect address of a client that lets the person copy the code."""


class Issuer:
    """What the issuer remembers between requests; safe for many threads.

    Args:
        claims: The claims of the user that logs in.
    """

    def __init__(self, claims: Claims) -> None:
        self.person: Claims = claims
        self.workflow: Claims = claims
        self.bearer = secrets.token_urlsafe(16)
        self._lock = threading.Lock()
        self._challenges: dict[str, str] = {}

    def configuration(self, base: str) -> dict[str, str]:
        """Return the discovery document."""
        return {
            "issuer": ISSUER,
            "authorization_endpoint": f"{base}/auth",
            "token_endpoint": f"{base}/token",
            "jwks_uri": f"{base}/keys",
        }

    def log_in(self, query: Mapping[str, str]) -> tuple[str, str]:
        """Log the person in without asking.

        Returns:
            The code, and the address to go to with it: empty where the person copies it.
        Raises:
            Refusal: 400, not a request for a code.
        """
        redirect, challenge = query.get("redirect_uri", ""), query.get("code_challenge", "")
        if not redirect or not challenge or query.get("code_challenge_method") != "S256":
            raise Refusal(400, "invalid_request")
        code = secrets.token_urlsafe(16)
        with self._lock:
            self._challenges[code] = challenge
        if redirect == OUT_OF_BAND:
            return code, ""
        return code, f"{redirect}?{urlencode({'code': code, 'state': query.get('state', '')})}"

    def redeem(self, form: Mapping[str, str]) -> Claims:
        """Return the claims for a code, once.

        Raises:
            Refusal: 400, no such code, or it was issued to another client.
        """
        with self._lock:
            challenge = self._challenges.pop(form.get("code", ""), "")
        # "BASE64URL-ENCODE(SHA256(ASCII(code_verifier))) == code_challenge" (RFC 7636, 4.6)
        shown = urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if not challenge or shown.rstrip(b"=").decode() != challenge:
            raise Refusal(400, "invalid_grant")
        return self.person

    def hand_to_workflow(self, authorization: str, query: Mapping[str, str]) -> Claims:
        """Return the claims for a workflow that shows its bearer token.

        Raises:
            Refusal: 401, it does not, or asks for another audience.
        """
        if authorization.lower() != f"bearer {self.bearer}".lower() or query.get("audience") != AUDIENCE:
            raise Refusal(401, "not a workflow of this rehearsal")
        return self.workflow
