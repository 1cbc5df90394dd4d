"""The result of signing as text, and a finding for each problem that prevents it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.contracts.values.signature_names import NOT_SIGNED
from ops.supply_chain.contracts.values.verified_bundle import VerifiedBundle
from ops.supply_chain.core.moments import timestamp
from ops.supply_chain.core.text import printable


class SigningProgress(msgspec.Struct, frozen=True, kw_only=True):
    """Progress of signing: items to sign, bundles kept from an earlier run, bundles made now, and the signer."""

    wanted: int
    kept: int
    made: int
    signer: str = ""
    trusted_root_sha256: str = ""
    rehearsal: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether every item is signed."""
        return self.wanted > 0 and self.kept + self.made == self.wanted

    @property
    def counts(self) -> dict[str, int]:
        """The counts of the record."""
        return {
            "files": self.wanted,
            "signed": self.kept + self.made,
            "kept": self.kept,
            "unsigned": self.wanted - self.kept - self.made,
        }


def whole_text(progress: SigningProgress) -> str:
    """Return the text for a completely signed release.

    Raises:
        ValueError: It is not completely signed.
    """
    if not progress.is_whole:
        raise ValueError("the release is not completely signed")
    lines = [
        f"{progress.wanted} of {progress.wanted} signed: {progress.made} now, {progress.kept} kept from an earlier run",
        f"  by            {printable(progress.signer)}",
        f"  trusted root  sha256 {progress.trusted_root_sha256}",
    ]
    if progress.rehearsal:
        lines.append("  a rehearsal: verifies only against its own root")
    return "\n".join(lines)


def partial_text(progress: SigningProgress) -> str:
    """Return the text for an incompletely signed release."""
    return f"not signed: {progress.kept + progress.made} of {progress.wanted}"


def checksums_text(files: int, checksums: str) -> str:
    """Return the text for mode `checksums`."""
    return (
        f"{NOT_SIGNED}: {checksums} covers {files} files\n"
        '  next: to sign, set [signing].mode to "sigstore" and list the signers in [[signing.identities]]'
    )


def unlisted_finding(names: Sequence[str], issuer: str, why: Sequence[str], entry: str) -> Finding:
    """Return the finding that the signer is not a configured identity.

    Args:
        names: Names that the certificate may carry; at least one.
        issuer: Its OIDC issuer.
        why: The reason of each identity of the same name or issuer that does not match.
        entry: The configuration entry that would let it sign.
    """
    reasons = "".join(f"; {reason}" for reason in why)
    return Finding(
        code="signing.identity-not-listed",
        severity=Severity.HIGH,
        message=f"signer {printable(' or '.join(names))} (issuer {printable(issuer)}) is not an identity in "
        f"[signing].identities that is valid today{printable(reasons)}",
        next_step=f"Sign as one of the listed identities; or, if this signer is authorized, add to .security-config.toml:\n{entry}",
    )


def no_identities_finding(names: Sequence[str], issuer: str, entry: str) -> Finding:
    """Return the finding that no identity is authorized to sign."""
    return Finding(
        code="signing.no-identities",
        severity=Severity.HIGH,
        message="[signing].identities is empty, so customers would not know whose signature to accept; "
        f"signer: {printable(' or '.join(names))} (issuer {printable(issuer)})",
        next_step=f'If this signer is authorized, add to .security-config.toml:\n{entry}\nor set [signing].mode to "checksums"',
    )


def refused_finding(message: str, hint: str) -> Finding:
    """Return the finding that the certificate authority refused the identity."""
    return Finding(code="signing.identity-refused", severity=Severity.HIGH, message=message, next_step=hint)


def unreached_finding(message: str, hint: str) -> Finding:
    """Return the finding that a service did not answer, or not usably."""
    return Finding(code="signing.not-examined", severity=Severity.INFO, message=message, next_step=hint)


def described(bundle: VerifiedBundle) -> dict[str, object]:
    """Return the facts of a bundle that the stage's document has."""
    return {
        "identity": bundle.san,
        "issuer": bundle.issuer,
        "log_index": bundle.log_index,
        "signed_at": timestamp(bundle.signed_at),
        "times": sorted({time.source.value for time in bundle.times}),
    }
