"""An archive that somebody gave us: plain files of one folder come out, and nothing else ever does."""

from __future__ import annotations

import gzip
import io
import stat
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from ops.supply_chain.adapters.files.release_archive import HINT, UnpackLimits, is_archive, unpack
from ops.supply_chain.core.errors import InputError

FILES = {"a.txt": b"alpha", "b-1.0+x.whl": b"beta" * 1000}


def tarred(members: list[tuple[str, bytes | tarfile.TarInfo]]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", format=tarfile.GNU_FORMAT) as handle:
        for name, content in members:
            info = content if isinstance(content, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.name = name
            data = b"" if isinstance(content, tarfile.TarInfo) else content
            info.size = len(data)
            handle.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def zipped(members: list[tuple[str, bytes]], mode: int = stat.S_IFREG | 0o644) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as handle:
        for name, data in members:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            handle.writestr(info, data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def special(kind: bytes, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo()
    info.type, info.linkname = kind, target
    return info


def given(tmp_path: Path, name: str, data: bytes) -> tuple[Path, Path]:
    """The archive, and the empty folder to unpack it into."""
    (tmp_path / name).write_bytes(data)
    folder = tmp_path / "out"
    folder.mkdir()
    return tmp_path / name, folder


@pytest.mark.parametrize("prefix", ["", "./", "small-1.0/", "./small-1.0/"])
@pytest.mark.parametrize("kind", ["r.tar.gz", "r.tgz", "r.zip"])
def test_the_files_of_one_folder_come_out(tmp_path: Path, prefix: str, kind: str) -> None:
    members = [(prefix + name, data) for name, data in FILES.items()]
    data = zipped(members) if kind.endswith("zip") else tarred([*members])
    archive, folder = given(tmp_path, kind, data)
    assert is_archive(archive)
    unpack(archive, folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == FILES


NAMES = {
    "out of the folder": ("../a", "is no plain name"),
    "out of it further down": ("x/../../a", "is no plain name"),
    "from the root": ("/etc/a", "is no plain name"),
    "a drive": ("C:a", "is no plain name"),
    "a back slash": ("..\\a", "is no plain name"),
    "dots": ("x/..", "is no plain name"),
    "a line break": ("a\nb", "is no plain name"),
    "an escape": ("a\x1b[2J", "is no plain name"),
    "an option": ("-rf", "is no plain name"),
    "a Cyrillic letter": ("\u0430", "is no plain name"),
    "an endless one": ("a" * 300, "is no plain name"),
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["r.tar.gz", "r.zip"])
def test_a_name_that_is_not_plain_is_refused(tmp_path: Path, name: str, kind: str) -> None:
    member, why = NAMES[name]
    data = zipped([(member, b"x")]) if kind.endswith("zip") else tarred([(member, b"x")])
    archive, folder = given(tmp_path, kind, data)
    with pytest.raises(InputError) as caught:
        unpack(archive, folder)
    assert (caught.value.message, caught.value.hint) == (f"{archive}: {member!r} {why}", HINT)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [archive]


MEMBERS: dict[str, tuple[list[tuple[str, bytes | tarfile.TarInfo]], str]] = {
    "a link": ([("a", special(tarfile.SYMTYPE, "/etc/passwd"))], "'a' is no plain file"),
    "a hard link": ([("b", b"x"), ("a", special(tarfile.LNKTYPE, "b"))], "'a' is no plain file"),
    "a pipe": ([("a", special(tarfile.FIFOTYPE))], "'a' is no plain file"),
    "a device": ([("a", special(tarfile.CHRTYPE))], "'a' is no plain file"),
    "a name twice": ([("a", b"x"), ("a", b"y")], "'a' is there twice"),
    "a name twice but for case": ([("a", b"x"), ("A", b"y")], "'A' is there twice"),
    "two folders": ([("x/a", b"x"), ("y/b", b"y")], "'y/b' is in a different folder from the files before it"),
    "more files than allowed": ([(f"f{n}", b"") for n in range(4)], "holds more than 3 files"),
    "a file larger than allowed": ([("a", b"x" * 101)], "'a' makes it larger than allowed"),
    "more bytes than allowed": ([("a", b"x" * 90), ("b", b"x" * 90)], "'b' makes it larger than allowed"),
}


@pytest.mark.parametrize("name", MEMBERS)
def test_a_member_that_is_no_part_of_a_release_is_refused(tmp_path: Path, name: str) -> None:
    members, why = MEMBERS[name]
    archive, folder = given(tmp_path, "r.tar.gz", tarred(members))
    with pytest.raises(InputError) as caught:
        unpack(archive, folder, limits=UnpackLimits(files=3, file_bytes=100, total_bytes=150))
    assert caught.value.message == f"{archive}: {why}"


def test_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    archive, folder = given(tmp_path, "r.zip", zipped([("a", b"/etc/passwd")], stat.S_IFLNK | 0o777))
    with pytest.raises(InputError, match="'a' is no plain file"):
        unpack(archive, folder)


def test_a_bomb_is_measured_as_it_comes_out(tmp_path: Path) -> None:
    archive, folder = given(tmp_path, "r.zip", zipped([("a", b"\0" * 5_000_000)]))
    assert archive.stat().st_size < 10_000
    with pytest.raises(InputError, match="'a' makes it larger than allowed"):
        unpack(archive, folder, limits=UnpackLimits(file_bytes=1_000_000))
    assert (folder / "a").stat().st_size <= 1_000_000


def test_a_header_that_is_a_bomb_is_not_taken_into_memory(tmp_path: Path) -> None:
    info = tarfile.TarInfo("a")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 1 << 40
    archive, folder = given(tmp_path, "r.tar.gz", gzip.compress(info.tobuf(tarfile.GNU_FORMAT) + b"x" * 1024))
    with pytest.raises(InputError, match="cannot be unpacked: a header is larger than allowed"):
        unpack(archive, folder)


BROKEN: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda _: b"",
    "cut": lambda data: data[: len(data) // 2],
    "something else": lambda _: b"hello" * 100,
    "a byte of its middle": lambda data: data[: len(data) // 2] + b"\xff\xff\xff" + data[len(data) // 2 + 3 :],
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("kind", ["r.tar.gz", "r.zip"])
def test_a_broken_archive_is_an_input_error(tmp_path: Path, name: str, kind: str) -> None:
    members = [(f"f{n}", bytes(range(256)) * 20) for n in range(20)]
    whole = zipped(members) if kind.endswith("zip") else tarred([*members])
    archive, folder = given(tmp_path, kind, BROKEN[name](whole))
    with pytest.raises(InputError) as caught:
        unpack(archive, folder)
    assert caught.value.message.startswith(f"{archive}: cannot be ")


def test_an_archive_that_is_not_there_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read: No such file or directory"):
        unpack(tmp_path / "none.tar.gz", tmp_path)


def header(name: str, kind: bytes, body: bytes = b"", *, size: int | None = None) -> bytes:
    """A tar header and what it announces, as no tar program would write them."""
    info = tarfile.TarInfo(name)
    info.type, info.size = kind, len(body) if size is None else size
    return info.tobuf(tarfile.GNU_FORMAT) + body + b"\0" * (-len(body) % 512)


def extended(**fields: str) -> bytes:
    """The body of a pax header."""
    rows = (f" {key.replace('_', '.')}={value}\n" for key, value in fields.items())
    return b"".join(f"{len(row) + len(str(len(row) + 2))}{row}".encode() for row in rows)


HOLES = header("p", b"x", extended(GNU_sparse_major="1", GNU_sparse_minor="0")) + header(
    "a", b"0", b"9000\n" + b"0\n" * 9000
)
TARS: dict[str, tuple[bytes, str]] = {
    "a map of holes before the file": (HOLES, "holds a file with holes"),
    "a map of holes in headers": (header("a", b"S") + b"\1" * 512 * 100, "holds a file with holes, 'a'"),
    "large remarks": (header("g", b"g", b"20004 k=" + b"x" * 19995 + b"\n"), "a header is larger than allowed"),
    "an endless name": (header("l", b"L", b"x" * 20000), "a header is larger than allowed"),
    "headers without end": (
        header("g", b"g", extended(comment="0" * 40)) * 13 + header("a", b"0"),
        "has more than 12 headers",
    ),
}


@pytest.mark.parametrize("name", TARS)
def test_headers_that_would_fill_the_memory_are_refused(tmp_path: Path, name: str) -> None:
    data, why = TARS[name]
    archive, folder = given(tmp_path, "r.tar.gz", gzip.compress(data + b"\0" * 1024))
    with pytest.raises(InputError) as caught:
        unpack(archive, folder, limits=UnpackLimits(files=3))
    assert caught.value.message == f"{archive}: cannot be unpacked: {why}"


def test_a_remark_of_git_and_a_long_name_are_read(tmp_path: Path) -> None:
    name = "a" * 200
    data = header("g", b"g", extended(comment="0" * 40)) + header("l", b"L", name.encode() + b"\0")
    archive, folder = given(tmp_path, "r.tar.gz", gzip.compress(data + header(name[:100], b"0", b"x") + b"\0" * 1024))
    unpack(archive, folder)
    assert [path.name for path in folder.iterdir()] == [name]


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_a_packing_that_asks_for_memory_first_is_refused(tmp_path: Path, method: int) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as handle:
        handle.writestr("a", b"x" * 1000)
    archive, folder = given(tmp_path, "r.zip", buffer.getvalue())
    with pytest.raises(InputError) as caught:
        unpack(archive, folder)
    assert caught.value.message == f"{archive}: 'a' is packed by a method other than deflate"


def test_a_directory_that_is_a_bomb_is_not_taken_into_memory(tmp_path: Path) -> None:
    entry = struct.pack("<4s4B4HL2L5H2L", b"PK\1\2", 20, 3, 20, *[0] * 8, 1, *[0] * 6) + b"a"
    entries = entry * 100_000
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFE, 0xFFFE, len(entries), 0, 0)
    archive, folder = given(tmp_path, "r.zip", entries + end)
    with pytest.raises(InputError, match="cannot be unpacked: a header is larger than allowed"):
        unpack(archive, folder)


def test_a_zip_with_a_comment_is_read(tmp_path: Path) -> None:
    buffer = io.BytesIO(zipped([("a", b"x")]))
    with zipfile.ZipFile(buffer, "a") as handle:
        handle.comment = b"0" * 40
    archive, folder = given(tmp_path, "r.zip", buffer.getvalue())
    unpack(archive, folder)
    assert (folder / "a").read_bytes() == b"x"
