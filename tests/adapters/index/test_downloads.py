from __future__ import annotations

import hashlib
import tracemalloc
from pathlib import Path

import pytest

from ops.supply_chain.adapters.http.client import Timeouts
from ops.supply_chain.adapters.http.credentials import origins_of
from ops.supply_chain.adapters.index.client import PackageIndex
from ops.supply_chain.adapters.index.downloads import Downloads, Served, Wanted, download, installable_tags
from tests.fakes.index import Ask, FakeIndex, Mood, impatient

CALM = Timeouts(attempts=1, concurrency=4)
LARGEST = 1 << 20


@pytest.fixture(autouse=True)
def _no_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "no-netrc"))


def fetch(*wanted: Wanted, timeouts: Timeouts = CALM, largest: int = LARGEST, offline: bool = False) -> Downloads:
    configured = origins_of(*(file.url for file in wanted))
    return download(wanted, accounts={}, configured=configured, largest=largest, timeouts=timeouts, offline=offline)


def test_what_came_is_hashed_in_every_algorithm() -> None:
    with FakeIndex() as index:
        file = index.add_wheel("demo", "1.0")
        wanted = Wanted(f"{index.address}/files/{file.filename}", ("blake2b", "sha256", "sha512"))
        assert fetch(wanted, wanted) == Downloads(
            {
                wanted: Served(
                    (
                        f"blake2b:{hashlib.blake2b(file.data).hexdigest()}",
                        file.pin_hash,
                        f"sha512:{hashlib.sha512(file.data).hexdigest()}",
                    ),
                    len(file.data),
                )
            },
            {},
        )
        assert index.asked("/files/") == 1


def test_a_large_file_needs_no_memory() -> None:
    with FakeIndex() as index:
        file = index.add_wheel("demo", "1.0", padding=48 << 20)
        wanted = Wanted(f"{index.address}/files/{file.filename}", ("sha256",))
        fetch(wanted, largest=1)  # what is imported on the way is not the file
        tracemalloc.start()
        try:
            (served,) = fetch(wanted, largest=64 << 20).served.values()
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert served == Served((file.pin_hash,), len(file.data))
    assert peak < 8 << 20


FAILURES = [
    (Mood.REFUSE, "cannot be reached (All connection attempts failed)"),
    (Mood.HANG_UP, "broke off its answer (Server disconnected without sending a response.)"),
    (Mood.HANG, "no answer in time"),
    (Mood.DRIP, "the answer was not complete in time"),
    (Mood.NOT_FOUND, "answered with HTTP status 404"),
    (Mood.TOO_MANY, "answered with HTTP status 429"),
    (Mood.SERVER_ERROR, "answered with HTTP status 500"),
    (Mood.UNAUTHORISED, "answered with HTTP status 401"),
    (Mood.WRONG_TYPE, "answered with the wrong type of content (image/png)"),
    (Mood.TRUNCATED_GZIP, "packed its answer in a way that was not asked for"),
    (Mood.NO_LENGTH, "sends no length, so that a truncated response cannot be detected"),
    (Mood.OVERSIZE, f"answered with more than {LARGEST} bytes"),
    (Mood.ENDLESS, f"answered with more than {LARGEST} bytes"),
    (Mood.GZIP_BOMB, "packed its answer in a way that was not asked for"),
    (Mood.REDIRECT, "redirects to http://elsewhere.invalid/secret-token/, which is not https"),
    (Mood.REDIRECT_LOOP, "redirects more than 5 times"),
    (Mood.EMPTY, "answered with nothing"),
]


@pytest.mark.parametrize(("mood", "reason"), [pytest.param(*row, id=row[0]) for row in FAILURES])
def test_whatever_goes_wrong_is_a_failure_that_says_what_and_what_to_do(mood: Mood, reason: str) -> None:
    with FakeIndex() as index:
        file = index.add_wheel("demo", "1.0")
        index.misbehave(Ask.FILE, mood)
        url = f"{index.dead if mood is Mood.REFUSE else index.address}/files/{file.filename}"
        timeouts = impatient(CALM, mood)
        found = fetch(Wanted(url, ("sha256",)), timeouts=timeouts)
    ((_, error),) = found.failed.items()
    assert (found.served, error.message) == ({}, f"distribution file {url}: {reason}")
    assert error.hint


def test_cut_bytes_are_no_bytes() -> None:
    with FakeIndex() as index:
        file = index.add_wheel("demo", "1.0")
        index.misbehave(Ask.FILE, Mood.TRUNCATED)
        found = fetch(Wanted(f"{index.address}/files/{file.filename}", ("sha256",)))
    (error,) = found.failed.values()
    assert (found.served, "broke off its answer" in error.message) == ({}, True)


def test_plain_http_is_not_asked() -> None:
    (error,) = fetch(Wanted("http://files.example/demo.whl", ("sha256",))).failed.values()
    assert error.message == (
        "distribution file http://files.example/demo.whl: is not https: anyone on the way could change the answer"
    )


def test_an_account_is_sent_to_its_own_origin_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEALWRIGHT_INDEX_USERNAME", "me")
    monkeypatch.setenv("SEALWRIGHT_INDEX_PASSWORD", "secret")
    with FakeIndex(account=("me", "secret")) as ours, FakeIndex() as other:
        mine, theirs = ours.add_wheel("demo", "1.0"), other.add_wheel("other", "1.0")
        index = PackageIndex(tmp_path, url=ours.url, trusted=[other.address], timeouts=CALM)
        found = index.download(
            [
                Wanted(f"{ours.address}/files/{mine.filename}", ("sha256",)),
                Wanted(f"{other.address}/files/{theirs.filename}", ("sha256",)),
            ]
        )
        assert (len(found.served), found.failed) == (2, {})
        assert "Authorization" in ours.requests[0].headers
        assert "Authorization" not in other.requests[0].headers


def test_a_token_in_an_address_is_not_shown() -> None:
    (error,) = fetch(Wanted("http://me:pw@files.example/demo.whl?token=secret", ("sha256",))).failed.values()
    assert not {"pw", "secret"} & set(error.message.replace("=", " ").replace("@", " ").replace(":", " ").split())


def test_offline_asks_nobody() -> None:
    with FakeIndex() as index:
        (error,) = fetch(Wanted(f"{index.address}/files/x", ("sha256",)), offline=True).failed.values()
        assert index.requests == []
    assert error.message.endswith("not asked, this run is offline")


def test_nothing_is_kept_from_one_run_to_the_next(tmp_path: Path) -> None:
    with FakeIndex() as index:
        file = index.add_wheel("demo", "1.0")
        wanted = Wanted(f"{index.address}/files/{file.filename}", ("sha256",))
        reach = PackageIndex(tmp_path, url=index.url)
        before = reach.download([wanted]).served[wanted]
        file.data += b"x"
        assert reach.download([wanted]).served[wanted] == Served((file.pin_hash,), before.size + 1)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_this_interpreters_tags_are_ranked() -> None:
    tags = installable_tags()
    assert sorted(tags.values()) == list(range(len(tags)))
    assert tags["py3-none-any"] > 0
