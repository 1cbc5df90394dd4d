"""What GitHub says when it says no, and that nothing of ours shows in it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.supply_chain.adapters.github.address import api_from_environment, token_from_environment
from ops.supply_chain.adapters.github.api import GithubApi, _quiet_seconds, _until
from ops.supply_chain.adapters.github.client import Github
from ops.supply_chain.adapters.http.client import Timeouts
from ops.supply_chain.adapters.http.failure import Failed
from ops.supply_chain.contracts.values.publication import LocalFile
from ops.supply_chain.core.errors import InputError, UnavailableError, UsageError
from tests.fakes.bad_sockets import refusing
from tests.fakes.github import TOKEN, Ask, FakeGithub, Mood

QUICK = Timeouts(5, 5, 30, 2, 0.001, 0.5, 3)


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGithub]:
    with FakeGithub() as fake:
        monkeypatch.setenv("GITHUB_API_URL", fake.api)
        monkeypatch.setenv("GH_TOKEN", TOKEN)
        yield fake


def refusal(service: FakeGithub, mood: Mood) -> UnavailableError:
    service.misbehave(Ask.BY_TAG, mood)
    with Github("acme/widget", timeouts=QUICK) as github, pytest.raises(UnavailableError) as caught:
        github.published("v1")
    assert TOKEN not in caught.value.described()
    return caught.value


SAID = {
    Mood.UNAUTHORISED: (
        "answered with HTTP status 401: Bad credentials",
        "Put a valid token into GH_TOKEN or GITHUB_TOKEN, then run again.",
    ),
    Mood.FORBIDDEN: (
        "answered with HTTP status 403: Bad??::error::news for **** at https://github.com/",
        "The token needs the permission to read and write the repository's contents.",
    ),
    Mood.SERVER_ERROR: (
        "answered with HTTP status 502: Bad??::error::news for **** at https://github.com/",
        "Check that this machine can reach it (network, proxy, certificates), then run again: what is done is kept.",
    ),
    Mood.REFUSED: (
        "answered with HTTP status 422: Validation Failed, custom",
        "Check that this machine can reach it (network, proxy, certificates), then run again: what is done is kept.",
    ),
    Mood.SECONDARY: (
        "limits how often it is asked (HTTP status 403); it wants 60 seconds of quiet",
        "Wait until GitHub lets this account ask again, then run again.",
    ),
    Mood.MALFORMED: (
        "answered with HTTP status 200 and something that is not JSON",
        "Check that this machine can reach it (network, proxy, certificates), then run again: what is done is kept.",
    ),
    Mood.WRONG_SHAPE: (
        "answered with a release whose id is not as documented",
        "Check that this machine can reach it (network, proxy, certificates), then run again: what is done is kept.",
    ),
    Mood.OVERSIZE: (
        "answered with more than 33554432 bytes",
        "Check that this machine can reach it (network, proxy, certificates), then run again: what is done is kept.",
    ),
    Mood.REDIRECT: (
        "redirects to http://elsewhere.invalid/, which is not https",
        "Check that this machine can reach it (network, proxy, certificates), then run again: what is done is kept.",
    ),
}


@pytest.mark.parametrize("mood", SAID)
def test_what_is_told(service: FakeGithub, mood: Mood) -> None:
    error = refusal(service, mood)
    assert error.message == f"GitHub {service.api}/repos/acme/widget/releases/tags/v1: {SAID[mood][0]}"
    assert error.hint == SAID[mood][1]


def test_a_long_wait_is_not_waited(service: FakeGithub) -> None:
    service.retry_after = "3600"
    assert refusal(service, Mood.TOO_MANY).message.endswith("(HTTP status 429); it wants 3600 seconds of quiet")
    assert service.asked(Ask.BY_TAG) == 1


def test_a_short_limit_is_waited_for(service: FakeGithub) -> None:
    service.add("v1", {"a": b"a"})
    service.misbehave(Ask.BY_TAG, Mood.LIMITED, times=1)
    with Github("acme/widget", timeouts=QUICK) as github:
        assert github.published("v1") is not None


@pytest.mark.parametrize(
    ("status", "fields", "said", "expected"),
    [
        (403, {}, "Resource not accessible by integration", None),
        (403, {}, "You have exceeded a secondary rate limit.", 60),
        (429, {}, "", 60),
        (429, {"retry-after": "7", "x-ratelimit-remaining": "0"}, "", 7),
        (403, {"x-ratelimit-remaining": "5", "x-ratelimit-reset": "99"}, "", None),
        (
            403,
            {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1000000030", "date": "Sun, 09 Sep 2001 01:46:40 GMT"},
            "",
            30,
        ),
        (403, {"x-ratelimit-remaining": "0"}, "", 60),
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "soon", "date": "today"}, "", 60),
        (502, {"retry-after": "7"}, "rate limit", None),
    ],
)
def test_how_long_to_be_quiet(status: int, fields: dict[str, str], said: str, expected: float | None) -> None:
    assert _quiet_seconds(status, fields, said) == expected


def test_a_reset_in_the_past_is_no_wait() -> None:
    assert _until("5", "Sun, 09 Sep 2001 01:46:40 GMT") == 0


def test_a_redirect_to_another_host_of_the_api_does_not_show_the_token(service: FakeGithub) -> None:
    with FakeGithub() as other:
        service.redirect_to = f"{other.api}/repos/acme/widget/releases/tags/v1"
        other.add("v1", {})
        service.add("another", {})  # of the same number, whose assets are asked for next
        service.misbehave(Ask.BY_TAG, Mood.REDIRECT)
        with Github("acme/widget", timeouts=QUICK) as github:
            assert github.published("v1") is not None
        [seen] = other.requests
        assert "Authorization" not in seen.headers


def test_a_redirect_within_the_api_keeps_it(service: FakeGithub) -> None:
    service.redirect_to = f"{service.api}/repos/acme/widget/releases/tags/v2"
    service.add("v2", {})
    service.misbehave(Ask.BY_TAG, Mood.REDIRECT, times=1)
    with Github("acme/widget", timeouts=QUICK) as github:
        assert github.published("v1") is not None
    assert service.violations == []
    assert [seen.headers.get("Authorization") for seen in service.requests] == [f"Bearer {TOKEN}"] * 3


def test_a_change_is_not_sent_after_a_redirect(service: FakeGithub) -> None:
    service.redirect_to = f"{service.api}/repos/acme/renamed/releases"
    service.misbehave(Ask.CREATE, Mood.REDIRECT)
    with Github("acme/widget", timeouts=QUICK) as github, pytest.raises(UnavailableError) as caught:
        github.create_draft("v1")
    assert caught.value.hint == "The repository has perhaps moved: give its new name."
    assert service.asked(Ask.CREATE) == 1


def test_a_redirect_to_no_address_is_told(service: FakeGithub) -> None:
    service.redirect_to = "https://127.0.0.1:99999/"
    assert refusal(service, Mood.REDIRECT).message.endswith("redirects to an address that is none")


def test_a_redirect_for_ever_ends(service: FakeGithub) -> None:
    service.redirect_to = f"{service.api}/repos/acme/widget/releases/tags/v1"
    assert refusal(service, Mood.REDIRECT).message.endswith("redirects more than 5 times")


def test_a_draft_whose_answer_was_lost_is_found_again(service: FakeGithub) -> None:
    service.misbehave(Ask.CREATE, Mood.LATE_ERROR, times=1)
    with Github("acme/widget", timeouts=QUICK) as github:
        draft = github.create_draft("v1", name="N 1")
    assert list(service.releases) == [draft.id]


def test_a_service_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GH_TOKEN", TOKEN)
    with refusing() as address:
        monkeypatch.setenv("GITHUB_API_URL", address)
        with Github("acme/widget", timeouts=QUICK) as github, pytest.raises(UnavailableError) as caught:
            github.published("v1")
    assert "cannot be reached" in caught.value.message


def test_a_tag_of_odd_characters_is_one_part_of_the_path(service: FakeGithub) -> None:
    service.add("a/b+c", {})
    with Github("acme/widget", timeouts=QUICK) as github:
        assert github.published("a/b+c") is not None
        assert github.tag_commit("a/b+c") == ""
    assert service.requests[0].path.endswith("/releases/tags/a%2Fb%2Bc")


def test_without_a_token_nothing_is_published(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GH_TOKEN", raising=False)
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)
    with pytest.raises(UsageError) as caught:
        Github("acme/widget")
    assert caught.value.hint == "Put it into GH_TOKEN or GITHUB_TOKEN."


def test_an_unreadable_file_is_an_input_error(service: FakeGithub, tmp_path: Path) -> None:
    with Github("acme/widget", timeouts=QUICK) as github:
        draft = github.create_draft("v1")
        with pytest.raises(InputError):
            github.send_files(draft, tmp_path, [LocalFile(name="absent", sha256="0" * 64, size=1)])


def test_a_limit_stops_every_other_exchange_for_that_while(
    service: FakeGithub, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    async def work() -> None:
        api = GithubApi(
            api_from_environment(), token_from_environment(), timeouts=QUICK._replace(retry_after_seconds=90)
        )
        service.retry_after = "80"
        service.misbehave(Ask.BY_TAG, Mood.TOO_MANY, times=1)
        with pytest.raises(Failed):
            await api.once("GET", api.url_of("/repos/acme/widget/releases/tags/v1"))
        with monkeypatch.context() as patched:
            patched.setattr(asyncio, "sleep", sleep)
            await api.once("GET", api.url_of("/repos/acme/widget/releases"))
        await api.close()

    asyncio.run(work())
    [quiet] = slept
    assert 0 < quiet <= 80
