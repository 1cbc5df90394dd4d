"""Two builds compared: each field that can differ is found, named, and explained with a cause and a cure."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from ops.supply_chain.contracts.values.distribution import DistributionKind
from ops.supply_chain.formats.archives.details import read_details
from ops.supply_chain.release.packages import causes
from ops.supply_chain.release.packages.causes import BuildFolders, backend_name, cause_of
from ops.supply_chain.release.packages.comparison import Difference, compare_archives
from ops.supply_chain.release.packages.twice import Released, TwoBuilds, compare_builds

WHEEL, SDIST = DistributionKind.WHEEL, DistributionKind.SDIST
EPOCH = 1_600_000_000
FOLDERS = BuildFolders("/tmp/b/a", "/tmp/b/another-folder")  # noqa: S108 - only text
Files = dict[str, bytes]


def make_wheel(files: Files, change: Callable[[zipfile.ZipInfo], object] = lambda _: None, level: int = 6) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
            info.external_attr, info.compress_type, info.create_system = 0o100644 << 16, zipfile.ZIP_DEFLATED, 3
            change(info)
            archive.writestr(info, content, compresslevel=level)
    return out.getvalue()


def make_sdist(files: Files, change: Callable[[tarfile.TarInfo], object] = lambda _: None, stamp: int = 5) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime, info.mode = len(content), EPOCH, 0o644
            change(info)
            archive.addfile(info, io.BytesIO(content))
    return gzip.compress(out.getvalue(), mtime=stamp)


def setting(**fields: Any) -> Callable[[Any], None]:
    def change(info: Any) -> None:
        for name, value in fields.items():
            setattr(info, name, value)

    return change


PLAIN = {"demo-1.0/a.py": b"x = 1\n" * 50, "demo-1.0/b.py": b"y"}
INFO = "demo-1.0.dist-info"
PACKED = {
    "demo/a.py": b"".join(b"x%d = %d\n" % (n * n, n * 7919) for n in range(300)),
    f"{INFO}/WHEEL": b"Generator: tool 1\n",
    f"{INFO}/RECORD": b"demo/a.py,,\n",
}

CASES: list[tuple[str, DistributionKind, bytes, list[tuple[str, str]]]] = [
    ("mtime", SDIST, make_sdist(PLAIN, setting(mtime=EPOCH + 7)), [("demo-1.0/a.py", "mtime"), ("demo-1.0/b.py", "mtime")]),
    ("pax mtime", SDIST, make_sdist({**PLAIN}, setting(mtime=EPOCH + 0.5)), [("demo-1.0/a.py", "mtime"), ("demo-1.0/b.py", "mtime")]),
    ("mode", SDIST, make_sdist(PLAIN, setting(mode=0o600)), [("demo-1.0/a.py", "mode"), ("demo-1.0/b.py", "mode")]),
    ("owner", SDIST, make_sdist(PLAIN, setting(uname="me")), [("demo-1.0/a.py", "owner"), ("demo-1.0/b.py", "owner")]),
    ("gzip mtime", SDIST, make_sdist(PLAIN, stamp=6), [("", "gzip mtime")]),
    ("pax field", SDIST, make_sdist(PLAIN, setting(pax_headers={"comment": "c"})), [("demo-1.0/a.py", "extra"), ("demo-1.0/b.py", "extra")]),
    ("order", SDIST, make_sdist(dict(reversed(PLAIN.items()))), [("", "order")]),
    ("content", SDIST, make_sdist({**PLAIN, "demo-1.0/b.py": b"z"}), [("demo-1.0/b.py", "content")]),
    ("extra member", SDIST, make_sdist({**PLAIN, "demo-1.0/c": b""}), [("demo-1.0/c", "member")]),
    ("missing member", SDIST, make_sdist({"demo-1.0/b.py": b"y"}), [("demo-1.0/a.py", "member")]),
    ("date", WHEEL, make_wheel(PACKED, setting(date_time=(2021, 1, 1, 0, 0, 0))), [(name, "mtime") for name in sorted(PACKED)]),
    ("umask", WHEEL, make_wheel(PACKED, setting(external_attr=0o100600 << 16)), [(name, "mode") for name in sorted(PACKED)]),
    ("system", WHEEL, make_wheel(PACKED, setting(create_system=0)), [(name, "extra") for name in sorted(PACKED)]),
    ("method", WHEEL, make_wheel(PACKED, setting(compress_type=0)), [(name, "method") for name in sorted(PACKED)]),
    ("level", WHEEL, make_wheel(PACKED, level=1), [("", "compression")]),
    ("record follows", WHEEL, make_wheel({**PACKED, "demo/a.py": b"z", f"{INFO}/RECORD": b"other"}), [("demo/a.py", "content")]),
    ("record alone", WHEEL, make_wheel({**PACKED, f"{INFO}/RECORD": b"other"}), [(f"{INFO}/RECORD", "content")]),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "second", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_each_difference_is_named_by_member_and_field(
    kind: DistributionKind, second: bytes, expected: list[tuple[str, str]]
) -> None:
    first = make_wheel(PACKED) if kind is WHEEL else make_sdist(PLAIN)
    assert first != second
    pair = read_details(kind, first), read_details(kind, second)
    found = compare_archives(*pair)
    assert [(difference.member, difference.field) for difference in found] == expected
    reversed_pair = compare_archives(pair[1], pair[0])
    assert [(row.member, row.field) for row in reversed_pair] == expected
    for difference in found:
        cause = cause_of("hatchling", kind, difference, FOLDERS)
        assert cause.cause.endswith(".")
        assert cause.cure.endswith(".")


@pytest.mark.parametrize("data", [b"", b"PK", b"\x1f\x8b\x08\x00", make_wheel(PACKED)[:-30], make_sdist(PLAIN)[:60]])
@pytest.mark.parametrize("kind", list(DistributionKind))
def test_what_is_no_archive_is_refused(kind: DistributionKind, data: bytes) -> None:
    with pytest.raises(ValueError, match=r"cannot be read|ends within"):
        read_details(kind, data)


def content(name: str, first: bytes, second: bytes) -> Difference:
    return Difference(name, "content", "1", "2", (first, second))


@pytest.mark.parametrize(
    ("backend", "kind", "difference", "words"),
    [
        ("setuptools", WHEEL, Difference("a", "mode", "", ""), "setuptools copies the modes"),
        ("setuptools", SDIST, Difference("a", "mtime", "", ""), "pypa/setuptools#2133"),
        ("setuptools", SDIST, Difference("", "gzip mtime", "", ""), "gzip header"),
        ("pdm-backend", SDIST, Difference("", "gzip mtime", "", ""), "pdm-backend writes the time"),
        ("flit_core", WHEEL, Difference("a", "mtime", "", ""), "local time zone"),
        ("other", SDIST, Difference("a", "mtime", "", ""), "time of a file on disk"),
        ("other", SDIST, Difference("a", "link", "", ""), "writes a value"),
        (
            "setuptools",
            WHEEL,
            content("d/_c.cpython-311-x86_64-linux-gnu.so", b"/tmp/b/a/x", b"q"),
            "compile directory",
        ),
        ("scikit-build-core", WHEEL, content("d/_c.so", b"q", b"/tmp/b/another-folder/x"), "`__FILE__`"),
        ("maturin", WHEEL, content("d-1.dist-info/sboms/d.cyclonedx.json", b"/tmp/b/a", b""), "bom-refs"),
        ("x", WHEEL, content("d/path.txt", b"/tmp/b/a", b""), "contains the folder"),
        ("x", WHEEL, content("d/_c.so", b"1", b"2"), "build-id is compiled"),
        ("x", WHEEL, content("d-1.dist-info/WHEEL", b"Generator: a 1\n", b"Generator: a 2\n"), "Two versions"),
        ("x", WHEEL, content("d/names.txt", b"a\nb\n", b"b\na\n"), "another order"),
        ("x", WHEEL, content("d/made.py", b"at 2026-01-01 10:00", b"at 2026-01-01 10:01"), "time of the build"),
        ("x", WHEEL, content("d/made.py", b"1", b"2"), "a condition of the build"),
    ],
)
def test_causes_are_known_by_backend_kind_field_and_content(
    backend: str, kind: DistributionKind, difference: Difference, words: str
) -> None:
    assert words in cause_of(backend, kind, difference, FOLDERS).cause


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("", "setuptools"),
        ("setuptools.build_meta:__legacy__", "setuptools"),
        ("poetry.core.masonry.api", "poetry-core"),
        ("pdm.backend", "pdm-backend"),
        ("flit_core.buildapi", "flit_core"),
        ("scikit_build_core.build", "scikit-build-core"),
        ("uv_build", "uv_build"),
    ],
)
def test_a_backend_is_known_by_its_module(module: str, name: str) -> None:
    assert backend_name(module) == name


WHEEL_NAME, SDIST_NAME = "demo-1.0-py3-none-any.whl", "demo-1.0.tar.gz"


def builds(second: bytes, *, name: str = WHEEL_NAME, started: float = EPOCH + 100, sdist: bytes = b"") -> TwoBuilds:
    sdists = {SDIST_NAME: sdist or make_sdist(PLAIN)}
    return TwoBuilds(
        {**sdists, WHEEL_NAME: make_wheel(PACKED)},
        {**sdists, name: second},
        FOLDERS,
        started,
        started + 50,
        "setuptools",
    )


def compare(two: TwoBuilds, *, normalise: bool = False) -> Released:
    return compare_builds(two, path="pyproject.toml", epoch=EPOCH, normalise=normalise)[1]


def test_equal_builds_have_no_finding_and_are_released_as_built() -> None:
    found = compare(builds(make_wheel(PACKED)))
    assert found.content == make_wheel(PACKED)
    assert (found.built.identical, found.built.normalised, found.findings) == (True, False, ())


def test_modes_are_a_finding_that_repacking_cures() -> None:
    umask = make_wheel(PACKED, setting(external_attr=0o100600 << 16))
    found = compare(builds(umask))
    assert found.built.identical is False
    (finding,) = found.findings
    assert finding.code == "build.not-reproducible"
    assert "mode of demo-1.0.dist-info/RECORD" in finding.message
    assert finding.next_step == causes.NORMALISE
    repacked = compare(builds(umask), normalise=True)
    assert (repacked.built.identical, repacked.built.normalised, repacked.findings) == (True, True, ())
    assert repacked.built.before is not None
    assert repacked.built.before.first != repacked.built.before.second
    assert [row.field for row in repacked.built.differences] == ["mode"] * 3


def test_repacking_does_not_cure_a_content_and_leaves_that_finding_alone() -> None:
    changed = {**PACKED, "demo/a.py": b"now"}
    found = compare(builds(make_wheel(changed, setting(external_attr=0o100600 << 16))), normalise=True)
    assert found.built.identical is False
    assert [finding.message.split(":")[1].split()[0] for finding in found.findings] == ["content"]


def test_another_file_name_is_a_difference() -> None:
    found = compare(builds(make_wheel(PACKED), name="demo-1.1-py3-none-any.whl"), normalise=True)
    assert found.built.identical is False
    assert [row.field for row in found.built.differences] == ["file name"]
    assert found.findings


@pytest.mark.parametrize(("stamp", "fields"), [(EPOCH + 120, ["gzip mtime"]), (EPOCH, []), (0, [])])
def test_a_time_that_both_builds_share_because_they_ran_together_is_found(stamp: int, fields: list[str]) -> None:
    two = builds(make_wheel(PACKED), sdist=make_sdist(PLAIN, stamp=stamp))
    sdist = compare_builds(two, path="pyproject.toml", epoch=EPOCH, normalise=False)[0]
    assert [row.field for row in sdist.built.differences] == fields
    assert len(sdist.findings) == len(fields)
    assert all("is the time of the build (2020-09-13T12:28:40Z)" in finding.message for finding in sdist.findings)


def test_what_cannot_be_repacked_is_named() -> None:
    with pytest.raises(ValueError, match=r"demo-1\.0-py3-none-any\.whl: has 0 files"):
        compare_builds(
            TwoBuilds({WHEEL_NAME: make_wheel(PLAIN)}, {WHEEL_NAME: make_wheel(PLAIN)}, FOLDERS, 0, 1, "x"),
            path="pyproject.toml",
            epoch=EPOCH,
            normalise=True,
        )
