"""Where GitHub is, and to whom the token goes."""

from __future__ import annotations

import pytest

from ops.supply_chain.adapters.github.address import (
    Api,
    api_from_environment,
    origin_of_url,
    require_own_upload_host,
    token_from_environment,
    web_host,
)
from ops.supply_chain.adapters.http.credentials import Token
from ops.supply_chain.adapters.http.failure import Failed
from ops.supply_chain.core.errors import UsageError

SECRET = "ghp_secret0123"  # noqa: S105 - made up


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_API_URL", "GH_TOKEN", "GITHUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)


def test_the_public_api_is_the_default() -> None:
    assert api_from_environment() == Api("https://api.github.com", ("https", "api.github.com", 443))


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://git.example/api/v3/", "git.example"),
        ("https://api.acme.ghe.com", "acme.ghe.com"),
        ("http://127.0.0.1:8080", "127.0.0.1"),
        ("https://api.github.com", "github.com"),
    ],
)
def test_the_environment_names_another(monkeypatch: pytest.MonkeyPatch, url: str, host: str) -> None:
    monkeypatch.setenv("GITHUB_API_URL", url)
    api = api_from_environment()
    assert (api.url, web_host(api)) == (url.rstrip("/"), host)


@pytest.mark.parametrize(
    "url",
    [
        "http://api.github.com",
        "ftp://x",
        "api.github.com",
        "https://",
        "https://me:pw@x",
        "https://x?a=b",
        "https://[x",
        "https://x:y",
    ],
)
def test_an_address_that_a_token_may_not_go_to(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("GITHUB_API_URL", url)
    with pytest.raises(UsageError) as caught:
        api_from_environment()
    assert "pw" not in caught.value.described()


def test_tokens_in_order_of_precedence(monkeypatch: pytest.MonkeyPatch) -> None:
    assert token_from_environment().header() == {}
    monkeypatch.setenv("GITHUB_TOKEN", "second")
    assert token_from_environment().header() == {"Authorization": "Bearer second"}
    monkeypatch.setenv("GH_TOKEN", f"{SECRET}\n")
    assert token_from_environment().header() == {"Authorization": f"Bearer {SECRET}"}


@pytest.mark.parametrize("text", ["a b", "a\nb", "ä", "a\x00b".replace("\x00", "\x01"), "x" * 5000])
def test_what_is_no_token_is_not_shown(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", text)
    with pytest.raises(UsageError) as caught:
        token_from_environment()
    assert (
        caught.value.message == "$GITHUB_TOKEN is not a token: it has white space or other than ASCII characters in it"
    )


def test_a_token_does_not_show() -> None:
    token = Token(SECRET)
    assert (repr(token), f"{token}", str([token])) == ("Token(****)", "Token(****)", "[Token(****)]")
    assert token.out_of(f"you sent {SECRET}!") == "you sent ****!"
    assert Token("").out_of("abc") == "abc"


UPLOADS = {
    ("https://api.github.com", "https://uploads.github.com/repos"): True,
    ("https://api.acme.ghe.com", "https://uploads.acme.ghe.com/repos"): True,
    ("https://git.example/api/v3", "https://git.example/api/uploads/repos"): True,
    ("http://127.0.0.1:1", "http://127.0.0.1:2/x"): True,
    ("https://api.github.com", "http://uploads.github.com/repos"): False,
    ("https://api.github.com", "https://uploads.github.com.evil.example/"): False,
    ("https://api.github.com", "https://uploads.github.com@evil.example/"): False,
    ("https://api.github.com", "https://evil.example/"): False,
    ("https://api.github.com", "http://127.0.0.1:2/"): False,
    ("https://git.example/api/v3", "https://uploads.git.example/"): False,
    ("https://git.example/api/v3", "https://git.example:444/"): False,
    ("https://api.github.com", "https://[x"): False,
    ("https://api.github.com", ""): False,
}


@pytest.mark.parametrize(("addresses", "ours"), UPLOADS.items(), ids=[" ".join(pair) for pair in UPLOADS])
def test_whose_upload_host_it_is(addresses: tuple[str, str], ours: bool) -> None:
    api = Api(addresses[0], origin_of_url(addresses[0]))
    if ours:
        require_own_upload_host(api, addresses[1])
        return
    with pytest.raises(Failed):
        require_own_upload_host(api, addresses[1])
