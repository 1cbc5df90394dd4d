"""An archive that is unpacked has one reading: whatever is inserted, moved or said twice makes it refused."""

from __future__ import annotations

import gzip
import io
import random
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain.adapters.files.release_archive import unpack
from ops.supply_chain.core.errors import InputError

FILES = {"a.txt": b"alpha" * 30, "b.json": b"{}"}
LONG = f"{'long-name-' * 12}.whl"
SEED = 20261128


def zipped(files: dict[str, bytes] = FILES, *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as handle:
        for name, data in files.items():
            handle.writestr(zipfile.ZipInfo(name), data, method)
    return buffer.getvalue()


def streamed() -> bytes:
    """A ZIP written to a pipe: the sizes follow each entry."""

    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.data = b""

        def writable(self) -> bool:
            return True

        def write(self, data: Any) -> int:
            self.data += bytes(data)
            return len(data)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as handle:
        for name, data in FILES.items():
            handle.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return pipe.data


def plain_tar(files: dict[str, bytes] = FILES, form: int = tarfile.PAX_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as handle:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            handle.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def packed(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def unpacked(base: Path, name: str, data: bytes) -> dict[str, bytes] | None:
    """The files that come out; None where the archive is refused."""
    archive, folder = base / name, base / "out"
    archive.write_bytes(data)
    folder.mkdir(exist_ok=True)
    for path in folder.iterdir():
        path.unlink()
    try:
        unpack(archive, folder)
    except InputError:
        return None
    return {path.name: path.read_bytes() for path in folder.iterdir()}


GOOD: dict[str, tuple[str, Callable[[], bytes]]] = {
    "zip": ("r.zip", zipped),
    "zip, stored": ("r.zip", lambda: zipped(method=zipfile.ZIP_STORED)),
    "zip, from a pipe": ("r.zip", streamed),
    "tar of POSIX": ("r.tar.gz", lambda: packed(plain_tar())),
    "tar of GNU": ("r.tar.gz", lambda: packed(plain_tar(form=tarfile.GNU_FORMAT))),
}


@pytest.mark.parametrize("name", GOOD)
def test_what_common_programs_write_is_read(tmp_path: Path, name: str) -> None:
    kind, make = GOOD[name]
    assert unpacked(tmp_path, kind, make()) == FILES


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_long_names_are_read(tmp_path: Path, form: int) -> None:
    assert unpacked(tmp_path, "r.tgz", packed(plain_tar({LONG: b"x"}, form))) == {LONG: b"x"}


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("byte", [b"\0", b"P", b"\xff"])
def test_no_inserted_byte_is_accepted(tmp_path: Path, name: str, byte: bytes) -> None:
    kind, make = GOOD[name]
    data = make()
    for position in range(len(data) + 1):
        assert unpacked(tmp_path, kind, data[:position] + byte + data[position:]) is None, position


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_no_byte_inserted_into_a_tar_gives_another_reading(tmp_path: Path, form: int) -> None:
    data = plain_tar({**FILES, LONG: b"x"}, form)
    used = len(data.rstrip(b"\0")) + 1
    for position in range(0, used, 7):
        for byte in (b"\0", b"a"):
            assert unpacked(tmp_path, "r.tgz", packed(data[:position] + byte + data[position:])) is None, position


def damaged(data: bytes, count: int) -> Iterator[bytes]:
    chance = random.Random(SEED)  # noqa: S311 - no secret hangs on it
    for _ in range(count):
        position = chance.randrange(len(data))
        yield data[:position] + bytes([data[position] ^ (1 << chance.randrange(8))]) + data[position + 1 :]


def test_no_flipped_bit_of_a_zip_gives_other_files_than_others_read(tmp_path: Path) -> None:
    accepted = 0
    for data in damaged(zipped(), 1500):
        found = unpacked(tmp_path, "r.zip", data)
        if found is not None:
            accepted += 1
            assert found == FILES
            with zipfile.ZipFile(io.BytesIO(data)) as handle:
                assert {name: handle.read(name) for name in handle.namelist()} == FILES
    assert accepted  # times and versions of entries mean nothing


def test_no_flipped_bit_of_a_tar_gives_other_files(tmp_path: Path) -> None:
    data = plain_tar()  # the bytes of a file are for its digest to protect
    for changed in damaged(data[:512], 600):
        assert unpacked(tmp_path, "r.tgz", packed(changed + data[512:])) in (None, FILES)


def edited(data: bytes, offset: int, form: str, value: int) -> bytes:
    new = struct.pack(form, value)
    return data[:offset] + new + data[offset + len(new) :]


def with_hidden_entry() -> bytes:
    """An entry before the directory that the directory does not name."""
    data = zipped()
    start = data.index(b"PK\1\2")
    hidden = zipped({"install.sh": b"evil"})
    hidden = hidden[: hidden.index(b"PK\1\2")]
    moved = data[:start] + hidden + data[start:]
    end = moved.rindex(b"PK\5\6")
    return edited(moved, end + 16, "<L", start + len(hidden))


def with_bytes_after_deflate() -> bytes:
    """Bytes within an entry that unpacking does not reach."""
    body, more = zlib.compressobj(9, zlib.DEFLATED, -15), b"hidden"
    data = body.compress(b"x") + body.flush() + more
    local = struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 8, 0, 33, zlib.crc32(b"x"), len(data), 1, 1, 0) + b"a"
    central = struct.pack(
        "<4s6H3L5H2L", b"PK\1\2", 20, 20, 0, 8, 0, 33, zlib.crc32(b"x"), len(data), 1, 1, 0, 0, 0, 0, 0, 0
    )
    start = len(local) + len(data)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, len(central) + 1, start, 0)
    return local + data + central + b"a" + end


def with_field(kind: int) -> bytes:
    info = zipfile.ZipInfo("a")
    info.extra = struct.pack("<2H", kind, 4) + b"evil"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as handle:
        handle.writestr(info, b"x")
    return buffer.getvalue()


def twice() -> bytes:
    return zipped({"a": b"x", "b": b"y"}).replace(b"b", b"a")


def with_comment(comment: bytes) -> bytes:
    buffer = io.BytesIO(zipped())
    with zipfile.ZipFile(buffer, "a") as handle:
        handle.comment = comment
    return buffer.getvalue()


ZIPS: dict[str, Callable[[], bytes]] = {
    "an entry that the directory does not name": with_hidden_entry,
    "bytes after the end of packed data": with_bytes_after_deflate,
    "a second archive after it": lambda: zipped() + zipped({"c": b"x"}),
    "a second archive before it": lambda: zipped({"c": b"x"}) + zipped(),
    "another name in front of the entry": lambda: zipped().replace(b"a.txt", b"z.txt", 1),
    "another size in front of the entry": lambda: edited(zipped(), 22, "<L", 7),
    "another checksum in front of the entry": lambda: edited(zipped(), 14, "<L", 7),
    "another method in front of the entry": lambda: edited(zipped(), 8, "<H", 0),
    "other flags in front of the entry": lambda: edited(zipped(), 6, "<H", 0x8),
    "encrypted": lambda: zipped().replace(b"PK\3\4\x14\0\0\0", b"PK\3\4\x14\0\1\0").replace(
        b"PK\1\2\x14\3\x14\0\0\0", b"PK\1\2\x14\3\x14\0\1\0"
    ),
    "a name twice": twice,
    "a name in an extra field": lambda: with_field(0x7075),
    "sizes in an extra field": lambda: with_field(0x0001),
    "a remark with an end record in it": lambda: with_comment(zipped()[-22:]),
    "a remark": lambda: with_comment(b"hello"),
    "nothing but an end record": lambda: b"PK\5\6" + bytes(17),
}  # fmt: skip


@pytest.mark.parametrize("name", ZIPS)
def test_a_zip_with_two_readings_is_refused(tmp_path: Path, name: str) -> None:
    assert unpacked(tmp_path, "r.zip", ZIPS[name]()) is None


def pax(**fields: str) -> bytes:
    """A tar whose file has a pax header."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as handle:
        info = tarfile.TarInfo("a")
        info.pax_headers = {key.replace("_", "."): value for key, value in fields.items()}
        handle.addfile(info)
    return buffer.getvalue()


TARS: dict[str, Callable[[], bytes]] = {
    "a second gzip member": lambda: packed(plain_tar()) + packed(plain_tar({"c": b"x"})),
    "an empty second gzip member": lambda: packed(plain_tar()) + packed(b""),
    "zeros after the gzip member": lambda: packed(plain_tar()) + bytes(512),
    "two gzip members that make one tar": lambda: packed(plain_tar()[:1024]) + packed(plain_tar()[1024:]),
    "a second tar after the end": lambda: packed(plain_tar() + plain_tar({"c": b"x"})),
    "a byte in the padding of a file": lambda: packed(plain_tar()[:1000] + b"x" + plain_tar()[1001:]),
    "one block of zeros at the end": lambda: packed(plain_tar().rstrip(b"\0").ljust(2048, b"\0")[:2560]),
    "no end": lambda: packed(plain_tar()[:2048]),
    "a pax header with a size": lambda: packed(pax(size="0")),
    "a pax header with a short name": lambda: packed(pax(path="b")),
    "a pax header with a link": lambda: packed(pax(linkpath="/etc/passwd")),
    "a pax header with a word of another program": lambda: packed(pax(SCHILY_xattr_user="x")),
    "bytes after the end of a name": lambda: packed(_renamed(b"a.txt\0evil")),
    "not gzip": plain_tar,
}


def _renamed(name: bytes) -> bytes:
    data = plain_tar()
    header = name.ljust(100, b"\0") + data[100:148] + b" " * 8 + data[156:512]
    return header[:148] + b"%06o\0 " % sum(header) + header[156:] + data[512:]


@pytest.mark.parametrize("name", TARS)
def test_a_tar_with_two_readings_is_refused(tmp_path: Path, name: str) -> None:
    assert unpacked(tmp_path, "r.tar.gz", TARS[name]()) is None


def test_an_edit_that_changes_no_reading_is_the_control(tmp_path: Path) -> None:
    """The edits above are refused for what they do, and not for how they are made."""
    assert unpacked(tmp_path, "r.tar.gz", packed(_renamed(b"a.txt"))) == FILES
    assert unpacked(tmp_path, "r.tar.gz", packed(pax(mtime="1.5"))) == {"a": b""}
    assert unpacked(tmp_path, "r.zip", with_field(0x5455)) == {"a": b"x"}
    assert unpacked(tmp_path, "r.zip", with_comment(b"0" * 40)) == FILES
