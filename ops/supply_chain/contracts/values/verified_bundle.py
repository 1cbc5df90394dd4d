"""What a Sigstore bundle proves, once it has verified against a trusted root.

Nothing here says whether the signer is one whom we trust: that is for `identities` to decide.

Source: https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

ISSUER_V1 = "1.3.6.1.4.1.57264.1.1"
"""OIDC issuer as raw text; superseded, and still written."""

ISSUER_V2 = "1.3.6.1.4.1.57264.1.8"
"""OIDC issuer as DER UTF8String."""

FULCIO_ARC = "1.3.6.1.4.1.57264.1."
RAW_EXTENSIONS = frozenset(f"{FULCIO_ARC}{number}" for number in range(1, 7))
"""Extensions of the first generation: text without DER around it."""

OTHER_NAME = "1.3.6.1.4.1.57264.1.7"
"""Type of a subject alternative name that is a user name."""

STATEMENT_PAYLOAD = "application/vnd.in-toto+json"
"""DSSE payload type of an in-toto statement."""


class TimeSource(StrEnum):
    """Who vouches for a time."""

    LOG = "transparency log"
    AUTHORITY = "time-stamping authority"


class VerifiedTime(msgspec.Struct, frozen=True, kw_only=True):
    """A moment at which the signature is proved to have existed."""

    source: TimeSource
    at: datetime


class VerifiedBundle(msgspec.Struct, frozen=True, kw_only=True):
    """Facts of a bundle whose signature, certificate, log entry and times all verified.

    `san` is the certificate's one subject alternative name, `issuer` the OIDC issuer, `extensions` every
    Fulcio extension by dotted number. `times` are those that verified, earliest first; `signed_at` is the
    first of them. `log_index` is the position that the inclusion proof proves, `log_id` the log's key in
    hexadecimal. `payload_type` and `payload` are empty for a bundle over a file. `signature` is DER,
    `certificate` PEM. `certificate_sha256` is over its DER.

    Of a bundle by a key, `key_sha256` is that of the key's SubjectPublicKeyInfo in DER, and everything that a
    certificate says is empty. It may have no time and no log entry: `times` is then empty, `log_index` -1.
    """

    san: str
    issuer: str
    extensions: dict[str, str]
    times: tuple[VerifiedTime, ...]
    log_index: int
    log_id: str
    media_type: str
    certificate: bytes
    certificate_sha256: str
    signature: bytes
    payload_type: str = ""
    payload: bytes = b""
    key_sha256: str = ""

    @property
    def signer(self) -> str:
        """Who signed, in a word: the certificate's name, or the key's digest."""
        return f"key sha256:{self.key_sha256}" if self.key_sha256 else self.san

    @property
    def signed_at(self) -> datetime:
        """The earliest moment at which the signature is proved to have existed."""
        return self.times[0].at
