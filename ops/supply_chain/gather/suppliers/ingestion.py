"""Documents into the store and the registry: bytes first, then some hundred of them in one transaction.

A run that is killed in between leaves documents in the store that the registry does not have: the next run with them, or
`--rebuild`, adds them. Many documents are read and decided about by one process for each core, from the store; one more
process writes the store, and this one the registry. A document that ends the process which reads it is refused, and no other is lost.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain, groupby, islice
from pathlib import Path
from typing import NamedTuple, TypeVar

from ops.supply_chain.adapters.files.supplier_files import GivenDocument
from ops.supply_chain.adapters.files.supplier_store import (
    NewDocument,
    SignatureFile,
    StoredDocument,
    SupplierStore,
)
from ops.supply_chain.adapters.registry.writer import RegistryWriter
from ops.supply_chain.adapters.tools.workers import WorkerEnd, Workers
from ops.supply_chain.contracts.config.suppliers import SupplierEntry
from ops.supply_chain.contracts.files.supplier_document import ReceivedDocument
from ops.supply_chain.contracts.values.registry import IntakeDecision, IntakeReason
from ops.supply_chain.core.collector import without_collection
from ops.supply_chain.core.errors import StageError
from ops.supply_chain.gather.suppliers.exchange import Parcel, Receiver, Sender
from ops.supply_chain.gather.suppliers.intake import DecidedDocument, GivenTask, IntakeRules, decide, intake_rules
from ops.supply_chain.suppliers.screen import IntakeLine

BATCH_DOCUMENTS = 200
BATCH_BYTES = 16 << 20
"""A batch ends at either; a document that is larger is a batch of its own, and none is read at the same time."""

TRANSACTION_DOCUMENTS = 600
TRANSACTION_ROWS = 200_000
"""A transaction ends at either: the rows of its documents go into the index in its order, and few pages change twice."""

FEW_DOCUMENTS = 8
"""So many are read in this process, if they are small, too: starting others takes longer."""

FEW_BYTES = 4 << 20
PARTS = 6
"""Parts of a batch that are read again, to find the document that ends the process which reads it."""


T = TypeVar("T")


class IntakeSetting(NamedTuple):
    """What decides about documents, as it can be sent to another process, and where they are stored.

    `root` is the project's folder, for the files of keys.
    """

    root: Path
    suppliers: tuple[SupplierEntry, ...]
    trusted_root: Path | None
    store: SupplierStore

    def rules(self) -> IntakeRules:
        """Return what decides.

        Raises:
            UsageError: An entry of the configuration, or the trusted root, cannot be used.
            InputError: A rule cannot be read.
        """
        return intake_rules(self.root, self.suppliers, self.trusted_root)


class _Task(NamedTuple):
    """A stored document without its bytes, which are read where they are needed."""

    place: str
    record: ReceivedDocument
    signatures: tuple[SignatureFile, ...]
    problem: str = ""


_Batch = Sequence[_Task | IntakeLine]
"""Documents in the order given; a line is one that was not stored."""


def ingest(
    given: Iterable[GivenDocument], *, setting: IntakeSetting, writer: RegistryWriter, now: str, supplier: str
) -> Iterator[IntakeLine]:
    """Store documents and decide about them; yield the line of each, in order, some hundred at a time, once they are registered.

    Args:
        given: The documents.
        setting: What decides, and where their bytes are kept.
        writer: The registry.
        now: The time, as `YYYY-MM-DDTHH:MM:SSZ`.
        supplier: The supplier that was stated; empty if none was.
    Raises:
        StageError: Store or registry cannot be written; what was decided before stays, or is registered.
    """
    store = partial(_store, setting.store, now, supplier)
    yield from _registered(_stored(_batches(given, _given_size), store), setting, writer)


def rebuild(setting: IntakeSetting, writer: RegistryWriter) -> Iterator[IntakeLine]:
    """Fill the registry again from the stored documents, and decide about each by today's rules."""
    writer.clear()
    store = setting.store
    tasks = (_Task(record.name, record, signatures) for record, signatures in map(store.described, store.digests()))
    batches = _batches(tasks, _size)
    yield from _registered(batches, setting, writer)


def _batches(items: Iterable[T], size_of: Callable[[T], int]) -> Iterator[list[T]]:
    """Yield items in lists, which the caller may empty: no item is kept here meanwhile."""
    batch: list[T] = []
    size = 0
    for item in items:
        if batch and (len(batch) == BATCH_DOCUMENTS or size + size_of(item) > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(item)
        size += size_of(item)
        del item
    if batch:
        yield batch


_Kept = tuple[ReceivedDocument, tuple[SignatureFile, ...]]
"""What is recorded of a document that was stored, and its signatures."""

_Store = Callable[[list[NewDocument]], list[_Kept]]


def _stored(batches: Iterator[list[GivenDocument]], store: _Store) -> Iterator[_Batch]:
    """Store the documents of each batch and let go of their bytes.

    The first batch, and a large one, are stored in this process, any other in one of its own: nothing here waits for the disk.
    """
    for batch in islice(batches, 1):
        yield _tasks_of(batch, store(_new(batch)))
    with Workers(_storing, (store,), (list[NewDocument], list[_Kept]), count=1) as workers:
        for is_large, some in groupby(batches, lambda batch: sum(map(_given_size, batch)) > BATCH_BYTES):
            if is_large:
                for batch in some:
                    yield _tasks_of(batch, store(_new(batch)))
                continue
            order = deque[list[GivenDocument]]()
            for new, result in workers.map(_new_of(some, order)):
                kept = store(new) if isinstance(result, WorkerEnd) else result
                yield _tasks_of(order.popleft(), kept)


def _new_of(batches: Iterable[list[GivenDocument]], order: deque[list[GivenDocument]]) -> Iterator[list[NewDocument]]:
    for batch in batches:
        new = _new(batch)
        order.append([document._replace(data=b"", signatures=()) for document in batch])
        batch.clear()
        yield new


def _new(batch: Iterable[GivenDocument]) -> list[NewDocument]:
    return [
        NewDocument(document.name, document.data, document.signatures, document.source)
        for document in batch
        if not document.problem
    ]


def _storing(store: _Store) -> _Store:
    return store


def _store(store: SupplierStore, now: str, supplier: str, documents: list[NewDocument]) -> list[_Kept]:
    found = store.add_all(documents, ingested=now, supplier=supplier)
    return [(stored.record, stored.signatures) for stored in found]


def _tasks_of(batch: list[GivenDocument], kept: Sequence[_Kept]) -> _Batch:
    """Return what is to be read, without the bytes; what could not be read is a line already."""
    stored = iter(kept)
    found: list[_Task | IntakeLine] = []
    for document in batch:
        if document.problem:
            reasons = (IntakeReason("", document.problem),)
            found.append(IntakeLine(document.place, IntakeDecision.REFUSED, "", reasons))
        else:
            found.append(_Task(document.place, *next(stored)))
    batch.clear()
    return found


def _registered(batches: Iterator[_Batch], setting: IntakeSetting, writer: RegistryWriter) -> Iterator[IntakeLine]:
    start = list(islice(batches, 2))
    everything = chain(start, batches)
    if len(start) <= 1 and all(_is_small(batch) for batch in start):
        for batch in start:
            yield from _lines(batch, _decider(setting)(_tasks(batch)), writer)
        return
    receiver, order, waiting = Receiver(), deque[_Batch](), _Waiting()
    with without_collection(), Workers(_sender, (setting,), (list[_Task], Parcel)) as workers:
        try:
            for tasks, result in workers.map(_remembered(everything, order), alone=_is_large):
                found = _apart(tasks, setting) if isinstance(result, WorkerEnd) else receiver.unpack(result)
                waiting.add(order.popleft(), found)
                if waiting.is_enough():
                    yield from waiting.registered(writer)
        except StageError:
            yield from waiting.registered(writer)
            raise
        yield from waiting.registered(writer)


class _Waiting:
    """Batches that are decided about and not registered: the database takes several at once in less time."""

    def __init__(self) -> None:
        self._items: list[_Task | IntakeLine] = []
        self._decided: list[DecidedDocument] = []
        self._rows = 0

    def add(self, batch: _Batch, decided: Sequence[DecidedDocument]) -> None:
        """Take a batch."""
        self._items += batch
        self._decided += decided
        self._rows += sum(len(item.entry.listed) + len(item.entry.digests) for item in decided)

    def is_enough(self) -> bool:
        """Return whether a transaction is large enough."""
        return len(self._decided) >= TRANSACTION_DOCUMENTS or self._rows >= TRANSACTION_ROWS

    def registered(self, writer: RegistryWriter) -> Iterator[IntakeLine]:
        """Register what waits in one transaction; yield its lines."""
        items, decided = self._items, self._decided
        self._items, self._decided, self._rows = [], [], 0
        return _lines(items, decided, writer)


def _remembered(batches: Iterable[_Batch], order: deque[_Batch]) -> Iterator[list[_Task]]:
    for batch in batches:
        order.append(batch)
        yield _tasks(batch)


def _tasks(batch: _Batch) -> list[_Task]:
    return [item for item in batch if not isinstance(item, IntakeLine)]


def _given_size(document: GivenDocument) -> int:
    return len(document.data) + sum(len(signature.data) for signature in document.signatures)


def _size(item: _Task | IntakeLine) -> int:
    if isinstance(item, IntakeLine):
        return 0
    return item.record.size + sum(signature.size for signature in item.record.signatures)


def _is_small(batch: _Batch) -> bool:
    return len(batch) <= FEW_DOCUMENTS and sum(map(_size, batch)) <= FEW_BYTES


def _is_large(tasks: Sequence[_Task]) -> bool:
    return sum(map(_size, tasks)) > BATCH_BYTES


def _decider(setting: IntakeSetting) -> Callable[[Sequence[_Task]], list[DecidedDocument]]:
    """Return what decides about stored documents, in this process or in another one."""
    return partial(_decide, setting.store, setting.rules())


def _sender(setting: IntakeSetting) -> Callable[[Sequence[_Task]], Parcel]:
    return partial(_send, Sender(), partial(_decide, setting.store, setting.rules().for_many()))


def _send(
    sender: Sender, decided: Callable[[Sequence[_Task]], list[DecidedDocument]], tasks: Sequence[_Task]
) -> Parcel:
    return sender.pack(decided(tasks))


def _decide(store: SupplierStore, rules: IntakeRules, tasks: Sequence[_Task]) -> list[DecidedDocument]:
    return decide(rules, [_given(store, task) for task in tasks])


def _given(store: SupplierStore, task: _Task) -> GivenTask:
    data = b"" if task.problem else store.document(task.record)
    return GivenTask(task.place, StoredDocument(task.record, data, task.signatures), task.problem)


def _apart(tasks: Sequence[_Task], setting: IntakeSetting) -> list[DecidedDocument]:
    """Decide about documents in smaller and smaller parts, after the process that read them together died."""
    size = -(-len(tasks) // PARTS)
    parts = [tasks[at : at + size] for at in range(0, len(tasks), size)]
    found: list[DecidedDocument] = []
    with Workers(_decider, (setting,), (list[_Task], list[DecidedDocument]), count=1) as workers:
        for part, result in workers.map(parts):
            if not isinstance(result, WorkerEnd):
                found += result
            elif len(part) > 1:
                found += _apart(part, setting)
            else:
                found += _decider(setting)([part[0]._replace(problem=f"the process that read it {result.how}")])
    return found


def _lines(batch: _Batch, decided: Sequence[DecidedDocument], writer: RegistryWriter) -> Iterator[IntakeLine]:
    """Register a batch in one transaction; yield its lines."""
    distinct = {item.entry.document.digest: item.entry for item in decided}
    new = dict(zip(distinct, writer.ingest(list(distinct.values())), strict=True)) if distinct else {}
    writer.decide([entry.document for digest, entry in distinct.items() if not new[digest]])
    following = iter(decided)
    for item in batch:
        if isinstance(item, IntakeLine):
            yield item
            continue
        found = next(following)
        document = distinct[found.entry.document.digest].document
        yield IntakeLine(
            item.place,
            document.decision,
            document.supplier,
            document.reasons,
            document.digest,
            known=not new[document.digest],
        )
        new[document.digest] = False
