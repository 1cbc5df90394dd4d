"""Which variables a child process may see: what its kind needs, and no unknown variable."""

from __future__ import annotations

import json
import re

import pytest

from ops.supply_chain import PIPELINE, StageRow, release_uses, row_of
from ops.supply_chain.core.start import TREE
from ops.supply_chain.core.variables import NEEDS, SECRETS, VARIABLES, Child, child_variables, is_token, stage_variables

SIGNING = ("SIGSTORE_ID_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_URL")
PUBLISHING = ("GH_TOKEN", "GITHUB_TOKEN")
ACCOUNTS = ("UV_INDEX_CORP_USERNAME", "UV_INDEX_CORP_PASSWORD")
NAMED_INDEXES = (
    "UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL",
)  # fmt: skip
INDEX = ("SEALWRIGHT_INDEX_USERNAME", "SEALWRIGHT_INDEX_PASSWORD", *NAMED_INDEXES, *ACCOUNTS)
REGISTRY = ("SEALWRIGHT_REGISTRY_URL", "SEALWRIGHT_REGISTRY_TENANT")
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
        *REGISTRY,
        "PATH",
        "HOME",
        "LC_ALL",
        "HTTPS_PROXY",
    ),
    "x",
)


def _every_secret(row: StageRow) -> set[str]:
    """Return the secrets that a stage may see with any command line."""
    return {entry.split()[0] for entry in row.secrets}


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
    seen = {row.script: set(stage_variables(_every_secret(row), OUTER)) for row in PIPELINE}
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
    assert {word for row in PIPELINE for word in _every_secret(row)} == set(NEEDS)


def test_a_condition_in_the_table_of_stages_names_options_of_the_stage() -> None:
    lines = json.loads((TREE / "ops/supply_chain/runner/command_lines.json").read_bytes())
    for row in PIPELINE:
        for _, kind, *options in (entry.split() for entry in row.secrets if " " in entry):
            assert kind in ("if", "unless")
            assert options
            assert all(f'"{option}"' in json.dumps(lines[row.script]) for option in options), row.script


def _seen(script: str, *words: str) -> set[str]:
    return set(stage_variables(row_of(script).secrets_for(words), OUTER))


def test_the_registry_reaches_a_gate_only_with_a_scheduler_and_no_stage_of_a_release() -> None:
    for gate in ("check_vulnerabilities", "check_malware"):
        assert not _seen(gate, "--ledger", "--offline") & set(REGISTRY)
        assert not _seen(gate, "--part", "folder", "--fleet", "f") & set(REGISTRY)
        assert set(REGISTRY) <= _seen(gate, "--scheduler", "tcp://h:1") & _seen(gate, "--scheduler=tcp://h:1")
    for use in (use for step in release_uses() for use in step):
        assert not _seen(*use.command.split()) & set(REGISTRY), use.command


def test_tokens_reach_a_stage_only_with_the_option_that_uses_them() -> None:
    assert not _seen("check_releases", "--ledger") & {*PUBLISHING, *ACCOUNTS}
    assert _seen("check_releases", "--restore") & {*PUBLISHING, *ACCOUNTS} == set(PUBLISHING)
    assert {*PUBLISHING, *ACCOUNTS} <= _seen("check_releases", "--verify=due")
    assert _seen("publish_release") & {*PUBLISHING, *UPLOADING} == set(PUBLISHING)
    assert _seen("publish_release", "--index", "pypi") & {*PUBLISHING, *UPLOADING} == set(UPLOADING)


def test_who_needs_only_the_address_of_an_index_sees_no_account() -> None:
    outer = {
        **OUTER, "UV_INDEX_URL": "https://us:p@ss@host:1/simple", "UV_INDEX": "a=https://u@h/x https://t:@i/y@z https://j/",
    }  # fmt: skip
    seen = stage_variables(row_of("check_malware").secrets_for([]), outer)
    assert set(seen) & set(INDEX) == set(NAMED_INDEXES)
    assert (seen["UV_INDEX_URL"], seen["UV_INDEX"]) == (
        "https://host:1/simple", "a=https://h/x https://i/y@z https://j/",
    )  # fmt: skip
    assert stage_variables(row_of("check_hashes").secrets_for([]), outer)["UV_INDEX_URL"] == outer["UV_INDEX_URL"]


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
