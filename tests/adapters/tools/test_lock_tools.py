"""Other tools on a copy: their own sentence is a verdict, anything else is none, and the project stays as it was."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from uv import find_uv_bin

from ops.supply_chain.adapters.files.project_files import ProjectFiles
from ops.supply_chain.adapters.tools import lock_programs
from ops.supply_chain.adapters.tools.lock_programs import LockPrograms, without_shims
from ops.supply_chain.adapters.tools.lock_tools import LockTools, ToolAnswer
from ops.supply_chain.contracts.config.file import Config
from ops.supply_chain.contracts.config.index import IndexConfig
from ops.supply_chain.contracts.config.locks import LocksConfig
from ops.supply_chain.contracts.values.lock import Lock
from ops.supply_chain.core.errors import UnavailableError
from ops.supply_chain.dependencies.locks.read import read_lock
from tests.fakes.wheels import WheelIndex, serving

OLD, NOW = "2026-01-01T00:00:00Z", "2026-11-20T00:00:00Z"
SECRET = "hunter2"  # noqa: S105 - made up
MANIFEST = """[project]
name = "demo"
version = "1"
requires-python = ">=3.11"
dependencies = ["top"]
"""
BACKEND = '[build-system]\nrequires = ["backend"]\nbuild-backend = "backend"\n'
POETRY_LOCK = '[metadata]\nlock-version = "2.1"\npython-versions = "*"\ncontent-hash = "0"\n'
PDM_LOCK = '[metadata]\nlock_version = "4.5.0"\n'
PIPFILE_LOCK = '{"_meta": {"pipfile-spec": 6}, "default": {}, "develop": {}}'


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> Iterator[WheelIndex]:
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    with serving() as served:
        served.add("leaf", "1.0", OLD)
        served.add("top", "1.0", OLD, "leaf")
        yield served


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


def uv_project(root: Path, index: WheelIndex, manifest: str = MANIFEST) -> str:
    at = f'[[tool.uv.index]]\nname = "here"\nurl = "{index.simple}"\ndefault = true\n'
    (root / "pyproject.toml").write_text(manifest + at)
    words = [find_uv_bin(), "lock", "--no-python-downloads", "--quiet", "--cache-dir", str(root.parent / "cache")]
    subprocess.run(words, cwd=root, check=True)
    return at


def ask(root: Path, path: str = "uv.lock", *, offline: bool = False, config: Config | None = None) -> ToolAnswer | None:
    before = {one: one.read_bytes() for one in root.rglob("*") if one.is_file()}
    files = ProjectFiles(root)
    data = files.read(path)
    assert data is not None
    lock: Lock = read_lock(path, data, files.read)
    cache = root.parent / "fresh"
    try:
        with LockPrograms(cache=cache, offline=offline, released_before=NOW) as programs:
            tools = LockTools(root, programs=programs, cache=cache, config=config or Config(), offline=offline)
            return tools.check(lock)
    finally:
        assert {one: one.read_bytes() for one in root.rglob("*") if one.is_file()} == before


def test_uv_agrees_with_its_lock_even_without_network(root: Path, index: WheelIndex) -> None:
    uv_project(root, index)
    index.add("leaf", "2.0", OLD)
    for offline in (False, True):
        answer = ask(root, offline=offline)
        assert answer is not None
        assert (answer.command, answer.tool, answer.agrees, answer.output) == ("uv lock --check", "uv", True, "")


CHANGES = {
    "another constraint": ('"top"', '"top>=1"', "needs to be updated"),
    "another dependency": ('"top"', '"top", "leaf"', "needs to be updated"),
    "no solution at the lock's timestamp": ('"top"', '"top>7"', "No solution found"),
}


@pytest.mark.parametrize(("old", "new", "said"), CHANGES.values(), ids=CHANGES)
def test_uv_disagrees_where_the_manifest_changed(root: Path, index: WheelIndex, old: str, new: str, said: str) -> None:
    at = uv_project(root, index)
    (root / "pyproject.toml").write_text(MANIFEST.replace(old, new) + at)
    answer = ask(root)
    assert answer is not None
    assert answer.agrees is False
    assert said in answer.output
    assert str(root.parent) not in answer.output


@pytest.mark.parametrize("how", ["refused", "500", "offline"])
def test_an_index_that_does_not_answer_is_no_verdict(root: Path, index: WheelIndex, how: str) -> None:
    at = uv_project(root, index)
    (root / "pyproject.toml").write_text(MANIFEST.replace('"top"', '"top>=1"') + at)
    index.status = 500 if how == "500" else 200
    if how == "refused":
        for name in ("pyproject.toml", "uv.lock"):
            (root / name).write_text((root / name).read_text().replace(index.address, "http://127.0.0.1:9"))
    with pytest.raises(UnavailableError, match=r"^uv\.lock: uv could not check it: ") as caught:
        ask(root, offline=how == "offline")
    assert caught.value.hint == "Check that the index answers, then run again."


def test_a_member_that_joined_the_workspace_is_seen(root: Path, index: WheelIndex) -> None:
    manifest = MANIFEST + '[tool.uv.workspace]\nmembers = ["packages/*"]\n'
    (root / "packages").mkdir()
    uv_project(root, index, manifest)
    answer = ask(root)
    assert answer is not None
    assert answer.agrees is True
    (root / "packages" / "one").mkdir()
    (root / "packages" / "one" / "pyproject.toml").write_text('[project]\nname = "one"\nversion = "1"\n')
    answer = ask(root)
    assert answer is not None
    assert answer.agrees is False


def test_a_python_that_is_not_here_is_no_verdict(root: Path, index: WheelIndex) -> None:
    at = uv_project(root, index)
    for name in ("pyproject.toml", "uv.lock"):
        text = (root / name).read_text().replace('requires-python = ">=3.11"', 'requires-python = ">=3.99"')
        (root / name).write_text(text)
    assert at in (root / "pyproject.toml").read_text()
    answer = ask(root)
    assert answer is not None
    assert answer.agrees is None
    assert answer.output


def test_nothing_is_built(root: Path, index: WheelIndex) -> None:
    at = uv_project(root, index)
    dynamic = MANIFEST.replace('dependencies = ["top"]', 'dynamic = ["dependencies"]')
    backend = '[build-system]\nrequires = ["top"]\nbuild-backend = "top"\n'
    (root / "pyproject.toml").write_text(dynamic + backend + at)
    answer = ask(root)
    assert answer is not None
    assert answer.agrees is None


@pytest.mark.parametrize("dynamic", ["dependencies", "version"])
def test_the_build_backend_of_an_editable_member_does_not_run(root: Path, index: WheelIndex, dynamic: str) -> None:
    """uv 0.13 builds what is editable in spite of --no-build."""
    static = '[project]\nname = "member"\nversion = "1"\ndependencies = []\n'
    (root / "member").mkdir()
    (root / "member" / "pyproject.toml").write_text(static + BACKEND)
    workspace = '[tool.uv.workspace]\nmembers = ["member"]\n[tool.uv.sources]\nmember = { workspace = true }\n'
    uv_project(root, index, MANIFEST.replace('["top"]', '["top", "member"]') + workspace)
    kept = "".join(line for line in static.splitlines(keepends=True) if not line.startswith(dynamic))
    (root / "member" / "pyproject.toml").write_text(f'{kept}dynamic = ["{dynamic}"]\n{BACKEND}')
    ran = root.parent / "ran"
    index.add("backend", "1.0", OLD, code=f"open({str(ran)!r}, 'w').close()\n")
    answer = ask(root)
    assert not ran.exists()
    assert answer is not None
    assert answer.agrees is None


def test_settings_of_the_machine_do_not_matter(
    root: Path, index: WheelIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uv_project(root, index)
    (tmp_path / "home" / "uv").mkdir(parents=True)
    (tmp_path / "home" / "uv" / "uv.toml").write_text('resolution = "lowest"\n')
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("UV_RESOLUTION", "lowest")
    monkeypatch.setenv("UV_DEFAULT_INDEX", f"http://u:{SECRET}@127.0.0.1:9/simple")
    config = Config(index=IndexConfig(url="http://127.0.0.1:9/simple"))
    answer = ask(root, config=config)
    assert answer is not None
    assert answer.agrees is True


@pytest.mark.parametrize("ending", ["", "/"])
def test_the_configured_index_is_asked_with_its_account_where_the_lock_names_it(
    root: Path, index: WheelIndex, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    (root / "pyproject.toml").write_text(MANIFEST)
    words = [find_uv_bin(), "lock", "--no-python-downloads", "--quiet", "--no-cache"]
    subprocess.run(words, cwd=root, check=True, env={**os.environ, "UV_DEFAULT_INDEX": index.simple + ending})
    index.account = f"somebody:{SECRET}"
    monkeypatch.setenv("SEALWRIGHT_INDEX_USERNAME", "somebody")
    monkeypatch.setenv("SEALWRIGHT_INDEX_PASSWORD", SECRET)
    config = Config(index=IndexConfig(url=f"{index.simple}/"))
    answer = ask(root, config=config)
    assert answer is not None
    assert answer.agrees is True
    (root / "pyproject.toml").write_text(MANIFEST.replace('"top"', '"top>=1"'))
    answer = ask(root, config=config)
    assert answer is not None
    assert answer.agrees is False
    assert "needs to be updated" in answer.output


def test_a_script_has_its_own_lock(root: Path, index: WheelIndex) -> None:
    uv_project(root, index)
    script = root / "tool.py"
    at = f'# [[tool.uv.index]]\n# url = "{index.simple}"\n# default = true\n'
    script.write_text(f'# /// script\n# requires-python = ">=3.11"\n# dependencies = ["leaf"]\n{at}# ///\n')
    words = [find_uv_bin(), "lock", "--script", "tool.py", "--no-python-downloads", "--quiet", "--no-cache"]
    subprocess.run(words, cwd=root, check=True)
    answer = ask(root, "tool.py.lock")
    assert answer is not None
    assert (answer.command, answer.agrees) == ("uv lock --check --script tool.py", True)
    script.write_text(script.read_text().replace('"leaf"', '"top"'))
    answer = ask(root, "tool.py.lock")
    assert answer is not None
    assert answer.agrees is False


FOREIGN = {
    # The sentences are those of Poetry 2.5.1, pdm 2.29.3 and pipenv 2026.10.3.
    "poetry": (
        "poetry.lock",
        POETRY_LOCK,
        "pyproject.toml",
        MANIFEST,
        "Error: pyproject.toml changed significantly since poetry.lock was last generated. Run `poetry lock` to fix.",
    ),
    "pdm": (
        "pdm.lock",
        PDM_LOCK,
        "pyproject.toml",
        MANIFEST,
        "WARNING: Lockfile doesn't satisfy the project requirements, packages may be outdated",
    ),
    "pipenv": (
        "Pipfile.lock",
        PIPFILE_LOCK,
        "Pipfile",
        "[packages]\n",
        "Pipfile.lock is out-of-date. Run $ pipenv lock to update.",
    ),
}


def fake_tool(folder: Path, name: str, code: int, said: str) -> None:
    folder.mkdir(exist_ok=True)
    program = folder / name
    script = f'#!/bin/sh\nif [ "$1" = --version ]; then echo "{name} 9.8.7"; exit; fi\nls > seen; cat <<\'E\'\n{said}\nE\nexit {code}\n'
    program.write_text(script)
    program.chmod(0o755)


@pytest.mark.parametrize("tool", FOREIGN)
@pytest.mark.parametrize(("code", "stale", "agrees"), [(0, False, True), (1, True, False), (1, False, None)])
def test_the_sentence_of_a_foreign_tool(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tool: str, code: int, stale: bool, agrees: bool | None
) -> None:
    path, text, manifest, content, sentence = FOREIGN[tool]
    (root / path).write_text(text)
    (root / manifest).write_text(content)
    said = sentence if stale else f"Error: something else at https://u:{SECRET}@example.org/"
    fake_tool(tmp_path / "bin", tool, code, said)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    answer = ask(root, path)
    assert answer is not None
    assert (answer.tool, answer.version, answer.agrees) == (tool, "9.8.7", agrees)
    assert SECRET not in answer.output
    assert not (root / "seen").exists()


@pytest.mark.parametrize("tool", FOREIGN)
def test_without_the_tool_there_is_no_answer(root: Path, monkeypatch: pytest.MonkeyPatch, tool: str) -> None:
    path, text, manifest, content, _ = FOREIGN[tool]
    (root / path).write_text(text)
    (root / manifest).write_text(content)
    no_tools(monkeypatch, root.parent)
    assert ask(root, path) is None


def no_tools(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setenv("HOME", str(folder / "home"))
    for name in ("PYENV_ROOT", "ASDF_DATA_DIR", "MISE_DATA_DIR", "PIPX_HOME"):
        monkeypatch.delenv(name, raising=False)


SHIM = """#!/bin/sh
echo "pyenv: $(basename "$0"): command not found" >&2
echo "The command exists in these Python versions: 3.12.1" >&2
exit 127
"""
KEPT = {
    ".pyenv/versions/3.9.1/bin": "1.1",
    ".pyenv/versions/3.12.1/bin": "2.2",
    ".asdf/installs/poetry/1.8.0/bin": "3.3",
    ".local/share/mise/installs/pipx-poetry/2.1/bin": "4.4",
    ".local/share/pipx/venvs/poetry/bin": "5.5",
    ".local/share/pypoetry/venv/bin": "6.6",
}


def program(folder: Path, version: str, code: int = 0) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "poetry").write_text(
        f'#!/bin/sh\n[ "$1" = --version ] && echo "Poetry (version {version})"\nexit {code}\n'
    )
    (folder / "poetry").chmod(0o755)


@pytest.mark.parametrize("kept", KEPT)
def test_a_shim_that_fails_does_not_hide_the_program(root: Path, monkeypatch: pytest.MonkeyPatch, kept: str) -> None:
    no_tools(monkeypatch, root.parent)
    shims = root.parent / "home" / ".pyenv" / "shims"
    shims.mkdir(parents=True)
    (shims / "poetry").write_text(SHIM)
    (shims / "poetry").chmod(0o755)
    monkeypatch.setenv("PATH", f"{shims}:/usr/bin:/bin")
    (root / "poetry.lock").write_text(POETRY_LOCK)
    (root / "pyproject.toml").write_text(MANIFEST)
    assert ask(root, "poetry.lock") is None
    program(root.parent / "home" / kept, KEPT[kept])
    answer = ask(root, "poetry.lock")
    assert answer is not None
    assert (answer.version, answer.agrees) == (KEPT[kept], True)


def test_the_newest_program_that_a_version_manager_keeps_runs(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    no_tools(monkeypatch, root.parent)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setenv("PYENV_ROOT", str(root.parent / "other"))
    (root / "poetry.lock").write_text(POETRY_LOCK)
    (root / "pyproject.toml").write_text(MANIFEST)
    for version in ("3.9.1", "3.12.1"):
        program(root.parent / "other" / "versions" / version / "bin", version)
    answer = ask(root, "poetry.lock")
    assert answer is not None
    assert answer.version == "3.12.1"


@pytest.mark.parametrize("place", ["absolute", "relative"])
def test_no_program_of_the_project_is_run(root: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    no_tools(monkeypatch, root.parent)
    (root / "poetry.lock").write_text(POETRY_LOCK)
    (root / "pyproject.toml").write_text(MANIFEST)
    program(root / "bin", "1.0")
    monkeypatch.setenv("PATH", str(root / "bin") if place == "absolute" else "bin:.")
    monkeypatch.chdir(root)
    assert ask(root, "poetry.lock") is None


def test_no_token_reaches_a_tool(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", SECRET)
    monkeypatch.setenv("UV_INDEX_PRIVATE_PASSWORD", SECRET)
    (root / "poetry.lock").write_text(POETRY_LOCK)
    (root / "pyproject.toml").write_text(MANIFEST)
    seen = tmp_path / "seen"
    program(tmp_path / "bin", "1.0")
    text = (tmp_path / "bin" / "poetry").read_text()
    (tmp_path / "bin" / "poetry").write_text(text.replace("#!/bin/sh\n", f"#!/bin/sh\nenv >> {seen}\n"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    answer = ask(root, "poetry.lock")
    assert answer is not None
    assert "PATH=" in seen.read_text()
    assert SECRET not in seen.read_text()


def test_no_token_reaches_the_installation_of_a_tool_or_the_installed_tool(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_tools(monkeypatch, tmp_path)
    for name in ("GITHUB_TOKEN", "SIGSTORE_ID_TOKEN", "TWINE_PASSWORD", "AN_UNKNOWN_TOKEN"):
        monkeypatch.setenv(name, SECRET)
    (root / "poetry.lock").write_text(POETRY_LOCK)
    (root / "pyproject.toml").write_text(MANIFEST)
    seen, given = tmp_path / "seen", []

    def install(words: list[str], _name: str, variables: dict[str, str]) -> None:
        given.append(variables)
        if words[0] == "venv":
            program(Path(words[-1]) / "bin", "1.0")
            made = Path(words[-1]) / "bin" / "poetry"
            made.write_text(made.read_text().replace("#!/bin/sh\n", f"#!/bin/sh\n/usr/bin/env >> {seen}\n"))

    monkeypatch.setattr(lock_programs, "_uv", install)
    assert ask(root, "poetry.lock", config=Config(locks=LocksConfig(install_tools=True))) is not None
    assert len(given) == 2
    assert SECRET not in str(given) + seen.read_text()
    assert "POETRY_VIRTUALENVS_CREATE=false" in seen.read_text()


def test_pdm_does_not_run_a_build_backend(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "pdm.lock").write_text(PDM_LOCK)
    (root / "pyproject.toml").write_text('[project]\nname = "demo"\nversion = "1"\ndynamic = ["dependencies"]\n')
    fake_tool(tmp_path / "bin", "pdm", 0, "")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    answer = ask(root, "pdm.lock")
    assert answer is not None
    assert (answer.agrees, answer.output) == (None, "pdm would run the build backend to read the dependencies")


def test_shims_hide_no_python_from_uv(tmp_path: Path) -> None:
    for folder in (".pyenv/versions/3.12.1/bin", ".pyenv/shims", ".asdf/installs/python/3.13.0/bin"):
        (tmp_path / folder).mkdir(parents=True)
    outer = {"HOME": str(tmp_path), "PATH": f"{tmp_path}/.pyenv/shims:/usr/bin"}
    assert without_shims(outer).split(":") == [
        f"{tmp_path}/.pyenv/versions/3.12.1/bin", f"{tmp_path}/.asdf/installs/python/3.13.0/bin", "/usr/bin"
    ]  # fmt: skip


@pytest.mark.online
@pytest.mark.parametrize("tool", ["poetry", "pipenv"])
def test_a_tool_is_installed_where_that_is_allowed(root: Path, monkeypatch: pytest.MonkeyPatch, tool: str) -> None:
    no_tools(monkeypatch, root.parent)
    path, text, manifest, content, _ = FOREIGN[tool]
    (root / path).write_text(text)
    (root / manifest).write_text(content)
    assert ask(root, path) is None
    answer = ask(root, path, config=Config(locks=LocksConfig(install_tools=True)))
    assert answer is not None
    assert (answer.tool, answer.agrees) == (tool, False)


def test_a_tool_that_hangs_is_unavailable(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "poetry.lock").write_text(POETRY_LOCK)
    (root / "pyproject.toml").write_text(MANIFEST)
    fake_tool(tmp_path / "bin", "poetry", 0, "")
    (tmp_path / "bin" / "poetry").write_text('#!/bin/sh\n[ "$1" = --version ] && exec echo 1.0\nexec sleep 9\n')
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setattr("ops.supply_chain.adapters.tools.lock_tools.TIMEOUT_SECONDS", 0.2)
    with pytest.raises(UnavailableError, match=r"^poetry: cannot be run: no answer within 0\.2 s$"):
        ask(root, "poetry.lock")
