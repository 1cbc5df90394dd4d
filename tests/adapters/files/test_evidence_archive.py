"""Reading an evidence archive: what it holds, and everything that it may not be."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain.adapters.files import evidence_archive
from ops.supply_chain.adapters.files.evidence_archive import read_archive
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import InputError

LOCK = b"a==1\n"


def index(**files: bytes) -> bytes:
    rows = [{"path": name, "sha256": sha256_bytes(data), "size": len(data)} for name, data in sorted(files.items())]
    document = {"schema": "evidence-index/1", "component": "N", "version": "V", "files": rows, "withheld": []}
    return json.dumps(document).encode()


def write(path: Path, members: list[tuple[str, bytes]], **facts: Any) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(data), 7
            for key, value in facts.items():
                setattr(info, key, value)
            archive.addfile(info, io.BytesIO(data))
    return path


GOOD = [("top/index.json", index(lock=LOCK)), ("top/lock", LOCK)]


def test_what_it_holds_is_told_by_digest(tmp_path: Path) -> None:
    found = read_archive(write(tmp_path / "a.tar.gz", GOOD), top="top", wanted=lambda name: name == "lock")
    [lock] = found.members
    assert (lock.path, lock.sha256, lock.size, lock.data) == ("lock", sha256_bytes(LOCK), 5, LOCK)
    assert (found.index.component, found.moments, found.plain) == ("N", frozenset({7}), True)


def test_bytes_that_nobody_wants_are_not_kept(tmp_path: Path) -> None:
    [lock] = read_archive(write(tmp_path / "a.tar.gz", GOOD), top="top", wanted=lambda _: False).members
    assert lock.data is None


@pytest.mark.parametrize(
    ("members", "facts"),
    [(GOOD, {"uid": 1}), (GOOD, {"uname": "me"}), ([GOOD[1], GOOD[0]], {}), ([*GOOD, GOOD[1]], {})],
)
def test_owners_another_order_and_repeats_are_not_plain(
    tmp_path: Path, members: list[tuple[str, bytes]], facts: dict[str, Any]
) -> None:
    assert not read_archive(write(tmp_path / "a.tar.gz", members, **facts), top="top", wanted=lambda _: False).plain


@pytest.mark.parametrize(
    ("members", "facts", "message"),
    [
        ([("other/index.json", b"{}")], {}, "a.tar.gz: holds more than plain files of the folder top/"),
        ([*GOOD, ("top/../x", b"")], {}, "a.tar.gz: holds more than plain files of the folder top/"),
        (GOOD, {"type": tarfile.SYMTYPE, "linkname": "x"}, "a.tar.gz: holds more than plain files of the folder top/"),
        ([("top/lock", LOCK)], {}, "a.tar.gz: has no index.json"),
    ],
)
def test_what_is_no_evidence_archive_is_refused(
    tmp_path: Path, members: list[tuple[str, bytes]], facts: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError) as caught:
        read_archive(write(tmp_path / "a.tar.gz", members, **facts), top="top", wanted=lambda _: True)
    assert caught.value.message == message


def test_it_may_not_hold_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a.tar.gz", GOOD)
    monkeypatch.setattr(evidence_archive, "MOST_MEMBER_BYTES", 4)
    with pytest.raises(InputError, match=r"\Aa\.tar\.gz: index\.json is too large\Z"):
        read_archive(path, top="top", wanted=lambda _: True)
    monkeypatch.setattr(evidence_archive, "MOST_MEMBERS", 0)
    with pytest.raises(InputError, match=r"\Aa\.tar\.gz: has more than 0 members\Z"):
        read_archive(path, top="top", wanted=lambda _: True)


@pytest.mark.parametrize("cut", [0, 10, 60])
def test_a_cut_or_a_flipped_archive_is_refused(tmp_path: Path, cut: int) -> None:
    path = write(tmp_path / "a.tar.gz", GOOD)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(InputError, match=r"\Aa\.tar\.gz: cannot be read: \w+\Z"):
        read_archive(path, top="top", wanted=lambda _: True)
