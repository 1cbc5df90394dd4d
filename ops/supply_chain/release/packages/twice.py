"""What two builds of a package are: the same bytes, or differences with their causes; and what is released of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from ops.supply_chain.contracts.files.build_report import BuildDifference, BuiltDistribution, DigestPair, EmbeddedSbom
from ops.supply_chain.contracts.values.distribution import DistributionKind
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.text import excerpt, plural
from ops.supply_chain.formats.archives.details import ArchiveDetails, MemberDetails, read_details
from ops.supply_chain.formats.wheel import WHEEL_ENDING
from ops.supply_chain.release.packages.canonical import canonical_bytes
from ops.supply_chain.release.packages.causes import NORMALISE, BuildFolders, cause_of
from ops.supply_chain.release.packages.comparison import (
    CONTENT,
    FILE_NAME,
    MEMBER,
    Difference,
    compare_archives,
    times_of_build,
)

_MOST_DIFFERENCES = 1000
"""Of one distribution that the report lists."""

_MOST_NAMED = 3

MakeSbom = Callable[[str, Sequence[MemberDetails]], MemberDetails]
"""Takes the file name of a wheel and its members, and returns the member with its SBOM; ValueError where it has none."""


class TwoBuilds(NamedTuple):
    """Two builds of one package.

    `first` and `second` are the distributions by file name. `folders` is where they ran; `started` and `ended` is when, in
    Unix seconds. `backend` is the name that the table of causes knows.
    """

    first: Mapping[str, bytes]
    second: Mapping[str, bytes]
    folders: BuildFolders
    started: float
    ended: float
    backend: str


class Released(NamedTuple):
    """One distribution that is released: its bytes, its entry in the build report, and the findings about it.

    `repeated` are the bytes of the second build where they differ, after repacking if that was asked for; else None.
    """

    content: bytes
    built: BuiltDistribution
    findings: tuple[Finding, ...]
    repeated: bytes | None = None


def compare_builds(
    builds: TwoBuilds, *, path: str, epoch: int, normalise: bool, make_sbom: MakeSbom | None = None
) -> tuple[Released, ...]:
    """Compare two builds, and repack them if that is asked for.

    Args:
        builds: Both succeeded, with one distribution of each kind.
        path: The package's `pyproject.toml`, for findings.
        epoch: SOURCE_DATE_EPOCH.
        normalise: Whether distributions are repacked into their canonical form.
        make_sbom: Makes the SBOM that is put into each wheel, which is then repacked in any case; None for none.
    Returns:
        The first build's distributions, or their canonical form; the sdist first.
    Raises:
        ValueError: An archive cannot be read, or has no canonical form, or no SBOM can be put into it; the message begins with its name.
    """
    repack = _Repack(epoch, normalise, make_sbom)
    names = {_kind(name): name for name in builds.second}
    found = []
    for name, content in builds.first.items():
        other = names[_kind(name)]
        found.append(_compare(builds, name, other, content, path=path, repack=repack))
    return tuple(found)


class _Repack(NamedTuple):
    """How distributions are repacked."""

    epoch: int
    normalise: bool
    make_sbom: MakeSbom | None

    def applies_to(self, kind: DistributionKind) -> bool:
        """Return whether distributions of a kind are repacked."""
        return self.normalise or self._sbom_of(kind) is not None

    def repacked(self, name: str, kind: DistributionKind, details: ArchiveDetails) -> tuple[bytes, EmbeddedSbom | None]:
        """Return the bytes that are released, and which SBOM was put into them.

        Raises:
            ValueError: There are none; the message begins with the name.
        """
        make_sbom = self._sbom_of(kind)
        try:
            sbom = make_sbom(name, details.members) if make_sbom else None
            members = (*details.members, sbom) if sbom else details.members
            content = canonical_bytes(kind, members, epoch=self.epoch)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from error
        return content, _described(sbom) if sbom else None

    def _sbom_of(self, kind: DistributionKind) -> MakeSbom | None:
        return self.make_sbom if kind is DistributionKind.WHEEL else None


def _described(sbom: MemberDetails) -> EmbeddedSbom:
    return EmbeddedSbom(member=sbom.name, sha256=sha256_bytes(sbom.content), size=len(sbom.content))


def _compare(builds: TwoBuilds, name: str, other_name: str, content: bytes, *, path: str, repack: _Repack) -> Released:
    kind, other = _kind(name), builds.second[other_name]
    first = _details(name, kind, content)
    second = first if content == other else _details(other_name, kind, other)
    released, repeated, embedded = content, other, None
    normalised = repack.applies_to(kind)
    if normalised:
        released, embedded = repack.repacked(name, kind, first)
        repeated = released if second is first and other_name == name else repack.repacked(other_name, kind, second)[0]
    identical = released == repeated and name == other_name
    differences = _differences(builds, (name, other_name), (content, other), (first, second), repack.epoch)
    explained = tuple(_explained(builds, kind, difference) for difference in differences[:_MOST_DIFFERENCES])
    built = BuiltDistribution(
        filename=name,
        kind=kind,
        sha256=sha256_bytes(released),
        size=len(released),
        before=DigestPair(first=sha256_bytes(content), second=sha256_bytes(other)),
        normalised=normalised,
        built_twice=True,
        identical=identical,
        differences=explained,
        embedded=embedded,
    )
    return Released(
        released, built, _findings(name, path, unequal_in(built)), None if released == repeated else repeated
    )


def unequal_in(built: BuiltDistribution) -> tuple[BuildDifference, ...]:
    """Return the differences of two builds that what is released still has, and that `normalise` would not remove."""
    if built.normalised and built.identical:
        return ()
    remaining = tuple(row for row in built.differences if row.cure != NORMALISE) if built.normalised else ()
    return remaining or built.differences


def _differences(
    builds: TwoBuilds,
    names: tuple[str, str],
    contents: tuple[bytes, bytes],
    details: tuple[ArchiveDetails, ArchiveDetails],
    epoch: int,
) -> list[Difference]:
    found = [Difference("", FILE_NAME, *names)] if names[0] != names[1] else []
    found += compare_archives(*details) if contents[0] != contents[1] else ()
    # A commit that was made just now has the time of the build too.
    if epoch < builds.started - 2:
        known = {(difference.member, difference.field) for difference in found}
        shared = times_of_build(*details, started=builds.started, ended=builds.ended)
        found += [difference for difference in shared if (difference.member, difference.field) not in known]
    return found


def _explained(builds: TwoBuilds, kind: DistributionKind, difference: Difference) -> BuildDifference:
    cause = cause_of(builds.backend, kind, difference, builds.folders)
    return BuildDifference(
        member=excerpt(difference.member),
        field=difference.field,
        first=excerpt(difference.first),
        second=excerpt(difference.second),
        cause=cause.cause,
        cure=cause.cure,
    )


def _findings(name: str, path: str, differences: tuple[BuildDifference, ...]) -> tuple[Finding, ...]:
    """Return a finding for each field and cause, which names the first members."""
    groups: dict[tuple[str, str, str], list[BuildDifference]] = {}
    for difference in differences:
        groups.setdefault((difference.field, difference.cause, difference.cure), []).append(difference)
    return tuple(
        Finding(
            code="build.not-reproducible",
            severity=severity_of(field),
            message=f"{name}: {_where(field, rows)} {_unequal(rows[0])}. {cause}",
            next_step=cure,
            path=path,
        )
        for (field, cause, cure), rows in groups.items()
    )


def severity_of(field: str) -> Severity:
    """Return how severe a difference in a field is."""
    return Severity.MEDIUM if field in (CONTENT, MEMBER, FILE_NAME) else Severity.LOW


def _unequal(row: BuildDifference) -> str:
    if row.first == row.second:
        return f"the time of the build ({row.first})"
    return f"not the same in two builds ({row.first}, {row.second})"


def _where(field: str, rows: list[BuildDifference]) -> str:
    named = ", ".join(row.member for row in rows[:_MOST_NAMED] if row.member)
    more = f" and {plural(len(rows) - _MOST_NAMED, 'other member')}" if len(rows) > _MOST_NAMED else ""
    return f"{field} of {named}{more} is" if named else f"{field} is"


def _kind(name: str) -> DistributionKind:
    return DistributionKind.WHEEL if name.endswith(WHEEL_ENDING) else DistributionKind.SDIST


def _details(name: str, kind: DistributionKind, content: bytes) -> ArchiveDetails:
    try:
        return read_details(kind, content)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error
