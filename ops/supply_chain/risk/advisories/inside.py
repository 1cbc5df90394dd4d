"""What is inside the wheels of pins, sorted by what can be matched against advisories.

A package of PyPI with a version is matched like a pin. For everything else (a library of upstream, a package of a Linux
distribution, a crate) no feed is read and versions have another order: it is stated as not matched, never as clear.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core.names import normalise
from ops.supply_chain.core.text import excerpt, plural
from ops.supply_chain.risk.advisories.pins import PinKey

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


def unmatched_findings(gate: str, inside: InsideWheels) -> tuple[Finding, ...]:
    """Return a finding for each ecosystem whose parts were not matched.

    Args:
        gate: The first part of its code.
        inside: Of one project.
    """
    found = []
    for ecosystem, parts in inside.others.items():
        names = list(dict.fromkeys(f"{part.name} {part.version or '(version unknown)'}" for part in parts))
        shown = ", ".join(excerpt(name) for name in names[:MOST_NAMED])
        more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
        files = plural(len({part.file for part in parts}), "wheel")
        what = "without ecosystem" if ecosystem == NO_ECOSYSTEM else f"of the ecosystem {excerpt(ecosystem)}"
        found.append(
            Finding(
                code=f"{gate}.inside-not-matched",
                severity=Severity.INFO,
                message=f"not examined: {plural(len(names), 'component')} {what} inside {files} ({shown}{more}): "
                "no advisories of that ecosystem are read",
                next_step="Follow the advisories of these projects, or of the packages that contain them.",
            )
        )
    return tuple(found)


def _package_of(part: PartInWheel) -> tuple[str, str]:
    """Return the PEP 503 name of a package of PyPI, else empty; and the ecosystem."""
    from packageurl import PackageURL

    try:
        found = PackageURL.from_string(part.purl) if part.purl else None
    except ValueError:
        found = None
    if found is None:
        return "", NO_ECOSYSTEM
    return (normalise(found.name) if found.type == "pypi" else ""), found.type
