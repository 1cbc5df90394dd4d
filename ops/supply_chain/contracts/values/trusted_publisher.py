"""Trusted publishers: what PEP 740's publisher object claims, and what a signing certificate proves of it.

The claim is the index's word. Each kind of publisher leaves its mark in the certificate's extensions; a
claim counts only where they agree.

Source: https://docs.pypi.org/trusted-publishers/internals/ ;
https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md ; publisher kinds of pypi-attestations 0.0.30.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from ops.supply_chain.contracts.values.publisher import AttestedPublisher

_FULCIO = "1.3.6.1.4.1.57264.1."
ISSUER = f"{_FULCIO}8"
BUILD_SIGNER_URI = f"{_FULCIO}9"
SOURCE_REPOSITORY_URI = f"{_FULCIO}12"
SOURCE_REPOSITORY_DIGEST = f"{_FULCIO}13"
SOURCE_REPOSITORY_REF = f"{_FULCIO}14"
SOURCE_REPOSITORY_ID = f"{_FULCIO}15"
SOURCE_OWNER_ID = f"{_FULCIO}17"
BUILD_CONFIG_URI = f"{_FULCIO}18"
DEPLOYMENT_ENVIRONMENT = f"{_FULCIO}23"

EXTENSIONS = (
    ISSUER,
    BUILD_SIGNER_URI,
    SOURCE_REPOSITORY_URI,
    SOURCE_REPOSITORY_DIGEST,
    SOURCE_REPOSITORY_REF,
    SOURCE_REPOSITORY_ID,
    SOURCE_OWNER_ID,
    BUILD_CONFIG_URI,
    DEPLOYMENT_ENVIRONMENT,
)
"""Extensions that are read, by dotted number; each holds one DER UTF8String."""

Claim = Mapping[str, object]
"""PEP 740's publisher object."""


class CertificateIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """What a signing certificate says of its owner: extension number -> text, and e-mail addresses."""

    extensions: dict[str, str]
    emails: tuple[str, ...] = ()


class MismatchError(Exception):
    """The certificate does not prove the claim; the text states what was expected and found."""


def is_known(claim: Claim) -> bool:
    """Return whether a claim is of a kind that can be checked."""
    return claim.get("kind") in _KINDS


def proven(claim: Claim, certificate: CertificateIdentity) -> AttestedPublisher:
    """Return the publisher that a certificate proves.

    Args:
        claim: Of a kind that `is_known`.
        certificate: Of a signature that verified.
    Raises:
        MismatchError: The claim has no such fields, or the certificate says otherwise.
    """
    kind = str(claim["kind"])
    return AttestedPublisher(kind=kind, identity=_KINDS[kind](claim, certificate))


def _git_hub(claim: Claim, certificate: CertificateIdentity) -> dict[str, str]:
    repository, workflow = _field(claim, "repository"), _field(claim, "workflow")
    _expect(certificate, ISSUER, "https://token.actions.githubusercontent.com")
    home = f"https://github.com/{repository}"
    _expect(certificate, SOURCE_REPOSITORY_URI, home)
    _expect_build(certificate, f"{home}/.github/workflows/{workflow}")
    return {
        "repository": repository,
        "workflow": workflow,
        "environment": _environment(claim, certificate),
        **_numbers(certificate),
    }


def _git_lab(claim: Claim, certificate: CertificateIdentity) -> dict[str, str]:
    repository, workflow = _field(claim, "repository"), _field(claim, "workflow_filepath")
    _expect(certificate, ISSUER, "https://gitlab.com")
    home = f"https://gitlab.com/{repository}"
    _expect(certificate, SOURCE_REPOSITORY_URI, home)
    _expect_build(certificate, f"{home}//{workflow}")
    return {
        "repository": repository,
        "workflow_filepath": workflow,
        "environment": _environment(claim, certificate),
        **_numbers(certificate),
    }


def _google(claim: Claim, certificate: CertificateIdentity) -> dict[str, str]:
    email = _field(claim, "email")
    _expect(certificate, ISSUER, "https://accounts.google.com")
    if email not in certificate.emails:
        raise MismatchError(f"expected e-mail {email!r}, found {', '.join(certificate.emails) or 'none'}")
    return {"email": email}


def _circle_ci(claim: Claim, certificate: CertificateIdentity) -> dict[str, str]:
    project, pipeline = _field(claim, "project_id"), _field(claim, "pipeline_definition_id")
    _expect(certificate, ISSUER, "https://oidc.circleci.com")
    root = "https://circleci.com/api/v2/projects"
    _expect(certificate, BUILD_SIGNER_URI, f"{root}/{project}/pipeline-definitions/{pipeline}")
    origin = _optional(claim, "vcs_origin")
    if origin:
        _expect(certificate, SOURCE_REPOSITORY_URI, origin)
    if _optional(claim, "vcs_ref"):
        _expect(certificate, SOURCE_REPOSITORY_REF, _optional(claim, "vcs_ref"))
    # The ref changes from release to release: it is checked, and is no part of who the publisher is.
    return {"project_id": project, "pipeline_definition_id": pipeline, "vcs_origin": origin}


_KINDS: dict[object, Callable[[Claim, CertificateIdentity], dict[str, str]]] = {
    "GitHub": _git_hub,
    "GitLab": _git_lab,
    "Google": _google,
    "CircleCI": _circle_ci,
}


def _numbers(certificate: CertificateIdentity) -> dict[str, str]:
    """Return the numbers that stay with repository and owner when a name is reassigned."""
    return {
        "repository_id": certificate.extensions.get(SOURCE_REPOSITORY_ID, ""),
        "owner_id": certificate.extensions.get(SOURCE_OWNER_ID, ""),
    }


def _environment(claim: Claim, certificate: CertificateIdentity) -> str:
    claimed = _optional(claim, "environment")
    if claimed and DEPLOYMENT_ENVIRONMENT in certificate.extensions:  # new in Fulcio; most certificates lack it
        _expect(certificate, DEPLOYMENT_ENVIRONMENT, claimed)
    return claimed


def _field(claim: Claim, name: str) -> str:
    value = _optional(claim, name)
    if not value:
        raise MismatchError(f"the claimed publisher has no {name}")
    return value


def _optional(claim: Claim, name: str) -> str:
    value = claim.get(name)
    if value is not None and not isinstance(value, str):
        raise MismatchError(f"the claimed publisher's {name} is no text")
    return value or ""


def _expect(certificate: CertificateIdentity, extension: str, wanted: str) -> None:
    found = certificate.extensions.get(extension)
    if found != wanted:
        raise MismatchError(f"expected {wanted!r}, found {found!r} in certificate extension {extension}")


def _expect_build(certificate: CertificateIdentity, workflow: str) -> None:
    """Check the build configuration: `<workflow>@<ref or commit>`, both known to the certificate only."""
    known = (certificate.extensions.get(name) for name in (SOURCE_REPOSITORY_DIGEST, SOURCE_REPOSITORY_REF))
    wanted = [f"{workflow}@{revision}" for revision in known if revision]
    found = certificate.extensions.get(BUILD_CONFIG_URI)
    if found not in wanted:
        raise MismatchError(f"expected {workflow!r} at the signed revision, found {found!r}")
