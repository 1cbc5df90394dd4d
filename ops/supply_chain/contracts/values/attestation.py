"""What passes between asking for a file's attestations, verifying them, and deciding what they mean.

Source: PEP 740, https://peps.python.org/pep-0740/
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from ops.supply_chain.contracts.values.publisher import AttestedPublisher


class DistributionFile(msgspec.Struct, frozen=True, order=True, kw_only=True):
    """One file whose attestations are wanted.

    `project` is the PEP 503 name, `version` as the lock writes it, `sha256` the hexadecimal digest that the
    lock gives: what is attested of other bytes is not attested of ours.
    """

    project: str
    version: str
    filename: str
    sha256: str


class ProvenanceAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What the Integrity API says of one file.

    `document` is the provenance object's bytes; empty with no `reason` means that the service knows the
    file and has none. With a `reason` nobody knows: it and `remedy` say why and what to do.
    """

    document: bytes = b""
    reason: str = ""
    remedy: str = ""


class Looked(StrEnum):
    """How looking at one file ended."""

    ATTESTED = "attested"
    UNATTESTED = "unattested"
    INVALID = "invalid"
    NOT_EXAMINED = "not-examined"


class FileAttestation(msgspec.Struct, frozen=True, kw_only=True):
    """One file, looked at.

    `publishers` are whom verified attestations name, sorted by `key`, without duplicates; only with
    `ATTESTED`. `reason` says why it is invalid or was not examined, `remedy` what to do.
    """

    filename: str
    state: Looked
    publishers: tuple[AttestedPublisher, ...] = ()
    reason: str = ""
    remedy: str = ""


class PinQuestion(msgspec.Struct, frozen=True, order=True, kw_only=True):
    """One distinct pin whose files are looked at, however many locks hold it.

    `index` is the simple API address that the lock names, empty for the default one. `digests` are the
    SHA-256 of its files, sorted. `named` are (SHA-256, file name) of those that the lock names, sorted.
    """

    index: str
    project: str
    version: str
    digests: tuple[str, ...]
    named: tuple[tuple[str, str], ...] = ()
