"""Documents of suppliers on disk: `data/artifacts/suppliers/sha256/ab/DIGEST/`, found by the SHA-256 of their bytes.

A folder has `document` (the original bytes), `received.json` and the signatures that came with the document, each under its
own digest. It is built under a hidden name, flushed to the disk and renamed in one step, so a run that is killed, or a full
disk, leaves no half of a document. Several runs may write at the same time: whoever comes second finds it there.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from ops.supply_chain.adapters.files.folders import TEMPORARY_PREFIX, files_in
from ops.supply_chain.contracts.files.supplier_document import ReceivedDocument, StoredSignature
from ops.supply_chain.core import canonical
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import InputError, OutputError
from ops.supply_chain.core.files import write_atomic

FOLDER = "suppliers"
"""Below the folder of retained artifacts."""

ALGORITHM = "sha256"
DOCUMENT_NAME = "document"
RECORD_NAME = "received.json"
LEFTOVER_SECONDS = 86_400
"""A hidden folder that is older than this is what a killed run left: no document takes a day."""

_REMEDY = (
    "Restore its folder from a copy of the artifacts, or remove the folder and ask the supplier for the document again."
)


class SignatureFile(NamedTuple):
    """A file that came with a document: its name and its bytes."""

    name: str
    data: bytes


class StoredDocument(NamedTuple):
    """A document as it is stored: what is recorded of it, its bytes, its signatures in the order of their names."""

    record: ReceivedDocument
    data: bytes
    signatures: tuple[SignatureFile, ...]


class SupplierStore:
    """The documents of suppliers.

    Args:
        artifacts: The folder that `--artifacts` names; it need not exist yet.
        tenant: Whose documents, if not those of the only tenant; another one sees none of them.
    """

    def __init__(self, artifacts: Path, tenant: str = "") -> None:
        self.root = artifacts / (f"{FOLDER}-{tenant}" if tenant else FOLDER) / ALGORITHM

    def add(
        self, data: bytes, *, name: str, ingested: str, supplier: str = "", signatures: Sequence[SignatureFile] = ()
    ) -> StoredDocument:
        """Store a document, or return the one with the same bytes; signatures that it does not have yet are added.

        Args:
            data: The original bytes.
            name: Of the file, for people.
            ingested: The time, as `YYYY-MM-DDTHH:MM:SSZ`; not used for a document that is there.
            supplier: As stated; it replaces what was stated before.
            signatures: Files that may sign it.
        Raises:
            OutputError: It cannot be written; nothing of it is stored.
            InputError: It is there, and was changed.
        """
        digest = sha256_bytes(data)
        folder = self._folder(digest)
        if not folder.exists():
            record = ReceivedDocument(
                schema="supplier-document/1",
                sha256=digest,
                size=len(data),
                ingested=ingested,
                name=name,
                supplier=supplier,
                signatures=_stored(signatures),
            )
            if self._build(folder, record, data, signatures):
                return StoredDocument(record, data, _by_name(signatures))
        return self._add_to(digest, supplier, signatures)

    def digests(self) -> Iterator[str]:
        """Yield the digest of each document, in order.

        Raises:
            InputError: A folder cannot be read.
        """
        for start in files_in(self.root):
            yield from files_in(self.root / start)

    def read(self, digest: str) -> StoredDocument:
        """Read a document and check that its bytes are those that came.

        Raises:
            InputError: It is missing, damaged or was changed.
        """
        folder = self._folder(digest)
        record = canonical.read(folder / RECORD_NAME, ReceivedDocument)
        data = canonical.read_bytes(folder / DOCUMENT_NAME)
        if not sha256_bytes(data) == record.sha256 == digest:
            raise InputError(f"{folder}: the document was changed after it came", hint=_REMEDY)
        signatures = []
        for signature in record.signatures:
            content = canonical.read_bytes(folder / signature.sha256)
            if sha256_bytes(content) != signature.sha256:
                raise InputError(f"{folder}: the signature {signature.name} was changed after it came", hint=_REMEDY)
            signatures.append(SignatureFile(signature.name, content))
        return StoredDocument(record, data, tuple(signatures))

    def _folder(self, digest: str) -> Path:
        return self.root / digest[:2] / digest

    def _add_to(self, digest: str, supplier: str, signatures: Sequence[SignatureFile]) -> StoredDocument:
        stored = self.read(digest)
        record, folder = stored.record, self._folder(digest)
        known = {signature.sha256 for signature in record.signatures}
        new = [signature for signature in signatures if sha256_bytes(signature.data) not in known]
        if not new and supplier in ("", record.supplier):
            return stored
        for signature in new:
            write_atomic(folder / sha256_bytes(signature.data), signature.data)
        everything = _by_name((*stored.signatures, *new))
        record = ReceivedDocument(
            schema=record.schema,
            sha256=record.sha256,
            size=record.size,
            ingested=record.ingested,
            name=record.name,
            supplier=supplier or record.supplier,
            signatures=_stored(everything),
        )
        canonical.write(folder / RECORD_NAME, record)
        return StoredDocument(record, stored.data, everything)

    def _build(self, folder: Path, record: ReceivedDocument, data: bytes, signatures: Sequence[SignatureFile]) -> bool:
        """Make the folder of a document; return False if another run has made it meanwhile."""
        work: Path | None = None
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            work = Path(tempfile.mkdtemp(prefix=TEMPORARY_PREFIX, dir=folder.parent))
            _remove_leftovers(folder.parent, work.stat().st_mtime)
            write_atomic(work / DOCUMENT_NAME, data)
            for signature in signatures:
                write_atomic(work / sha256_bytes(signature.data), signature.data)
            canonical.write(work / RECORD_NAME, record)
            work.chmod(0o755)
            _flush(work)
            return _publish(work, folder)
        except OSError as error:
            raise OutputError(
                f"{folder}: cannot be written: {error.strerror or error}",
                hint="Check free space and permissions of that folder, then run again: what was stored before stays.",
            ) from error
        finally:
            if work is not None:
                shutil.rmtree(work, ignore_errors=True)


def _publish(work: Path, folder: Path) -> bool:
    try:
        work.rename(folder)
    except OSError:
        if folder.is_dir():
            return False
        raise
    _flush(folder.parent)
    _flush(folder.parent.parent)
    return True


def _flush(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove_leftovers(folder: Path, now: float) -> None:
    oldest = now - LEFTOVER_SECONDS
    for leftover in folder.glob(f"{TEMPORARY_PREFIX}*"):
        with suppress(FileNotFoundError):
            if leftover.stat().st_mtime < oldest:
                shutil.rmtree(leftover, ignore_errors=True)


def _by_name(signatures: Sequence[SignatureFile]) -> tuple[SignatureFile, ...]:
    """Return the signatures in the order in which they are recorded, each content once."""
    found = {sha256_bytes(signature.data): signature for signature in reversed(signatures)}
    return tuple(found[digest] for digest in sorted(found, key=lambda digest: (found[digest].name, digest)))


def _stored(signatures: Sequence[SignatureFile]) -> tuple[StoredSignature, ...]:
    return tuple(
        StoredSignature(name=signature.name, sha256=sha256_bytes(signature.data), size=len(signature.data))
        for signature in _by_name(signatures)
    )
