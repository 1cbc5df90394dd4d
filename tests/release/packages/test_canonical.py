"""The canonical form: one for the same contents and names, and the one that installers and indexes take."""

from __future__ import annotations

import csv
import io
import random
import tarfile
import zipfile
import zlib

import pytest

from ops.supply_chain.contracts.values.distribution import DistributionKind
from ops.supply_chain.formats.archives.details import MemberDetails, read_details
from ops.supply_chain.formats.archives.distribution import read_distribution
from ops.supply_chain.release.packages.canonical import NotCanonicalError, canonical_bytes

EPOCH = 1_700_000_001
WHEEL, SDIST = DistributionKind.WHEEL, DistributionKind.SDIST
NAMES = {WHEEL: "demo-1.0-py3-none-any.whl", SDIST: "demo-1.0.tar.gz"}


def member(name: str, content: bytes = b"x", mode: str = "100644", **fields: str) -> MemberDetails:
    return MemberDetails(name=name, content=content, mtime="2020-01-01T00:00:00", mode=mode, **fields)


def wheel(*further: MemberDetails) -> list[MemberDetails]:
    info = "demo-1.0.dist-info"
    return [*further, member(f"{info}/RECORD", b"stale"), member(f"{info}/WHEEL", b"Wheel-Version: 1.0\n")]


def random_members(rng: random.Random, kind: DistributionKind) -> list[MemberDetails]:
    top = "demo-1.0/" if kind is SDIST else ""
    words = ["a", "b b", "ü", 'quo"te', "com,ma", "x" * 120, "deep/er/est", "RECORD", "z.py"]
    found = {
        f"{top}{rng.choice(words)}/{rng.choice(words)}{number}": MemberDetails(
            name="",
            content=rng.randbytes(rng.choice([0, 1, 50, 5000])) * rng.choice([1, 3]),
            mtime="2020-01-01T00:00:00",
            mode=rng.choice(["100644", "100600", "100755", "100700", "000664"]),
            owner=rng.choice(["", "0:0 root:root"]),
        )
        for number in range(rng.randrange(1, 9))
    }
    members = [details._replace(name=name) for name, details in found.items()]
    return wheel(*members) if kind is WHEEL else members


@pytest.mark.parametrize("kind", [WHEEL, SDIST])
def test_repacking_is_idempotent_and_independent_of_order_and_headers(kind: DistributionKind) -> None:
    rng = random.Random(f"canonical {kind}")  # noqa: S311 - a seed, no secret
    for _ in range(60):
        members = random_members(rng, kind)
        first = canonical_bytes(kind, members, epoch=EPOCH)
        details = read_details(kind, first).members
        assert canonical_bytes(kind, details, epoch=EPOCH) == first
        shuffled = [entry._replace(mtime="1999-01-01T00:00:00", extra="pax=1", owner="5:5 a:b") for entry in members]
        folders = [member(f"{members[0].name.partition('/')[0]}/", b"", "040755")]
        rng.shuffle(shuffled)
        assert canonical_bytes(kind, [*folders, *shuffled], epoch=EPOCH) == first
        contents = {entry.name: (entry.content, entry.executable) for entry in members}
        repacked = {entry.name: (entry.content, entry.executable) for entry in details}
        record = "demo-1.0.dist-info/RECORD"
        contents.pop(record, None), repacked.pop(record, None)
        assert repacked == contents


@pytest.mark.parametrize("kind", [WHEEL, SDIST])
def test_the_strict_reader_takes_it_and_reads_the_same(kind: DistributionKind) -> None:
    rng = random.Random(3)  # noqa: S311 - a seed, no secret
    for _ in range(20):
        members = random_members(rng, kind)
        data = canonical_bytes(kind, members, epoch=EPOCH)
        read = read_distribution(io.BytesIO(data), NAMES[kind])
        assert sorted(entry.path for entry in read.files) == sorted(entry.name for entry in members)


def test_a_wheel_has_its_record_last_and_correct() -> None:
    data = canonical_bytes(WHEEL, wheel(member("demo/__init__.py"), member("demo.data/x,y", b"z")), epoch=EPOCH)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        rows = list(csv.reader(io.StringIO(archive.read(names[-1]).decode())))
        assert {row.date_time for row in archive.infolist()} == {(2023, 11, 14, 22, 13, 20)}
        assert {row.external_attr >> 16 for row in archive.infolist()} == {0o100644}
        assert not any(row.extra or row.comment or row.flag_bits for row in archive.infolist())
    assert names == ["demo.data/x,y", "demo/__init__.py", "demo-1.0.dist-info/WHEEL", "demo-1.0.dist-info/RECORD"]
    assert rows[-1] != ["stale"]
    assert {row[0]: row[2] for row in rows} == {
        "demo.data/x,y": "1",
        "demo/__init__.py": "1",
        "demo-1.0.dist-info/WHEEL": "19",
        "demo-1.0.dist-info/RECORD": "",
    }


def test_a_signed_record_is_not_listed_and_an_executable_stays_one() -> None:
    signed = member("demo-1.0.dist-info/RECORD.jws", b"{}")
    data = canonical_bytes(WHEEL, wheel(signed, member("demo-1.0.data/scripts/run", mode="100700")), epoch=0)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert b"RECORD.jws" not in archive.read("demo-1.0.dist-info/RECORD")
        run = archive.getinfo("demo-1.0.data/scripts/run")
        assert run.external_attr >> 16 == 0o100755
        assert run.date_time == (1980, 1, 1, 0, 0, 0)


def test_an_sdist_has_one_gzip_member_with_a_fixed_header() -> None:
    data = canonical_bytes(SDIST, [member("demo-1.0/b"), member("demo-1.0/a", mode="000755")], epoch=EPOCH)
    assert data[:10] == bytes.fromhex("1f8b0800") + EPOCH.to_bytes(4, "little") + b"\x00\xff"
    inflate = zlib.decompressobj(31)
    inflate.decompress(data)
    assert inflate.eof
    assert not inflate.unused_data
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        rows = [(row.name, row.mode, row.mtime, row.uid, row.uname, row.pax_headers) for row in archive]
    assert rows == [("demo-1.0/a", 0o755, EPOCH, 0, "", {}), ("demo-1.0/b", 0o644, EPOCH, 0, "", {})]


@pytest.mark.parametrize(
    ("kind", "members", "why"),
    [
        (WHEEL, [member("a"), *wheel(member("a"))], "'a' twice"),
        (WHEEL, [member("a")], "0 files"),
        (WHEEL, wheel(member("other-1.dist-info/RECORD")), "2 files"),
        (SDIST, [], "no file"),
        (SDIST, [member("d/", b"", "040755")], "no file"),
        (SDIST, [member("../x")], "no plain relative path"),
        (SDIST, [member("/x")], "no plain relative path"),
        (SDIST, [member("a\\b")], "no plain relative path"),
        (SDIST, [member("a\nb")], "no plain relative path"),
        (SDIST, [member("a", link="b")], "no plain file"),
        (SDIST, [member("a", extra="type 3")], "no plain file"),
        (WHEEL, wheel(member("a", mode="120777")), "no plain file"),
    ],
)
def test_what_has_no_canonical_form_is_refused(kind: DistributionKind, members: list[MemberDetails], why: str) -> None:
    with pytest.raises(NotCanonicalError, match=why):
        canonical_bytes(kind, members, epoch=EPOCH)
