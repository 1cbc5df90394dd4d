"""uv.lock: sources, workspaces, groups, forks, and what is broken."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.supply_chain.contracts.values.lock import PinFile, PinSource, PinSourceKind
from ops.supply_chain.core.errors import InputError
from tests import cases
from tests.dependencies.locks.support import COMMIT, MD5, SHA, by_name, codes, only, read

HEAD = "version = 1\nrevision = 3\nrequires-python = '>=3.11'\n\n"
INDEX = "source = { registry = 'https://user:pw@h.org/simple' }"


def _package(name: str, *lines: str, version: str = "1.0", source: str = INDEX, hashed: bool = True) -> str:
    sdist = f"sdist = {{ url = 'https://u:p@h.org/{name}-{version}.tar.gz', hash = '{SHA}', size = 9 }}"
    stated = [f"version = '{version}'"] if version else []
    return "\n".join(["[[package]]", f"name = '{name}'", *stated, source, *([sdist] if hashed else []), *lines, "", ""])


def test_a_package_of_an_index() -> None:
    entry = only(read("uv.lock", HEAD + _package("a")))
    assert entry.line == 5
    assert entry.pin.source == PinSource(kind=PinSourceKind.INDEX, url="https://h.org/simple")
    assert entry.pin.files == (PinFile(hashes=(SHA,), name="a-1.0.tar.gz", url="https://h.org/a-1.0.tar.gz", size=9),)
    assert (entry.pin.hashes, entry.direct, entry.groups) == ((SHA,), False, ())


SOURCES = {
    "git": (f"{{ git = 'https://u:p@h.org/r?rev=main&subdirectory=s#{COMMIT}' }}", "vcs", "https://h.org/r", COMMIT, False, ["lock.unhashed"]),
    "git without commit": ("{ git = 'https://h.org/r?branch=main' }", "vcs", "https://h.org/r", "", False, ["lock.mutable-source"]),
    "url": ("{ url = 'https://u:p@h.org/a-1.zip', subdirectory = 's' }", "url", "https://h.org/a-1.zip", "", False, []),
    "path": ("{ path = 'a-1.whl' }", "path", "a-1.whl", "", False, []),
    "directory": ("{ directory = 'libs/a' }", "path", "libs/a", "", True, []),
    "editable": ("{ editable = 'a' }", "path", "a", "", True, []),
    "virtual": ("{ virtual = '.' }", "path", ".", "", True, []),
    "local index": ("{ registry = './links' }", "index", "./links", "", False, []),
}  # fmt: skip


@pytest.mark.parametrize("case", SOURCES)
def test_sources(case: str) -> None:
    source, kind, url, commit, local, told = SOURCES[case]
    lock = read("uv.lock", HEAD + _package("a", source=f"source = {source}", hashed=kind != "vcs"))
    pin = only(lock).pin
    assert (pin.source.kind.value, pin.source.url, pin.source.commit, pin.local) == (kind, url, commit, local)
    assert codes(lock) == [code for code in told if code != "lock.unhashed"]


def test_edges_directness_and_groups() -> None:
    text = HEAD + "".join(
        [
            _package("root", "dependencies = [{ name = 'a', extra = ['x'] }]", "[package.optional-dependencies]",
                     "fast = [{ name = 'b' }]", "[package.dev-dependencies]", "dev = [{ name = 'c' }]",
                     source="source = { editable = '.' }", hashed=False, version=""),
            _package("a", "dependencies = [{ name = 'd' }]", "[package.optional-dependencies]", "x = [{ name = 'e' }]"),
            _package("b"), _package("c", "dependencies = [{ name = 'd' }]"), _package("d"), _package("e"),
        ]
    )  # fmt: skip
    entries = by_name(read("uv.lock", text))
    assert {name: entry.direct for name, entry in entries.items()} == {
        "root": None, "a": True, "b": True, "c": True, "d": False, "e": False,
    }  # fmt: skip
    assert {name: entry.groups for name, entry in entries.items()} == {
        "root": (), "a": ("main",), "b": ("fast",), "c": ("dev",), "d": ("dev", "main"), "e": ("main",),
    }  # fmt: skip
    assert entries["root"].depends_on == (("a", "1.0"), ("b", "1.0"), ("c", "1.0"))
    assert entries["a"].depends_on == (("d", "1.0"), ("e", "1.0"))
    assert entries["d"].required_by == ("a", "c")
    assert entries["root"].required_by == ()


def test_forks_keep_every_version() -> None:
    text = HEAD + "".join(
        [
            _package("root", "dependencies = [{ name = 'a', version = '1.0', source = { registry = "
                     "'https://user:pw@h.org/simple' }, marker = \"os_name == 'nt'\" }, { name = 'a', version = '2.0' }]",
                     source="source = { virtual = '.' }", hashed=False),
            _package("a", "resolution-markers = [\"os_name == 'nt'\", \"os_name == 'x'\"]"),
            _package("a", version="2.0"),
        ]
    )  # fmt: skip
    lock = read("uv.lock", text)
    assert codes(lock) == []
    assert lock.entries[0].depends_on == (("a", "1.0"), ("a", "2.0"))
    assert [entry.pin.marker for entry in lock.entries] == ["", 'os_name == "nt" or os_name == "x"', ""]
    assert [entry.required_by for entry in lock.entries] == [(), ("root",), ("root",)]


def test_a_dependency_told_apart_by_its_source() -> None:
    text = HEAD + "".join(
        [
            _package("root", "dependencies = [{ name = 'a', source = { url = 'https://h.org/a.zip' } }]",
                     source="source = { virtual = '.' }", hashed=False),
            _package("a"), _package("a", version="2.0", source="source = { url = 'https://h.org/a.zip' }"),
        ]
    )  # fmt: skip
    lock = read("uv.lock", text)
    assert lock.entries[0].depends_on == (("a", "2.0"),)
    assert [entry.direct for entry in lock.entries] == [None, False, True]


def test_a_workspace() -> None:
    text = HEAD + "[manifest]\nmembers = ['One', 'two']\n\n" + "".join(
        [
            _package("one", "dependencies = [{ name = 'two' }, { name = 'a' }]", source="source = { editable = 'p/one' }"),
            _package("two", "dependencies = [{ name = 'b' }]", source="source = { editable = 'p/two' }"),
            _package("a"), _package("b"),
        ]
    )  # fmt: skip
    entries = by_name(read("uv.lock", text))
    assert {name: entry.direct for name, entry in entries.items()} == {"one": None, "two": True, "a": True, "b": True}


def test_a_script_lock() -> None:
    text = HEAD + "[manifest]\nrequirements = [{ name = 'a', specifier = '>=1' }]\n\n" + _package("a") + _package("b")
    lock = read("tool.py.lock", text, {"tool.py": ""})
    assert {entry.pin.name: entry.direct for entry in lock.entries} == {"a": True, "b": False}
    assert lock.source == "tool.py"


def test_cycles_end() -> None:
    text = HEAD + "".join(
        [_package("root", "dependencies = [{ name = 'a' }]", source="source = { virtual = '.' }"),
         _package("a", "dependencies = [{ name = 'b' }, { name = 'a' }]"),
         _package("b", "dependencies = [{ name = 'a' }]")]
    )  # fmt: skip
    assert by_name(read("uv.lock", text))["a"].depends_on == (("b", "1.0"),)


def test_what_has_to_be_told() -> None:
    text = HEAD + "".join(
        [
            _package("a", hashed=False),
            _package("b", f"wheels = [{{ url = 'https://h.org/b.whl' }}, {{ url = 'https://h.org/c.whl', hash = '{MD5}' }}]"),
            _package("c", version=""),
            _package("d", "dependencies = [{ name = 'gone' }]"),
            _package("d", "dependencies = [{ name = 'gone' }]"),
        ]
    )  # fmt: skip
    findings = read("uv.lock", text).findings
    assert [(one.code, one.line, one.message) for one in findings] == [
        ("lock.unhashed", 5, "a 1.0: no hash"),
        ("lock.unhashed", 10, "b 1.0: 1 of 3 files without hash"),
        ("lock.weak-hash", 10, "b 1.0: fixed by weak hashes alone (md5)"),
        ("lock.unpinned", 17, "c: no exact version"),
        ("lock.dangling", 22, "d: needs 'gone', which is not in the lock"),
        ("lock.dangling", 29, "d: needs 'gone', which is not in the lock"),
        ("lock.duplicate", 29, "d 1.0: already in line 22"),
    ]


BROKEN: dict[str, tuple[str | bytes, int, str]] = {
    "not TOML": ("x", 1, "expected TOML, found none: "),
    "not UTF-8": (b"version = 1\nx = '\xff'", 2, "expected UTF-8, found byte 0xff"),
    "no version": ("revision = 1\n", 1, "expected version = 1 of uv.lock, found 'None'"),
    "next version": ("\nversion = 2\n", 2, "expected version = 1 of uv.lock, found '2'"),
    "version of another type": ("version = true\n", 1, "expected version = 1 of uv.lock, found 'True'"),
    "old layout": ("version = 1\n[[distribution]]\nname = 'a'\n", 2, "expected [[package]], found [[distribution]] of an old uv"),
    "no array": ("version = 1\npackage = 3\n", 2, "expected an array of tables [[package]], found another type"),
    "no array of tables": ("version = 1\npackage = [3]\n", 2, "expected an array of tables [[package]], found another type"),
    "no name": (HEAD + "[[package]]\nversion = '1'\n" + INDEX, 5, "Object missing required field `name` - at `package`"),
    "name of another type": (HEAD + "[[package]]\nname = 3\n" + INDEX, 5, "Expected `str`, got `int` - at `package.name`"),
    "name that is none": (HEAD + _package("a\\u0007b".replace("'", "")).replace("'a\\u0007b'", '"a\\u0007b"'), 5, "expected a package name, found 'a?b'"),
    "no source": (HEAD + _package("a") + _package("b", source=""), 11, "Object missing required field `source` - at `package`"),
    "unknown source": (HEAD + _package("a", source="source = { moon = 'x' }"), 5, "a: expected a source that uv knows (registry, git, url, path, ...), found none"),
    "version that is none": (HEAD + _package("a", version="one"), 5, "a: expected a PEP 440 version, found 'one'"),
    "marker that is none": (HEAD + _package("a", "resolution-markers = ['?']"), 5, "a: '(?)' is not an environment marker"),
    "hash of another type": (HEAD + _package("a", "wheels = [{ hash = 3 }]"), 5, "Expected `str`, got `int` - at `package.wheels[0].hash`"),
    "size of no file": (HEAD + _package("a", f"wheels = [{{ size = {1 << 64} }}]"), 5, f"Expected `int` <= {(1 << 63) - 1} - at `package.wheels[0].size`"),
    "size below zero": (HEAD + _package("a", "wheels = [{ size = -1 }]"), 5, "Expected `int` >= 0 - at `package.wheels[0].size`"),
    "dependency of another type": (HEAD + _package("a", "dependencies = ['b']"), 5, "Expected `object`, got `str` - at `package.dependencies[0]`"),
    "manifest of another type": (HEAD + "manifest = 3\n", 5, "Expected `object`, got `int` - at `$.manifest`"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_broken_names_file_and_line(case: str) -> None:
    text, line, message = BROKEN[case]
    with pytest.raises(InputError) as caught:
        read("x/uv.lock", text)
    assert caught.value.message.startswith(f"x/uv.lock:{line}: {message}")


def test_a_lock_without_packages_is_empty() -> None:
    assert read("uv.lock", HEAD).entries == ()


def test_equal_pins_of_two_locks_are_one_object() -> None:
    one, two = (
        only(read(path, HEAD + "\n" * shift + _package("a"))) for shift, path in enumerate(("uv.lock", "b/uv.lock"))
    )
    assert one.pin is two.pin
    assert (one.line, two.line) == (5, 6)


def test_one_version_from_two_sources_keeps_the_edges_and_groups_of_each(tmp_path: Path) -> None:
    lock = read("uv.lock", (cases.case("lock-uv-two-flat-indexes", tmp_path) / "uv.lock").read_bytes())
    found = {(entry.pin.name, entry.pin.source.url): (entry.depends_on, entry.groups) for entry in lock.entries}
    idna, certifi = ("idna", "3.10"), ("certifi", "2024.8.30")
    assert found["accel", "idxa"] == ((idna,), ("cpu",))
    assert found["accel", "idxb"] == ((certifi, idna), ("gpu",))
    assert found["certifi", "https://pypi.org/simple"][1] == ("gpu",)
