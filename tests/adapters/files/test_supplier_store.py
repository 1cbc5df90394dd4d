"""Documents of suppliers on disk: whole or not there, each once, whoever else writes, and what was changed is noticed."""

from __future__ import annotations

import os
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ops.supply_chain.adapters.files import supplier_store
from ops.supply_chain.adapters.files.supplier_store import SignatureFile, SupplierStore
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import InputError, OutputError

NOW = "2026-11-29T00:00:00Z"
LATER = "2026-11-30T00:00:00Z"
BUNDLE = SignatureFile("a.json.sigstore.json", b"{}")


def everything(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_document_is_stored_by_its_digest_with_its_signatures(tmp_path: Path) -> None:
    store = SupplierStore(tmp_path)
    stored = store.add(b"document", name="a.json", ingested=NOW, supplier="Acme", signatures=[BUNDLE])
    digest = sha256_bytes(b"document")
    base = f"suppliers/sha256/{digest[:2]}/{digest}"
    assert everything(tmp_path) == sorted(
        [f"{base}/document", f"{base}/received.json", f"{base}/{sha256_bytes(BUNDLE.data)}"]
    )
    assert list(store.digests()) == [digest]
    assert store.read(digest) == stored
    assert (stored.data, stored.record.supplier, stored.signatures) == (b"document", "Acme", (BUNDLE,))


def test_the_same_bytes_keep_their_first_time_and_get_new_signatures(tmp_path: Path) -> None:
    store = SupplierStore(tmp_path)
    store.add(b"document", name="a.json", ingested=NOW)
    again = store.add(b"document", name="b.json", ingested=LATER, supplier="Acme", signatures=[BUNDLE, BUNDLE])
    assert (again.record.ingested, again.record.name, again.record.supplier) == (NOW, "a.json", "Acme")
    assert store.read(again.record.sha256) == again
    assert again.signatures == (BUNDLE,)
    assert store.add(b"document", name="c.json", ingested=LATER) == again


def test_tenants_do_not_see_each_other(tmp_path: Path) -> None:
    SupplierStore(tmp_path, "other").add(b"document", name="a", ingested=NOW)
    assert list(SupplierStore(tmp_path).digests()) == []


@pytest.mark.parametrize("name", ["document", "received.json", "signature"])
def test_what_was_changed_or_lost_is_noticed(tmp_path: Path, name: str) -> None:
    store = SupplierStore(tmp_path)
    digest = store.add(b"document", name="a", ingested=NOW, signatures=[BUNDLE]).record.sha256
    name = sha256_bytes(BUNDLE.data) if name == "signature" else name
    path = tmp_path / "suppliers" / "sha256" / digest[:2] / digest / name
    path.write_bytes(path.read_bytes().replace(b"d", b"D").replace(b"{}", b"[]"))
    with pytest.raises(InputError):
        store.read(digest)
    path.unlink()
    with pytest.raises(InputError):
        store.read(digest)


def test_a_folder_moved_to_another_digest_is_noticed(tmp_path: Path) -> None:
    store = SupplierStore(tmp_path)
    digest = store.add(b"document", name="a", ingested=NOW).record.sha256
    base = tmp_path / "suppliers" / "sha256"
    other = "0" * 64
    shutil.copytree(base / digest[:2] / digest, base / "00" / other)
    with pytest.raises(InputError, match="was changed"):
        store.read(other)


def test_four_writers_of_the_same_documents_lose_nothing(tmp_path: Path) -> None:
    documents = [f"document {number}".encode() for number in range(20)]

    def write(_: int) -> list[str]:
        store = SupplierStore(tmp_path)
        return [store.add(data, name="a", ingested=NOW).record.sha256 for data in documents]

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(write, range(4)))
    assert found == [[sha256_bytes(data) for data in documents]] * 4
    store = SupplierStore(tmp_path)
    assert sorted(store.read(digest).data for digest in store.digests()) == sorted(documents)
    assert not list(tmp_path.rglob(".tmp-*"))


STEPS = ["mkdtemp", "_write", "fsync", "rename"]


@pytest.mark.parametrize("step", STEPS)
def test_a_full_disk_leaves_nothing_half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    store = SupplierStore(tmp_path)
    with monkeypatch.context() as patch:
        if step == "mkdtemp":
            patch.setattr(tempfile, "mkdtemp", full)
        elif step == "_write":
            patch.setattr(supplier_store, "_write", full)
        elif step == "fsync":
            patch.setattr(os, "fsync", full)
        else:
            patch.setattr(os, "rename", full)
        with pytest.raises(OutputError, match="No space left"):
            store.add(b"document", name="a", ingested=NOW)
    assert everything(tmp_path) == []
    assert list(store.digests()) == []
    assert store.add(b"document", name="a", ingested=NOW).data == b"document"


def test_what_a_killed_run_left_is_no_document_and_goes_away(tmp_path: Path) -> None:
    store = SupplierStore(tmp_path)
    digest = sha256_bytes(b"document")
    old, young = (tmp_path / "suppliers" / "sha256" / digest[:2] / f".tmp-{name}" for name in ("old", "young"))
    for leftover in (old, young):
        leftover.mkdir(parents=True)
        (leftover / "document").write_bytes(b"half")
    os.utime(old, (0, 0))
    assert list(store.digests()) == []
    store.add(b"document", name="a", ingested=NOW)
    assert (old.exists(), young.exists()) == (False, True)
    assert list(store.digests()) == [digest]
