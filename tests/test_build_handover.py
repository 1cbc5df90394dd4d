"""build_distributions --distributions with the report of the job that built them: accepted as its statement, or refused."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain.core.errors import ExitCode
from ops.supply_chain.gather.release import handover
from tests.fakes.built_project import BuiltProject
from tests.fakes.distributions import SDIST, WHEEL, sdist, wheel, wheel_files


class Handover:
    """What the job that built handed over, in a folder; and the stage of the job that takes it."""

    def __init__(self, project: BuiltProject, base: Path) -> None:
        self.project, self.folder = project, base / "handed"

    @property
    def report(self) -> Path:
        return self.folder / "report.json"

    def change(self, edit: Callable[[Any], object]) -> None:
        document = json.loads(self.report.read_text())
        edit(document)
        self.report.write_text(json.dumps(document))

    def take(self) -> int:
        return self.project.run("--distributions", str(self.folder))

    def refuse(self, words: str) -> None:
        shutil.rmtree(self.project.dist, ignore_errors=True)
        assert self.take() == ExitCode.INPUT, (words, self.project.shown)
        assert words in self.project.shown
        assert not (self.project.dist / "packages").exists()
        assert not (self.project.dist / "build/report.json").exists()


LOCK = "# made by hand\ntool==1.0 --hash=sha256:" + "b" * 64 + "\n"


def written_report(project: BuiltProject, lock: bytes) -> dict[str, Any]:
    """Return the report that build_distributions writes about the two distributions, by hand."""
    builds: list[dict[str, object]] = [
        {
            "folder": label,
            "umask": "0022",
            "timezone": "UTC",
            "locale": "C",
            "hash_seed": "0",
            "cpus": 1,
            "user": "own",
            "python": "3.13.1",
            "zlib": "1.3",
            "tools": {},
        }
        for label in ("a", "b")
    ]
    entries = []
    for name, kind, data in ((WHEEL, "wheel", wheel()), (SDIST, "sdist", sdist())):
        digest = hashlib.sha256(data).hexdigest()
        before = {"first": digest, "second": digest}
        facts = {"built_twice": True, "identical": True, "before": before}
        entries.append({"filename": name, "kind": kind, "sha256": digest, "size": len(data), **facts})
    package = {
        "path": ".",
        "name": "demo",
        "version": "1.0",
        "backend": "setuptools.build_meta",
        "requirements": [{"name": "tool", "version": "1.0", "sha256": ["b" * 64]}],
        "lock": {
            "path": "project:requirements-build.txt",
            "sha256": hashlib.sha256(lock).hexdigest(),
            "size": len(lock),
        },
        "distributions": entries,
        "builds": builds,
    }
    return {
        "schema": "build/1",
        "component": "demo",
        "version": "1.0",
        "source_date_epoch": int(git(project, "log", "-1", "--format=%ct")),
        "commit": git(project, "rev-parse", "HEAD"),
        "settings": {"normalise": False, "embed": False, "variables": {}},
        "packages": [package],
    }


def git(project: BuiltProject, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=project.root, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def handed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Handover:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    project = BuiltProject(tmp_path, None, monkeypatch, capfd)
    project.write("requirements-build.txt", LOCK)
    project.commit()
    made = Handover(project, tmp_path)
    made.folder.mkdir()
    (made.folder / WHEEL).write_bytes(wheel())
    (made.folder / SDIST).write_bytes(sdist())
    made.report.write_text(json.dumps(written_report(project, LOCK.encode())))
    return made


def test_a_report_is_recorded_as_the_statement_of_another_job(handed: Handover) -> None:
    project = handed.project
    assert handed.take() == ExitCode.PASS, project.shown
    given = json.loads(handed.report.read_text())
    written = json.loads((project.dist / "build/report.json").read_text())
    sha256 = hashlib.sha256(handed.report.read_bytes()).hexdigest()
    assert written["reported"] == {
        "sha256": sha256,
        "size": handed.report.stat().st_size,
        "authenticated": False,
        "packages": written["reported"]["packages"],
    }
    reported = written["reported"]["packages"][0]
    assert given["packages"][0].items() <= {**reported, "distributions": given["packages"][0]["distributions"]}.items()
    for row, entry in zip(given["packages"][0]["distributions"], reported["distributions"], strict=True):
        assert row.items() <= entry.items()
    (package,) = written["packages"]
    assert (package["provided_by"], package["builds"], package["requirements"]) == ([], [], [])
    assert [(row["built_twice"], row["identical"]) for row in package["distributions"]] == [(False, None)] * 2
    record = project.record
    assert record["options"] == {"distributions": "provided"}
    assert [ref["path"] for ref in record["reads"]] == ["distributions:report.json", "project:requirements-build.txt"]
    assert record["reads"][0]["sha256"] == sha256
    (note,) = [note for note in record["notes"] if "another job" in note]
    assert "2 of 2 distributions" in note
    assert "no signature" in note
    assert sorted(project.released) == [WHEEL, SDIST]


def test_hostile_handovers_are_refused(handed: Handover, monkeypatch: pytest.MonkeyPatch) -> None:
    good = handed.report.read_bytes()
    (handed.folder / WHEEL).write_bytes(wheel(wheel_files(**{"demo/more.py": "x = 1\n"})))
    handed.refuse(f"sha256: {WHEEL} has")
    (handed.folder / WHEEL).unlink()
    handed.refuse(f"filename: {WHEEL} is not in the folder")
    (handed.folder / WHEEL).write_bytes(wheel())
    extra = handed.folder / "demo-1.0-py2-none-any.whl"
    extra.write_bytes(wheel())
    handed.refuse(f"{extra.name} is in the folder, and not in the report")
    extra.unlink()
    handed.change(lambda report: report.update(commit="0" * 40))
    handed.refuse("report.json: commit: expected")
    for data, words in {
        good[:-20]: "report.json: ",
        b"": "report.json: ",
        b"[]": "report.json: ",
        b"\xff": "report.json: ",
        good.replace(b'"commit"', b'"comit"'): "comit",
        good.replace(b'"version": "1.0"', b'"version": "1.0", "version": "1.0"', 1): "report.json: ",
        b"[" * 100_000: "report.json: ",
    }.items():
        handed.report.write_bytes(data)
        handed.refuse(words)
    elsewhere = handed.folder.parent / "elsewhere.json"
    elsewhere.write_bytes(good)
    handed.report.unlink()
    handed.report.symlink_to(elsewhere)
    handed.refuse("is no plain file")
    handed.report.unlink()
    handed.report.mkdir()
    handed.refuse("is no plain file")
    handed.report.rmdir()
    handed.report.write_bytes(good)
    monkeypatch.setattr(handover, "MOST_REPORT_BYTES", len(good) - 1)
    handed.refuse("more than the")
    monkeypatch.undo()


def test_a_report_about_other_settings_or_another_lock_is_refused(handed: Handover) -> None:
    project = handed.project
    project.configure("[build]\nnormalise = true\n")
    handed.refuse("settings.normalise: expected True, found False")
    project.configure("[build]\nallow = false\n")
    handed.refuse("packages: expected none, found demo")
    project.configure()
    lock = project.root / "requirements-build.txt"
    lock.write_text(lock.read_text() + "# changed\n")
    handed.refuse("requirements-build.txt: differs from the commit")
    git(project, "-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false", "commit", "-qam", "y")
    handed.refuse("commit: expected")
    newest = {
        "commit": git(project, "rev-parse", "HEAD"),
        "source_date_epoch": int(git(project, "log", "-1", "--format=%ct")),
    }
    handed.change(lambda report: report.update(newest))
    handed.refuse("packages[0].lock.sha256: expected")


def test_builds_that_were_not_the_same_there_deny_here(handed: Handover) -> None:
    def differ(report: Any) -> None:
        wheel = report["packages"][0]["distributions"][0]
        wheel["identical"] = False
        wheel["before"]["second"] = "0" * 64

    handed.change(differ)
    assert handed.take() == ExitCode.DENIED
    assert handed.project.codes == ["build.not-reproducible"]
    (note,) = [note for note in handed.project.record["notes"] if "another job" in note]
    assert "1 of 2 distributions" in note
