"""Every known defect of a wheel or a source distribution is refused or named; good ones have no finding."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import struct
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.formats.archives.distribution import (
    DistributionLimits,
    UnreadableDistributionError,
    member_digests,
    read_distribution,
    read_members,
)
from ops.supply_chain.release.packages.hygiene.check import (
    SecondReading,
    check_distribution,
    check_together,
    unreadable_finding,
    wanted_of,
)
from ops.supply_chain.release.packages.hygiene.identity import Expected
from ops.supply_chain.release.packages.hygiene.issues import MOST_OF_A_CODE, SEVERITIES
from tests.fakes.distributions import (
    INFO,
    METADATA,
    SDIST,
    TOP,
    WHEEL,
    Entry,
    digest,
    link,
    make_zip,
    record_of,
    sdist,
    sdist_files,
    special,
    wheel,
    wheel_entries,
    wheel_files,
)

EXPECTED = Expected(frozenset({"demo"}), "1.0")
KEY = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7\n-----END PRIVATE KEY-----\n"
TOKEN = "ghp_" + "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF3hJ5"


def findings(data: bytes, filename: str = WHEEL, expected: Expected = EXPECTED) -> tuple[Finding, ...]:
    file = io.BytesIO(data)
    try:
        found = read_distribution(file, filename)
    except UnreadableDistributionError as error:
        return (unreadable_finding(filename, str(error)),)
    members, algorithms = wanted_of(found)
    second = SecondReading(
        read_members(file, filename, members) if members else {},
        member_digests(file, filename, algorithms) if algorithms else {},
    )
    return check_distribution(found, expected, second, lambda text, kind: "")


def named(data: bytes, filename: str = WHEEL) -> list[tuple[str, str]]:
    """Return code and severity of each finding that is no note."""
    found = [finding for finding in findings(data, filename) if finding.severity is not Severity.INFO]
    return [(finding.code.removeprefix("distribution."), finding.message) for finding in found]


def packed(method: int, data: bytes) -> Entry:
    body = bz2.compress(data) if method == 12 else lzma.compress(data)
    return Entry("demo/packed.py", data, method=method, packed=body)


def with_entry(entry: Entry) -> bytes:
    """Return a wheel with one more entry, which RECORD has."""
    entries = wheel_entries()
    files = {one.name: one.data for one in [*entries[:-1], entry]}
    return make_zip([*entries[:-1], entry, Entry(f"{INFO}/RECORD", record_of(files))])


def changed(**changes: str | bytes | None) -> bytes:
    return wheel(wheel_files(**changes))


def recorded(change: Mapping[bytes, bytes]) -> bytes:
    record = record_of(wheel_files())
    for before, after in change.items():
        assert before in record
        record = record.replace(before, after)
    return wheel(record=record)


CLI = wheel_files()["demo/cli.py"]
INIT_ROW = f"demo/__init__.py,{digest(b'')},0\n".encode()
CRAFTED = {
    "same name twice, same bytes": (with_entry(Entry("demo/cli.py", CLI)), "unreadable", "demo/cli.py"),
    "same name twice, other bytes": (with_entry(Entry("demo/cli.py", b"evil")), "unreadable", "demo/cli.py"),
    "not in the directory": (with_entry(Entry("demo/evil.py", b"evil", listed=False)), "unreadable", "demo/evil.py"),
    "last and not in the directory": (
        make_zip([*wheel_entries(), Entry("demo/evil.py", b"evil", listed=False)]),
        "unreadable",
        "demo/evil.py",
    ),
    "two names": (with_entry(Entry("demo/a.py", b"", local_name="demo/b.py")), "unreadable", "demo/b.py"),
    "data descriptor": (with_entry(Entry("demo/a.py", b"a = 1\n", flags=0x808)), "unreadable", "demo/a.py"),
    "comment of an entry": (with_entry(Entry("demo/a.py", b"", comment=b"c")), "unreadable", "demo/a.py"),
    "comment of the archive": (make_zip(wheel_entries(), comment=b"hello"), "unreadable", WHEEL),
    "bytes before": (make_zip(wheel_entries(), before=b"MZ"), "unreadable", WHEEL),
    "bytes after": (make_zip(wheel_entries(), after=b"PK"), "unreadable", WHEEL),
    "bytes between": (make_zip(wheel_entries(), between=b"PK"), "unreadable", WHEEL),
    "NUL in a name": (with_entry(Entry("demo/a.py\0.txt", b"")), "unsafe-path", "demo/a.py?.txt"),
    "control character in a name": (with_entry(Entry("demo/a\x1b.py", b"")), "unsafe-path", "demo/a?.py"),
    "direction of text in a name": (with_entry(Entry("demo/\u202eyp.py", b"")), "unsafe-path", "demo/?yp.py"),
    "bzip2": (with_entry(packed(12, CLI)), "unreadable", "demo/packed.py"),
    "LZMA": (with_entry(packed(14, CLI)), "unreadable", "demo/packed.py"),
    "parent folder": (with_entry(Entry("../x.py", b"")), "unsafe-path", "../x.py"),
    "absolute": (with_entry(Entry("/etc/x", b"")), "unsafe-path", "/etc/x"),
    "drive": (with_entry(Entry("C:/x", b"")), "unsafe-path", "C:/x"),
    "parent folder in data": (with_entry(Entry("demo-1.0.data/data/../../x", b"")), "unsafe-path", "data/../../x"),
    "unknown data folder": (with_entry(Entry("demo-1.0.data/other/x", b"")), "unsafe-path", "demo-1.0.data/other/x"),
    "backslash": (with_entry(Entry("demo\\x.py", b"")), "unsafe-path", "demo\\x.py"),
    "case": (with_entry(Entry("demo/CLI.py", b"")), "case-collision", "demo/CLI.py"),
    "case of a folder": (with_entry(Entry("Demo/x.py", b"")), "case-collision", "Demo/x.py"),
    "composed and decomposed": (
        make_zip([*wheel_entries(), Entry("demo/\u00e9.py", b""), Entry("demo/e\u0301.py", b"")]),
        "case-collision",
        "demo/e\u0301.py",
    ),
    "file and folder": (with_entry(Entry("demo/cli.py/x.py", b"")), "duplicate-member", "demo/cli.py/x.py"),
    "installed twice": (
        with_entry(Entry("demo-1.0.data/purelib/demo/cli.py", b"")),
        "duplicate-member",
        "purelib/demo/cli.py",
    ),
    "symbolic link": (with_entry(Entry("demo/link", b"../..", mode=0o120777)), "unreadable", "demo/link"),
    "set-user-ID": (with_entry(Entry("demo/x.py", b"", mode=0o104755)), "file-mode", "demo/x.py"),
    "member without a row": (recorded({INIT_ROW: b""}), "record-missing", "demo/__init__.py"),
    "row without a member": (recorded({INIT_ROW: INIT_ROW + b"demo/gone.py,,\n"}), "record-extra", "demo/gone.py"),
    "row with another hash": (recorded({digest(CLI).encode(): digest(b"x").encode()}), "record-hash", "demo/cli.py"),
    "row with another size": (recorded({f",{len(CLI)}\n".encode(): b",1\n"}), "record-hash", "demo/cli.py"),
    "row without a hash": (recorded({digest(CLI).encode(): b""}), "record-hash", "demo/cli.py"),
    "row with a weak hash": (
        recorded({digest(CLI).encode(): digest(CLI, "md5").encode()}),
        "record-hash",
        "demo/cli.py",
    ),
    "row twice": (recorded({INIT_ROW: INIT_ROW * 2}), "record-malformed", "demo/__init__.py"),
    "row of two columns": (recorded({INIT_ROW: b"demo/__init__.py,\n"}), "record-malformed", "RECORD"),
    "RECORD lists its signature": (
        recorded({INIT_ROW: INIT_ROW + f"{INFO}/RECORD.jws,,\n".encode()}),
        "record-extra",
        "jws",
    ),
    "RECORD hashes itself": (recorded({b"RECORD,,": b"RECORD,sha256=aa,"}), "record-malformed", "RECORD"),
    "no RECORD": (make_zip(wheel_entries()[:-1]), "missing-file", "RECORD"),
    "second .dist-info": (changed(**{"other-1.0.dist-info/METADATA": METADATA}), "metadata", "other-1.0.dist-info"),
    "no .dist-info": (make_zip([Entry("demo/__init__.py", b"")]), "metadata", "0 .dist-info"),
    "no METADATA": (changed(**{f"{INFO}/METADATA": None}), "missing-file", "METADATA"),
    "another name": (changed(**{f"{INFO}/METADATA": METADATA.replace("demo", "other")}), "name", "METADATA"),
    "another version": (changed(**{f"{INFO}/METADATA": METADATA.replace("1.0", "1.1")}), "version", "METADATA"),
    "name twice": (changed(**{f"{INFO}/METADATA": "Name: evil\n" + METADATA}), "name", "METADATA"),
    "invalid field": (
        changed(**{f"{INFO}/METADATA": METADATA.replace("Summary", "Requires-Python: >>3\nSummary")}),
        "metadata",
        "requires-python",
    ),
    "other tag": (
        changed(**{f"{INFO}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: cp312-cp312-win32\n"}),
        "tags",
        "cp312-cp312-win32",
    ),
    "no WHEEL": (changed(**{f"{INFO}/WHEEL": None}), "missing-file", "WHEEL"),
    "WHEEL of a later format": (
        changed(**{f"{INFO}/WHEEL": "Wheel-Version: 2.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"}),
        "tags",
        "2.0",
    ),
    "entry point with a path": (
        changed(**{f"{INFO}/entry_points.txt": "[console_scripts]\n../x = demo.cli:main\n"}),
        "entry-point",
        "../x",
    ),
    "entry point without a module": (
        changed(**{f"{INFO}/entry_points.txt": "[console_scripts]\nx = demo.gone:main\n"}),
        "entry-point",
        "demo.gone",
    ),
    "entry point without a function": (
        changed(**{f"{INFO}/entry_points.txt": "[console_scripts]\nx = demo.cli:gone\n"}),
        "entry-point",
        "demo/cli.py has no gone",
    ),
    "entry points that do not parse": (
        changed(**{f"{INFO}/entry_points.txt": "[console_scripts]\nx = demo.cli:main\nx = demo.cli:main\n"}),
        "entry-point",
        "entry_points.txt",
    ),
    "no licence file": (changed(**{f"{INFO}/licenses/LICENSE": None}), "licence-file", "licenses/LICENSE"),
    "other sizes": (with_entry(Entry("demo/a.py", b"abc", said_size=2)), "unreadable", "demo/a.py"),
    "other count": (make_zip(wheel_entries(), count=3), "unreadable", WHEEL),
    "unknown extra field": (with_entry(Entry("demo/a.py", b"", extra=b"\x75\x70\1\0x")), "unreadable", WHEEL),
    "ZIP64 field without need": (
        with_entry(Entry("demo/a.py", b"", extra=b"\1\0\x08\0" + b"\0" * 8)),
        "unreadable",
        WHEEL,
    ),
    "encrypted": (with_entry(Entry("demo/a.py", b"", flags=0x801)), "unreadable", "demo/a.py"),
    "both a wheel and a tar": (sdist(), "unreadable", WHEEL),
    "tests at the top": (changed(**{"tests/__init__.py": "", "tests/test_a.py": "a = 1"}), "common-name", "tests"),
    "readme at the top": (changed(**{"README.md": "hi"}), "top-level-file", "README.md"),
    "package at the top": (changed(**{"__init__.py": "a = 1"}), "top-level-init", "__init__.py"),
    "compiled": (changed(**{"demo/__pycache__/a.cpython-312.pyc": "a"}), "compiled-file", "a.cpython-312.pyc"),
    "cache": (changed(**{"demo/.mypy_cache/a.json": "{}"}), "stray-file", ".mypy_cache/a.json"),
    "settings with secrets": (changed(**{"demo/.env": "A=1"}), "secret-file", "demo/.env"),
    "name of a private key": (changed(**{"demo/id_rsa": "A"}), "secret-file", "demo/id_rsa"),
    "private key": (changed(**{"demo/a.txt": KEY}), "secret", "demo/a.txt"),
    "private key in JSON": (changed(**{"demo/a.json": KEY.replace("\n", "\\n")}), "secret", "demo/a.json"),
    "token": (changed(**{"demo/a.py": f"TOKEN = '{TOKEN}'\n"}), "secret", "demo/a.py"),
    "token in a test": (changed(**{"demo/tests/a.py": f"TOKEN = '{TOKEN}'\n"}), "secret", "demo/tests/a.py"),
    "nothing but metadata": (
        wheel({path: data for path, data in wheel_files().items() if path.startswith(INFO)}),
        "empty",
        WHEEL,
    ),
}
SOURCES = {
    "parent folder": (sdist(sdist_files(**{f"{TOP}/../x": "x"})), "unsafe-path", "../x"),
    "absolute": (sdist(sdist_files(**{"/etc/x": "x"})), "unsafe-path", "/etc/x"),
    "link out": (sdist(more=[link(f"{TOP}/x", "../../etc/passwd")]), "link", "../../etc/passwd"),
    "absolute link": (sdist(more=[link(f"{TOP}/x", "/etc/passwd")]), "link", "/etc/passwd"),
    "link to the folder above": (sdist(more=[link(f"{TOP}/x", "..")]), "link", f"{TOP}/x"),
    "hard link out": (sdist(more=[link(f"{TOP}/x", "../etc/passwd", tarfile.LNKTYPE)]), "link", "../etc/passwd"),
    "link out through a link": (
        sdist(more=[link(f"{TOP}/x", "."), link(f"{TOP}/y", "x/../LICENSE")]),
        "link",
        f"{TOP}/y",
    ),
    "link to itself": (sdist(more=[link(f"{TOP}/x", "x")]), "link", f"{TOP}/x"),
    "hard link to itself": (sdist(more=[link(f"{TOP}/x", f"{TOP}/x", tarfile.LNKTYPE)]), "link", f"{TOP}/x"),
    "hard link to a later file": (
        sdist(more=[link(f"{TOP}/x", f"{TOP}/y", tarfile.LNKTYPE), special(f"{TOP}/y")]),
        "link",
        f"{TOP}/x",
    ),
    "dangling link": (sdist(more=[link(f"{TOP}/x", "gone")]), "link", "gone"),
    "below a link": (sdist(more=[link(f"{TOP}/x", "demo"), special(f"{TOP}/x/y.py")]), "link", f"{TOP}/x/y.py"),
    "device": (sdist(more=[special(f"{TOP}/x", kind=tarfile.CHRTYPE)]), "unreadable", f"{TOP}/x"),
    "pipe": (sdist(more=[special(f"{TOP}/x", kind=tarfile.FIFOTYPE)]), "unreadable", f"{TOP}/x"),
    "set-user-ID": (sdist(more=[special(f"{TOP}/x", mode=0o4755)]), "file-mode", f"{TOP}/x"),
    "two top folders": (sdist(sdist_files(**{"other/x": "x"})), "metadata", "other"),
    "file twice": (sdist(more=[special(f"{TOP}/pyproject.toml")]), "duplicate-member", f"{TOP}/pyproject.toml"),
    "no PKG-INFO": (sdist(sdist_files(**{f"{TOP}/PKG-INFO": None})), "missing-file", "PKG-INFO"),
    "cannot be built": (sdist(sdist_files(**{f"{TOP}/pyproject.toml": None})), "missing-file", "pyproject.toml"),
    "another name": (sdist(sdist_files(**{f"{TOP}/PKG-INFO": METADATA.replace("demo", "x")})), "name", "PKG-INFO"),
    "another version": (sdist(sdist_files(**{f"{TOP}/PKG-INFO": METADATA.replace("1.0", "2")})), "version", "PKG-INFO"),
    "no licence file": (sdist(sdist_files(**{f"{TOP}/LICENSE": None})), "licence-file", "LICENSE"),
    "case": (sdist(sdist_files(**{f"{TOP}/license": "x"})), "case-collision", f"{TOP}/license"),
    "history": (sdist(sdist_files(**{f"{TOP}/.git/config": "x"})), "stray-file", ".git/config"),
    "settings with secrets": (sdist(sdist_files(**{f"{TOP}/.env": "A=1"})), "secret-file", ".env"),
    "private key": (sdist(sdist_files(**{f"{TOP}/deploy/key": KEY})), "secret", "deploy/key"),
    "bytes after": (sdist() + b"x", "unreadable", SDIST),
    "two members of gzip": (sdist() + sdist(), "unreadable", SDIST),
    "no gzip": (b"x" * 2000, "unreadable", SDIST),
    "empty": (b"", "unreadable", SDIST),
}


def test_good_distributions_have_no_finding() -> None:
    assert [finding.message for finding in findings(wheel())] == []
    assert [finding.message for finding in findings(sdist(), SDIST)] == []


@pytest.mark.parametrize("defect", CRAFTED)
def test_every_defect_of_a_wheel_is_named_with_its_member(defect: str) -> None:
    data, code, member = CRAFTED[defect]
    found = named(data)
    assert [message for named_code, message in found if named_code == code and member in message], found


@pytest.mark.parametrize("defect", SOURCES)
def test_every_defect_of_a_source_distribution_is_named_with_its_member(defect: str) -> None:
    data, code, member = SOURCES[defect]
    found = named(data, SDIST)
    assert [message for named_code, message in found if named_code == code and member in message], found


@pytest.mark.parametrize(
    ("filename", "code"),
    [
        ("Demo-1.0-py3-none-any.whl", None),
        ("demo-1.1-py3-none-any.whl", "version"),
        ("other-1.0-py3-none-any.whl", "name"),
        ("demo-1.0-1-py3-none-any.whl", "tags"),
        ("demo-1.0-cp312-cp312-win32.whl", "tags"),
        ("demo-1.0-py3-none.whl", "name"),
    ],
)
def test_the_file_name_counts(filename: str, code: str | None) -> None:
    codes = {found for found, _ in named(wheel(), filename)}
    assert codes == ({code} if code else set())


def test_an_index_takes_only_the_exact_name_of_a_source_distribution() -> None:
    files = {path.replace(TOP, "De.mo-1.0"): data.replace(b"demo", b"De.mo") for path, data in sdist_files().items()}
    found = findings(sdist(files), "De.mo-1.0.tar.gz", Expected(frozenset({"de-mo"}), "1.0"))
    assert [(finding.code, finding.severity) for finding in found if finding.severity is not Severity.INFO] == [
        ("distribution.file-name", Severity.MEDIUM)
    ]


@pytest.mark.parametrize("version", ["1.0", "v1.0", "1", "1.0.0"])
def test_the_version_under_release_is_compared_by_pep_440(version: str) -> None:
    assert findings(wheel(), expected=Expected(frozenset({"demo"}), version)) == ()


@pytest.mark.parametrize("algorithm", ["sha384", "sha512"])
def test_other_strong_hashes_in_record_are_compared(algorithm: str) -> None:
    good = recorded({digest(CLI).encode(): digest(CLI, algorithm).encode()})
    wrong = recorded({digest(CLI).encode(): digest(b"", algorithm).encode()})
    assert named(good) == []
    assert [code for code, _ in named(wrong)] == ["record-hash"]


def zip64(entry: bytes = b"", locator: int = 0, short_count: int = 0xFFFF) -> bytes:
    """Return a good wheel whose first member has its sizes in a ZIP64 field, and whose end record refers to a ZIP64 one."""
    files = wheel_files()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in [*files.items(), (f"{INFO}/RECORD", record_of(files))]:
            with archive.open(zipfile.ZipInfo(path), "w", force_zip64=path == "demo/cli.py") as member:
                member.write(data)
    whole = packed.getvalue()
    body, (_, *_, count, size, start, _) = whole[:-22], struct.unpack("<4s4H2LH", whole[-22:])
    record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, start)
    end = struct.pack("<4sLQL", b"PK\6\7", 0, len(body) + locator, 1)
    end += struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, short_count, short_count, size, start, 0)
    return body + record + entry + end


def test_zip64_is_read_where_both_end_records_agree() -> None:
    assert named(zip64()) == []
    for damaged in (zip64(entry=b"x"), zip64(locator=-1), zip64(short_count=0xFFFE)):
        assert [code for code, _ in named(damaged)] == ["unreadable"]


_MANY = ".".join(f"p{number}" for number in range(300))
EXHAUSTING = {
    "tags": (f"{INFO}/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {_MANY}-{_MANY}-{_MANY}\n", "tags"),
    "entry points": (f"{INFO}/entry_points.txt", "[a]\n" + "zzz\n" * 300_000, "entry-point"),
    "a value of spaces": (f"{INFO}/entry_points.txt", f"[a]\nx = a{' ' * 200_000}!\n", "entry-point"),
    "a marker": (
        f"{INFO}/METADATA",
        f"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nRequires-Dist: x ; {'(' * 5_000}\n\nText",
        "metadata",
    ),
}


@pytest.mark.parametrize("case", EXHAUSTING)
def test_metadata_that_take_any_time_to_read_are_findings(case: str) -> None:
    path, text, code = EXHAUSTING[case]
    assert code in {found for found, _ in named(changed(**{path: text}))}


def second_directory(field: int, room: int) -> bytes:
    """Return a good wheel with a ZIP64 end record in an extra field before its end record: Python's `zipfile` follows it."""
    whole = wheel()
    body, (_, *_, count, size, start, _) = whole[:-22], struct.unpack("<4s4H2LH", whole[-22:])
    last = body.rindex(b"PK\1\2")
    other = body[start : body.index(b"PK\1\2", start + 4)]  # the first member alone
    at = len(body) + 4
    hidden = other + struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, len(other), at)
    hidden += struct.pack("<4sLQL", b"PK\6\7", 0, at + len(other), 1)
    hidden = hidden[-room:]
    longer = struct.pack("<H", 4 + len(hidden))
    body = body[: last + 30] + longer + body[last + 32 :] + struct.pack("<2H", field, len(hidden)) + hidden
    return body + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, size + 4 + len(hidden), start, 0)


@pytest.mark.parametrize(
    ("field", "room", "shown"),
    [(0x5455, 1000, "two end records"), (0x000A, 32, "two end records"), (0x5455, 14, "extra field")],
)
def test_a_second_directory_is_not_hidden_in_an_extra_field(field: int, room: int, shown: str) -> None:
    data = second_directory(field, room)
    if room == 1000:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            assert len(archive.namelist()) == 1
    with pytest.raises(UnreadableDistributionError, match=shown):
        read_distribution(io.BytesIO(data), WHEEL)


def test_what_is_legitimate_has_no_finding_above_a_note() -> None:
    """Bundled libraries, namespace packages, scripts, data, names outside ASCII, plugins for other distributions."""
    files = wheel_files(
        **{
            "demo.libs/libz-1a2b3c4d.so.1": "z",
            "demo/_native.cpython-312-x86_64-linux-gnu.so": "z",
            "demo/tests/key.pem": KEY,
            "demo/pem.py": 'HEAD = b"-----BEGIN PRIVATE KEY-----"\nTOKEN = "ghp_'
            + "x" * 36
            + '"\nAWS = "AKIAIOSFODNN7EXAMPLE"\n',
            "demo-1.0.data/scripts/demo-run": "#!python\n",
            "demo/\u00fcber.txt": "x",
            "demo/.env.example": "A=1",
            f"{INFO}/entry_points.txt": (
                "[console_scripts]\nnative = demo._native:run\n[pytest11]\nother = elsewhere.plugin\nall = demo:any.thing\n"
            ),
            "demo/__init__.py": "from demo.cli import *\n",
        }
    )
    assert named(wheel(files)) == []
    sources = sdist_files(
        **{f"{TOP}/tests/\u00fc.py": "", f"{TOP}/" + "long/" * 30 + "\u00e9.py": "", f"{TOP}/tests/a.key": KEY}
    )
    assert named(sdist(sources, more=[link(f"{TOP}/README", "LICENSE"), link(f"{TOP}/docs", "demo")]), SDIST) == []


def test_every_code_is_in_the_documentation(repository: Path) -> None:
    rows = [
        row.split("|") for row in (repository / "docs/distributions.md").read_text().splitlines() if row.startswith("|")
    ]
    shown = {code: row[2].strip() for row in rows for code in re.findall(r"`(distribution\.[a-z-]+)`", row[1])}
    expected = {code: "note" if severity is Severity.INFO else severity.value for code, severity in SEVERITIES.items()}
    assert shown == expected


def test_many_findings_with_one_code_are_counted() -> None:
    files = wheel_files(**{f"demo/{number}.pyc": "a" for number in range(50)})
    found = [message for code, message in named(wheel(files)) if code == "compiled-file"]
    assert len(found) == MOST_OF_A_CODE + 1
    assert "30 more" in found[-1]


def test_distributions_are_checked_together() -> None:
    both = Expected(frozenset({"demo", "second"}), "1.0")
    assert [finding.code for finding in check_together((), both)] == ["distribution.missing"] * 2
    alone = [read_distribution(io.BytesIO(wheel()), WHEEL)]
    assert [finding.code for finding in check_together(alone, EXPECTED)] == ["distribution.no-sdist"]
    pair = [*alone, read_distribution(io.BytesIO(sdist()), SDIST)]
    assert check_together(pair, EXPECTED) == ()
    stale = read_distribution(io.BytesIO(changed(**{"demo/old.py": "a = 1"})), WHEEL)
    (difference,) = check_together([stale, pair[1]], EXPECTED)
    assert (difference.code, difference.severity) == ("distribution.source-differs", Severity.INFO)
    assert "demo/old.py" in difference.message


LIMITS = DistributionLimits(
    members=50, name_bytes=100, names_bytes=2000, folders=200, free_bytes=1 << 20, total_bytes=1 << 24
)
HOSTILE = {
    "bomb": (changed(**{"demo/a": bytes(8 << 20)}), WHEEL, "'demo/a'"),
    "bomb in a tar": (sdist(sdist_files(**{f"{TOP}/a": bytes(8 << 20)})), SDIST, f"'{TOP}/a'"),
    "many members": (wheel({f"demo/{number}": b"" for number in range(60)}), WHEEL, "more than 50"),
    "long name": (changed(**{"demo/" + "a" * 120: ""}), WHEEL, "'demo/aaa"),
    "long names": (wheel({f"demo/{number}{'a' * 80}": b"" for number in range(40)}), WHEEL, "names of all"),
    "deep": (wheel({f"demo/{'a/' * 40}{number}": b"" for number in range(9)}), WHEEL, "names of all"),
    "truncated": (wheel()[:-30], WHEEL, "end record"),
    "truncated tar": (sdist()[:-30], SDIST, "too early"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_archives_are_refused_with_their_member(case: str) -> None:
    data, filename, shown = HOSTILE[case]
    with pytest.raises(UnreadableDistributionError, match=shown.replace("'", ".")):
        read_distribution(io.BytesIO(data), filename, LIMITS)


@pytest.mark.parametrize("field", [108, 116, 136, 329, 337])
def test_a_header_at_which_a_program_ends_the_archive_is_refused(field: int) -> None:
    """Python's `tarfile` reads no further, and says nothing."""
    raw = bytearray(gzip.decompress(sdist()))
    second = 512 + -(-int(raw[124:135], 8) // 512) * 512
    raw[second + field] = ord("x")
    raw[second + 148 : second + 156] = b" " * 8
    raw[second + 148 : second + 156] = b"%06o\0 " % sum(raw[second : second + 512])
    data = gzip.compress(bytes(raw), mtime=0)
    with pytest.raises(UnreadableDistributionError, match="octal"):
        read_distribution(io.BytesIO(data), SDIST)
    if field < 329:
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            assert len(archive.getmembers()) == 1


def test_thousands_of_members_are_read() -> None:
    files = wheel_files(**{f"demo/module_{number}.txt": str(number) for number in range(5_000)})
    assert named(wheel(files)) == []


GOOD = {WHEEL: wheel(), SDIST: sdist()}


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.sampled_from([WHEEL, SDIST]), st.data())
def test_no_damage_changes_a_member_unseen(filename: str, draw: st.DataObject) -> None:
    good = GOOD[filename]
    at = draw.draw(st.integers(0, len(good) - 1))
    damaged = draw.draw(
        st.one_of(
            st.integers(0, 255).map(lambda byte: good[:at] + bytes([byte]) + good[at + 1 :]),
            st.just(good[:at]),
            st.binary(min_size=1, max_size=8).map(lambda more: good[:at] + more + good[at:]),
        )
    )
    if not named(damaged, filename):
        members = [read_distribution(io.BytesIO(data), filename).members for data in (good, damaged)]
        plain = [[(member.path, member.sha256, member.kind) for member in listed] for listed in members]
        assert plain[0] == plain[1]
