"""Our provenance statement: an in-toto Statement v1 that holds SLSA Provenance v1, typed for writing.

The types are stricter than the specifications: every file that sealwright names has its SHA-256,
and the external parameters are a closed set that a verifier can compare with its expectations. Other people's
statements are not read through these types. Empty fields are left out: "unset = null = empty".

Source: in-toto/attestation spec/v1/statement.md and resource_descriptor.md; SLSA 1.2,
https://slsa.dev/spec/v1.2/build-provenance
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec

from ops.supply_chain.contracts.base import Contract, Count, Sha256, Timestamp
from ops.supply_chain.contracts.values.release_naming import ReleaseNaming

STATEMENT_TYPE: Final = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE: Final = "https://slsa.dev/provenance/v1"

REHEARSAL_BUILDER_SUFFIX: Final = ":rehearsal"
"""End of the identifier of a builder that only rehearses: a builder that is never trusted."""

GitHash = Annotated[str, msgspec.Meta(pattern=r"\A(?:[0-9a-f]{40}|[0-9a-f]{64})\Z")]
"""SHA-1 or SHA-256 of a git object, lower-case hexadecimal (in-toto digest_set.md, `gitCommit`)."""


class Sha256Digest(Contract, frozen=True, kw_only=True):
    """A digest set with the one algorithm that we use for files."""

    sha256: Sha256


class DigestSet(Contract, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """A digest set of a dependency: a file's SHA-256, or a git commit."""

    sha256: Sha256 | None = None
    git_commit: GitHash | None = None


class ProvenanceSubject(Contract, frozen=True, kw_only=True):
    """One released file, by the name that it is downloaded under."""

    name: str
    digest: Sha256Digest


class ResourceDescriptor(Contract, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """Something that was used or made on the way. At least one of `uri` and `digest` is set.

    `annotations` always hold `role`: what it was to this release.
    """

    annotations: dict[str, str | bool]
    name: str = ""
    uri: str = ""
    digest: DigestSet | None = None
    media_type: str = ""


class ProvenanceSource(Contract, frozen=True, kw_only=True, omit_defaults=True):
    """Which source was asked for. `uri` is left out where the repository has no public address."""

    digest: DigestSet
    uri: str = ""


class BuildParameters(Contract, frozen=True, kw_only=True, omit_defaults=True):
    """How distributions were to be built: `[build]` of the project's configuration.

    `normalise` is there in any case. `variables` are what the configuration adds to the environment of a build.
    """

    normalise: bool
    variables: dict[str, str] = msgspec.field(default_factory=dict)


class ExternalParameters(Contract, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """Every option that the caller of the release can set. A verifier refuses any other key.

    `source_date_epoch` is the timestamp in every released file, in Unix seconds, and
    `source_date_epoch_from` whence it came: `source-date-epoch`, `commit` or `none`. `options` are the
    outcome-changing options of each stage. `source` is left out for a project outside git. `tag` is the
    git tag of this version at that commit, left out if there is none. `build` is left out where no distribution
    was built here. `names` is the form of the files' names, left out where it is `versioned`. `rehearsal` is there, and true,
    only where nothing was really released.
    """

    component: str
    version: str
    source_date_epoch: Count
    source_date_epoch_from: str
    policy_profiles: tuple[str, ...]
    options: dict[str, dict[str, str]]
    source: ProvenanceSource | None = None
    tag: str = ""
    build: BuildParameters | None = None
    names: ReleaseNaming = ReleaseNaming.VERSIONED
    rehearsal: bool = False


class InternalParameters(Contract, frozen=True, kw_only=True, omit_defaults=True):
    """What the machine determined, for reproducing the release.

    `attestations` are those that signing makes of the release's own records, sorted; a verifier misses one that is absent.
    """

    python: str
    platform: str
    attestations: tuple[str, ...] = ()


class BuildDefinition(Contract, frozen=True, kw_only=True, rename="camel"):
    """What was to be made, and from what. `resolved_dependencies` are sorted by role, name and URI."""

    build_type: str
    external_parameters: ExternalParameters
    internal_parameters: InternalParameters
    resolved_dependencies: tuple[ResourceDescriptor, ...]


class Builder(Contract, frozen=True, kw_only=True):
    """Who made it: the identifier alone says how far it may be trusted (docs/provenance.md)."""

    id: str
    version: dict[str, str]


class Metadata(Contract, frozen=True, kw_only=True, rename="camel"):
    """Which run, from when to when."""

    invocation_id: str
    started_on: Timestamp
    finished_on: Timestamp


class RunDetails(Contract, frozen=True, kw_only=True):
    """This one run: builder, times, and by digest the records and the verdict that it left."""

    builder: Builder
    metadata: Metadata
    byproducts: tuple[ResourceDescriptor, ...]


class Predicate(Contract, frozen=True, kw_only=True, rename="camel"):
    """SLSA Provenance v1."""

    build_definition: BuildDefinition
    run_details: RunDetails


class Statement(Contract, frozen=True, kw_only=True, rename="camel"):
    """The whole document; `subject` is sorted by name."""

    type_: Literal["https://in-toto.io/Statement/v1"] = msgspec.field(name="_type")
    predicate_type: Literal["https://slsa.dev/provenance/v1"]
    subject: tuple[ProvenanceSubject, ...]
    predicate: Predicate
