"""The folder `policy/` under the loading rules of `opa`, imitated: a slip is seen where `opa` is not installed, too.

Source: https://www.openpolicyagent.org/docs/cli#test and https://www.openpolicyagent.org/docs/management-bundles: a
data file mounts at the path of its folder, documents merge unless two of them give one value, and a package and a
document may not define the same name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain.adapters.rego.metadata import package_of
from ops.supply_chain.adapters.rego.rule_files import load_policy
from tests.policy.support import ALL, POLICY

MODULES = sorted(POLICY.rglob("*.rego"))
DOCUMENTS = sorted(path for kind in ("*.json", "*.yaml", "*.yml") for path in POLICY.rglob(kind))
RULE = re.compile(r"^(?:default )?(?P<name>[a-z_][a-z0-9_]*)(?: contains|\(|\[| :=| if| \{)", re.MULTILINE)
IMPORT = re.compile(r"^import data\.(?P<path>[a-z0-9_.]+)(?: as [a-z_]+)?$", re.MULTILINE)


class ConflictError(Exception):
    """Two files give a value for one name."""


def merged(one: Any, other: Any, where: str) -> Any:
    if not isinstance(one, dict) or not isinstance(other, dict):
        raise ConflictError(where)
    common = {key: merged(one[key], other[key], f"{where}.{key}") for key in one.keys() & other.keys()}
    return one | other | common


def mounted(folder: Path, files: list[Path]) -> dict[str, Any]:
    """Return what opa shows below `data` for the data files of a folder."""
    data: dict[str, Any] = {}
    for path in files:
        document = json.loads(path.read_text())
        for part in reversed(path.parent.relative_to(folder).parts):
            document = {part: document}
        data = merged(data, document, "data")
    return data


def rules(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the package and the name of each rule of a folder."""
    for path in sorted(folder.rglob("*.rego")):
        source = path.read_text()
        for found in RULE.finditer(source):
            yield package_of(source, where=path.name), found["name"]


def refuse_collisions(data: dict[str, Any], names: set[tuple[str, str]]) -> None:
    for package, name in names:
        node: Any = data
        for part in [*package.split("."), name]:
            if part not in node:
                break
            node = node[part]
            if not isinstance(node, dict):
                raise ConflictError(f"data.{package}.{name}")
        else:
            raise ConflictError(f"data.{package}.{name}")


def test_all_data_mount_without_a_conflict() -> None:
    assert len(DOCUMENTS) > 10
    data = mounted(POLICY, DOCUMENTS)
    assert set(data) == {"data", "claims"}
    refuse_collisions(data, set(rules(POLICY)))


def test_the_engine_in_process_sees_the_same_data() -> None:
    documents = load_policy([("policy:", POLICY)], [*ALL, "claims"], {}).documents
    data = mounted(POLICY, DOCUMENTS)
    assert documents["claims"] == {"data": data["claims"]["data"]}
    assert documents["data"] == data["data"] | data["claims"]["data"]  # a rule of ours reads the latter by its profile


def test_every_import_leads_to_a_package_or_to_data() -> None:
    packages = {package_of(path.read_text(), where=path.name) for path in MODULES}
    below = {".".join(package.split(".")[:end]) for package in packages for end in range(1, package.count(".") + 2)}
    names = {f"{package}.{name}" for package, name in rules(POLICY)}
    data = mounted(POLICY, DOCUMENTS)
    for path in MODULES:
        for found in IMPORT.finditer(path.read_text()):
            node: Any = data
            for part in found["path"].split("."):
                node = node.get(part) if isinstance(node, dict) else None
            assert found["path"] in below | names or node is not None, f"{path}: {found[0]}"
        assert "data.data" not in path.read_text() or "claims" not in path.relative_to(POLICY).parts, path


def test_a_package_is_that_of_one_file_alone() -> None:
    packages = [package_of(path.read_text(), where=path.name) for path in MODULES]
    assert sorted(packages) == sorted(set(packages))
    for path, package in zip(MODULES, packages, strict=True):
        folder = path.parent.relative_to(POLICY).parts
        assert package.startswith(f"sealwright.{folder[0].replace('-', '_')}"), path


def test_every_test_file_has_a_test_and_no_other_file_has_one() -> None:
    for path in MODULES:
        names = [found["name"] for found in RULE.finditer(path.read_text())]
        tests = [name for name in names if name.startswith("test_")]
        expected = path.name.endswith("_test.rego") and path.parent.name != "lib"
        assert bool(tests) == expected, path
        assert len(tests) == len(set(tests)), path


CONFLICTS: dict[str, tuple[dict[str, str], str]] = {
    "two files of a folder give one name": (
        {"a/one.json": '{"x": {"controls": 1}}', "a/two.json": '{"x": {"controls": 2}}'},
        "data.a.x.controls",
    ),
    "a document where a package has a rule": (
        {"sealwright/a/x.json": '{"pass": 1}', "a/r.rego": "package sealwright.a\n\npass := true\n"},
        "data.sealwright.a.pass",
    ),
    "a value where a package is": (
        {"sealwright/x.json": '{"a": 1}', "a/r.rego": "package sealwright.a\n\npass if true\n"},
        "data.sealwright.a.pass",
    ),
}


@pytest.mark.parametrize("name", CONFLICTS)
def test_a_conflict_is_seen(name: str, tmp_path: Path) -> None:
    files, where = CONFLICTS[name]
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    with pytest.raises(ConflictError) as caught:
        refuse_collisions(mounted(tmp_path, sorted(tmp_path.rglob("*.json"))), set(rules(tmp_path)))
    assert str(caught.value) == where


def test_documents_that_share_no_name_are_merged(tmp_path: Path) -> None:
    for name, text in {"a/one.json": '{"x": {"y": 1}}', "a/two.json": '{"x": {"z": 2}}'}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert mounted(tmp_path, sorted(tmp_path.rglob("*.json"))) == {"a": {"x": {"y": 1, "z": 2}}}
