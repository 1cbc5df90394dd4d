"""`[publishers]`: the severity of publisher findings, and exceptions."""

from __future__ import annotations

from ops.supply_chain.contracts.base import Contract
from ops.supply_chain.contracts.values.finding import Severity


class PublisherException(Contract, frozen=True, kw_only=True):
    """One `[[publishers.exceptions]]` entry: a package whose publisher findings are accepted, and why."""

    package: str
    reason: str


class PublishersConfig(Contract, frozen=True, kw_only=True):
    """`[publishers]`: the severity of each kind of publisher finding, and exceptions with a reason.

    `no_baseline` is for a direct dependency without a recorded publisher. `attestations = false` declares that the
    index has no Integrity API: attestations are then not requested, and each record says so.
    """

    attestations: bool = True
    no_baseline: Severity = Severity.MEDIUM
    metadata_changed: Severity = Severity.MEDIUM
    publisher_changed: Severity = Severity.HIGH
    attestation_lost: Severity = Severity.HIGH
    attestation_invalid: Severity = Severity.CRITICAL
    exceptions: tuple[PublisherException, ...] = ()
