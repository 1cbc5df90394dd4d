"""Archives: the same bytes from the same members, and readable by everybody's tools."""

from __future__ import annotations

import gzip
import hashlib
import io
import shutil
import subprocess
import tarfile
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.supply_chain.adapters.files.tar_writer import PIECE_BYTES, TarEntry, write_archive
from ops.supply_chain.core.errors import InputError, OutputError

EPOCH = 1_700_000_000
GOLDEN_SHA256 = "220c7037f02cc749acc50fbaf065dd4059ab7e8efc8212a9aa867081d997ecb8"
"""Of the archive that `golden_entries` make with the locked version of deflate (0.9.0)."""


def entry(name: str, content: bytes = b"", **how: object) -> TarEntry:
    return TarEntry(name=name, load=lambda: content, **how)  # type: ignore[arg-type]


def golden_entries() -> list[TarEntry]:
    text = b"".join(hashlib.sha256(str(number).encode()).hexdigest().encode() + b"\n" for number in range(40_000))
    return [
        entry("top/empty"),
        entry("top/large.txt", text),
        entry("top/run.sh", b"#!/bin/sh\n", executable=True),
        entry("top/link", link="large.txt"),
        entry("top/" + "d" * 90 + "/" + "n" * 90, b"long name"),
        entry("top/umläut 漢字.txt", b"not ASCII"),
    ]


def unpack(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as archive:
        return {info.name: archive.extractfile(info).read() for info in archive if info.isfile()}  # type: ignore[union-attr]


def test_the_bytes_are_those_of_every_other_machine(tmp_path: Path) -> None:
    """A golden digest: another Python, zlib or machine must give the same one."""
    write_archive(tmp_path / "a.tar.gz", golden_entries(), epoch=EPOCH)
    data = (tmp_path / "a.tar.gz").read_bytes()
    assert len(gzip.decompress(data)) > 2 * PIECE_BYTES
    assert hashlib.sha256(data).hexdigest() == GOLDEN_SHA256


def test_members_carry_no_trace_of_the_machine(tmp_path: Path) -> None:
    write_archive(tmp_path / "a.tar.gz", golden_entries(), epoch=EPOCH)
    with tarfile.open(tmp_path / "a.tar.gz") as archive:
        infos = archive.getmembers()
    assert {(one.mtime, one.uid, one.gid, one.uname, one.gname) for one in infos} == {(EPOCH, 0, 0, "", "")}
    modes = {one.name.removeprefix("top/"): one.mode for one in infos if one.isfile()}
    assert {name for name, mode in modes.items() if mode == 0o755} == {"run.sh"}
    assert set(modes.values()) == {0o644, 0o755}
    assert [one.name for one in infos] == sorted((one.name for one in infos), key=str.encode)
    assert [(one.name, one.linkname) for one in infos if one.issym()] == [("top/link", "large.txt")]


def test_every_gzip_member_has_the_fixed_header(tmp_path: Path) -> None:
    write_archive(tmp_path / "a.tar.gz", [entry("zeros", bytes(3 * PIECE_BYTES))], epoch=EPOCH)
    data = (tmp_path / "a.tar.gz").read_bytes()
    assert data.count(bytes.fromhex("1f8b0800000000 0000ff")) == 4


@pytest.mark.skipif(shutil.which("tar") is None, reason="needs tar on PATH")
def test_tar_and_gzip_read_it(tmp_path: Path) -> None:
    path = tmp_path / "a.tar.gz"
    write_archive(path, golden_entries(), epoch=EPOCH)
    (tmp_path / "out").mkdir()
    subprocess.run(["tar", "-xzf", str(path), "-C", str(tmp_path / "out")], check=True)
    subprocess.run(["gzip", "-t", str(path)], check=True)
    unpacked = {
        file.relative_to(tmp_path / "out").as_posix(): file.read_bytes()
        for file in (tmp_path / "out").rglob("*")
        if file.is_file() and not file.is_symlink()
    }
    assert unpacked == unpack(path)
    assert unpacked["top/umläut 漢字.txt"] == b"not ASCII"


def test_pip_unpacks_it(tmp_path: Path) -> None:
    unpacking = pytest.importorskip("pip._internal.utils.unpacking", reason="needs pip")
    path = tmp_path / "a.tar.gz"
    write_archive(path, golden_entries(), epoch=EPOCH)
    unpacking.untar_file(str(path), str(tmp_path / "out"))
    # pip drops the one top folder
    assert (tmp_path / "out" / "large.txt").stat().st_size == 40_000 * 65


NAMES = st.lists(
    st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z"), exclude_characters="/\\"), min_size=1).filter(
        lambda part: part not in {".", ".."} and len(part.encode()) < 200
    ),
    min_size=1,
    max_size=3,
).map("/".join)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(
    members=st.dictionaries(NAMES, st.binary(max_size=2000), max_size=8),
    order=st.randoms(use_true_random=False),
    epoch=st.integers(0, 2**40),
)
def test_what_goes_in_comes_out_whatever_the_order(
    tmp_path_factory: pytest.TempPathFactory, members: dict[str, bytes], order: object, epoch: int
) -> None:
    folder = tmp_path_factory.mktemp("archive")
    entries = [entry(name, content) for name, content in members.items()]
    write_archive(folder / "a", entries, epoch=epoch)
    order.shuffle(entries)  # type: ignore[attr-defined]
    write_archive(folder / "b", entries, epoch=epoch)
    assert (folder / "a").read_bytes() == (folder / "b").read_bytes()
    assert unpack(folder / "a") == members


@settings(derandomize=True, max_examples=12, deadline=None)
@given(size=st.sampled_from([0, 1, 511, 512, PIECE_BYTES - 1024, PIECE_BYTES - 512, PIECE_BYTES, PIECE_BYTES + 1]))
def test_sizes_at_the_seams(tmp_path_factory: pytest.TempPathFactory, size: int) -> None:
    path = tmp_path_factory.mktemp("archive") / "a"
    content = bytes(index * 7 % 251 for index in range(size))
    write_archive(path, [entry("one", content), entry("two", b"x")], epoch=0)
    assert unpack(path) == {"one": content, "two": b"x"}
    reference = io.BytesIO()
    with tarfile.open(fileobj=reference, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, data in (("one", content), ("two", b"x")):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    assert gzip.decompress(path.read_bytes()) == reference.getvalue()


@pytest.mark.parametrize("name", ["", "/abs", "a//b", "../up", "a/../b", "a/./b", "a\nb", "a\\b", "a/", "\udc80"])
def test_an_unsafe_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputError) as caught:
        write_archive(tmp_path / "a", [entry(name)], epoch=0)
    assert caught.value.message == f"archive member {name!r}: not a plain relative path"
    assert list(tmp_path.iterdir()) == []


def test_a_name_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"^archive member 'a': there twice$"):
        write_archive(tmp_path / "a", [entry("a", b"1"), entry("b"), entry("a", b"2")], epoch=0)


def test_a_member_that_cannot_be_read_leaves_nothing(tmp_path: Path) -> None:
    def broken() -> bytes:
        raise InputError("gone")

    entries = [entry(f"{number:03}", bytes(100_000)) for number in range(200)]
    with pytest.raises(InputError, match=r"^gone$"):
        write_archive(tmp_path / "a", [*entries, TarEntry(name="150b", load=broken)], epoch=0)
    assert list(tmp_path.iterdir()) == []


def test_memory_stays_bounded(tmp_path: Path) -> None:
    """Never more than a few members are loaded and not yet written."""
    lock, alive, most = threading.Lock(), 0, 0

    class Content(bytes):
        def __del__(self) -> None:
            nonlocal alive
            with lock:
                alive -= 1

    def load() -> bytes:
        nonlocal alive, most
        with lock:
            alive += 1
            most = max(most, alive)
        return Content(PIECE_BYTES)

    write_archive(tmp_path / "a", [TarEntry(name=f"{n:04}", load=load) for n in range(120)], epoch=0)
    assert most < 40
