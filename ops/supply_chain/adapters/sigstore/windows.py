"""sigstore-python's verifier, which also holds every key of the trusted root to its validity at signing time.

The library uses authorities and logs that have ended: it ignores the end of their `validFor`, and knows their start only
by today's clock. Here each bundle is verified by the part of the root that was valid when it was signed. The verified
times, which the library's public methods do not return, are recorded.

Source: sigstore 4.5; sigstore_trustroot.proto (`validFor` of `TransparencyLogInstance` and `CertificateAuthority`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from rfc3161_client import VerificationError as TimestampError
from rfc3161_client import VerifierBuilder

from ops.supply_chain.adapters.sigstore.failure import NotVerifiedError
from ops.supply_chain.adapters.sigstore.intoto_entry import is_intoto, log_time, require_same
from ops.supply_chain.adapters.sigstore.kept_keys import KeptRoot
from ops.supply_chain.adapters.sigstore.verifier_imports import (
    Bundle,
    Hashed,
    TimeRange,
    TimestampVerificationResult,
    TrustedRoot,
    VerificationError,
    VerificationPolicy,
    Verifier,
    dsse,
)
from ops.supply_chain.contracts.values.verified_bundle import TimeSource, VerifiedTime

MOST_CHAINS = 1024
"""Verified chains that are kept."""

_AUTHORITY = "timestamp_authority"
ALWAYS = TimeRange(start=datetime(1970, 1, 1, tzinfo=UTC))
T = TypeVar("T")


class WindowedVerifier:
    """Verifies bundles by the keys of a trusted root that were valid when they were signed.

    Args:
        trusted_root: The root.
    """

    def __init__(self, trusted_root: TrustedRoot) -> None:
        self._inner = trusted_root._inner  # noqa: SLF001 - the root's entries have no public name
        self._whole = self._verifier_by(self._inner.certificate_authorities, self._inner.tlogs, self._inner.ctlogs)
        self._parts: dict[tuple[tuple[bool, ...], ...], _TimeRecordingVerifier] = {}

    def verify_artifact(self, hashed: Hashed, bundle: Bundle, policy: VerificationPolicy) -> None:
        """Verify a bundle over a file; raises what the library raises, or NotVerifiedError."""
        self._verify(bundle, lambda verifier: verifier.verify_artifact(hashed, bundle, policy))

    def verify_dsse(self, bundle: Bundle, policy: VerificationPolicy) -> tuple[str, bytes]:
        """Verify a bundle with a DSSE envelope: returns payload type and payload; raises as `verify_artifact`."""
        return self._verify(bundle, lambda verifier: verifier.verify_dsse(bundle, policy))

    def times(self) -> tuple[VerifiedTime, ...]:
        """Return the times of this thread's last verification, earliest first.

        Raises:
            NotVerifiedError: None was recorded, so the time of signing is unknown.
        """
        return self._whole.times()

    def _verify(self, bundle: Bundle, check: Callable[[Verifier], T]) -> T:
        self._whole.forget()
        result = check(self._whole)
        part = self._part_at([time.at for time in self._whole.times()], _certified(bundle.signing_certificate))
        return result if part is self._whole else check(part)

    def _verifier_by(
        self, authorities: list[Any], logs: list[Any], certificate_logs: list[Any]
    ) -> _TimeRecordingVerifier:
        """Return a verifier by these entries alone, whose windows it does not compare with today's clock."""
        changes = {
            "certificate_authorities": [row.model_copy(update={"valid_for": ALWAYS}) for row in authorities],
            "tlogs": list(map(_without_window, logs)),
            "ctlogs": list(map(_without_window, certificate_logs)),
            "timestamp_authorities": list(map(_with_its_end, self._inner.timestamp_authorities)),
        }
        return _TimeRecordingVerifier(trusted_root=KeptRoot(self._inner.model_copy(update=changes)))

    def _part_at(self, signed: Sequence[datetime], certified: Sequence[datetime]) -> _TimeRecordingVerifier:
        """Return the verifier by the keys that were valid at all these times; CT logs when they took the certificate."""
        inner = self._inner
        authorities, logs, certificate_logs = inner.certificate_authorities, inner.tlogs, inner.ctlogs
        kept = (
            tuple(_covers(authority.valid_for, signed) for authority in authorities),
            tuple(_covers(log.public_key.valid_for, signed) for log in logs),
            tuple(_covers(log.public_key.valid_for, certified) for log in certificate_logs),
        )
        if all(map(all, kept)):
            return self._whole
        names = ("certificate authority", "transparency log", "certificate transparency log")
        for name, valid in zip(names, kept, strict=True):
            if not any(valid):
                raise NotVerifiedError(f"no {name} of the trusted root was valid when it was signed")
        if kept not in self._parts:
            self._parts[kept] = self._verifier_by(
                _chosen(authorities, kept[0]), _chosen(logs, kept[1]), _chosen(certificate_logs, kept[2])
            )
        return self._parts[kept]


class _TimeRecordingVerifier(Verifier):
    """The library's verifier, recording the verified times."""

    def __init__(self, *, trusted_root: TrustedRoot) -> None:
        super().__init__(trusted_root=trusted_root)
        self._recorded = threading.local()
        self._chains: dict[tuple[bytes, datetime], tuple[x509.Certificate, ...]] = {}

    def _establish_time(self, bundle: Bundle):  # type: ignore[no-untyped-def] # noqa: ANN202 - a private type
        found = self._established(bundle)
        self._recorded.times = tuple(
            VerifiedTime(
                source=TimeSource.AUTHORITY if established.source.name.lower() == _AUTHORITY else TimeSource.LOG,
                at=established.time.astimezone(UTC),
            )
            for established in found
        )
        return found

    def _verify_chain_at_time(
        self, certificate: x509.Certificate, timestamp_result: TimestampVerificationResult
    ) -> list[x509.Certificate]:
        """Verify the chain of a certificate at a time; one that was verified for the same bytes and moment is not verified again.

        The files of a release are signed with a few certificates within seconds. What does not verify is not kept.
        """
        key = certificate.public_bytes(Encoding.DER), timestamp_result.time
        known = self._chains.get(key)
        if known is None:
            known = tuple(super()._verify_chain_at_time(certificate, timestamp_result))
            if len(self._chains) >= MOST_CHAINS:
                self._chains.clear()
            self._chains[key] = known
        return list(known)

    def _established(self, bundle: Bundle) -> list[Any]:
        if not is_intoto(bundle):
            return super()._establish_time(bundle)
        if not bundle.verification_material.timestamp_verification_data:
            return log_time(bundle)
        if not self._trusted_root.get_timestamp_authorities():
            raise VerificationError("has a timestamp, and the trusted root no authority")
        return [*self._verify_timestamp_authority(bundle), *log_time(bundle)]

    def verify_dsse(self, bundle: Bundle, policy: VerificationPolicy) -> tuple[str, bytes]:
        """Verify a bundle with a DSSE envelope, log entries of the kind `intoto` included; raises as the library does."""
        if not is_intoto(bundle):
            return super().verify_dsse(bundle, policy)
        self._verify_common_signing_cert(bundle, policy)
        envelope, key = bundle._dsse_envelope, bundle.signing_certificate.public_key()  # noqa: SLF001 - no public name
        if envelope is None or not isinstance(key, EllipticCurvePublicKey):
            raise VerificationError("expected a DSSE envelope signed with an elliptic curve key")
        dsse._verify(key, envelope)  # noqa: SLF001 - no public name
        require_same(bundle)
        return envelope._inner.payload_type, bytes(envelope._inner.payload)  # noqa: SLF001 - as above

    def _verify_signed_timestamp(self, timestamp_response: Any, message: bytes):  # type: ignore[no-untyped-def] # noqa: ANN202
        found = super()._verify_signed_timestamp(timestamp_response, message)
        # A token that no authority made is only ignored by the library; one from outside the validity of the
        # authority that made it is refused.
        if found is None and self._is_by_an_authority(timestamp_response, message):
            raise VerificationError("a timestamp is by an authority that was not valid at its time")
        return found

    def _is_by_an_authority(self, response: Any, message: bytes) -> bool:
        for authority in self._trusted_root.get_timestamp_authorities():
            leaf, *between = authority._certificates  # noqa: SLF001 - the method hides those that have not begun
            if not between:
                continue
            builder = VerifierBuilder().tsa_certificate(leaf).add_root_certificate(between[-1])
            for certificate in between[:-1]:
                builder = builder.add_intermediate_certificate(certificate)
            try:
                builder.build().verify_message(response, message)
            except TimestampError:
                continue
            return True
        return False

    def forget(self) -> None:
        """Forget this thread's times: a new verification begins."""
        self._recorded.times = ()

    def times(self) -> tuple[VerifiedTime, ...]:
        """Return the times of this thread's verification, earliest first.

        Raises:
            NotVerifiedError: None was recorded, so the time of signing is unknown.
        """
        found: tuple[VerifiedTime, ...] = self._recorded.times
        if not found:
            raise NotVerifiedError("no time of the signature was verified")
        return tuple(sorted(found, key=lambda time: (time.at, time.source)))


def _covers(valid_for: Any, times: Iterable[datetime]) -> bool:
    """Return whether a range of the trusted root covers all times; its end is part of it."""
    if valid_for is None:
        return True
    start, end = valid_for.start, valid_for.end
    return all((start is None or start <= at) and (end is None or at <= end) for at in times)


def _chosen(rows: Sequence[Any], flags: Sequence[bool]) -> list[Any]:
    return [row for row, valid in zip(rows, flags, strict=True) if valid]


def _without_window(log: Any) -> Any:
    return log.model_copy(update={"public_key": log.public_key.model_copy(update={"valid_for": ALWAYS})})


def _with_its_end(authority: Any) -> Any:
    """Return an authority whose last moment counts: the library leaves it out."""
    window = authority.valid_for
    if window is None or window.end is None:
        return authority
    later = window.model_copy(update={"end": window.end + timedelta(microseconds=1)})
    return authority.model_copy(update={"valid_for": later})


def _certified(certificate: x509.Certificate) -> list[datetime]:
    """Return when the certificate transparency logs took a certificate."""
    logged = certificate.extensions.get_extension_for_class(x509.PrecertificateSignedCertificateTimestamps).value
    return [entry.timestamp.replace(tzinfo=UTC) for entry in logged]
