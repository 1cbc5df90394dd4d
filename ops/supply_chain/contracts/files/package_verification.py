"""Result of verifying what a package index serves: `package-verification/1`.

Plain dataclasses, because the stand-alone verifier uses them. They are written as JSON, and read back as a former state:
what had attestations then must have them now.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ops.supply_chain.core.outcome import Outcome

SCHEMA = "package-verification/1"


class EvidenceState(StrEnum):
    """What the evidence about a file or package comes to, the best first."""

    VERIFIED = "verified"
    ABSENT = "absent"
    UNCHECKED = "could-not-be-checked"
    BAD = "bad"

    @property
    def in_words(self) -> str:
        """The state in words."""
        return self.value.replace("-", " ")


RANK = tuple(EvidenceState)
"""The states, the best first."""


def worst_state(states: list[EvidenceState]) -> EvidenceState:
    """Return the worst of some states; of none, that nothing is there."""
    return max(states, key=RANK.index, default=EvidenceState.ABSENT)


@dataclass(frozen=True, kw_only=True, slots=True)
class ServedFile:
    """One distribution file on an index.

    `sha256` is of the downloaded bytes, or the digest in the lock. `problems` are clauses that keep it from being verified,
    `proofs` are those that verify it. `attested` is True if its attestations (PEP 740) are verified.
    """

    filename: str
    sha256: str
    state: EvidenceState
    problems: tuple[str, ...] = ()
    proofs: tuple[str, ...] = ()
    attested: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class ServedPackage:
    """One version of a project on an index.

    `files` are sorted by name. `problem` is why nothing about its files is known, empty if something is; `state` is then
    given, else it is the worst of the files. `notes` do not decide.
    """

    name: str
    version: str
    files: tuple[ServedFile, ...] = ()
    problem: str = ""
    given: EvidenceState = EvidenceState.UNCHECKED
    notes: tuple[str, ...] = ()

    @property
    def state(self) -> EvidenceState:
        """The worst state of its files."""
        return self.given if self.problem or not self.files else worst_state([file.state for file in self.files])


@dataclass(frozen=True, kw_only=True, slots=True)
class PackageVerification:
    """The result for all packages, sorted by name and version.

    `of_lock` is the name of the lock, empty for a single package. `release` is the headline of the verified release that the
    files were compared with, empty without one. `tolerated` is True if that release is accepted without being verified: a
    rehearsal, or one without signatures. `notes` do not decide.
    """

    packages: tuple[ServedPackage, ...]
    of_lock: str = ""
    release: str = ""
    tolerated: bool = False
    notes: tuple[str, ...] = ()

    @property
    def unverified(self) -> tuple[ServedPackage, ...]:
        """The packages to report: bad and unchecked ones, and those without evidence unless they are pins of a lock."""
        passed = (EvidenceState.VERIFIED, EvidenceState.ABSENT) if self.of_lock else (EvidenceState.VERIFIED,)
        return tuple(package for package in self.packages if package.state not in passed)

    def count(self, state: EvidenceState) -> int:
        """Return how many packages are in a state."""
        return sum(package.state is state for package in self.packages)

    @property
    def outcome(self) -> Outcome:
        """The outcome: of a single package, absent evidence is a failure; of a lock, only where none is verified at all."""
        if self.count(EvidenceState.BAD) or (self.count(EvidenceState.ABSENT) and not self.of_lock):
            return Outcome.FAIL
        if self.count(EvidenceState.UNCHECKED) or not self.count(EvidenceState.VERIFIED):
            return Outcome.NOT_EXAMINED
        return Outcome.PASS
