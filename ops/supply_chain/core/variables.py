"""Which environment variables each kind of child process may see, in one table.

A child process gets the variables that its kind needs and no others, so that an unknown variable, a
token for example, is never inherited. Secrets are named by group; a kind or a stage gets a group only where it uses it.

Source: https://docs.astral.sh/uv/reference/environment/; https://docs.github.com/en/actions/reference/workflows-and-actions/variables;
https://docs.github.com/en/actions/reference/security/oidc; https://docs.gitlab.com/ci/secrets/id_token_authentication/
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum


class Group(StrEnum):
    """A set of variables with one purpose. `ADDRESS` are those of `INDEX` that name one; a stage that needs no more sees them without account."""

    MACHINE = "machine"
    NETWORK = "network"
    RESOLVER = "resolver"
    TOOLCHAIN = "toolchain"
    RUN = "run"
    INDEX = "index"
    ADDRESS = "address"
    ACCOUNTS = "accounts"
    SIGNING = "signing"
    GITHUB = "github"
    PUBLISHING = "publishing"
    REGISTRY = "registry"
    DEPENDENCY_TRACK = "dependency-track"


class Child(StrEnum):
    """A kind of child process."""

    GIT = "git"
    UV = "uv"
    LOCK_TOOL = "lock tool"
    PIP_AUDIT = "pip-audit"
    CYCLONEDX = "cyclonedx-py"
    CHROMIUM = "chromium"
    OPA = "opa"
    BACKEND = "build backend"
    STAGE = "stage"


VARIABLES: Mapping[Group, str] = {
    Group.MACHINE: (
        r"PATH|HOME|USER|LOGNAME|LANG|LANGUAGE|LC_[A-Z]+|TZ|TMPDIR|TMP|TEMP|LD_LIBRARY_PATH|XDG_(?:CACHE|CONFIG|DATA|STATE)_HOME|"
        r"SYSTEMROOT|SYSTEMDRIVE|WINDIR|COMSPEC|PATHEXT|USERPROFILE|APPDATA|LOCALAPPDATA|PROGRAMDATA|PROGRAMFILES"
    ),
    Group.NETWORK: (
        r"(?:HTTP|HTTPS|ALL|NO)_PROXY|(?:http|https|all|no)_proxy|"
        r"SSL_CERT_(?:FILE|DIR)|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|NETRC"
    ),
    Group.RESOLVER: (
        r"UV_(?:HTTP_\w+|REQUEST_TIMEOUT|NATIVE_TLS|SYSTEM_CERTS|INSECURE_HOST|KEYRING_PROVIDER|CONCURRENT_\w+|"
        r"CREDENTIALS_DIR)"
    ),
    Group.TOOLCHAIN: (
        r"CC|CXX|CFLAGS|CXXFLAGS|CPPFLAGS|LDFLAGS|(?:PYENV|ASDF|MISE|PIPX|CARGO|RUSTUP)_\w*(?:ROOT|DIR|HOME)"
    ),
    Group.RUN: (
        r"SEALWRIGHT_(?:CACHE|CHROMIUM|COMMAND|FLEET_(?:CA|CERT|KEY)|HOME|INVOCATION|PREPARED|REHEARSAL|TRUST_CONFIG)|SOURCE_DATE_EPOCH|"
        r"GITHUB_(?:ACTIONS|API_URL|BASE_REF|STEP_SUMMARY|WORKSPACE)|RUNNER_ENVIRONMENT|GITLAB_CI|CI|"
        r"TERM|COLUMNS|LINES|NO_COLOR|FORCE_COLOR|CLICOLOR|CLICOLOR_FORCE"
    ),
    Group.INDEX: (
        r"SEALWRIGHT_INDEX_(?:USERNAME|PASSWORD)|UV_DEFAULT_INDEX|UV_INDEX(?:_URL)?|UV_EXTRA_INDEX_URL|PIP_(?:EXTRA_)?INDEX_URL"
    ),
    Group.ADDRESS: r"UV_DEFAULT_INDEX|UV_INDEX(?:_URL)?|UV_EXTRA_INDEX_URL|PIP_(?:EXTRA_)?INDEX_URL",
    Group.ACCOUNTS: r"UV_INDEX_[A-Z0-9_]+_(?:USERNAME|PASSWORD)",
    Group.SIGNING: (
        r"(?:[A-Z0-9]+_)*SIGSTORE_ID_TOKEN|ACTIONS_ID_TOKEN_REQUEST_\w+|GOOGLE_SERVICE_ACCOUNT_NAME|BUILDKITE\w*|CIRCLE\w*"
    ),
    Group.GITHUB: r"GH_TOKEN|GITHUB_TOKEN",
    Group.REGISTRY: r"SEALWRIGHT_REGISTRY_(?:URL|TENANT)",
    Group.DEPENDENCY_TRACK: r"DEPENDENCY_TRACK_API_KEY",
    Group.PUBLISHING: r"UV_PUBLISH_TOKEN|ACTIONS_ID_TOKEN_REQUEST_\w+|(?:TEST)?PYPI_ID_TOKEN",
}
"""Expressions for the full names of the variables in each group, compiled where they are used. `RUN` is what a stage needs to know about its run; none is a secret."""

CHILDREN: Mapping[Child, frozenset[Group]] = {
    Child.GIT: frozenset({Group.MACHINE}),
    Child.UV: frozenset({Group.MACHINE, Group.NETWORK, Group.RESOLVER, Group.TOOLCHAIN, Group.ACCOUNTS}),
    Child.LOCK_TOOL: frozenset({Group.MACHINE, Group.NETWORK, Group.TOOLCHAIN}),
    Child.PIP_AUDIT: frozenset({Group.MACHINE, Group.NETWORK}),
    Child.CYCLONEDX: frozenset({Group.MACHINE}),
    Child.CHROMIUM: frozenset({Group.MACHINE}),
    Child.OPA: frozenset({Group.MACHINE}),
    Child.BACKEND: frozenset({Group.MACHINE}),
    Child.STAGE: frozenset({Group.MACHINE, Group.NETWORK, Group.RESOLVER, Group.TOOLCHAIN, Group.RUN}),
}
"""What each kind of child process may see. A stage gets secrets in addition, by the table of stages."""

SECRETS = frozenset(
    {
        Group.INDEX, Group.ADDRESS, Group.ACCOUNTS, Group.SIGNING, Group.GITHUB, Group.PUBLISHING, Group.REGISTRY, Group.DEPENDENCY_TRACK,
    }
)  # fmt: skip
"""Groups that hold secrets, or the address of an index, which may contain an account."""

NEEDS: Mapping[str, frozenset[Group]] = {
    "index": frozenset({Group.INDEX, Group.ACCOUNTS}),
    "address": frozenset({Group.ADDRESS}),
    "signing": frozenset({Group.SIGNING}),
    "github": frozenset({Group.GITHUB}),
    "publishing": frozenset({Group.PUBLISHING}),
    "registry": frozenset({Group.REGISTRY}),
    "dependency-track": frozenset({Group.DEPENDENCY_TRACK}),
}
"""What the words in the column `secrets` of the table of stages mean."""

_USER = re.compile(r"(://)[^/?#\s]*@")
"""User and password of an address, up to the last `@` before its path."""

_TOKENS = (
    rf"{VARIABLES[Group.SIGNING]}|{VARIABLES[Group.GITHUB]}|GITLAB_(?:OIDC_)?TOKEN|CI_JOB_(?:JWT\w*|TOKEN)|"
    r"ACTIONS_RUNTIME_TOKEN|(?:TEST)?PYPI_ID_TOKEN|TWINE_PASSWORD|UV_PUBLISH_(?:TOKEN|PASSWORD)|FLIT_PASSWORD|HATCH_INDEX_AUTH|"
    r"PDM_PUBLISH_PASSWORD|POETRY_(?:PYPI_TOKEN|HTTP_BASIC)_\w+|COSIGN_PASSWORD"
)
_NOT_TOKENS = r"GOOGLE_SERVICE_ACCOUNT_NAME|BUILDKITE(?!_AGENT_ACCESS_TOKEN$)\w*|CIRCLE(?!_OIDC_TOKEN(?:_V2)?$)\w*"


def child_variables(child: Child, outer: Mapping[str, str], *, also: Iterable[Group] = ()) -> dict[str, str]:
    """Return the variables that a child process may see.

    Args:
        child: Its kind.
        outer: The variables of this process.
        also: Groups that this one child needs beyond those of its kind.
    """
    return select(outer, CHILDREN[child] | set(also))


def stage_variables(secrets: Iterable[str], outer: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that a stage may see.

    Args:
        secrets: What it needs with its command line, by the table of stages.
        outer: The variables of the process that starts it.
    """
    groups = {group for word in secrets for group in NEEDS[word]}
    seen = child_variables(Child.STAGE, outer, also=groups)
    if Group.ADDRESS in groups and Group.INDEX not in groups:
        addresses = select(outer, [Group.ADDRESS])
        seen |= {name: _USER.sub(r"\1", text) for name, text in addresses.items()}
    return seen


def select(outer: Mapping[str, str], groups: Iterable[Group]) -> dict[str, str]:
    """Return the variables that belong to one of some groups."""
    expression = "|".join(VARIABLES[group] for group in sorted(groups))
    return {name: value for name, value in outer.items() if expression and re.fullmatch(expression, name)}


def is_token(name: str) -> bool:
    """Return whether a variable holds a credential with which a release can be signed or published."""
    return re.fullmatch(_TOKENS, name) is not None and re.fullmatch(_NOT_TOKENS, name) is None
