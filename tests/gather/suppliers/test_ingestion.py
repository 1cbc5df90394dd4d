"""Many documents at once: in order, each registered once, whatever happens to the processes that read them."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from ops.supply_chain.adapters.files.supplier_files import given_documents
from ops.supply_chain.adapters.files.supplier_store import SupplierStore
from ops.supply_chain.adapters.registry.address import registry_address
from ops.supply_chain.adapters.registry.reader import RegistryReader
from ops.supply_chain.adapters.registry.writer import RegistryWriter
from ops.supply_chain.adapters.tools.workers import WorkerEnd, Workers
from ops.supply_chain.contracts.config.suppliers import SupplierEntry
from ops.supply_chain.contracts.values.registry import IntakeDecision, RegisteredDocument
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.gather.suppliers import ingestion, intake
from ops.supply_chain.gather.suppliers.exchange import Parcel, Receiver
from ops.supply_chain.gather.suppliers.ingestion import IntakeSetting, ingest, rebuild
from ops.supply_chain.gather.suppliers.read import read_document
from ops.supply_chain.suppliers.documents import ReadDocument
from ops.supply_chain.suppliers.screen import IntakeLine
from tests.benchmarks import supplier_sboms

NOW = "2026-11-29T00:00:00Z"
DOCUMENTS = 12


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sent") / "inbox"
    supplier_sboms.write_sboms(folder, DOCUMENTS, components=8, distinct=40)
    (folder / "product-00003.zip").write_bytes(b"no archive")
    return folder


def setting_of(base: Path) -> IntakeSetting:
    return IntakeSetting(base, (SupplierEntry(name="Supplier"),), None, SupplierStore(base))


def taken_in(base: Path, inbox: Path) -> list[IntakeLine]:
    given = given_documents([inbox])
    with RegistryWriter(registry_address(base)) as writer:
        return list(ingest(given, setting=setting_of(base), writer=writer, now=NOW, supplier="Supplier"))


def documents_in(base: Path) -> tuple[RegisteredDocument, ...]:
    with RegistryReader(registry_address(base)) as reader:
        return reader.documents()


def test_documents_that_several_processes_read_are_registered_as_by_one(
    tmp_path: Path, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingestion, "BATCH_DOCUMENTS", 6)
    several = taken_in(tmp_path / "several", inbox)
    monkeypatch.setattr(ingestion, "FEW_DOCUMENTS", 1000)
    assert taken_in(tmp_path / "one", inbox) == several
    assert documents_in(tmp_path / "one") == documents_in(tmp_path / "several")
    names = sorted(path.name for path in inbox.iterdir())
    assert [line.place for line in several] == names
    assert several[names.index("product-00003.zip")].reasons[0].message.startswith("the archive cannot be used")
    assert all(line.known for line in taken_in(tmp_path / "one", inbox) if line.digest)


def test_a_document_that_ends_its_reader_is_refused_and_no_other(
    tmp_path: Path, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = os.getpid()

    def read(data: bytes, name: str) -> ReadDocument:
        if name == "product-00007.cdx.json":
            assert os.getpid() != own
            os.kill(os.getpid(), signal.SIGKILL)
        return read_document(data, name)

    monkeypatch.setattr(intake, "read_document", read)
    lines = taken_in(tmp_path, inbox)
    refused = [line for line in lines if line.decision is IntakeDecision.REFUSED and line.digest]
    assert [line.place for line in refused] == ["product-00007.cdx.json"]
    assert any("the process that read it was ended by SIGKILL" in reason.message for reason in refused[0].reasons)
    assert len(documents_in(tmp_path)) == DOCUMENTS


def test_rebuilding_notices_a_document_that_was_changed(tmp_path: Path, inbox: Path) -> None:
    taken_in(tmp_path, inbox)
    before = documents_in(tmp_path)
    with RegistryWriter(registry_address(tmp_path)) as writer:
        assert len(list(rebuild(setting_of(tmp_path), writer))) == DOCUMENTS
        assert documents_in(tmp_path) == before
        path = next(tmp_path.rglob("document"))
        path.write_bytes(path.read_bytes() + b" ")
        with pytest.raises(InputError, match="was changed"):
            list(rebuild(setting_of(tmp_path), writer))


def test_the_reading_processes_need_nothing_that_is_inherited(tmp_path: Path, inbox: Path) -> None:
    taken_in(tmp_path, inbox)
    setting = setting_of(tmp_path)
    tasks = [ingestion._Task("x", *setting.store.described(digest)) for digest in setting.store.digests()][:2]
    types = (list[ingestion._Task], Parcel)
    with Workers(ingestion._sender, (setting,), types, count=1, method="spawn") as workers:
        [(_, parcel)] = workers.map([tasks])
    assert not isinstance(parcel, WorkerEnd)
    found = Receiver().unpack(parcel)
    assert [item.entry.document.digest for item in found] == [task.record.sha256 for task in tasks]
