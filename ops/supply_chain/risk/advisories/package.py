"""All that the records say of one package, prepared so that many versions of it are decided fast."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from packaging.version import Version

from ops.supply_chain.contracts.values.advisory import GITHUB_PREFIX, Advisory, Rating, Status, Vulnerability
from ops.supply_chain.risk.advisories.groups import Group, join
from ops.supply_chain.risk.advisories.ranges import Decision, Subject, decide, fixes, subject
from ops.supply_chain.risk.advisories.severity import rate


class Case:
    """One vulnerability of one package, with what is the same for every version of it.

    Args:
        group: Its records.
    """

    def __init__(self, group: Group) -> None:
        self.group = group
        self._ends: dict[Version, bool] = {}

    @cached_property
    def rating(self) -> Rating:
        """How bad it is."""
        return rate(self.group.live, malware=self.group.malware)

    @cached_property
    def fixes(self) -> tuple[Version, ...]:
        """Every version that ends a range of it, in order."""
        return tuple(sorted({version for item in self.group.live for version in fixes(item)}))

    def status(self, about: Subject) -> Status | None:
        """Fold what its records say of a version; None where none means it.

        One record that affects outweighs all. A record that is silent is answered for by another that
        is not, save for malware, where silence is never taken for innocence.
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

    def affects(self, version: Version) -> bool:
        """Tell whether a version that is a fix of something is surely affected by this."""
        known = self._ends.get(version)
        if known is None:
            about = subject(str(version))
            known = self._ends[version] = any(decide(item, about) is Decision.YES for item in self.group.live)
        return known

    def fixed_after(self, about: Subject) -> str:
        """Return the nearest fix after a version that this does not affect again; empty where none is known."""
        return nearest(self.fixes, (self,), about)

    def vulnerability(self, package: str, version: str, status: Status) -> Vulnerability:
        """Describe it for one version, whose status is known."""
        group, about = self.group, subject(version)
        return Vulnerability(
            id=group.names[0],
            aliases=group.names[1:],
            package=package,
            version=version,
            status=status,
            malware=group.malware,
            rating=self.rating,
            fixed="" if status is Status.SETTLED else self.fixed_after(about),
            records=self._ids,
            withdrawn=group.withdrawn,
            published=min((item.published for item in group.live if item.published is not None), default=None),
            modified=max((item.modified for item in group.live if item.modified is not None), default=None),
            summary=self._summary,
            reason="" if status is Status.AFFECTED else _reason(group, status, version),
        )

    @cached_property
    def _ids(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(item.id for item in self.group.live))

    @cached_property
    def _summary(self) -> str:
        # GitHub's summaries are titles, the others are the first sentences of a description.
        ordered = sorted(self.group.live, key=lambda item: (not item.id.startswith(GITHUB_PREFIX), item.id))
        return next((item.summary for item in ordered if item.summary), "")


def cases_of(advisories: Iterable[Advisory], *, now: int) -> tuple[Case, ...]:
    """Join the records of a package into its vulnerabilities, sorted by their names.

    Args:
        advisories: All that name it, in any order.
        now: Unix seconds.
    """
    return tuple(Case(group) for group in join(advisories, now=now))


def nearest(candidates: Iterable[Version], avoided: Sequence[Case], about: Subject) -> str:
    """Return the first candidate after a version that no case affects.

    Args:
        candidates: In order.
        avoided: What must not affect it.
        about: The version; one that cannot be ordered has none after it.
    """
    if about.version is None:
        return ""
    later: Iterator[Version] = (candidate for candidate in candidates if candidate > about.version)
    return next((str(candidate) for candidate in later if not any(case.affects(candidate) for case in avoided)), "")


def _reason(group: Group, status: Status, version: str) -> str:
    about = subject(version)
    doubtful = next(item for item in group.live if decide(item, about) is Decision.UNKNOWN)
    if doubtful.silence:
        said = f"{doubtful.id} does not say which versions are affected: {doubtful.silence}"
    elif about.version is None:
        said = f"version {version!r} cannot be ordered against the ranges of {doubtful.id}"
    else:
        said = f"{doubtful.id} has a bound that PEP 440 cannot order, and {version} may lie on either side of it"
    return said + ("; another record of it says that this version is not" if status is Status.SETTLED else "")
