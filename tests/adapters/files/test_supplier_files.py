"""Documents that a command line names: files, folders, archives; each with the signatures next to it."""

from __future__ import annotations

import io
import os
import tarfile
import zipfile
from pathlib import Path

import pytest

from ops.supply_chain.adapters.files import supplier_files
from ops.supply_chain.adapters.files.supplier_files import GivenDocument, given_documents
from ops.supply_chain.core.errors import UsageError

FILES = {
    "a.json": b"{}",
    "a.json.sig": b"sig",
    "sub/b.xml": b"<bom/>",
    "sub/b.xml.sigstore.json": b"{}",
    "lone.sig": b"x",
}


def given(*paths: Path) -> list[GivenDocument]:
    return list(given_documents(paths))


def written(folder: Path) -> Path:
    for name, data in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    (folder / ".hidden").write_bytes(b"no")
    return folder


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def tarred(path: Path, files: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return path


@pytest.mark.parametrize("form", ["folder", "zip", "tar"])
def test_folders_and_archives_give_the_same_documents(tmp_path: Path, form: str) -> None:
    source = {
        "folder": lambda: written(tmp_path / "f"),
        "zip": lambda: zipped(tmp_path / "f.zip", FILES),
        "tar": lambda: tarred(tmp_path / "f.tar.gz", FILES),
    }[form]()
    found = given(source)
    assert {document.name: document.data for document in found} == {
        "a.json": b"{}",
        "b.xml": b"<bom/>",
        "lone.sig": b"x",  # it signs nothing that is there
    }
    signatures = {document.name: [signature.name for signature in document.signatures] for document in found}
    assert signatures == {"a.json": ["a.json.sig"], "b.xml": ["b.xml.sigstore.json"], "lone.sig": []}


def test_a_file_that_is_not_there_is_an_error_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        given(written(tmp_path), tmp_path / "missing")


def test_an_archive_that_is_broken_at_its_end_gives_no_document(tmp_path: Path) -> None:
    whole = tarred(tmp_path / "f.tar.gz", FILES).read_bytes()
    for data in (whole[:-9], whole + b"more", b"no archive"):
        (tmp_path / "g.tgz").write_bytes(data)
        [only] = given(tmp_path / "g.tgz")
        assert only.problem.startswith("the archive cannot be used: ")
        assert not only.data


def test_an_archive_with_two_readings_is_not_used(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "f.tgz", "w:gz", format=tarfile.USTAR_FORMAT) as archive:
        archive.addfile(tarfile.TarInfo("a.json"))
        archive.addfile(tarfile.TarInfo("a.json"))
    assert [document.problem != "" for document in given(tmp_path / "f.tgz")] == [True]


def test_what_is_too_large_or_no_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supplier_files, "LARGEST_BYTES", 3)
    monkeypatch.setattr(supplier_files, "MOST_ARCHIVE_BYTES", 5)
    (tmp_path / "large").write_bytes(b"1234")
    os.mkfifo(tmp_path / "pipe")
    zipped(tmp_path / "a.zip", {"x": b"1234"})
    zipped(tmp_path / "b.zip", {"x": b"123456"})
    problems = {document.place: document.problem for document in given(tmp_path)}
    assert problems.keys() == {"large", "pipe", "a.zip:x", "b.zip"}
    assert all(problems.values())


def test_a_folder_of_more_files_than_the_bound_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supplier_files, "MOST_FILES", 2)
    for name in "abc":
        (tmp_path / name).write_bytes(b"{}")
    assert [bool(document.problem) for document in given(tmp_path)] == [False, False, True]


@pytest.mark.parametrize("kind", [tarfile.LNKTYPE, tarfile.SYMTYPE])
def test_an_archive_with_a_link_is_not_used(tmp_path: Path, kind: bytes) -> None:
    path = tmp_path / "a.tar.gz"
    with tarfile.open(path, "w:gz", format=tarfile.USTAR_FORMAT) as archive:
        entry = tarfile.TarInfo("a.json")
        entry.size = 2
        archive.addfile(entry, io.BytesIO(b"{}"))
        link = tarfile.TarInfo("b.json")
        link.type, link.linkname = kind, "a.json"
        archive.addfile(link)
    [found] = given(path)
    assert found.problem.startswith("the archive cannot be used: ")
    assert not found.data
