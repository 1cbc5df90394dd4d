from __future__ import annotations

import pytest

from ops.supply_chain.contracts.values import trusted_publisher as tp
from ops.supply_chain.contracts.values.publisher import AttestedPublisher
from ops.supply_chain.contracts.values.trusted_publisher import CertificateIdentity, MismatchError, is_known, proven

GITHUB = {
    tp.ISSUER: "https://token.actions.githubusercontent.com",
    tp.SOURCE_REPOSITORY_URI: "https://github.com/org/repo",
    tp.SOURCE_REPOSITORY_DIGEST: "c" * 40,
    tp.SOURCE_REPOSITORY_REF: "refs/tags/v1",
    tp.SOURCE_REPOSITORY_ID: "7",
    tp.SOURCE_OWNER_ID: "8",
    tp.BUILD_CONFIG_URI: "https://github.com/org/repo/.github/workflows/release.yml@refs/tags/v1",
}
GITLAB = {
    **GITHUB,
    tp.ISSUER: "https://gitlab.com",
    tp.SOURCE_REPOSITORY_URI: "https://gitlab.com/org/repo",
    tp.BUILD_CONFIG_URI: f"https://gitlab.com/org/repo//.gitlab-ci.yml@{'c' * 40}",
}
GOOGLE = {tp.ISSUER: "https://accounts.google.com"}
CIRCLE = {
    tp.ISSUER: "https://oidc.circleci.com",
    tp.BUILD_SIGNER_URI: "https://circleci.com/api/v2/projects/p/pipeline-definitions/d",
    tp.SOURCE_REPOSITORY_URI: "github.com/org/repo",
    tp.SOURCE_REPOSITORY_REF: "refs/heads/main",
}
CLAIM = {"kind": "GitHub", "repository": "org/repo", "workflow": "release.yml", "environment": None, "claims": None}
LAB_CLAIM = {"kind": "GitLab", "repository": "org/repo", "workflow_filepath": ".gitlab-ci.yml"}
CIRCLE_CLAIM = {"kind": "CircleCI", "project_id": "p", "pipeline_definition_id": "d"}
NUMBERS = {"repository_id": "7", "owner_id": "8"}


def certificate(extensions: dict[str, str], *emails: str) -> CertificateIdentity:
    return CertificateIdentity(extensions=extensions, emails=emails)


PROVEN = {
    "github": (
        CLAIM,
        certificate(GITHUB),
        {"repository": "org/repo", "workflow": "release.yml", "environment": "", **NUMBERS},
    ),
    "github by commit only": (
        CLAIM,
        certificate(
            {key: value for key, value in GITHUB.items() if key != tp.SOURCE_REPOSITORY_REF}
            | {tp.BUILD_CONFIG_URI: f"https://github.com/org/repo/.github/workflows/release.yml@{'c' * 40}"}
        ),
        {"repository": "org/repo", "workflow": "release.yml", "environment": "", **NUMBERS},
    ),
    "github, environment claimed only": (
        CLAIM | {"environment": "pypi"},
        certificate(GITHUB),
        {"repository": "org/repo", "workflow": "release.yml", "environment": "pypi", **NUMBERS},
    ),
    "github, environment proven": (
        CLAIM | {"environment": "pypi"},
        certificate(GITHUB | {tp.DEPLOYMENT_ENVIRONMENT: "pypi"}),
        {"repository": "org/repo", "workflow": "release.yml", "environment": "pypi", **NUMBERS},
    ),
    "gitlab": (
        LAB_CLAIM,
        certificate(GITLAB),
        {"repository": "org/repo", "workflow_filepath": ".gitlab-ci.yml", "environment": "", **NUMBERS},
    ),
    "google": ({"kind": "Google", "email": "a@b.c"}, certificate(GOOGLE, "x@b.c", "a@b.c"), {"email": "a@b.c"}),
    "circleci": (
        CIRCLE_CLAIM,
        certificate(CIRCLE),
        {"project_id": "p", "pipeline_definition_id": "d", "vcs_origin": ""},
    ),
    "circleci with origin and ref": (
        CIRCLE_CLAIM | {"vcs_origin": "github.com/org/repo", "vcs_ref": "refs/heads/main"},
        certificate(CIRCLE),
        {"project_id": "p", "pipeline_definition_id": "d", "vcs_origin": "github.com/org/repo"},
    ),
}


@pytest.mark.parametrize(("claim", "signed", "identity"), PROVEN.values(), ids=PROVEN)
def test_a_certificate_proves_its_publisher(
    claim: dict[str, object], signed: CertificateIdentity, identity: dict[str, str]
) -> None:
    assert is_known(claim)
    assert proven(claim, signed) == AttestedPublisher(kind=str(claim["kind"]), identity=identity)


CONFIG_URI = "https://github.com/org/repo/.github/workflows/release.yml"
REFUSED = {
    "another issuer": (
        CLAIM,
        certificate(GITHUB | {tp.ISSUER: "https://evil.example"}),
        f"expected 'https://token.actions.githubusercontent.com', found 'https://evil.example' in certificate extension {tp.ISSUER}",
    ),
    "another repository": (
        CLAIM | {"repository": "org/other"},
        certificate(GITHUB),
        f"expected 'https://github.com/org/other', found 'https://github.com/org/repo' in certificate extension {tp.SOURCE_REPOSITORY_URI}",
    ),
    "a repository that only begins the same": (
        CLAIM | {"repository": "org/rep"},
        certificate(GITHUB),
        f"expected 'https://github.com/org/rep', found 'https://github.com/org/repo' in certificate extension {tp.SOURCE_REPOSITORY_URI}",
    ),
    "another workflow": (
        CLAIM | {"workflow": "other.yml"},
        certificate(GITHUB),
        f"expected 'https://github.com/org/repo/.github/workflows/other.yml' at the signed revision, found '{CONFIG_URI}@refs/tags/v1'",
    ),
    "another revision": (
        CLAIM,
        certificate(GITHUB | {tp.SOURCE_REPOSITORY_REF: "refs/tags/v2"}),
        f"expected '{CONFIG_URI}' at the signed revision, found '{CONFIG_URI}@refs/tags/v1'",
    ),
    "no revision": (
        CLAIM,
        certificate(
            {
                key: value
                for key, value in GITHUB.items()
                if key not in (tp.SOURCE_REPOSITORY_REF, tp.SOURCE_REPOSITORY_DIGEST)
            }
            | {tp.BUILD_CONFIG_URI: f"{CONFIG_URI}@"}
        ),
        f"expected '{CONFIG_URI}' at the signed revision, found '{CONFIG_URI}@'",
    ),
    "another environment": (
        CLAIM | {"environment": "pypi"},
        certificate(GITHUB | {tp.DEPLOYMENT_ENVIRONMENT: "test"}),
        f"expected 'pypi', found 'test' in certificate extension {tp.DEPLOYMENT_ENVIRONMENT}",
    ),
    "nothing in the certificate": (
        CLAIM,
        certificate({}),
        f"expected 'https://token.actions.githubusercontent.com', found None in certificate extension {tp.ISSUER}",
    ),
    "no repository claimed": (
        CLAIM | {"repository": ""},
        certificate(GITHUB),
        "the claimed publisher has no repository",
    ),
    "a repository that is no text": (
        CLAIM | {"repository": ["org/repo"]},
        certificate(GITHUB),
        "the claimed publisher's repository is no text",
    ),
    "gitlab claimed, github signed": (
        LAB_CLAIM,
        certificate(GITHUB),
        f"expected 'https://gitlab.com', found 'https://token.actions.githubusercontent.com' in certificate extension {tp.ISSUER}",
    ),
    "another google account": (
        {"kind": "Google", "email": "a@b.c"},
        certificate(GOOGLE, "x@b.c"),
        "expected e-mail 'a@b.c', found x@b.c",
    ),
    "no google account": (
        {"kind": "Google", "email": "a@b.c"},
        certificate(GOOGLE),
        "expected e-mail 'a@b.c', found none",
    ),
    "another pipeline": (
        CIRCLE_CLAIM | {"pipeline_definition_id": "x"},
        certificate(CIRCLE),
        (
            "expected 'https://circleci.com/api/v2/projects/p/pipeline-definitions/x', found "
            f"'https://circleci.com/api/v2/projects/p/pipeline-definitions/d' in certificate extension {tp.BUILD_SIGNER_URI}"
        ),
    ),
    "another origin": (
        CIRCLE_CLAIM | {"vcs_origin": "github.com/x/y"},
        certificate(CIRCLE),
        f"expected 'github.com/x/y', found 'github.com/org/repo' in certificate extension {tp.SOURCE_REPOSITORY_URI}",
    ),
    "another ref": (
        CIRCLE_CLAIM | {"vcs_ref": "refs/heads/x"},
        certificate(CIRCLE),
        f"expected 'refs/heads/x', found 'refs/heads/main' in certificate extension {tp.SOURCE_REPOSITORY_REF}",
    ),
}


@pytest.mark.parametrize(("claim", "signed", "message"), REFUSED.values(), ids=REFUSED)
def test_a_claim_that_the_certificate_does_not_prove(
    claim: dict[str, object], signed: CertificateIdentity, message: str
) -> None:
    with pytest.raises(MismatchError) as caught:
        proven(claim, signed)
    assert str(caught.value) == message


@pytest.mark.parametrize("claim", [{}, {"kind": "ActiveState"}, {"kind": None}, {"kind": 1}])
def test_kinds_that_nobody_can_check(claim: dict[str, object]) -> None:
    assert not is_known(claim)
