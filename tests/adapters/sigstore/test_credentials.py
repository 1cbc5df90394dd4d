"""Where identity tokens come from, and that none is shown."""

from __future__ import annotations

import io
import os
import threading
import urllib.request
import webbrowser
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.supply_chain.adapters.sigstore import credentials
from ops.supply_chain.adapters.sigstore.failure import ServiceError, TokenError
from ops.supply_chain.core.errors import UnavailableError
from ops.supply_chain.rehearsal.faults import InjectedFault
from ops.supply_chain.rehearsal.instance import GITHUB_IDENTITY, RehearsalInstance
from ops.supply_chain.runner.clock import read_clock
from ops.supply_chain.trust.signing.token import read_token
from tests.fakes.signing import clear_platform


@pytest.fixture(autouse=True)
def _no_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    clear_platform(monkeypatch)


@pytest.fixture
def instance() -> Iterator[RehearsalInstance]:
    with RehearsalInstance() as found:
        yield found


def who(raw: str) -> tuple[str, ...]:
    return read_token(raw, now=read_clock()).names


def test_a_file_is_read_anew_each_time(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text(" first\n")
    found = credentials.from_file(path)
    assert (found.origin, found.read()) == ("file", "first")
    path.write_text("second")
    assert found.read() == "second"


@pytest.mark.parametrize("content", [b"", b" \n", b"\xff\xfe", b"x" * (credentials.MOST_TOKEN_BYTES + 1)])
def test_a_file_without_a_token(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_bytes(content)
    with pytest.raises(TokenError) as caught:
        credentials.from_file(path).read()
    assert caught.value.message == f"{path}: holds no identity token"
    assert caught.value.hint == credentials.NO_TOKEN_HINT


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(TokenError, match=r": cannot be read: No such file or directory$"):
        credentials.from_file(tmp_path / "token").read()


def test_the_environment() -> None:
    found = credentials.from_environment({"SIGSTORE_ID_TOKEN": " t\n"})
    assert found is not None
    assert (found.origin, found.read()) == ("environment", "t")
    assert credentials.from_environment({"SIGSTORE_ID_TOKEN": " "}) is None
    assert credentials.from_environment({}) is None


def test_a_workflow(instance: RehearsalInstance, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in instance.github_environment().items():
        monkeypatch.setenv(name, value)
    found = credentials.ambient()
    assert found.origin == "platform"
    assert who(found.read()) == (GITHUB_IDENTITY,)
    assert who(found.read()) == (GITHUB_IDENTITY,)
    assert instance.faults.asked("github") == 2


def test_a_workflow_that_may_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    with pytest.raises(TokenError) as caught:
        credentials.ambient().read()
    assert caught.value.message == "this workflow may not ask for an identity token"
    assert caught.value.hint == "Give the workflow's job `permissions: id-token: write`."


FAULTS = {
    "broken": InjectedFault(status=500, message="secret"),
    "hangs up": InjectedFault(drop=True),
    "nonsense": InjectedFault(body=b"secret"),
    "not even text": InjectedFault(body=b"\xff\xfe"),
}
SAID = {
    "broken": "GitHub: OIDC token request failed (code=500)",
    "hangs up": "GitHub: OIDC token request timed out)",
    "nonsense": "GitHub: malformed or incomplete JSON)",
    "not even text": "GitHub: malformed or incomplete JSON)",
}
"""What is told of each; never what was answered."""


@pytest.mark.parametrize("case", FAULTS)
def test_a_platform_that_does_not_answer(
    case: str, instance: RehearsalInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in instance.github_environment().items():
        monkeypatch.setenv(name, value)
    instance.faults.add("github", FAULTS[case])
    with pytest.raises(ServiceError) as caught:
        credentials.ambient().read()
    assert caught.value.message == f"identity issuer: gave no identity token ({SAID[case]}"
    assert isinstance(caught.value, UnavailableError)


def test_an_address_of_a_platform_that_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "x")
    monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_URL", "http://[")
    with pytest.raises(ServiceError, match=r"^identity issuer: gave no identity token \("):
        credentials.ambient().read()


def test_a_gitlab_job(instance: RehearsalInstance, monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = "https://gitlab.com/acme/widget//.gitlab-ci.yml@refs/tags/v1"
    monkeypatch.setenv("GITLAB_CI", "true")
    with pytest.raises(TokenError) as caught:
        credentials.ambient().read()
    assert caught.value.described() == (
        "error: this job has no SIGSTORE_ID_TOKEN\n  next: Give the job `id_tokens: SIGSTORE_ID_TOKEN: aud: sigstore`."
    )
    monkeypatch.setenv("SIGSTORE_ID_TOKEN", instance.identity_token(pipeline, "https://gitlab.com"))
    given = credentials.from_environment(os.environ)
    assert given is not None
    assert who(given.read()) == who(credentials.ambient().read()) == (pipeline,)


AGENTS = {
    "BUILDKITE": ("buildkite-agent", "Buildkite: could not find Buildkite agent in Buildkite environment"),
    "CIRCLECI": ("circleci", "CircleCI: could not find `circleci` in the environment"),
}


@pytest.mark.parametrize("variable", AGENTS)
def test_a_platform_that_has_a_command_of_its_own(
    variable: str, instance: RehearsalInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, missing = AGENTS[variable]
    monkeypatch.setenv(variable, "true")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(TokenError) as caught:
        credentials.ambient().read()
    assert caught.value.described() == (
        f"error: this platform gives no identity token ({missing})\n"
        "  next: Let the job find its platform's own command on PATH, or give a token in a file: "
        "--identity-token-file."
    )
    agent = tmp_path / name
    agent.write_text(f"#!/bin/sh\necho {instance.identity_token()}\n")
    agent.chmod(0o755)
    assert who(credentials.ambient().read()) == (instance.options.identity,)
    agent.write_text("#!/bin/sh\nexit 1\n")
    with pytest.raises(ServiceError):
        credentials.ambient().read()


def test_nowhere_to_be_had() -> None:
    with pytest.raises(TokenError) as caught:
        credentials.ambient().read()
    assert caught.value.message == "there is no identity token to sign with"
    assert caught.value.hint == credentials.NO_TOKEN_HINT


def test_a_browser(instance: RehearsalInstance, monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(url: str) -> bool:
        threading.Thread(target=lambda: urllib.request.urlopen(url, timeout=10).read(), daemon=True).start()  # noqa: S310 - loopback
        return True

    monkeypatch.setattr(webbrowser, "open", opened)
    instance.log_in_as("me@example.org", "https://github.com/login/oauth")
    found = credentials.interactive(lambda: instance.base, out_of_band=False)
    assert found.origin == "browser"
    assert who(found.read()) == ("me@example.org",)


def test_out_of_band(
    instance: RehearsalInstance, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def entered(_prompt: str) -> str:
        link = next(word for word in capsys.readouterr().err.split() if word.startswith("http"))
        answer: bytes = urllib.request.urlopen(link, timeout=10).read()  # noqa: S310 - loopback
        return answer.decode().strip()

    monkeypatch.setattr("builtins.input", entered)
    instance.log_in_as("me@example.org", "https://github.com/login/oauth")
    found = credentials.interactive(lambda: instance.base, out_of_band=True)
    assert found.origin == "out-of-band"
    assert who(found.read()) == ("me@example.org",)


def test_out_of_band_without_a_code(instance: RehearsalInstance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    with pytest.raises(TokenError, match=r"^no code was entered$"):
        credentials.interactive(lambda: instance.base, out_of_band=True).read()


ISSUER_FAULTS = {**FAULTS, "not there": InjectedFault(status=404), "a list": InjectedFault(body=b"[]")}


@pytest.mark.parametrize("case", ISSUER_FAULTS)
def test_an_issuer_that_does_not_answer(case: str, instance: RehearsalInstance) -> None:
    instance.faults.add("oidc", ISSUER_FAULTS[case])
    with pytest.raises(ServiceError) as caught:
        credentials.interactive(lambda: instance.base, out_of_band=True).read()
    assert caught.value.hint == credentials.AGAIN


def test_nothing_of_the_environment_is_changed(instance: RehearsalInstance) -> None:
    before = dict(os.environ)
    with pytest.raises(TokenError):
        credentials.ambient().read()
    assert dict(os.environ) == before
