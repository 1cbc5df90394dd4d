"""What is known against the versions that only the newer of two SBOMs has."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from ops.supply_chain.contracts.files.record import FeedRef
from ops.supply_chain.contracts.values.finding import Severity


class RiskKind(StrEnum):
    """What an advisory is about, the worst first."""

    MALWARE = "new-malware"
    VULNERABILITY = "new-vulnerability"


class SbomRisk(NamedTuple):
    """One advisory about a version that was added, or that another version was replaced with.

    `severity` is the one that counts for decisions. `undecided` is True if the version cannot be ordered against those of the
    advisory. `before` are the versions of the package in the older document that have it too: then it is not new. `fixed` is
    the nearest fixed version, empty if none is known.
    """

    kind: RiskKind
    package: str
    version: str
    id: str
    aliases: tuple[str, ...]
    severity: Severity
    undecided: bool = False
    before: tuple[str, ...] = ()
    fixed: str = ""

    @property
    def is_new(self) -> bool:
        """True if the older document has no version of the package with it."""
        return not self.before


class SbomRisks(NamedTuple):
    """The risks, those that are new first, then the worst; why something was not examined; the sources that were used."""

    risks: tuple[SbomRisk, ...] = ()
    unexamined: tuple[str, ...] = ()
    feeds: tuple[FeedRef, ...] = ()

    def new(self, kind: RiskKind) -> int:
        """Return the number of new risks of a kind."""
        return sum(risk.kind is kind and risk.is_new for risk in self.risks)


def risk_line(risk: SbomRisk) -> str:
    """Return a risk on one line, for example `new-vulnerability: urllib3 1.26.4: CVE-2021-33503, high, fixed in 1.26.5`."""
    kind = risk.kind.value if risk.is_new else risk.kind.value.removeprefix("new-")
    parts = [risk.id, risk.severity.value]
    if risk.undecided:
        parts.append("its versions cannot be ordered, so it counts")
    if risk.before:
        parts.append(f"also in {', '.join(risk.before)} before")
    if risk.fixed:
        parts.append(f"fixed in {risk.fixed}")
    return f"{kind}: {risk.package} {risk.version}: {', '.join(parts)}"
