"""What is told of signing: never more than what was done."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.supply_chain.trust.signing import wording
from ops.supply_chain.trust.signing.wording import Tally


def test_a_whole_set() -> None:
    tally = Tally(wanted=3, kept=1, made=2, signer="me@example.org, issuer i", trusted_root_sha256="00")
    assert wording.whole_text(tally) == (
        "3 of 3 signed: 2 now, 1 kept from before\n  by            me@example.org, issuer i\n  trusted root  sha256 00"
    )
    assert tally.counts == {"files": 3, "signed": 3, "kept": 1, "unsigned": 0}


def test_a_rehearsal_says_so() -> None:
    tally = Tally(wanted=1, kept=0, made=1, rehearsal=True)
    assert wording.whole_text(tally).endswith("\n  a rehearsal: verifies against no root but its own")


def test_a_part_of_a_set_is_not_signed() -> None:
    tally = Tally(wanted=3, kept=1, made=1)
    finding = wording.unreached_finding("the log does not answer", "Run it again.")
    assert (
        wording.partial_text(tally, finding) == "not signed: 2 of 3\n  the log does not answer\n  next: Run it again."
    )
    assert (finding.code, finding.severity) == ("signing.not-examined", "info")


@settings(max_examples=60, derandomize=True)
@given(st.integers(0, 3), st.integers(0, 3), st.integers(0, 3))
def test_only_a_whole_set_is_ever_called_signed(wanted: int, kept: int, made: int) -> None:
    tally = Tally(wanted=wanted, kept=kept, made=made)
    if wanted and kept + made == wanted:
        assert wording.whole_text(tally).startswith(f"{wanted} of {wanted} signed")
    else:
        with pytest.raises(ValueError, match="only a whole set is called signed"):
            wording.whole_text(tally)


def test_checksums() -> None:
    assert wording.checksums_text(5, "N-V-checksums.txt") == (
        "digests published, not signed: N-V-checksums.txt covers 5 files\n"
        '  next: to sign, set [signing].mode to "sigstore" and name who may: [[signing.identities]]'
    )


def test_who_is_not_listed() -> None:
    finding = wording.unlisted_finding(["a", "b"], "i", ["c ended on 2026-01-01"], "[[signing.identities]]")
    assert finding.message == (
        "a or b, issuer i, is about to sign, and is none of [signing].identities that are valid today; "
        "c ended on 2026-01-01"
    )
    assert finding.next_step == (
        "Sign as one of them; or, if this is right, add to .security-config.toml:\n[[signing.identities]]"
    )
    assert finding.code == "signing.identity-not-listed"


def test_nobody_is_listed() -> None:
    finding = wording.nobody_finding(["a\x1b[2J"], "i", "ENTRY")
    assert finding.message == (
        "[signing].identities is empty: customers could not tell whose signature to accept; "
        "a?[2J, issuer i, is about to sign"
    )
    assert finding.next_step == (
        'If that is right, add to .security-config.toml:\nENTRY\nor set [signing].mode to "checksums"'
    )
    assert (finding.code, finding.severity) == ("signing.no-identities", "high")


def test_who_was_refused() -> None:
    finding = wording.refused_finding("the authority says no", "Ask it.")
    assert (finding.code, finding.message, finding.next_step) == (
        "signing.identity-refused",
        "the authority says no",
        "Ask it.",
    )
