"""Conditions on identities, and patterns that match strangers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ops.supply_chain.contracts.config.signing import SigningIdentity
from ops.supply_chain.core.errors import UsageError
from ops.supply_chain.trust.identities.check import checked
from ops.supply_chain.trust.identities.matching import SignedRun, matching, mismatches

ISSUER = "https://token.actions.githubusercontent.com"
NAME = "https://github.com/org/repo/.github/workflows/release.yml@refs/tags/v1"
ARC = "1.3.6.1.4.1.57264.1."
RUN = {
    f"{ARC}2": "push",
    f"{ARC}5": "org/repo",
    f"{ARC}6": "refs/tags/v1",
    f"{ARC}11": "github-hosted",
    f"{ARC}12": "https://github.com/org/repo",
    f"{ARC}14": "refs/tags/v1",
    f"{ARC}20": "push",
}
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)

STRANGERS = [
    ".+", "^.+$", "https://.*", "https://.+", "[^x]+", "[^@]+", "[^e]+", ".{10,}", ".{3}", r"\S+", "[a-z].*", "[^/]+",
    r"https://github\.com/.*", r"https://github\.com/[^/]+/[^/]+/.*", r"https://github\.com/\w+/.*",
    r"https://github\.com/acme/small/.*|.+", r"(?:https://github\.com/acme/.*|.+@.+)", "(?i)HTTPS://.+", "(?s).+",
    r".*/release\.yml@refs/tags/.*", r".*@refs/heads/main", r"https://github\.com/[a-m].*", r".*@gmail\.com",
    r"(?!https://evil).+", r"https?://git(?:hub|lab)\.com/.+", r".*\.github/workflows/.*", "x?.+", r"[\w:/.@-]+",
    "(.)(.*)", r"https://gitlab\.com/.*", r"https://github\.com/acme.*", "https://github.com/acme.*",
    r"^https://github\.com/(?:acme|foo).*@refs/tags/v.*$", r"https://github\.com/acme[^/]*/.+", r".*acme\.com",
    r".+@acme.*", "release@.+", r"https://github\.com/acme-[a-z]+/.*", r"https://gitlab\.com/acme.*@refs/heads/main",
    r"https://github\.com/acm[e].*", r"https://github\.com/acme\S*/\.github/workflows/release\.yml@refs/tags/v\d.*",
]  # fmt: skip


@pytest.mark.parametrize("pattern", STRANGERS)
def test_a_pattern_that_matches_strangers_is_refused(pattern: str) -> None:
    with pytest.raises(UsageError, match=r"'identity_regex' matches (?:strangers|the empty name)"):
        checked([SigningIdentity(issuer=ISSUER, identity_regex=pattern)])


SPECIFIC = [
    r"https://github\.com/org/repo/\.github/workflows/[^/]+@refs/tags/.+",
    r"https://github\.com/acme/.*",
    r".*@acme\.example\.org",
    r"https://github\.com/acme/(?:small|large)/\.github/workflows/release\.ya?ml@refs/tags/v\d+.*",
    r"https://gitlab\.com/acme/small//\.gitlab-ci\.yml@refs/tags/.*",
    "alice@gmail\\.com|bob@gmail\\.com",
    r"https://github\.com/acme/.*@refs/tags/v\d+", r"https://github\.com/[Aa]cme/.*", r"https://accounts\.acme\.com/.+",
    r"https://github\.com/acme/small/\.github/workflows/release\.yml@refs/tags/v.+", r".+@acme\.com",
    r"https://gitlab\.com/acme/.+//\.gitlab-ci\.yml@refs/heads/main", r"https://github\.com/acme/small-.*",
    r"https://github\.com/(?:acme|foo)/.*", r"https://buildkite\.com/acme/.*",
]  # fmt: skip


@pytest.mark.parametrize("pattern", SPECIFIC)
def test_a_pattern_that_names_its_owner_is_accepted(pattern: str) -> None:
    entries = (SigningIdentity(issuer=ISSUER, identity_regex=pattern),)
    assert checked(entries) == entries


def entry(**conditions: Any) -> SigningIdentity:
    return SigningIdentity(identity=NAME, issuer=ISSUER, **conditions)


MET: dict[str, dict[str, Any]] = {
    "repository": {"repository": "https://github.com/org/repo"},
    "repository at GitHub": {"repository": "Org/Repo"},
    "repository as git names it": {"repository": "git@github.com:org/repo.git"},
    "ref": {"ref": "refs/tags/v1"},
    "any tag": {"ref": "refs/tags/*"},
    "tags of a kind": {"ref": "refs/tags/v*"},
    "event": {"event": "push"},
    "runner": {"runner": "github-hosted"},
    "a kind": {"signs": ("sbom", "gate")},
    "every file": {"signs": ("files",)},
    "all": {"repository": "org/repo", "ref": "refs/tags/v1", "event": "push", "runner": "github-hosted"},
}


@pytest.mark.parametrize("name", MET)
def test_a_condition_that_holds(name: str) -> None:
    [identity] = checked([entry(**MET[name])])
    assert matching([identity], NAME, ISSUER, NOON, SignedRun(RUN, "sbom")) == identity


UNMET: dict[str, tuple[dict[str, Any], dict[str, str] | None, str]] = {
    "repository": ({"repository": "org/repo-evil"}, {}, "is for the repository github.com/org/repo-evil, found "),
    "ref": ({"ref": "refs/heads/main"}, {}, "is for the ref refs/heads/main, found refs/tags/v1"),
    "a longer ref": ({"ref": "refs/tags/v1"}, {f"{ARC}14": "refs/tags/v10", f"{ARC}6": "refs/tags/v10"}, "is for the ref"),
    "a star that crosses lines": ({"ref": "refs/tags/*"}, {f"{ARC}14": "refs/tags/v1\n", f"{ARC}6": "refs/tags/v1\n"}, "is for"),
    "event": ({"event": "push"}, {f"{ARC}20": "pull_request_target", f"{ARC}2": "pull_request_target"}, "is for the event push"),
    "runner": ({"runner": "github-hosted"}, {f"{ARC}11": "self-hosted"}, "is for the runner github-hosted, found self-hosted"),
    "two repositories": ({"repository": "org/repo"}, {f"{ARC}5": "evil/repo"}, "found github.com/evil/repo, github.com/org/repo"),
    "nothing in the certificate": ({"runner": "github-hosted"}, None, "found none in the certificate"),
    "no ref in the certificate": ({"ref": "refs/tags/v1"}, None, "found none in the certificate"),
    "another kind": ({"signs": ("gate", "attestations")}, {}, "may sign gate, attestations only"),
}  # fmt: skip


@pytest.mark.parametrize("name", UNMET)
def test_a_condition_that_does_not_hold(name: str) -> None:
    conditions, changes, why = UNMET[name]
    [identity] = checked([entry(**conditions)])
    run = SignedRun({} if changes is None else {**RUN, **changes}, "sbom")
    assert matching([identity], NAME, ISSUER, NOON, run) is None
    [(_, told)] = mismatches([identity], NAME, ISSUER, NOON, run)
    assert why in told
    assert matching([identity], NAME, ISSUER, NOON) == identity  # before there is a certificate


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a repository without an owner": ({"repository": "repo"}, "'repository' is 'repo', expected "),
    "a repository that is a pattern": ({"repository": "org/.*"}, "'repository' is 'org/.*', expected "),
    "a short ref": ({"ref": "main"}, "'ref' is 'main', expected a full ref"),
    "any ref": ({"ref": "refs/*"}, "'ref' is 'refs/*', which matches every ref"),
    "any branch": ({"ref": "refs/heads/*"}, "'ref' is 'refs/heads/*', which matches every ref"),
    "an event that is a pattern": ({"event": "*"}, "'event' is '*', expected a word such as push"),
    "a runner with a space": (
        {"runner": "my runner"},
        "'runner' is 'my runner', expected a word such as github-hosted",
    ),
    "a kind that does not exist": (
        {"signs": ("sboms",)},
        "'for' has 'sboms', expected files, attestations, checksums, ",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_condition_that_is_invalid_is_refused(name: str) -> None:
    conditions, problem = WRONG[name]
    with pytest.raises(UsageError) as caught:
        checked([entry(**conditions)])
    assert problem in caught.value.message
