"""Comparison of attestations with the baseline: the publishers that attest a pin's files, and the recorded ones.

Trust on first use: the recorded publisher of a package is expected; another one, or none, is a finding. An attestation
that does not verify is always a finding.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ops.supply_chain.contracts.config.publishers import PublishersConfig
from ops.supply_chain.contracts.values.attestation import AttestationStatus, FileAttestation
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.contracts.values.publisher import AttestedPackage, AttestedPublisher
from ops.supply_chain.core.text import printable
from ops.supply_chain.dependencies.publishers.metadata import RECORD


class AttestedPin(NamedTuple):
    """The attestations of one pin's files."""

    name: str
    version: str
    files: tuple[FileAttestation, ...]

    @property
    def examined(self) -> bool:
        """Whether every file was examined."""
        return bool(self.files) and all(file.state is not AttestationStatus.NOT_EXAMINED for file in self.files)

    def of(self, state: AttestationStatus) -> tuple[FileAttestation, ...]:
        """Return the files in one state."""
        return tuple(file for file in self.files if file.state is state)

    @property
    def publishers(self) -> tuple[AttestedPublisher, ...]:
        """The publishers that attest files, sorted by key, each once."""
        found = {publisher.key: publisher for file in self.files for publisher in file.publishers}
        return tuple(found[key] for key in sorted(found))


def compare_attestations(
    pin: AttestedPin, recorded: AttestedPackage | None, config: PublishersConfig
) -> tuple[Finding, ...]:
    """Compare a pin's attestations with the record of its package.

    Args:
        pin: The pin.
        recorded: The baseline's entry of the package, None if there is none.
        config: The severity of each kind of finding.
    Returns:
        Findings without path and line, the same for every lock with this pin and this record.
    """
    found = [_invalid(pin, file, config) for file in pin.of(AttestationStatus.INVALID)]
    if recorded is None:
        return tuple(found + ([_gained(pin)] if pin.publishers else []))
    strangers = [
        publisher for publisher in pin.publishers if not any(is_same(known, publisher) for known in recorded.publishers)
    ]
    found += [_changed(pin, publisher, recorded, config) for publisher in strangers]
    lost = pin.of(AttestationStatus.UNATTESTED)
    # A project that never attested every file may leave files out.
    if lost and (recorded.every_file or (pin.examined and not pin.publishers)):
        found.append(_lost(pin, lost, recorded, config))
    return tuple(found)


def is_same(recorded: AttestedPublisher, now: AttestedPublisher) -> bool:
    """Return whether a publisher is the recorded one: same kind, and same in every recorded value."""
    return recorded.kind == now.kind and all(now.identity.get(key) == value for key, value in recorded.identity.items())


def entry_of(pins: Sequence[AttestedPin]) -> AttestedPackage | None:
    """Return what to record of a package, None if it is unattested, invalid or not examined.

    Args:
        pins: Every pin of that package in one lock; at least one.
    """
    if not all(pin.examined and not pin.of(AttestationStatus.INVALID) for pin in pins):
        return None
    publishers = {publisher.key: publisher for pin in pins for publisher in pin.publishers}
    if not publishers:
        return None
    return AttestedPackage(
        publishers=tuple(publishers[key] for key in sorted(publishers)),
        every_file=not any(pin.of(AttestationStatus.UNATTESTED) for pin in pins),
        versions=tuple(sorted({pin.version for pin in pins})),
    )


def _invalid(pin: AttestedPin, file: FileAttestation, config: PublishersConfig) -> Finding:
    return _finding(
        pin,
        "attestation-invalid",
        config.attestation_invalid,
        f"{pin.name} {pin.version}: expected a valid attestation of {printable(file.filename)}, found that {file.reason}",
        f"Do not install {pin.name} {pin.version}; ask its publisher, and check that the trusted root is current.",
    )


def _changed(pin: AttestedPin, now: AttestedPublisher, recorded: AttestedPackage, config: PublishersConfig) -> Finding:
    expected = " or ".join(publisher.label for publisher in recorded.publishers) or "no publisher"
    return _finding(
        pin,
        "changed",
        config.publisher_changed,
        f"{pin.name} {pin.version}: expected to be published by {printable(expected)}, found {printable(now.label)}",
        f"Find out whether the project moved; if the change is legitimate, run {RECORD} --accept {pin.name}.",
    )


def _lost(
    pin: AttestedPin, lost: Sequence[FileAttestation], recorded: AttestedPackage, config: PublishersConfig
) -> Finding:
    return _finding(
        pin,
        "attestation-lost",
        config.attestation_lost,
        f"{pin.name} {pin.version}: expected attestations as for {', '.join(map(printable, recorded.versions))}, "
        f"found none for {len(lost)} of {len(pin.files)} files, first {printable(lost[0].filename)}",
        f"Find out why {pin.name} is no longer attested; if the change is legitimate, run {RECORD} --accept {pin.name}.",
    )


def _gained(pin: AttestedPin) -> Finding:
    by = " and ".join(publisher.label for publisher in pin.publishers)
    return _finding(
        pin,
        "gained",
        Severity.INFO,
        f"{pin.name} {pin.version}: is attested by {printable(by)}, which the baseline does not record yet",
        f"Run {RECORD} and commit the result, so that a later change is noticed.",
    )


def _finding(pin: AttestedPin, fact: str, severity: Severity, message: str, next_step: str) -> Finding:
    return Finding(
        code=f"publisher.{fact}",
        severity=severity,
        message=message,
        next_step=next_step,
        package=pin.name,
        version=pin.version,
    )
