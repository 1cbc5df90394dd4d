"""Signing a batch: one certificate, a bound, every failure told apart, and nothing logged that cannot be kept."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from pydantic import TypeAdapter

from ops.supply_chain.adapters.sigstore import services as sigstore_services
from ops.supply_chain.adapters.sigstore.bundle_verifier import BundleVerifier
from ops.supply_chain.adapters.sigstore.failure import IdentityRefusedError, ServiceError, TokenError
from ops.supply_chain.adapters.sigstore.services import AGAIN, AdapterCache, RekorClient
from ops.supply_chain.adapters.sigstore.signer import SigningClient, SigningRequest, issuer_url
from ops.supply_chain.adapters.sigstore.trust_config import TrustConfig
from ops.supply_chain.adapters.sigstore.turns import MOST_AT_ONCE, Turns
from ops.supply_chain.core.errors import ExitCode, InputError, OutputError, StageError, UnavailableError, UsageError
from ops.supply_chain.core.start import TREE
from ops.supply_chain.rehearsal.faults import InjectedFault
from ops.supply_chain.rehearsal.instance import RehearsalInstance
from ops.supply_chain.rehearsal.options import Options
from ops.supply_chain.runner.clock import read_clock
from tests.adapters.sigstore.test_turns import Clock
from tests.fakes.bad_sockets import serving
from tests.fakes.index import FakeIndex
from tests.fakes.signing import (
    IDENTITY,
    ISSUER,
    Batch,
    clear_platform,
    file_request,
    files,
    statement_of,
    trust_of,
)


@pytest.fixture(autouse=True)
def _quiet_and_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    clear_platform(monkeypatch)
    monkeypatch.setattr(sigstore_services, "REPEAT_PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(sigstore_services, "TIMEOUT_SECONDS", (0.5, 0.5))
    monkeypatch.setattr("sigstore._internal.timestamp.CLIENT_TIMEOUT", 0.5)


@pytest.fixture
def instance() -> Iterator[RehearsalInstance]:
    with RehearsalInstance() as found:
        yield found


VARIANTS = {
    "as the public instance": Options(),
    "without time stamps": Options(timestamping=False),
    "a version 2 log": Options(log_version=2, ed25519_log=True),
    "no intermediate authority": Options(intermediate=False),
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_files_and_statements_with_one_certificate(variant: str, tmp_path: Path) -> None:
    with RehearsalInstance(VARIANTS[variant]) as instance:
        batch = Batch(instance, tmp_path)
        statement = SigningRequest(key="statement", statement=statement_of("hello"))
        assert sorted(batch.sign([*files(12), statement])) == [*[f"file {n:03}" for n in range(12)], "statement"]
        assert (instance.entries, instance.faults.asked("fulcio")) == (13, 1)
    facts = [one.verified for one in batch.made.values()]
    assert {(one.san, one.issuer) for one in facts} == {(IDENTITY, ISSUER)}
    assert len({one.certificate_sha256 for one in facts}) == 1
    assert sorted(one.log_index for one in facts) == list(range(13))
    assert batch.made["statement"].verified.payload == statement_of("hello")
    for request in files(12):
        assert batch.verifier.file(batch.made[request.key].data, request.sha256) == batch.made[request.key].verified


def test_the_log_s_answers_are_read_by_an_adapter_that_is_made_once(
    instance: RehearsalInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch, made = Batch(instance, tmp_path), list[object]()
    batch.sign(files(1))
    begin = TypeAdapter.__init__

    def counted(adapter: TypeAdapter[Any], kind: Any, **options: Any) -> None:
        made.append(kind)
        begin(adapter, kind, **options)

    monkeypatch.setattr(TypeAdapter, "__init__", counted)
    batch.sign(files(9)[1:])
    assert made == []
    assert len(batch.made) == 9


def test_the_adapter_of_a_type_is_made_once_for_many_threads() -> None:
    made: list[object] = []

    def make(kind: object) -> list[object]:
        time.sleep(0.01)
        made.append(kind)
        return [kind]

    cache = AdapterCache(make)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(cache, [int, str] * 8))
    assert sorted(map(repr, made)) == sorted(map(repr, (int, str)))
    assert {id(adapter) for adapter in found} == {id(cache(int)), id(cache(str))}
    assert (cache(int), cache(str)) == ([int], [str])


def test_signing_after_verifying_builds_no_type_twice(instance: RehearsalInstance, tmp_path: Path) -> None:
    """As a process does that verified first, so that pydantic's models are built with their first value only."""
    code = """
import sys
from pathlib import Path
from types import SimpleNamespace
from ops.supply_chain.adapters.sigstore import bundle_verifier
from tests.fakes.signing import Batch, files
import pydantic._internal._generate_schema as schemas
built = []
begin = schemas.GenerateSchema._model_schema
schemas.GenerateSchema._model_schema = lambda self, model: (built.append(model), begin(self, model))[1]
folder, token = Path(sys.argv[1]), sys.argv[3]
instance = SimpleNamespace(trust_config_json=Path(sys.argv[2]).read_text(), identity_token=lambda: token)
batch = Batch(instance, folder)
batch.sign(files(1))
assert built, "no model was built with its first value"
built.clear()
batch.sign(files(5)[1:])
assert not built, built
assert len(batch.made) == 5
"""
    (tmp_path / "config").write_text(instance.trust_config_json)
    words = [sys.executable, "-c", code, str(tmp_path), str(tmp_path / "config"), instance.identity_token()]
    done = subprocess.run(words, cwd=TREE, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_as_many_at_a_time_as_allowed(instance: RehearsalInstance, tmp_path: Path) -> None:
    import threading

    batch, names = Batch(instance, tmp_path), set[str]()
    done = [
        one.key
        for one in batch.client.sign_all(files(9), lambda *_: names.add(threading.current_thread().name), workers=3)
    ]
    assert len(done) == 9
    assert 1 <= len(names) <= 3


def test_a_new_certificate_before_the_old_one_ends(instance: RehearsalInstance, tmp_path: Path) -> None:
    moments = [timedelta()]
    batch = Batch(instance, tmp_path, clock=lambda: read_clock() + moments[0])
    batch.sign(files(3))
    assert instance.faults.asked("fulcio") == 1
    moments[0] = timedelta(minutes=8, seconds=30)
    batch.sign(files(3))
    assert instance.faults.asked("fulcio") == 1
    moments[0] = timedelta(minutes=9, seconds=30)
    batch.sign([file_request("last")])
    assert instance.faults.asked("fulcio") == 2
    assert batch.made["last"].verified.certificate != batch.made["file 000"].verified.certificate


def test_a_token_that_ends_in_the_middle_keeps_what_is_done(instance: RehearsalInstance, tmp_path: Path) -> None:
    tokens = iter([instance.identity_token(), instance.identity_token(lifetime=-60)])
    moments = [timedelta()]
    batch = Batch(instance, tmp_path, token=lambda: next(tokens), clock=lambda: read_clock() + moments[0])
    batch.sign(files(2))
    moments[0] = timedelta(minutes=9, seconds=30)
    with pytest.raises(TokenError) as caught:
        batch.sign([file_request("late")])
    assert caught.value.message == "the identity token has expired or is malformed"
    assert sorted(batch.made) == ["file 000", "file 001"]
    assert instance.entries == 2


def raised(batch: Batch, requests: list[SigningRequest]) -> StageError:
    with pytest.raises(StageError) as caught:
        batch.sign(requests)
    return caught.value


FAULTS: dict[str, tuple[str, InjectedFault, type[StageError], ExitCode, str, str]] = {
    "authority refuses with 400": ("fulcio", InjectedFault(status=400, message="no \x1b[2Jsuch issuer"), IdentityRefusedError, ExitCode.DENIED, "certificate authority: refused this identity (HTTP 400: no ?[2Jsuch issuer)", ""),
    "authority quotes the token": ("fulcio", InjectedFault(status=400, message="bad token: Bearer eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJtZSJ9.c2ln"), IdentityRefusedError, ExitCode.DENIED, "certificate authority: refused this identity (HTTP 400: bad token: Bearer ****)", ""),
    "authority refuses with 401": ("fulcio", InjectedFault(status=401, message=""), IdentityRefusedError, ExitCode.DENIED, "certificate authority: refused this identity (HTTP 401)", ""),
    "authority refuses with 403": ("fulcio", InjectedFault(status=403), IdentityRefusedError, ExitCode.DENIED, "certificate authority: refused this identity (HTTP 403: injected fault)", ""),
    "authority is not there": ("fulcio", InjectedFault(status=404), ServiceError, ExitCode.NOT_EXAMINED, "certificate authority BASE: answers HTTP 404: injected fault", AGAIN),
    "authority is busy": ("fulcio", InjectedFault(status=429), ServiceError, ExitCode.NOT_EXAMINED, "certificate authority BASE: answers HTTP 429: injected fault", AGAIN),
    "authority is broken": ("fulcio", InjectedFault(status=500), ServiceError, ExitCode.NOT_EXAMINED, "certificate authority BASE: answers HTTP 500: injected fault", AGAIN),
    "authority hangs up": ("fulcio", InjectedFault(drop=True), ServiceError, ExitCode.NOT_EXAMINED, "certificate authority BASE: does not answer (ConnectionError)", AGAIN),
    "authority says nothing": ("fulcio", InjectedFault(hang=30), ServiceError, ExitCode.NOT_EXAMINED, "certificate authority BASE: does not answer (ReadTimeout)", AGAIN),
    "authority talks nonsense": ("fulcio", InjectedFault(body=b"nonsense"), ServiceError, ExitCode.NOT_EXAMINED, "certificate authority BASE: its answer is malformed (JSONDecodeError)", AGAIN),
    "authority gives a list": ("fulcio", InjectedFault(body=b"[]"), ServiceError, ExitCode.NOT_EXAMINED, "certificate authority BASE: its answer is malformed (TypeError)", AGAIN),
    "authority gives no chain": ("fulcio", InjectedFault(body=b"{}"), ServiceError, ExitCode.NOT_EXAMINED, "certificate authority BASE: its answer is malformed (FulcioClientError)", AGAIN),
    "log is broken": ("rekor", InjectedFault(status=503), ServiceError, ExitCode.NOT_EXAMINED, "transparency log BASE/api/v1: answers HTTP 503: injected fault", AGAIN),
    "log refuses": ("rekor", InjectedFault(status=400), ServiceError, ExitCode.NOT_EXAMINED, "transparency log BASE/api/v1: answers HTTP 400: injected fault", AGAIN),
    "log hangs up": ("rekor", InjectedFault(drop=True), ServiceError, ExitCode.NOT_EXAMINED, "transparency log BASE/api/v1: does not answer (ConnectionError)", AGAIN),
    "log says nothing": ("rekor", InjectedFault(hang=30), ServiceError, ExitCode.NOT_EXAMINED, "transparency log BASE/api/v1: does not answer (ReadTimeout)", AGAIN),
    "log talks nonsense": ("rekor", InjectedFault(body=b"<html>"), ServiceError, ExitCode.NOT_EXAMINED, "transparency log BASE/api/v1: its answer is malformed (JSONDecodeError)", AGAIN),
    "log gives no entry": ("rekor", InjectedFault(body=b"{}"), ServiceError, ExitCode.NOT_EXAMINED, "transparency log BASE/api/v1: its answer is malformed (ValueError)", AGAIN),
    "time stamps are broken": ("tsa", InjectedFault(status=500), ServiceError, ExitCode.NOT_EXAMINED, "time-stamping authority BASE/api/v1/timestamp: answers HTTP 500: injected fault", AGAIN),
    "time stamps hang up": ("tsa", InjectedFault(drop=True), ServiceError, ExitCode.NOT_EXAMINED, "time-stamping authority BASE/api/v1/timestamp: does not answer (ConnectionError)", AGAIN),
    "time stamps say nothing": ("tsa", InjectedFault(hang=30), ServiceError, ExitCode.NOT_EXAMINED, "time-stamping authority BASE/api/v1/timestamp: does not answer (ReadTimeout)", AGAIN),
    "time stamps talk nonsense": ("tsa", InjectedFault(body=b"x"), ServiceError, ExitCode.NOT_EXAMINED, "time-stamping authority BASE/api/v1/timestamp: its answer is malformed (TimestampError)", AGAIN),
}  # fmt: skip


@pytest.mark.parametrize("case", FAULTS)
def test_failures_are_told_apart(case: str, instance: RehearsalInstance, tmp_path: Path) -> None:
    service, fault, kind, code, message, hint = FAULTS[case]
    instance.faults.add(service, fault)  # type: ignore[arg-type]
    batch = Batch(instance, tmp_path)
    error = raised(batch, files(1))
    assert type(error) is kind
    assert error.exit_code is code
    assert error.message == message.replace("BASE", instance.base)
    assert error.hint == (
        hint or "Check that the token is fresh, meant for this instance and from an issuer that it accepts."
    )
    assert batch.made == {}
    assert instance.entries == 0


@pytest.mark.parametrize("service", ["fulcio", "rekor", "tsa"])
@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_what_fails_for_a_moment_is_asked_again(
    service: Any, status: int, instance: RehearsalInstance, tmp_path: Path
) -> None:
    instance.faults.add(service, InjectedFault(status=status), times=2)
    batch = Batch(instance, tmp_path)
    batch.sign(files(2), workers=1)
    assert sorted(batch.made) == ["file 000", "file 001"]
    assert instance.entries == 2


@pytest.mark.parametrize("service", ["fulcio", "rekor", "tsa"])
def test_a_pause_that_a_service_asks_for_is_made(
    service: Any, instance: RehearsalInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr(sigstore_services, "Turns", clock.turns)
    instance.faults.add(service, InjectedFault(status=429, retry_after="45"), times=1)
    batch = Batch(instance, tmp_path)
    batch.sign(files(3), workers=1)
    assert sorted(batch.made) == ["file 000", "file 001", "file 002"]
    assert clock.slept == [45]
    assert instance.entries == 3


@pytest.mark.parametrize("workers", [1, 6])
@pytest.mark.parametrize("service", ["fulcio", "rekor", "tsa"])
def test_a_service_that_asks_for_a_long_pause_gets_no_further_request(
    service: Any, workers: int, instance: RehearsalInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr(sigstore_services, "Turns", clock.turns)
    instance.faults.add(service, InjectedFault(status=429, retry_after="3600"))
    batch = Batch(instance, tmp_path)
    with pytest.raises(ServiceError) as caught:
        batch.sign(files(30), workers=workers)
    assert caught.value.message.endswith("asks for a pause of 3600 seconds")
    if workers == 1:
        assert ": answers HTTP 429: injected fault, and asks" in caught.value.message
    assert caught.value.hint == AGAIN
    assert 1 <= instance.faults.asked(service) <= workers
    with pytest.raises(ServiceError, match=r"asks for a pause of 3600 seconds$"):
        batch.sign(files(1))
    assert instance.faults.asked(service) <= workers
    assert (clock.slept, batch.made, instance.entries) == ([], {}, 0)


@pytest.mark.parametrize("service", ["rekor", "tsa"])
def test_a_certificate_that_ended_in_a_pause_is_followed_by_another(
    service: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with RehearsalInstance(Options(timestamping=service == "tsa")) as instance:
        clock = Clock()

        def now() -> datetime:
            return read_clock() + timedelta(seconds=clock.now - 100)

        def pause(seconds: float) -> None:
            clock.sleep(seconds)
            for name in ("fulcio", "rekor", "tsa"):
                instance.clocks.set_wrong(name, timedelta(seconds=clock.now - 100))

        monkeypatch.setattr(sigstore_services, "Turns", lambda **_: Turns(clock=clock.read, sleep=pause))
        batch = Batch(instance, tmp_path, token=lambda: instance.identity_token(lifetime=3600), clock=now)
        batch.sign(files(1))
        pause(500)
        instance.faults.add(service, InjectedFault(status=429, retry_after="55"), times=2)
        batch.sign(files(2)[1:], workers=1)
        assert clock.slept == [500, 55, 55]
        assert sorted(batch.made) == ["file 000", "file 001"]
        assert (instance.faults.asked("fulcio"), instance.entries) == (2, 3)


@pytest.mark.parametrize("workers", [2, 16])
def test_a_failure_is_not_kept_back_by_the_pauses_of_others(
    workers: int, instance: RehearsalInstance, tmp_path: Path
) -> None:
    instance.faults.add("tsa", InjectedFault(status=503, retry_after="50"), skip=1)
    instance.faults.add("rekor", InjectedFault(status=400))
    batch, began = Batch(instance, tmp_path), time.monotonic()
    with pytest.raises(ServiceError, match=r"transparency log .* answers HTTP 400"):
        batch.sign(files(30), workers=workers)
    assert time.monotonic() - began < 10
    assert (batch.made, instance.entries) == ({}, 0)


def test_an_interrupted_batch_waits_for_no_pause(
    instance: RehearsalInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, pause = threading.Event(), Turns.pause

    def noted(turns: Turns, seconds: float) -> None:
        pause(turns, seconds)
        asked.set()

    def interrupted(futures: object) -> Any:
        assert asked.wait(5)
        raise KeyboardInterrupt

    monkeypatch.setattr(Turns, "pause", noted)
    monkeypatch.setattr("ops.supply_chain.adapters.sigstore.signer.as_completed", interrupted)
    instance.faults.add("rekor", InjectedFault(status=429, retry_after="50"))
    batch, began = Batch(instance, tmp_path), time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        batch.sign(files(30), workers=16)
    assert time.monotonic() - began < 10


def test_each_service_has_so_many_requests_at_once(
    instance: RehearsalInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    services, lock = instance._server.services, threading.Lock()
    answer, active, most = services.answer, Counter[str](), Counter[str]()

    def counted(service: Any, request: Any) -> Any:
        with lock:
            active[service] += 1
            most[service] = max(most[service], active[service])
        time.sleep(0.005)
        try:
            return answer(service, request)
        finally:
            with lock:
                active[service] -= 1

    monkeypatch.setattr(services, "answer", counted)
    Batch(instance, tmp_path).sign(files(40), workers=20)
    assert most["fulcio"] == 1
    assert max(most.values()) <= MOST_AT_ONCE
    assert instance.entries == 40


def test_an_entry_whose_answer_was_lost_is_not_written_again(instance: RehearsalInstance, tmp_path: Path) -> None:
    instance.faults.add("rekor", InjectedFault(drop=True, after_work=True), times=1)
    assert isinstance(raised(Batch(instance, tmp_path), files(1)), ServiceError)
    assert instance.entries == 1


@pytest.mark.parametrize("head", [b"HTTP/1.1 201 Created\r\n", b"HTTP/1.1 201 Created\r\nContent-Length: 9999\r\n\r\n"])
def test_a_service_that_sends_byte_by_byte_is_given_up(head: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sigstore_services, "TOTAL_SECONDS", 0.3)
    with serving(head, 0.05, b"x") as url, requests.Session() as session:
        sigstore_services._prepare(session, url, Turns())
        with pytest.raises(requests.ReadTimeout, match=r"not complete in 0\.3 seconds"):
            session.post(url, data=b"{}")


def test_an_answer_that_took_all_of_the_time_is_the_last(
    instance: RehearsalInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[float] = []

    def late(seconds: float, work: Any) -> Any:
        left.append(seconds)
        return work()

    batch = Batch(instance, tmp_path)
    batch.client.certify()
    monkeypatch.setattr(sigstore_services, "within", late)
    monkeypatch.setattr(sigstore_services, "TOTAL_SECONDS", 1e-6)
    instance.faults.add("tsa", InjectedFault(status=503))
    assert ": answers HTTP 503: injected fault" in raised(batch, files(1)).message
    assert left == [1e-6]


def test_an_answer_that_is_too_large_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sigstore_services, "MOST_BYTES", 1000)
    head = b"HTTP/1.1 201 Created\r\nContent-Length: 999999\r\n\r\n"
    with serving(head, 0.001, b"x" * 500) as url, requests.Session() as session:
        sigstore_services._prepare(session, url, Turns())
        with pytest.raises(requests.ConnectionError, match="more than 1000 bytes"):
            session.post(url, data=b"{}")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_takes_the_token_nowhere(status: int) -> None:
    with FakeIndex() as other:
        head = f"HTTP/1.1 {status} x\r\nLocation: {other.url}\r\nContent-Length: 0\r\n\r\n".encode()
        with serving(head, 9, b"") as url, requests.Session() as session:
            sigstore_services._prepare(session, url, Turns())
            with pytest.raises(requests.TooManyRedirects):
                session.post(url, data=b"token", headers={"Authorization": "Bearer token"})
        assert other.requests == []


def test_an_instance_that_went_away(tmp_path: Path) -> None:
    with RehearsalInstance() as instance:
        batch, token = Batch(instance, tmp_path, token=instance.identity_token), instance.identity_token()
        base = instance.base
    batch.client._token = lambda: token
    error = raised(batch, files(1))
    assert isinstance(error, UnavailableError)
    assert error.message == f"certificate authority {base}: does not answer (ConnectionError)"


def test_an_outage_in_the_middle_stops_the_rest(instance: RehearsalInstance, tmp_path: Path) -> None:
    instance.faults.add("rekor", InjectedFault(status=400), skip=5)
    batch = Batch(instance, tmp_path)
    assert isinstance(raised(batch, files(60)), ServiceError)
    assert len(batch.made) == instance.entries == 5
    assert instance.faults.asked("rekor") <= 5 + 4


def test_what_is_kept_is_yielded_and_what_is_yielded_is_kept(instance: RehearsalInstance, tmp_path: Path) -> None:
    instance.faults.add("rekor", InjectedFault(status=400), skip=7)
    batch, seen = Batch(instance, tmp_path), []

    def watch() -> None:
        for one in batch.client.sign_all(files(30), batch._keep, workers=4):
            assert one.key in batch.made
            seen.append(one.key)

    with pytest.raises(ServiceError):
        watch()
    assert sorted(seen) == sorted(batch.made)


def test_a_certificate_that_is_not_accepted_signs_nothing(instance: RehearsalInstance, tmp_path: Path) -> None:
    asked = []

    def accept(san: str, issuer: str) -> None:
        asked.append((san, issuer))
        raise IdentityRefusedError("not ours")

    batch = Batch(instance, tmp_path, accept=accept)
    assert raised(batch, files(4)).message == "not ours"
    assert set(asked) == {(IDENTITY, ISSUER)}
    assert (instance.entries, instance.faults.asked("tsa")) == (0, 0)


def test_a_certificate_that_is_over_signs_nothing(instance: RehearsalInstance, tmp_path: Path) -> None:
    for service in ("oidc", "fulcio"):
        instance.clocks.set_wrong(service, timedelta(minutes=-11))
    token = instance.identity_token(lifetime=3600)
    error = raised(Batch(instance, tmp_path, token=lambda: token), files(1))
    assert isinstance(error, ServiceError)
    assert error.message == "certificate authority: its certificate has already expired"
    assert instance.entries == 0


CLOCKS = {"rekor": timedelta(minutes=11), "tsa": timedelta(minutes=-12)}


@pytest.mark.parametrize("service", CLOCKS)
def test_a_bundle_that_does_not_verify_is_not_kept(service: Any, instance: RehearsalInstance, tmp_path: Path) -> None:
    instance.clocks.set_wrong(service, CLOCKS[service])
    batch = Batch(instance, tmp_path)
    error = raised(batch, files(1))
    assert isinstance(error, OutputError)
    assert error.message.startswith("file 000: the new bundle does not verify: ")
    assert error.hint == "It was not written. Notify the operator of the instance; signatures made so far are kept."
    assert batch.made == {}


def _hex(text: str) -> str:
    return base64.b64decode(text).hex()


def test_an_answer_for_another_request_does_not_verify(instance: RehearsalInstance, tmp_path: Path) -> None:
    batch = Batch(instance, tmp_path)
    batch.sign(files(1))
    entry = json.loads(batch.made["file 000"].data)["verificationMaterial"]["tlogEntries"][0]
    proof = entry["inclusionProof"]
    answer = {
        "0" * 80: {
            "body": entry["canonicalizedBody"],
            "integratedTime": int(entry["integratedTime"]),
            "logID": _hex(entry["logId"]["keyId"]),
            "logIndex": int(entry["logIndex"]),
            "verification": {
                "inclusionProof": {
                    "checkpoint": proof["checkpoint"]["envelope"],
                    "hashes": [_hex(one) for one in proof.get("hashes", [])],
                    "logIndex": int(proof["logIndex"]),
                    "rootHash": _hex(proof["rootHash"]),
                    "treeSize": int(proof["treeSize"]),
                },
                "signedEntryTimestamp": entry["inclusionPromise"]["signedEntryTimestamp"],
            },
        }
    }
    instance.faults.add("rekor", InjectedFault(body=json.dumps(answer).encode()))
    error = raised(batch, [file_request("other")])
    assert isinstance(error, OutputError)
    assert list(batch.made) == ["file 000"]


@pytest.mark.parametrize("raw", ["", "a.b.c", "secret"])
def test_what_is_no_token(raw: str, instance: RehearsalInstance, tmp_path: Path) -> None:
    error = raised(Batch(instance, tmp_path, token=lambda: raw), files(1))
    assert isinstance(error, UsageError)
    assert "secret" not in error.described()
    assert instance.faults.asked("fulcio") == 0


def test_a_trust_config_without_services(instance: RehearsalInstance, tmp_path: Path) -> None:
    import msgspec

    trust = trust_of(instance, tmp_path)
    assert issuer_url(trust) == instance.base
    document = json.loads(trust.document)
    document["signingConfig"]["oidcUrls"] = []
    with pytest.raises(InputError, match=r"^trust config \(test\): No valid OIDC provider found in signing config$"):
        issuer_url(msgspec.structs.replace(trust, document=json.dumps(document)))
    document["signingConfig"]["caUrls"] = []
    with pytest.raises(InputError, match=r"^trust config \(test\): cannot be used: No valid Fulcio CA found"):
        issuer_url(msgspec.structs.replace(trust, document=json.dumps(document)))


def test_a_netrc_never_takes_the_place_of_the_token(
    instance: RehearsalInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "netrc"
    path.write_text("default login somebody password secret\n")
    path.chmod(0o600)
    monkeypatch.setenv("NETRC", str(path))
    batch = Batch(instance, tmp_path)
    batch.sign(files(2))
    assert instance.entries == 2


PROXIES = {"proxied": ("", ServiceError), "exempt": ("127.0.0.1", None), "all exempt": ("*", None)}


@pytest.mark.parametrize("case", PROXIES)
def test_a_proxy_is_asked_where_the_environment_says_so(
    case: str, instance: RehearsalInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exempt, error = PROXIES[case]
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, exempt)
    batch = Batch(instance, tmp_path)
    if error is None:
        batch.sign(files(2))
        assert instance.entries == 2
        return
    assert raised(batch, files(1)).message == f"certificate authority {instance.base}: does not answer (ProxyError)"


def test_the_environments_authorities_are_used(
    instance: RehearsalInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "authorities.pem"))
    batch = Batch(instance, tmp_path)
    assert batch.client._authority._client.session.verify == str(tmp_path / "authorities.pem")
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    assert Batch(instance, tmp_path).client._authority._client.session.verify is True


def test_a_trust_config_that_wants_more_than_it_names(instance: RehearsalInstance, tmp_path: Path) -> None:
    import msgspec

    trust = trust_of(instance, tmp_path)
    for part in ("rekorTlogConfig", "tsaConfig"):
        document = json.loads(trust.document)
        document["signingConfig"][part] = {"selector": "EXACT", "count": 5}
        wrong = msgspec.structs.replace(trust, document=json.dumps(document))
        with pytest.raises(InputError, match=r"^trust config \(test\): cannot be used: "):
            client_with(wrong, instance)


def test_a_client_takes_a_verifier_of_its_instance_only(instance: RehearsalInstance, tmp_path: Path) -> None:
    with RehearsalInstance() as another:
        other = BundleVerifier(trust_of(another, tmp_path).trusted_root)
    with pytest.raises(ValueError, match="another trusted root"):
        client_with(trust_of(instance, tmp_path), instance, other)


def client_with(
    trust: TrustConfig, instance: RehearsalInstance, verifier: BundleVerifier | None = None
) -> SigningClient:
    return SigningClient(
        trust,
        verifier or BundleVerifier(trust.trusted_root),
        instance.identity_token,
        accept=lambda *_: None,
        clock=read_clock,
    )


def test_a_refusal_comes_before_anything_is_signed(instance: RehearsalInstance, tmp_path: Path) -> None:
    instance.faults.add("fulcio", InjectedFault(status=403), times=1)
    batch = Batch(instance, tmp_path)
    with pytest.raises(IdentityRefusedError):
        batch.client.certify()
    batch.client.certify()
    batch.client.certify()
    batch.sign(files(2))
    assert (instance.entries, instance.faults.asked("fulcio")) == (2, 2)


def test_an_entry_that_was_written_though_the_log_said_no_is_told(instance: RehearsalInstance, tmp_path: Path) -> None:
    # A gateway in front of the log gave up, the log did not: asked again, it says that it has the entry already.
    instance.faults.add("rekor", InjectedFault(status=504, after_work=True), times=1)
    batch = Batch(instance, tmp_path)
    error = raised(batch, files(1))
    assert error.message == (
        f"transparency log {instance.base}/api/v1: answers HTTP 409: "
        "an equivalent entry already exists in the transparency log"
    )
    batch.sign(files(1))
    assert instance.entries == 2


class FakeLog:
    url = "http://log.invalid"

    def __init__(self, name: str) -> None:
        import requests

        self.name, self._session = name, requests.Session()

    def create_entry(self, request: dict[str, str]) -> str:
        return f"{self.name}:{request.get('kind', '')}"


def test_attestations_go_to_the_log_that_every_client_can_verify() -> None:
    log = RekorClient(FakeLog("files"), FakeLog("statements"))
    assert log.create_entry({"kind": "dsse"}) == "statements:dsse"
    assert log.create_entry({"kind": "hashedrekord"}) == "files:hashedrekord"
    assert log.create_entry({"hashedRekordRequestV002": ""}) == "files:"


def test_the_clock_is_the_callers(instance: RehearsalInstance, tmp_path: Path) -> None:
    read: list[datetime] = []

    def clock() -> datetime:
        read.append(read_clock())
        return read[-1]

    Batch(instance, tmp_path, clock=clock).sign(files(1))
    assert read
