"""The readers on real projects, against what others made of the same locks."""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from ops.supply_chain.contracts.config.locks import LocksConfig
from ops.supply_chain.contracts.values.lock import Lock
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.gather.gates.locks import read_project_locks


def _project(shared_data: Path, name: str) -> tuple[Lock, ...]:
    return read_project_locks(shared_data / "projects" / name, LocksConfig())


def _pins(lock: Lock) -> set[tuple[str, str, frozenset[str]]]:
    return {(entry.pin.name, entry.pin.version, frozenset(entry.pin.hashes)) for entry in lock.entries}


def _components(path: Path) -> set[tuple[str, str, frozenset[str]]]:
    found: set[tuple[str, str, frozenset[str]]] = set()
    for component in json.loads(path.read_bytes()).get("components", []):
        hashes = {
            f"{one['alg'].lower().replace('-', '')}:{one['content']}"
            for reference in component.get("externalReferences", [])
            for one in reference.get("hashes", [])
        }
        found.add((canonicalize_name(component["name"]), component["version"], frozenset(hashes)))
    return found


def test_soar_is_what_its_committed_sboms_say(shared_data: Path) -> None:
    root = shared_data / "projects" / "soar"
    locks = _project(shared_data, "soar")
    compared = 0
    for lock in locks:
        sbom = (root / lock.path).with_name("requirements.cdx.json")
        if sbom.is_file():
            compared += 1
            assert _pins(lock) == _components(sbom), lock.path
            assert (lock.source, bool(lock.compiled_at)) == (lock.path.replace(".txt", ".in"), True)
        else:
            assert (lock.entries, lock.source) == ((), "")
    assert (len(locks), compared) == (80, 76)
    assert not any(lock.findings for lock in locks)


def test_soar_lines_are_true(shared_data: Path) -> None:
    root = shared_data / "projects" / "soar"
    for lock in _project(shared_data, "soar"):
        lines = (root / lock.path).read_text().split("\n")
        for entry in lock.entries:
            assert lines[entry.line - 1].startswith(f"{entry.pin.written_name}=={entry.pin.version} ")


def test_warehouse(shared_data: Path) -> None:
    locks = {lock.path: lock for lock in _project(shared_data, "warehouse")}
    assert len(locks) == 10
    whole = locks["requirements.txt"]
    assert len(whole.included) == 7
    assert _pins(whole) == set().union(*(_pins(locks[path]) for path, _, _ in whole.included))
    assert locks["requirements/main.txt"].source == "requirements/main.in"
    findings = [(one.code, one.path, one.line) for lock in locks.values() for one in lock.findings]
    assert findings == [
        ("lock.unhashed", "requirements/ipython.txt", 1),
        ("lock.unpinned", "requirements/ipython.txt", 1),
    ]


@pytest.mark.parametrize(("project", "file"), [("saleor", "uv.lock"), ("poetry", "poetry.lock")])
def test_toml_locks_lose_nothing(shared_data: Path, project: str, file: str) -> None:
    (lock,) = _project(shared_data, project)
    data = (shared_data / "projects" / project / file).read_bytes()
    tables = tomllib.loads(data.decode())["package"]
    lines = data.decode().split("\n")
    assert [(entry.pin.written_name, entry.pin.version) for entry in lock.entries] == [
        (table["name"], table["version"]) for table in tables
    ]
    for entry, table in zip(lock.entries, tables, strict=True):
        listed = table.get("files") or [*filter(None, [table.get("sdist")]), *table.get("wheels", [])]
        assert set(entry.pin.hashes) == {one["hash"] for one in listed}
        assert lines[entry.line - 1] == "[[package]]"
        assert lines[entry.line] == f'name = "{table["name"]}"'
    assert lock.findings == ()
    assert lock.source == "pyproject.toml"


def test_saleor_edges(shared_data: Path) -> None:
    (lock,) = _project(shared_data, "saleor")
    tables = tomllib.loads((shared_data / "projects" / "saleor" / "uv.lock").read_text())["package"]
    (project,) = (table for table in tables if "virtual" in table["source"])
    asked = {one["name"] for one in [*project["dependencies"], *project["dev-dependencies"]["dev"]]}
    assert {entry.pin.name for entry in lock.entries if entry.direct} == asked
    needed = {table["name"]: {one["name"] for one in table.get("dependencies", [])} for table in tables}
    for entry in lock.entries:
        assert needed[entry.pin.name] <= {name for name, _ in entry.depends_on or ()}
    (root,) = (entry for entry in lock.entries if entry.pin.local)
    assert (root.pin.name, root.pin.source.url, root.groups) == ("saleor", ".", ())
    assert not [entry.pin.name for entry in lock.entries if not entry.groups and entry is not root]


EDGE_FINDINGS = {
    "frozen.txt": {"lock.unhashed": 1},
    "local.txt": {"lock.unhashed": 4, "lock.unpinned": 2, "lock.unnamed": 1, "lock.conflict": 2},
    "nested.txt": {"lock.unhashed": 1},
    "private-packages.txt": {"lock.unhashed": 2},
    "with-comments.txt": {"lock.unhashed": 5},
    "with-extras.txt": {"lock.unhashed": 1},
    "with-hashes.txt": {"lock.unpinned": 1, "lock.weak-hash": 1, "lock.unknown-hash": 1, "lock.unhashed": 1},
    "with-urls.txt": {"lock.mutable-source": 4, "lock.unversioned": 1, "lock.unhashed": 3, "lock.unpinned": 1},
    "without-pinned-versions.txt": {"lock.unhashed": 3, "lock.unpinned": 3},
}


def test_edge_requirements(shared_data: Path) -> None:
    locks = _project(shared_data, "edge-requirements")
    assert {lock.path: Counter(one.code for one in lock.findings) for lock in locks} == EDGE_FINDINGS
    assert "password" not in repr(locks)
    assert "user" not in repr(locks)


BROKEN = [
    "pylock.invalid-version.toml:1: expected lock-version '1.0', found '666'",
    "pylock.invalid.toml:1: expected TOML, found none: Expected '=' after a key in a key/value pair (at line 1, column 6)",
    "pylock.missing-packages.toml:1: against PEP 751: Missing required value in 'packages'",
    "pylock.missing-version.toml:1: expected the key 'lock-version', found none",
    "pylock.package-missing-name.toml:6: against PEP 751: Missing required value in 'packages[0].name'",
]


def test_edge_pylock_names_every_broken_one(shared_data: Path) -> None:
    with pytest.raises(InputError) as caught:
        _project(shared_data, "edge-pylock")
    assert caught.value.message == "5 locks are malformed:\n" + "\n".join(f"  {line}" for line in BROKEN)


def test_edge_pylock_without_the_broken_ones(shared_data: Path) -> None:
    config = LocksConfig(include=("pylock.basic.toml", "pylock.skipped.toml"))
    basic, skipped = read_project_locks(shared_data / "projects" / "edge-pylock", config)
    assert [(entry.pin.name, entry.line) for entry in basic.entries] == [("attrs", 6), ("cattrs", 19), ("numpy", 28)]
    assert basic.entries[1].depends_on == (("attrs", "25.1.0"),)
    assert basic.findings == ()
    assert [one.code for one in skipped.findings] == ["lock.unpinned"]
