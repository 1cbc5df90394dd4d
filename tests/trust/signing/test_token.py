"""Whom a token is for, and that nothing of it is ever shown."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.supply_chain.core.errors import UsageError
from ops.supply_chain.rehearsal.claims import claims_for, issuer_of, subject_of
from ops.supply_chain.trust.signing.token import BUILDKITE, FRESH_HINT, GITHUB, GITLAB, TokenIdentity, read_token

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
LATER = int(NOW.timestamp()) + 600


def token(claims: Any) -> str:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"e30.{payload}.c2VjcmV0"


def claims(**changes: Any) -> dict[str, Any]:
    return {"iss": "https://accounts.google.com", "aud": "sigstore", "exp": LATER, "sub": "1", **changes}


WHO: dict[str, tuple[dict[str, Any], tuple[str, ...], str]] = {
    "a person": ({"email": "me@example.org"}, ("me@example.org",), "https://accounts.google.com"),
    "a person, through the public instance's issuer": (
        {
            "iss": "https://oauth2.sigstore.dev/auth",
            "email": "me@example.org",
            "federated_claims": {"connector_id": "https://github.com/login/oauth"},
        },
        ("me@example.org",),
        "https://github.com/login/oauth",
    ),
    "a GitHub workflow": (
        {"iss": GITHUB, "sub": "repo:o/r:ref:x", "job_workflow_ref": "o/r/.github/workflows/w.yml@refs/tags/v1"},
        ("https://github.com/o/r/.github/workflows/w.yml@refs/tags/v1",),
        GITHUB,
    ),
    "a workflow of an enterprise": (
        {"iss": f"{GITHUB}/acme", "job_workflow_ref": "o/r/w.yml@x"},
        ("https://github.com/o/r/w.yml@x",),
        f"{GITHUB}/acme",
    ),
    "a GitLab pipeline": (
        {"iss": GITLAB, "ci_config_ref_uri": "gitlab.com/g/p//.gitlab-ci.yml@refs/heads/main"},
        ("https://gitlab.com/g/p//.gitlab-ci.yml@refs/heads/main",),
        GITLAB,
    ),
    "a Buildkite pipeline": (
        {"iss": BUILDKITE, "organization_slug": "o", "pipeline_slug": "p"},
        ("https://buildkite.com/o/p",),
        BUILDKITE,
    ),
    "an issuer that we do not know": (
        {"iss": "https://oidc.example", "email": "me@example.org", "sub": "https://example.org/job"},
        ("me@example.org", "https://example.org/job"),
        "https://oidc.example",
    ),
    "an audience among others": (
        {"email": "me@example.org", "aud": ["x", "sigstore"]},
        ("me@example.org",),
        "https://accounts.google.com",
    ),
}


@pytest.mark.parametrize("case", WHO)
def test_who(case: str) -> None:
    changes, names, issuer = WHO[case]
    expected = TokenIdentity(names=names, issuer=issuer, expires=datetime.fromtimestamp(LATER, UTC))
    assert read_token(token(claims(**changes)), now=NOW) == expected


@pytest.mark.parametrize(
    ("identity", "issuer"),
    [
        ("rehearsal@sealwright.invalid", "https://oidc.rehearsal.invalid"),
        ("https://github.com/o/r/.github/workflows/w.yml@refs/tags/v1", GITHUB),
        ("https://gitlab.com/g/p//.gitlab-ci.yml@refs/heads/main", GITLAB),
        ("https://buildkite.com/o/p", BUILDKITE),
        ("me@example.org", "https://github.com/login/oauth"),
    ],
)
def test_the_rehearsal_authority_certifies_what_is_foretold(identity: str, issuer: str) -> None:
    found = read_token(token({**claims(), **claims_for(identity, issuer), "aud": "sigstore"}), now=NOW)
    named = claims_for(identity, issuer)
    assert (found.names[0], found.issuer) == (subject_of(named)[0], issuer_of(named)) == (identity, issuer)


BAD: dict[str, tuple[str, str]] = {
    "empty": ("", "what was given as identity token is no JSON web token"),
    "one part": ("secret", "what was given as identity token is no JSON web token"),
    "four parts": ("a.b.c.secret", "what was given as identity token is no JSON web token"),
    "not base64": ("a.!secret!.c", "what was given as identity token is no JSON web token"),
    "not JSON": (
        f"a.{base64.b64encode(b'secret').decode()}.c",
        "what was given as identity token is no JSON web token",
    ),
    "a list": (token(["secret"]), "what was given as identity token holds no claims"),
    "no issuer": (token(claims(iss="")), "the identity token names no issuer"),
    "an issuer that is no text": (token(claims(iss=7)), "the identity token names no issuer"),
    "another audience": (token(claims(aud="secret")), "the identity token is not for the audience 'sigstore'"),
    "no audience": (token(claims(aud=None)), "the identity token is not for the audience 'sigstore'"),
    "no end": (token(claims(exp=None)), "the identity token does not say when it expires"),
    "an end that is no number": (token(claims(exp=True)), "the identity token does not say when it expires"),
    "an end beyond time": (token(claims(exp=10**30)), "the identity token does not say when it expires"),
    "over": (token(claims(exp=LATER - 600)), "the identity token expired at 2026-11-20T12:00:00Z"),
    "names nobody": (
        token(claims(email="")),
        "the identity token of https://accounts.google.com names no subject",
    ),
    "a workflow without its file": (
        token(claims(iss=GITHUB, email="me@example.org")),
        f"the identity token of {GITHUB} names no subject",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_no_token(case: str) -> None:
    raw, message = BAD[case]
    with pytest.raises(UsageError) as caught:
        read_token(raw, now=NOW)
    assert caught.value.message == message
    assert caught.value.hint in (FRESH_HINT, "Ask its issuer for one.")
    assert "secret" not in f"{caught.value}{caught.value.__cause__}"
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


@settings(max_examples=200, derandomize=True)
@given(
    st.one_of(
        st.text(),
        st.builds(token, st.recursive(st.none() | st.integers() | st.text(), st.lists)),
        st.builds(
            lambda changes: token(claims(**changes)),
            st.dictionaries(
                st.sampled_from(["iss", "aud", "exp", "email", "sub", "federated_claims", "job_workflow_ref"]),
                st.none() | st.booleans() | st.floats() | st.text() | st.dictionaries(st.text(), st.none()),
            ),
        ),
    )
)
def test_anything_is_a_token_or_a_usage_error(raw: str) -> None:
    try:
        found = read_token(raw, now=NOW)
    except UsageError:
        return
    assert found.names
    assert all(found.names)
    assert found.expires > NOW
