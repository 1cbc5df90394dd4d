"""A registry's file beside which nothing can be written is read as it is, and only as long as it does not change."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ops.supply_chain.adapters.registry.address import RegistryAddress
from ops.supply_chain.adapters.registry.reader import RegistryReader
from ops.supply_chain.adapters.registry.writer import RegistryWriter
from ops.supply_chain.core.errors import OutputError, UnavailableError
from tests.adapters.registry.entries import NAMES, entry


@pytest.fixture
def frozen(file_address: RegistryAddress) -> Path:
    """A registry whose log cannot have an index: for SQLite it is as on a read-only mount, whichever account runs this."""
    with RegistryWriter(file_address) as writer:
        writer.ingest([entry()])
    path = file_address.file
    assert path is not None
    index = path.with_name(f"{path.name}-shm")
    index.symlink_to(index.name)
    with closing(sqlite3.connect(path)) as connection, pytest.raises(sqlite3.OperationalError, match="unable to open"):
        connection.execute("SELECT 1 FROM sqlite_master")
    return path


@pytest.mark.usefixtures("frozen")
def test_it_answers_as_another_one_does(file_address: RegistryAddress) -> None:
    with RegistryReader(file_address) as reader:
        assert reader.documents() == (entry().document,)
        assert [hit.component.version for hit in reader.find(NAMES[0])] == ["2.6.2", "not a version"]


def test_a_log_with_changes_is_not_ignored(frozen: Path, file_address: RegistryAddress) -> None:
    frozen.with_name(f"{frozen.name}-wal").write_bytes(b"x")
    with pytest.raises(OutputError, match=r"cannot be written \(SQLITE_CANTOPEN\)"):
        RegistryReader(file_address)


@pytest.mark.parametrize("change", ["touched", "replaced", "written by its log"])
def test_an_answer_of_a_file_that_changed_is_no_answer(
    change: str, frozen: Path, file_address: RegistryAddress
) -> None:
    with RegistryReader(file_address) as reader:
        assert reader.documents()
        if change == "touched":
            os.utime(frozen, ns=(1, 1))
        elif change == "replaced":
            copy = frozen.with_name("copy")
            copy.write_bytes(frozen.read_bytes())
            found = frozen.stat()
            os.utime(copy, ns=(found.st_mtime_ns, found.st_mtime_ns))
            copy.replace(frozen)
        else:
            frozen.with_name(f"{frozen.name}-wal").write_bytes(b"x")
        with pytest.raises(UnavailableError, match="changed while it was read"):
            reader.documents()


def test_one_that_is_not_there_is_still_not_there(file_address: RegistryAddress) -> None:
    with pytest.raises(OutputError, match="SQLITE_CANTOPEN"):
        RegistryReader(file_address)
