"""The stage: what it prints, what it finds where, and how it ends."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ops.supply_chain import compare_sboms
from ops.supply_chain.core.errors import ExitCode
from ops.supply_chain.inventory.comparison.compare import Change, ChangeKind
from ops.supply_chain.inventory.comparison.lines import change_line
from ops.supply_chain.inventory.model.document import Document
from ops.supply_chain.inventory.writers import cyclonedx, spdx2
from tests.fakes.advisories import affected, record, snapshot
from tests.formats.received.documents import ALL
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
        "syntax": "JSON",
        "name": "acme",
        "version": "v1.0",
        "packages": 3,
        "components": 3,
        "inside_wheels": 0,
        "incomplete": "",
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
        "weak": False,
    }
    assert result["accounts"] == {
        "same": 3,
        "paired": 0,
        "gone": 0,
        "come": 0,
        "files_before": 0,
        "files_after": 0,
    }
    assert (result["risks"], result["not_examined"]) == ([], [])
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
    "no SBOM": (b"{}", "a.json: is JSON, but no SBOM: it has no bomFormat"),
    "nested too deep": (b"[" * 200_000, "a.json: not valid JSON: "),
    "binary": (b"\xff\xfe\x00\x00\x01", "a.json: is not text in UTF-32: byte 4"),
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
    ("kind", "before", "after", "line"),
    [
        (ChangeKind.UPGRADED, ("1",), ("2",), "upgraded: foo 1 -> 2"),
        (ChangeKind.ALSO_PRESENT, (), ("2",), "also-present: foo 2"),
        (ChangeKind.NO_LONGER_PRESENT, ("1",), (), "no-longer-present: foo 1"),
        (ChangeKind.NOT_LISTED, ("1",), (), "not-listed: foo 1"),
    ],
)
def test_versions_that_come_beside_others_are_said_so(
    kind: ChangeKind, before: tuple[str, ...], after: tuple[str, ...], line: str
) -> None:
    assert change_line(Change(kind=kind, ecosystem="pypi", name="foo", before=before, after=after)) == line


def pinned(path: Path, *pins: str, kind: str = "pypi") -> Path:
    parts = [pin.split("==") for pin in pins]
    plain = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "components": [
            {"type": "library", "name": name, "version": version, "purl": f"pkg:{kind}/{name}@{version}"}
            for name, version in parts
        ],
    }
    path.write_text(json.dumps(plain))
    return path


@pytest.fixture
def feed(tmp_path: Path) -> Path:
    path = tmp_path / "osv.zip"
    fresh = {"modified": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
    path.write_bytes(
        snapshot(
            record("GHSA-old", affected("foo", "introduced 0, fixed 3"), aliases=["CVE-2026-1"], **fresh),
            record("PYSEC-2026-2", affected("foo", "introduced 2, fixed 2.5"), **fresh),
            record("MAL-2026-3", affected("evil", versions=("1.0",)), **fresh),
            record("PYSEC-2026-4", affected("same", "introduced 0"), **fresh),
        )
    )
    return path


def test_new_risk_comes_first_and_what_was_there_before_is_no_new_risk(
    project: Path, feed: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    before = pinned(project / "a.json", "foo==1.0", "same==1.0")
    after = pinned(project / "b.json", "foo==2.0", "same==1.0", "evil==1.0", "good==1.0")
    page = project / "changes.md"
    assert run(project, "--advisories", feed, "--markdown", page, before, after) == ExitCode.PASS
    assert page.read_text().index("MAL-2026-3") < page.read_text().index("PYSEC-2026-2")
    lines = capfd.readouterr().out.splitlines()
    assert [line.split(",")[0] for line in lines[2:5]] == [
        "new-malware: evil 1.0: MAL-2026-3",
        "new-vulnerability: foo 2.0: PYSEC-2026-2",
        "vulnerability: foo 2.0: CVE-2026-1",
    ]
    assert lines[3].endswith("fixed in 2.5")
    assert "also in 1.0 before" in lines[4]
    assert "PYSEC-2026-4" not in "\n".join(lines)
    assert run(project, "--advisories", feed, "--fail-on", "new-vulnerability", before, after) == ExitCode.DENIED
    assert run(project, "--advisories", feed, "--fail-on", "new-malware", after, before) == ExitCode.PASS


@pytest.mark.parametrize("kind", ["npm", "pypi"])
def test_risk_that_was_not_examined_is_never_none(project: Path, kind: str, capfd: pytest.CaptureFixture[str]) -> None:
    before, after = pinned(project / "a.json"), pinned(project / "b.json", "foo==1.0", kind=kind)
    words = ["--cache", str(project / "empty"), "--fail-on", "new-vulnerability"]
    assert run(project, *words, before, after) == ExitCode.NOT_EXAMINED
    assert "note: advisories, not examined: 1 new version of " in capfd.readouterr().out
    assert run(project, *words[:2], before, after) == ExitCode.PASS
    assert run(project, *words, after, after) == ExitCode.PASS


@pytest.mark.parametrize("configured", [False, True])
def test_new_risk_in_other_ecosystems_is_found_with_their_feeds(
    project: Path, feed: Path, configured: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    npm = project / "npm.zip"
    npm.write_bytes(
        snapshot(
            record("GHSA-a", affected("left-pad", "introduced 0, fixed 1.10.0", ecosystem="npm")),
            record("GHSA-b", affected("left-pad", "introduced 1.9.0, fixed 1.10.0", ecosystem="npm")),
            record("MAL-9", affected("evil", "introduced 0", ecosystem="npm")),
        )
    )
    if configured:
        (project / ".security-config.toml").write_text('[feeds.ecosystems]\nnpm = "npm.zip"\n')
    words: list[str | Path] = ["--advisories", feed, *([] if configured else ["--advisories", f"npm={npm}"])]
    before = pinned(project / "a.json", "left-pad==1.8.0", kind="npm")
    after = pinned(project / "b.json", "left-pad==1.9.0", "evil==1.0.0", "fine==1.0.0", kind="npm")
    assert run(project, *words, "--fail-on", "new-malware", before, after) == ExitCode.DENIED
    lines = capfd.readouterr().out.splitlines()
    assert [line.split(",")[0] for line in lines[2:5]] == [
        "new-malware: pkg:npm/evil 1.0.0: MAL-9",
        "new-vulnerability: pkg:npm/left-pad 1.9.0: GHSA-b",
        "vulnerability: pkg:npm/left-pad 1.9.0: GHSA-a",
    ]
    assert "also in 1.8.0 before" in lines[4]
    assert "not examined" not in "\n".join(lines)
    assert run(project, *words, "--fail-on", "new-malware", after, before) == ExitCode.PASS


def test_a_feed_of_another_ecosystem_fetches_none_of_pypi(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    npm = project / "npm.zip"
    npm.write_bytes(snapshot(record("GHSA-a", affected("left-pad", "introduced 0", ecosystem="npm"))))
    before, after = pinned(project / "a.json"), pinned(project / "b.json", "foo==1.0")
    words = ["--cache", str(project / "empty"), "--advisories", f"npm={npm}", "--fail-on", "new-vulnerability"]
    assert run(project, *words, before, after) == ExitCode.NOT_EXAMINED
    assert "1 new version of PyPI: the cache has no usable feed" in capfd.readouterr().out


def test_what_nothing_identifies_is_not_examined(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    before, after = pinned(project / "a.json"), pinned(project / "b.json", "%20==1.0", kind="npm")
    assert run(project, "--fail-on", "new-malware", before, after) == ExitCode.NOT_EXAMINED
    assert "1 new version without a package URL: nothing identifies it" in capfd.readouterr().out


@pytest.mark.parametrize(
    ("kind", "code"),
    [("removed", ExitCode.DENIED), ("not-listed", ExitCode.DENIED), ("upgraded", ExitCode.PASS)],
)
def test_what_may_be_a_removal_counts_as_one(project: Path, kind: str, code: ExitCode) -> None:
    before, after = pinned(project / "a.json", "foo==1.0"), pinned(project / "b.json")
    plain = json.loads(after.read_bytes()) | {"compositions": [{"aggregate": "incomplete"}]}
    after.write_text(json.dumps(plain))
    assert run(project, "--fail-on", kind, before, after) == code


def test_the_text_is_one_screen_and_the_rest_is_counted(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    before = pinned(project / "a.json", *(f"foo{at}==1.0" for at in range(40)))
    after = pinned(project / "b.json", *(f"foo{at}==2.0" for at in range(30)), "x" * 5000 + "==1")
    target = project / "c.md"
    assert run(project, "--cache", project / "empty", "--markdown", target, before, after) == ExitCode.PASS
    lines = capfd.readouterr().out.splitlines()
    assert len(lines) == 25
    assert max(map(len, lines)) <= 163
    assert lines[-2] == "and 20 more: 20 upgraded"
    text = target.read_text()
    assert "## Upgraded (30)" in text
    assert "## Removed (10)" in text
    assert "## What limits this comparison (1)" in text


def test_markdown_of_a_hostile_document_has_no_markup_of_it(project: Path) -> None:
    before = pinned(project / "a.json")
    after = pinned(project / "b.json", "![x](https://evil.example)<script>==1\n# title")
    target = project / "c.md"
    run(project, "--cache", project / "empty", "--markdown", target, before, after)
    text = target.read_text()
    assert "<script>" not in text
    assert "\n# title" not in text
    assert "](https" not in text


def test_the_same_documents_give_the_same_bytes(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    before = pinned(project / "a.json", "b==1", "a==1", "a==2")
    after = pinned(project / "b.json", "a==3", "c==1", "a==2")
    outputs = set()
    for order in (1, -1):
        for path in (before, after):
            plain = json.loads(path.read_bytes())
            plain["components"] = plain["components"][::order]
            path.write_text(json.dumps(plain))
        run(project, "--cache", project / "empty", "--format", "json", before, after)
        outputs.add(json.dumps(json.loads(capfd.readouterr().out)["result"]))
    assert len(outputs) == 1


@pytest.mark.parametrize("name", ALL)
def test_every_serialisation_is_read(project: Path, name: str, capfd: pytest.CaptureFixture[str]) -> None:
    path = project / "document"
    path.write_bytes(ALL[name])
    assert run(project, path, path) == ExitCode.PASS
    assert "\nno difference" in capfd.readouterr().out


@pytest.mark.parametrize(
    "data",
    [
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><bom xmlns="http://cyclonedx.org/schema/bom/1.6"/>',
        b"SPDXVersion: SPDX-9.9\n",
        b'{"bomFormat": "CycloneDX", "specVersion": "2.0", "components": []}',
        b"\x1f\x8b\x08\x00",
        b"",
    ],
)
def test_a_hostile_document_is_an_input_error(project: Path, data: bytes) -> None:
    (project / "x").write_bytes(data)
    assert run(project, pinned(project / "a.json", "a==1"), project / "x") == ExitCode.INPUT
