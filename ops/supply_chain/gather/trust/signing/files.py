"""The files of a release for signing: what is present, what must be signed, what is signed already."""

from __future__ import annotations

import base64
from collections.abc import Callable, Collection, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ops.supply_chain.adapters.files.folders import Measured, files_in, measure, remove_leftovers
from ops.supply_chain.adapters.files.release_files import MOST_DOCUMENT_BYTES, MOST_DOCUMENTS_BYTES
from ops.supply_chain.adapters.sigstore.failure import NotVerifiedError
from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.contracts.files.attestations import PREDICATES
from ops.supply_chain.contracts.files.provenance import Statement
from ops.supply_chain.contracts.values.predicate_types import STATEMENT_TYPES, SUMMARY
from ops.supply_chain.contracts.values.release_naming import ReleaseNaming, naming_of, provenance_name
from ops.supply_chain.contracts.values.signature_names import (
    attestation_name,
    certificate_name,
    is_signature,
    publish_attestation_name,
    signature_name,
    trusted_root_name,
)
from ops.supply_chain.contracts.values.verified_bundle import VerifiedBundle
from ops.supply_chain.core import canonical
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import InputError, OutputError, UnavailableError
from ops.supply_chain.core.files import write_atomic
from ops.supply_chain.formats import json_reader
from ops.supply_chain.formats.json_reader import Node, UnexpectedShapeError
from ops.supply_chain.release.assembly.completeness import problems_of_set
from ops.supply_chain.release.assembly.layout import checksums_name, gate_name
from ops.supply_chain.trust.attestations.statements import RecordedRelease, expected_statements, stated
from ops.supply_chain.trust.signing.plan import SigningItem, expected_names, file_items, proves, strays
from ops.supply_chain.trust.signing.statements import documents, publish_statement, statement_bytes, subjects
from ops.supply_chain.trust.verification.evidence import bundle_of
from ops.supply_chain.trust.verification.file_kinds import DOCUMENTS, ReleaseFileNames, classify

if TYPE_CHECKING:
    from ops.supply_chain.adapters.sigstore.bundle_verifier import BundleVerifier

RELEASE_FOLDER = "release"
BUNDLE_BYTES = 32 << 10
"""The most that a bundle has beside its statement: certificate, log entry with a long proof, timestamp."""

AGAIN = f"Run the release again: {command('release')}."


class SigningSet(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A release to be signed.

    `files` are the assembled files, without signatures and trusted root. `names` are all files in the folder. `items`
    is what must be signed, and `trusted_root` the bytes of the root that is released with it.
    """

    folder: Path
    component: str
    version: str
    files: dict[str, Measured]
    names: tuple[str, ...]
    statement: Statement
    items: tuple[SigningItem, ...] = ()
    trusted_root: bytes = b""

    def kind_of(self, item: SigningItem) -> str:
        """Return what an item is, as conditions on identities name it."""
        return self._kinds.kind_of(item.bundle if item.is_statement else item.name)

    @cached_property
    def _kinds(self) -> ReleaseFileNames:
        return classify(self.names)

    @property
    def naming(self) -> ReleaseNaming:
        """The form of the files' names."""
        return naming_of(self.files)

    @property
    def summary(self) -> str:
        """The name of the verification summary, which is made when everything else is signed."""
        return attestation_name(self.component, self.version, SUMMARY, self.naming)

    @property
    def reads(self) -> tuple[FileRef, ...]:
        """The assembled files, for the record."""
        return tuple(_ref(name, file) for name, file in self.files.items())


def read_set(dist: Path, component: str, version: str) -> SigningSet:
    """Read `dist/release/`, after removing the leftovers of a killed run. The caller holds the lock of `dist/`.

    Raises:
        InputError: It is not the release that its provenance describes.
        OutputError: A leftover cannot be removed.
    """
    folder = dist / RELEASE_FOLDER
    try:
        remove_leftovers(folder)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be cleaned: {error.strerror or error}") from error
    names = files_in(folder)
    files = {name: measure(folder / name) for name in names if not is_signature(name)}
    statement = canonical.read(folder / provenance_name(component, version, naming_of(files)), Statement)
    digests = {name: file.sha256 for name, file in files.items()}
    problems = problems_of_set(digests, statement, component=component, version=version)
    if problems:
        listed = "\n  ".join(problems)
        raise InputError(f"dist/release/: is not the release that its provenance describes:\n  {listed}", hint=AGAIN)
    return SigningSet(
        folder=folder, component=component, version=version, files=files, names=names, statement=statement
    )


def planned(found: SigningSet, trusted_root: bytes, *, publish_attestations: bool) -> SigningSet:
    """Return the set with the items that must be signed.

    Args:
        found: The release.
        trusted_root: The bytes of the instance's trusted root, which are released with it.
        publish_attestations: Whether each distribution gets one (PEP 740).
    Raises:
        InputError: A document that becomes an attestation is not a JSON object, something is too large to verify,
            a signature file belongs to no file of this release, or a distribution has no proper name.
    """
    statements = (*_statements(found), *(_publish_statements(found) if publish_attestations else ()))
    _require_verifiable(found, statements)
    root_name = trusted_root_name(found.component, found.version)
    digests = {name: file.sha256 for name, file in found.files.items()}
    items = (*file_items({**digests, root_name: sha256_bytes(trusted_root)}), *statements)
    unknown = set(strays(found.names, items, detached=True)[1]) - {found.summary}
    if unknown:
        raise InputError(f"dist/release/: {', '.join(sorted(unknown))}: belongs to no file of the release", hint=AGAIN)
    return msgspec.structs.replace(found, items=items, trusted_root=trusted_root)


def signed_already(
    found: SigningSet, verifier: BundleVerifier, allows: Callable[[SigningItem, VerifiedBundle], bool]
) -> dict[str, VerifiedBundle]:
    """Return the items whose existing bundle verifies for these bytes, this root and an authorized identity.

    Args:
        found: As `planned` returns it.
        verifier: Of the instance's trusted root.
        allows: Whether the signer is an authorized identity for this item.
    Returns:
        Bundle name -> what it proves.
    """
    kept = {}
    for item in found.items:
        verified = _verified(found.folder / item.bundle, item, verifier)
        if verified is not None and proves(verified, item) and allows(item, verified):
            kept[item.bundle] = verified
    return kept


def prepare(found: SigningSet, kept: Collection[str], *, detached: bool) -> None:
    """Take away what is not kept, and put the trusted root there.

    A bundle that does not verify, or is by another signer, is removed before the first new one is made: were it left
    until it is replaced, a run that stops half-way could leave a set that looks whole.

    Args:
        found: As `planned` returns it.
        kept: Names of the bundles that stay.
        detached: Whether detached signatures are wanted.
    Raises:
        OutputError: Something cannot be written or removed.
    """
    stale = expected_names([item for item in found.items if item.bundle not in kept], detached=True)
    # A summary rests on all other bundles.
    summary = {found.summary} if len(kept) < len(found.items) else set()
    for name in sorted({*stale, *summary, *strays(found.names, found.items, detached=detached)[0]}):
        try:
            (found.folder / name).unlink(missing_ok=True)
        except OSError as error:
            raise OutputError(f"{found.folder / name}: cannot be removed: {error.strerror or error}") from error
    target = found.folder / trusted_root_name(found.component, found.version)
    if _bytes_of(target) != found.trusted_root:
        write_atomic(target, found.trusted_root)


def put_detached(found: SigningSet, item: SigningItem, verified: VerifiedBundle) -> None:
    """Write the detached signature and certificate of a file, where they are not there already.

    Raises:
        OutputError: They cannot be written.
    """
    if item.is_statement:
        return
    wanted = {
        signature_name(item.name): base64.b64encode(verified.signature) + b"\n",
        certificate_name(item.name): verified.certificate,
    }
    for name, data in wanted.items():
        if _bytes_of(found.folder / name) != data:
            write_atomic(found.folder / name, data)


def written(found: SigningSet, *, detached: bool) -> tuple[FileRef, ...]:
    """Describe everything that signing left, as far as it is there."""
    root_name = trusted_root_name(found.component, found.version)
    names = {*expected_names(found.items, detached=detached), root_name, found.summary}
    there = sorted(names & set(files_in(found.folder)))
    return tuple(_ref(name, measure(found.folder / name)) for name in there)


def _require_verifiable(found: SigningSet, statements: Sequence[SigningItem]) -> None:
    """Refuse what no verifier would read: nothing is signed that cannot be verified.

    Raises:
        InputError: A document or attestation would be too large, or all of them together.
    """
    sizes = {name: file.size for name, file in found.files.items() if name.endswith(DOCUMENTS)}
    # In a bundle, a statement is base64.
    sizes |= {item.bundle: BUNDLE_BYTES + (len(item.statement) + 2) // 3 * 4 for item in statements}
    for name, size in sizes.items():
        if size > MOST_DOCUMENT_BYTES:
            raise InputError(
                f"dist/release/{name}: would have {size} bytes, and a verifier reads {MOST_DOCUMENT_BYTES} at most",
                hint="Release fewer components together, or in several projects.",
            )
    whole = sum(sizes.values()) + BUNDLE_BYTES * len(found.files)
    if whole > MOST_DOCUMENTS_BYTES:
        raise InputError(
            f"dist/release/: its documents would have {whole} bytes together, and a verifier reads "
            f"{MOST_DOCUMENTS_BYTES} at most",
            hint="Release fewer components together, or in several projects.",
        )


def _statements(found: SigningSet) -> tuple[SigningItem, ...]:
    component, version = found.component, found.version
    name = provenance_name(component, version, found.naming)
    provenance = canonical.read_bytes(found.folder / name)
    items = [
        SigningItem(
            bundle=attestation_name(component, version, "provenance", found.naming),
            name=name,
            sha256=found.files[name].sha256,
            statement=provenance,
        )
    ]
    claimed = {subject.name: subject.digest.sha256 for subject in found.statement.subject}
    about = subjects(claimed, component=component, version=version)
    for document in documents(found.files, component=component, version=version):
        data = canonical.read_bytes(found.folder / document.name)
        items.append(
            SigningItem(
                bundle=attestation_name(component, version, document.what, found.naming),
                name=document.name,
                sha256=found.files[document.name].sha256,
                statement=statement_bytes(about, document.predicate_type, data, where=document.name),
            )
        )
    items += _recorded(found, claimed, provenance)
    return tuple(items)


def _publish_statements(found: SigningSet) -> tuple[SigningItem, ...]:
    names = classify(found.files).distributions
    if not names:
        return ()
    from ops.supply_chain.adapters.sigstore.publish_attestation import require_distribution

    items = []
    for name in names:
        sha256 = found.files[name].sha256
        require_distribution(name, sha256)
        items.append(
            SigningItem(
                bundle=publish_attestation_name(name),
                name=name,
                sha256=sha256,
                statement=publish_statement(name, sha256),
                published=True,
            )
        )
    return tuple(items)


def _recorded(found: SigningSet, claimed: dict[str, str], provenance: bytes) -> list[SigningItem]:
    """Return the attestations of the release's own records that the provenance states, save the verification summary."""
    name = gate_name(found.component, found.version)
    try:
        statement = json_reader.read(provenance)
        release = RecordedRelease(
            found.component,
            found.version,
            statement,
            json_reader.read(canonical.read_bytes(found.folder / name)),
            claimed,
            {file: measured.sha256 for file, measured in found.files.items()},
            classify(found.names).distributions,
            _results(found),
        )
        made = {what: expected for what, expected in expected_statements(release).items() if what in stated(statement)}
        return [
            SigningItem(
                bundle=attestation_name(found.component, found.version, what, found.naming),
                name=name,
                sha256=found.files[name].sha256,
                statement=statement_bytes(
                    expected.subjects,
                    STATEMENT_TYPES[what],
                    canonical.encode(msgspec.convert(expected.predicate, PREDICATES[what], strict=True)),
                    where=what,
                ),
            )
            for what, expected in made.items()
        ]
    except (UnexpectedShapeError, msgspec.ValidationError) as error:
        raise InputError(f"dist/release/: {error}", hint=AGAIN) from error


def _results(found: SigningSet) -> Node | None:
    """Return the released results of tests; None if there are none."""
    name = classify(found.names).results
    return json_reader.read(canonical.read_bytes(found.folder / name)) if name in found.files else None


def summary_item(found: SigningSet, statement: bytes) -> SigningItem:
    """Return the item of the verification summary, which rests on every other bundle."""
    name = checksums_name(found.component, found.version)
    return SigningItem(bundle=found.summary, name=name, sha256=found.files[name].sha256, statement=statement)


def signed_summary(found: SigningSet, verifier: BundleVerifier) -> VerifiedBundle | None:
    """Return what the bundle of an earlier verification summary proves; None if there is none that verifies."""
    data = _bytes_of(found.folder / found.summary)
    try:
        return verifier.statement(data) if data else None
    except (NotVerifiedError, UnavailableError):
        return None


def _verified(path: Path, item: SigningItem, verifier: BundleVerifier) -> VerifiedBundle | None:
    data = _bytes_of(path)
    if not data:
        return None
    try:
        return verified_item(data, item, verifier)
    except (NotVerifiedError, UnavailableError):
        return None


def verified_item(data: bytes, item: SigningItem, verifier: BundleVerifier) -> VerifiedBundle:
    """Verify the bundle or publish attestation of one item, as a customer reads it.

    Raises:
        NotVerifiedError: It does not verify, or is neither.
        UnavailableError: Its format is not known yet.
    """
    if not item.published:
        return verifier.statement(data) if item.is_statement else verifier.file(data, item.sha256)
    try:
        bundle = bundle_of(json_reader.read(data))
    except UnexpectedShapeError as error:
        raise NotVerifiedError(f"is no PEP 740 attestation: {error}") from error
    return verifier.statement(bundle)


def _bytes_of(path: Path) -> bytes:
    """Read a plain file; anything else, and nothing, is empty, so that it gets replaced."""
    try:
        return path.read_bytes() if path.is_file() and not path.is_symlink() else b""
    except OSError:
        return b""


def _ref(name: str, one: Measured) -> FileRef:
    return FileRef(path=f"dist:{RELEASE_FOLDER}/{name}", sha256=one.sha256, size=one.size)
