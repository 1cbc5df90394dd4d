"""Time stamps over a signature (RFC 3161), against the time-stamping authorities of a trusted root.

Imports the library when it is imported itself: import it where it is used.

Source: RFC 3161; https://docs.sigstore.dev/about/bundle/
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any, NamedTuple

from cryptography import x509
from rfc3161_client import VerificationError, VerifierBuilder, decode_timestamp_response

from ops.supply_chain.adapters.sigstore.failure import NotVerifiedError
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.moments import parse_timestamp

MOST_TIMESTAMPS = 8


class TimestampAuthority(NamedTuple):
    """A time-stamping authority: certificates from the leaf to the root, and from when to when it is valid."""

    chain: tuple[x509.Certificate, ...]
    start: datetime | None
    end: datetime | None


def authorities_in(root: Any) -> tuple[TimestampAuthority, ...]:
    """Return the time-stamping authorities of a trusted root, in its order.

    Raises:
        InputError: It is no trusted root.
    """
    try:
        found = tuple(_authority(row) for row in root.get("timestampAuthorities", []))
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise InputError(f"trusted root: cannot be used: {type(error).__name__} in its authorities") from error
    return tuple(authority for authority in found if len(authority.chain) > 1)  # a chain has a leaf and a root


def verified_times(rows: Any, signature: bytes, authorities: tuple[TimestampAuthority, ...]) -> list[datetime]:
    """Verify every time stamp over a signature.

    Args:
        rows: `rfc3161Timestamps` of a bundle.
        signature: The raw signature.
        authorities: Those that are trusted.
    Returns:
        The times, in the order of the rows.
    Raises:
        NotVerifiedError: One of them does not verify, or there are too many.
        ValueError, LookupError, TypeError: They are malformed.
    """
    if len(rows) > MOST_TIMESTAMPS:
        raise NotVerifiedError(f"has {len(rows)} timestamps, more than {MOST_TIMESTAMPS}")
    return [_time(base64.b64decode(row["signedTimestamp"], validate=True), signature, authorities) for row in rows]


def _time(data: bytes, signature: bytes, authorities: tuple[TimestampAuthority, ...]) -> datetime:
    response = decode_timestamp_response(data)
    at = response.tst_info.gen_time.astimezone(UTC)
    for authority in authorities:
        if (authority.start and at < authority.start) or (authority.end and at > authority.end):
            continue
        leaf, *between, root = authority.chain
        builder = VerifierBuilder().tsa_certificate(leaf).add_root_certificate(root)
        for certificate in between:
            builder = builder.add_intermediate_certificate(certificate)
        try:
            builder.build().verify_message(response, signature)
        except VerificationError:
            continue
        return at
    raise NotVerifiedError("has a timestamp that no authority of the trusted root gave")


def _authority(row: Any) -> TimestampAuthority:
    rows = row["certChain"]["certificates"]
    chain = tuple(x509.load_der_x509_certificate(base64.b64decode(each["rawBytes"], validate=True)) for each in rows)
    valid = row.get("validFor", {})
    return TimestampAuthority(chain, _moment(valid.get("start")), _moment(valid.get("end")))


def _moment(text: str | None) -> datetime | None:
    return parse_timestamp(text, where="validFor") if text else None
