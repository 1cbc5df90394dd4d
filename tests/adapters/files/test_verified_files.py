"""Files that had a locked hash: kept whole, within a bound, and never given out with other bytes."""

from __future__ import annotations

import hashlib
import io
import os
import random
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ops.supply_chain.adapters.files.verified_files import LEFT_OVER_SECONDS, VerifiedFiles
from ops.supply_chain.core.errors import OutputError

NOW = datetime.now(UTC)
DATA = b"wheel" * 1000
SHA256 = hashlib.sha256(DATA).hexdigest()
ALLOWED = (f"sha256:{SHA256}",)
NAME = "idna-3.7-py3-none-any.whl"


def given(store: VerifiedFiles, sha256: str = SHA256) -> bytes | None:
    with store.opened(sha256) as file:
        return None if file is None else file.read()


def files(cache: Path) -> list[Path]:
    return sorted(path for path in (cache / "files").rglob("*") if path.is_file())


def test_a_file_is_given_out_as_it_was_kept(tmp_path: Path) -> None:
    store = VerifiedFiles(tmp_path / "cache")
    assert given(store) is None
    source = io.BytesIO(DATA)
    source.seek(100)
    assert store.keep(NAME, source, ALLOWED) == SHA256
    assert given(store) == DATA
    assert stat.S_IMODE((tmp_path / "cache" / "files").stat().st_mode) == 0o700
    assert [path.name for path in files(tmp_path / "cache")] == [f"{SHA256}-{NAME}"]


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        (NAME, ("sha256:" + "0" * 64,)),
        (NAME, ()),
        (NAME, ("sha512:" + hashlib.sha512(DATA).hexdigest(),)),
        ("../escape.whl", ALLOWED),
        (".hidden.whl", ALLOWED),
        ("a/b.whl", ALLOWED),
        ("a b.whl", ALLOWED),
        ("", ALLOWED),
        ("x" * 300, ALLOWED),
    ],
)
def test_what_has_no_locked_sha256_or_no_plain_name_is_not_kept(
    tmp_path: Path, name: str, allowed: tuple[str, ...]
) -> None:
    assert VerifiedFiles(tmp_path).keep(name, io.BytesIO(DATA), allowed) == ""
    assert files(tmp_path) == []


def test_no_damage_is_ever_given_out(tmp_path: Path) -> None:
    """Any change of any entry: the file counts as absent, and goes."""
    chance = random.Random(7)  # noqa: S311 - the same damage every time
    for _ in range(60):
        store = VerifiedFiles(tmp_path)
        store.keep(NAME, io.BytesIO(DATA), ALLOWED)
        [path] = files(tmp_path)
        data = bytearray(DATA)
        match chance.randrange(4):
            case 0:
                data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
            case 1:
                del data[chance.randrange(len(data)) :]
            case 2:
                data += b"x"
            case _:
                data.clear()
        path.write_bytes(data)
        assert given(store) is None
        assert files(tmp_path) == []


def test_a_damaged_entry_does_not_hide_a_whole_one(tmp_path: Path) -> None:
    store = VerifiedFiles(tmp_path)
    for name in ("a.whl", "b.whl"):
        store.keep(name, io.BytesIO(DATA), ALLOWED)
    files(tmp_path)[0].write_bytes(DATA + b"more")
    assert given(store) == DATA


def test_the_bound_removes_what_was_used_longest_ago(tmp_path: Path) -> None:
    store = VerifiedFiles(tmp_path, most_bytes=2500)
    digests = []
    for number in range(3):
        data = bytes([number]) * 1000
        digests.append(hashlib.sha256(data).hexdigest())
        store.keep(f"{number}.whl", io.BytesIO(data), [f"sha256:{digests[-1]}"])
        [path] = [path for path in files(tmp_path) if path.name.endswith(f"-{number}.whl")]
        os.utime(path, ns=(number, number))
    assert given(store, digests[0]) is not None  # used now
    store.trim(NOW)
    assert [given(store, digest) is not None for digest in digests] == [True, False, True]
    huge = b"h" * 2501
    assert store.keep("h.whl", io.BytesIO(huge), [f"sha256:{hashlib.sha256(huge).hexdigest()}"]) == ""


def test_what_is_no_file_is_not_waited_for_and_does_not_end_the_bound(tmp_path: Path) -> None:
    store = VerifiedFiles(tmp_path, most_bytes=100)
    shard = tmp_path / "files" / SHA256[:2]
    shard.mkdir(parents=True)
    os.mkfifo(shard / f"{SHA256}-a.whl")
    (shard / f"{SHA256}-b.whl").symlink_to("/dev/zero")
    (shard / f"{SHA256}-c.whl").symlink_to("absent")
    assert given(store) is None
    large = tmp_path / "files" / "zz" / "large"
    large.parent.mkdir()
    large.write_bytes(b"0" * 101)
    store.trim(NOW)
    assert not large.exists()


def test_what_a_killed_run_left_goes_and_what_a_running_one_writes_stays(tmp_path: Path) -> None:
    store = VerifiedFiles(tmp_path)
    store.keep(NAME, io.BytesIO(DATA), ALLOWED)
    old, new = tmp_path / "files" / ".old.tmp", tmp_path / "files" / ".new.tmp"
    for path in (old, new):
        path.write_bytes(b"part")
    past = NOW.timestamp() - LEFT_OVER_SECONDS - 1
    os.utime(old, (past, past))
    store.trim(NOW)
    assert (old.exists(), new.exists(), given(store)) == (False, True, DATA)


def test_what_was_chosen_is_placed_under_its_name(tmp_path: Path) -> None:
    store, folder = VerifiedFiles(tmp_path / "cache"), tmp_path / "wheels"
    folder.mkdir()
    other = b"another"
    store.keep(NAME, io.BytesIO(DATA), ALLOWED, chosen="idna on this interpreter")
    store.keep("other.whl", io.BytesIO(other), [f"sha256:{hashlib.sha256(other).hexdigest()}"])
    assert store.place(["idna on this interpreter", "nothing"], folder) == 1
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {NAME: DATA}


def test_a_later_choice_takes_the_place_of_the_earlier_one_and_a_damaged_file_is_not_placed(tmp_path: Path) -> None:
    store, folder = VerifiedFiles(tmp_path / "cache"), tmp_path / "wheels"
    folder.mkdir()
    other = b"another"
    store.keep(NAME, io.BytesIO(DATA), ALLOWED, chosen="key")
    store.keep("other.whl", io.BytesIO(other), [f"sha256:{hashlib.sha256(other).hexdigest()}"], chosen="key")
    assert store.place(["key"], folder) == 1
    assert [path.name for path in folder.iterdir()] == ["other.whl"]
    (folder / "other.whl").unlink()
    [path] = (tmp_path / "cache").rglob("*-other.whl")
    path.write_bytes(b"anothex")
    assert store.place(["key"], folder) == 0
    assert list(folder.iterdir()) == []


def test_a_cache_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "files").write_text("a file where the folder has to be")
    with pytest.raises(OutputError, match="cannot be written"):
        VerifiedFiles(tmp_path).keep(NAME, io.BytesIO(DATA), ALLOWED)
    assert given(VerifiedFiles(tmp_path)) is None
