"""What is told of signing: the result for people, and a finding for each thing that stands in the way.

Source: issue "Sign, rehearse, verify, publish": failures are told apart, with what to do.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.contracts.values.signature_names import NOT_SIGNED
from ops.supply_chain.core.text import printable


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """How far signing came: things to sign, bundles kept from before, bundles made now, and by whom."""

    wanted: int
    kept: int
    made: int
    signer: str = ""
    trusted_root_sha256: str = ""
    rehearsal: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether everything that has to be signed is."""
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


def whole_text(tally: Tally) -> str:
    """Tell that the set is signed.

    Raises:
        ValueError: It is not.
    """
    if not tally.is_whole:
        raise ValueError("only a whole set is called signed")
    lines = [
        f"{tally.wanted} of {tally.wanted} signed: {tally.made} now, {tally.kept} kept from before",
        f"  by            {printable(tally.signer)}",
        f"  trusted root  sha256 {tally.trusted_root_sha256}",
    ]
    if tally.rehearsal:
        lines.append("  a rehearsal: verifies against no root but its own")
    return "\n".join(lines)


def partial_text(tally: Tally, finding: Finding) -> str:
    """Tell that the set is not signed: how far it came, why it stopped, and what to do."""
    done = tally.kept + tally.made
    return f"not signed: {done} of {tally.wanted}\n  {finding.message}\n  next: {finding.next_step}"


def checksums_text(files: int, checksums: str) -> str:
    """Tell what mode `checksums` does."""
    return (
        f"{NOT_SIGNED}: {checksums} covers {files} files\n"
        '  next: to sign, set [signing].mode to "sigstore" and name who may: [[signing.identities]]'
    )


def unlisted_finding(names: Sequence[str], issuer: str, why: Sequence[str], entry: str) -> Finding:
    """Find that whoever is about to sign is none of the configured identities.

    Args:
        names: Names that the certificate can have; at least one.
        issuer: Its OIDC issuer.
        why: A sentence for each identity of the same name or issuer that does not match.
        entry: The configuration entry that would let it sign.
    """
    reasons = "".join(f"; {one}" for one in why)
    return Finding(
        code="signing.identity-not-listed",
        severity=Severity.HIGH,
        message=f"{printable(' or '.join(names))}, issuer {printable(issuer)}, is about to sign, and is none of "
        f"[signing].identities that are valid today{printable(reasons)}",
        next_step=f"Sign as one of them; or, if this is right, add to .security-config.toml:\n{entry}",
    )


def nobody_finding(names: Sequence[str], issuer: str, entry: str) -> Finding:
    """Find that nobody may sign."""
    return Finding(
        code="signing.no-identities",
        severity=Severity.HIGH,
        message="[signing].identities is empty: customers could not tell whose signature to accept; "
        f"{printable(' or '.join(names))}, issuer {printable(issuer)}, is about to sign",
        next_step=f'If that is right, add to .security-config.toml:\n{entry}\nor set [signing].mode to "checksums"',
    )


def refused_finding(message: str, hint: str) -> Finding:
    """Find that the certificate authority refused the identity."""
    return Finding(code="signing.identity-refused", severity=Severity.HIGH, message=message, next_step=hint)


def unreached_finding(message: str, hint: str) -> Finding:
    """Find that something outside did not answer, or not usably."""
    return Finding(code="signing.not-examined", severity=Severity.INFO, message=message, next_step=hint)
