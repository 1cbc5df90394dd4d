"""A rehearsal instance as the signing code uses it, for tests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from ops.supply_chain.adapters.sigstore.bundle_verifier import BundleVerifier
from ops.supply_chain.adapters.sigstore.signer import SignedBundle, SigningClient, SigningRequest
from ops.supply_chain.adapters.sigstore.trust_config import TrustConfig, given
from ops.supply_chain.adapters.sigstore.windows import WindowedVerifier
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.rehearsal.instance import RehearsalInstance, without_proxy
from ops.supply_chain.runner.clock import read_clock

PLATFORM_VARIABLES = (
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "ACTIONS_ID_TOKEN_REQUEST_URL",
    "BUILDKITE",
    "CIRCLECI",
    "GITHUB_ACTIONS",
    "GITLAB_CI",
    "GOOGLE_SERVICE_ACCOUNT_NAME",
    "SEALWRIGHT_REHEARSAL",
    "SEALWRIGHT_TRUST_CONFIG",
    "SIGSTORE_ID_TOKEN",
)
IDENTITY, ISSUER = "rehearsal@sealwright.invalid", "https://oidc.rehearsal.invalid"


def clear_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away every credential and every proxy of whoever runs the tests."""
    for name in PLATFORM_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for name, value in without_proxy({}).items():
        monkeypatch.setenv(name, value)


def trust_of(instance: RehearsalInstance, folder: Path) -> TrustConfig:
    path = folder / "trust_config.json"
    path.write_text(instance.trust_config_json)
    return given(path, origin="test")


def file_request(content: str) -> SigningRequest:
    return SigningRequest(key=content, sha256=sha256_bytes(content.encode()))


def files(count: int) -> list[SigningRequest]:
    return [file_request(f"file {number:03}") for number in range(count)]


def statement_of(text: str) -> bytes:
    subject = '{"name":"a","digest":{"sha256":"' + "0" * 64 + '"}}'
    head = f'{{"_type":"https://in-toto.io/Statement/v1","subject":[{subject}],"predicateType":"urn:t"'
    return f'{head},"predicate":{{"text":"{text}"}}}}'.encode()


class Batch:
    """A client of an instance, and what it made."""

    def __init__(
        self,
        instance: RehearsalInstance,
        folder: Path,
        *,
        token: Callable[[], str] | None = None,
        accept: Callable[[str, str], None] = lambda _san, _issuer: None,
        clock: Callable[[], datetime] = read_clock,
    ) -> None:
        self.made: dict[str, SignedBundle] = {}
        trust = trust_of(instance, folder)
        self.verifier = BundleVerifier(trust.trusted_root)
        self.client = SigningClient(
            trust,
            self.verifier,
            token or instance.identity_token,
            accept=accept,
            clock=clock,
        )

    def sign(self, requests: list[SigningRequest], *, workers: int = 4) -> list[str]:
        return [one.key for one in self.client.sign_all(requests, self._keep, workers=workers)]

    def _keep(self, request: SigningRequest, bundle: SignedBundle) -> None:
        self.made[request.key] = bundle


def record_verified(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record which kind of bundle the library verifies, in a list that grows."""
    seen: list[str] = []
    for name in ("verify_artifact", "verify_dsse"):
        plain = getattr(WindowedVerifier, name)

        def counted(self: WindowedVerifier, *words: object, name: str = name, plain: object = plain) -> object:
            seen.append(name)
            return plain(self, *words)  # type: ignore[operator]

        monkeypatch.setattr(WindowedVerifier, name, counted)
    return seen
