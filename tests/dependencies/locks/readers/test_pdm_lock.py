"""pdm.lock: both layouts of hashes, groups, extras, sources."""

from __future__ import annotations

import pytest

from ops.supply_chain.contracts.values.lock import PinSource, PinSourceKind
from ops.supply_chain.core.errors import InputError
from tests.dependencies.locks.support import COMMIT, SHA, codes, only, read

METADATA = "[metadata]\ngroups = ['default']\nlock_version = '4.5.0'\ncontent_hash = 'x'\n\n"
FILES = f"files = [{{ file = 'a-1.0.tar.gz', hash = '{SHA}' }}]"


def _package(name: str, *lines: str, version: str = "1.0") -> str:
    return "\n".join(["[[package]]", f"name = '{name}'", f"version = '{version}'", *lines, "", ""])


def test_hashes_with_the_package() -> None:
    lock = read(
        "pdm.lock", METADATA + _package("a", "groups = ['default', 'dev']", FILES, "marker = \"os_name=='nt'\"")
    )
    entry = only(lock)
    assert (entry.pin.hashes, entry.groups, entry.pin.marker) == ((SHA,), ("dev", "main"), 'os_name == "nt"')
    assert (entry.line, lock.format_version, codes(lock)) == (6, "4.5.0", [])


def test_hashes_in_metadata() -> None:
    text = (
        _package("a")
        + "[metadata]\nlock_version = '4.2'\n[metadata.files]\n"
        + f'"a 1.0" = [{{ file = "x", hash = "{SHA}" }}]'
    )
    assert only(read("pdm.lock", text)).pin.hashes == (SHA,)


def test_static_urls_lose_their_credentials() -> None:
    files = f"files = [{{ url = 'https://u:p@h.org/a-1.0.tar.gz', hash = '{SHA}' }}]"
    (file,) = only(read("pdm.lock", METADATA + _package("a", files))).pin.files
    assert (file.name, file.url) == ("a-1.0.tar.gz", "https://h.org/a-1.0.tar.gz")


SOURCES = {
    "commit": (f"git = 'https://u:p@h.org/r'\nref = 'main'\nrevision = '{COMMIT}'",
               PinSource(kind=PinSourceKind.VCS, url="https://h.org/r", vcs="git", commit=COMMIT), False, []),
    "branch": ("git = 'https://h.org/r'\nref = 'main'", PinSource(kind=PinSourceKind.VCS, url="https://h.org/r", vcs="git"), False,
               ["lock.mutable-source"]),
    "url": ("url = 'https://u:p@h.org/a.zip'", PinSource(kind=PinSourceKind.URL, url="https://h.org/a.zip"), False, ["lock.unhashed"]),
    "file url of a folder": ("url = 'file:///${PROJECT_ROOT}/a'", PinSource(kind=PinSourceKind.PATH, url="file:///${PROJECT_ROOT}/a"), True, []),
    "folder": ("path = './a'\neditable = true", PinSource(kind=PinSourceKind.PATH, url="./a", editable=True), True, []),
    "file": ("path = './a-1.0.whl'", PinSource(kind=PinSourceKind.PATH, url="./a-1.0.whl"), False, ["lock.unhashed"]),
}  # fmt: skip


@pytest.mark.parametrize("case", SOURCES)
def test_sources(case: str) -> None:
    lines, source, local, told = SOURCES[case]
    lock = read("pdm.lock", METADATA + _package("a", lines))
    assert (only(lock).pin.source, only(lock).pin.local, codes(lock)) == (source, local, told)


def test_extras_and_edges() -> None:
    text = METADATA + "".join(
        [
            _package("a", FILES), _package("a", "extras = ['X']", "dependencies = ['a==1.0', 'b[y]>=1; os_name == \"nt\"']", FILES),
            _package("b", "dependencies = ['C (>=2)']", FILES), _package("c", FILES), _package("c", FILES, version="2.0"),
        ]
    )  # fmt: skip
    lock = read("pdm.lock", text, {"pyproject.toml": "[tool.pdm.dev-dependencies]\nx = ['b']\n"})
    assert [entry.depends_on for entry in lock.entries[:3]] == [(("b", "1.0"),), (("b", "1.0"),), (("c", "2.0"),)]
    assert [entry.pin.extras for entry in lock.entries[:2]] == [(), ("x",)]
    assert [entry.direct for entry in lock.entries] == [False, False, True, False, False]
    assert codes(lock) == []


BROKEN = {
    "no metadata": ("", 1, "expected a table [metadata], found none"),
    "no lock version": ("\n[metadata]\n", 2, "Object missing required field `lock_version` - at `$.metadata`"),
    "next version": ("[metadata]\nlock_version = '5.0'\n", 2, "expected lock_version 3.x or 4.x, found '5.0'"),
    "dependency of another type": (METADATA + _package("a", "dependencies = [3]"), 6, "Expected `str`, got `int` - at `package.dependencies[0]`"),
    "version that is none": (METADATA + _package("a", version="x y"), 6, "a: expected a PEP 440 version, found 'x y'"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_broken_names_file_and_line(case: str) -> None:
    text, line, message = BROKEN[case]
    with pytest.raises(InputError) as caught:
        read("pdm.lock", text)
    assert caught.value.message == f"pdm.lock:{line}: {message}"


def test_a_package_without_version_is_told() -> None:
    assert codes(read("pdm.lock", METADATA + _package("a", FILES, version=""))) == ["lock.unpinned"]
