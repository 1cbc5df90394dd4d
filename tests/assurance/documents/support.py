"""Claims reports and facts made by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any

from ops.supply_chain.assurance.documents.facts import DescribedFile, DocumentFacts, Example, VerifyCommands
from ops.supply_chain.assurance.documents.release_text import S2C2F_LEVELS
from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.contracts.config.file import Config, parse_config
from ops.supply_chain.contracts.files.claims import (
    ClaimsReport,
    ClaimStatus,
    ClaimVerdict,
    ControlStatus,
    ControlVerdict,
    EvidenceSource,
)
from tests.assurance.claims.support import FIXED

HOSTILE = (
    '<img src=x onerror="alert(1)">',
    "=cmd|' /C calc'!A0",
    "\x1b[2J\r\n::set-output name=x::y",
    "`ticks`` and ```fences```",
    "a|b|c",
    "](https://evil.example/) [x",
    "![x](https://evil.example/x.png)",
    "<!-- --> --> <script>",
    "# heading",
    "{{COMPONENT_NAME}} {% if X %}",
    "\u202egnp.exe",
    "https://evil.example www.evil.example a@evil.example",
    "__init__ *x* ~~y~~ $z$ &amp;",
)

IDS = [
    *FIXED,
    "dependencies-not-withdrawn",
    "licences-permitted",
    "sbom-hashes",
    "sbom-signed",
    "signed-by-published-identity",
    "source-unmodified",
    "update-tool",
]
"""Ids of the catalogue."""


def source(*, rehearsal: bool = False, **more: Any) -> EvidenceSource:
    fields: dict[str, Any] = {
        "component": "acme",
        "version": "1.0",
        "manifest_sha256": "a" * 64,
        "created": "2026-11-01T00:00:00Z",
        "retained_at": "2026-11-02T00:00:00Z",
    }
    return EvidenceSource(rehearsal=rehearsal, **{**fields, **more})


def verdict(claim: str, *, supported: bool, **more: Any) -> ClaimVerdict:
    fields: dict[str, Any] = (
        {"evidence": (FileRef(path=f"release:acme-1.0-{claim}.json", sha256="b" * 64, size=1),)}
        if supported
        else {"missing": (f"Nothing shows {claim}.",), "otherwise": f"It is not shown that {claim} holds."}
    )
    standing = ClaimStatus.SUPPORTED if supported else ClaimStatus.NOT_SUPPORTED
    return ClaimVerdict(id=claim, sentence=f"The claim {claim} holds.", standing=standing, **{**fields, **more})


def controls(*met: str) -> tuple[ControlVerdict, ...]:
    return tuple(
        ControlVerdict(
            id=f"S2C2F {practice}",
            framework="S2C2F v1.1",
            title=f"Title of {practice}",
            standing=ControlStatus.MET if practice in met else ControlStatus.NOT_MET,
            reason=f"Reason for {practice}.",
        )
        for practices in S2C2F_LEVELS.values()
        for practice in practices
    )


def report(*supported: str, release: EvidenceSource | None = None, **more: Any) -> ClaimsReport:
    fields: dict[str, Any] = {
        "component": "acme",
        "policy_sha256": "c" * 64,
        "claims": tuple(verdict(one, supported=one in supported) for one in sorted(IDS)),
        "controls": controls(),
    }
    return ClaimsReport(schema="claims/1", source=release, **{**fields, **more})


def config(text: str = "") -> Config:
    return parse_config(text)


def facts(claims: ClaimsReport | None = None, **more: Any) -> DocumentFacts:
    fields: dict[str, Any] = {"component": "acme", "config": Config(), "today": dt.date(2026, 11, 20)}
    return DocumentFacts(claims=claims or report(), **{**fields, **more})


FILES = (
    DescribedFile(name="acme-1.0-checksums.txt", meaning="the SHA-256 of the released files", signed=True, sbom=False),
    DescribedFile(name="acme-1.0-sbom.cdx.json", meaning="what was locked", signed=True, sbom=True),
)
COMMANDS = VerifyCommands(
    checksums=("sha256sum --check --strict acme-1.0-checksums.txt",),
    signatures=("cosign verify-blob --bundle acme-1.0-sbom.cdx.json.sigstore.json acme-1.0-sbom.cdx.json",),
    signed_checksums=("cosign verify-blob --bundle acme-1.0-checksums.txt.sigstore.json acme-1.0-checksums.txt",),
    attested=("cosign verify-blob-attestation --bundle acme-1.0-provenance.attestation.sigstore.json x",),
    traced=("jq .predicate.runDetails.builder.id acme-1.0-provenance.intoto.json",),
    pipeline=("python3 sealwright-verify.pyz --identity a --issuer b .",),
    packages=("python3 sealwright-verify.pyz --package acme==1.0 --identity a --issuer b --out verified-acme .",),
    reproduction=("python -m nox -s reproduce -- --project CLONE --release FOLDER",),
    affected=("jq -r . acme-1.0-sbom.cdx.json",),
    example=("jq -r --arg name idna . acme-1.0-sbom.cdx.json",),
)


def released(*supported: str, rehearsal: bool = False, **more: Any) -> DocumentFacts:
    claims = report(*supported, release=source(rehearsal=rehearsal))
    return facts(
        claims,
        **{
            "example": Example("idna", "3.7"),
            "files": FILES,
            "commands": COMMANDS,
            "retained_until": "2027-11-02",
            **more,
        },
    )
