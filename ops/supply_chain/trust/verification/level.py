"""The SLSA Build level that the evidence shows, never a higher one.

Ours is made by the scripts that make the release, on the same machine: Build L1 at most, whatever builder
it names. A hosted builder's provenance, signed by its own control plane, shows L2; by a known isolated
reusable workflow, L3. It counts only for the files that it names, and only where its certificate says that
it ran for the repository that the release comes from.

Source: SLSA 1.2, https://slsa.dev/spec/v1.2/build-track-basics ; docs/provenance.md
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ops.supply_chain.contracts.files.verification import Check, Further, GivenFile, Level
from ops.supply_chain.core.outcome import Outcome, worst
from ops.supply_chain.formats.json_reader import Node, UnexpectedShapeError
from ops.supply_chain.trust.identities.run import repository_of
from ops.supply_chain.trust.verification.evidence import (
    GITHUB_ISSUER,
    SOURCE_COMMIT,
    covered,
    predicate_of,
    same_source,
)
from ops.supply_chain.trust.verification.file_kinds import ReleaseFileNames
from ops.supply_chain.trust.verification.provenance import PREDICATE_TYPE

GITHUB_BUILD_TYPE = "https://actions.github.io/buildtypes/workflow/v1"
OLD_PREDICATE_TYPE = "https://slsa.dev/provenance/v0.2"
"""The provenance of slsa-github-generator; its builder and source are elsewhere than in v1."""

HOSTED_BUILDER = "https://github.com/actions/runner/github-hosted"
"""The builder that early versions of GitHub's attest action name: the kind of runner, not a workflow."""

BUILD_SIGNER = "1.3.6.1.4.1.57264.1.9"
RUNNER = "1.3.6.1.4.1.57264.1.11"
HOSTED = "github-hosted"

ISOLATED_BUILDER = (
    r"https://github\.com/slsa-framework/slsa-github-generator/\.github/workflows/"
    r"(?:generator_generic|builder_go|builder_nodejs|builder_maven|builder_gradle|builder_container-based)_slsa3\.yml"
    r"@refs/tags/v\d+\.\d+\.\d+"
)
"""Reusable workflows whose authors document Build L3: they run apart from the workflow that calls them, and sign
where its steps cannot reach. Matched whole against the certificate's build signer, never against the statement."""

_ISOLATED = re.compile(ISOLATED_BUILDER, re.ASCII)


class ReleaseOrigin(NamedTuple):
    """Repository of the release as `host/owner/name`, and its commit; empty if unknown."""

    repository: str
    commit: str


def level(
    parts: ReleaseFileNames,
    files: Mapping[str, GivenFile],
    checks: Sequence[Check],
    further: Sequence[Further],
    *,
    origin: ReleaseOrigin,
    rehearsal: bool,
) -> Level:
    """Compute the level of a release and of each file that its provenance has to cover.

    Args:
        parts: The names of the files.
        files: The files.
        checks: Every check that was made.
        further: Further evidence.
        origin: Its source: signed, or expected by the customer.
        rehearsal: Whether it is a rehearsal.
    Returns:
        The release's is the lowest of its files'.
    """
    if rehearsal:
        return Level(build=0, reason="a rehearsal shows nothing about a build")
    ruling = worst([check.ruling for check in checks])
    if ruling is not Outcome.PASS:
        why = "the release does not verify" if ruling is Outcome.FAIL else "not everything could be examined"
        return Level(build=0, reason=why)
    ours = [check for check in checks if check.code.startswith("provenance.")]
    if parts.provenance not in files or worst([check.outcome for check in ours]) is not Outcome.PASS:
        return Level(build=0, reason="no provenance covers it")
    found = dict.fromkeys(parts.subjects, 1)
    for bundle in further:
        shown = _shown_by(bundle, origin)
        for name in _covered(bundle, files) if shown else ():
            found[name] = max(found.get(name, 0), shown)
    build = min(found[name] for name in parts.subjects) if parts.subjects else 0
    return Level(build=build, reason=_reason(build, found), files=dict(sorted(found.items())))


def _reason(build: int, found: Mapping[str, int]) -> str:
    if build > 1:
        return "a hosted builder's signed provenance covers every file"
    better = sum(build_level > 1 for build_level in found.values())
    more = f"; a hosted builder's covers {better} of {len(found)} files" if better else ""
    return f"its provenance is made by the scripts that made the release, not by a hosted builder{more}"


def _covered(one: Further, files: Mapping[str, GivenFile]) -> tuple[str, ...]:
    try:
        return covered(one, files)
    except UnexpectedShapeError:
        return ()


def _shown_by(one: Further, origin: ReleaseOrigin) -> int:
    """Return the level that one attestation shows for the files that it names, or 0."""
    proof = one.answer.proof
    # This does not depend on authorized identities: a builder is identified by its certificate.
    if proof is None or not same_source(one, origin.repository):
        return 0
    if origin.commit and proof.extensions.get(SOURCE_COMMIT, "") != origin.commit:
        return 0
    try:
        builder, build_type = _builder(*predicate_of(one), origin)
    except UnexpectedShapeError:
        return 0
    signer = proof.extensions.get(BUILD_SIGNER, "")
    if proof.issuer != GITHUB_ISSUER or proof.extensions.get(RUNNER) != HOSTED or not signer:
        return 0
    if _ISOLATED.fullmatch(signer) and builder == signer:
        return 3
    # GitHub names the workflow that signed; earlier versions of its action named the runner.
    return 2 if builder in (signer, HOSTED_BUILDER) and build_type == GITHUB_BUILD_TYPE else 0


def _builder(kind: str, predicate: Node, origin: ReleaseOrigin) -> tuple[str, str]:
    """Return the builder and build type that provenance names; empty texts if it is no provenance of this source.

    Raises:
        UnexpectedShapeError: It is provenance of another shape.
    """
    if kind == PREDICATE_TYPE:
        return predicate["runDetails"]["builder"]["id"].text(), predicate["buildDefinition"]["buildType"].text()
    if kind != OLD_PREDICATE_TYPE:
        return "", ""
    source = predicate["invocation"]["configSource"]
    commit = source["digest"].text_of("sha1")
    if repository_of(source["uri"].text()) != origin.repository or (origin.commit and commit != origin.commit):
        return "", ""
    return predicate["builder"]["id"].text(), predicate["buildType"].text()
