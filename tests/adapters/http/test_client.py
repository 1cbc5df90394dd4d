from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ops.supply_chain.adapters.http.batch import gather, run
from ops.supply_chain.adapters.http.client import HttpClient, Timeouts, is_loopback
from ops.supply_chain.adapters.http.credentials import Credentials, origins_of
from ops.supply_chain.adapters.http.exchange import HttpRequest, HttpResponse
from ops.supply_chain.adapters.http.store import AnswerStore
from ops.supply_chain.core.errors import ExitCode, UnavailableError, UsageError
from tests.fakes.index import Ask, FakeIndex, Mood, impatient

CALM = Timeouts(attempts=2, backoff_seconds=0.01)
REMEDY = "Do the thing."


def ask(question: HttpRequest | str, *, timeouts: Timeouts = CALM, **options: object) -> HttpResponse | None:
    wanted = question if isinstance(question, HttpRequest) else HttpRequest(question, 1 << 20)
    options.setdefault("configured", origins_of(wanted.url))

    async def work() -> HttpResponse | None:
        async with HttpClient("demo system", remedy=REMEDY, timeouts=timeouts, **options) as client:  # type: ignore[arg-type]
            return await client.get(wanted)

    return run(work())


def refusal(question: HttpRequest | str, **options: object) -> UnavailableError:
    with pytest.raises(UnavailableError) as caught:
        ask(question, **options)  # type: ignore[arg-type]
    assert caught.value.exit_code is ExitCode.NOT_EXAMINED
    return caught.value


def _for(mood: Mood) -> Timeouts:
    return impatient(CALM, mood)


@pytest.fixture(autouse=True)
def _no_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "no-netrc"))


def test_a_whole_answer() -> None:
    with FakeIndex(form="html") as index:
        index.add_wheel("demo", "1.0")
        answer = ask(index.url + "demo/")
    assert answer is not None
    assert (answer.status, answer.media_type) == (200, "text/html")
    assert answer.body.startswith(b"<!DOCTYPE html>")
    assert index.requests[0].headers["User-Agent"] == "sealwright"


def test_not_there_is_an_answer() -> None:
    with FakeIndex() as index:
        assert ask(index.url + "demo/") is None


FAILURES = [
    pytest.param(Mood.REFUSE, "cannot be reached (All connection attempts failed)", id="refuse"),
    pytest.param(Mood.HANG_UP, "broke off its answer (Server disconnected without sending a response.)", id="hang-up"),
    pytest.param(Mood.HANG, "no answer in time", id="hang"),
    pytest.param(Mood.DRIP, "the answer was not complete in time", id="drip"),
    pytest.param(Mood.TOO_MANY, "answered with HTTP status 429", id="too-many"),
    pytest.param(Mood.SERVER_ERROR, "answered with HTTP status 500", id="server-error"),
    pytest.param(Mood.UNAUTHORISED, "answered with HTTP status 401", id="unauthorised"),
    pytest.param(Mood.TRUNCATED_GZIP, "broke off its answer (the gzip stream has no proper end)", id="truncated-gzip"),
    pytest.param(Mood.NO_LENGTH, "sends no length, so that a truncated response cannot be detected", id="no-length"),
    pytest.param(Mood.OVERSIZE, "answered with more than 1048576 bytes", id="oversize"),
    pytest.param(Mood.ENDLESS, "answered with more than 1048576 bytes", id="endless"),
    pytest.param(Mood.GZIP_BOMB, "answered with more than 1048576 bytes", id="gzip-bomb"),
    pytest.param(
        Mood.REDIRECT, "redirects to http://elsewhere.invalid/secret-token/, which is not https", id="redirect"
    ),
    pytest.param(Mood.REDIRECT_LOOP, "redirects more than 5 times", id="redirect-loop"),
    pytest.param(Mood.EMPTY, "answered with nothing", id="empty"),
]


@pytest.mark.parametrize(("mood", "reason"), FAILURES)
def test_each_failure_says_what_happened(mood: Mood, reason: str) -> None:
    with FakeIndex() as index:
        index.add_wheel("demo", "1.0", metadata=b"x" * 400)
        index.misbehave(Ask.SIMPLE, mood)
        url = index.url + "demo/"
        error = refusal(url, timeouts=_for(mood))
    assert error.message == f"demo system {url}: {reason}"


def test_a_cut_answer() -> None:
    with FakeIndex() as index:
        index.add_wheel("demo", "1.0")
        index.misbehave(Ask.SIMPLE, Mood.TRUNCATED)
        assert refusal(index.url + "demo/").message.startswith(
            f"demo system {index.url}demo/: broke off its answer (peer closed connection without sending complete"
        )


ADVICE = [
    pytest.param(
        Mood.UNAUTHORISED,
        "Put a user and password for that host into the netrc file, and its address into [index], then run again.",
    ),
    pytest.param(Mood.TOO_MANY, "Wait until the service lets this machine ask again, then run again."),
    pytest.param(Mood.SERVER_ERROR, REMEDY),
    pytest.param(Mood.EMPTY, REMEDY),
]


@pytest.mark.parametrize(("mood", "advice"), ADVICE)
def test_each_failure_says_what_to_do(mood: Mood, advice: str) -> None:
    with FakeIndex() as index:
        index.misbehave(Ask.SIMPLE, mood)
        assert refusal(index.url + "demo/").hint == advice


RETRIED = [
    pytest.param(Mood.SERVER_ERROR, 2, id="server-error"),
    pytest.param(Mood.TOO_MANY, 2, id="too-many"),
    pytest.param(Mood.HANG_UP, 2, id="hang-up"),
    pytest.param(Mood.HANG, 2, id="hang"),
    pytest.param(Mood.TRUNCATED, 2, id="truncated"),
    pytest.param(Mood.UNAUTHORISED, 1, id="unauthorised"),
    pytest.param(Mood.OVERSIZE, 1, id="oversize"),
    pytest.param(Mood.EMPTY, 1, id="empty"),
    pytest.param(Mood.REDIRECT, 1, id="redirect"),
]


@pytest.mark.parametrize(("mood", "attempts"), RETRIED)
def test_asks_again_only_where_that_may_help(mood: Mood, attempts: int) -> None:
    with FakeIndex() as index:
        index.add_wheel("demo", "1.0")
        index.misbehave(Ask.SIMPLE, mood)
        refusal(index.url + "demo/", timeouts=_for(mood))
        assert len(index.requests) == attempts


@pytest.mark.parametrize("mood", [Mood.SERVER_ERROR, Mood.TOO_MANY, Mood.HANG_UP, Mood.TRUNCATED])
def test_a_passing_trouble_is_no_failure(mood: Mood) -> None:
    with FakeIndex() as index:
        index.add_wheel("demo", "1.0")
        index.misbehave(Ask.SIMPLE, mood, times=1)
        assert ask(index.url + "demo/") is not None


def test_waits_as_long_as_it_is_asked_to(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr("ops.supply_chain.adapters.http.client.asyncio.sleep", sleep)
    with FakeIndex(retry_after="7") as index:
        index.misbehave(Ask.SIMPLE, Mood.TOO_MANY, times=2)
        assert ask(index.url + "demo/", timeouts=CALM._replace(attempts=4)) is None
    assert waits == [7, 7]


@pytest.mark.parametrize("asked", ["61", "999999999999999"])
def test_does_not_wait_longer_than_is_sane(asked: str) -> None:
    with FakeIndex(retry_after=asked) as index:
        index.misbehave(Ask.SIMPLE, Mood.TOO_MANY)
        refusal(index.url + "demo/")
        assert len(index.requests) == 1


def test_a_retry_date_counts_from_the_answers_own_date(monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeIndex(retry_after="Fri, 31 Dec 2399 23:59:59 GMT") as index:
        index.misbehave(Ask.SIMPLE, Mood.TOO_MANY)
        refusal(index.url + "demo/")
        assert len(index.requests) == 1  # centuries away: not waited for


def test_types_that_are_no_answer() -> None:
    with FakeIndex() as index:
        index.misbehave(Ask.SIMPLE, Mood.WRONG_TYPE)
        url = index.url + "demo/"
        wanted = HttpRequest(url, 1 << 20, types=frozenset({"text/html"}))
        assert refusal(wanted).message.endswith("answered with the wrong type of content (image/png)")
        refused = HttpRequest(url, 1 << 20, refused_types=("image/",))
        assert refusal(refused).message.endswith("answered with the wrong type of content (image/png)")
        assert ask(HttpRequest(url, 1 << 20)) is not None


ADDRESSES = [
    pytest.param("http://example.invalid/x", "is not https: anyone on the way could change the answer", id="plain"),
    pytest.param("file:///etc/passwd", "is not an https address", id="file"),
    pytest.param("https://[::1/", "cannot be asked (Invalid port: ':1')", id="broken"),
    pytest.param("nonsense", "is not an https address", id="nonsense"),
]


@pytest.mark.parametrize(("url", "reason"), ADDRESSES)
def test_addresses_that_are_not_asked(url: str, reason: str) -> None:
    assert refusal(url).message == f"demo system {url}: {reason}"


def test_offline_asks_nobody() -> None:
    with FakeIndex() as index:
        error = refusal(index.url + "demo/?token=secret", offline=True)
    assert error.message == f"demo system {index.url}demo/: not asked, this run is offline"
    assert error.hint == "Run once without --offline to fill the cache."
    assert index.requests == []


def test_credentials_in_an_address_are_neither_shown_nor_sent() -> None:
    with FakeIndex() as index:
        index.misbehave(Ask.SIMPLE, Mood.SERVER_ERROR)
        error = refusal(index.url.replace("://", "://someone:s3cret@") + "demo/?sig=s3cret#s3cret")
    assert "s3cret" not in error.message + error.hint
    assert error.message == f"demo system {index.url}demo/: answered with HTTP status 500"
    assert "Authorization" not in index.requests[0].headers


def test_an_account_from_netrc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password s3cret\ndefault login x password y\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with FakeIndex(account=("me", "s3cret")) as index:
        index.add_wheel("demo", "1.0")
        assert ask(index.url + "demo/") is not None


def test_netrc_default_entry_goes_to_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("default login me password s3cret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with FakeIndex() as index:
        ask(index.url + "demo/")
    assert "Authorization" not in index.requests[0].headers


def test_a_broken_netrc_says_where_and_not_what(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me\nhunter2 s3cret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with FakeIndex() as index, pytest.raises(UsageError) as caught:
        ask(index.url + "demo/")
    assert caught.value.message == f"{tmp_path / 'netrc'}: is not a netrc file, line 2"


@pytest.mark.parametrize("times", [1, 3])
def test_an_account_is_not_sent_where_a_redirect_leads(times: int) -> None:
    with FakeIndex() as other, FakeIndex(account=("me", "s3cret"), location="") as index:
        other.add_wheel("demo", "1.0")
        origin = ("http", "127.0.0.1", int(index.address.rsplit(":", 1)[1]))
        index.location = f"http://me:s3cret@127.0.0.1:{other.address.rsplit(':', 1)[1]}/simple/demo/"
        index.misbehave(Ask.SIMPLE, Mood.REDIRECT, times=times)
        credentials = Credentials({origin: ("me", "s3cret")})
        configured = origins_of(index.url, other.url)
        assert ask(index.url + "demo/", credentials=credentials, configured=configured) is not None
    assert "Authorization" in index.requests[0].headers
    assert "Authorization" not in other.requests[0].headers


def test_no_cookie_is_kept() -> None:
    with FakeIndex() as index:
        index.add_wheel("demo", "1.0")

        async def work() -> None:
            async with HttpClient("demo", remedy=REMEDY, timeouts=CALM, configured=origins_of(index.url)) as client:
                for _ in range(2):
                    await client.get(HttpRequest(index.url + "demo/", 1 << 20))
                assert client._client is not None
                assert not client._client.cookies

        run(work())
    assert len(index.requests) == 2


def test_a_proxy_that_is_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "gopher://me:s3cret@proxy:1")
    error = refusal("https://example.invalid/x")
    assert "s3cret" not in error.message
    assert error.message == (
        "demo system https://example.invalid/x: cannot be asked, a proxy in the environment is not an address"
    )


def test_a_missing_file_of_authorities(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    error = refusal("https://127.0.0.1:1/x")
    assert error.message.startswith("demo system https://127.0.0.1:1/x: cannot be asked (")


def test_an_unchanged_answer_is_not_sent_again(tmp_path: Path) -> None:
    store = AnswerStore(tmp_path / "http")
    with FakeIndex() as index:
        index.add_wheel("demo", "1.0")
        question = HttpRequest(index.url + "demo/", 1 << 20, kept=True)
        first, second = ask(question, store=store), ask(question, store=store)
        index.add_wheel("demo", "2.0")
        third = ask(question, store=store)
    assert first is not None
    assert second is not None
    assert third is not None
    assert first.body == second.body
    assert index.requests[1].headers["If-None-Match"] == first.headers["etag"]
    assert b"demo-2.0" in third.body


def test_an_answer_without_validator_is_not_kept(tmp_path: Path) -> None:
    with FakeIndex(etags=False) as index:
        index.add_wheel("demo", "1.0")
        ask(HttpRequest(index.url + "demo/", 1 << 20, kept=True), store=AnswerStore(tmp_path / "http"))
    assert not (tmp_path / "http").exists()


@pytest.mark.parametrize("damage", ["cut", "flip", "empty", "zeros"])
def test_a_damaged_kept_answer_is_fetched_anew(tmp_path: Path, damage: str) -> None:
    store = AnswerStore(tmp_path / "http")
    with FakeIndex() as index:
        index.add_wheel("demo", "1.0")
        question = HttpRequest(index.url + "demo/", 1 << 20, kept=True)
        first = ask(question, store=store)
        (kept,) = (path for path in (tmp_path / "http").rglob("*") if path.is_file())
        data = kept.read_bytes()
        kept.write_bytes(
            {"cut": data[:-1], "flip": data.replace(b"demo-1.0", b"demo-6.6"), "empty": b"", "zeros": bytes(len(data))}[
                damage
            ]
        )
        second = ask(question, store=store)
    assert "If-None-Match" not in index.requests[1].headers
    assert first is not None
    assert second is not None
    assert second.body == first.body


def test_the_cache_is_for_its_owner_only(tmp_path: Path) -> None:
    with FakeIndex() as index:
        index.add_wheel("demo", "1.0")
        ask(HttpRequest(index.url + "demo/", 1 << 20, kept=True), store=AnswerStore(tmp_path / "http"))
    assert (tmp_path / "http").stat().st_mode & 0o777 == 0o700


def test_the_first_failure_stops_the_rest_and_keeps_what_is_there() -> None:
    had: dict[int, int] = {}
    started: list[int] = []

    async def fetch(number: int) -> int:
        started.append(number)
        if number == 1:
            await asyncio.sleep(0)
            raise UnavailableError("no")
        if number == 2:
            await asyncio.sleep(60)
        return number

    with pytest.raises(UnavailableError, match=r"\Ano\Z"):
        run(gather([0, 1, 2], fetch, had))
    assert had == {0: 0}
    assert started == [0, 1, 2]


LOOPBACK = [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("localhost", True)]
ELSEWHERE = [("localhost.example", False), ("10.0.0.1", False), ("127.0.0.1.example", False), ("", False)]


@pytest.mark.parametrize(("host", "expected"), [*LOOPBACK, *ELSEWHERE])
def test_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected
