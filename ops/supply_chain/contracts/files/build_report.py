"""`dist/build/report.json`: which distributions a release has, where each came from, and how it was built.

Distributions that were built elsewhere have their digests and the attestations that came with them; what is known only to
who built them is empty or null. What another job reports about its builds of them is in `reported`, and nowhere else.

Source: docs/stages/build_distributions.md
"""

from __future__ import annotations

from typing import Literal

from ops.supply_chain.contracts.base import Contract, Count, FileRef, Sha256
from ops.supply_chain.contracts.values.distribution import DistributionKind

SAME_CONDITIONS, NO_DIFFOSCOPE = "both builds have the same ", "no report of diffoscope: "
"""Beginnings of the notes of a build that are about its machine and not about what was built."""

OTHER_JOB = "the builds were observed by another job: "
"""Beginning of the note about the report of another job."""


class BuildRequirement(Contract, frozen=True, kw_only=True):
    """One package of the build environment, with the digests that its lock allows, sorted."""

    name: str
    version: str
    sha256: tuple[Sha256, ...] = ()


class DigestPair(Contract, frozen=True, kw_only=True):
    """The digests of the two builds of a distribution, before it was repacked."""

    first: Sha256
    second: Sha256


class BuildDifference(Contract, frozen=True, kw_only=True):
    """Where two builds of a distribution differ.

    `member` is empty for the archive itself. `field` is what differs (`mtime`, `mode`, `order`, `content`, ...), `first`
    and `second` its two values as text. `cause` and `cure` are empty where they are not known.
    """

    member: str
    field: str
    first: str
    second: str
    cause: str = ""
    cure: str = ""


class EmbeddedSbom(Contract, frozen=True, kw_only=True):
    """The SBOM that was put into a wheel: its member, and the digest and size of that."""

    member: str
    sha256: Sha256
    size: Count


class BuiltDistribution(Contract, frozen=True, kw_only=True):
    """One distribution as it is released.

    `before` is null where it was not built here. `normalised` is true if it was repacked into canonical form; `built_twice`
    if it was built twice here, and `identical` then whether both were the same, byte for byte, else null. `embedded` is the
    SBOM that was put into a wheel here, null without one; `before` is from before that. `diffoscope` is the report of that
    program about two builds that are not the same, null without one.
    """

    filename: str
    kind: DistributionKind
    sha256: Sha256
    size: Count
    before: DigestPair | None = None
    normalised: bool = False
    built_twice: bool = False
    identical: bool | None = None
    differences: tuple[BuildDifference, ...] = ()
    diffoscope: FileRef | None = None
    embedded: EmbeddedSbom | None = None


class BuildConditions(Contract, frozen=True, kw_only=True):
    """The conditions of one build, as far as a build may depend on them.

    `folder` is a label, never a path. `tools` are names and versions.
    """

    folder: str
    umask: str
    timezone: str
    locale: str
    hash_seed: str
    cpus: Count
    user: str
    python: str
    zlib: str
    tools: dict[str, str]


class SharedCondition(Contract, frozen=True, kw_only=True):
    """A condition in which the two builds did not differ, by its name in `BuildConditions`, and why."""

    condition: str
    reason: str


class PackageBuild(Contract, frozen=True, kw_only=True):
    """One package: its folder in the project, what it is built with, and its distributions, sorted by file name.

    `not_varied` are conditions that both builds share, sorted. `backend` is the build backend, empty where it is not known. `lock` is the build lock. `provided_by` are the attestations
    that came with distributions that were built elsewhere, sorted, perhaps none; null where they were built here.
    """

    path: str
    name: str
    version: str
    backend: str = ""
    requirements: tuple[BuildRequirement, ...] = ()
    lock: FileRef | None = None
    distributions: tuple[BuiltDistribution, ...] = ()
    builds: tuple[BuildConditions, ...] = ()
    not_varied: tuple[SharedCondition, ...] = ()
    provided_by: tuple[FileRef, ...] | None = None


class BuildSettings(Contract, frozen=True, kw_only=True):
    """The settings of `[build]` that the bytes of a distribution depend on."""

    normalise: bool
    embed: bool
    variables: dict[str, str]


class ReportedBuilds(Contract, frozen=True, kw_only=True):
    """What another job reports about the builds of these distributions: its statement, which nothing here observed.

    `sha256` and `size` are of its report. `authenticated` is false: no signature was checked. `packages` are as it has them;
    "here" in their descriptions is that job.
    """

    sha256: Sha256
    size: Count
    authenticated: Literal[False]
    packages: tuple[PackageBuild, ...]


class BuildReport(Contract, frozen=True, kw_only=True):
    """The whole file; `packages` are sorted by name, `source_date_epoch` in Unix seconds.

    `commit` is the full hash of the commit, empty outside git; `settings` are null in reports of earlier versions. `reported`
    is null where no other job's report came with the distributions.
    """

    schema: Literal["build/1"]
    component: str
    version: str
    source_date_epoch: int
    packages: tuple[PackageBuild, ...]
    commit: str = ""
    settings: BuildSettings | None = None
    reported: ReportedBuilds | None = None
