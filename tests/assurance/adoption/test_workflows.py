"""The workflows: this repository's are the templates', pinned, with least permissions, and zizmor finds nothing."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ops.supply_chain import PIPELINE as STAGES
from ops.supply_chain.assurance.adoption.bots import dependabot_text
from ops.supply_chain.assurance.adoption.model import FoundLock, PipelineSource
from ops.supply_chain.assurance.adoption.workflows import FOLDER, NAMES, minute_of, render_workflow, require_pipeline
from ops.supply_chain.contracts.values.lock import LockKind
from ops.supply_chain.core.errors import UsageError
from tests.assurance.adoption.world import COMMIT, PIPELINE, survey
from tests.generated import own_workflow

PINS = {
    "actions/checkout": ("3d3c42e5aac5ba805825da76410c181273ba90b1", "v7.0.1"),
    "actions/setup-python": ("5fda3b95a4ea91299a34e894583c3862153e4b97", "v7.0.0"),
    "actions/attest": ("1e69f48acb82d1966a394da916b4c1698aa569d6", "v4.2.2"),
    "actions/upload-artifact": ("043fb46d1a93c77aae656e7c1c64a875d1fc6a0a", "v7.0.1"),
    "actions/download-artifact": ("3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c", "v8.0.1"),
    "pypa/gh-action-pypi-publish": ("dc37677b2e1c63e2034f94d8a5b11f265b73ba33", "v1.14.2"),
    "ossf/scorecard-action": ("2d1146689b8cda280b9bc96326124645441f03bc", "v2.4.4"),
    "github/codeql-action/upload-sarif": ("cdf488f595d80d6e07e03d4674febd5ab45fa938", "v4.37.9"),
}
"""Each confirmed in at least two independent places; docs/workflows.md says how."""

PERMISSIONS = {
    ("release.yml", "build"): {"contents": "read"},
    ("release.yml", "release"): {"contents": "read", "id-token": "write", "attestations": "write"},
    ("release.yml", "publish"): {"contents": "write"},
    ("release.yml", "index"): {"contents": "read", "id-token": "write"},
    ("daily-scan.yml", "scan"): {"contents": "read"},
    ("pull-request.yml", "review"): {"contents": "read"},
    ("reproduce.yml", "reproduce"): {"contents": "read"},
    ("scorecard.yml", "analysis"): {
        "contents": "read",
        "actions": "read",
        "id-token": "write",
        "security-events": "write",
    },
}
PIPELINES = {
    "known": require_pipeline(PIPELINE, version="1.0"),
    "locked": require_pipeline("lock", version="1.0"),
    "no repository": PipelineSource(commit=COMMIT),
    "unknown": PipelineSource(),
}


def text_of(repository: Path, name: str, kind: str) -> str:
    if kind == "own":
        return (repository / FOLDER / name).read_text()
    template = (repository / "templates" / "workflows" / name).read_text()
    return render_workflow(template, pipeline=PIPELINES[kind], name="widget")


def steps_of(workflow: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for job in workflow["jobs"].values():
        yield from job["steps"]


@pytest.fixture(params=[(name, kind) for name in NAMES for kind in ("own", *PIPELINES)], ids=" of ".join)
def rendered(request: pytest.FixtureRequest, repository: Path) -> tuple[str, str, dict[str, Any]]:
    name, kind = request.param
    text = text_of(repository, name, kind)
    return name, text, yaml.safe_load(text)


@pytest.mark.parametrize("name", NAMES)
def test_this_repository_uses_the_templates(repository: Path, name: str) -> None:
    assert (repository / FOLDER / name).read_text() == own_workflow(name)


def test_every_action_is_pinned_to_a_confirmed_commit_with_its_version(rendered: tuple[str, str, Any]) -> None:
    _, text, workflow = rendered
    used = [step["uses"] for step in steps_of(workflow) if "uses" in step]
    commented = re.findall(r"uses: (\S+)@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)$", text, re.MULTILINE)
    assert used == [f"{action}@{commit}" for action, commit, _ in commented]
    assert all(PINS[action] == (commit, version) for action, commit, version in commented)


def test_no_job_gets_more_than_it_names(rendered: tuple[str, str, Any]) -> None:
    name, _, workflow = rendered
    assert workflow["permissions"] == {}
    found = {(name, job): table["permissions"] for job, table in workflow["jobs"].items()}
    assert found == {key: value for key, value in PERMISSIONS.items() if key[0] == name}
    assert all(job["timeout-minutes"] <= 60 for job in workflow["jobs"].values())
    assert "group" in workflow["concurrency"]


def test_nothing_of_an_event_stands_in_a_script(rendered: tuple[str, str, Any]) -> None:
    _, _, workflow = rendered
    scripts = [step["run"] for step in steps_of(workflow) if "run" in step]
    assert [script for script in scripts if "${{" in script] == []


def test_checkouts_leave_no_credentials_and_artifacts_say_for_how_long(rendered: tuple[str, str, Any]) -> None:
    _, _, workflow = rendered
    for step in steps_of(workflow):
        if "actions/checkout@" in step.get("uses", ""):
            assert step["with"]["persist-credentials"] is False
        if "actions/upload-artifact@" in step.get("uses", ""):
            assert 1 <= step["with"]["retention-days"] <= 90
            assert step["with"]["if-no-files-found"] in ("error", "ignore")
    assert "pull_request_target" not in workflow[True]
    assert not any("cache" in step.get("with", {}) for step in steps_of(workflow))


def test_no_job_runs_the_build_script_of_a_dependency(rendered: tuple[str, str, Any], repository: Path) -> None:
    name, _, workflow = rendered
    installs = [step["run"] for step in steps_of(workflow) if "pip install" in step.get("run", "")]
    expected = {"release.yml": 4, "daily-scan.yml": 1, "pull-request.yml": 1, "reproduce.yml": 1, "scorecard.yml": 0}
    assert len(installs) == expected[name]
    assert all('--require-hashes --only-binary ":all:" ' in line for line in installs)
    for variable in workflow.get("env", {}) if installs else ():
        assert f'WHEELS_ONLY = "{variable}"\n' in (repository / "noxfile.py").read_text()
    assert not installs or workflow["env"] == {"SEALWRIGHT_WHEELS_ONLY": "1"}


def test_only_what_is_encrypted_leaves_a_scan(repository: Path) -> None:
    workflow = yaml.safe_load(text_of(repository, "daily-scan.yml", "own"))
    uploads = [step["with"]["path"] for step in steps_of(workflow) if "upload-artifact" in step.get("uses", "")]
    assert uploads == ["project/dist/scan/findings/*.age"]
    [scan] = [step["run"] for step in steps_of(workflow) if "nox" in step.get("run", "") and "-s" in step["run"]]
    assert scan == "python -m nox -s daily_scan -- --project ../project --dist dist --public-log"


def test_a_review_runs_nothing_of_the_pull_request_and_reads_no_secret(repository: Path) -> None:
    for kind in ("own", *PIPELINES):
        text = text_of(repository, "pull-request.yml", kind)
        workflow = yaml.safe_load(text)
        assert workflow[True] == {"pull_request": None}  # `on` is a truth value in YAML 1.1
        assert "secrets." not in text
        if kind == "locked":
            _installs_from_the_base(workflow)
            continue
        assert workflow["jobs"]["review"]["defaults"]["run"]["working-directory"] == "pipeline"
        project, pipeline = (step["with"] for step in steps_of(workflow) if "actions/checkout@" in step.get("uses", ""))
        assert (project["path"], project["fetch-depth"], pipeline["path"]) == ("project", 0, "pipeline")
        assert "ref" not in project
        assert "ref" in pipeline


def _installs_from_the_base(workflow: dict[str, Any]) -> None:
    """One checkout; sealwright is what the base locks, installed by an interpreter that imports nothing of the change."""
    steps = list(steps_of(workflow))
    [project] = [step["with"] for step in steps if "actions/checkout@" in step.get("uses", "")]
    assert (project["path"], project["fetch-depth"], "ref" in project) == ("project", 0, False)
    take, install, review = (step for step in steps if "run" in step)
    assert take["env"] == {"BASE": "${{ github.event.pull_request.base.sha }}"}
    assert take["run"] == 'git show "$BASE:requirements/sealwright.txt" > "$RUNNER_TEMP/sealwright.txt"'
    assert install["run"].startswith("python -I -m pip install ")
    assert install["run"].endswith(' -r "$RUNNER_TEMP/sealwright.txt"')
    assert review["run"].startswith("sealwright pull_request ")


@pytest.mark.parametrize("name", NAMES)
def test_a_locked_sealwright_needs_one_checkout_and_no_variable(repository: Path, name: str) -> None:
    text = text_of(repository, name, "locked")
    assert "SEALWRIGHT_REPOSITORY" not in text
    assert "SEALWRIGHT_COMMIT" not in text
    assert "nox -s" not in "".join(step.get("run", "") for step in steps_of(yaml.safe_load(text)))
    for job in yaml.safe_load(text)["jobs"].values():
        assert sum("actions/checkout@" in step.get("uses", "") for step in job["steps"]) == 1
        assert all("-r requirements.txt" not in step.get("run", "") for step in job["steps"])


def test_the_job_that_builds_a_release_again_has_a_token_for_the_download_alone(repository: Path) -> None:
    for kind in ("own", *PIPELINES):
        text = text_of(repository, "reproduce.yml", kind)
        workflow = yaml.safe_load(text)
        assert list(workflow[True]) == ["workflow_dispatch"]
        assert "secrets." not in text
        with_token = [step["name"] for step in steps_of(workflow) if "GH_TOKEN" in step.get("env", {})]
        assert with_token == ["Download the release"]
        [project] = [step["with"] for step in steps_of(workflow) if step["name"] == "Check out the released tag"]
        assert (project["path"], project["fetch-depth"]) == ("project", 0)
        assert project["ref"] == "${{ format('refs/tags/{0}', inputs.tag) }}"


def test_a_release_is_verified_before_it_is_published(repository: Path) -> None:
    jobs = yaml.safe_load(text_of(repository, "release.yml", "known"))["jobs"]
    words = [step.get("run", step.get("uses", "")).split("@")[0] for step in jobs["release"]["steps"]]
    runs = [step["run"] for step in jobs["publish"]["steps"] if "nox -s" in step.get("run", "")]
    assert words.index("actions/attest") > next(i for i, word in enumerate(words) if "nox -s release" in word)
    assert jobs["publish"]["needs"] == "release"
    assert runs == [
        "python -m nox -s verify -- --project ../project dist/release",
        'python -m nox -s publish -- --project ../project --dist dist --version "$GITHUB_REF_NAME"',
    ]


def test_the_job_that_builds_has_no_secret_and_what_it_made_is_compared_between_jobs(
    repository: Path, tmp_path: Path
) -> None:
    """Run the scripts of both jobs: the digests of one are those that the other requires, and a change is refused."""
    for kind in ("own", *PIPELINES):
        text = text_of(repository, "release.yml", kind)
        jobs = yaml.safe_load(text)["jobs"]
        assert "secrets." not in text
        assert not any("env" in step for step in jobs["build"]["steps"] if "nox -s build" in step.get("run", ""))
        assert (jobs["release"]["needs"], jobs["index"]["needs"]) == ("build", ["release", "publish"])
    scripts = {step["name"]: step["run"] for job in jobs.values() for step in job["steps"] if "run" in step}

    def run(name: str, folder: Path, **variables: str) -> int:
        environment = {"PATH": os.environ["PATH"], "RUNNER_TEMP": str(tmp_path), **variables}
        command = ["bash", "-eo", "pipefail", "-c", scripts[name]]
        return subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False).returncode

    for number, files in enumerate(({}, {"n-1.0.tar.gz": b"s", "n-1.0-py3-none-any.whl": b"w"})):
        built, output = tmp_path / f"build{number}", tmp_path / f"output{number}"
        (built / "dist/packages").mkdir(parents=True)
        (built / "dist/build").mkdir()
        (built / "dist/build/report.json").write_text("{}")
        for name, data in files.items():
            (built / "dist/packages" / name).write_bytes(data)
        assert run("Name what was built", built, GITHUB_OUTPUT=str(output)) == 0
        handed = [*files, "report.json"] if files else []
        assert sorted(path.name for path in (built / "dist/handover").iterdir()) == sorted(handed)
        (built / "dist/handover").rename(built / "distributions")
        digests = output.read_text().removeprefix("digests=").rstrip("\n")
        assert digests.count(";") == len(handed)
        assert run("Require exactly what was built", built, DIGESTS=digests) == 0
        if files:
            (built / "distributions/report.json").write_text("[]")
            assert run("Require exactly what was built", built, DIGESTS=digests) == 6
            (built / "distributions/report.json").write_text("{}")
        (built / "distributions" / "n-1.0.tar.gz").write_bytes(b"changed, or one more")
        assert run("Require exactly what was built", built, DIGESTS=digests) == 6


def test_only_what_was_verified_is_published(repository: Path, tmp_path: Path) -> None:
    jobs = yaml.safe_load(text_of(repository, "release.yml", "known"))["jobs"]
    scripts = {step["name"]: step["run"] for job in jobs.values() for step in job["steps"] if "run" in step}
    release, output = tmp_path / "dist/release", tmp_path / "output"
    release.mkdir(parents=True)
    (release / "n-1.0.tar.gz").write_bytes(b"s")
    digest = hashlib.sha256(b"s").hexdigest()
    (release / "N-1.0-checksums.txt").write_text(f"{digest}  n-1.0.tar.gz\n")
    (release / "n-1.0.tar.gz.publish.attestation").write_text("{}")

    def run(name: str, folder: Path, **variables: str) -> int:
        environment = {"PATH": os.environ["PATH"], "RUNNER_TEMP": str(tmp_path), **variables}
        command = ["bash", "-eo", "pipefail", "-c", scripts[name]]
        return subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False).returncode

    assert run("Name what is attested, and what the next jobs may publish", tmp_path, GITHUB_OUTPUT=str(output)) == 0
    checksums = output.read_text().removeprefix("checksums=").rstrip("\n")
    assert run("Require exactly what was verified", release, CHECKSUMS=checksums) == 0
    assert run("Take the distributions alone", tmp_path, GITHUB_WORKSPACE=str(tmp_path)) == 0
    assert [path.name for path in (tmp_path / "upload").iterdir()] == ["n-1.0.tar.gz"]
    (release / "n-1.0.tar.gz").write_bytes(b"other")
    assert run("Require exactly what was verified", release, CHECKSUMS=checksums) != 0
    (release / "N-1.0-checksums.txt").write_text(f"{hashlib.sha256(b'other').hexdigest()}  n-1.0.tar.gz\n")
    assert run("Require exactly what was verified", release, CHECKSUMS=checksums) != 0
    for job in ("publish", "index"):
        names = [step["name"] for step in jobs[job]["steps"]]
        assert names.index("Require exactly what was verified") > names.index("Take the release from the job before")
    names = [step["name"] for step in jobs["index"]["steps"]]
    assert names[-4:] == [
        "Verify, and compare with the index",
        "Take the distributions alone",
        "Upload",
        "Read back what the index serves",
    ]


def test_every_nox_command_has_a_session_and_options_that_it_knows(repository: Path) -> None:
    """What the workflows run is routed as the sessions route it: an option that none knows is an error there."""
    from ops.supply_chain.runner.option_routing import route

    stages = {
        "build_distributions": ["build_distributions"],
        "release": ["build_distributions", "check_locks", "sign_artifacts", "verify_release"],
        "daily_scan": ["check_vulnerabilities", "report_findings"],
        "verify": ["verify_release"],
        "publish": ["publish_release"],
        "pull_request": ["review_change"],
        "reproduce": ["reproduce_release"],
    }
    sessions = set(re.findall(r"^def (\w+)\(session", (repository / "noxfile.py").read_text(), re.MULTILINE))
    for name in NAMES:
        for step in steps_of(yaml.safe_load(text_of(repository, name, "known"))):
            found = re.search(r"nox -s (\w+) -- (.*)", step.get("run", ""))
            if found:
                assert found[1] in sessions | {row.script for row in STAGES}
                options = [word for word in found[2].split() if word != "dist/release"]
                assert route(stages[found[1]], options)


def test_the_adopted_pipeline_is_pinned_or_asked_for(repository: Path) -> None:
    def checkout(kind: str) -> dict[str, Any]:
        jobs = yaml.safe_load(text_of(repository, "release.yml", kind))["jobs"]
        [found] = [step["with"] for step in jobs["release"]["steps"] if step["name"] == "Check out the pipeline"]
        return {key: found[key] for key in ("repository", "ref")}

    assert checkout("known") == {"repository": "acme/sealwright", "ref": COMMIT}
    assert checkout("no repository") == {"repository": "${{ vars.SEALWRIGHT_REPOSITORY }}", "ref": COMMIT}
    assert checkout("unknown")["ref"] == "${{ vars.SEALWRIGHT_COMMIT }}"
    names = [step["name"] for step in steps_of(yaml.safe_load(text_of(repository, "daily-scan.yml", "unknown")))]
    assert names[:2] == ["Require the pipeline's repository", "Require the pipeline's commit"]


@pytest.mark.parametrize("kind", ["own", *PIPELINES])
def test_a_private_repository_is_not_named_in_a_public_log(repository: Path, kind: str) -> None:
    steps = yaml.safe_load(text_of(repository, "release.yml", kind))["jobs"]["release"]["steps"]
    assert steps[0]["if"] == "github.event.repository.private && vars.SEALWRIGHT_PRIVATE != 'yes'"
    done = subprocess.run(["bash", "-eo", "pipefail", "-c", steps[0]["run"]], capture_output=True, check=False)
    assert done.returncode == 4


def test_a_commit_of_digits_stays_text(repository: Path) -> None:
    template = (repository / "templates" / "workflows" / "release.yml").read_text()
    pipeline = PipelineSource(repository="1/2", commit="1" * 40)
    steps = yaml.safe_load(render_workflow(template, pipeline=pipeline, name="x"))["jobs"]["publish"]["steps"]
    assert steps[1]["with"]["ref"] == "1" * 40


SCRIPT_VALUES = {
    "empty": ("", 2),
    "right": ("acme/sealwright", 0),
    "a command": ("acme/x; echo owned", 2),
    "three parts": ("a/b/c", 2),
}


@pytest.mark.parametrize(("value", "code"), SCRIPT_VALUES.values(), ids=SCRIPT_VALUES.keys())
def test_a_wrong_repository_variable_stops_the_run(repository: Path, value: str, code: int) -> None:
    workflow = yaml.safe_load(text_of(repository, "daily-scan.yml", "unknown"))
    script = next(steps_of(workflow))["run"]
    done = subprocess.run(["bash", "-eo", "pipefail", "-c", script], env={"SEALWRIGHT_REPOSITORY": value}, check=False)
    assert done.returncode == code


NO_PIPELINES = [
    "acme/sealwright",
    f"acme@{COMMIT}",
    "acme/sealwright@v1",
    f"acme/seal wright@{COMMIT}",
    f"../x@{COMMIT}",
]


@pytest.mark.parametrize("text", NO_PIPELINES)
def test_a_pipeline_is_a_repository_and_a_whole_commit(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        require_pipeline(text, version="1.0")
    assert caught.value.described() == (
        f"error: --pipeline {text!r}: expected OWNER/REPO@COMMIT with a full commit hash, or lock\n"
        "  next: Name the repository and the commit of sealwright that the workflows are to run."
    )


def test_schedules_are_spread_and_stay() -> None:
    minutes = {name: minute_of(name) for name in ("widget", "sealwright", "x")}
    assert minutes == {name: minute_of(name) for name in minutes}
    assert all(0 < minute < 59 for minute in minutes.values())
    assert len(set(minutes.values())) > 1


def test_zizmor_finds_nothing(repository: Path, tmp_path: Path) -> None:
    zizmor = Path(sys.executable).with_name("zizmor")
    if not zizmor.exists():
        pytest.skip("needs zizmor")
    locks = (FoundLock(path="a/requirements.txt", kind=LockKind.REQUIREMENTS, pins=1, loose=0),)
    for kind in PIPELINES:
        folder = tmp_path / kind.replace(" ", "-") / FOLDER
        folder.mkdir(parents=True)
        for name in NAMES:
            (folder / name).write_text(text_of(repository, name, kind))
        (folder.parent / "dependabot.yml").write_text(dependabot_text(survey(locks=locks)))
    done = subprocess.run(
        [zizmor, "--offline", "--no-progress", "--persona=pedantic", repository / FOLDER, *tmp_path.iterdir()],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "No findings to report" in done.stdout) == (0, True), done.stdout
