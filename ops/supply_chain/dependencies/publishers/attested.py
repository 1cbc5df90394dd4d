"""Attestations held against the baseline: by whom the files of a pin are attested, and by whom they were.

Trust on first use: who attested a package when it was recorded is whom it is expected from; another one,
or none, is a finding. An attestation that does not verify always is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ops.supply_chain.contracts.config.publishers import PublishersConfig
from ops.supply_chain.contracts.values.attestation import FileAttestation, Looked
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.contracts.values.publisher import AttestedPackage, AttestedPublisher
from ops.supply_chain.core.text import printable
from ops.supply_chain.dependencies.publishers.metadata import RECORD


class Attested(NamedTuple):
    """The files of one pin, looked at."""

    name: str
    version: str
    files: tuple[FileAttestation, ...]

    @property
    def examined(self) -> bool:
        """Whether every file was looked at."""
        return bool(self.files) and all(file.state is not Looked.NOT_EXAMINED for file in self.files)

    def of(self, state: Looked) -> tuple[FileAttestation, ...]:
        """Return the files in one state."""
        return tuple(file for file in self.files if file.state is state)

    @property
    def publishers(self) -> tuple[AttestedPublisher, ...]:
        """By whom files are attested, sorted by key, each once."""
        found = {publisher.key: publisher for file in self.files for publisher in file.publishers}
        return tuple(found[key] for key in sorted(found))


def judge_attested(pin: Attested, recorded: AttestedPackage | None, config: PublishersConfig) -> tuple[Finding, ...]:
    """Hold a pin's attestations against what was recorded of its package.

    Args:
        pin: Its files, looked at.
        recorded: What the baseline has of the package, None where it has nothing.
        config: How bad each kind of finding is.
    Returns:
        Findings without path and line, the same for every lock with this pin and this record.
    """
    found = [_invalid(pin, file, config) for file in pin.of(Looked.INVALID)]
    if recorded is None:
        return tuple(found + ([_gained(pin)] if pin.publishers else []))
    strangers = [one for one in pin.publishers if not any(is_same(known, one) for known in recorded.publishers)]
    found += [_changed(pin, one, recorded, config) for one in strangers]
    lost = pin.of(Looked.UNATTESTED)
    # A project that never attested every file is not blamed for the files that it leaves out.
    if lost and (recorded.every_file or (pin.examined and not pin.publishers)):
        found.append(_lost(pin, lost, recorded, config))
    return tuple(found)


def is_same(recorded: AttestedPublisher, now: AttestedPublisher) -> bool:
    """Tell whether a publisher is the recorded one: same kind, and same in all that was recorded."""
    return recorded.kind == now.kind and all(now.identity.get(key) == value for key, value in recorded.identity.items())


def entry_of(pins: Sequence[Attested]) -> AttestedPackage | None:
    """Return what to record of a package, None where nothing may be: unattested, invalid or not examined.

    Args:
        pins: Every pin of that package in one lock; one at least.
    """
    if not all(pin.examined and not pin.of(Looked.INVALID) for pin in pins):
        return None
    publishers = {one.key: one for pin in pins for one in pin.publishers}
    if not publishers:
        return None
    return AttestedPackage(
        publishers=tuple(publishers[key] for key in sorted(publishers)),
        every_file=not any(pin.of(Looked.UNATTESTED) for pin in pins),
        versions=tuple(sorted({pin.version for pin in pins})),
    )


def _invalid(pin: Attested, file: FileAttestation, config: PublishersConfig) -> Finding:
    return _finding(
        pin,
        "attestation-invalid",
        config.attestation_invalid,
        f"{pin.name} {pin.version}: expected a valid attestation of {printable(file.filename)}, found that {file.reason}",
        f"Do not install {pin.name} {pin.version}; ask its publisher, and see that the trusted root is current.",
    )


def _changed(pin: Attested, now: AttestedPublisher, recorded: AttestedPackage, config: PublishersConfig) -> Finding:
    expected = " or ".join(one.label for one in recorded.publishers) or "nobody"
    return _finding(
        pin,
        "changed",
        config.publisher_changed,
        f"{pin.name} {pin.version}: expected to be published by {printable(expected)}, found {printable(now.label)}",
        f"Find out whether the project moved; if it is right, run {RECORD} --accept {pin.name}.",
    )


def _lost(
    pin: Attested, lost: Sequence[FileAttestation], recorded: AttestedPackage, config: PublishersConfig
) -> Finding:
    return _finding(
        pin,
        "attestation-lost",
        config.attestation_lost,
        f"{pin.name} {pin.version}: expected attestations as for {', '.join(map(printable, recorded.versions))}, "
        f"found none for {len(lost)} of {len(pin.files)} files, first {printable(lost[0].filename)}",
        f"Find out why {pin.name} is no longer attested; if it is right, run {RECORD} --accept {pin.name}.",
    )


def _gained(pin: Attested) -> Finding:
    by = " and ".join(one.label for one in pin.publishers)
    return _finding(
        pin,
        "gained",
        Severity.INFO,
        f"{pin.name} {pin.version}: is attested by {printable(by)}, which the baseline does not have yet",
        f"Run {RECORD} and commit what it writes, so that a later change is noticed.",
    )


def _finding(pin: Attested, fact: str, severity: Severity, message: str, next_step: str) -> Finding:
    return Finding(
        code=f"publisher.{fact}",
        severity=severity,
        message=message,
        next_step=next_step,
        package=pin.name,
        version=pin.version,
    )
