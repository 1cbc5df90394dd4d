"""`security-insights.yml` 2.2.0, as far as sealwright writes it; constructing a value validates it.

The fields follow `schema.cue`; empty optional fields are left out of the file. Keys are in kebab case there.

Source: OpenSSF Security Insights 2.2.0 (2026-01-31), https://github.com/ossf/security-insights
"""

from __future__ import annotations

from typing import Annotated

import msgspec

SCHEMA_VERSION = "2.2.0"

Url = Annotated[str, msgspec.Meta(pattern=r"\Ahttps?://[^\s]+\Z")]
Email = Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}\Z")]
Date = Annotated[str, msgspec.Meta(pattern=r"\A\d{4}-\d{2}-\d{2}\Z")]
Version = Annotated[str, msgspec.Meta(pattern=r"\A[1-9]+\.[0-9]+\.[0-9]+\Z")]
Status = Annotated[
    str, msgspec.Meta(pattern=r"\A(active|abandoned|concept|inactive|moved|suspended|unsupported|WIP)\Z")
]


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, rename="kebab"):
    """Base: optional fields that are empty are left out."""


class InsightsContact(_Part, frozen=True, kw_only=True):
    """A person or entity."""

    name: str
    primary: bool
    affiliation: str | None = None
    email: Email | None = None


class InsightsLicence(_Part, frozen=True, kw_only=True):
    """The licence, as an SPDX expression, and its text's address."""

    url: Url
    expression: str


class InsightsLink(_Part, frozen=True, kw_only=True):
    """An address and a comment."""

    uri: str
    comment: str


class ProjectRepository(_Part, frozen=True, kw_only=True):
    """A repository of the project."""

    name: str
    comment: str
    url: Url


class InsightsHeader(_Part, frozen=True, kw_only=True):
    """When the file was reviewed and changed, and where it is."""

    last_reviewed: Date
    last_updated: Date
    schema_version: Version
    url: Url


class VulnerabilityReporting(_Part, frozen=True, kw_only=True):
    """Whether and how vulnerabilities may be reported."""

    reports_accepted: bool
    bug_bounty_available: bool
    contact: InsightsContact | None = None
    comment: str | None = None
    policy: Url | None = None


class InsightsProject(_Part, frozen=True, kw_only=True):
    """The project as a whole."""

    name: str
    homepage: Url | None = None
    administrators: Annotated[tuple[InsightsContact, ...], msgspec.Meta(min_length=1)]
    repositories: Annotated[tuple[ProjectRepository, ...], msgspec.Meta(min_length=1)]
    vulnerability_reporting: VulnerabilityReporting


class SelfAssessment(_Part, frozen=True, kw_only=True):
    """A comment on an assessment."""

    comment: str


class Assessments(_Part, frozen=True, kw_only=True):
    """The project's own assessment."""

    self_: SelfAssessment = msgspec.field(name="self")


class SecurityPosture(_Part, frozen=True, kw_only=True):
    """Assessments; champions and tools are optional and not written."""

    assessments: Assessments


class ReleaseDetails(_Part, frozen=True, kw_only=True):
    """How and where releases are distributed."""

    automated_pipeline: bool
    distribution_points: Annotated[tuple[InsightsLink, ...], msgspec.Meta(min_length=1)]


class InsightsRepository(_Part, frozen=True, kw_only=True):
    """The repository that contains the file."""

    status: Status
    url: Url
    accepts_change_request: bool
    accepts_automated_change_request: bool
    core_team: Annotated[tuple[InsightsContact, ...], msgspec.Meta(min_length=1)]
    license: InsightsLicence
    security: SecurityPosture
    release: ReleaseDetails | None = None


class SecurityInsights(_Part, frozen=True, kw_only=True):
    """The whole file."""

    header: InsightsHeader
    project: InsightsProject
    repository: InsightsRepository
