"""Which vulnerabilities a pin has: the one matcher that every feed and every stage uses.

Each package's records are joined once, each (package, version) is decided once, however many locks
hold it. A vulnerability affects a pin where any of its live records says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from ops.supply_chain.contracts.values.advisory import Advisory, Vulnerability
from ops.supply_chain.core.names import normalise
from ops.supply_chain.risk.advisories.package import Case, cases_of, nearest
from ops.supply_chain.risk.advisories.ranges import Subject, subject


class Matcher:
    """Answers for pins from a set of records.

    Args:
        advisories: PEP 503 package name -> all records that name it; a package that is not in it has
            no advisory. Lists of several feeds may be chained.
        now: The run's moment, for withdrawals that lie ahead.
    """

    def __init__(self, advisories: Mapping[str, Iterable[Advisory]], *, now: datetime) -> None:
        self._advisories = advisories
        self._now = int(now.timestamp())
        self._cases: dict[str, tuple[Case, ...]] = {}
        self._answers: dict[tuple[str, str], tuple[Vulnerability, ...]] = {}

    def match(self, package: str, version: str) -> tuple[Vulnerability, ...]:
        """Return the vulnerabilities of one pin, sorted by their names; empty where the records name none.

        Args:
            package: In any spelling.
            version: As the lock writes it, never empty.
        """
        key = (normalise(package), version)
        found = self._answers.get(key)
        if found is None:
            found = self._answers[key] = tuple(self._match(*key))
        return found

    def move_to(self, package: str, version: str) -> str:
        """Return the nearest later version that has none of the vulnerabilities that a version can end.

        What affects the pin and has no fix is left out: no move ends it, and it must not keep the others.

        Returns:
            A version, or nothing where the records know of none.
        """
        about = subject(version)
        cases = self._known(package)
        open_cases = [case for case in cases if case.status(about) is not None]
        hopeless = {id(case) for case in open_cases if not case.fixed_after(about)}
        if len(hopeless) == len(open_cases):
            return ""
        avoidable = [case for case in cases if id(case) not in hopeless]
        return nearest(sorted({fix for case in avoidable for fix in case.fixes}), avoidable, about)

    def malware_elsewhere(self, package: str, version: str) -> tuple[str, ...]:
        """Return the names of malware that the records know under a package's name, but not at this version."""
        about = subject(version)
        return tuple(case.group.names[0] for case in self._known(package) if case.group.malware and _clean(case, about))

    def _known(self, package: str) -> tuple[Case, ...]:
        name = normalise(package)
        cases = self._cases.get(name)
        if cases is None:
            cases = self._cases[name] = cases_of(self._advisories.get(name, ()), now=self._now)
        return cases

    def _match(self, name: str, version: str) -> Iterable[Vulnerability]:
        about = subject(version)
        for case in self._known(name):
            status = case.status(about)
            if status is not None:
                yield case.vulnerability(name, version, status)


def _clean(case: Case, about: Subject) -> bool:
    return case.status(about) is None
