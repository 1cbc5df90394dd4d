"""pylock.toml: what PEP 751 says, with lines."""

from __future__ import annotations

import pytest

from ops.supply_chain.contracts.values.lock import PinSource, PinSourceKind
from ops.supply_chain.core.errors import InputError
from tests.dependencies.locks.support import COMMIT, MD5, SHA, by_name, codes, only, read

HEAD = "lock-version = '1.0'\ncreated-by = 'x'\n\n"
HASH = f"hashes = {{ sha256 = '{SHA[7:]}' }}"


def _package(name: str, *lines: str, version: str = "1.0", hashes: str = HASH) -> str:
    stated = [f"version = '{version}'"] if version else []
    sdist = f"sdist = {{ url = 'https://u:p@h.org/{name}-1.0.tar.gz', {hashes}, size = 3 }}"
    return "\n".join(["[[packages]]", f"name = '{name}'", *stated, *(lines or [sdist]), "", ""])


def test_a_package_of_an_index() -> None:
    entry = only(read("pylock.toml", HEAD + _package("a")))
    (file,) = entry.pin.files
    assert (file.name, file.url, file.size) == ("a-1.0.tar.gz", "https://h.org/a-1.0.tar.gz", 3)
    assert (entry.line, entry.pin.hashes, entry.direct, entry.depends_on) == (4, (SHA,), None, None)


SOURCES = {
    "commit": (f"vcs = {{ type = 'git', url = 'https://u:p@h.org/r', commit-id = '{COMMIT}' }}",
               PinSource(kind=PinSourceKind.VCS, vcs="git", url="https://h.org/r", commit=COMMIT), False, []),
    "short commit": ("vcs = { type = 'git', url = 'https://h.org/r', commit-id = 'abc' }",
                     PinSource(kind=PinSourceKind.VCS, vcs="git", url="https://h.org/r"), False, ["lock.mutable-source"]),
    "folder": ("directory = { path = '.', editable = true }", PinSource(kind=PinSourceKind.PATH, url=".", editable=True), True, []),
    "archive": (f"archive = {{ url = 'https://u:p@h.org/a.zip', {HASH} }}", PinSource(kind=PinSourceKind.URL, url="https://h.org/a.zip"), False, []),
    "local archive": (f"archive = {{ path = 'a.zip', {HASH} }}", PinSource(kind=PinSourceKind.PATH, url="a.zip"), False, []),
    "index": (f"index = 'https://u:p@h.org/simple'\nsdist = {{ name = 'a-1.0.tar.gz', path = 'x', {HASH} }}",
              PinSource(kind=PinSourceKind.INDEX, url="https://h.org/simple"), False, []),
}  # fmt: skip


@pytest.mark.parametrize("case", SOURCES)
def test_sources(case: str) -> None:
    lines, source, local, told = SOURCES[case]
    lock = read("pylock.dev.toml", HEAD + _package("a", lines))
    assert (only(lock).pin.source, only(lock).pin.local, codes(lock)) == (source, local, told)


def test_dependencies_give_edges() -> None:
    sdist = f"sdist = {{ name = 'a-1.0.tar.gz', path = 'x', {HASH} }}"
    text = HEAD + _package("a", "dependencies = [{ name = 'b' }, { name = 'gone' }]", sdist) + _package("b")
    entries = by_name(read("pylock.toml", text))
    assert (entries["a"].depends_on, entries["a"].required_by) == ((("b", "1.0"),), ())
    assert (entries["b"].depends_on, entries["b"].required_by) == ((), ("a",))


def test_what_has_to_be_told() -> None:
    text = HEAD + _package("a", version="") + _package("b", hashes=f"hashes = {{ md5 = '{MD5[4:]}' }}")
    assert [(one.code, one.line) for one in read("pylock.toml", text).findings] == [
        ("lock.unpinned", 4),
        ("lock.weak-hash", 8),
    ]


def test_an_inline_array_has_lines_too() -> None:
    sdist = f"sdist = {{ name = 'NAME-1.0.tar.gz', path = 'x', {HASH} }}"
    tables = ",\n\n  ".join(f"{{ name = '{name}', version = '1.0', {sdist.replace('NAME', name)} }}" for name in "ab")
    assert [entry.line for entry in read("pylock.toml", HEAD + f"packages = [\n  {tables}\n]\n").entries] == [5, 7]


def test_a_newer_minor_version_is_read() -> None:
    lock = read("pylock.toml", HEAD.replace("1.0", "1.7") + _package("a"))
    assert (lock.format_version, len(lock.entries)) == ("1.7", 1)


def test_no_packages_are_an_empty_lock() -> None:
    assert read("pylock.toml", HEAD + "packages = []\n").entries == ()


BROKEN = {
    "wrong type": (HEAD + _package("a") + _package("b", "wheels = 3"), 9, "against PEP 751: Unexpected type int (expected Sequence) in 'packages[1].wheels'"),
    "name not normalised": (HEAD + _package("A_b"), 4, "against PEP 751: Name 'A_b' is not normalized in 'packages[0].name'"),
    "two sources": (HEAD + _package("a", "directory = { path = '.' }", f"archive = {{ path = 'x', {HASH} }}"), 4,
                    "against PEP 751: Exactly one of vcs, directory, archive must be set if sdist and wheels are not set in 'packages[0]'"),
    "no hash": (HEAD + _package("a", hashes="hashes = {}"), 4, "against PEP 751: At least one hash must be provided in 'packages[0].sdist.hashes'"),
    "size of no file": (HEAD + _package("a", f"sdist = {{ name = 'a-1.0.tar.gz', path = 'x', {HASH}, size = {1 << 70} }}"), 4, f"Expected `int` <= {(1 << 63) - 1}"),
    "no creator": ("lock-version = '1.0'\npackages = []\n", 1, "against PEP 751: Missing required value in 'created-by'"),
    "environments": (HEAD + "environments = ['?']\npackages = []\n", 4, "against PEP 751: "),
    "version of another type": ("\nlock-version = 1.0\n", 2, "expected lock-version '1.0', found '1.0'"),
    "next version": ("lock-version = '2.0'\n", 1, "expected lock-version '1.0', found '2.0'"),
    "packages of another type": (HEAD + "packages = 'x'", 4, "expected an array of tables [[packages]], found another type"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_broken_names_file_and_line(case: str) -> None:
    text, line, message = BROKEN[case]
    with pytest.raises(InputError) as caught:
        read("pylock.toml", text)
    assert caught.value.message.startswith(f"pylock.toml:{line}: {message}")
