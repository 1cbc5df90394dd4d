"""The unmodified client signs and verifies against every variant, and the instance leaves nothing."""

from __future__ import annotations

import gc
import json
import socket
import threading
import webbrowser
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from sigstore.errors import VerificationError
from sigstore.models import Bundle, ClientTrustConfig
from sigstore.oidc import IdentityError, IdentityToken, Issuer, detect_credential
from sigstore.verify.policy import Identity

from ops.supply_chain.rehearsal import instance as module
from ops.supply_chain.rehearsal.claims import GITHUB_ISSUER
from ops.supply_chain.rehearsal.clocks import Service
from ops.supply_chain.rehearsal.instance import GITHUB_IDENTITY, RehearsalInstance, without_proxy
from ops.supply_chain.rehearsal.options import Options
from tests.rehearsal.support import (
    ARTEFACT,
    VARIANTS,
    attested,
    expected,
    signed,
    signer,
    statement,
    trust,
    verifier,
)


@pytest.mark.parametrize("options", VARIANTS.values(), ids=VARIANTS.keys())
def test_an_artefact_and_an_attestation_verify(options: Options) -> None:
    with RehearsalInstance(options) as instance:
        bundle, envelope, check = signed(instance), attested(instance), verifier(instance)
    # The instance is gone: what it signed verifies all the same.
    check.verify_artifact(ARTEFACT, bundle, expected(options))
    kind, payload = check.verify_dsse(envelope, expected(options))
    assert (kind, payload) == ("application/vnd.in-toto+json", statement()._contents)
    stamps = json.loads(bundle.to_json())["verificationMaterial"].get("timestampVerificationData", {})
    assert len(stamps.get("rfc3161Timestamps", [])) == int(options.timestamping)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"log_version": 2, "timestamping": False}, "a version 2 log gives no time: it needs timestamping"),
        ({"ed25519_log": True}, "a version 1 log signs its promises with ECDSA only"),
    ],
)
def test_a_variant_that_no_client_could_use_is_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Options(**options)  # type: ignore[arg-type]


def test_twenty_artefacts_one_certificate(instance: RehearsalInstance) -> None:
    with signer(instance) as session:
        bundles = [session.sign_artifact(b"%d" % number) for number in range(20)]
    serials = {bundle.signing_certificate.serial_number for bundle in bundles}
    assert (len(serials), instance.faults.asked("fulcio"), instance.entries) == (1, 1, 20)
    check = verifier(instance)
    for number, bundle in enumerate(bundles):
        check.verify_artifact(b"%d" % number, bundle, expected(instance.options))


IDENTITIES = {
    "workflow": (GITHUB_IDENTITY, GITHUB_ISSUER, GITHUB_ISSUER),
    "enterprise": (GITHUB_IDENTITY, f"{GITHUB_ISSUER}/acme", f"{GITHUB_ISSUER}/acme"),
    "pipeline": (
        "https://gitlab.com/acme/widget//.gitlab-ci.yml@refs/tags/v1",
        "https://gitlab.com",
        "https://gitlab.com",
    ),
    "buildkite": ("https://buildkite.com/acme/widget", "https://agent.buildkite.com", "https://agent.buildkite.com"),
    "person by GitHub": ("me@example.org", "https://github.com/login/oauth", "https://oauth2.sigstore.dev/auth"),
    "person by Google": ("me@example.org", "https://accounts.google.com", "https://oauth2.sigstore.dev/auth"),
    "e-mail, own issuer": ("me@example.org", "https://login.example.org", "https://login.example.org"),
    "URI, own issuer": ("https://ci.example.org/jobs/1", "https://ci.example.org", "https://ci.example.org"),
}


@pytest.mark.parametrize(("identity", "issuer", "token_issuer"), IDENTITIES.values(), ids=IDENTITIES.keys())
def test_any_identity_of_any_issuer_is_rehearsed(
    instance: RehearsalInstance, identity: str, issuer: str, token_issuer: str
) -> None:
    token = instance.identity_token(identity, issuer)
    assert IdentityToken(token).issuer == token_issuer
    bundle = signed(instance, token=token)
    verifier(instance).verify_artifact(ARTEFACT, bundle, Identity(identity=identity, issuer=issuer))
    with pytest.raises(VerificationError):
        verifier(instance).verify_artifact(ARTEFACT, bundle, Identity(identity=f"{identity}x", issuer=issuer))
    with pytest.raises(VerificationError):
        verifier(instance).verify_artifact(ARTEFACT, bundle, Identity(identity=identity, issuer=f"{issuer}x"))


def test_the_certificate_says_what_the_workflow_token_said(instance: RehearsalInstance) -> None:
    from cryptography.hazmat import asn1
    from cryptography.x509 import UnrecognizedExtension

    claims = {"sha": "c" * 40, "run_id": "77", "run_attempt": "2"}
    bundle = signed(instance, token=instance.identity_token(GITHUB_IDENTITY, GITHUB_ISSUER, claims))
    found = {
        one.oid.dotted_string.removeprefix("1.3.6.1.4.1.57264.1."): one.value.value
        for one in bundle.signing_certificate.extensions
        if isinstance(one.value, UnrecognizedExtension) and one.oid.dotted_string.startswith("1.3.6.1.4.1.57264.1.")
    }
    assert {key: found[key] for key in ("1", "3", "5")} == {
        "1": GITHUB_ISSUER.encode(),
        "3": b"c" * 40,
        "5": b"sealwright/rehearsal",
    }
    decoded = {int(key): asn1.decode_der(str, value) for key, value in found.items() if int(key) >= 8}
    assert decoded[8] == GITHUB_ISSUER
    assert decoded[9] == decoded[18] == GITHUB_IDENTITY
    assert decoded[12] == "https://github.com/sealwright/rehearsal"
    assert (decoded[13], decoded[14]) == ("c" * 40, "refs/tags/v1")
    assert decoded[21] == "https://github.com/sealwright/rehearsal/actions/runs/77/attempts/2"


def test_a_workflow_finds_its_credential(instance: RehearsalInstance, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in instance.github_environment().items():
        monkeypatch.setenv(name, value)
    bundle = signed(instance, token=detect_credential() or "")
    policy = Identity(identity=GITHUB_IDENTITY, issuer=GITHUB_ISSUER)
    verifier(instance).verify_artifact(ARTEFACT, bundle, policy)
    monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "somebody else's")
    with pytest.raises(IdentityError):
        detect_credential()


def test_a_person_logs_in_with_a_browser(instance: RehearsalInstance, monkeypatch: pytest.MonkeyPatch) -> None:
    visits: list[threading.Thread] = []

    def visit(url: str) -> bool:
        visits.append(threading.Thread(target=requests.get, args=(url,), kwargs={"timeout": 10}))
        visits[-1].start()
        return True

    monkeypatch.setattr(webbrowser, "open", visit)
    instance.log_in_as("me@example.org", "https://github.com/login/oauth")
    token = Issuer(trust(instance).signing_config.get_oidc_url()).identity_token()
    visits[0].join()
    assert (token.identity, token.federated_issuer) == ("me@example.org", "https://github.com/login/oauth")


def test_a_person_copies_the_code(
    instance: RehearsalInstance, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def type_code(_prompt: str) -> str:
        address = capsys.readouterr().err.split()[-1]
        return requests.get(address, timeout=10).text.strip()

    monkeypatch.setattr("builtins.input", type_code)
    token = Issuer(instance.base).identity_token(force_oob=True)
    assert token.identity == instance.options.identity


def test_a_code_is_good_once_and_for_whoever_asked(instance: RehearsalInstance) -> None:
    query = {"redirect_uri": "urn:ietf:wg:oauth:2.0:oob", "code_challenge": "x", "code_challenge_method": "S256"}
    code = requests.get(f"{instance.base}/auth", params=query, timeout=10).text.strip()
    for verifier_text in ("wrong", "again"):
        answer = requests.post(
            f"{instance.base}/token", data={"code": code, "code_verifier": verifier_text}, timeout=10
        )
        assert (answer.status_code, answer.json()["message"]) == (400, "invalid_grant")


EXPIRED: dict[str, tuple[tuple[Service, ...], timedelta]] = {
    "log after the certificate": (("rekor",), timedelta(minutes=11)),
    "stamp after the certificate": (("tsa",), timedelta(minutes=11)),
    "both after the certificate": (("rekor", "tsa"), timedelta(minutes=11)),
    "log before the certificate": (("rekor",), timedelta(minutes=-1)),
    "stamp before the certificate": (("tsa",), timedelta(minutes=-1)),
}


@pytest.mark.parametrize(("services", "by"), EXPIRED.values(), ids=EXPIRED.keys())
def test_a_signature_outside_the_certificates_time_is_refused(
    instance: RehearsalInstance, services: tuple[Service, ...], by: timedelta
) -> None:
    for service in services:
        instance.clocks.set_wrong(service, by)
    bundle = signed(instance)
    with pytest.raises(VerificationError):
        verifier(instance).verify_artifact(ARTEFACT, bundle, expected(instance.options))


def test_an_authority_whose_clock_is_late_gives_expired_certificates(instance: RehearsalInstance) -> None:
    from sigstore._internal.fulcio.client import ExpiredCertificate

    instance.clocks.set_wrong("fulcio", timedelta(minutes=-11))
    instance.clocks.set_wrong("oidc", timedelta(minutes=-11))
    with pytest.raises(ExpiredCertificate):
        signed(instance, token=instance.identity_token(lifetime=3600))


def test_the_trusted_root_does_not_depend_on_the_port_and_the_config_does(instance: RehearsalInstance) -> None:
    assert "127.0.0.1" not in instance.trusted_root_json
    assert instance.base in instance.trust_config_json
    hosts = {log["baseUrl"] for log in json.loads(instance.trusted_root_json)["tlogs"]}
    assert hosts == {"https://rekor.rehearsal.invalid"}


def test_two_instances_at_a_time_trust_nothing_of_each_other(instance: RehearsalInstance) -> None:
    with RehearsalInstance() as other:
        assert other.base != instance.base
        bundle, check = signed(instance), verifier(other)
    with pytest.raises(VerificationError):
        check.verify_artifact(ARTEFACT, bundle, expected(instance.options))


def _open_descriptors() -> int:
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.is_dir() else 0


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.chdir(tmp_path)
    gc.collect()
    threads, descriptors = threading.active_count(), _open_descriptors()
    with RehearsalInstance() as instance:
        port = int(instance.base.rpartition(":")[2])
        signed(instance)
        idle = socket.create_connection(("127.0.0.1", port), timeout=10)
    with suppress(ConnectionResetError):
        assert idle.recv(1) == b""
    idle.close()
    gc.collect()
    assert threading.active_count() == threads
    assert _open_descriptors() == descriptors
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=1)


def test_a_stopped_instance_signs_nothing_more() -> None:
    instance = RehearsalInstance()
    instance.__enter__()
    with signer(instance) as session:
        session.sign_artifact(b"one")
        instance.__exit__(None, None, None)
        with pytest.raises(requests.ConnectionError):
            session.sign_artifact(b"two")


def test_outside_its_block_it_says_so() -> None:
    instance = RehearsalInstance()
    with pytest.raises(RuntimeError, match="the rehearsal instance is not running: use it in a `with` block"):
        instance.identity_token()


PROXIES = {
    "none": ({}, "127.0.0.1,localhost"),
    "others kept": ({"NO_PROXY": "intern.example, .corp"}, "intern.example,.corp,127.0.0.1,localhost"),
    "lower case": ({"no_proxy": "localhost"}, "localhost,127.0.0.1"),
    "all": ({"NO_PROXY": "*"}, "*"),
}


@pytest.mark.parametrize(("environment", "value"), PROXIES.values(), ids=PROXIES.keys())
def test_loopback_is_taken_out_of_proxies(environment: dict[str, str], value: str) -> None:
    assert without_proxy(environment) == {"NO_PROXY": value, "no_proxy": value}


def test_a_proxy_of_the_environment_is_not_asked(instance: RehearsalInstance, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    signed(instance)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name)
    with pytest.raises(requests.exceptions.ProxyError):
        signed(instance)


def test_only_loopback_is_contacted(instance: RehearsalInstance, monkeypatch: pytest.MonkeyPatch) -> None:
    contacted: set[str] = set()
    connect = socket.socket.connect

    def note(self: socket.socket, address: tuple[str, int]) -> None:
        contacted.add(address[0])
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", note)
    bundle = signed(instance)
    verifier(instance).verify_artifact(ARTEFACT, bundle, expected(instance.options))
    assert contacted == {"127.0.0.1"}


def test_the_instance_is_light_until_it_starts() -> None:
    import subprocess
    import sys

    code = f"import sys, {module.__name__}; print(*sorted({{'cryptography', 'http', 'sigstore'}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout.split() == []


def test_the_trust_config_is_what_the_client_reads(instance: RehearsalInstance) -> None:
    config = ClientTrustConfig.from_json(instance.trust_config_json)
    assert config.signing_config.get_oidc_url() == instance.base
    assert len(config.signing_config.get_tsas()) == 1
    assert Bundle.from_json(signed(instance).to_json())
