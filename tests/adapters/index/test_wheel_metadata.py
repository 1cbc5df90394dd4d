from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.supply_chain.adapters.http.failure import Failed
from ops.supply_chain.adapters.index import wheel_metadata as index_archive
from ops.supply_chain.adapters.index.wheel_metadata import NeedsRange, PartialFile, source_metadata, wheel_metadata
from tests.fakes.index import sdist_bytes, wheel_bytes

METADATA = b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n"


def zipped(*members: tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in members:
            archive.writestr(path, data)
    return buffer.getvalue()


def tarred(*members: tuple[str, bytes], kind: bytes = tarfile.REGTYPE) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path, data in members:
            info = tarfile.TarInfo(path)
            info.size, info.type, info.linkname = len(data), kind, "/etc/passwd"
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def test_a_wheel_known_in_parts() -> None:
    whole = wheel_bytes("demo-1.0", METADATA, padding=300_000)
    wheel = PartialFile(len(whole))
    asked = []
    while True:
        try:
            assert wheel_metadata(wheel) == METADATA
            break
        except NeedsRange as need:
            asked.append((need.start, need.end))
            wheel.add(need.start, whole[need.start : need.end + 100])
    assert sum(end - start for start, end in asked) < 2_000


WHEELS = [
    pytest.param(b"", "is no readable wheel (BadZipFile)", id="empty"),
    pytest.param(b"x" * 500, "is no readable wheel (BadZipFile)", id="junk"),
    pytest.param(zipped(("demo/__init__.py", b"")), "is a wheel with 0 METADATA files, expected 1", id="none"),
    pytest.param(
        zipped(("a.dist-info/METADATA", b""), ("b.dist-info/METADATA", b"")),
        "is a wheel with 2 METADATA files, expected 1",
        id="two",
    ),
    pytest.param(
        zipped(("x/a.dist-info/METADATA", b"")), "is a wheel with 0 METADATA files, expected 1", id="not-at-the-top"
    ),
    pytest.param(
        zipped(("a.dist-info/METADATA", bytes(9 << 20))), "has a METADATA of more than 8388608 bytes", id="bomb"
    ),
]


@pytest.mark.parametrize(("data", "reason"), WHEELS)
def test_broken_wheels(data: bytes, reason: str) -> None:
    with pytest.raises(Failed) as caught:
        wheel_metadata(io.BytesIO(data))
    assert caught.value.reason == reason


PLAIN = tarred(("demo-1.0/x/PKG-INFO", b"no"), ("demo-1.0/PKG-INFO", METADATA))
SOURCES = [
    pytest.param(sdist_bytes("demo-1.0", METADATA), "demo-1.0.tar.gz", id="gzip"),
    pytest.param(bz2.compress(PLAIN), "demo-1.0.tar.bz2", id="bzip2"),
    pytest.param(lzma.compress(PLAIN), "demo-1.0.tar.xz", id="xz"),
    pytest.param(gzip.compress(tarred(("./demo-1.0/PKG-INFO", METADATA))), "demo-1.0.tgz", id="dot-first"),
    pytest.param(zipped(("demo-1.0/x/PKG-INFO", b""), ("demo-1.0/PKG-INFO", METADATA)), "demo-1.0.zip", id="zip"),
]


@pytest.mark.parametrize(("data", "filename"), SOURCES)
def test_source_distributions(data: bytes, filename: str) -> None:
    assert source_metadata(data, filename) == METADATA


BROKEN = [
    pytest.param(b"", "a.tar.gz", "is no readable source distribution (ReadError)", id="empty"),
    pytest.param(b"junk", "a.zip", "is no readable source distribution (BadZipFile)", id="junk-zip"),
    pytest.param(gzip.compress(PLAIN)[:60], "a.tar.gz", "is no readable source distribution (EOFError)", id="cut"),
    pytest.param(zipped(("a/b", b"")), "a.zip", "is a source distribution without PKG-INFO", id="zip-without"),
    pytest.param(
        gzip.compress(tarred(("a/b", b""))), "a.tar.gz", "is a source distribution without PKG-INFO", id="without"
    ),
    pytest.param(
        gzip.compress(tarred(("a/PKG-INFO", b""), kind=tarfile.SYMTYPE)),
        "a.tar.gz",
        "is a source distribution without PKG-INFO",
        id="symbolic-link",
    ),
    pytest.param(
        gzip.compress(tarred(("a/PKG-INFO", bytes(9 << 20)))),
        "a.tar.gz",
        "has a PKG-INFO of more than 8388608 bytes",
        id="big",
    ),
    pytest.param(
        zipped(("a/PKG-INFO", bytes(9 << 20))), "a.zip", "has a PKG-INFO of more than 8388608 bytes", id="bomb"
    ),
]


@pytest.mark.parametrize(("data", "filename", "reason"), BROKEN)
def test_broken_source_distributions(data: bytes, filename: str, reason: str) -> None:
    with pytest.raises(Failed) as caught:
        source_metadata(data, filename)
    assert caught.value.reason == reason


def test_a_source_distribution_that_unpacks_to_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_archive, "MAX_UNPACKED_BYTES", 1 << 20)
    data = gzip.compress(tarred(("a/big", bytes(2 << 20)), ("a/PKG-INFO", METADATA)))
    with pytest.raises(Failed) as caught:
        source_metadata(data, "a.tar.gz")
    assert caught.value.reason == "unpacks to more than 1048576 bytes"


@settings(max_examples=300, derandomize=True, deadline=None)
@given(st.integers(0, 4000), st.binary(min_size=1, max_size=8), st.sampled_from(["wheel", "zip", "tar.gz"]))
def test_damaged_archives_are_read_or_refused(place: int, junk: bytes, kind: str) -> None:
    whole = {
        "wheel": wheel_bytes("demo-1.0", METADATA),
        "zip": zipped(("demo-1.0/PKG-INFO", METADATA)),
        "tar.gz": gzip.compress(PLAIN, mtime=0),
    }[kind]
    at = place % len(whole)
    data = whole[:at] + junk + whole[at + len(junk) :]
    try:
        found = wheel_metadata(io.BytesIO(data)) if kind == "wheel" else source_metadata(data, f"a.{kind}")
    except Failed:
        return
    assert isinstance(found, bytes)
