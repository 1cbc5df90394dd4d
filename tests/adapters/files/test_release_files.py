"""What lies in a folder is measured as it lies there: links are not followed, and nothing blocks or is left out."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import pytest

from ops.supply_chain.adapters.files import release_files
from ops.supply_chain.adapters.files.release_files import read_evidence, read_release
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import InputError

ENDS = (".json", ".txt")


def test_files_are_measured_and_documents_read(tmp_path: Path) -> None:
    (tmp_path / "b.json").write_bytes(b"{}")
    (tmp_path / "a.whl").write_bytes(b"wheel")
    (tmp_path / ".hidden").write_bytes(b"")
    files, contents = read_release(tmp_path, ENDS)
    assert {name: (one.sha256, one.size) for name, one in files.items()} == {
        ".hidden": (sha256_bytes(b""), 0),
        "a.whl": (sha256_bytes(b"wheel"), 5),
        "b.json": (sha256_bytes(b"{}"), 2),
    }
    assert contents == {"b.json": b"{}"}
    assert list(files) == sorted(files)


def test_what_is_no_plain_file_has_no_digest(tmp_path: Path) -> None:
    outside = tmp_path / "outside.json"
    outside.write_bytes(b"{}")
    folder = tmp_path / "release"
    folder.mkdir()
    (folder / "link.json").symlink_to(outside)
    (folder / "broken.json").symlink_to("nowhere")
    (folder / "folder.json").mkdir()
    os.mkfifo(folder / "pipe.json")
    files, contents = read_release(folder, ENDS)
    assert {name: file.sha256 for name, file in files.items()} == dict.fromkeys(
        ("broken.json", "folder.json", "link.json", "pipe.json"), ""
    )
    assert contents == {}


def test_names_are_compared_as_they_are_written(tmp_path: Path) -> None:
    for form in ("NFC", "NFD"):
        (tmp_path / unicodedata.normalize(form, "\u00e9.json")).write_bytes(b"{}")
    files, _ = read_release(tmp_path, ENDS)
    assert len(files) == 2


def test_a_document_that_is_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release_files, "MOST_DOCUMENT_BYTES", 10)
    (tmp_path / "a.json").write_bytes(b"x" * 11)
    (tmp_path / "a.whl").write_bytes(b"x" * 11)
    files, contents = read_release(tmp_path, ENDS)
    assert (files["a.json"].sha256, files["a.whl"].size, contents) == ("", 11, {})
    with pytest.raises(InputError, match="is no plain file, or has more than 10 bytes"):
        read_evidence(tmp_path / "a.json")


def test_documents_that_are_too_large_together_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release_files, "MOST_DOCUMENTS_BYTES", 20)
    for name in ("a.json", "b.json", "c.whl"):
        (tmp_path / name).write_bytes(b"x" * 10)
    assert len(read_release(tmp_path, ENDS)[1]) == 2
    (tmp_path / "d.txt").write_bytes(b"x")
    with pytest.raises(InputError) as caught:
        read_release(tmp_path, ENDS)
    assert caught.value.message == f"{tmp_path}: its documents have more than the 20 bytes that they may have together"


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX, where file names are bytes")
def test_a_name_that_is_no_text_is_refused(tmp_path: Path) -> None:
    try:
        (tmp_path / os.fsdecode(b"bad\xff.json")).write_bytes(b"{}")
    except OSError:
        pytest.skip("needs a file system that takes names that are not UTF-8")
    with pytest.raises(InputError) as caught:
        read_release(tmp_path, ENDS)
    assert caught.value.message == f"{tmp_path}: the name 'bad\\udcff.json' is not in UTF-8"


def test_too_many_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release_files, "MOST_FILES", 1)
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(InputError) as caught:
        read_release(tmp_path, ENDS)
    assert caught.value.message == f"{tmp_path}: has 2 files, more than the 1 that a release may have"


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read: No such file or directory"):
        read_release(tmp_path / "none", ENDS)
