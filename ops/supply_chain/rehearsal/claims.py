"""Identity and issuer to the claims of a token, and claims to what a certificate says of them.

Because the instance trusts its own tokens only, a token may name any issuer: the production policy is
then rehearsed unchanged, and the certificate still leads to the rehearsal root only.

Source: Fulcio, docs/oidc.md and docs/oid-info.md; GitHub, "OpenID Connect reference".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

Claims = Mapping[str, Any]

GITHUB_ISSUER = "https://token.actions.githubusercontent.com"
GITLAB_ISSUER = "https://gitlab.com"
BUILDKITE_ISSUER = "https://agent.buildkite.com"
GITHUB, BUILDKITE = "https://github.com/", "https://buildkite.com/"
DEX_ISSUER = "https://oauth2.sigstore.dev/auth"
"""Sigstore's own issuer, through which people log in with one of the following."""

FEDERATED_ISSUERS = frozenset(
    {"https://github.com/login/oauth", "https://accounts.google.com", "https://login.microsoftonline.com"}
)
COMMIT = "0" * 40
_WORKFLOW = re.compile(r"https://github\.com/(?P<repository>(?P<owner>[^/@]+)/[^/@]+)/[^@]+@(?P<ref>.+)")

_RAW = {1: "iss", 2: "event_name", 3: "sha", 4: "workflow", 5: "repository", 6: "ref"}
"""Extension number -> claim, written as bare text (deprecated by Fulcio, still read by clients)."""

_PLAIN = {
    10: "job_workflow_sha",
    11: "runner_environment",
    13: "sha",
    14: "ref",
    15: "repository_id",
    17: "repository_owner_id",
    19: "workflow_sha",
    20: "event_name",
    22: "repository_visibility",
}
"""Extension number -> claim, written as DER text."""

_BELOW_GITHUB = {9: "job_workflow_ref", 12: "repository", 16: "repository_owner", 18: "workflow_ref"}
"""Extension number -> claim, written as an address on GitHub."""


def claims_for(identity: str, issuer: str) -> dict[str, Any]:
    """Make the claims of a token whose certificate will have this identity and issuer.

    Args:
        identity: The certificate's subject alternative name: an e-mail address or a URI.
        issuer: The certificate's issuer.
    Returns:
        All claims but audience and times.
    """
    workflow = _WORKFLOW.fullmatch(identity)
    if _is_github(issuer) and workflow:
        named = github_claims(identity, workflow["repository"], workflow["owner"], workflow["ref"])
        return {**named, "iss": issuer}
    if issuer == GITLAB_ISSUER and identity.startswith("https://"):
        return {
            "iss": issuer,
            "sub": f"project_path:{identity}",
            "ci_config_ref_uri": identity.removeprefix("https://"),
        }
    if issuer == BUILDKITE_ISSUER and identity.startswith(BUILDKITE):
        organisation, _, pipeline = identity.removeprefix(BUILDKITE).partition("/")
        named = {"organization_slug": organisation, "pipeline_slug": pipeline}
        return {"iss": issuer, "sub": f"organization:{organisation}:pipeline:{pipeline}", **named}
    claims: dict[str, Any] = {"iss": issuer, "sub": identity}
    if "@" in identity and "://" not in identity:
        claims |= {"email": identity, "email_verified": True}
        if issuer in FEDERATED_ISSUERS:
            claims |= {"iss": DEX_ISSUER, "federated_claims": {"connector_id": issuer, "user_id": identity}}
    return claims


def github_claims(identity: str, repository: str, owner: str, ref: str) -> dict[str, Any]:
    """Make the claims that a GitHub workflow run has.

    Args:
        identity: Address of the workflow file at its ref.
        repository: `owner/name`.
        owner: The first part of it.
        ref: The git ref that runs.
    """
    path = identity.removeprefix(GITHUB)
    return {
        "iss": GITHUB_ISSUER,
        "sub": f"repo:{repository}:ref:{ref}",
        "event_name": "push",
        "sha": COMMIT,
        "ref": ref,
        "repository": repository,
        "repository_id": "1",
        "repository_owner": owner,
        "repository_owner_id": "1",
        "repository_visibility": "public",
        "workflow": "release",
        "workflow_ref": path,
        "workflow_sha": COMMIT,
        "job_workflow_ref": path,
        "job_workflow_sha": COMMIT,
        "runner_environment": "github-hosted",
        "run_id": "1",
        "run_attempt": "1",
    }


def issuer_of(claims: Claims) -> str:
    """Return the issuer that the certificate names: behind Sigstore's own, the one where the person logged in."""
    federated = claims.get("federated_claims")
    if claims["iss"] == DEX_ISSUER and isinstance(federated, dict):
        return str(federated.get("connector_id", claims["iss"]))
    return str(claims["iss"])


def subject_of(claims: Claims) -> tuple[str, bool]:
    """Return the certificate's identity, and whether it is an e-mail address (else a URI)."""
    if _is_github(str(claims["iss"])) and "job_workflow_ref" in claims:
        return f"{GITHUB}{claims['job_workflow_ref']}", False
    if claims["iss"] == GITLAB_ISSUER and "ci_config_ref_uri" in claims:
        return f"https://{claims['ci_config_ref_uri']}", False
    if claims["iss"] == BUILDKITE_ISSUER and "pipeline_slug" in claims:
        return f"{BUILDKITE}{claims['organization_slug']}/{claims['pipeline_slug']}", False
    if "email" in claims:
        return str(claims["email"]), True
    return str(claims["sub"]), False


def extensions_of(claims: Claims) -> tuple[dict[int, str], dict[int, str]]:
    """Return the extensions under 1.3.6.1.4.1.57264.1, by number.

    Returns:
        Those written as bare text, and those written as DER text.
    """
    shown = {**claims, "iss": issuer_of(claims)}
    raw = {number: str(shown[claim]) for number, claim in _RAW.items() if claim in shown}
    text = {8: shown["iss"]} | {number: str(claims[claim]) for number, claim in _PLAIN.items() if claim in claims}
    text |= {number: f"{GITHUB}{claims[claim]}" for number, claim in _BELOW_GITHUB.items() if claim in claims}
    if {"repository", "run_id", "run_attempt"} <= claims.keys():
        run = f"{claims['repository']}/actions/runs/{claims['run_id']}/attempts/{claims['run_attempt']}"
        text[21] = f"{GITHUB}{run}"
    return raw, dict(sorted(text.items()))


def _is_github(issuer: str) -> bool:
    # An enterprise may have an issuer of its own: the public one with the enterprise's name behind it.
    return issuer == GITHUB_ISSUER or issuer.startswith(f"{GITHUB_ISSUER}/")
