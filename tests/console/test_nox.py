"""Sessions for a project's own noxfile, and hooks for its pre-commit."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import nox.registry
import pytest
import yaml

from ops.supply_chain.core.start import TREE
from sealwright import nox as offered
from sealwright.__main__ import list_sessions

NOXFILE = """\
import nox
from sealwright.nox import release, daily_scan, security_md

@nox.session(venv_backend="none")
def own(session: nox.Session) -> None:
    \"\"\"Their own.\"\"\"
"""


def test_it_offers_the_sessions_of_the_console_command() -> None:
    assert all(callable(getattr(offered, name)) for name in list_sessions())
    nox.registry.reset()


@pytest.mark.parametrize("name", ["releases", "tests", "_run", "__path__"])
def test_nothing_else_can_be_imported(name: str) -> None:
    with pytest.raises(AttributeError):
        getattr(offered, name)


def test_a_noxfile_gets_what_it_imports_and_no_more(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "noxfile.py").write_text(NOXFILE)
    words = [str(installed / "python"), "-Im", "nox", "--list"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert set(re.findall(r"^[*-] (\w+) -> ", done.stdout, re.MULTILINE)) == {
        "own",
        "release",
        "daily_scan",
        "security_md",
    }


def test_a_session_of_a_noxfile_runs_in_its_folder(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "noxfile.py").write_text(NOXFILE)
    (tmp_path / ".security-config.toml").write_text('component_name = "tiny"\nno_such_key = 1\n')
    words = [str(installed / "python"), "-Im", "nox", "-s", "release", "--", "--public-log"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "error: exit 2 (wrong configuration)" in done.stderr


def _hooks() -> list[dict[str, object]]:
    found: list[dict[str, object]] = yaml.safe_load((TREE / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    return found


def test_hooks_are_offline_and_start_sessions_that_exist() -> None:
    for hook in _hooks():
        program, session, *options = str(hook["entry"]).split()
        assert (program, hook["language"]) == ("sealwright", "python")
        assert session in list_sessions()
        assert "--offline" in options


@pytest.mark.parametrize(
    ("entry", "codes"),
    [
        pytest.param("", (0, 0), id="nothing configured"),
        pytest.param("component = 1\n", (2, 2), id="unknown key"),
        pytest.param(
            '[[waivers]]\nid = "CVE-2020-1"\npackage = "six"\nreason = "r"\nowner = "o"\ndate = "2020-01-01"\n'
            'expires = "2020-02-01"\n',
            (4, 0),
            id="a waiver that has ended",
            marks=pytest.mark.whole,
        ),
    ],
)
def test_hooks_deny_what_they_name(entry: str, codes: tuple[int, ...], tmp_path: Path) -> None:
    from ops.supply_chain import review_posture

    (tmp_path / ".security-config.toml").write_text(f'component_name = "tiny"\n{entry}')
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "tiny"\nversion = "1.0"\n')
    hooks = {str(hook["id"]): str(hook["entry"]).split()[2:] for hook in _hooks()}
    for name, code in zip(("sealwright-waivers", "sealwright-configuration"), codes, strict=True):
        assert review_posture.main(["--project", str(tmp_path), *hooks[name]]) == code, name
