"""`[signing]`: who signs releases, how, and the dates of each identity.

Source: https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md (identities in certificates)
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from ops.supply_chain.contracts.base import Contract


class SigningMode(StrEnum):
    """`sigstore` signs keyless; `checksums` publishes digests without signatures."""

    SIGSTORE = "sigstore"
    CHECKSUMS = "checksums"


SIGNABLE = (
    "checksums",
    "provenance",
    "gate",
    "sbom",
    "vex",
    "archive",
    "distribution",
    "trusted-root",
    "verifier",
    "other",
    "provenance-attestation",
    "sbom-attestation",
    "vex-attestation",
    "publish-attestation",
    "vulns-attestation",
    "test-result-attestation",
    "release-attestation",
    "vsa-attestation",
    "further-attestation",
)
"""What an identity may sign: kinds of files, and the attestations of a release."""

SIGNABLE_GROUPS = ("files", "attestations")
"""All kinds of files, and all attestations."""


class SigningIdentity(Contract, frozen=True, kw_only=True):
    """One entry of `[[signing.identities]]`.

    Exactly one of `identity` (the certificate's subject alternative name, compared whole) and
    `identity_regex` (matched from its first to its last character) is set. `issuer` is the OIDC issuer,
    compared whole. `from` and `until` are ISO dates, inclusive, in UTC, compared with the signing time;
    empty means unbounded. `role` describes the identity to readers.

    Conditions on the CI run that signed, compared with the certificate; one that the certificate does not name does
    not hold. `repository` is the source repository (`https://HOST/OWNER/NAME`, or `OWNER/NAME` at GitHub), `ref` the
    git ref (`refs/tags/v1.0`; `*` is any text, as in `refs/tags/v*`), `event` what started the run (`push`), `runner`
    the kind of runner (`github-hosted`). `for` lists what the identity may sign: `files`, `attestations`, or single
    kinds; empty for everything.
    """

    issuer: str
    identity: str = ""
    identity_regex: str = ""
    role: str = ""
    since: str = msgspec.field(default="", name="from")  # `from` is a word of Python
    until: str = ""
    repository: str = ""
    ref: str = ""
    event: str = ""
    runner: str = ""
    signs: tuple[str, ...] = msgspec.field(default=(), name="for")  # `for` is a word of Python


class SigningConfig(Contract, frozen=True, kw_only=True):
    """`[signing]`: mode, identities, and a private instance's trust config.

    `trust_config` is a Sigstore ClientTrustConfig file, relative to the project; empty means the public
    instance. `detached` also writes `.sig` and `.crt` files. `publish_attestations` writes a publish attestation
    (PEP 740) beside each distribution; it needs an instance with version 1 of the log.
    """

    mode: SigningMode = SigningMode.SIGSTORE
    identities: tuple[SigningIdentity, ...] = ()
    trust_config: str = ""
    detached: bool = False
    publish_attestations: bool = True
