"""The stage: real projects, what it refuses, and that nothing but the inputs decides its bytes."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest

from ops.supply_chain import generate_sbom
from ops.supply_chain.adapters.tools.schemas import schema_problems
from ops.supply_chain.contracts.config.locks import LocksConfig
from ops.supply_chain.contracts.values.core_metadata import CoreMetadata
from ops.supply_chain.contracts.values.lock import Lock, Pin, PinSourceKind
from ops.supply_chain.contracts.values.package_index import MetadataAnswer
from ops.supply_chain.core import canonical
from ops.supply_chain.core.errors import UnavailableError
from ops.supply_chain.core.names import normalise
from ops.supply_chain.gather.gates.locks import read_project_locks
from ops.supply_chain.inventory.checks.check import check_document
from tests.inventory.made_locks import metadata

ALGORITHMS = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}
Facts = set[tuple[str, str, str]]


def made(dist: Path, name: str) -> Any:
    return json.loads((dist / "sbom" / name).read_text())


def record(dist: Path) -> Any:
    return json.loads((dist / "records" / "generate_sbom.json").read_text())


def facts_of_document(document: Any) -> Facts:
    return {
        (normalise(component["name"]), component.get("version", ""), digest)
        for component in document["components"]
        for digest in [*(f"{ALGORITHMS[h['alg']]}:{h['content']}" for h in component.get("hashes", ())), ""]
    }


def facts_of_lock(lock: Lock, root: str) -> Facts:
    return {
        (entry.pin.name, entry.pin.version, digest)
        for entry in lock.entries
        for digest in [*entry.pin.hashes, ""]
        if not (entry.pin.local and entry.pin.name == root and entry.pin.source.kind is PinSourceKind.PATH)
    }


class FakeIndex:
    """Answers like `adapters.index.PackageIndex`, from what the test lays down."""

    found: ClassVar[dict[str, CoreMetadata]] = {}
    fails = False

    def __init__(self, *_: Any, **__: Any) -> None:
        return

    def core_metadata(self, pins: Sequence[Pin]) -> MetadataAnswer:
        if self.fails:
            raise UnavailableError("the index did not answer", hint="Wait.")
        found = {pin: self.found[pin.name] for pin in pins if pin.name in self.found}
        gone = tuple((pin, "the index has no such release") for pin in pins if pin not in found)
        return MetadataAnswer(found=found, missing=gone)


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> type[FakeIndex]:
    monkeypatch.setattr("ops.supply_chain.adapters.index.client.PackageIndex", FakeIndex)
    monkeypatch.setattr(FakeIndex, "found", {})
    monkeypatch.setattr(FakeIndex, "fails", False)
    return FakeIndex


@pytest.fixture
def small(tmp_path: Path) -> Path:
    root = tmp_path / "small"
    root.mkdir()
    (root / "requirements.txt").write_text(
        f"# uv-compiled-at: 2026-05-13T07:41:45Z\nidna==3.20 --hash=sha256:{'a' * 64}\n"
        f"Zope.Interface==7.0 ; python_version < '3.13' --hash=sha256:{'b' * 64}\n"
    )
    return root


def run(root: Path, dist: Path, *more: str) -> int:
    return generate_sbom.main(["--project", str(root), "--dist", str(dist), "--version", "v1.0", *more])


PROJECTS = {
    "soar": {"locks": 80, "empty_locks": 4, "locked": 24, "components": 24},
    "warehouse": {"locks": 10, "empty_locks": 0, "locked": 305, "components": 304},
    "saleor": {"locks": 1, "empty_locks": 0, "locked": 231, "components": 230},
    "poetry": {"locks": 1, "empty_locks": 0, "locked": 78, "components": 78},
}


@pytest.mark.parametrize("name", [*PROJECTS, "edge-requirements"])
def test_real_projects(shared_data: Path, tmp_path: Path, name: str) -> None:
    root = shared_data / "projects" / name
    assert run(root, tmp_path, "--no-enrich", "--formats", "all", "--lock-formats", "cyclonedx-1.6,cyclonedx-1.7") == 0
    counts = record(tmp_path)["counts"]
    assert counts["locked"] == counts["examined"] > 0
    assert {key: counts[key] for key in PROJECTS.get(name, {})} == PROJECTS.get(name, {})
    _each_lock_is_told_exactly(root, tmp_path, record(tmp_path)["component"])
    _every_document_is_valid(tmp_path)


def _each_lock_is_told_exactly(root: Path, dist: Path, name: str) -> None:
    union: Facts = set()
    locks = read_project_locks(root, LocksConfig())
    for lock in locks:
        expected = facts_of_lock(lock, name)
        for suffix in (".cdx.json", ".1.7.cdx.json"):
            document = made(dist, f"locks/{lock.path}{suffix}")
            told = {entry for entry in expected if entry[2].partition(":")[0] in {"", *ALGORITHMS.values()}}
            assert facts_of_document(document) == told
        union |= told
    for aggregate in (f"{name}-sbom.json", f"{name}-sbom.1.7.json"):
        assert facts_of_document(made(dist, aggregate)) == union
    lines = {(entry.path, entry.line) for lock in locks for entry in lock.entries if not entry.pin.local}
    told_lines = {
        (place["location"], place["line"])
        for component in made(dist, f"{name}-sbom.json")["components"]
        for place in component["evidence"]["occurrences"]
    }
    assert lines <= told_lines


def _every_document_is_valid(dist: Path) -> None:
    for path in (dist / "sbom").rglob("*.json"):
        data = path.read_bytes()
        plain = json.loads(data)
        assert canonical.encode(plain) == data
        assert check_document(plain) == ()
        if plain.get("bomFormat"):
            assert schema_problems(plain, plain["specVersion"]) == ()


@pytest.mark.parametrize(
    "name",
    [*(pytest.param(name, marks=[pytest.mark.whole] * (name != "poetry")) for name in PROJECTS), "edge-requirements"],
)
def test_the_librarys_own_validator_agrees(shared_data: Path, tmp_path: Path, name: str) -> None:
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    root = shared_data / "projects" / name
    both = ("--formats", "cyclonedx-1.6,cyclonedx-1.7", "--lock-formats", "cyclonedx-1.6")
    assert run(root, tmp_path, "--no-enrich", *both) == 0
    validators = {version: JsonStrictValidator(SchemaVersion.from_version(version)) for version in ("1.6", "1.7")}
    for path in (tmp_path / "sbom").rglob("*.json"):
        text = path.read_text()
        assert validators[json.loads(text)["specVersion"]].validate_str(text) is None, path


def test_soar_agrees_with_the_sboms_committed_beside_its_locks(shared_data: Path, tmp_path: Path) -> None:
    root = shared_data / "projects" / "soar"
    assert run(root, tmp_path, "--no-enrich", "--formats", "cyclonedx-1.6") == 0
    committed = sorted(root.rglob("requirements.cdx.json"))
    assert len(committed) == 76
    for path in committed:
        theirs = json.loads(path.read_text()).get("components", [])
        expected: dict[tuple[str, str], set[str]] = defaultdict(set)
        for their in theirs:
            hashes = [h["content"] for reference in their["externalReferences"] for h in reference.get("hashes", ())]
            expected[(their["name"], their["version"])] |= set(hashes)
        folder = path.parent.relative_to(root)
        ours = made(tmp_path, f"locks/{folder}/requirements.txt.cdx.json")["components"]
        assert {(our["name"], our["version"]): {h["content"] for h in our["hashes"]} for our in ours} == expected


def test_a_private_index_leaves_no_credentials(shared_data: Path, tmp_path: Path) -> None:
    assert (
        run(
            shared_data / "projects" / "edge-requirements",
            tmp_path,
            "--no-enrich",
            "--formats",
            "all",
            "--lock-formats",
            "all",
        )
        == 0
    )
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*.json"))
    assert b"pypackages.acme.org" in written
    assert b"user:password" not in written
    assert b"user%3Apassword" not in written


def test_broken_locks_are_named_with_file_and_line_and_the_sbom_is_incomplete(
    shared_data: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(shared_data / "projects" / "edge-pylock", tmp_path) == 3
    assert "where: pylock.invalid-version.toml:1\n" in capfd.readouterr().out
    [path] = (tmp_path / "sbom").glob("*-sbom.json")
    parts = json.loads(path.read_bytes())["compositions"]
    assert [part["aggregate"] for part in parts if "assemblies" in part] == ["incomplete", "unknown"]


def test_metadata_gives_licence_producer_and_edges(small: Path, tmp_path: Path, index: type[FakeIndex]) -> None:
    index.found = {
        "idna": metadata(
            "idna", "3.20", author="Kim", licence_expression="BSD-3-Clause", requires_dist=("zope.interface",)
        ),
        "zope-interface": metadata("zope.interface", "7.0", author="Zope", licence_expression="ZPL-2.1"),
    }
    assert run(small, tmp_path / "dist") == 0
    document = made(tmp_path / "dist", "small-sbom.json")
    assert [component["manufacturer"]["name"] for component in document["components"]] == ["Kim", "Zope"]
    assert {"ref": "pkg:pypi/idna@3.20", "dependsOn": ["pkg:pypi/zope.interface@7.0"]} in document["dependencies"]
    told = record(tmp_path / "dist")
    assert told["outcome"] == "pass"
    assert told["counts"]["enriched"] == 2
    assert told["options"] == {
        "enrich": "yes",
        "environment": "no",
        "formats": "cyclonedx-1.6,spdx-2.3,spdx-3.0.1",
        "lock_formats": "cyclonedx-1.6",
    }
    assert [feed["name"] for feed in told["feeds"]] == ["package index, core metadata"]


def test_a_release_that_the_index_no_longer_has_is_a_finding(
    small: Path, tmp_path: Path, index: type[FakeIndex]
) -> None:
    index.found = {"idna": metadata("idna", "3.20")}
    assert run(small, tmp_path / "dist") == 0
    found = [
        (finding["code"], finding["package"], finding["path"], finding["line"])
        for finding in record(tmp_path / "dist")["findings"]
    ]
    assert found == [("sbom.metadata-missing", "zope-interface", "requirements.txt", 3)]


def test_a_waived_finding_of_a_lock_is_waived_here_too_and_told_once(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime(2026, 11, 20, tzinfo=UTC)
    monkeypatch.setattr("ops.supply_chain.runner.stage.read_clock", lambda: now)
    (small / "requirements.txt").write_text("idna==3.20\nother==1\n")
    config = (small / ".security-config.toml").read_text() if (small / ".security-config.toml").exists() else ""
    waivers = "".join(
        f'[[waivers]]\nid = "lock.unhashed"\npackage = "{name}"\nreason = "r"\nowner = "o"\n'
        "date = 2026-11-01\nexpires = 2026-12-31\n"
        for name in ("idna", "unused")
    )
    (small / ".security-config.toml").write_text(config + waivers)
    assert run(small, tmp_path / "dist", "--no-enrich") == 0
    found = [
        (finding["code"], finding["package"], finding["waived_by"]) for finding in record(tmp_path / "dist")["findings"]
    ]
    assert found == [("lock.unhashed", "idna", "lock.unhashed, o, until 2026-12-31"), ("lock.unhashed", "other", "")]


def test_an_index_that_does_not_answer_leaves_nothing(small: Path, tmp_path: Path, index: type[FakeIndex]) -> None:
    index.fails = True
    assert run(small, tmp_path / "dist") == 5
    assert not (tmp_path / "dist" / "sbom").exists()
    assert record(tmp_path / "dist")["outcome"] == "not-examined"


def test_configured_scopes_are_in_the_document_and_the_record(small: Path, tmp_path: Path) -> None:
    (small / ".security-config.toml").write_text(
        '[[locks.scopes]]\npath = "tools/*.txt"\nscope = "excluded"\n[[locks.scopes]]\ngroups = ["x"]\nscope = "required"\n'
    )
    (small / "tools").mkdir()
    (small / "tools" / "requirements.txt").write_text(
        f"idna==3.20 --hash=sha256:{'a' * 64}\nsix==1.0 --hash=sha256:{'c' * 64}\n"
    )
    (small / "requirements-dev.txt").write_text(f"attrs==1.0 --hash=sha256:{'d' * 64}\n")
    assert run(small, tmp_path / "dist", "--no-enrich") == 0
    scopes = {one["name"]: one["scope"] for one in made(tmp_path / "dist", "small-sbom.json")["components"]}
    assert scopes == {"Zope.Interface": "required", "attrs": "excluded", "idna": "required", "six": "excluded"}
    found = record(tmp_path / "dist")
    assert found["options"]["scopes"] == "tools/*.txt: excluded; ** x: required"
    assert (found["counts"]["optional"], found["counts"]["excluded"]) == (0, 2)


def test_without_enriching_no_index_is_asked(small: Path, tmp_path: Path, index: type[FakeIndex]) -> None:
    index.fails = True
    assert run(small, tmp_path / "dist", "--no-enrich") == 0
    told = record(tmp_path / "dist")
    assert told["options"]["enrich"] == "no"
    assert told["counts"]["unknown_licences"] == 2


def test_the_record_tells_what_was_read_and_written_by_digest(small: Path, tmp_path: Path) -> None:
    assert run(small, tmp_path / "dist", "--no-enrich", "--lock-formats", "all") == 0
    told = record(tmp_path / "dist")
    assert [ref["path"] for ref in told["reads"]] == ["project:requirements.txt"]
    for ref in told["writes"]:
        data = (tmp_path / "dist" / ref["path"].removeprefix("dist:")).read_bytes()
        assert (ref["sha256"], ref["size"]) == (hashlib.sha256(data).hexdigest(), len(data))
    written = sorted(
        str(path.relative_to(tmp_path / "dist" / "sbom")) for path in (tmp_path / "dist" / "sbom").rglob("*.json")
    )
    assert written == [
        "locks/requirements.txt.1.7.cdx.json",
        "locks/requirements.txt.cdx.json",
        "locks/requirements.txt.spdx.json",
        "locks/requirements.txt.spdx3.json",
        "small-sbom.json",
        "small-sbom.spdx.json",
        "small-sbom.spdx3.json",
    ]


def test_what_an_earlier_run_left_is_gone(small: Path, tmp_path: Path) -> None:
    assert run(small, tmp_path / "dist", "--no-enrich", "--formats", "all", "--lock-formats", "all") == 0
    assert run(small, tmp_path / "dist", "--no-enrich", "--formats", "cyclonedx-1.6", "--lock-formats", "none") == 0
    assert [path.name for path in (tmp_path / "dist" / "sbom").rglob("*.json")] == ["small-sbom.json"]


def test_an_unknown_format_is_refused(small: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(small, tmp_path / "dist", "--formats", "swid") == 2
    assert "--formats swid: 'swid' is not a valid SbomFormat" in capfd.readouterr().err


def test_no_lock_and_no_dependencies_is_a_root_alone(tmp_path: Path) -> None:
    root = tmp_path / "none"
    root.mkdir()
    (root / "pyproject.toml").write_text("[project]\nname = 'none'\nversion = '1'\n")
    assert run(root, tmp_path / "dist") == 0
    document = made(tmp_path / "dist", "none-sbom.json")
    assert document["components"] == []
    assert document["compositions"] == [
        {"aggregate": "complete", "assemblies": ["pkg:pypi/none@1.0"], "dependencies": ["pkg:pypi/none@1.0"]}
    ]
    assert {"name": "sealwright:locks", "value": "none"} in document["metadata"]["properties"]


def test_no_lock_but_dependencies_is_not_examined(shared_data: Path, tmp_path: Path) -> None:
    assert run(shared_data / "projects" / "pulse-py", tmp_path) == 5
    assert not (tmp_path / "sbom").exists()
    [finding] = record(tmp_path)["findings"]
    assert (finding["code"], finding["path"]) == ("sbom.no-lock", "pyproject.toml")


def test_a_document_that_fails_our_check_is_not_released(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        "ops.supply_chain.inventory.writers.cyclonedx_package.hashes_of", lambda _: [{"alg": "SHA-256", "content": "0"}]
    )
    assert run(small, tmp_path / "dist", "--no-enrich") == 6
    assert (
        "sbom/locks/requirements.txt.cdx.json: does not pass its own check: $.metadata.component"
        in capfd.readouterr().err
    )
    assert not (tmp_path / "dist" / "records" / "generate_sbom.json").exists()


def test_a_lost_component_is_not_released(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ops.supply_chain.inventory.summary.represented", lambda *_: 1)
    assert run(small, tmp_path / "dist", "--no-enrich") == 6


def test_an_environment_is_told_by_cyclonedx_py(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "components": [{"type": "library", "name": "x", "version": "1"}],
    }
    monkeypatch.setattr("ops.supply_chain.adapters.tools.cyclonedx_py.installed_in", lambda python, *, epoch: answer)
    assert run(small, tmp_path / "dist", "--no-enrich", "--environment", "python3") == 0
    document = made(tmp_path / "dist", "small-sbom-environment.json")
    assert [component["name"] for component in document["components"]] == ["x"]
    assert document["metadata"]["component"]["name"] == "small"
    assert "sealwright:locks" not in json.dumps(document)
    assert "dist:sbom/small-sbom-environment.json" in [ref["path"] for ref in record(tmp_path / "dist")["writes"]]


def test_an_environment_that_cannot_be_told_leaves_nothing(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    answer = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "components": [{"type": "nonsense", "name": "x"}],
    }
    monkeypatch.setattr("ops.supply_chain.adapters.tools.cyclonedx_py.installed_in", lambda python, *, epoch: answer)
    assert run(small, tmp_path / "dist", "--no-enrich", "--environment", "python3") == 5
    assert "cyclonedx-py: its output is not valid: $.components[0].type" in capfd.readouterr().err
    assert not (tmp_path / "dist" / "sbom").exists()


def _digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*.json"))
    }


def _elsewhere(root: Path, place: Path) -> Path:
    shutil.copytree(root, place / root.name)
    return place / root.name


WORLDS: dict[str, tuple[dict[str, str], Callable[[Path, Path], Path]]] = {
    "as it is": ({}, lambda root, _: root),
    "hash seed 1, Tokyo": ({"PYTHONHASHSEED": "1", "TZ": "Asia/Tokyo", "LC_ALL": "C"}, lambda root, _: root),
    "hash seed 2, another folder": ({"PYTHONHASHSEED": "2", "TZ": "America/St_Johns"}, _elsewhere),
}


def test_nothing_but_the_inputs_decides_the_bytes(shared_data: Path, tmp_path: Path, repository: Path) -> None:
    root = shared_data / "projects" / "warehouse"
    found = []
    for number, (environment, place) in enumerate(WORLDS.values()):
        dist = tmp_path / f"dist{number}"
        project = place(root, tmp_path / f"place{number}")
        options = ["--project", str(project), "--dist", str(dist), "--version", "1", "--no-enrich", "--formats", "all"]
        subprocess.run(
            [sys.executable, "-m", "ops.supply_chain.generate_sbom", *options],
            cwd=repository,
            env={**os.environ, **environment},
            check=True,
            stdout=subprocess.DEVNULL,
        )
        found.append(_digests(dist / "sbom"))
    assert len(found[0]) == 14
    assert found[0] == found[1] == found[2]


def test_no_path_of_this_machine_is_written(small: Path, tmp_path: Path) -> None:
    assert run(small, tmp_path / "dist", "--no-enrich", "--formats", "all", "--lock-formats", "all") == 0
    assert _with(tmp_path.as_posix(), (tmp_path / "dist").rglob("*.json")) == []


def _with(text: str, paths: Iterable[Path]) -> list[str]:
    return [path.name for path in paths if text in path.read_text()]


def test_our_version_is_the_projects(repository: Path) -> None:
    import tomllib

    from ops.supply_chain.inventory.model.document import GENERATOR, GENERATOR_VERSION

    project = tomllib.loads((repository / "pyproject.toml").read_text())["project"]
    assert (project["name"], project["version"]) == (GENERATOR, GENERATOR_VERSION)


@pytest.mark.online
def test_soar_with_the_real_index(shared_data: Path, tmp_path: Path) -> None:
    root = shared_data / "projects" / "soar"
    assert run(root, tmp_path / "a", "--cache", str(tmp_path / "cache")) == 0
    assert record(tmp_path / "a")["counts"]["unknown_licences"] == 0
    assert run(root, tmp_path / "b", "--cache", str(tmp_path / "cache"), "--offline") == 0
    assert _digests(tmp_path / "a" / "sbom") == _digests(tmp_path / "b" / "sbom")
    assert run(root, tmp_path / "c", "--cache", str(tmp_path / "cold"), "--offline") == 5
