"""Zips and folders of records: whole or refused."""

from __future__ import annotations

import io
import random
import struct
import warnings
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.supply_chain.adapters.osv import archive as osv_archive
from ops.supply_chain.adapters.osv import zip_directory
from ops.supply_chain.adapters.osv.archive import ArchiveMember, FolderDigest, ZipRecords, read_folder
from ops.supply_chain.core.errors import UnavailableError
from tests.fakes.advisories import archive

GOOD = archive({"PYSEC-1.json": b'{"id":"PYSEC-1"}', "PYSEC-2.json": b'{"id":"PYSEC-2"}' * 50})


def read(data: bytes) -> list[ArchiveMember]:
    return list(ZipRecords(data, where="x.zip"))


def refused(data: bytes) -> str:
    with pytest.raises(UnavailableError) as caught:
        read(data)
    assert caught.value.hint == "Fetch the advisory snapshot again, or use another with --advisories."
    return caught.value.message


def test_members_come_in_order() -> None:
    assert [record.name for record in read(GOOD)] == ["PYSEC-1.json", "PYSEC-2.json"]
    assert read(GOOD)[0].data == b'{"id":"PYSEC-1"}'


def test_what_is_no_record_is_named_without_bytes() -> None:
    assert read(archive({"README.md": b"x", "folder/": b"", "[EMPTY]/A-1.json": b"{}", "../../A-2.json": b"{}"})) == [
        ArchiveMember("README.md", None),
        ArchiveMember("folder/", None),
        ArchiveMember("[EMPTY]/A-1.json", b"{}"),
        ArchiveMember("../../A-2.json", b"{}"),
    ]


@pytest.mark.parametrize("data", [b"", b"PK", b"not a zip at all" * 100, b"<html>maintenance</html>"])
def test_what_is_no_zip_is_refused(data: bytes) -> None:
    assert refused(data) == "advisories x.zip: is not a complete zip: File is not a zip file"


@pytest.mark.parametrize("kept", range(0, len(GOOD), 13))
def test_a_cut_zip_is_refused(kept: int) -> None:
    assert refused(GOOD[:kept]).startswith("advisories x.zip: is not a complete zip: ")


def test_a_name_twice_is_refused() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as made, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made.writestr("PYSEC-1.json", b"{}")
        made.writestr("PYSEC-1.json", b'{"id":"PYSEC-1"}')
    assert refused(packed.getvalue()) == "advisories x.zip: has the member 'PYSEC-1.json' twice"


def test_a_bomb_is_refused_before_it_goes_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(osv_archive, "MOST_RECORD_BYTES", 1000)
    assert (
        refused(archive({"A-1.json": b"0" * 1001})) == "advisories x.zip: member 'A-1.json' is larger than 1000 bytes"
    )


def test_a_lie_about_the_size_is_refused() -> None:
    honest = archive({"A-1.json": b"0" * 5000})
    place = honest.rindex(b"PK\x01\x02") + 24  # uncompressed size in the central directory
    lying = honest[:place] + struct.pack("<I", 10) + honest[place + 4 :]
    assert refused(lying) == "advisories x.zip: is not a complete zip: Bad CRC-32 for file 'A-1.json'"


def test_too_much_in_all_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(osv_archive, "MOST_TOTAL_BYTES", 1500)
    assert (
        refused(archive({f"A-{n}.json": b"0" * 900 for n in range(2)}))
        == "advisories x.zip: holds more than 1500 bytes"
    )


def test_too_many_members_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(osv_archive, "MOST_MEMBERS", 1)
    assert refused(GOOD) == "advisories x.zip: has more than 1 members"


@pytest.mark.parametrize("kind", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_ways_of_packing_are_refused(kind: int) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", kind) as made:
        made.writestr("A-1.json", b"{}")
    assert refused(packed.getvalue()) == "advisories x.zip: member 'A-1.json' is packed in a way that OSV does not use"


def test_an_encrypted_member_is_refused() -> None:
    place = GOOD.rindex(b"PK\x01\x02") + 8
    assert "encrypted" in refused(GOOD[:place] + struct.pack("<H", 1) + GOOD[place + 2 :])


@settings(derandomize=True, max_examples=500, deadline=None)
@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255))
def test_no_damaged_byte_breaks_the_reader_or_changes_a_record(place: int, change: int) -> None:
    damaged = bytearray(GOOD)
    damaged[place] ^= change
    try:
        found = read(bytes(damaged))
    except UnavailableError:
        return
    # What may be damaged unseen are the fields that nothing hangs on, such as dates.
    assert found == read(GOOD)


def test_a_directory_that_hides_a_member_is_refused() -> None:
    place = GOOD.index(b"PK\x01\x02") + 32  # length of the first member's comment: swallows the second entry
    hiding = GOOD[:place] + struct.pack("<H", 58) + GOOD[place + 2 :]
    assert (
        refused(hiding)
        == "advisories x.zip: is not a complete zip: its directory does not have the stated number of members"
    )


def test_the_count_of_a_large_zip_stands_in_its_own_record() -> None:
    large = b"PK\x06\x06" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, 70_000, 70_000, 0, 0)
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 0xFFFF, 0xFFFF, 0, 0, 0)
    assert zip_directory.stated_count(io.BytesIO(large + end)) == 70_000
    assert zip_directory.stated_count(io.BytesIO(end)) == -1


def test_a_folder_is_walked_in_order(tmp_path: Path) -> None:
    for name in ("osv/malicious/pypi/b/MAL-2.json", "osv/malicious/pypi/a/MAL-1.json", "README.md", ".git/x.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"{}")
    assert [record.name for record in read_folder(tmp_path)] == [
        "osv/malicious/pypi/a/MAL-1.json",
        "osv/malicious/pypi/b/MAL-2.json",
    ]


def test_a_folder_s_digest_is_that_of_its_names_and_bytes(tmp_path: Path) -> None:
    def digest(folder: Path) -> str:
        counted = FolderDigest()
        list(counted.update_from(read_folder(folder)))
        return counted.sha256()

    (tmp_path / "a.json").write_bytes(b"1")
    first = digest(tmp_path)
    (tmp_path / "README").write_bytes(b"1")
    assert digest(tmp_path) == first
    (tmp_path / "a.json").write_bytes(b"2")
    second = digest(tmp_path)
    (tmp_path / "a.json").rename(tmp_path / "b.json")
    assert len({first, second, digest(tmp_path)}) == 3


def test_a_file_in_a_folder_that_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(osv_archive, "MOST_RECORD_BYTES", 10)
    (tmp_path / "a.json").write_bytes(b"0" * 11)
    with pytest.raises(UnavailableError, match=r"a\.json: is larger than 10 bytes"):
        list(read_folder(tmp_path))


def test_a_folder_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="cannot be read: No such file or directory"):
        list(read_folder(tmp_path / "absent"))
    (tmp_path / "a.json").symlink_to(tmp_path / "nowhere")
    with pytest.raises(UnavailableError, match=r"a\.json: cannot be read: No such file or directory"):
        list(read_folder(tmp_path))


def odd_members() -> bytes:
    """Return a zip with members of every kind: stored, packed, empty, streamed, with a long header, other names, before other bytes."""
    target = io.BytesIO()
    target.write(b"#!/bin/sh\n")
    with zipfile.ZipFile(target, "a") as made:
        made.writestr(zipfile.ZipInfo("A-1.json"), b'{"id":"A-1"}' * 9)
        made.writestr(zipfile.ZipInfo("A-2.json"), b'{"id":"A-2"}' * 9, zipfile.ZIP_DEFLATED)
        made.writestr(zipfile.ZipInfo("empty.json"), b"", zipfile.ZIP_DEFLATED)
        made.writestr(zipfile.ZipInfo("ä.json"), b'{"id":"A-3"}', zipfile.ZIP_DEFLATED)
        long = zipfile.ZipInfo("long.json")
        long.extra = struct.pack("<HH4s", 0x9999, 4, b"more")
        made.writestr(long, b'{"id":"A-4"}' * 9, zipfile.ZIP_DEFLATED)
        with made.open("streamed.json", "w", force_zip64=True) as member:
            member.write(b'{"id":"A-5"}' * 9)
    return target.getvalue()


def outcome(data: bytes) -> list[ArchiveMember] | str:
    try:
        return read(data)
    except UnavailableError as error:
        return error.message


@pytest.mark.parametrize("data", [GOOD, odd_members()], ids=["plain", "odd"])
def test_members_are_read_as_zipfile_reads_them(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    choose = random.Random(20_261_129)  # noqa: S311 - the same each time
    damaged = [data]
    for _ in range(400):
        broken = bytearray(data)
        for _ in range(choose.choice([1, 1, 2, 4])):
            broken[choose.randrange(len(broken))] = choose.choice([0, 1, 8, 9, 0xFF, choose.randrange(256)])
        damaged.append(bytes(broken))
    quick = [outcome(item) for item in damaged]
    assert quick.count(quick[0]) < 300
    monkeypatch.setattr(ZipRecords, "_plain_content", lambda *_: None)
    monkeypatch.setattr(zip_directory, "plain_directory", lambda _: None)
    assert quick == [outcome(item) for item in damaged]


def test_members_that_share_bytes_are_left_to_zipfile(monkeypatch: pytest.MonkeyPatch) -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as made:
        made.writestr("A-1.json", b'{"id":"A-1"}')
        inner = target.tell() - len(b'{"id":"A-1"}')
        made.writestr("A-2.json", b"[]")
        size = target.tell() - inner
    data = bytearray(target.getvalue())
    place = data.index(b"PK\x01\x02") + 16  # CRC and both sizes of the first member: it ends where the second one does
    struct.pack_into("<III", data, place, zlib.crc32(data[inner : inner + size]), size, size)
    asked: list[int] = []

    def content(_: ZipRecords, place: int) -> bytes:
        asked.append(place)
        return b""

    monkeypatch.setattr(ZipRecords, "_content", content)
    read(bytes(data))
    assert asked == [0]


def test_most_members_need_no_zipfile(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> bytes:
        raise AssertionError

    data = archive({"A-1.json": b'{"id":"A-1"}' * 50, "B-1.json": b""})
    monkeypatch.setattr(zipfile, "ZipFile", fail)
    assert [len(member.data or b"") for member in read(data)] == [600, 0]


def with_extra(kind: int, content: bytes = b"more") -> bytes:
    member = zipfile.ZipInfo("A-1.json")
    member.extra = struct.pack("<HH", kind, len(content)) + content
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as made:
        made.writestr(member, b"{}")
        made.writestr("A-2.json", b"{}")
    return target.getvalue()


def with_comment(data: bytes) -> bytes:
    return data[:-2] + struct.pack("<H", 3) + b"end"


@pytest.mark.parametrize("data", [GOOD, with_extra(0x5455), with_extra(0x9999, b""), archive({})])
def test_a_plain_directory_is_read_as_zipfile_reads_it(data: bytes) -> None:
    assert zip_directory.plain_directory(data) == zip_directory._directory_by_zipfile(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK",
        odd_members(),
        with_comment(GOOD),
        with_extra(0x7075),
        GOOD[:-1],
        b"x" + GOOD,
        GOOD.replace(b"PYSEC-1", b"PYSEC\x00\x31"),
        GOOD.replace(b"PYSEC-1", b"PYSEC\x80\x31"),
        GOOD[:-12] + struct.pack("<H", 3) + GOOD[-10:],
        GOOD[:-14] + struct.pack("<HH", 1, 1) + GOOD[-10:],
    ],
)
def test_of_an_unusual_directory_zipfile_decides(data: bytes) -> None:
    assert zip_directory.plain_directory(data) is None
