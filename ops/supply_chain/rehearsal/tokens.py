"""Identity tokens: signed with the issuer's key, and read only where that key signed them.

Source: RFC 7519 (JWT), RFC 7518 section 3.4 (ES256).
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from ops.supply_chain.rehearsal.claims import Claims
from ops.supply_chain.rehearsal.keys import new_ecdsa_key
from ops.supply_chain.rehearsal.options import AUDIENCE
from ops.supply_chain.rehearsal.refusal import Refusal

HALF_BYTES = 32
"""Length of each of the two numbers of an ES256 signature."""

_HEADER = {"alg": "ES256", "typ": "JWT", "kid": "rehearsal"}


class Tokens:
    """The one maker and reader of tokens; has a key of its own."""

    def __init__(self) -> None:
        self._key = new_ecdsa_key()

    def issue(self, claims: Claims, *, now: datetime, lifetime: int) -> str:
        """Sign claims.

        Args:
            claims: All but audience and times, which are added where they are not given.
            now: The issuer's time.
            lifetime: In seconds; negative for a token that has expired already.
        """
        issued = int(now.timestamp())
        times = {"iat": min(issued, issued + lifetime), "exp": issued + lifetime}
        signed = f"{_pack(_HEADER)}.{_pack({'aud': AUDIENCE, **times, **claims})}"
        r, s = decode_dss_signature(self._key.sign(signed.encode(), ec.ECDSA(SHA256())))
        return f"{signed}.{_base64(r.to_bytes(HALF_BYTES, 'big') + s.to_bytes(HALF_BYTES, 'big'))}"

    def read(self, token: str, *, now: datetime) -> dict[str, Any]:
        """Return the claims of a token that this issuer signed and that is valid now.

        Raises:
            Refusal: 401, not ours, for others, or not valid now.
        """
        try:
            signed, _, signature = token.rpartition(".")
            raw = _unpack(signature)
            both = (int.from_bytes(half, "big") for half in (raw[:HALF_BYTES], raw[HALF_BYTES:]))
            self._key.public_key().verify(encode_dss_signature(*both), signed.encode(), ec.ECDSA(SHA256()))
            claims = json.loads(_unpack(signed.partition(".")[2]))
        except (ValueError, InvalidSignature) as error:
            raise Refusal(401, "There was an error processing the identity token: not signed by the issuer") from error
        if claims["aud"] not in (AUDIENCE, [AUDIENCE]):
            raise Refusal(401, f"There was an error processing the identity token: not for {AUDIENCE}")
        if not claims["iat"] - 5 <= now.timestamp() < claims["exp"]:
            raise Refusal(401, "There was an error processing the identity token: not valid now")
        return dict(claims)


def _pack(value: dict[str, Any]) -> str:
    return _base64(json.dumps(value, separators=(",", ":")).encode())


def _base64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _unpack(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
