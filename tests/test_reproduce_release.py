"""reproduce_release: a release made again in a second clone, and every reason for which it cannot be."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain import reproduce_release
from ops.supply_chain.contracts.files.reproduction import FileResult
from ops.supply_chain.core.errors import ExitCode
from ops.supply_chain.gather.release.rebuild import Rebuilt, rebuild
from tests.fakes.built_project import PYPROJECT
from tests.fakes.front_end import FRONT_END
from tests.fakes.integrity import FakeIntegrity
from tests.fakes.wheels import serving
from tests.pipeline.conftest import git, make_project, run_release
from tests.pipeline.gated_world import LONG_AGO, QUICK, World
from tests.release.handmade import Handmade
from tests.release.reproduction.worlds import changed_json, changed_tar

NAME = "small-v1.0"
WHEEL = "demo-1.0-py3-none-any.whl"


class Reproduced:
    """A release of the small project, a second clone of it, and what reproducing it there shows."""

    def __init__(self, base: Path, capfd: pytest.CaptureFixture[str]) -> None:
        self.base, self.release, self.clone = base, base / "release", base / "clone"
        self.dist = base / "dist"
        self._capfd = capfd
        self.shown = ""

    def run(self, *more: str) -> int:
        folders = [
            "--project",
            str(self.clone),
            "--dist",
            str(self.dist),
            "--artifacts",
            str(self.base / "none"),
        ]
        options = ["--release", str(self.release), "--allow-unsigned", *more]
        code = reproduce_release.main([*folders, *options])
        self.shown = "".join(self._capfd.readouterr())
        return code

    @property
    def report(self) -> Any:
        return json.loads((self.dist / "reproduction" / "reproduction.json").read_text())

    @property
    def statement(self) -> Any:
        path = self.dist / "reproduction" / "reproduction.intoto.json"
        return json.loads(path.read_text()) if path.exists() else None

    def results(self, result: FileResult) -> set[str]:
        return {file["name"] for file in self.report["files"] if file["result"] == result}

    def differences(self, name: str) -> list[tuple[str, str]]:
        [file] = [file for file in self.report["files"] if file["name"] == name]
        return [(row["member"], row["field"]) for row in file["differences"]]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project, its release, and a second clone of it."""
    base = tmp_path_factory.mktemp("made")
    project = make_project(base / "project")
    done = run_release(project, base)
    assert done.returncode == 0, done.stdout + done.stderr
    shutil.copytree(base / "dist" / "release", base / "release")
    return base


@pytest.fixture
def world(made: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Reproduced:
    shutil.copytree(made / "release", tmp_path / "release")
    subprocess.run(
        ["git", "clone", "-q", str(made / "project"), str(tmp_path / "clone")], check=True, env=_environment()
    )
    return Reproduced(tmp_path, capfd)


def _environment() -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}


@pytest.fixture(scope="module")
def again(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Rebuilt:
    """What a second run makes of the release, made once: only the comparison differs between the cases."""
    base = tmp_path_factory.mktemp("again")
    subprocess.run(["git", "clone", "-q", str(made / "project"), str(base / "clone")], check=True, env=_environment())
    seen: list[Rebuilt] = []
    folders = ["--project", str(base / "clone"), "--dist", str(base / "dist"), "--cache", str(base / "cache")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reproduce_release, "rebuild", lambda *words, **more: _once(seen, *words, **more))
        assert reproduce_release.main([*folders, str(made / "release"), "--allow-unsigned"]) == ExitCode.PASS
    return seen[0]


def _once(seen: list[Rebuilt], *words: Any, **more: Any) -> Rebuilt:
    """Make the release again the first time, and return the same afterwards."""
    if not seen:
        seen.append(rebuild(*words, **more))
    return seen[0]


def _verified(monkeypatch: pytest.MonkeyPatch) -> None:
    from ops.supply_chain.core.outcome import Outcome

    monkeypatch.setattr(reproduce_release, "_verify", lambda *_: reproduce_release.Verified(Outcome.PASS))


@pytest.mark.whole
def test_a_release_is_reproduced_in_a_second_clone(world: Reproduced, monkeypatch: pytest.MonkeyPatch) -> None:
    _verified(monkeypatch)
    (world.clone / "untracked.txt").write_text("of the user\n")
    before = sorted(path for path in world.clone.rglob("*") if ".git" not in path.parts)
    assert world.run() == ExitCode.PASS, world.shown
    described = {f"{NAME}-checksums.txt", f"{NAME}-gate.json", f"{NAME}-provenance.intoto.json"}
    assert world.results(FileResult.OF_ITS_RUN) <= described
    assert world.results(FileResult.IDENTICAL) >= {path.name for path in world.release.iterdir()} - described
    assert world.report["notes"] == ["the clone has uncommitted changes; they were not used"]
    assert sorted(path for path in world.clone.rglob("*") if ".git" not in path.parts) == before
    statement = world.statement
    assert statement["predicate"]["properties"] == ["SEALWRIGHT_REPRODUCED", "SEALWRIGHT_RELEASE_VERIFIED"]
    assert {subject["name"] for subject in statement["subject"]} == world.results(FileResult.IDENTICAL)
    assert not any(word.startswith("SLSA_") for word in statement["predicate"]["properties"])


@pytest.mark.whole
def test_a_retained_release_is_named_by_its_version(world: Reproduced, monkeypatch: pytest.MonkeyPatch) -> None:
    _verified(monkeypatch)
    shutil.copytree(world.release, world.base / "artifacts" / "supply-chain" / "small" / "v1.0")
    folders = ["--project", world.clone, "--dist", world.dist, "--artifacts", world.base / "artifacts"]
    assert reproduce_release.main([*map(str, folders), "--retained", "v1.0", "--allow-unsigned"]) == ExitCode.PASS


def _edit(name: str, change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def edit(release: Path) -> None:
        path = release / name
        path.write_bytes(change(path.read_bytes()))

    return edit


CHANGES: dict[str, tuple[Callable[[Path], None], str, tuple[str, str]]] = {
    "a byte of an SBOM": (
        _edit(f"{NAME}-sbom.cdx.json", lambda data: data.replace(b'"beta"', b'"betb"', 1)),
        f"{NAME}-sbom.cdx.json",
        ("", "$.components[1].name"),
    ),
    "a pin in a lock": (
        _edit(
            f"{NAME}-evidence.tar.gz",
            lambda data: changed_tar(
                data,
                lambda files: files.update(
                    {
                        name: text.replace(b"alpha==1.0", b"alpha==1.1")
                        for name, text in files.items()
                        if "one/requirements.txt" in name
                    }
                ),
            ),
        ),
        f"{NAME}-evidence.tar.gz",
        (f"{NAME}-evidence/project/functions/one/requirements.txt", "line 4"),
    ),
    "a line of the checksums": (
        _edit(f"{NAME}-checksums.txt", lambda data: b"0" * 64 + data[64:]),
        f"{NAME}-checksums.txt",
        ("", f"line of {NAME}-evidence.tar.gz"),
    ),
    "a field of a record": (
        _edit(
            f"{NAME}-gate.json",
            lambda data: changed_json(data, lambda gate: gate["records"][1]["counts"].update(locked=7)),
        ),
        f"{NAME}-gate.json",
        ("", "$.records[1].counts.locked"),
    ),
    "a removed file": (
        lambda release: (release / f"{NAME}-sbom.cdx.json").unlink(),
        f"{NAME}-sbom.cdx.json",
        ("", "file"),
    ),
    "an added file": (lambda release: _put(release / "more.txt"), "more.txt", ("", "file")),
    "a link": (lambda release: _link(release / f"{NAME}-sbom.cdx.json"), f"{NAME}-sbom.cdx.json", ("", "file")),
}


def _put(path: Path) -> None:
    path.write_text("more\n")


def _link(path: Path) -> None:
    path.unlink()
    path.symlink_to("/etc/hostname")


@pytest.mark.whole
@pytest.mark.parametrize(("change", "name", "row"), CHANGES.values(), ids=CHANGES)
def test_any_single_change_of_the_release_is_named(
    world: Reproduced,
    again: Rebuilt,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[Path], None],
    name: str,
    row: tuple[str, str],
) -> None:
    monkeypatch.setattr(reproduce_release, "rebuild", lambda *_, **__: again)
    change(world.release)
    assert world.run() == ExitCode.DENIED
    assert name in world.results(FileResult.DIFFERS)
    assert row in world.differences(name)
    assert name in world.shown
    assert world.statement is None


@pytest.mark.whole
def test_a_release_that_does_not_verify_is_compared_and_never_passes(
    world: Reproduced, again: Rebuilt, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reproduce_release, "rebuild", lambda *_, **__: again)
    assert world.run() == ExitCode.PASS
    assert world.statement["predicate"]["properties"] == ["SEALWRIGHT_REPRODUCED"]
    assert "(unsigned)" in world.statement["predicate"]["sealwright_release"]["notVerified"]
    assert world.run("--tag", "v2.0") == ExitCode.DENIED
    assert (world.report["outcome"], world.report["verification"], world.report["accepted"]) == ("pass", "fail", False)
    assert "reproduce.not-verified" in world.shown


@pytest.mark.whole
def test_a_failed_stage_makes_nothing_identical(world: Reproduced, monkeypatch: pytest.MonkeyPatch) -> None:
    _verified(monkeypatch)
    monkeypatch.setattr(
        "ops.supply_chain.gather.release.rebuild.run_again", lambda *_: (ExitCode.NOT_EXAMINED, "no index")
    )
    assert world.run() == ExitCode.NOT_EXAMINED
    assert world.results(FileResult.UNKNOWN) == {path.name for path in world.release.iterdir()}
    assert "exit 5: no index" in world.shown
    assert world.statement is None


@pytest.mark.whole
def test_a_commit_that_is_not_in_the_clone_is_said_with_the_command_that_fetches_it(
    world: Reproduced, made: Path
) -> None:
    git(world.clone, "commit", "-q", "--allow-empty", "-m", "later")
    shutil.rmtree(world.clone)
    subprocess.run(["git", "init", "-q", str(world.clone)], check=True, env=_environment())
    git(world.clone, "commit", "-q", "--allow-empty", "-m", "other")
    assert world.run() == ExitCode.NOT_EXAMINED
    assert "is not in this clone, so nothing was rebuilt" in world.shown
    assert f"git -C {world.clone} fetch --tags origin" in world.shown


class Unusual:
    """A release by hand, changed before it is read."""

    def __init__(self, base: Path) -> None:
        release = Handmade(base)
        release.until("retain_artifacts")
        self.base, self.folder, self.project = base, release.dist / "release", release.root

    def run(self, *more: str) -> int:
        folders = [
            "--project",
            str(self.project),
            "--dist",
            str(self.base / "out"),
            "--artifacts",
            str(self.base / "none"),
        ]
        return reproduce_release.main([*folders, *more])

    def change(self, name: str, change: Callable[[Any], None]) -> None:
        path = self.folder / f"N-V-{name}"
        path.write_bytes(changed_json(path.read_bytes(), change))


@pytest.fixture
def unusual(tmp_path: Path) -> Unusual:
    return Unusual(tmp_path)


def _source(document: Any, **more: Any) -> None:
    digest = {"gitCommit": "a" * 40}
    definition = document["predicate"]["buildDefinition"]
    definition["externalParameters"]["source"] = {"digest": digest}
    definition["resolvedDependencies"].append(
        {"annotations": {"role": "source", "dirty": False, **more}, "digest": digest}
    )


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        pytest.param(None, ExitCode.NOT_EXAMINED, "names no commit", id="no commit"),
        pytest.param(
            lambda document: _source(document, dirty=True), ExitCode.NOT_EXAMINED, "tree that differed", id="dirty"
        ),
        pytest.param(_source, ExitCode.NOT_EXAMINED, "is no clone of the project", id="no clone"),
        pytest.param(
            lambda document: document["predicate"]["runDetails"]["metadata"].update(invocationId="x\0"),
            ExitCode.INPUT,
            "no UUID of a run",
            id="invocation",
        ),
        pytest.param(
            lambda document: document["predicate"]["runDetails"]["metadata"].update(finishedOn="2026-19-39T00:00:00Z"),
            ExitCode.INPUT,
            "is no time",
            id="time",
        ),
        pytest.param(lambda document: document.update(more=1), ExitCode.INPUT, "unknown field", id="newer"),
    ],
)
def test_a_release_that_cannot_be_made_again_says_why(
    unusual: Unusual, capfd: pytest.CaptureFixture[str], change: Callable[[Any], None] | None, code: int, words: str
) -> None:
    if change is not None:
        unusual.change("provenance.intoto.json", change)
    assert unusual.run(str(unusual.folder)) == code
    assert words in "".join(capfd.readouterr())
    assert not (unusual.base / "out").exists()


def test_another_commit_than_the_expected_one_is_not_built(unusual: Unusual, capfd: pytest.CaptureFixture[str]) -> None:
    unusual.change("provenance.intoto.json", _source)
    assert unusual.run(str(unusual.folder), "--source-commit", "b" * 40) == ExitCode.USAGE
    assert "nothing was rebuilt" in capfd.readouterr().err


@pytest.mark.parametrize(
    "change",
    [
        lambda gate: gate["records"][0].update(stage="../../x"),
        lambda gate: gate["records"].append(gate["records"][0]),
    ],
    ids=["a path", "twice"],
)
def test_records_of_unknown_stages_are_refused(
    unusual: Unusual, capfd: pytest.CaptureFixture[str], change: Callable[[Any], None]
) -> None:
    unusual.change("gate.json", change)
    assert unusual.run(str(unusual.folder)) == ExitCode.INPUT
    assert "a record of an unknown stage, or two of one" in "".join(capfd.readouterr())


def test_a_gate_file_that_is_a_link_is_not_read(unusual: Unusual, capfd: pytest.CaptureFixture[str]) -> None:
    path = unusual.folder / "N-V-gate.json"
    path.rename(unusual.base / "gate.json")
    path.symlink_to(unusual.base / "gate.json")
    assert unusual.run(str(unusual.folder)) == ExitCode.INPUT
    assert "is absent or no plain file" in "".join(capfd.readouterr())


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ([], ExitCode.USAGE),
        (["FOLDER", "--release", "FOLDER"], ExitCode.USAGE),
        (["--retained", "../x"], ExitCode.USAGE),
        (["--retained", "1.0"], ExitCode.INPUT),
        (["NOTHING"], ExitCode.INPUT),
    ],
    ids=["none", "two", "a path", "not retained", "no folder"],
)
def test_one_release_is_named(unusual: Unusual, capfd: pytest.CaptureFixture[str], words: list[str], code: int) -> None:
    given = [word.replace("FOLDER", str(unusual.folder)) for word in words]
    assert unusual.run(*given) == code
    assert "error: " in capfd.readouterr().err


def test_a_stage_that_signs_is_never_run_with_a_stopped_clock() -> None:
    from ops.supply_chain.core.errors import UsageError
    from ops.supply_chain.runner import past

    with pytest.raises(UsageError, match="sign_artifacts cannot be run"):
        past.main(["2026-11-20T00:00:00Z", "sign_artifacts"])


def test_every_stage_of_a_release_runs_again_or_has_a_reason_not_to() -> None:
    from ops.supply_chain import release_uses
    from ops.supply_chain.runner.past import AGAIN

    outside = {"check_hashes", "check_vulnerabilities", "check_malware", "check_publishers", "generate_security_md"}
    after = {
        "assemble_release",
        "sign_artifacts",
        "verify_release",
        "retain_artifacts",
        "summarise_release",
        "report_findings",
    }
    assert {use.stage.script for step in release_uses() for use in step} == {*AGAIN, *outside, *after}


def test_a_clock_that_is_stopped_stays_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import UTC, datetime

    from ops.supply_chain.runner import clock

    monkeypatch.setattr(clock, "_stopped", [])
    running = clock.read_stopwatch()
    assert running > 0
    clock.stop_clock(datetime(2026, 1, 2, tzinfo=UTC))
    assert (clock.read_clock(), clock.read_stopwatch()) == (datetime(2026, 1, 2, tzinfo=UTC), 0.0)


@pytest.mark.whole
def test_a_gated_release_with_distributions_is_reproduced_and_a_changed_wheel_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    with serving() as index, FakeIntegrity() as integrity:
        made = World(tmp_path, index, integrity)
        made.make()
        for name, version, code in (("build", "1.6.1", FRONT_END), ("tool", "1.0", "")):
            index.add(name, version, LONG_AGO, code=code)
            integrity.add(name, version, f"{name}-{version}-py3-none-any.whl", None)
        (made.project / "pyproject.toml").write_text(PYPROJECT)
        for steps in (("compile_locks",), ("check_publishers --record",)):
            assert made.run(steps).returncode == ExitCode.PASS
        git(made.project, "add", "-A")
        git(made.project, "commit", "-qm", "built")
        done = made.run(QUICK)
        assert done.returncode == ExitCode.PASS, done.stdout + done.stderr
        shutil.copytree(tmp_path / "dist" / "release", tmp_path / "release")
        subprocess.run(
            ["git", "clone", "-q", str(made.project), str(tmp_path / "clone")], check=True, env=_environment()
        )
        world = Reproduced(tmp_path, capfd)
        _verified(monkeypatch)
        seen: list[Rebuilt] = []
        monkeypatch.setattr(reproduce_release, "rebuild", lambda *words, **more: _once(seen, *words, **more))
        assert world.run("--cache", str(tmp_path / "cache")) == ExitCode.PASS, world.shown
    own_run = {"demo-1.0-checksums.txt", "demo-1.0-gate.json", "demo-1.0-provenance.intoto.json"}
    assert world.results(FileResult.OF_ITS_RUN) <= own_run
    assert world.results(FileResult.IDENTICAL) | own_run == {path.name for path in world.release.iterdir()}
    assert {"demo-1.0.tar.gz", WHEEL, "demo-1.0-vex.cdx.json", "sealwright-verify.pyz"} <= world.results(
        FileResult.IDENTICAL
    )
    assert world.report["taken"] == [
        "check_hashes",
        "check_malware",
        "check_publishers",
        "check_vulnerabilities",
        "generate_security_md",
    ]
    with zipfile.ZipFile(world.release / WHEEL) as archive:
        rows = [(row, archive.read(row)) for row in archive.infolist()]
    with zipfile.ZipFile(world.release / WHEEL, "w") as archive:
        for row, data in rows:
            row.date_time = (2001, 1, 1, 0, 0, 0) if row is rows[0][0] else row.date_time
            archive.writestr(row, data)
    world.dist = tmp_path / "second"
    assert world.run() == ExitCode.DENIED
    assert (rows[0][0].filename, "mtime") in world.differences(WHEEL)
    assert world.results(FileResult.DIFFERS) == {WHEEL}
