"""What has to be signed in a release, and what of it is signed already."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from ops.supply_chain.contracts.values.release_naming import naming_of
from ops.supply_chain.contracts.values.signature_names import (
    bundle_name,
    certificate_name,
    is_signature,
    is_signed,
    publish_attestation_name,
    signature_name,
)
from ops.supply_chain.contracts.values.verified_bundle import STATEMENT_PAYLOAD, VerifiedBundle


class SigningItem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to sign, and the bundle that it ends up in.

    A file by `name` and `sha256`; or a statement by its exact bytes, and then `name` and `sha256` are those of
    the released document that it carries. `published` for a publish attestation, whose file has the form of PEP 740:
    `name` and `sha256` are those of the distribution.
    """

    bundle: str
    name: str
    sha256: str
    statement: bytes = b""
    published: bool = False

    @property
    def is_statement(self) -> bool:
        """Whether a statement is signed, not a file's bytes."""
        return bool(self.statement)


def file_items(files: Mapping[str, str]) -> tuple[SigningItem, ...]:
    """Return an item for each file that has to have a bundle, sorted by name.

    Args:
        files: Name -> SHA-256 of everything that is there; what signing made is passed over, save the trusted root.
    """
    naming = naming_of(files)
    return tuple(
        SigningItem(bundle=bundle_name(name, naming), name=name, sha256=sha256)
        for name, sha256 in sorted(files.items())
        if is_signed(name)
    )


def expected_names(items: Iterable[SigningItem], *, detached: bool) -> frozenset[str]:
    """Name every file that signing makes for these items."""
    found = set()
    for item in items:
        found.add(item.bundle)
        if detached and not item.is_statement:
            found |= {signature_name(item.name), certificate_name(item.name)}
    return frozenset(found)


def strays(
    names: Iterable[str], items: Iterable[SigningItem], *, detached: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Sort out signature files that do not belong to the set.

    Args:
        names: Of everything that is there.
        items: What is to be signed.
        detached: Whether detached signatures are wanted.
    Returns:
        Those of an earlier signing with detached signatures or publish attestations, which may go; and those that
        belong to nothing in this release. Both sorted.
    """
    known = tuple(items)
    expected = expected_names(known, detached=detached)
    once = expected_names(known, detached=True)
    signed = {item.name for item in known}
    once |= {publish_attestation_name(name) for name in signed}
    found = [name for name in sorted(names) if is_signature(name) and name not in expected and name not in signed]
    return tuple(name for name in found if name in once), tuple(name for name in found if name not in once)


def proves(verified: VerifiedBundle, item: SigningItem) -> bool:
    """Return whether a verified bundle covers this item.

    A bundle over a file was verified against the file's digest; one with a statement has to hold these bytes.
    """
    if not item.is_statement:
        return not verified.payload_type
    return verified.payload_type == STATEMENT_PAYLOAD and verified.payload == item.statement
