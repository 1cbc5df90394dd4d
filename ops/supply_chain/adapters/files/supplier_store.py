"""Documents of suppliers on disk: `data/artifacts/suppliers/sha256/ab/DIGEST/`, found by the SHA-256 of their bytes.

A folder has `document` (the original bytes), `received.json` and the signatures that came with the document, each under its
own digest. It is built under a hidden name, flushed to the disk and renamed in one step, so a run that is killed, or a full
disk, leaves no half of a document. Several runs may write at the same time: whoever comes second finds it there.

Documents that come together are flushed by several threads at once: the file system then writes its journal for many of
them together, and waits for the disk a tenth as often.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from ops.supply_chain.adapters.files.folders import TEMPORARY_PREFIX, files_in
from ops.supply_chain.contracts.files.supplier_document import ReceivedDocument, StoredSignature
from ops.supply_chain.core import canonical
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import InputError, OutputError
from ops.supply_chain.core.files import FILE_MODE, write_atomic

FOLDER = "suppliers"
"""Below the folder of retained artifacts."""

ALGORITHM = "sha256"
DOCUMENT_NAME = "document"
RECORD_NAME = "received.json"
FOLDER_MODE = 0o755
FLUSHING_THREADS = 16
LEFTOVER_SECONDS = 86_400
"""A hidden folder that is older than this is what a killed run left: no document takes a day."""

_REMEDY = (
    "Restore its folder from a copy of the artifacts, or remove the folder and ask the supplier for the document again."
)


_OUTPUT = re.compile(r"suppliers(?:-[a-z0-9_]+)?|registry(?:-[a-z0-9_]+)?\.sqlite(?:-wal|-shm|-journal)?")
"""Names of the folders of documents, and of the registry's files with what SQLite keeps next to them; each tenant has its own."""


def outputs(artifacts: Path) -> tuple[Path, ...]:
    """Return the folders of documents and the registry's files among retained artifacts: those that exist, sorted."""
    try:
        return tuple(sorted(path for path in artifacts.iterdir() if _OUTPUT.fullmatch(path.name)))
    except OSError:
        return ()


class SignatureFile(NamedTuple):
    """A file that came with a document: its name and its bytes."""

    name: str
    data: bytes


class NewDocument(NamedTuple):
    """A document that came: the name of its file for people, its original bytes, files that may sign it, its address."""

    name: str
    data: bytes
    signatures: Sequence[SignatureFile] = ()
    source: str = ""


class _Folder(NamedTuple):
    """The folder of a document that is being built, where it will be, and what is in it."""

    work: str
    final: str
    record: ReceivedDocument


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
        self._tidied: set[str] = set()
        """Beginnings of digests whose folder is there, without what a killed run left."""

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
        [stored] = self.add_all([NewDocument(name, data, signatures)], ingested=ingested, supplier=supplier)
        return stored

    def add_all(
        self, documents: Sequence[NewDocument], *, ingested: str, supplier: str = ""
    ) -> tuple[StoredDocument, ...]:
        """Store documents as `add` does, with few waits for the disk; return them in the order given.

        Raises:
            OutputError: One of them cannot be written; each is stored whole or not at all.
            InputError: One of them is there, and was changed.
        """
        built: dict[str, _Folder] = {}
        digests = [sha256_bytes(document.data) for document in documents]
        try:
            for digest, document in zip(digests, documents, strict=True):
                if digest not in built and not os.path.exists(f"{self.root}/{digest[:2]}/{digest}"):
                    record = ReceivedDocument(
                        schema="supplier-document/1",
                        sha256=digest,
                        size=len(document.data),
                        ingested=ingested,
                        name=document.name,
                        supplier=supplier,
                        source=document.source,
                        signatures=_stored(document.signatures),
                    )
                    built[digest] = self._build(record, document)
            new = _publish(list(built.values()))
        except OSError as error:
            raise OutputError(
                f"{self.root}: cannot be written: {error.strerror or error}",
                hint="Check free space and permissions of that folder, then run again: what was stored before stays.",
            ) from error
        finally:
            for folder in built.values():
                shutil.rmtree(folder.work, ignore_errors=True)
        return tuple(
            StoredDocument(new.pop(digest), document.data, _by_name(document.signatures))
            if digest in new
            else self._add_to(digest, supplier, document.signatures)
            for digest, document in zip(digests, documents, strict=True)
        )

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
        record, signatures = self.described(digest)
        return StoredDocument(record, self.document(record), signatures)

    def described(self, digest: str) -> tuple[ReceivedDocument, tuple[SignatureFile, ...]]:
        """Read what is recorded of a document, and its signatures, without its bytes.

        Raises:
            InputError: It is missing, damaged or was changed.
        """
        folder = self._folder(digest)
        record = canonical.read(folder / RECORD_NAME, ReceivedDocument)
        if record.sha256 != digest:
            raise InputError(f"{folder}: the document was changed after it came", hint=_REMEDY)
        signatures = []
        for signature in record.signatures:
            content = canonical.read_bytes(folder / signature.sha256)
            if sha256_bytes(content) != signature.sha256:
                raise InputError(f"{folder}: the signature {signature.name} was changed after it came", hint=_REMEDY)
            signatures.append(SignatureFile(signature.name, content))
        return record, tuple(signatures)

    def document(self, record: ReceivedDocument) -> bytes:
        """Read the bytes of a document and check that they are those that came.

        Raises:
            InputError: They are missing, or were changed.
        """
        folder = self._folder(record.sha256)
        data = canonical.read_bytes(folder / DOCUMENT_NAME)
        if sha256_bytes(data) != record.sha256:
            raise InputError(f"{folder}: the document was changed after it came", hint=_REMEDY)
        return data

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
            source=record.source,
            signatures=_stored(everything),
        )
        canonical.write(folder / RECORD_NAME, record)
        return StoredDocument(record, stored.data, everything)

    def _build(self, record: ReceivedDocument, document: NewDocument) -> _Folder:
        """Write the folder of a document under a hidden name; nothing is flushed yet."""
        digest = record.sha256
        parent = f"{self.root}/{digest[:2]}"
        if digest[:2] not in self._tidied:
            os.makedirs(parent, exist_ok=True)
        work = tempfile.mkdtemp(prefix=TEMPORARY_PREFIX, dir=parent)
        try:
            if digest[:2] not in self._tidied:
                _remove_leftovers(Path(parent), os.stat(work).st_mtime)
                self._tidied.add(digest[:2])
            _write(f"{work}/{DOCUMENT_NAME}", document.data)
            for signature in _by_name(document.signatures):
                _write(f"{work}/{sha256_bytes(signature.data)}", signature.data)
            _write(f"{work}/{RECORD_NAME}", canonical.encode(record))
            os.chmod(work, FOLDER_MODE)
        except BaseException:
            shutil.rmtree(work, ignore_errors=True)
            raise
        return _Folder(work, f"{parent}/{digest}", record)


def _publish(folders: Sequence[_Folder]) -> dict[str, ReceivedDocument]:
    """Flush folders and give them their names; return the records of those that no other run has made meanwhile."""
    new: dict[str, ReceivedDocument] = {}
    if not folders:
        return new
    with ThreadPoolExecutor(min(FLUSHING_THREADS, len(folders))) as pool:
        _each(pool.map(_flush_all, folders))
        for folder in folders:
            if _rename(folder.work, folder.final):
                new[folder.record.sha256] = folder.record
        parents = {os.path.dirname(folder.final) for folder in folders}
        root = Path(folders[0].final).parent.parent
        _each(pool.map(_flush, sorted(parents)))
        _each(pool.map(_flush, map(str, (root, root.parent, root.parent.parent))))
    return new


def _each(results: Iterable[None]) -> None:
    """Wait for all, and raise what one of them raised."""
    for _ in results:
        pass


def _rename(work: str, folder: str) -> bool:
    try:
        os.rename(work, folder)
    except OSError:
        if os.path.isdir(folder):
            return False
        raise
    return True


def _write(path: str, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_MODE)
    try:
        os.fchmod(descriptor, FILE_MODE)
        left = memoryview(data)
        while left:
            left = left[os.write(descriptor, left) :]
    finally:
        os.close(descriptor)


def _flush_all(folder: _Folder) -> None:
    """Flush the files of a folder, then the folder."""
    for name in (DOCUMENT_NAME, RECORD_NAME, *(signature.sha256 for signature in folder.record.signatures)):
        _flush(f"{folder.work}/{name}")
    _flush(folder.work)


def _flush(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
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
