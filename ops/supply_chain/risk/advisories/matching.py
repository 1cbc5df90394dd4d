"""The matcher of pins against advisories, used for every feed by every stage.

Each package's records are grouped once and each (package, version) is decided once, in however many locks
it is. A vulnerability affects a pin if any of its live records says so; where no record says so of a version, none does, and
the records are not even grouped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from packaging.version import Version

from ops.supply_chain.contracts.values.advisory import Advisory, Vulnerability
from ops.supply_chain.core.names import normalise
from ops.supply_chain.risk.advisories.package import KnownVulnerability, nearest, vulnerabilities_of
from ops.supply_chain.risk.advisories.ranges import Decision, decide
from ops.supply_chain.risk.advisories.scales import PYPI_SCALE, CheckedVersion, Scale


class Matcher:
    """The matcher of one set of records.

    Args:
        advisories: PEP 503 package name -> all records that name it; a package that is not in it has
            no advisory. Lists of several feeds may be chained.
        now: The time of the run, for withdrawals in the future.
        scale: The order of the versions: PyPI's, or that of another ecosystem, whose names are compared as they are.
    """

    def __init__(
        self, advisories: Mapping[str, Iterable[Advisory]], *, now: datetime, scale: Scale = PYPI_SCALE
    ) -> None:
        self._scale = scale
        self._folded = normalise if scale is PYPI_SCALE else str
        self._advisories = advisories
        self._records: dict[str, tuple[Advisory, ...]] = {}
        self._now = int(now.timestamp())
        self._cases: dict[str, tuple[KnownVulnerability, ...]] = {}
        self._answers: dict[tuple[str, str], tuple[Vulnerability, ...]] = {}

    def match(self, package: str, version: str) -> tuple[Vulnerability, ...]:
        """Return the vulnerabilities of one pin, sorted by their names; may be empty.

        Args:
            package: In any spelling.
            version: As the lock writes it, never empty.
        """
        key = (self._folded(package), version)
        found = self._answers.get(key)
        if found is None:
            found = self._answers[key] = tuple(self._match(*key))
        return found

    def move_to(self, package: str, version: str) -> str:
        """Return the nearest later version without any of the fixable vulnerabilities.

        A vulnerability of the pin without a fixed version is ignored, so that it does not hide fixes of the others.

        Returns:
            A version, or empty if the records have none.
        """
        about = self._scale.check(version)
        cases = self._known(package)
        open_cases = [case for case in cases if case.status(about) is not None]
        unfixable = {id(case) for case in open_cases if not case.fixed_after(about)}
        if len(unfixable) == len(open_cases):
            return ""
        fixable = [case for case in cases if id(case) not in unfixable]
        return nearest(sorted({fix for case in fixable for fix in case.fixes}), fixable, about)

    def newest_clear(self, package: str, version: str, candidates: Iterable[Version]) -> str:
        """Return the newest of some versions after a pinned one that no vulnerability affects, or may affect.

        Args:
            package: In any spelling.
            version: As the lock writes it.
            candidates: Versions that exist, in any order.
        Returns:
            A version, or empty if there is none or the pinned one cannot be ordered.
        """
        about = self._scale.check(version)
        if about.version is None:
            return ""
        cases = self._known(package)
        later = sorted((candidate for candidate in candidates if candidate > about.version), reverse=True)
        clear = (
            candidate
            for candidate in later
            if all(case.status(self._scale.check_place(candidate)) is None for case in cases)
        )
        return str(next(clear, ""))

    def malware_elsewhere(self, package: str, version: str) -> tuple[str, ...]:
        """Return the malware recorded under a package's name at other versions than this one."""
        if not any(record.malware for record in self._of(self._folded(package))):
            return ()
        about = self._scale.check(version)
        return tuple(case.group.names[0] for case in self._known(package) if case.group.malware and _clean(case, about))

    def _of(self, name: str) -> tuple[Advisory, ...]:
        records = self._records.get(name)
        if records is None:
            records = self._records[name] = tuple(self._advisories.get(name, ()))
        return records

    def _known(self, package: str) -> tuple[KnownVulnerability, ...]:
        name = self._folded(package)
        cases = self._cases.get(name)
        if cases is None:
            cases = self._cases[name] = vulnerabilities_of(self._of(name), now=self._now, scale=self._scale)
        return cases

    def _match(self, name: str, version: str) -> Iterable[Vulnerability]:
        about = self._scale.check(version)
        if all(decide(record, about) is Decision.NO for record in self._of(name)):
            return
        for case in self._known(name):
            status = case.status(about)
            if status is not None:
                yield case.vulnerability(name, version, status)


def _clean(case: KnownVulnerability, about: CheckedVersion) -> bool:
    return case.status(about) is None
