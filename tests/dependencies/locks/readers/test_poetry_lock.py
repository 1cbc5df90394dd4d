"""poetry.lock: every lock version, both layouts of hashes, every source."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.supply_chain.contracts.values.lock import PinSource, PinSourceKind
from ops.supply_chain.core.errors import InputError
from tests import cases
from tests.dependencies.locks.support import COMMIT, OTHER_SHA, SHA, by_name, codes, only, read

FILES = f"files = [{{ file = 'a-1.0.tar.gz', hash = '{SHA}' }}]\n"
METADATA = "[metadata]\nlock-version = '2.1'\npython-versions = '*'\ncontent-hash = 'x'\n"
PYPROJECT = (
    "[project]\ndependencies = ['A>=1']\n[project.optional-dependencies]\nx = ['b ; os_name == \"nt\"']\n"
    "[dependency-groups]\ndev = ['c', {include-group = 'y'}]\ny = []\n"
    "[tool.poetry.dependencies]\npython = '*'\nd = '^1'\n[tool.poetry.group.t.dependencies]\ne = '*'\n"
)


def _package(name: str, *lines: str, version: str = "1.0") -> str:
    return "\n".join(["[[package]]", f"name = '{name}'", f"version = '{version}'", *lines, "", ""])


VERSIONS = {
    "unstated, hashes in metadata": ("", "category = 'main'\n", True, ("main",), "1.0"),
    "1.0, hashes in metadata": ("lock-version = '1.0'\n", "category = 'dev'\n", True, ("dev",), "1.0"),
    "1.1, hashes in metadata": ("lock-version = '1.1'\n", "category = 'main'\n", True, ("main",), "1.1"),
    "2.0, hashes with the package": ("lock-version = '2.0'\n", "", False, (), "2.0"),
    "2.1, hashes with the package": (
        "lock-version = '2.1'\n",
        "groups = ['main', 'dev']\n",
        False,
        ("dev", "main"),
        "2.1",
    ),
}


@pytest.mark.parametrize("case", VERSIONS)
def test_every_lock_version(case: str) -> None:
    stated, lines, apart, groups, version = VERSIONS[case]
    package = _package("A.b", lines.strip(), "" if apart else FILES.strip())
    table = f"[metadata.files]\na-b = [{{ file = 'a-1.0.tar.gz', hash = '{SHA}' }}]\n" if apart else ""
    lock = read("poetry.lock", f"{package}\n[metadata]\n{stated}python-versions = '*'\n{table}")
    entry = only(lock)
    assert (entry.pin.name, entry.pin.version, entry.pin.hashes) == ("a-b", "1.0", (SHA,))
    assert (entry.pin.files[0].name, entry.groups, entry.line) == ("a-1.0.tar.gz", groups, 1)
    assert (lock.format_version, codes(lock)) == (version, [])


SOURCES = {
    "private index": ("type = 'legacy'\nurl = 'https://u:p@h.org/simple'\nreference = 'x'",
                      PinSource(kind=PinSourceKind.INDEX, url="https://h.org/simple"), False, []),
    "commit": (f"type = 'git'\nurl = 'https://u:p@h.org/r'\nreference = 'main'\nresolved_reference = '{COMMIT}'\nsubdirectory = 's'",
               PinSource(kind=PinSourceKind.VCS, url="https://h.org/r", vcs="git", commit=COMMIT, subdirectory="s"), False, []),
    "branch": ("type = 'git'\nurl = 'git@h.org:o/r.git'\nreference = 'main'",
               PinSource(kind=PinSourceKind.VCS, url="git@h.org:o/r.git", vcs="git"), False, ["lock.mutable-source"]),
    "url": ("type = 'url'\nurl = 'https://u:p@h.org/a.zip'", PinSource(kind=PinSourceKind.URL, url="https://h.org/a.zip"), False, ["lock.unhashed"]),
    "folder": ("type = 'directory'\nurl = 'libs/a'", PinSource(kind=PinSourceKind.PATH, url="libs/a"), True, []),
    "file": ("type = 'file'\nurl = 'a.whl'", PinSource(kind=PinSourceKind.PATH, url="a.whl"), False, ["lock.unhashed"]),
}  # fmt: skip


@pytest.mark.parametrize("case", SOURCES)
def test_sources(case: str) -> None:
    table, source, local, told = SOURCES[case]
    lock = read("poetry.lock", _package("a", "[package.source]", table) + METADATA)
    assert (only(lock).pin.source, only(lock).pin.local) == (source, local)
    assert codes(lock) == told + (["lock.unhashed"] if case == "private index" else [])


def test_dependencies_and_directness() -> None:
    text = "".join(
        [
            _package("a", "[package.dependencies]", "a = '*'", "B = '>=1'", "c = { version = '^1', optional = true }", "gone = '*'"),
            _package("b", "[package.dependencies]", "d = [{ version = '<2', markers = 'x' }, { version = '*' }]"),
            _package("c"), _package("d"), _package("d", version="2.0"), _package("e", "[package.dependencies]", "d = '>=2 || >5'"),
        ]
    )  # fmt: skip
    lock = read("x/poetry.lock", text + METADATA, {"x/pyproject.toml": PYPROJECT})
    entries = by_name(lock)
    assert entries["a"].depends_on == (("b", "1.0"), ("c", "1.0"))
    assert entries["b"].depends_on == (("d", "1.0"), ("d", "2.0"))
    assert entries["e"].depends_on == (("d", "2.0"),)
    assert lock.entries[3].required_by == ("b",)
    assert {entry.direct for entry in lock.entries} == {True}
    assert lock.source == "x/pyproject.toml"
    assert [path for path, _, _ in lock.included] == ["x/pyproject.toml"]
    assert codes(lock) == ["lock.unhashed"] * 6
    assert {entry.direct for entry in read("poetry.lock", text + METADATA).entries} == {None}
    assert only(read("poetry.lock", _package("z") + METADATA, {"pyproject.toml": PYPROJECT})).direct is False


MARKERS = {
    "none for one of its groups": ("groups = ['main', 'dev']\nmarkers = { dev = \"os_name == 'nt'\" }", ""),
    "an empty one": ("groups = ['main', 'dev']\nmarkers = { main = \"\", dev = \"os_name == 'nt'\" }", ""),
    "for each of its groups": ("groups = ['main', 'dev']\nmarkers = { main = \"os_name == 'nt'\", dev = \"os_name == 'nt'\" }", 'os_name == "nt"'),
    "one": ("markers = \"os_name == 'nt'\"", 'os_name == "nt"'),
    "one a group": ("markers = { main = \"os_name == 'nt'\", dev = \"os_name == 'x'\" }", 'os_name == "nt" or os_name == "x"'),
    "none": ("", ""),
}  # fmt: skip


@pytest.mark.parametrize("case", MARKERS)
def test_markers(case: str) -> None:
    line, marker = MARKERS[case]
    assert only(read("poetry.lock", _package("a", line) + METADATA)).pin.marker == marker


def test_package_hashes_win_over_none() -> None:
    files = f"[metadata.files]\na = [{{ file = 'x', hash = '{OTHER_SHA}' }}]\n"
    assert only(read("poetry.lock", _package("a", FILES) + METADATA + files)).pin.hashes == (SHA,)
    assert only(read("poetry.lock", _package("a", "files = []") + METADATA + files)).pin.hashes == (OTHER_SHA,)


BROKEN = {
    "no metadata": (_package("a"), 1, "expected a table [metadata], found none"),
    "next version": (_package("a") + "[metadata]\nlock-version = '3.0'\n", 6, "expected lock-version 1.x or 2.x, found '3.0'"),
    "version of another type": ("[metadata]\nlock-version = 2\n", 1, "Expected `str`, got `int` - at `$.metadata.lock-version`"),
    "no version": ("\n[[package]]\nname = 'a'\n" + METADATA, 2, "Object missing required field `version` - at `package`"),
    "files of another type": (_package("a", "files = 3") + METADATA, 1, "Expected `array`, got `int` - at `package.files`"),
    "file without hash": (_package("a", "files = [{ file = 'x' }]") + METADATA, 1, "Object missing required field `hash` - at `package.files[0]`"),
    "unknown source": (_package("a", "[package.source]", "type = 'moon'", "url = 'x'") + METADATA, 1,
                       "'a': expected a source of type git, url, directory, file or legacy, found 'moon'"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_broken_names_file_and_line(case: str) -> None:
    text, line, message = BROKEN[case]
    with pytest.raises(InputError) as caught:
        read("poetry.lock", text)
    assert caught.value.message == f"poetry.lock:{line}: {message}"


def test_a_broken_manifest_names_itself() -> None:
    with pytest.raises(InputError, match=r"\Ax/pyproject\.toml:1: expected TOML, found none: "):
        read("x/poetry.lock", METADATA, {"x/pyproject.toml": "?"})


def test_of_the_real_lock_what_main_needs_is_for_every_system(tmp_path: Path) -> None:
    root = cases.case("lock-poetry-real", tmp_path)
    files = {path.name: path.read_bytes() for path in root.iterdir()}
    entries = by_name(read("poetry.lock", files["poetry.lock"], files))
    assert (entries["colorama"].pin.marker, entries["colorama"].groups) == ("", ("dev", "main"))
