"""Signing with a Sigstore instance: a batch with one certificate, several at a time, each bundle verified.

A certificate is asked for when the first thing is signed, and a new one shortly before it ends. Each bundle is
verified against the instance's trusted root before it is handed on. At the first failure nothing further
begins, and what is under way is finished, unless it would have to wait until a service wants to be asked again.

Imports sigstore when it is imported itself: import it where it is used.

Source: https://github.com/sigstore/sigstore-python (4.5), `sigstore.sign`
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import msgspec

from ops.supply_chain.adapters.sigstore.failure import NotVerifiedError, ServiceError, TokenError
from ops.supply_chain.adapters.sigstore.trust_config import TrustConfig
from ops.supply_chain.adapters.sigstore.turns import MOST_AT_ONCE
from ops.supply_chain.contracts.values.verified_bundle import VerifiedBundle
from ops.supply_chain.core.collector import importing
from ops.supply_chain.core.errors import InputError, OutputError, StageError
from ops.supply_chain.core.text import printable, without_credentials

with importing():
    from cryptography import x509
    from sigstore.dsse import Statement
    from sigstore.errors import Error
    from sigstore.hashes import Hashed
    from sigstore.models import ClientTrustConfig, SigningConfig
    from sigstore.oidc import ExpiredIdentity, IdentityError, IdentityToken
    from sigstore.sign import Signer, SigningContext
    from sigstore_models.common.v1 import HashAlgorithm

    from ops.supply_chain.adapters.sigstore.bundle_verifier import name_of
    from ops.supply_chain.adapters.sigstore.services import AGAIN, AUTHORITY, FulcioClient, TimeStamps, log_of

if TYPE_CHECKING:
    from ops.supply_chain.adapters.sigstore.bundle_verifier import BundleVerifier

WORKERS = 2 * MOST_AT_ONCE
"""Things signed at the same time: log and time-stamping authority have as many requests at once as each may have."""

RENEW_BEFORE = timedelta(seconds=60)
"""A certificate that ends sooner is not used for anything new: an entry may take that long."""

RENEW_SHARE = 10
"""Of a short-lived certificate the last tenth is not used."""


class SigningRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to sign: a file by SHA-256, or a statement by its bytes; `key` is for the caller."""

    key: str
    sha256: str = ""
    statement: bytes = b""


class SignedBundle(msgspec.Struct, frozen=True, kw_only=True):
    """A bundle's bytes, and what they prove."""

    data: bytes
    verified: VerifiedBundle


class SigningClient:
    """Signs for one instance.

    Args:
        trust: The instance.
        verifier: Verifies against its trusted root.
        token: Gives an identity token; asked again when a new certificate is needed.
        accept: Called with the name and the issuer of each certificate before it is used; raises to refuse.
        clock: The present moment.
    Raises:
        InputError: The trust config cannot be used.
        ValueError: The verifier has another trusted root.
    """

    def __init__(
        self,
        trust: TrustConfig,
        verifier: BundleVerifier,
        token: Callable[[], str],
        *,
        accept: Callable[[str, str], None],
        clock: Callable[[], datetime],
    ) -> None:
        self._token, self._accept, self._clock = token, accept, clock
        if verifier.trusted_root_sha256 != trust.trusted_root_sha256:
            raise ValueError("the verifier has another trusted root than the instance")
        self._verifier = verifier
        self._stopped = threading.Event()
        config = _loaded(trust)
        try:
            signing = config.signing_config
            self._authority = FulcioClient(signing.get_fulcio(), self._accept_certificate, stopped=self._stopped)
            self._context = SigningContext(
                fulcio=cast("Any", self._authority),
                rekor=cast("Any", log_of(signing, _first_version(config), stopped=self._stopped)),
                trusted_root=config.trusted_root,
                tsa_clients=cast("Any", [TimeStamps(client, stopped=self._stopped) for client in signing.get_tsas()]),
            )
        except (Error, ValueError, LookupError) as error:
            raise InputError(f"trust config ({trust.origin}): cannot be used: {_reason(error)}") from error
        self._lock = threading.Lock()
        self._signer: tuple[Signer, x509.Certificate] | None = None

    def certify(self) -> None:
        """Get the certificate that the batch begins with, so that a refusal comes before anything is written.

        Raises:
            IdentityRefusedError: The authority refuses this identity, or `accept` does.
            StageError: The token is of no use, or the authority does not answer.
        """
        self._current()

    def sign_all(
        self,
        requests: Sequence[SigningRequest],
        keep: Callable[[SigningRequest, SignedBundle], None],
        *,
        workers: int,
    ) -> Iterator[SigningRequest]:
        """Sign things, several at a time.

        Args:
            requests: In the order in which they are begun.
            keep: Called with each bundle, in the thread that made it, before its request is yielded.
            workers: How many at the same time.
        Yields:
            Each request whose bundle was kept, as it is done.
        Raises:
            StageError: The first thing that went wrong, after everything under way has ended.
        """
        failures: list[Exception] = []
        self._stopped.clear()
        with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="sign") as pool:
            try:
                yield from self._collected([pool.submit(self._one, request, keep, failures) for request in requests])
            finally:
                self._stopped.set()
        if failures:
            raise failures[0]

    def _collected(self, futures: list[Future[SigningRequest | None]]) -> Iterator[SigningRequest]:
        for future in as_completed(futures):
            error = future.exception()
            if error is None:
                if (done := future.result()) is not None:
                    yield done
            elif not isinstance(error, Exception):
                raise error

    def _one(
        self,
        request: SigningRequest,
        keep: Callable[[SigningRequest, SignedBundle], None],
        failures: list[Exception],
    ) -> SigningRequest | None:
        if self._stopped.is_set():
            return None
        try:
            keep(request, self._signed(request))
        except BaseException as error:
            if isinstance(error, Exception):
                failures.append(error)  # before the others stop: what fails because of that comes later
            self._stopped.set()
            raise
        return request

    def _signed(self, request: SigningRequest) -> SignedBundle:
        signer, certificate = self._current()
        try:
            return self._made(request, signer)
        except OutputError:
            if certificate.not_valid_after_utc > self._clock():
                raise
        # Pauses that the services asked for lasted longer than the certificate.
        return self._made(request, self._current()[0])

    def _made(self, request: SigningRequest, signer: Signer) -> SignedBundle:
        try:
            if request.statement:
                bundle = signer.sign_dsse(Statement(request.statement))
            else:
                digest = bytes.fromhex(request.sha256)
                bundle = signer.sign_artifact(Hashed(algorithm=HashAlgorithm.SHA2_256, digest=digest))
        except Error as error:
            raise _not_made(request, _reason(error)) from error
        data = bundle.to_json().encode()
        return SignedBundle(data=data, verified=self._verified(request, data))

    def _verified(self, request: SigningRequest, data: bytes) -> VerifiedBundle:
        """Verify our own bundle: a malformed answer of a log must not leave a signature that cannot be verified."""
        try:
            found = self._verifier.statement(data) if request.statement else self._verifier.file(data, request.sha256)
        except NotVerifiedError as error:
            raise _not_made(request, error.message) from error
        if request.statement and found.payload != request.statement:
            raise _not_made(request, "the payload is another one")
        self._accept(found.san, found.issuer)
        return found

    def _current(self) -> tuple[Signer, x509.Certificate]:
        with self._lock:
            if self._signer is None or self._is_ending():
                self._signer = self._certified()
            return self._signer

    def _is_ending(self) -> bool:
        certificate = self._authority.certificate
        if certificate is None:
            return True
        lifetime = certificate.not_valid_after_utc - certificate.not_valid_before_utc
        return certificate.not_valid_after_utc - self._clock() < min(RENEW_BEFORE, lifetime / RENEW_SHARE)

    def _certified(self) -> tuple[Signer, x509.Certificate]:
        try:
            signer = Signer(IdentityToken(self._token()), self._context)
        except (IdentityError, ExpiredIdentity) as error:
            raise TokenError(
                "the identity token has expired or is malformed",
                hint="Get a fresh identity token and run again: signatures made so far are kept.",
            ) from error
        except Error as error:
            raise ServiceError(f"{AUTHORITY}: its certificate cannot be used: {_reason(error)}", hint=AGAIN) from error
        certificate = self._authority.certificate
        if certificate is None or certificate.not_valid_after_utc <= self._clock():
            raise ServiceError(
                f"{AUTHORITY}: its certificate has already expired",
                hint="Correct the clock of this machine; if it is correct, notify the operator of the instance.",
            )
        return signer, certificate

    def _accept_certificate(self, certificate: x509.Certificate) -> None:
        try:
            san, issuer = name_of(certificate)
        except StageError as error:
            raise ServiceError(f"{AUTHORITY}: {error.message}", hint=AGAIN) from error
        self._accept(san, issuer)


def issuer_url(trust: TrustConfig) -> str:
    """Return the address of an instance's identity issuer.

    Raises:
        InputError: The trust config cannot be used, or names none.
    """
    try:
        return _loaded(trust).signing_config.get_oidc_url()
    except Error as error:
        raise InputError(f"trust config ({trust.origin}): {_reason(error)}") from error


def has_first_log(trust: TrustConfig) -> bool:
    """Return whether an instance has version 1 of the log, whose entries alone carry a time.

    Raises:
        InputError: The trust config cannot be used.
    """
    return _first_version(_loaded(trust)) is not None


def _loaded(trust: TrustConfig) -> ClientTrustConfig:
    try:
        config = ClientTrustConfig.from_json(trust.document)
        _ = config.signing_config, config.trusted_root
    except (Error, ValueError) as error:
        raise InputError(f"trust config ({trust.origin}): cannot be used: {_reason(error)}") from error
    return config


def _first_version(config: ClientTrustConfig) -> SigningConfig | None:
    """Return the signing config limited to version 1 of the log, or None where there is none."""
    config.force_tlog_version = 1
    try:
        return config.signing_config
    except (Error, ValueError):
        return None
    finally:
        config.force_tlog_version = None


def _not_made(request: SigningRequest, why: str) -> OutputError:
    return OutputError(
        f"{request.key}: the new bundle does not verify: {why}",
        hint="It was not written. Notify the operator of the instance; signatures made so far are kept.",
    )


def _reason(error: Exception) -> str:
    return printable(without_credentials(" ".join(str(error).split())))[:300] or type(error).__name__
