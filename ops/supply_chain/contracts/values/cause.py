"""A root cause: what several findings and denials have in common, so that one change deals with all of them."""

from __future__ import annotations

from enum import StrEnum

from ops.supply_chain.contracts.base import Contract, Count
from ops.supply_chain.contracts.values.exploitation import Exploitation
from ops.supply_chain.contracts.values.finding import Finding, Severity


class CauseKind(StrEnum):
    """What a cause is about, in the order in which causes are listed."""

    MALWARE = "malware"
    VULNERABILITY = "vulnerability"
    UNPINNED = "unpinned"
    CHANGED = "changed"
    NOT_EXAMINED = "not-examined"
    POLICY = "policy"
    OTHER = "other"
    FIRST_RUN = "first-run"


class Mark(StrEnum):
    """What a line about a run is, for its colour; a cause begins with this character, which means the same without colour.

    `DENIES` is what denies the release, `UNKNOWN` what could not be examined, `NOTE` what is good to know.
    """

    GOOD = "+"
    DENIES = "x"
    UNKNOWN = "?"
    NOTE = "!"
    PLAIN = ""


class RootCause(Contract, frozen=True, kw_only=True):
    """One root cause.

    `title` is one line. `severity` is the highest of its findings. `findings` are distinct: what several stages report
    of the same thing is one. `stages` reported them, sorted. `denials` is the number of reasons of the policy that it
    explains; it denies the release where there is one. `locations` are those that are known, as `path:line`; `places` is
    the total number. `steps` are what to do, each once, in the order of the findings.
    """

    kind: CauseKind
    title: str
    severity: Severity
    findings: tuple[Finding, ...]
    stages: tuple[str, ...]
    denials: Count
    locations: tuple[str, ...]
    places: Count
    steps: tuple[str, ...]

    @property
    def denies(self) -> bool:
        """Whether the policy denies, or leaves undecided, because of it."""
        return self.denials > 0

    @property
    def exploited(self) -> str:
        """Whether one of its vulnerabilities is known to be exploited, as a clause; empty if none is, or none was checked."""
        known = [finding.exploitation for finding in self.findings if isinstance(finding.exploitation, Exploitation)]
        listed = sorted(
            (entry for entry in known if entry.is_exploited), key=lambda entry: (entry.order, entry.exploited)
        )
        return listed[0].words if listed else ""
