"""Entries for the tests of the registry."""

from __future__ import annotations

import hashlib
import random

from ops.supply_chain.contracts.values.registry import (
    DocumentKind,
    IntakeDecision,
    IntakeReason,
    PackageName,
    RegisteredComponent,
    RegisteredDigest,
    RegisteredDocument,
    RegisteredStatement,
    RegistryEntry,
)
from ops.supply_chain.contracts.values.vex import VexBinding, VexSubject

NAMES = [
    PackageName("pypi", "", "urllib3"),
    PackageName("npm", "@scope", "Left-Pad"),
    PackageName("deb", "debian", "openssl"),
    PackageName("maven", "org.example", "thing"),
    PackageName(":name", "Vendor, Inc.", "a thing without an identity"),
]


BINDING = VexBinding(
    product=VexSubject(label="thing", purls=("pkg:generic/thing@1.0",), digests=(f"sha-256:{'0' * 64}",)),
    component=VexSubject(
        label="urllib3", purls=("pkg:pypi/urllib3@2.6.2",), cpes=("cpe:/a:x:y:1",), links=("urn:cdx:é/1",)
    ),
)


def digest_of(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()


def entry(name: str = "one", **changes: object) -> RegistryEntry:
    """Return a small entry; keywords change its document."""
    values: dict[str, object] = {
        "digest": digest_of(name),
        "kind": DocumentKind.SBOM,
        "format": "CycloneDX 1.6",
        "supplier": "Acme",
        "product": "pkg:generic/thing",
        "product_version": "1.0",
        "ingested": "2026-11-29T00:00:00Z",
        "decision": IntakeDecision.ACCEPTED,
        "name": f"{name}.json",
        "size": 5_000_000_000,
        "reasons": (IntakeReason("supplier.stale", "It is 400 days old."),),
        "revision": "000000000002",
        "identifiers": ("pkg:generic/thing@1.0?arch=arm64", "cpe:2.3:a:acme:a_thing\\:1%:1.0", f"urn:cdx:{name}/1"),
    }
    return RegistryEntry(
        document=RegisteredDocument(**{**values, **changes}),  # type: ignore[arg-type]
        components=(
            RegisteredComponent(0, NAMES[0], "2.6.2"),
            RegisteredComponent(1, NAMES[0], "2.6.2", qualifiers="extension=whl"),
            RegisteredComponent(2, NAMES[0], "not a version"),
            RegisteredComponent(3, NAMES[2], "3.0.11-1~deb12u2", "debian-12", "openssl", "arch=amd64"),
            RegisteredComponent(4, NAMES[4], ""),
        ),
        digests=(RegisteredDigest(3, "sha-256", digest_of("archive")), RegisteredDigest(4, "sha-1", "00" * 20)),
        statements=(
            RegisteredStatement(0, "CVE-2026-1", ("GHSA-aaaa-bbbb-cccc",), "not_affected", "code_not_present", "é",
                                "2026-11-01T00:00:00Z", "pkg:generic/thing@1.0", NAMES[0], "2.6.2", BINDING),
            RegisteredStatement(1, "CVE-2026-2", (), "affected", "", "", "", "pkg:generic/thing@1.0", None, ""),
        ),
    )  # fmt: skip


def drawn_entry(chance: random.Random, name: str) -> RegistryEntry:
    """Return an entry with components drawn from few names and versions."""
    versions = ["1.0", "1.0.0", "1.10", "2.0rc1", "2.0", "", "?", "1:2.0-1"]
    components = tuple(
        RegisteredComponent(
            place,
            chance.choice(NAMES),
            chance.choice(versions),
            chance.choice(["", "debian-12"]),
            chance.choice(["", "openssl"]),
        )
        for place in range(chance.randint(0, 8))
    )
    return RegistryEntry(
        document=entry(
            name,
            supplier=chance.choice(["Acme", "acme", "Ümlaut"]),
            product=chance.choice(["-x", "~x", "X", "x"]),
            stated=chance.choice(["", "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"]),
            decision=chance.choice(list(IntakeDecision)),
            reasons=(),
        ).document,
        components=components,
        statements=entry().statements[: chance.randint(0, 2)],
    )
