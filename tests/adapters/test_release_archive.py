"""An archive that somebody gave us: plain files of one folder come out, and nothing else ever does."""

from __future__ import annotations

import gzip
import io
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from ops.supply_chain.adapters.release_archive import HINT, Limits, is_archive, unpack
from ops.supply_chain.core.errors import InputError

FILES = {"a.txt": b"alpha", "b-1.0+x.whl": b"beta" * 1000}


def tarred(members: list[tuple[str, bytes | tarfile.TarInfo]]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as handle:
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
    "two folders": ([("x/a", b"x"), ("y/b", b"y")], "'y/b' lies in another folder than the files before it"),
    "more files than allowed": ([(f"f{n}", b"") for n in range(4)], "holds more than 3 files"),
    "a file larger than allowed": ([("a", b"x" * 101)], "'a' makes it larger than allowed"),
    "more bytes than allowed": ([("a", b"x" * 90), ("b", b"x" * 90)], "'b' makes it larger than allowed"),
}


@pytest.mark.parametrize("name", MEMBERS)
def test_a_member_that_is_no_part_of_a_release_is_refused(tmp_path: Path, name: str) -> None:
    members, why = MEMBERS[name]
    archive, folder = given(tmp_path, "r.tar.gz", tarred(members))
    with pytest.raises(InputError) as caught:
        unpack(archive, folder, limits=Limits(files=3, file_bytes=100, total_bytes=150))
    assert caught.value.message == f"{archive}: {why}"


def test_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    archive, folder = given(tmp_path, "r.zip", zipped([("a", b"/etc/passwd")], stat.S_IFLNK | 0o777))
    with pytest.raises(InputError, match="'a' is no plain file"):
        unpack(archive, folder)


def test_a_bomb_is_measured_as_it_comes_out(tmp_path: Path) -> None:
    archive, folder = given(tmp_path, "r.zip", zipped([("a", b"\0" * 5_000_000)]))
    assert archive.stat().st_size < 10_000
    with pytest.raises(InputError, match="'a' makes it larger than allowed"):
        unpack(archive, folder, limits=Limits(file_bytes=1_000_000))
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
