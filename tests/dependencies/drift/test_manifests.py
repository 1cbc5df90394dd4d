"""A lock of another tool against its manifest: each mismatch is named with its line, and what cannot be compared is not examined."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.supply_chain.contracts.values.lock import Lock, LockEntry, LockKind, Pin
from ops.supply_chain.dependencies.drift.consistency import mismatches
from ops.supply_chain.dependencies.drift.declared import DeclaredManifest
from ops.supply_chain.dependencies.drift.manifests import compare_with_manifest
from ops.supply_chain.dependencies.locks.read import read_lock
from ops.supply_chain.formats.pyproject import DeclaredDependency

PROJECT = '[project]\nname = "demo"\ndependencies = ["idna>=3,<4", "win; os_name == \'nt\'"]\n[dependency-groups]\ndev = ["ruff"]\n'


def lock_of(kind: LockKind, *pins: str, path: str = "", source: str = "pyproject.toml") -> Lock:
    entries = []
    for line, pin in enumerate(pins, start=2):
        name, _, version = pin.partition("==")
        made = Pin(name=name, written_name=name, version=version, hashes=())
        entries.append(LockEntry(pin=made, line=line, path=path or kind.value, groups=("main",)))
    return Lock(path=path or kind.value, kind=kind, sha256="0" * 64, size=1, entries=tuple(entries), source=source)


def told(lock: Lock, manifest: str = PROJECT, text: str = "") -> list[tuple[str, str, str, int]] | None:
    found = compare_with_manifest(lock, text, manifest)
    return None if found is None else [(one.message, one.package, one.version, one.line) for one in found]


CASES: dict[str, tuple[Lock, list[tuple[str, str, str, int]]]] = {
    "agrees": (lock_of(LockKind.UV, "idna==3.7", "ruff==1"), []),
    "conditional ones may be there": (lock_of(LockKind.UV, "idna==3.7", "ruff==1", "win==1"), []),
    "missing": (
        lock_of(LockKind.UV, "ruff==1"),
        [("pyproject.toml requires idna <4,>=3, which is not in uv.lock", "idna", "", 0)],
    ),
    "outside": (
        lock_of(LockKind.UV, "ruff==1", "idna==4.0"),
        [("pyproject.toml requires idna <4,>=3, but 4.0 is locked", "idna", "4.0", 3)],
    ),
    "one of several is enough": (lock_of(LockKind.UV, "idna==2.0", "idna==3.0", "ruff==1"), []),
    "no version to compare": (lock_of(LockKind.UV, "idna", "ruff==1"), []),
    "no version that can be compared": (
        lock_of(LockKind.UV, "idna==what", "ruff==1"),
        [("pyproject.toml requires idna <4,>=3, which cannot be compared with a version", "idna", "", 0)],
    ),
    "a group is missing": (
        lock_of(LockKind.UV, "idna==3.7"),
        [("pyproject.toml requires ruff, which is not in uv.lock", "ruff", "", 0)],
    ),
    "pdm may leave a group out": (lock_of(LockKind.PDM, "idna==3.7"), []),
    "a pylock is of the plain dependencies": (lock_of(LockKind.PYLOCK, "idna==3.7"), []),
    "a named pylock is of its group": (lock_of(LockKind.PYLOCK, "ruff==1", path="pylock.dev.toml"), []),
    "a named pylock of no group needs no package of a group": (
        lock_of(LockKind.PYLOCK, "idna==3.7", path="pylock.linux.toml"),
        [],
    ),
    "a named pylock of no group": (
        lock_of(LockKind.PYLOCK, "ruff==1", path="pylock.linux.toml"),
        [("pyproject.toml requires idna <4,>=3, which is not in pylock.linux.toml", "idna", "", 0)],
    ),
}


@pytest.mark.parametrize(("lock", "expected"), CASES.values(), ids=CASES)
def test_each_direct_dependency_is_held_against_the_lock(lock: Lock, expected: list[tuple[str, str, str, int]]) -> None:
    assert told(lock) == expected


WITH_CONDITION = '[project]\nname = "demo"\ndependencies = ["win>=2; os_name == \'nt\'"]\n'


@pytest.mark.parametrize(
    ("pins", "expected"),
    [
        pytest.param(("win==1",), [("pyproject.toml requires win >=2, but 1 is locked", "win", "1", 2)], id="one"),
        pytest.param(("win==1", "win==1.5"), [], id="several, each for a condition of its own"),
        pytest.param((), [], id="none"),
    ],
)
def test_a_version_that_a_condition_asks_for(pins: tuple[str, ...], expected: list[tuple[str, str, str, int]]) -> None:
    assert told(lock_of(LockKind.UV, *pins), WITH_CONDITION) == expected


def test_what_a_build_decides_or_a_script_asks_cannot_be_told() -> None:
    assert told(lock_of(LockKind.UV, "idna==3"), '[project]\ndynamic = ["dependencies"]\n') is None
    assert told(lock_of(LockKind.UV, "idna==3", source="tool.py"), "import idna\n") is None


def test_poetrys_hash_is_told_at_its_line() -> None:
    text = '# Poetry 2.5.1\n[metadata]\ncontent-hash = "0"\n'
    lock = lock_of(LockKind.POETRY, "idna==3.7", "ruff==1")
    assert told(lock, text=text) == [("its content-hash does not match pyproject.toml", "", "", 3)]
    assert told(lock, text="") == [("its content-hash does not match pyproject.toml", "", "", 0)]


@pytest.mark.parametrize("meta", [{}, {"hash": {"sha256": "0"}}, {"hash": 7}])
def test_pipenvs_hash(meta: object) -> None:
    lock = lock_of(LockKind.PIPFILE, "idna==3.7", source="Pipfile")
    manifest = '[[source]]\nurl = "u"\n[packages]\nidna = "*"\n'
    assert told(lock, manifest, json.dumps({"_meta": meta})) == [("its _meta.hash does not match Pipfile", "", "", 1)]


@pytest.mark.parametrize("name", ["saleor/uv.lock", "poetry/poetry.lock"])
def test_real_locks_agree_and_any_lost_dependency_is_named(shared_data: Path, name: str) -> None:
    path = shared_data / "projects" / name
    manifest = (path.parent / "pyproject.toml").read_text()
    lock = read_lock(path.name, path.read_bytes(), lambda one: (path.parent / one).read_bytes())
    assert compare_with_manifest(lock, path.read_text(), manifest) == ()
    direct = sorted({entry.pin.name for entry in lock.entries if entry.direct})
    named = []
    for gone in direct:
        rest = tuple(entry for entry in lock.entries if entry.pin.name != gone)
        found = compare_with_manifest(msgspec.structs.replace(lock, entries=rest), path.read_text(), manifest)
        assert found is not None
        named += [gone] * ({one.package for one in found} == {gone})
    assert sorted(set(direct) - set(named)) == CONDITIONAL[name]


CONDITIONAL = {"saleor/uv.lock": ["python-magic", "python-magic-bin"], "poetry/poetry.lock": ["tomli", "xattr"]}
"""Direct dependencies with a marker: whether they have to be there depends on the environment."""

NAMES = st.sampled_from(["a", "b", "c", "d"])


@settings(derandomize=True, max_examples=60)
@given(st.lists(NAMES, unique=True), st.lists(NAMES, unique=True))
def test_exactly_what_is_not_locked_is_named(asked: list[str], locked: list[str]) -> None:
    wanted = tuple(DeclaredDependency(name) for name in asked)
    lock = lock_of(LockKind.UV, *(f"{name}==1" for name in locked))
    found = mismatches(lock, DeclaredManifest(declared=wanted, dynamic=False), where="p")
    assert [one.package for one in found] == [name for name in asked if name not in locked]
