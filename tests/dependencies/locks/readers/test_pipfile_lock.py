"""Pipfile.lock: sections, sources, lines of keys."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ops.supply_chain.contracts.values.lock import PinSource, PinSourceKind
from ops.supply_chain.core.errors import InputError
from tests.dependencies.locks.support import COMMIT, SHA, codes, only, read

META = {
    "hash": {"sha256": "x"},
    "pipfile-spec": 6,
    "requires": {"python_version": "3.12"},
    "sources": [
        {"name": "pypi", "url": "https://pypi.org/simple", "verify_ssl": True},
        {"name": "ours", "url": "https://${USER}:pw@h.org/simple", "verify_ssl": True},
    ],
}


def _lock(**sections: dict[str, Any]) -> str:
    return json.dumps({"_meta": META, **sections}, indent=4)


def _one(**stated: Any) -> str:
    return _lock(default={"a": {"hashes": [SHA], "version": "==1.0", **stated}}, develop={})


def test_sections_lines_and_directness() -> None:
    pin = {"hashes": [SHA], "version": "==1.0"}
    text = _lock(default={"A_b": pin, "_meta": pin | {"version": "==2"}}, develop={"A_b": pin}, docs={"c": pin})
    text = text.replace('"_meta": {\n            "h', '"d": {\n            "h')
    lock = read("Pipfile.lock", text, {"Pipfile": "[packages]\nA_b = '*'\n[docs]\nC = '*'\n[[source]]\nname = 'd'\n"})
    lines = text.split("\n")
    assert [(one.pin.name, one.groups, one.direct) for one in lock.entries] == [
        ("a-b", ("main",), True), ("d", ("main",), False), ("a-b", ("develop",), True), ("c", ("docs",), True),
    ]  # fmt: skip
    assert [lines[one.line - 1].strip() for one in lock.entries] == ['"A_b": {', '"d": {', '"A_b": {', '"c": {']
    assert lock.entries[0].pin is lock.entries[2].pin
    assert (codes(lock), lock.source, lock.format_version) == ([], "Pipfile", "6")


PACKAGES: dict[str, tuple[dict[str, Any], PinSource, str, bool, list[str]]] = {
    "first source": ({}, PinSource(kind=PinSourceKind.INDEX, url="https://pypi.org/simple"), "1.0", False, []),
    "named source": ({"index": "ours"}, PinSource(kind=PinSourceKind.INDEX, url="https://h.org/simple"), "1.0", False, []),
    "star": ({"version": "*"}, PinSource(kind=PinSourceKind.INDEX, url="https://pypi.org/simple"), "", False, ["lock.unpinned"]),
    "wildcard": ({"version": "==1.*"}, PinSource(kind=PinSourceKind.INDEX, url="https://pypi.org/simple"), "", False, ["lock.unpinned"]),
    "commit": ({"git": "https://u:p@h.org/r.git", "ref": COMMIT, "hashes": [], "version": ""},
               PinSource(kind=PinSourceKind.VCS, vcs="git", url="https://h.org/r.git", commit=COMMIT), "", False, ["lock.unversioned"]),
    "branch": ({"git": "https://h.org/r.git", "ref": "main"}, PinSource(kind=PinSourceKind.VCS, vcs="git", url="https://h.org/r.git"), "1.0",
               False, ["lock.mutable-source"]),
    "editable folder": ({"path": ".", "editable": True, "version": "", "hashes": []}, PinSource(kind=PinSourceKind.PATH, url=".", editable=True), "", True, []),
    "remote file": ({"file": "https://u:p@h.org/a-3.0.zip", "version": ""}, PinSource(kind=PinSourceKind.URL, url="https://h.org/a-3.0.zip"), "3.0", False, []),
    "no hashes": ({"hashes": []}, PinSource(kind=PinSourceKind.INDEX, url="https://pypi.org/simple"), "1.0", False, ["lock.unhashed"]),
}  # fmt: skip


@pytest.mark.parametrize("case", PACKAGES)
def test_a_package(case: str) -> None:
    stated, source, version, local, told = PACKAGES[case]
    lock = read("Pipfile.lock", _one(**stated))
    pin = only(lock).pin
    assert (pin.source, pin.version, pin.local, codes(lock)) == (source, version, local, told)


def test_marker_and_extras() -> None:
    pin = only(read("Pipfile.lock", _one(markers="python_version >= '3.7'", extras=["Y", "x"]))).pin
    assert (pin.marker, pin.extras) == ('python_version >= "3.7"', ("x", "y"))


BROKEN: dict[str, tuple[str | bytes, int, str]] = {
    "not JSON": ('{\n  "a": ]', 2, "expected JSON, found none: Expecting value"),
    "NaN": ('{"a": NaN}', 1, "expected JSON, found none: NaN is not JSON"),
    "too deep": ("[" * 100_000, 1, "expected JSON, found none: "),
    "no object": ("[]", 1, "expected a JSON object, found another type"),
    "no meta": ("{}", 1, "expected the key '_meta', found none"),
    "next spec": ('{\n"_meta":\n{\n"pipfile-spec": 7}}', 4, "expected pipfile-spec 6, found 7"),
    "spec of another type": ('{\n"_meta": {"pipfile-spec": "6"}}', 2, "Expected `int`, got `str` - at `$._meta.pipfile-spec`"),
    "section of another type": ('{"_meta": {"pipfile-spec": 6},\n"default": []}', 2, "expected an object of packages in 'default', found none"),
    "package of another type": ('{"_meta": {"pipfile-spec": 6},\n"default": {\n"a": 3}}', 3, "Expected `object`, got `int`"),
    "hashes of another type": ('{"_meta": {"pipfile-spec": 6},\n"default": {\n"a": {\n"hashes": "x"}}}', 3, "Expected `array`, got `str` - at `package.hashes`"),
    "key twice": ('{"_meta": {"pipfile-spec": 6},\n"default": {"a": {},\n\n"a": {}}}', 4, "expected each key once, found 'a' again"),
    "name that is none": ('{"_meta": {"pipfile-spec": 6},\n"default": {"a\\nb": {}}}', 2, "expected a package name, found 'a?b'"),
    "half of a surrogate pair": ('{"_meta": {"pipfile-spec": 6},\n"default": {"a":\n{"path": "./\\uD83D\\uDE00 \\udc80"}}}', 3, "expected text, found half of a surrogate pair"),
    "half of a pair in a key": ('{"_meta": {"pipfile-spec": 6},\n"x\\ud800": {}}', 2, "expected text, found half of a surrogate pair"),
    "not UTF-8": (b'{\n"\xff"', 2, "expected UTF-8, found byte 0xff"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_broken_names_file_and_line(case: str) -> None:
    text, line, message = BROKEN[case]
    with pytest.raises(InputError) as caught:
        read("Pipfile.lock", text)
    assert caught.value.message.startswith(f"Pipfile.lock:{line}: {message}")
