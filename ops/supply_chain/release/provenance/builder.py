"""Which builder made a release: detected from the environment of the run, and not claimed beyond it.

A person can set every one of these variables, so the identifier says where the run seemed to be and is
no proof of it; docs/provenance.md says of each what it does not claim.

Source: GitHub, "Store information in variables" (`RUNNER_ENVIRONMENT` is `github-hosted` or
`self-hosted`); GitLab, "Predefined CI/CD variables" (`GITLAB_CI`).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from ops.supply_chain.contracts.files.provenance import REHEARSAL_BUILDER_SUFFIX


class BuilderKind(StrEnum):
    """Last part of a builder identifier; different security modes have different ones (SLSA 1.2)."""

    WORKSTATION = "workstation"
    GITHUB_HOSTED = "github-hosted"
    GITHUB_SELF_HOSTED = "github-self-hosted"
    GITLAB_RUNNER = "gitlab-runner"


def recognise(environment: Mapping[str, str]) -> BuilderKind:
    """Detect the kind of machine from its environment variables.

    Returns:
        `WORKSTATION` for everything that is not recognised: it claims least.
    """
    if environment.get("GITHUB_ACTIONS") == "true":
        hosted = environment.get("RUNNER_ENVIRONMENT") == "github-hosted"
        return BuilderKind.GITHUB_HOSTED if hosted else BuilderKind.GITHUB_SELF_HOSTED
    if environment.get("GITLAB_CI") == "true":
        return BuilderKind.GITLAB_RUNNER
    return BuilderKind.WORKSTATION


def builder_id(base: str, kind: BuilderKind, *, rehearsal: bool = False) -> str:
    """Return the identifier of a builder.

    Args:
        base: What identifiers begin with: our name, or an address where docs/provenance.md is published.
        kind: Which builder.
        rehearsal: Whether it only rehearses.
    """
    return f"{base}builder:{kind}:v1{REHEARSAL_BUILDER_SUFFIX if rehearsal else ''}"


def build_type(base: str) -> str:
    """Return the identifier of the one way in which this pipeline makes a release."""
    return f"{base}buildtype:release:v1"
