"""All checks of one distribution, and those of the distributions of a release together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ops.supply_chain.contracts.values.distribution import Distribution, DistributionKind
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.formats.wheel import EMBEDDED_SBOM, FileName, parse_file_name
from ops.supply_chain.release.packages.hygiene.contents import content_issues
from ops.supply_chain.release.packages.hygiene.entry_points import entry_point_issues, entry_point_modules
from ops.supply_chain.release.packages.hygiene.identity import Expected, name_issues, stated_issues, tag_issues
from ops.supply_chain.release.packages.hygiene.issues import UNREADABLE, Issue, findings_of
from ops.supply_chain.release.packages.hygiene.metadata import DescriptionCheck, metadata_issues
from ops.supply_chain.release.packages.hygiene.paths import path_issues
from ops.supply_chain.release.packages.hygiene.record import other_algorithms, record_issues
from ops.supply_chain.release.packages.hygiene.wheel_layout import layout_issues, source_issues

_HIGH = Severity.HIGH
_INFO = ".dist-info"
_BUILDABLE = ("pyproject.toml", "setup.py")


class SecondReading(NamedTuple):
    """What checks need beyond a distribution itself: bytes of some members, and other digests than SHA-256 of some."""

    sources: Mapping[str, bytes]
    digests: Mapping[str, str]


def wanted_of(distribution: Distribution) -> tuple[frozenset[str], dict[str, str]]:
    """Return what to read for `SecondReading`: members whose bytes are wanted, and member -> algorithm of a digest."""
    info = info_folder(distribution)
    if not info:
        return frozenset(), {}
    return entry_point_modules(distribution, info), other_algorithms(distribution, info)


def check_distribution(
    distribution: Distribution, expected: Expected, second: SecondReading, check_description: DescriptionCheck
) -> tuple[Finding, ...]:
    """Return the findings about one distribution.

    Args:
        distribution: As it was read.
        expected: What the project releases.
        second: Read as `wanted_of` has it.
        check_description: Renders a description.
    """
    try:
        name = parse_file_name(distribution.filename)
    except ValueError as error:
        return findings_of(distribution.filename, [Issue("distribution.name", "", str(error))])
    issues = _issues(distribution, name, expected, second, check_description)
    return findings_of(distribution.filename, issues, package=name.name, version=name.version)


def unreadable_finding(filename: str, reason: str) -> Finding:
    """Return the finding about an archive that was not read to its end."""
    try:
        package = parse_file_name(filename).name
    except ValueError:
        package = ""
    (finding,) = findings_of(filename, [Issue(UNREADABLE, "", f"is not read: {reason}")], package=package)
    return finding


def other_file_findings(names: Sequence[str]) -> tuple[Finding, ...]:
    """Return the findings about files beside the distributions that are neither distributions nor attestations."""
    text = "is neither a wheel, a source distribution nor an attestation"
    return tuple(
        finding for name in names for finding in findings_of(name, [Issue("distribution.other-file", "", text)])
    )


def check_together(distributions: Sequence[Distribution], expected: Expected) -> tuple[Finding, ...]:
    """Return the findings about the distributions of one release: what is missing, and how wheels and sources differ.

    Args:
        distributions: All that could be read.
        expected: What the project releases.
    """
    by_name: dict[str, list[Distribution]] = defaultdict(list)
    for distribution in distributions:
        try:
            by_name[parse_file_name(distribution.filename).name].append(distribution)
        except ValueError:  # check_distribution reports it
            continue
    found: list[Finding] = []
    for name in sorted(expected.names):
        if name not in by_name:
            found += findings_of(name, [Issue("distribution.missing", "", "has no distribution")], package=name)
    for name, own in sorted(by_name.items()):
        sources = [distribution for distribution in own if distribution.kind is DistributionKind.SDIST]
        if not sources:
            found += findings_of(name, [Issue("distribution.no-sdist", "", "has no source distribution")], package=name)
        for sdist in sources[:1]:
            for wheel in own:
                if wheel.kind is DistributionKind.WHEEL:
                    issues = source_issues(wheel, info_folder(wheel), sdist)
                    found += findings_of(wheel.filename, issues, package=name)
    return tuple(found)


def unembedded_findings(distributions: Sequence[Distribution]) -> tuple[Finding, ...]:
    """Return a finding for each wheel without the SBOM that `[build].embed` asks for."""
    text = "has no SBOM in it, as [build].embed asks for; what was built elsewhere is not changed"
    found: list[Finding] = []
    for wheel in distributions:
        path = f"{info_folder(wheel)}/{EMBEDDED_SBOM}"
        if wheel.kind is DistributionKind.WHEEL and path not in {member.path for member in wheel.files}:
            issue = Issue("distribution.no-embedded-sbom", path, text)
            found += findings_of(wheel.filename, [issue])
    return tuple(found)


def info_folder(distribution: Distribution) -> str:
    """Return the `.dist-info` folder of a wheel whose name is that of its file; empty without one.

    Where there are several it is the first of them, and `check_distribution` reports that.
    """
    return next(iter(_info_folders(distribution)), "") if distribution.kind is DistributionKind.WHEEL else ""


def _info_folders(distribution: Distribution) -> list[str]:
    tops = {top for member in distribution.members if (top := member.path.partition("/")[0]).lower().endswith(_INFO)}
    return sorted(tops)


def _issues(
    distribution: Distribution,
    name: FileName,
    expected: Expected,
    second: SecondReading,
    check_description: DescriptionCheck,
) -> Iterator[Issue]:
    yield from name_issues(name, distribution.filename, expected)
    yield from path_issues(distribution)
    yield from content_issues(distribution, name.name)
    if distribution.kind is DistributionKind.SDIST:
        yield from _sdist_issues(distribution, name, check_description)
        return
    folders = _info_folders(distribution)
    if len(folders) != 1:
        text = f"has {len(folders)} .dist-info folders, expected 1"
        yield Issue("distribution.metadata", ", ".join(folders[:3]), text, severity=_HIGH)
    for info in folders[:1]:
        stated_name, _, stated_version = info[: -len(_INFO)].rpartition("-")
        yield from stated_issues(info, name, stated_name, stated_version.replace("_", "-"))
        yield from metadata_issues(distribution, f"{info}/METADATA", name, check_description)
        yield from tag_issues(distribution, info, name)
        yield from record_issues(distribution, info, second.digests)
        yield from entry_point_issues(distribution, info, second.sources)
        yield from layout_issues(distribution, info)


def _sdist_issues(distribution: Distribution, name: FileName, check_description: DescriptionCheck) -> Iterator[Issue]:
    expected = distribution.filename.removesuffix(".tar.gz")
    tops = sorted({member.path.partition("/")[0] for member in distribution.members})
    if tops != [expected]:
        shown = ", ".join(tops[:3])
        yield Issue("distribution.metadata", shown, f"has not the one top folder {expected!r}", severity=_HIGH)
    top = expected if expected in tops else next(iter(tops), expected)
    yield from metadata_issues(distribution, f"{top}/PKG-INFO", name, check_description)
    paths = {member.path for member in distribution.members}
    if not any(f"{top}/{file}" in paths for file in _BUILDABLE):
        yield Issue("distribution.missing-file", f"{top}/{_BUILDABLE[0]}", "is missing: nothing says how it is built")
