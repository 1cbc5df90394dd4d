"""The evidence archive: everything behind the release, the same anywhere, nothing that changed or is secret."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from ops.supply_chain import bundle_evidence
from tests.release.handmade import LOCKS, Handmade


@pytest.fixture
def release(tmp_path: Path) -> Handmade:
    return Handmade(tmp_path)


def unpacked(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as archive:
        return {info.name: archive.extractfile(info).read() for info in archive if info.isfile()}  # type: ignore[union-attr]


def test_it_holds_locks_their_sboms_baselines_and_an_index(release: Handmade) -> None:
    release.until("evaluate_policy")
    found = unpacked(release.dist / "evidence/N-V-evidence.tar.gz")
    top = "N-V-evidence"
    assert list(found) == [
        f"{top}/index.json",
        f"{top}/project/functions/a/requirements.provenance.json",
        f"{top}/project/functions/a/requirements.txt",
        f"{top}/project/functions/b/requirements.txt",
        f"{top}/sbom/locks/functions/a/requirements.txt.cdx.json",
        f"{top}/sbom/locks/functions/b/requirements.txt.cdx.json",
    ]
    index = json.loads(found.pop(f"{top}/index.json"))
    assert index["withheld"] == []
    assert {f"{top}/{one['path']}": one["sha256"] for one in index["files"]} == {
        name: hashlib.sha256(data).hexdigest() for name, data in found.items()
    }
    record = release.document("records/bundle_evidence.json")
    assert [one["path"] for one in record["writes"]] == ["dist:evidence/N-V-evidence.tar.gz"]
    assert [one["path"] for one in record["reads"]] == [
        "dist:records/generate_sbom.json",
        "project:functions/a/requirements.provenance.json",
    ]


def test_the_committed_sbom_of_a_lock_is_enclosed_as_it_is(release: Handmade) -> None:
    release.project()
    committed = '{"bomFormat": "CycloneDX"}\n'
    release.write("project/functions/a/requirements.cdx.json", committed)
    release.write("project/functions/b/requirements.cdx.json", '{"url": "https://user:hunter2@index.example/"}\n')
    release.sboms()
    assert release.run(bundle_evidence.main) == 0
    found = unpacked(release.dist / "evidence/N-V-evidence.tar.gz")
    assert found["N-V-evidence/project/functions/a/requirements.cdx.json"] == committed.encode()
    assert not any("functions/b/requirements.cdx.json" in name and "project" in name for name in found)
    assert json.loads(found["N-V-evidence/index.json"])["withheld"] == ["functions/b/requirements.cdx.json"]
    reads = [read["path"] for read in release.document("records/bundle_evidence.json")["reads"]]
    assert "project:functions/a/requirements.cdx.json" in reads


def test_a_lock_with_credentials_is_named_and_not_enclosed(
    release: Handmade, capfd: pytest.CaptureFixture[str]
) -> None:
    release.project()
    release.write(f"project/{LOCKS[0]}", "--index-url https://user:hunter2@index.example/simple\nx==1\n")
    release.write(f"project/{LOCKS[1]}", "x @ git+ssh://git@git.example/x@abc\n")
    release.sboms()
    assert release.run(bundle_evidence.main) == 0
    found = unpacked(release.dist / "evidence/N-V-evidence.tar.gz")
    assert f"N-V-evidence/project/{LOCKS[0]}" not in found
    assert f"N-V-evidence/project/{LOCKS[1]}" in found
    assert json.loads(found["N-V-evidence/index.json"])["withheld"] == [LOCKS[0]]
    assert not any(b"hunter2" in data for data in found.values())
    assert "withheld: 1" in capfd.readouterr().out


@pytest.mark.parametrize("path", ["dist/sbom/locks/functions/a/requirements.txt.cdx.json", f"project/{LOCKS[1]}"])
def test_a_file_that_changed_since_is_refused(release: Handmade, path: str, capfd: pytest.CaptureFixture[str]) -> None:
    release.until("bundle_evidence")
    recorded = hashlib.sha256((release.base / path).read_bytes()).hexdigest()
    (release.base / path).write_text("changed")
    assert release.run(bundle_evidence.main) == 3
    assert capfd.readouterr().err == (
        f"error: {release.base / path}: changed since generate_sbom saw it: SHA-256 is "
        f"{hashlib.sha256(b'changed').hexdigest()}, its record says {recorded}\n"
        "  next: Run the release again, and leave project and dist/ alone meanwhile.\n"
    )
    assert not list((release.dist).glob("evidence/*"))


def test_a_file_that_is_gone_is_refused(release: Handmade) -> None:
    release.until("bundle_evidence")
    (release.root / LOCKS[0]).unlink()
    assert release.run(bundle_evidence.main) == 3


def test_without_the_record_of_generate_sbom_there_is_no_evidence(release: Handmade) -> None:
    release.project()
    assert release.run(bundle_evidence.main) == 3


def test_the_record_of_another_version_is_refused(release: Handmade, capfd: pytest.CaptureFixture[str]) -> None:
    release.until("bundle_evidence")
    release.version = "W"
    assert release.run(bundle_evidence.main) == 3
    assert capfd.readouterr().err == (
        "error: records/generate_sbom.json: is of N V, pass; expected N W, pass\n"
        f"  next: Run nox -s generate_sbom -- --project {release.root} for this project and version first.\n"
    )


def test_an_archive_of_an_earlier_run_is_gone(release: Handmade) -> None:
    release.until("bundle_evidence")
    release.write("dist/evidence/N-U-evidence.tar.gz", "old")
    release.must(bundle_evidence.main)
    assert [path.name for path in (release.dist / "evidence").iterdir()] == ["N-V-evidence.tar.gz"]


def test_a_project_without_dependencies_gets_its_source(release: Handmade) -> None:
    release.project(locks=())
    release.write("project/src/main.py", "print()\n")
    release.sboms(locks=())
    release.must(bundle_evidence.main)
    assert [path.name for path in (release.dist / "evidence").iterdir()] == ["N-V-source.tar.gz"]
    assert unpacked(release.dist / "evidence/N-V-source.tar.gz") == {
        "N-V/.security-config.toml": b'component_name = "N"\n',
        "N-V/src/main.py": b"print()\n",
    }


def test_a_source_archive_never_publishes_credentials(release: Handmade, capfd: pytest.CaptureFixture[str]) -> None:
    release.project()
    release.write(f"project/{LOCKS[0]}", "--index-url https://user:hunter2@index.example/simple\n")
    release.sboms()
    record = release.document("records/generate_sbom.json")
    record["counts"]["components"] = 0
    text = json.dumps(record, sort_keys=True, indent=2) + "\n"
    (release.dist / "records/generate_sbom.json").write_text(text)
    assert release.run(bundle_evidence.main) == 4
    said = capfd.readouterr().out
    assert said == (
        "not archived\n\nHIGH\n  evidence.credentials-in-source\n"
        "    what: the source archive would publish the credentials in this file\n"
        f"    where: {LOCKS[0]}\n"
        "    next: Take them out of the file, put them into netrc or the environment, and change them.\n"
    )
    assert not list(release.dist.glob("evidence/*"))


WORLDS = {
    "umask": ({}, 0o077),
    "zone": ({"TZ": "Pacific/Kiritimati"}, 0o022),
    "hash seed": ({"PYTHONHASHSEED": "77"}, 0o022),
    "locale": ({"LC_ALL": "C", "PYTHONUTF8": "0"}, 0o000),
}


@pytest.mark.parametrize("locks", [LOCKS, ()], ids=["evidence", "source"])
def test_the_same_bytes_in_every_folder_umask_zone_and_seed(
    tmp_path: Path, repository: Path, locks: tuple[str, ...]
) -> None:
    found = set()
    for number, (environment, umask) in enumerate(WORLDS.values()):
        case = Handmade(tmp_path / f"a folder {number}")
        case.until("bundle_evidence", locks=locks)
        for path in case.root.rglob("*"):
            os.utime(path, (number * 1000, number * 1000))
        command = [sys.executable, "-m", "ops.supply_chain.bundle_evidence", *case.argv()]
        subprocess.run(command, cwd=repository, env={**os.environ, **environment}, umask=umask, check=True)
        [archive] = (case.dist / "evidence").iterdir()
        found.add(archive.read_bytes())
        assert archive.stat().st_mode & 0o777 == 0o644
    assert len(found) == 1
