"""The console command: sessions of the noxfile, in the current folder, with the exit codes of their programs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ops.supply_chain import PIPELINE
from sealwright import __main__, invocation, sessions
from tests.printed import scratch

CONTRIBUTING = ("tests", "lint", "generate", "bench")
PROJECT = '[project]\nname = "tiny"\nversion = "0.1.0"\n'


def _run(folder: Path, program: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {"HOME": str(folder / "home"), "PATH": "/usr/bin:/bin"}
    return subprocess.run(
        [str(program), *words], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    return tmp_path


def test_the_list_is_that_of_the_noxfile() -> None:
    names = list(__main__.list_sessions())
    assert names[:4] == ["rehearse", "release", "daily_scan", "security_md"]
    assert {row.script for row in PIPELINE} <= set(names)
    assert all(__main__.list_sessions().values())


def test_the_installed_command_lists_no_sessions_of_contributors(installed: Path, project: Path) -> None:
    done = _run(project, installed / "sealwright", "--list")
    names = [line.split()[0] for line in done.stdout.splitlines()]
    assert (done.returncode, done.stderr) == (0, "")
    assert names == [*__main__.list_sessions()]
    assert names == [name for name in scratch.sessions() if name not in CONTRIBUTING]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        pytest.param(["verify", "nowhere"], 3, id="input broken"),
        pytest.param(["check_locks", "--no-such-option"], 2, id="usage", marks=pytest.mark.whole),
        pytest.param(["check_locks", "--", "--no-such-option"], 2, id="usage, after a typed --"),
        pytest.param(["adopt_project"], 0, id="pass", marks=pytest.mark.whole),
        pytest.param(["check_publishers", "--offline"], 5, id="not examined"),
    ],
)
def test_exit_codes_of_the_program_are_kept(words: list[str], code: int, installed: Path, project: Path) -> None:
    (project / "requirements.txt").write_text(f"six==1.17.0 --hash=sha256:{'0' * 64}\n")
    done = _run(project, installed / "sealwright", *words)
    assert done.returncode == code, done.stderr
    assert "error:" not in done.stdout
    assert "nox" not in done.stderr.replace(str(project), "").replace("nox -s", "")


def test_artifacts_lie_in_the_current_folder_and_nothing_in_the_installation(installed: Path, project: Path) -> None:
    before = sorted(installed.parent.rglob("*"))
    (project / "requirements.txt").write_text("")
    done = _run(project, installed / "sealwright", "generate_sbom", "--offline")
    assert done.returncode == 0, done.stderr
    assert (project / "dist" / "sbom" / "tiny-sbom.json").is_file()
    written = [path for path in installed.parent.rglob("*") if path not in before and "__pycache__" not in path.parts]
    assert written == []


def test_an_unknown_session_is_answered_with_the_nearest(installed: Path, project: Path) -> None:
    done = _run(project, installed / "sealwright", "rehearsal")
    assert (done.returncode, done.stdout) == (2, "")
    assert "'rehearse'" in done.stderr


def test_the_index_package_called_ops_is_left_alone(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "ops").mkdir()
    (tmp_path / "ops" / "__init__.py").write_text("CharmBase = object\n")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import ops, sealwright; print(ops.CharmBase, sealwright.TREE)"
    done = subprocess.run([str(installed / "python"), "-I", "-c", code], capture_output=True, text=True, check=True)
    assert "_tree" in done.stdout


def test_without_words_it_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert __main__.main([]) == 2
    assert __main__.main(["--help"]) == 0
    assert "sealwright rehearse" in capsys.readouterr().out
    assert __main__.main(["--version"]) == 0


@pytest.mark.parametrize(("code", "ends"), [("raise SystemExit(4)", 4), ("import os; os.kill(os.getpid(), 15)", 143)])
def test_where_a_process_cannot_become_another_the_code_is_that_which_a_shell_gives(code: str, ends: int) -> None:
    assert __main__.wait_for([sys.executable, "-Ic", code], {}) == ends


@pytest.mark.parametrize(
    "options", [[], ["--version", "v1.0.0"], ["--verify", "--public-log"], ["--help"]], ids=" ".join
)
def test_a_session_starts_what_that_of_the_noxfile_starts(options: list[str]) -> None:
    for name, function in scratch.sessions().items():
        if name not in CONTRIBUTING:
            module, words = scratch.started_with(function, options)
            assert sessions.sessions()[name].command(options) == [module, *words], name


@pytest.mark.parametrize("words", [["--list"], ["--help"], ["no_such_session"], ["--version"]], ids=" ".join)
def test_the_command_itself_needs_neither_nox_nor_the_tree(words: list[str]) -> None:
    code = f"import sys; from sealwright.__main__ import main; main({words!r}); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-Ic", code], capture_output=True, text=True, check=True)
    assert not {"nox", "ops", "ast", "msgspec", "packaging", "asyncio"} & {*done.stderr.split()}
    assert done.stderr


@pytest.mark.parametrize(
    ("prefix", "command"),
    [
        ("/home/me/.venv", "sealwright"),
        ("/home/me/.local/share/uv/tools/sealwright", "sealwright"),
        ("/home/me/.local/share/pipx/venvs/sealwright", "sealwright"),
        ("/home/me/.cache/uv/archive-v0/x1", "uvx sealwright"),
        ("/home/me/.local/share/pipx/.cache/x1", "pipx run sealwright"),
    ],
)
def test_the_command_is_the_one_that_was_typed(prefix: str, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invocation, "_source", str)
    assert invocation.typed_command(Path(prefix)) == command


def test_a_wheel_is_named_where_the_command_came_from_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invocation, "_source", lambda: "/my wheels/sealwright.whl")
    assert invocation.typed_command(Path("/c/uv/archive-v0/x")) == "uvx --from '/my wheels/sealwright.whl' sealwright"
