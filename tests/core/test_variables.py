"""Which variables a child process may see: what its kind needs, and no unknown variable."""

from __future__ import annotations

import re

import pytest

from ops.supply_chain import PIPELINE
from ops.supply_chain.core.variables import NEEDS, SECRETS, VARIABLES, Child, child_variables, is_token, stage_variables

SIGNING = ("SIGSTORE_ID_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_URL")
PUBLISHING = ("GH_TOKEN", "GITHUB_TOKEN")
ACCOUNTS = ("UV_INDEX_CORP_USERNAME", "UV_INDEX_CORP_PASSWORD")
NAMED_INDEXES = (
    "UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL",
)  # fmt: skip
INDEX = ("SEALWRIGHT_INDEX_USERNAME", "SEALWRIGHT_INDEX_PASSWORD", *NAMED_INDEXES, *ACCOUNTS)
UPLOADING = ("UV_PUBLISH_TOKEN", "PYPI_ID_TOKEN")
FOREIGN = (
    "CI_JOB_JWT",
    "CI_JOB_JWT_V2",
    "CI_JOB_TOKEN",
    "ACTIONS_RUNTIME_TOKEN",
    "TWINE_PASSWORD",
    "AWS_SECRET_ACCESS_KEY",
    "DATABASE_URL",
    "GIT_ASKPASS",
    "GIT_DIR",
    "GIT_CONFIG_COUNT",
    "SSH_AUTH_SOCK",
    "PYTHONPATH",
    "LD_PRELOAD",
    "GITHUB_ENV",
    "AN_UNKNOWN_TOKEN",
)
OUTER = dict.fromkeys(
    (
        *SIGNING,
        *PUBLISHING,
        *UPLOADING,
        *INDEX,
        *FOREIGN,
        "DEPENDENCY_TRACK_API_KEY",
        "PATH",
        "HOME",
        "LC_ALL",
        "HTTPS_PROXY",
    ),
    "x",
)


@pytest.mark.parametrize("child", Child)
def test_no_kind_of_child_sees_a_token_or_a_variable_outside_the_table(child: Child) -> None:
    seen = child_variables(child, OUTER)
    assert {"PATH", "HOME", "LC_ALL"} <= set(seen)
    assert not set(seen) & {*SIGNING, *PUBLISHING, *UPLOADING, *FOREIGN}
    assert (set(seen) & set(INDEX)) == (set(ACCOUNTS) if child is Child.UV else set())
    assert ("HTTPS_PROXY" in seen) == (
        child not in {Child.GIT, Child.CYCLONEDX, Child.CHROMIUM, Child.OPA, Child.BACKEND}
    )


def test_few_stages_see_the_identity_token_or_the_github_token() -> None:
    seen = {row.script: set(stage_variables(row.secrets, OUTER)) for row in PIPELINE}
    assert {script for script, names in seen.items() if names & set(SIGNING)} == {
        "sign_artifacts",
        "publish_release",  # an index gives an upload token for it
    }
    assert set(SIGNING) <= seen["sign_artifacts"]
    assert {script for script, names in seen.items() if names & set(PUBLISHING)} == {
        "publish_release",
        "check_releases",  # reads the released files of a repository that may be private
    }
    assert {script for script, names in seen.items() if names & set(UPLOADING)} == {"publish_release"}
    assert {script for script, names in seen.items() if "DEPENDENCY_TRACK_API_KEY" in names} == {"upload_sbom"}
    assert not any(names & set(FOREIGN) for names in seen.values())
    assert not seen["sign_artifacts"] & {*INDEX, *PUBLISHING, *UPLOADING}
    assert set(INDEX) <= seen["compile_locks"]


def test_every_word_in_the_table_of_stages_is_known() -> None:
    assert {word for row in PIPELINE for word in row.secrets} == set(NEEDS)


def test_what_the_kinds_share_is_no_secret() -> None:
    secret = [re.compile(VARIABLES[group]) for group in SECRETS]
    public = child_variables(Child.STAGE, OUTER)
    assert not [name for name in public if any(pattern.fullmatch(name) for pattern in secret)]


@pytest.mark.parametrize("name", [*SIGNING, *PUBLISHING, "CI_JOB_JWT_V2", "CI_JOB_TOKEN", "TWINE_PASSWORD"])
def test_a_token_is_recognised(name: str) -> None:
    assert is_token(name)


@pytest.mark.parametrize("name", ["PATH", "CIRCLECI", "BUILDKITE", "UV_INDEX_CORP_PASSWORD", "GITHUB_ACTIONS"])
def test_another_variable_is_no_token(name: str) -> None:
    assert not is_token(name)


def test_a_session_knows_that_it_runs_in_ci_and_where_the_checkout_is() -> None:
    outer = {"CI": "true", "GITHUB_WORKSPACE": "/w", "NO_COLOR": "1", "CI_JOB_TOKEN": "t"}
    assert child_variables(Child.STAGE, outer) == {"CI": "true", "GITHUB_WORKSPACE": "/w", "NO_COLOR": "1"}
