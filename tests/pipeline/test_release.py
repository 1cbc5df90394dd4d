"""The whole chain on a small project: complete, the same anywhere, refused when anything is touched."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.fakes.prepared import prepared_processes
from tests.pipeline.conftest import make_project, run_release
from tests.pipeline.spine import STEPS

RUN_DEPENDENT = ("-gate.json", "-provenance.intoto.json", "-checksums.txt")
"""Files that hold the times of a run; all others are a function of commit, locks and tools."""


def released(out: Path) -> dict[str, str]:
    """Return name -> SHA-256 of the released files that must be the same everywhere."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted((out / "dist" / "release").iterdir())
        if not path.name.endswith(RUN_DEPENDENT)
    }


def records(out: Path) -> dict[str, dict[str, object]]:
    """Return the records of a run, without what differs from run to run: times, its number, and digests of these."""
    found = {path.name: json.loads(path.read_bytes()) for path in (out / "dist" / "records").iterdir()}
    own = {"started", "finished", "invocation", "reads", "writes"}
    return {name: {key: value for key, value in record.items() if key not in own} for name, record in found.items()}


NAMES = ("small", "alpha", "beta", "v1.0", "functions", "aaaaaaaa")
"""What a public log of the small project must not have: its name and version, packages, folders, a hash."""


def named_in(said: str) -> set[str]:
    """Return which of the names a log has."""
    return {name for name in NAMES if name in said}


class Whole(NamedTuple):
    """One undisturbed release of the small project: where, what was said, the released files."""

    out: Path
    said: str
    files: dict[str, str]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    out = tmp_path_factory.mktemp("whole")
    project = make_project(out / "project")
    done = run_release(project, out, prepared=False)
    assert done.returncode == 0, done.stderr
    return Whole(out, done.stdout, released(out))


def test_a_release_is_complete_and_its_checksums_hold(whole: Whole) -> None:
    names = sorted(path.name for path in (whole.out / "dist/release").iterdir())
    assert names == [
        "small-v1.0-checksums.txt",
        "small-v1.0-evidence.tar.gz",
        "small-v1.0-gate.json",
        "small-v1.0-provenance.intoto.json",
        "small-v1.0-sbom.cdx.json",
        "small-v1.0-sbom.spdx.json",
        "small-v1.0-sbom.spdx3.json",
    ]
    checked = subprocess.run(
        ["sha256sum", "--strict", "-c", "small-v1.0-checksums.txt"],
        cwd=whole.out / "dist/release",
        capture_output=True,
        check=False,
        text=True,
    )
    assert checked.returncode == 0, checked.stderr
    assert checked.stdout.count(": OK") == len(names) - 1
    retained = whole.out / "artifacts/supply-chain/small/v1.0"
    assert {path.name for path in retained.iterdir()} == {*names, "manifest.json"}


def test_the_summary_says_what_is_missing_before_it_may_be_called_signed(whole: Whole) -> None:
    assert "not signed" in whole.said.lower()
    assert "small-v1.0" in whole.said


WORLDS = {
    "umask, locale, time zone and hash seed": (
        {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8", "TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "4242"},
        0o077,
    ),
    "C locale without UTF-8": ({"LC_ALL": "C", "PYTHONUTF8": "0"}, 0o000),
}


@pytest.mark.parametrize(
    ("environment", "umask"),
    [pytest.param(*world, id=name, marks=[pytest.mark.whole] * name.startswith("C")) for name, world in WORLDS.items()],
)
def test_the_same_bytes_in_any_folder_umask_zone_locale_hash_seed_and_second(
    whole: Whole, tmp_path: Path, environment: dict[str, str], umask: int
) -> None:
    elsewhere = tmp_path / "other folder" / "deep"
    shutil.copytree(whole.out / "project", elsewhere / "checkout")
    done = run_release(elsewhere / "checkout", elsewhere / "out", "--public-log", environment=environment, umask=umask)
    assert done.returncode == 0, done.stderr
    assert released(elsewhere / "out") == whole.files
    assert len(whole.files) == 4
    said = done.stdout + done.stderr
    assert named_in(whole.said), "a log that is not public names some"
    assert named_in(said) == set()
    assert str(tmp_path) not in said
    assert "generate_sbom: pass" in said


@pytest.mark.skipif(sys.platform != "linux", reason="stages are forked on Linux only")
def test_the_same_bytes_records_and_words_from_stages_that_are_forked(whole: Whole, tmp_path: Path) -> None:
    shutil.copytree(whole.out / "project", tmp_path / "project")
    done = run_release(tmp_path / "project", tmp_path, environment={"SEALWRIGHT_PREPARED": "1"}, prepared=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert released(tmp_path) == whole.files
    assert done.stdout.replace(str(tmp_path), "") == whole.said.replace(str(whole.out), "")
    assert records(tmp_path) == records(whole.out)
    assert records(tmp_path)


def test_nothing_released_names_the_machine_or_its_folders(whole: Whole) -> None:
    for path in (whole.out / "dist/release").iterdir():
        data = path.read_bytes()
        assert str(whole.out).encode() not in data, path.name
        assert os.uname().nodename.encode() not in data, path.name


@pytest.mark.whole
def test_a_second_run_of_the_same_version_is_accepted_and_other_bytes_are_refused(
    project: Path, tmp_path: Path
) -> None:
    assert run_release(project, tmp_path / "out").returncode == 0
    assert run_release(project, tmp_path / "out").returncode == 0
    lock = project / "functions/one/requirements.txt"
    lock.write_text(lock.read_text().replace("beta==2.0", "beta==2.1"))
    done = run_release(project, tmp_path / "out")
    assert done.returncode == 4
    assert "small-v1.0-sbom.cdx.json" in done.stdout + done.stderr


@pytest.mark.whole
def test_releases_form_a_chain(project: Path, tmp_path: Path) -> None:
    assert run_release(project, tmp_path / "out").returncode == 0
    first = tmp_path / "out/artifacts/supply-chain/small/v1.0/small-v1.0-provenance.intoto.json"
    assert run_release(project, tmp_path / "out", "--version", "v1.1").returncode == 0
    second = json.loads((tmp_path / "out/dist/release/small-v1.1-provenance.intoto.json").read_text())
    digests = [
        one.get("digest", {}).get("sha256") for one in second["predicate"]["buildDefinition"]["resolvedDependencies"]
    ]
    assert hashlib.sha256(first.read_bytes()).hexdigest() in digests


def test_an_empty_project_releases_its_source(tmp_path: Path) -> None:
    root = make_project(tmp_path / "project")
    shutil.rmtree(root / "functions")
    (root / "main.py").write_text("print('hello')\n")
    done = run_release(root, tmp_path / "out", "--version", "v2")
    assert done.returncode == 0, done.stderr
    assert "small-v2-source.tar.gz" in {path.name for path in (tmp_path / "out/dist/release").iterdir()}


def test_an_unhashed_pin_denies_the_release_and_nothing_is_assembled(project: Path, tmp_path: Path) -> None:
    (project / "functions/two/requirements.txt").write_text("alpha==1.0\n")
    done = run_release(project, tmp_path / "out")
    assert done.returncode == 4
    assert not (tmp_path / "out/dist/release").exists()
    assert not (tmp_path / "out/artifacts").exists()


def test_a_broken_lock_ends_in_exit_three_with_file_and_line(project: Path, tmp_path: Path) -> None:
    (project / "functions/two/requirements.txt").write_text("alpha==1.0 \\\n  --hash=sha256:zz\n???\n")
    done = run_release(project, tmp_path / "out")
    assert done.returncode == 3
    assert "where: functions/two/requirements.txt:3\n" in done.stdout
    assert not (tmp_path / "out/dist/release").exists()


def test_offline_with_a_cold_cache_is_not_examined_and_names_what_could_not_be_had(
    project: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-Im", "ops.supply_chain.generate_sbom", "--project", str(project), "--offline"]
    done = subprocess.run(
        [*command, "--dist", str(tmp_path / "dist"), "--cache", str(tmp_path / "cache")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 5
    assert "alpha 1.0" in done.stderr
    assert "clean" not in (done.stdout + done.stderr).lower()
    assert not (tmp_path / "dist" / "sbom").exists()


@pytest.mark.parametrize(
    "after",
    range(2, len(STEPS), 3),
)
@pytest.mark.whole
def test_killed_at_any_stage_boundary_the_next_run_completes(project: Path, tmp_path: Path, after: int) -> None:
    out = tmp_path / "out"
    shared = ["--project", str(project), "--dist", str(out / "dist"), "--artifacts", str(out / "artifacts")]
    command = [sys.executable, "-Im", "ops.supply_chain.runner.pipeline", *STEPS[: after + 1], "--", *shared]
    subprocess.run([*command, "--no-enrich"], check=True, capture_output=True)
    done = run_release(project, out)
    assert done.returncode == 0, done.stderr
    assert len(released(out)) == 4


@pytest.mark.parametrize(
    "fraction",
    [pytest.param(number / 5, marks=[] if number == 2 else [pytest.mark.whole]) for number in range(1, 5)],
)
def test_killed_at_any_moment_nothing_half_written_is_taken_for_whole(
    project: Path, tmp_path: Path, whole: Whole, fraction: float
) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-Im", "ops.supply_chain.runner.pipeline", *STEPS, "--", "--project", str(project)]
    folders = ["--dist", str(out / "dist"), "--artifacts", str(out / "artifacts"), "--no-enrich"]
    written, enough = out / "dist" / "records", len(records(whole.out)) * fraction
    with prepared_processes():
        process = subprocess.Popen(
            [*command, *folders], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        while process.poll() is None and (not written.is_dir() or len(list(written.iterdir())) < enough):
            time.sleep(0.002)
        time.sleep(random.Random(fraction).uniform(0, 0.03))  # noqa: S311 - into what follows
        os.killpg(process.pid, signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    done = run_release(project, out)
    assert done.returncode == 0, done.stderr
    assert released(out) == whole.files
    retained = out / "artifacts/supply-chain/small"
    assert [path.name for path in retained.iterdir() if not path.name.startswith(".")] == ["v1.0"]
