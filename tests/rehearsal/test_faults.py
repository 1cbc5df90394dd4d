"""Each fault reaches the unmodified client as the real service's would, and the instance survives it."""

from __future__ import annotations

import threading
import time

import pytest
import requests
from sigstore._internal.fulcio.client import FulcioClientError
from sigstore._internal.rekor import RekorClientError
from sigstore.oidc import IdentityError, IdentityToken, Issuer, IssuerError, detect_credential

from ops.supply_chain.rehearsal.clocks import Service
from ops.supply_chain.rehearsal.faults import FOREVER, Faults, InjectedFault
from ops.supply_chain.rehearsal.instance import RehearsalInstance
from tests.rehearsal.support import ARTEFACT, expected, signed, signer, verifier

FAILURES: dict[str, tuple[Service, InjectedFault, type[Exception]]] = {
    "authority refuses the request": ("fulcio", InjectedFault(status=400, message="bad csr"), FulcioClientError),
    "authority refuses the identity": ("fulcio", InjectedFault(status=403, message="not you"), FulcioClientError),
    "authority is broken": ("fulcio", InjectedFault(status=500), FulcioClientError),
    "authority speaks nonsense": ("fulcio", InjectedFault(body=b"<html>"), requests.JSONDecodeError),
    "authority sends no chain": ("fulcio", InjectedFault(body=b"{}"), FulcioClientError),
    "authority hangs up": ("fulcio", InjectedFault(drop=True), requests.ConnectionError),
    "log has it already": ("rekor", InjectedFault(status=409, message="exists"), RekorClientError),
    "log is broken": ("rekor", InjectedFault(status=500), RekorClientError),
    "log is busy": ("rekor", InjectedFault(status=429), RekorClientError),
    "log hangs up": ("rekor", InjectedFault(drop=True), requests.ConnectionError),
    "log speaks nonsense": ("rekor", InjectedFault(body=b"[]"), Exception),
}


@pytest.mark.parametrize(("service", "fault", "error"), FAILURES.values(), ids=FAILURES.keys())
def test_a_fault_is_what_the_client_sees_and_goes(
    instance: RehearsalInstance, service: Service, fault: InjectedFault, error: type[Exception]
) -> None:
    instance.faults.add(service, fault, times=1)
    with pytest.raises(error):
        signed(instance)
    bundle = signed(instance)
    verifier(instance).verify_artifact(ARTEFACT, bundle, expected(instance.options))
    assert instance.faults.asked(service) == 2


def test_the_message_of_a_refusal_arrives(instance: RehearsalInstance) -> None:
    instance.faults.add("fulcio", InjectedFault(status=403, message="not you"))
    with pytest.raises(FulcioClientError) as caught:
        signed(instance)
    assert isinstance(caught.value.__cause__, requests.HTTPError)
    response = caught.value.__cause__.response
    assert response is not None
    assert response.json() == {"code": 403, "message": "not you"}


STAMPING = {
    "down": InjectedFault(status=503),
    "nonsense": InjectedFault(body=b"\x30\x00"),
    "hangs up": InjectedFault(drop=True),
}


@pytest.mark.parametrize("fault", STAMPING.values(), ids=STAMPING.keys())
def test_without_time_stamps_the_client_goes_on_silently(instance: RehearsalInstance, fault: InjectedFault) -> None:
    """What a signing stage has to look for itself: the bundle verifies, and has no stamp."""
    instance.faults.add("tsa", fault)
    bundle = signed(instance)
    assert not bundle.verification_material.timestamp_verification_data
    verifier(instance).verify_artifact(ARTEFACT, bundle, expected(instance.options))


def test_a_lost_answer_leaves_an_entry(instance: RehearsalInstance) -> None:
    instance.faults.add("rekor", InjectedFault(drop=True, after_work=True), times=1)
    with pytest.raises(requests.ConnectionError):
        signed(instance)
    assert instance.entries == 1


def test_a_fault_can_wait_for_its_turn(instance: RehearsalInstance) -> None:
    instance.faults.add("rekor", InjectedFault(status=500), skip=2, times=1)
    with signer(instance) as session:
        session.sign_artifact(b"1")
        session.sign_artifact(b"2")
        with pytest.raises(RekorClientError):
            session.sign_artifact(b"3")
        session.sign_artifact(b"3")
    assert (instance.entries, instance.faults.asked("rekor")) == (3, 4)


def test_cleared_faults_are_gone(instance: RehearsalInstance) -> None:
    instance.faults.add("fulcio", InjectedFault(status=500))
    instance.faults.clear()
    signed(instance)


def test_a_hanging_service_answers_in_the_end(instance: RehearsalInstance) -> None:
    instance.faults.add("rekor", InjectedFault(hang=0.2), times=1)
    started = time.monotonic()
    signed(instance)
    assert time.monotonic() - started >= 0.2


def test_stopping_ends_a_hanging_request() -> None:
    failures: list[Exception] = []
    with RehearsalInstance() as instance:
        instance.faults.add("rekor", InjectedFault(hang=3600))

        def sign() -> None:
            try:
                signed(instance)
            except requests.ConnectionError as error:
                failures.append(error)

        thread = threading.Thread(target=sign)
        thread.start()
        while not instance.faults.asked("rekor"):
            time.sleep(0.01)
    thread.join(timeout=10)
    assert len(failures) == 1


def test_the_issuers_fail_too(instance: RehearsalInstance, monkeypatch: pytest.MonkeyPatch) -> None:
    instance.faults.add("oidc", InjectedFault(status=500))
    with pytest.raises(IssuerError):
        Issuer(instance.base)
    for name, value in instance.github_environment().items():
        monkeypatch.setenv(name, value)
    instance.faults.add("github", InjectedFault(status=500))
    with pytest.raises(IdentityError):
        detect_credential()


TOKENS = {
    "expired": ({"lifetime": -60}, "There was an error processing the identity token: not valid now"),
    "for others": ({"claims": {"aud": "pypi"}}, "There was an error processing the identity token: not for sigstore"),
}


@pytest.mark.parametrize(("made", "message"), TOKENS.values(), ids=TOKENS.keys())
def test_a_bad_token_is_refused_by_the_client_and_by_the_authority(
    instance: RehearsalInstance, made: dict[str, object], message: str
) -> None:
    token = instance.identity_token(**made)  # type: ignore[arg-type]
    with pytest.raises(IdentityError):
        IdentityToken(token)
    answer = requests.post(
        f"{instance.base}/api/v2/signingCert", headers={"Authorization": f"Bearer {token}"}, json={}, timeout=10
    )
    assert (answer.status_code, answer.json()) == (401, {"code": 401, "message": message})


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "a.b.\u00e4", ".".join(["e30"] * 3)])
def test_what_is_no_token_of_ours_is_refused(instance: RehearsalInstance, token: str) -> None:
    answer = requests.post(
        f"{instance.base}/api/v2/signingCert",
        headers={"Authorization": f"Bearer {token}".encode()},
        json={},
        timeout=10,
    )
    assert (answer.status_code, answer.json()["message"]) == (
        401,
        "There was an error processing the identity token: not signed by the issuer",
    )


def test_another_instances_token_is_refused(instance: RehearsalInstance) -> None:
    with RehearsalInstance() as other, pytest.raises(FulcioClientError):
        signed(instance, token=other.identity_token())


def test_an_entry_is_logged_once(instance: RehearsalInstance) -> None:
    sent: list[bytes] = []
    with pytest.MonkeyPatch.context() as patch:
        request = requests.Session.request

        def keep(self: requests.Session, method: str, url: str, **options: object) -> requests.Response:
            answer = request(self, method, url, **options)  # type: ignore[arg-type]
            sent.extend([answer.request.body or b""] if "log/entries" in url else [])  # type: ignore[list-item]
            return answer

        patch.setattr(requests.Session, "request", keep)
        signed(instance)
    answer = requests.post(f"{instance.base}/api/v1/log/entries", data=sent[0], timeout=10)
    assert answer.status_code == 409
    assert answer.json()["message"] == "an equivalent entry already exists in the transparency log"


def test_counting_and_order_of_faults() -> None:
    faults = Faults()
    faults.add("tsa", InjectedFault(status=1), times=2)
    faults.add("tsa", InjectedFault(status=2), times=FOREVER)
    assert [faults.take("tsa").status for _ in range(4)] == [1, 1, 2, 2]
    assert faults.take("rekor") == InjectedFault()
    assert (faults.asked("tsa"), faults.asked("rekor"), faults.asked("oidc")) == (4, 1, 0)
