"""The stage: what it prints, what it finds where, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ops.supply_chain import compare_sboms
from ops.supply_chain.core.errors import ExitCode
from ops.supply_chain.inventory.comparison.compare import Change, ChangeKind
from ops.supply_chain.inventory.comparison.lines import change_line
from ops.supply_chain.inventory.model.document import Document
from ops.supply_chain.inventory.writers import cyclonedx, spdx2
from tests.inventory.documents import DOCUMENT, IDNA, SHA256_A, with_package

CHANGED = with_package(
    DOCUMENT,
    IDNA.ref,
    hashes=(SHA256_A, "sha256:" + "d" * 64),
    producer="Mallory\n\x1b[2K",
)


def written(path: Path, document: Document = DOCUMENT) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cyclonedx.render(document))
    return path


def run(project: Path, *words: str | Path) -> int:
    return compare_sboms.main(["--project", str(project), "--dist", str(project / "dist"), *map(str, words)])


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "acme"
    folder.mkdir()
    (folder / "pyproject.toml").write_text('[project]\nname = "acme"\nversion = "1"\n')
    return folder


def test_the_text_says_everything(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    one, other = written(project / "a.json"), written(project / "b.json", CHANGED)
    assert run(project, one, other) == ExitCode.PASS
    assert capfd.readouterr().out == (
        "before: acme v1.0 (CycloneDX 1.6, 3 packages)\n"
        "after:  acme v1.0 (CycloneDX 1.6, 3 packages)\n"
        "ALARM hash-changed: idna 3.20: 1 hash removed, 1 added: the same version now has different bytes\n"
        "producer-changed: idna 3.20: Kim Davies -> Mallory??[2K\n"
        "note: versions on both sides without comparable hashes: 2\n"
    )


def test_it_leaves_nothing_behind(project: Path) -> None:
    one = written(project / "a.json")
    run(project, one, one)
    assert sorted(path.name for path in project.iterdir()) == ["a.json", "pyproject.toml"]


def test_equal_documents_of_two_formats_have_no_difference(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    other = project / "b.spdx.json"
    other.write_bytes(spdx2.render(DOCUMENT))
    assert run(project, written(project / "a.json"), other) == ExitCode.PASS
    assert "\nno difference\n" in capfd.readouterr().out


def test_json_is_versioned_and_whole(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    one, other = written(project / "a.json"), written(project / "b.json", CHANGED)
    assert run(project, "--format", "json", one, other) == ExitCode.PASS
    result = json.loads(capfd.readouterr().out)["result"]
    assert result["schema"] == "sbom-comparison/1"
    assert result["before"] == {
        "format": "CycloneDX 1.6",
        "name": "acme",
        "version": "v1.0",
        "packages": 3,
        "inside_wheels": 0,
    }
    assert result["changes"][0] == {
        "kind": "hash-changed",
        "ecosystem": "pypi",
        "name": "idna",
        "version": "3.20",
        "before": ["sha256:" + "b" * 64],
        "after": ["sha256:" + "d" * 64],
        "scope": "",
        "inside": [],
    }
    assert (result["counts"]["hash-changed"], result["counts"]["hashes-not-compared"]) == (1, 2)


@pytest.mark.parametrize(
    ("kinds", "code"),
    [
        (["hash-changed"], ExitCode.DENIED),
        (["added", "producer-changed"], ExitCode.DENIED),
        (["added", "removed", "relicensed"], ExitCode.PASS),
    ],
)
def test_fail_on_refuses_what_it_names(
    project: Path, kinds: list[str], code: ExitCode, capfd: pytest.CaptureFixture[str]
) -> None:
    one, other = written(project / "a.json"), written(project / "b.json", CHANGED)
    assert run(project, *(word for kind in kinds for word in ("--fail-on", kind)), one, other) == code
    assert (f"refused: {kinds[-1]}" in capfd.readouterr().out) == (code is ExitCode.DENIED)


@pytest.mark.parametrize("name", ["acme-1-sbom.cdx.json", "sbom/acme-sbom.json", "release/acme-1-sbom.cdx.json"])
def test_a_folder_stands_for_the_sbom_in_it(project: Path, name: str, capfd: pytest.CaptureFixture[str]) -> None:
    written(project / "out" / name)
    one = written(project / "a.json", CHANGED)
    assert run(project, one, project / "out") == ExitCode.PASS
    assert "ALARM" in capfd.readouterr().out


def test_a_version_stands_for_the_retained_release(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    store = project / "store" / "supply-chain" / "acme"
    written(store / "v1.0" / "acme-v1.0-sbom.cdx.json")
    written(store / "v1.1" / "acme-v1.1-sbom.cdx.json", CHANGED)
    assert run(project, "--artifacts", project / "store", "v1.0", "v1.1") == ExitCode.PASS
    assert "ALARM" in capfd.readouterr().out


BROKEN = {
    "not JSON": (b"{", "a.json: not valid JSON: Expecting property name enclosed in double quotes"),
    "a key twice": (b'{"bomFormat": "CycloneDX", "bomFormat": 1}', "a.json: not valid JSON: duplicate key 'bomFormat'"),
    "no SBOM": (b"{}", "a.json: expected CycloneDX 1.4 to 1.7, SPDX 2.2, 2.3 or 3.0 in JSON; found no SBOM"),
    "nested too deep": (b"[" * 200_000, "a.json: not valid JSON: "),
    "binary": (b"\xff\xfe\x00\x00\x01", "a.json: not valid JSON: "),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_an_input_error(project: Path, name: str, capfd: pytest.CaptureFixture[str]) -> None:
    data, message = BROKEN[name]
    (project / "a.json").write_bytes(data)
    assert run(project, project / "a.json", project / "a.json") == ExitCode.INPUT
    assert f"error: {project}/{message}" in capfd.readouterr().err


def test_what_is_not_there_is_said(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    one = written(project / "a.json")
    assert run(project, one, "v9") == ExitCode.USAGE
    assert "error: 'v9' is not a file, a folder, or a retained version of acme\n" in capfd.readouterr().err
    assert run(project, one, project / "no" / "file.json") == ExitCode.INPUT
    assert "file.json: no such file or folder\n" in capfd.readouterr().err
    assert run(project, one, "..") == ExitCode.INPUT


def test_a_folder_without_or_with_two_sboms_is_refused(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (project / "out").mkdir()
    assert run(project, project / "out", project / "out") == ExitCode.INPUT
    assert "out: contains no SBOM of a project: expected one of *-sbom.cdx.json" in capfd.readouterr().err
    written(project / "out" / "a-sbom.cdx.json")
    written(project / "out" / "b-sbom.cdx.json")
    assert run(project, project / "out", project / "out") == ExitCode.INPUT
    assert "out: contains several SBOMs: a-sbom.cdx.json, b-sbom.cdx.json" in capfd.readouterr().err


def test_the_public_log_has_counts_only(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    one, other = written(project / "a.json"), written(project / "b.json", CHANGED)
    assert run(project, "--public-log", one, other) == ExitCode.PASS
    out, err = capfd.readouterr()
    assert "hash-changed 1" in out
    assert "idna" not in out + err


def test_defects_of_a_document_are_noted(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    one = written(project / "a.json")
    plain = json.loads(one.read_bytes())
    plain["dependencies"].append({"ref": "nowhere"})
    (project / "b.json").write_text(json.dumps(plain))
    assert run(project, one, project / "b.json") == ExitCode.PASS
    assert "note: after has 1 defect\n" in capfd.readouterr().out


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        (("1",), ("2",), "upgraded: foo 1 -> 2"),
        ((), ("2",), "upgraded: foo: now also 2"),
        (("1",), (), "upgraded: foo: no longer 1"),
    ],
)
def test_versions_that_come_beside_others_are_said_so(
    before: tuple[str, ...], after: tuple[str, ...], line: str
) -> None:
    change = Change(kind=ChangeKind.UPGRADED, ecosystem="pypi", name="foo", before=before, after=after)
    assert change_line(change) == line
