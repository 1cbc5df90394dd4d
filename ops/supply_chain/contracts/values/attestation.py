"""Attestations of distribution files: the requests, the responses and the results of verification.

Source: PEP 740, https://peps.python.org/pep-0740/
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from ops.supply_chain.contracts.values.publisher import AttestedPublisher


class DistributionFile(msgspec.Struct, frozen=True, order=True, kw_only=True):
    """One file whose attestations are requested.

    `project` is the PEP 503 name, `version` as written in the lock, `sha256` the hexadecimal digest in the
    lock: an attestation of other bytes does not count.
    """

    project: str
    version: str
    filename: str
    sha256: str


class ProvenanceAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Response of the Integrity API for one file.

    `document` is the provenance object's bytes; empty without a `reason` means that the service knows the
    file and has none. A `reason` means that the request failed; `remedy` is what to do.
    """

    document: bytes = b""
    reason: str = ""
    remedy: str = ""


class AttestationStatus(StrEnum):
    """Result of the check of one file's attestations."""

    ATTESTED = "attested"
    UNATTESTED = "unattested"
    INVALID = "invalid"
    NOT_EXAMINED = "not-examined"


class FileAttestation(msgspec.Struct, frozen=True, kw_only=True):
    """The attestations of one file.

    `publishers` are those in verified attestations, sorted by `key`, without duplicates; only with
    `ATTESTED`. `reason` is why it is invalid or was not examined, `remedy` what to do.
    """

    filename: str
    state: AttestationStatus
    publishers: tuple[AttestedPublisher, ...] = ()
    reason: str = ""
    remedy: str = ""


class AttestationRequest(msgspec.Struct, frozen=True, order=True, kw_only=True):
    """A request for the attestations of a distinct pin's files, however many locks contain the pin.

    `index` is the simple API address that the lock names, empty for the default index. `digests` are the
    SHA-256 of its files, sorted. `named` are (SHA-256, file name) of those that the lock names, sorted.
    """

    index: str
    project: str
    version: str
    digests: tuple[str, ...]
    named: tuple[tuple[str, str], ...] = ()
