"""build_distributions: what was built elsewhere is copied, checked and released, or refused."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain import build_distributions
from ops.supply_chain.contracts.files.build_report import BuildReport
from ops.supply_chain.core import canonical
from ops.supply_chain.core.errors import ExitCode
from tests.fakes.distributions import (
    INFO,
    METADATA,
    SDIST,
    WHEEL,
    Entry,
    make_zip,
    sdist,
    wheel,
    wheel_entries,
    wheel_files,
)

PYPROJECT = '[project]\nname = "demo"\nversion = "1.0"\n'


class Build:
    """A project, a folder of distributions, and what the stage makes of both."""

    def __init__(self, base: Path, capfd: pytest.CaptureFixture[str]) -> None:
        self.root, self.dist, self.built, self.capfd = base / "project", base / "dist", base / "built", capfd
        self.root.mkdir()
        self.built.mkdir()
        (self.root / "pyproject.toml").write_text(PYPROJECT)
        self.shown = ""

    def add(self, name: str, data: bytes) -> None:
        (self.built / name).write_bytes(data)

    def add_good(self) -> None:
        self.add(WHEEL, wheel())
        self.add(SDIST, sdist())

    def configure(self, text: str) -> None:
        (self.root / ".security-config.toml").write_text(text)

    def run(self, *options: str) -> tuple[int, dict[str, Any]]:
        record = self.dist / "records/build_distributions.json"
        record.unlink(missing_ok=True)
        folders = {"project": self.root, "dist": self.dist, "artifacts": self.root / "data"}
        words = [word for name, path in folders.items() for word in (f"--{name}", str(path))]
        code = build_distributions.main([*words, "--cache", str(self.root.parent / "cache"), *options])
        captured = self.capfd.readouterr()
        self.shown = captured.out + captured.err
        return code, json.loads(record.read_text()) if record.exists() else {}

    def provide(self, *options: str) -> tuple[int, dict[str, Any]]:
        return self.run("--distributions", str(self.built), *options)

    @property
    def released(self) -> list[str]:
        folder = self.dist / "packages"
        return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


@pytest.fixture
def build(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Build:
    return Build(tmp_path, capfd)


def waiver(code: str) -> str:
    today = datetime.now(UTC).date()
    dates = f'date = "{today}"\nexpires = "{today + timedelta(days=60)}"\n'
    return f'[[waivers]]\nid = "{code}"\npackage = "demo"\nreason = "r"\nowner = "o"\n{dates}'


def codes(record: dict[str, Any]) -> list[str]:
    return sorted({finding["code"] for finding in record["findings"] if finding["severity"] != "info"})


def test_without_distributions_nothing_is_released_and_the_record_says_so(build: Build) -> None:
    code, record = build.run()
    assert (code, record["outcome"], record["findings"], record["options"]) == (0, "pass", [], {})
    assert record["counts"] == {"distributions": 0, "files": 0, "readable": 0}
    assert record["notes"] == [build_distributions.NOTHING]
    assert [ref["path"] for ref in record["writes"]] == ["dist:build/report.json"]
    assert canonical.read(build.dist / "build/report.json", BuildReport).packages == ()
    assert build.released == []


def test_good_distributions_are_copied_and_recorded(build: Build) -> None:
    build.add_good()
    build.add(f"{WHEEL}.publish.attestation", b"{}")
    build.add(".gitignore", b"*")
    code, record = build.provide()
    assert (code, record["outcome"], codes(record)) == (0, "pass", [])
    assert build.released == [WHEEL, SDIST]
    assert record["options"] == {"distributions": "provided"}
    digests = {ref["path"]: ref["sha256"] for ref in record["writes"]}
    assert digests[f"dist:packages/{WHEEL}"] == hashlib.sha256(wheel()).hexdigest()
    assert set(digests) == {f"dist:packages/{WHEEL}", f"dist:packages/{SDIST}", "dist:build/report.json"}
    (package,) = canonical.read(build.dist / "build/report.json", BuildReport).packages
    assert (package.name, package.version, package.path) == ("demo", "1.0", ".")
    assert [built.filename for built in package.distributions] == [WHEEL, SDIST]
    assert package.provided_by is not None
    assert [ref.path for ref in package.provided_by] == [f"{WHEEL}.publish.attestation"]


def test_its_own_output_can_be_given_again_and_is_removed_when_nothing_is_given(build: Build) -> None:
    build.add_good()
    assert build.provide()[0] == 0
    assert build.run("--distributions", str(build.dist / "packages"))[0] == 0
    assert build.released == [WHEEL, SDIST]
    assert build.run()[0] == 0
    assert build.released == []


def test_distributions_of_someone_else_are_not_removed(build: Build) -> None:
    build.run()
    (build.dist / "packages").mkdir()
    (build.dist / "packages" / WHEEL).write_bytes(wheel())
    code, record = build.run()
    assert (code, record) == (ExitCode.USAGE, {})
    assert "--distributions" in build.shown
    assert build.released == [WHEEL]


def test_an_ambiguous_archive_is_not_released_and_cannot_be_waived(build: Build) -> None:
    build.add(SDIST, sdist())
    build.add(WHEEL, make_zip([*wheel_entries(), Entry("demo/evil.py", b"", listed=False)]))
    code, record = build.provide()
    assert code == ExitCode.INPUT
    assert record["outcome"] == "not-examined"
    (finding,) = [finding for finding in record["findings"] if finding["code"] == "distribution.unreadable"]
    assert "demo/evil.py" in finding["message"]
    assert finding["package"] == "demo"
    assert build.released == [SDIST]
    build.configure(waiver("distribution.unreadable"))
    code, record = build.provide()
    assert code != 0
    assert {finding["waived_by"] for finding in record["findings"]} == {""}


def test_findings_deny_and_can_be_waived(build: Build) -> None:
    build.add(SDIST, sdist())
    build.add(WHEEL, wheel(wheel_files(README="x")))
    code, record = build.provide()
    assert (code, codes(record)) == (ExitCode.DENIED, ["distribution.top-level-file"])
    assert [finding["package"] for finding in record["findings"] if finding["severity"] != "info"] == ["demo"]
    build.configure(waiver("distribution.top-level-file"))
    assert build.provide()[0] == 0


def test_a_wheel_of_another_release_is_refused(build: Build) -> None:
    build.add_good()
    code, record = build.provide("--version", "1.1")
    assert (code, codes(record)) == (ExitCode.DENIED, ["distribution.version"])
    assert {finding["message"].split(":")[0] for finding in record["findings"]} >= {WHEEL, SDIST}


def test_an_empty_folder_denies(build: Build) -> None:
    code, record = build.provide()
    assert (code, codes(record)) == (ExitCode.DENIED, ["distribution.missing"])


@pytest.mark.parametrize("name", ["demo-1.0.zip", "demo-1.0-py3-none-any.whl.bak", "notes.txt"])
def test_other_files_are_named(build: Build, name: str) -> None:
    build.add_good()
    build.add(name, b"x")
    code, record = build.provide()
    assert (code, codes(record)) == (ExitCode.DENIED, ["distribution.other-file"])
    assert build.released == [WHEEL, SDIST]


def test_a_link_in_the_folder_is_not_followed(build: Build, tmp_path: Path) -> None:
    build.add(SDIST, sdist())
    (tmp_path / "elsewhere.whl").write_bytes(wheel())
    (build.built / WHEEL).symlink_to(tmp_path / "elsewhere.whl")
    assert build.provide()[0] == ExitCode.INPUT
    assert build.released == []


def test_a_folder_that_is_not_there_is_a_usage_error(build: Build) -> None:
    assert build.run("--distributions", str(build.built / "gone"))[0] == ExitCode.USAGE


def test_a_description_is_rendered(build: Build) -> None:
    broken = METADATA.replace("text/markdown", "text/x-rst") + "\n.. unknown:: x\n"
    build.add(SDIST, sdist())
    build.add(WHEEL, wheel(wheel_files(**{f"{INFO}/METADATA": broken})))
    code, record = build.provide()
    assert (code, codes(record)) == (ExitCode.DENIED, ["distribution.description"])


def test_every_configured_package_needs_a_distribution(build: Build) -> None:
    (build.root / "second").mkdir()
    (build.root / "second/pyproject.toml").write_text(PYPROJECT.replace("demo", "Second.Thing"))
    build.configure('[[packages]]\npath = "."\n[[packages]]\npath = "second"\n')
    code, record = build.run()
    assert (code, codes(record)) == (ExitCode.DENIED, ["distribution.missing"])
    assert [finding["package"] for finding in record["findings"]] == ["demo", "second-thing"]
    build.add_good()
    code, record = build.provide()
    assert (code, [finding["package"] for finding in record["findings"] if finding["severity"] == "high"]) == (
        ExitCode.DENIED,
        ["second-thing"],
    )


@pytest.mark.parametrize(
    "entry",
    ['path = "../x"', 'path = "/x"', 'path = "nothing"', 'name = "demo"\n[[packages]]\npath = "."\nname = "Demo"'],
)
def test_a_wrong_entry_is_a_usage_error(build: Build, entry: str) -> None:
    build.configure(f"[[packages]]\n{entry}\n")
    assert build.run()[0] == ExitCode.USAGE
