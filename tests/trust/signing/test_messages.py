"""What is told of signing: never more than what was done."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.supply_chain.trust.signing import messages
from ops.supply_chain.trust.signing.messages import SigningProgress


def test_a_whole_set() -> None:
    progress = SigningProgress(wanted=3, kept=1, made=2, signer="me@example.org, issuer i", trusted_root_sha256="00")
    assert messages.whole_text(progress) == (
        "3 of 3 signed: 2 now, 1 kept from an earlier run\n  by            me@example.org, issuer i\n  trusted root  sha256 00"
    )
    assert progress.counts == {"files": 3, "signed": 3, "kept": 1, "unsigned": 0}


def test_a_rehearsal_says_so() -> None:
    progress = SigningProgress(wanted=1, kept=0, made=1, rehearsal=True)
    assert messages.whole_text(progress).endswith("\n  a rehearsal: verifies only against its own root")


def test_a_part_of_a_set_is_not_signed() -> None:
    progress = SigningProgress(wanted=3, kept=1, made=1)
    finding = messages.unreached_finding("the log does not answer", "Run it again.")
    assert messages.partial_text(progress) == "not signed: 2 of 3"
    assert (finding.code, finding.severity) == ("signing.not-examined", "info")


@settings(max_examples=60, derandomize=True)
@given(st.integers(0, 3), st.integers(0, 3), st.integers(0, 3))
def test_only_a_complete_release_is_called_signed(wanted: int, kept: int, made: int) -> None:
    progress = SigningProgress(wanted=wanted, kept=kept, made=made)
    if wanted and kept + made == wanted:
        assert messages.whole_text(progress).startswith(f"{wanted} of {wanted} signed")
    else:
        with pytest.raises(ValueError, match="the release is not completely signed"):
            messages.whole_text(progress)


def test_checksums() -> None:
    assert messages.checksums_text(5, "N-V-checksums.txt") == (
        "digests published, not signed: N-V-checksums.txt covers 5 files\n"
        '  next: to sign, set [signing].mode to "sigstore" and list the signers in [[signing.identities]]'
    )


def test_who_is_not_listed() -> None:
    finding = messages.unlisted_finding(["a", "b"], "i", ["c ended on 2026-01-01"], "[[signing.identities]]")
    assert finding.message == (
        "signer a or b (issuer i) is not an identity in [signing].identities that is valid today; c ended on 2026-01-01"
    )
    assert finding.next_step == (
        "Sign as one of the listed identities; or, if this signer is authorized, add to .security-config.toml:\n[[signing.identities]]"
    )
    assert finding.code == "signing.identity-not-listed"


def test_nobody_is_listed() -> None:
    finding = messages.no_identities_finding(["a\x1b[2J"], "i", "ENTRY")
    assert finding.message == (
        "[signing].identities is empty, so customers would not know whose signature to accept; signer: a?[2J (issuer i)"
    )
    assert finding.next_step == (
        'If this signer is authorized, add to .security-config.toml:\nENTRY\nor set [signing].mode to "checksums"'
    )
    assert (finding.code, finding.severity) == ("signing.no-identities", "high")


def test_who_was_refused() -> None:
    finding = messages.refused_finding("the authority says no", "Ask it.")
    assert (finding.code, finding.message, finding.next_step) == (
        "signing.identity-refused",
        "the authority says no",
        "Ask it.",
    )
