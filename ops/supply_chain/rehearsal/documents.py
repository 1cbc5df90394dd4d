"""The documents that clients need: trusted root and service addresses.

Source: sigstore/protobuf-specs, sigstore_trustroot.proto (trusted root 0.1, signing config 0.2, client
trust config 0.1).
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ops.supply_chain.core.moments import timestamp
from ops.supply_chain.rehearsal.certificates import AUTHORITY_LEAD
from ops.supply_chain.rehearsal.keys import SigningKey
from ops.supply_chain.rehearsal.log import LOG_NAME
from ops.supply_chain.rehearsal.options import DOMAIN, ORGANISATION

OPERATOR = "rehearsal"
TIMESTAMP_PATH = "/api/v1/timestamp"
_SCHEMA = "application/vnd.dev.sigstore."


def trusted_root(
    *,
    authority: Sequence[x509.Certificate],
    certificate_log: SigningKey,
    log: SigningKey,
    timestamping: Sequence[x509.Certificate],
    start: datetime,
) -> dict[str, Any]:
    """Say whom to trust; holds no port and no time but the start.

    Args:
        authority: Issuing authority first, root last.
        certificate_log: Key of the certificate transparency log.
        log: Key of the transparency log.
        timestamping: Time-stamping certificate first, root last; empty for none.
        start: The start of the instance.
    """
    # From before the start, because a service may have a wrong clock on purpose.
    since = {"start": timestamp(start - AUTHORITY_LEAD)}
    return {
        "mediaType": f"{_SCHEMA}trustedroot+json;version=0.1",
        "tlogs": [_log(f"https://{LOG_NAME}", log, log.log_id(LOG_NAME), since)],
        "certificateAuthorities": [_authority(f"https://fulcio.{DOMAIN}", authority, since)],
        "ctlogs": [_log(f"https://ct.{DOMAIN}", certificate_log, certificate_log.log_id(""), since)],
        "timestampAuthorities": [_authority(f"https://tsa.{DOMAIN}", timestamping, since)] if timestamping else [],
    }


def signing_config(base: str, *, log_version: int, timestamping: bool, start: datetime) -> dict[str, Any]:
    """Say where to ask.

    Args:
        base: Address of the instance, without a slash at its end.
        log_version: Of the transparency log.
        timestamping: Whether there is a time-stamping authority.
        start: The start of the instance.
    """
    since = {"start": timestamp(start - AUTHORITY_LEAD)}

    def service(url: str, version: int = 1) -> list[dict[str, Any]]:
        return [{"url": url, "majorApiVersion": version, "validFor": since, "operator": OPERATOR}]

    return {
        "mediaType": f"{_SCHEMA}signingconfig.v0.2+json",
        "caUrls": service(base),
        "oidcUrls": service(base),
        "rekorTlogUrls": service(base, log_version),
        "tsaUrls": service(f"{base}{TIMESTAMP_PATH}") if timestamping else [],
        "rekorTlogConfig": {"selector": "ANY"},
        "tsaConfig": {"selector": "ANY"},
    }


def trust_config(root: dict[str, Any], config: dict[str, Any]) -> dict[str, Any]:
    """Join both, as clients take them."""
    return {
        "mediaType": f"{_SCHEMA}clienttrustconfig.v0.1+json",
        "trustedRoot": root,
        "signingConfig": config,
    }


def _log(url: str, key: SigningKey, identifier: bytes, since: dict[str, str]) -> dict[str, Any]:
    return {
        "baseUrl": url,
        "hashAlgorithm": "SHA2_256",
        "publicKey": {"rawBytes": b64encode(key.spki).decode(), "keyDetails": key.details, "validFor": since},
        "logId": {"keyId": b64encode(identifier).decode()},
    }


def _authority(url: str, chain: Sequence[x509.Certificate], since: dict[str, str]) -> dict[str, Any]:
    certificates = [{"rawBytes": b64encode(certificate.public_bytes(Encoding.DER)).decode()} for certificate in chain]
    return {
        "subject": {"organization": ORGANISATION, "commonName": f"rehearsal {url.partition('//')[2].split('.')[0]}"},
        "uri": url,
        "certChain": {"certificates": certificates},
        "validFor": since,
    }
