"""The optional analysis by Semgrep: pinned, read only, and handed to the release as it was made."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from ops.supply_chain import adopt_project
from ops.supply_chain.assurance.adoption.workflows import (
    SEMGREP,
    SEMGREP_LOCK,
    render_semgrep,
    render_workflow,
    require_pipeline,
)
from ops.supply_chain.contracts.values.lock import LockKind
from ops.supply_chain.core.errors import ExitCode
from ops.supply_chain.inventory.build.scopes import is_development_lock
from tests.assurance.adoption.test_workflows import PINS
from tests.assurance.adoption.world import PIPELINE, everything_in

SARIF = '--sarif "$RUNNER_TEMP/analysis/semgrep.sarif"'


def release(repository: Path, source: str, *, semgrep: bool) -> str:
    template = (repository / "templates" / "workflows" / "release.yml").read_text()
    return render_workflow(template, pipeline=require_pipeline(source, version="1.0"), name="widget", semgrep=semgrep)


@pytest.fixture
def text(repository: Path) -> str:
    return render_semgrep((repository / "templates" / "workflows" / SEMGREP).read_text())


def test_it_is_pinned_and_only_reads(text: str) -> None:
    workflow = yaml.safe_load(text)
    [job] = workflow["jobs"].values()
    assert (workflow["permissions"], job["permissions"]) == ({}, {"contents": "read"})
    used = [step["uses"] for step in job["steps"] if "uses" in step]
    commented = re.findall(r"uses: (\S+)@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)$", text, re.MULTILINE)
    assert used == [f"{action}@{commit}" for action, commit, _ in commented]
    assert all(PINS[action] == (commit, version) for action, commit, version in commented)
    checkouts = [step["with"] for step in job["steps"] if "actions/checkout@" in step.get("uses", "")]
    assert all(given["persist-credentials"] is False for given in checkouts)
    assert re.fullmatch("[0-9a-f]{40}", checkouts[1]["ref"])
    [install] = [step["run"] for step in job["steps"] if "pip install" in step.get("run", "")]
    assert install.endswith(f'--require-hashes --only-binary ":all:" -r {SEMGREP_LOCK}')
    assert not [step["run"] for step in job["steps"] if "${{" in step.get("run", "")]
    assert "secrets." not in text
    assert is_development_lock(SEMGREP_LOCK, LockKind.REQUIREMENTS)


@pytest.mark.parametrize("source", ["lock", PIPELINE])
def test_the_release_needs_it_only_where_it_is_asked_for(repository: Path, source: str) -> None:
    plain, more = (release(repository, source, semgrep=asked) for asked in (False, True))
    assert "analysis" not in plain
    assert "sarif" not in plain
    jobs = yaml.safe_load(more)["jobs"]
    assert jobs["analysis"]["uses"] == f"./.github/workflows/{SEMGREP}"
    assert jobs["release"]["needs"] == ["build", "analysis"]
    made = [
        step["run"]
        for step in jobs["release"]["steps"]
        if " release" in step.get("run", "") and "--dist" in step["run"]
    ]
    assert len(made) == 2
    assert all(SARIF in line for line in made)


def test_zizmor_finds_nothing(repository: Path, text: str, tmp_path: Path) -> None:
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    (folder / SEMGREP).write_text(text)
    (folder / "release.yml").write_text(release(repository, "lock", semgrep=True))
    zizmor = Path(sys.executable).with_name("zizmor")
    if not zizmor.is_file():
        pytest.skip("zizmor is not installed")
    done = subprocess.run([zizmor, "--offline", "--no-progress", folder], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_it_is_written_only_where_it_is_asked_for(tmp_path: Path) -> None:
    words = [str(tmp_path), "--write", "--workflows", "--pipeline", PIPELINE]
    assert adopt_project.main([*words, "--semgrep"]) == ExitCode.PASS
    assert (tmp_path / ".github" / "workflows" / SEMGREP).is_file()
    assert (tmp_path / "requirements" / "semgrep.in").read_text().startswith("semgrep==")
    assert SARIF in (tmp_path / ".github" / "workflows" / "release.yml").read_text()


def test_without_the_option_nothing_of_it_is_written(tmp_path: Path) -> None:
    assert adopt_project.main([str(tmp_path), "--write", "--workflows", "--pipeline", PIPELINE]) == ExitCode.PASS
    assert not [path for path in everything_in(tmp_path) if "semgrep" in path]
