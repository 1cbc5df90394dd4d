"""What has to be signed, and which signature files belong to it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ops.supply_chain.contracts.values.release_naming import ReleaseNaming
from ops.supply_chain.contracts.values.signature_names import (
    attestation_name,
    bundle_name,
    certificate_name,
    is_signature,
    is_signed,
    signature_name,
    trusted_root_name,
)
from ops.supply_chain.contracts.values.verified_bundle import (
    STATEMENT_PAYLOAD,
    TimeSource,
    VerifiedBundle,
    VerifiedTime,
)
from ops.supply_chain.trust.signing.plan import SigningItem, expected_names, file_items, proves, strays

STATEMENT = SigningItem(
    bundle="N-V-sbom.attestation.sigstore.json", name="N-V-sbom.cdx.json", sha256="1", statement=b"{}"
)


def verified(**changes: Any) -> VerifiedBundle:
    facts: dict[str, Any] = {
        "san": "me@example.org",
        "issuer": "i",
        "extensions": {},
        "times": (VerifiedTime(source=TimeSource.LOG, at=datetime(2026, 11, 20, tzinfo=UTC)),),
        "log_index": 0,
        "log_id": "",
        "media_type": "",
        "certificate": b"",
        "certificate_sha256": "",
        "signature": b"",
    }
    return VerifiedBundle(**{**facts, **changes})


def test_names() -> None:
    assert bundle_name("a.json", ReleaseNaming.VERSIONED) == "a.json.sigstore.json"
    assert (signature_name("a"), certificate_name("a")) == ("a.sig", "a.crt")
    assert attestation_name("N", "V", "vex", ReleaseNaming.VERSIONED) == "N-V-vex.attestation.sigstore.json"
    assert trusted_root_name("N", "V") == "N-V-trusted_root.json"


@pytest.mark.parametrize(
    ("name", "signed", "signature"),
    [
        ("N-V-sbom.cdx.json", True, False),
        ("N-V-trusted_root.json", True, True),
        ("N-V-sbom.cdx.json.sigstore.json", False, True),
        ("N-V-vex.attestation.sigstore.json", False, True),
        ("a.sig", False, True),
        ("a.crt", False, True),
    ],
)
def test_what_is_signed_and_what_signing_made(name: str, signed: bool, signature: bool) -> None:
    assert (is_signed(name), is_signature(name)) == (signed, signature)


def test_every_file_is_signed_and_no_signature_is() -> None:
    files = {"b": "2", "a": "1", "N-V-trusted_root.json": "3", "a.sigstore.json": "4", "a.sig": "5", "a.crt": "6"}
    assert [(one.name, one.sha256, one.bundle) for one in file_items(files)] == [
        ("N-V-trusted_root.json", "3", "N-V-trusted_root.json.sigstore.json"),
        ("a", "1", "a.sigstore.json"),
        ("b", "2", "b.sigstore.json"),
    ]


def test_expected_names() -> None:
    items = (*file_items({"a": "1"}), STATEMENT)
    assert expected_names(items, detached=False) == {"a.sigstore.json", STATEMENT.bundle}
    assert expected_names(items, detached=True) == {"a.sigstore.json", "a.sig", "a.crt", STATEMENT.bundle}


def test_strays() -> None:
    items = (*file_items({"a": "1", "N-V-trusted_root.json": "2"}), STATEMENT)
    there = [
        "a",
        "N-V-trusted_root.json",
        "M-V-trusted_root.json",
        "a.sigstore.json",
        "a.sig",
        "a.crt",
        STATEMENT.bundle,
        "b.sigstore.json",
        "N-V-sbom.cdx.json.sig",
    ]
    assert strays(there, items, detached=False) == (
        ("a.crt", "a.sig"),
        ("M-V-trusted_root.json", "N-V-sbom.cdx.json.sig", "b.sigstore.json"),
    )
    assert strays(there, items, detached=True) == (
        (),
        ("M-V-trusted_root.json", "N-V-sbom.cdx.json.sig", "b.sigstore.json"),
    )


def test_a_bundle_proves_only_what_it_is_over() -> None:
    [file] = file_items({"a": "1"})
    over_statement = verified(payload_type=STATEMENT_PAYLOAD, payload=b"{}")
    assert proves(verified(), file)
    assert not proves(over_statement, file)
    assert proves(over_statement, STATEMENT)
    assert not proves(verified(), STATEMENT)
    assert not proves(verified(payload_type=STATEMENT_PAYLOAD, payload=b"{} "), STATEMENT)
    assert not proves(verified(payload_type="text/plain", payload=b"{}"), STATEMENT)
