"""The console command: sessions of the noxfile, in the current folder, with the exit codes of their programs."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path

import pytest

from ops.supply_chain import PIPELINE
from ops.supply_chain.core.start import TREE
from ops.supply_chain.core.variables import stage_variables
from ops.supply_chain.runner import one
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
        pytest.param(["supplier", "pyproject.toml"], 4, id="denied, by the rules that are carried"),
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
    done = _run(project, installed / "sealwright", "rehears")
    assert (done.returncode, done.stdout) == (2, "")
    assert "Did you mean 'rehearse'?" in done.stderr


@pytest.mark.parametrize(
    "word",
    [
        "lis",
        "list",
        "unpublish",
        "republish",
        "polish",
        "unlock",
        "reload",
        "prerelease",
        "adapt2",
        "x",
        "",
        "scan",
        "lo",
    ],
)
def test_a_word_that_is_merely_alike_gets_no_suggestion(word: str) -> None:
    assert __main__._unknown(word, sessions.sessions()) == (
        f"error: there is no session {word!r}\n  'sealwright --list' lists all."
    )


def test_one_slip_away_is_near_and_two_are_not() -> None:
    letters = "abcdefghijklmnopqrstuvwxyz_"
    for name in ("publish", "release", "check_hashes", "lock"):
        near = {name[:at] + name[at + 1 :] for at in range(len(name))}
        near |= {name[:at] + letter + name[at:] for at in range(len(name) + 1) for letter in letters}
        near |= {name[:at] + letter + name[at + 1 :] for at in range(len(name)) for letter in letters}
        near |= {name[:at] + name[at + 1] + name[at] + name[at + 2 :] for at in range(len(name) - 1)}
        assert all(__main__.differs_by_one_slip(word, name) for word in near)
        further = {f"x{word}y" for word in near if word[0] != "x" and word[-1] != "y"} - near
        assert not any(__main__.differs_by_one_slip(word, name) for word in further)


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
    if words != ["--version"]:  # the metadata of the installation are read with it
        assert not {"pathlib", "typing", "shlex"} & {*done.stderr.split()}


def test_help_of_a_stage_is_printed_without_another_process(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "def refuse(event, _):\n"
        "    if event in ('os.exec', 'subprocess.Popen', 'os.fork', 'os.posix_spawn'): raise SystemExit(event)\n"
        "sys.addaudithook(refuse)\n"
        "from sealwright.__main__ import main\n"
        "main(['verify', '--', '--help'])"
    )
    done, own = (
        subprocess.run([sys.executable, *words], cwd=tmp_path, capture_output=True, text=True, check=False)
        for words in (["-Ic", code], ["-Im", "ops.supply_chain.verify_release", "--help"])
    )
    assert (done.returncode, done.stderr) == (0, "")
    folder = {str(tmp_path), str(TREE)}  # the default folders are below that in which the command was called
    assert _without(done.stdout, folder) == _without(own.stdout, folder)
    assert done.stdout


def test_help_takes_no_module_from_the_current_folder(tmp_path: Path) -> None:
    (tmp_path / "argparse.py").write_text("raise SystemExit('not ours')\n")
    environment = {"PYTHONPATH": str(TREE)}
    command = [sys.executable, "-m", "sealwright", "verify", "--help"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: verify_release")


SECRET = ("GITHUB_TOKEN", "UV_INDEX_X_PASSWORD", "SIGSTORE_ID_TOKEN", "SEALWRIGHT_REGISTRY_URL", "UV_PUBLISH_TOKEN")
OUTER = dict.fromkeys(
    ("HOME", "LC_ALL", "PYTHONPATH", "SHELL", "NETRC", "PIP_INDEX_URL", "DEPENDENCY_TRACK_API_KEY", *SECRET), "x"
)


@pytest.mark.parametrize("name", [name for name, session in sessions.sessions().items() if session.secrets is not None])
def test_a_stage_alone_starts_once_with_the_variables_that_it_may_see(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = sessions.sessions()[name]
    module, script, *_ = session.command([])
    assert module == "ops.supply_chain.runner.one"
    conditions = {word for entry in session.secrets or () for word in entry.split() if word.startswith("-")}
    for options in ([], *([word] for word in sorted(conditions)), [f"{word}=x" for word in sorted(conditions)]):
        wanted = stage_variables(one.secrets_alone(script, session.command(options)[2:]), OUTER)
        assert session.variables(OUTER, options) == wanted
        hidden = {"SEALWRIGHT_OPTIONS": shlex.join(["--offline", *options])}
        assert session.variables(OUTER | hidden, []) == wanted | hidden

    def started(*_: object) -> None:
        raise AssertionError("started once more")

    monkeypatch.setattr(os, "environ", session.variables(OUTER | hidden, options))
    monkeypatch.setattr(os, "execve", started)
    monkeypatch.setattr(sys, "argv", ["x", script, *options])
    one.leave_other_variables()


def test_what_a_session_starts_keeps_the_variables_for_its_stages() -> None:
    others = [session for session in sessions.sessions().values() if session.secrets is None]
    assert [session.variables(OUTER, []) for session in others] == [OUTER] * len(others) != []


def test_the_program_is_started_with_the_folder_and_the_words_that_were_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[list[str], dict[str, str]]] = []

    def become(command: list[str], variables: dict[str, str]) -> int:
        seen.append((command, variables))
        return 0

    monkeypatch.setattr(__main__, "become", become)
    monkeypatch.setenv("GITHUB_TOKEN", "x")
    assert __main__.main(["retention", "--list"]) == 0
    [(command, variables)] = seen
    assert command[1:] == ["-Im", "sealwright.stage", "ops.supply_chain.runner.one", "retain_artifacts", "--", "--list"]
    assert variables["SEALWRIGHT_HOME"] == str(Path.cwd())
    assert variables["SEALWRIGHT_COMMAND"] == "sealwright"
    assert "GITHUB_TOKEN" not in variables


def _without(text: str, folders: Collection[str]) -> list[str]:
    for folder in folders:
        text = text.replace(folder, ".")
    return text.split()


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
    assert invocation.typed_command(prefix) == command


def test_a_wheel_is_named_where_the_command_came_from_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invocation, "_source", lambda: "/my wheels/sealwright.whl")
    assert invocation.typed_command("/c/uv/archive-v0/x") == "uvx --from '/my wheels/sealwright.whl' sealwright"
