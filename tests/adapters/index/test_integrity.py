from __future__ import annotations

import socket
from pathlib import Path
from typing import ClassVar

import pytest

from ops.supply_chain.adapters.http.client import Timeouts
from ops.supply_chain.adapters.http.credentials import origins_of
from ops.supply_chain.adapters.http.store import AnswerStore
from ops.supply_chain.adapters.index.integrity import (
    DISABLED_REMEDY,
    MOST_BYTES,
    MOST_FAILURES,
    NO_API_REMEDY,
    REMEDY,
    provenance_of,
)
from ops.supply_chain.contracts.values.attestation import DistributionFile, ProvenanceAnswer
from tests.fakes.index import FakeIndex, Mood, impatient
from tests.fakes.integrity import FakeIntegrity

CALM = Timeouts(attempts=2, backoff_seconds=0.01)
QUICK = Timeouts(connect_seconds=0.2, read_seconds=0.1, total_seconds=0.2, attempts=2, backoff_seconds=0.01)
DEMO = DistributionFile(project="demo", version="1.0", filename="demo-1.0.tar.gz", sha256="a" * 64)
DOCUMENT = b'{"version": 1, "attestation_bundles": []}'


@pytest.fixture(autouse=True)
def _no_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "no-netrc"))


def files(count: int, project: str = "demo") -> list[DistributionFile]:
    return [
        DistributionFile(project=project, version=f"{n}.0", filename=f"{project}-{n}.0.tar.gz", sha256=f"{n:064x}")
        for n in range(count)
    ]


def ask(
    url: str, *wanted: DistributionFile, cache: Path, timeouts: Timeouts = CALM
) -> dict[DistributionFile, ProvenanceAnswer]:
    return provenance_of(
        wanted, url=url, accounts={}, configured=origins_of(url), store=AnswerStore(cache), timeouts=timeouts
    )


def test_a_provenance_object_is_its_bytes(tmp_path: Path) -> None:
    with FakeIntegrity() as service:
        service.add("demo", "1.0", DEMO.filename, DOCUMENT)
        assert ask(service.url, DEMO, cache=tmp_path) == {DEMO: ProvenanceAnswer(document=DOCUMENT)}
    assert service.asked == ["/integrity/demo/1.0/demo-1.0.tar.gz/provenance"]


def test_nothing_asked(tmp_path: Path) -> None:
    assert ask("http://127.0.0.1:1/", cache=tmp_path) == {}


def test_an_object_that_has_not_changed_is_not_sent_again(tmp_path: Path) -> None:
    with FakeIntegrity() as service:
        service.add("demo", "1.0", DEMO.filename, DOCUMENT)
        first = ask(service.url, DEMO, cache=tmp_path)
        assert ask(service.url, DEMO, cache=tmp_path) == first
        service.add("demo", "1.0", DEMO.filename, None)
        assert ask(service.url, DEMO, cache=tmp_path) == {DEMO: ProvenanceAnswer()}
    assert service.statuses == [200, 304, 404]


def test_none_is_an_answer_only_in_the_services_own_words(tmp_path: Path) -> None:
    with FakeIntegrity() as service:
        service.add("demo", "1.0", DEMO.filename, None)
        for _ in range(2):  # and it is never taken from the store
            assert ask(service.url, DEMO, cache=tmp_path) == {DEMO: ProvenanceAnswer()}


def test_a_service_without_the_api(tmp_path: Path) -> None:
    with FakeIntegrity() as service:
        service.absent = True
        [answer] = ask(service.url, DEMO, cache=tmp_path).values()
    assert answer.reason == (f"Integrity API {service.url}: HTTP status 404 (no such API, or an unknown file)")
    assert answer.remedy == NO_API_REMEDY


def test_a_file_that_the_service_does_not_know(tmp_path: Path) -> None:
    with FakeIntegrity() as service:
        service.add("demo", "1.0", DEMO.filename, None)
        unknown = files(1, "other")[0]
        answers = ask(service.url, DEMO, unknown, cache=tmp_path)
    assert [bool(answers[file].reason) for file in (DEMO, unknown)] == [False, True]


def test_switched_off_by_its_administrators(tmp_path: Path) -> None:
    with FakeIntegrity() as service:
        service.add("demo", "1.0", DEMO.filename, DOCUMENT)
        service.forbidden = True
        [answer] = ask(service.url, DEMO, cache=tmp_path).values()
    assert answer.reason == (
        f"Integrity API {service.url}: attestations are switched off there (Attestations temporarily disabled)"
    )
    assert answer.remedy == DISABLED_REMEDY


class TestMessage:
    """What else may stand in a 404."""

    CASES: ClassVar = {
        "another file": b'{"message": "No provenance available for other-1.0.tar.gz"}',
        "no message": b'{"detail": "demo-1.0.tar.gz"}',
        "no JSON": b"demo-1.0.tar.gz",
        "message is no text": b'{"message": ["demo-1.0.tar.gz"]}',
    }

    @pytest.mark.parametrize("body", CASES.values(), ids=CASES)
    def test_says_nothing(self, tmp_path: Path, body: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
        from tests.fakes import integrity

        def send(handler: integrity._Handler, filename: str, document: bytes | None) -> None:
            handler._send(404, body, "application/json")

        monkeypatch.setattr(integrity._Handler, "_answer", send)
        with FakeIntegrity() as service:
            service.add("demo", "1.0", DEMO.filename, None)
            [answer] = ask(service.url, DEMO, cache=tmp_path).values()
        assert answer.reason.endswith("HTTP status 404 (no such API, or an unknown file)")


FAILURES = {
    Mood.HANG_UP: "broke off its answer (Server disconnected without sending a response.)",
    Mood.HANG: "no answer in time",
    Mood.DRIP: "the answer was not complete in time",
    Mood.TOO_MANY: "answered with HTTP status 429",
    Mood.SERVER_ERROR: "answered with HTTP status 500",
    Mood.UNAUTHORISED: "answered with HTTP status 401",
    Mood.WRONG_TYPE: "answered with the wrong type of content (text/html)",
    Mood.TRUNCATED: "broke off its answer (peer closed connection without sending complete message body "
    "(received 41 bytes, expected 141))",
    Mood.TRUNCATED_GZIP: "broke off its answer (the gzip stream has no proper end)",
    Mood.NO_LENGTH: "sends no length, so that a truncated response cannot be detected",
    Mood.OVERSIZE: f"answered with more than {MOST_BYTES} bytes",
    Mood.ENDLESS: f"answered with more than {MOST_BYTES} bytes",
    Mood.GZIP_BOMB: f"answered with more than {MOST_BYTES} bytes",
    Mood.REDIRECT: "redirects to http://elsewhere.invalid/secret-token/, which is not https",
    Mood.REDIRECT_LOOP: "redirects more than 5 times",
    Mood.EMPTY: "answered with nothing",
}


@pytest.mark.parametrize("mood", FAILURES, ids=str)
def test_a_failure_is_an_answer_that_says_why(tmp_path: Path, mood: Mood) -> None:
    with FakeIntegrity() as service:
        service.add("demo", "1.0", DEMO.filename, DOCUMENT)
        service.mood = mood
        timeouts = impatient(CALM, mood)
        [answer] = ask(service.url, DEMO, cache=tmp_path, timeouts=timeouts).values()
    shown = f"Integrity API {service.url}demo/1.0/demo-1.0.tar.gz/provenance"
    assert answer.reason == f"{shown}: {FAILURES[mood]}"
    assert answer.document == b""
    assert answer.remedy
    assert "clean" not in (answer.reason + answer.remedy).lower()


UNREACHABLE = {
    "refused": lambda: FakeIndex().dead + "/",
    "no such host": lambda: "https://nowhere.invalid/integrity/",
    "not https": lambda: "http://192.0.2.1/integrity/",
}


@pytest.mark.parametrize("url", UNREACHABLE.values(), ids=UNREACHABLE)
def test_a_service_that_cannot_be_reached(tmp_path: Path, url: object) -> None:
    address = url()  # type: ignore[operator]
    [answer] = ask(address, DEMO, cache=tmp_path).values()
    assert answer.reason.startswith(f"Integrity API {address}demo/1.0/demo-1.0.tar.gz/provenance: ")
    assert answer.remedy in (REMEDY, "Give an https address.")


def test_a_connection_that_nobody_takes(tmp_path: Path) -> None:
    """A listener with a full queue: the handshake never ends."""
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen(0)
        port = busy.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        [answer] = ask(f"http://127.0.0.1:{port}/", DEMO, cache=tmp_path, timeouts=QUICK).values()
        for one in waiting:
            one.close()
    assert answer.reason.split(": ")[-1] in ("no connection in time", "the answer was not complete in time")
    assert answer.remedy == REMEDY


@pytest.mark.parametrize("mood", [None, Mood.SERVER_ERROR, Mood.EMPTY], ids=str)
def test_a_service_that_gives_no_answer_is_not_asked_for_everything(tmp_path: Path, mood: Mood | None) -> None:
    with FakeIntegrity() as service:
        service.absent, service.mood = mood is None, mood
        answers = ask(service.url, *files(100), *files(3, "other"), cache=tmp_path)
    assert all(answer.reason for answer in answers.values())
    assert len(answers) == 103
    assert len(set(service.asked)) == MOST_FAILURES
    assert sum("/other/" in path for path in set(service.asked)) == 3  # the first ones are of many projects


def test_files_that_answer_are_had_though_others_fail(tmp_path: Path) -> None:
    with FakeIntegrity() as service:
        for file in files(50):
            service.add(file.project, file.version, file.filename, DOCUMENT)
        answers = ask(service.url, *files(60), cache=tmp_path)
    assert sum(bool(answer.document) for answer in answers.values()) == 50
    assert sum(bool(answer.reason) for answer in answers.values()) == 10


def test_names_cannot_leave_their_place_in_the_path(tmp_path: Path) -> None:
    evil = DistributionFile(project="../x", version="1/../..", filename="a?b#c/d", sha256="a" * 64)
    with FakeIntegrity() as service:
        ask(service.url, evil, cache=tmp_path)
    assert service.asked == ["/integrity/..%2Fx/1%2F..%2F../a%3Fb%23c%2Fd/provenance"]


def test_the_same_file_is_asked_for_once(tmp_path: Path) -> None:
    with FakeIntegrity() as service:
        service.add("demo", "1.0", DEMO.filename, DOCUMENT)
        ask(service.url, DEMO, DEMO, cache=tmp_path)
    assert len(service.asked) == 1
