"""The vulnerabilities of one package, prepared so that many versions of it are decided quickly."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from ops.supply_chain.contracts.values.advisory import GITHUB_PREFIX, Advisory, Rating, Status, Vulnerability
from ops.supply_chain.risk.advisories.groups import VulnerabilityGroup, join
from ops.supply_chain.risk.advisories.ranges import (
    Decision,
    decide,
    fixes,
    last_affected,
)
from ops.supply_chain.risk.advisories.scales import PYPI_SCALE, CheckedVersion, Scale, VersionPlace
from ops.supply_chain.risk.advisories.severity import rate


class KnownVulnerability:
    """One vulnerability of one package, with everything that does not depend on the version.

    Args:
        group: Its records.
        scale: The order of its ecosystem's versions.
    """

    def __init__(self, group: VulnerabilityGroup, scale: Scale = PYPI_SCALE) -> None:
        self.group = group
        self._scale = scale
        self._ends: dict[VersionPlace, bool] = {}

    @cached_property
    def rating(self) -> Rating:
        """Its severity."""
        return rate(self.group.live, malware=self.group.malware)

    @cached_property
    def fixes(self) -> tuple[VersionPlace, ...]:
        """Every fixed version of it, in order."""
        return tuple(sorted({version for item in self.group.live for version in fixes(item, self._scale)}))

    def status(self, about: CheckedVersion) -> Status | None:
        """Return the status of a version; None if it is not affected.

        One record that includes the version outweighs all others. A record without versions is overruled by one
        with versions, except for malware, where a record without versions covers all of them.
        """
        live = self.group.live
        decisions = [decide(item, about) for item in live]
        worst = max(decisions)
        if worst is Decision.NO:
            return None
        if worst is Decision.YES:
            return Status.AFFECTED
        answered = Decision.NO in decisions and not self.group.malware
        doubtful = (item for item, decision in zip(live, decisions, strict=True) if decision is Decision.UNKNOWN)
        return Status.SETTLED if answered and all(item.silence for item in doubtful) else Status.UNDECIDED

    def affects(self, version: VersionPlace) -> bool:
        """Return True if a candidate version is known to be affected."""
        known = self._ends.get(version)
        if known is None:
            about = self._scale.check_place(version)
            known = self._ends[version] = any(decide(item, about) is Decision.YES for item in self.group.live)
        return known

    def fixed_after(self, about: CheckedVersion) -> str:
        """Return the nearest later fixed version that is not affected again; empty if none is known."""
        return nearest(self.fixes, (self,), about)

    def ends_after(self, about: CheckedVersion) -> str:
        """Return the last affected version after which a version is not affected any more, as a record writes it.

        Empty if no record says so, or if another one affects the versions after it.
        """
        if about.public is None:
            return ""
        ends = sorted(
            (after, text)
            for item in self.group.live
            for text in last_affected(item)
            if (after := self._scale.after(text))
        )
        later = ((after, text) for after, text in ends if after > about.public)
        return next((text for after, text in later if self.status(self._scale.check_place(after)) is None), "")

    def vulnerability(self, package: str, version: str, status: Status) -> Vulnerability:
        """Return it as a vulnerability of one version with a known status."""
        group, about = self.group, self._scale.check(version)
        fixed = "" if status is Status.SETTLED else self.fixed_after(about)
        return Vulnerability(
            id=group.names[0],
            aliases=group.names[1:],
            package=package,
            version=version,
            status=status,
            malware=group.malware,
            rating=self.rating,
            fixed=fixed,
            ends_after="" if fixed or status is Status.SETTLED else self.ends_after(about),
            records=self._ids,
            withdrawn=group.withdrawn,
            published=min((item.published for item in group.live if item.published is not None), default=None),
            complete=_last(item.published for item in group.live),
            modified=max((item.modified for item in group.live if item.modified is not None), default=None),
            summary=self._summary,
            reason="" if status is Status.AFFECTED else _reason(group, status, about),
        )

    @cached_property
    def _ids(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(item.id for item in self.group.live))

    @cached_property
    def _summary(self) -> str:
        # GitHub's summaries are titles, the others are the first sentences of a description.
        ordered = sorted(self.group.live, key=lambda item: (not item.id.startswith(GITHUB_PREFIX), item.id))
        return next((item.summary for item in ordered if item.summary), "")


def _last(times: Iterable[int | None]) -> int | None:
    """Return the last of some times; None if one of them is not known."""
    found = list(times)
    known = [time for time in found if time is not None]
    return max(known) if known and len(known) == len(found) else None


def vulnerabilities_of(
    advisories: Iterable[Advisory], *, now: int, scale: Scale = PYPI_SCALE
) -> tuple[KnownVulnerability, ...]:
    """Group the records of a package into its vulnerabilities, sorted by their names.

    Args:
        advisories: All records that name it, in any order.
        now: Unix seconds.
        scale: The order of its ecosystem's versions.
    """
    return tuple(KnownVulnerability(group, scale) for group in join(advisories, now=now))


def nearest(candidates: Iterable[VersionPlace], avoided: Sequence[KnownVulnerability], about: CheckedVersion) -> str:
    """Return the first candidate after a version that no vulnerability affects.

    Args:
        candidates: Versions in order.
        avoided: Vulnerabilities that must not affect it.
        about: The version; one that cannot be ordered has no later one.
    """
    if about.version is None:
        return ""
    later: Iterator[VersionPlace] = (candidate for candidate in candidates if candidate > about.version)
    return next((str(candidate) for candidate in later if not any(case.affects(candidate) for case in avoided)), "")


def _reason(group: VulnerabilityGroup, status: Status, about: CheckedVersion) -> str:
    doubtful = next(item for item in group.live if decide(item, about) is Decision.UNKNOWN)
    order = about.scale.order
    if doubtful.silence:
        said = f"{doubtful.id} does not say which versions are affected: {doubtful.silence}"
    elif not order:
        said = f"{doubtful.id} has ranges of an ecosystem whose order of versions is not known: only listed ones match"
    elif about.version is None:
        said = f"version {about.text!r} cannot be ordered against the ranges of {doubtful.id}"
    else:
        said = f"{doubtful.id} has a bound that {order} cannot order, and {about.text} may lie on either side of it"
    return said + ("; another record of it says that this version is not affected" if status is Status.SETTLED else "")
