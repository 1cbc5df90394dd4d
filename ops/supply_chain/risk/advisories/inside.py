"""What is inside the wheels of pins, sorted by what can be matched against advisories.

A package of PyPI with a version is matched like a pin, one of another ecosystem against a feed of it where one was given.
Everything else (a library of upstream, which no ecosystem has) is stated as not matched, never as clear.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core.text import excerpt, plural, printable
from ops.supply_chain.risk.advisories.pins import PinKey

if TYPE_CHECKING:
    from ops.supply_chain.contracts.values.received_sbom import PackageIdentity

MOST_NAMED = 8
"""Components of one ecosystem that a finding names."""

NO_ECOSYSTEM = "no ecosystem"
"""What has no package URL, or none with a version."""


class PartInWheel(NamedTuple):
    """A component in a wheel: its package URL (empty without one), name and version, the pin of the wheel, and the wheel.

    `declared` is True if only an SBOM in the wheel lists it: that may be a requirement of it, or a tool that built it.
    """

    purl: str
    name: str
    version: str
    container: PinKey
    file: str
    declared: bool = False

    @property
    def package(self) -> PackageIdentity | None:
        """Its package URL taken apart; None without one, and for one that is broken."""
        if not self.purl:
            return None
        from ops.supply_chain.formats.purl import read_purl

        return read_purl(self.purl)


class InsideWheels(NamedTuple):
    """The parts of the wheels of one project.

    `packages` are those of PyPI with a version: PEP 503 name and version -> the parts that are it, sorted. `others` are all
    others by ecosystem, sorted.
    """

    packages: Mapping[PinKey, tuple[PartInWheel, ...]] = MappingProxyType({})
    others: Mapping[str, tuple[PartInWheel, ...]] = MappingProxyType({})


def inside_wheels(parts: Iterable[PartInWheel]) -> InsideWheels:
    """Sort parts by what can be matched.

    Args:
        parts: Any order, repeated or not.
    """
    packages: defaultdict[PinKey, list[PartInWheel]] = defaultdict(list)
    others: defaultdict[str, list[PartInWheel]] = defaultdict(list)
    for part in sorted(set(parts)):
        name, ecosystem = _package_of(part)
        if name and part.version:
            packages[name, part.version].append(part)
        else:
            others[ecosystem].append(part)
    return InsideWheels(
        {key: tuple(packages[key]) for key in sorted(packages)}, {name: tuple(others[name]) for name in sorted(others)}
    )


def unmatched_findings(gate: str, parts: Iterable[tuple[PartInWheel, str, str]]) -> tuple[Finding, ...]:
    """Return a finding for each ecosystem and reason about parts that were not matched.

    Args:
        gate: The first part of its code.
        parts: Of one project, each with the reason and the next step.
    """
    groups: defaultdict[tuple[str, str, str], list[PartInWheel]] = defaultdict(list)
    for part, why, step in parts:
        groups[_package_of(part)[1], why, step].append(part)
    found = []
    for (ecosystem, why, step), listed in groups.items():
        names = list(dict.fromkeys(f"{part.name} {part.version or '(version unknown)'}" for part in listed))
        shown = ", ".join(excerpt(name) for name in names[:MOST_NAMED])
        more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
        files = plural(len({part.file for part in listed}), "wheel")
        what = "without ecosystem" if ecosystem == NO_ECOSYSTEM else f"of the ecosystem {excerpt(ecosystem)}"
        found.append(
            Finding(
                code=f"{gate}.inside-not-matched",
                severity=Severity.INFO,
                message=f"not examined: {plural(len(names), 'component')} {what} inside {files} ({shown}{more}): "
                f"{printable(why)}",
                next_step=step,
            )
        )
    return tuple(found)


def _package_of(part: PartInWheel) -> tuple[str, str]:
    """Return the PEP 503 name of a package of PyPI, else empty; and the type of its package URL."""
    found = part.package
    if found is None:
        return "", NO_ECOSYSTEM
    return (found.name if found.type == "pypi" else ""), found.type
