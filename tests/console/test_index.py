"""Installed from a package index, with an empty home, sealwright releases a project that has never seen it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from ops.supply_chain.core.digests import sha256_file

pytestmark = [pytest.mark.online, pytest.mark.whole]


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def index(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the wheel as an index does (PEP 503); give the index's address."""
    root = tmp_path_factory.mktemp("index")
    page = root / "simple" / "sealwright" / "index.html"
    page.parent.mkdir(parents=True)
    page.write_text(f'<a href="/{wheel.name}#sha256={sha256_file(wheel)}">{wheel.name}</a>')
    (root / wheel.name).write_bytes(wheel.read_bytes())
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(root)))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/simple/"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def surroundings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    home = tmp_path_factory.mktemp("home")
    kept = {
        name: value
        for name, value in os.environ.items()
        if "INDEX" in name or "PROXY" in name.upper() or "CERT" in name
    }
    author = {f"GIT_{who}_{what}": "a@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    return {**kept, **author, "HOME": str(home), "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"}


@pytest.fixture(scope="module")
def program(index: str, surroundings: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install sealwright from the index, with what it depends on from the usual one."""
    home = tmp_path_factory.mktemp("tool")
    _run(home, surroundings, "uv", "venv", "--quiet", "--python", sys.executable, str(home / "env"))
    python = str(home / "env" / "bin" / "python")
    _run(home, surroundings, "uv", "pip", "install", "--quiet", "--python", python, "--index", index, "sealwright")
    return home / "env" / "bin" / "sealwright"


def _run(folder: Path, surroundings: dict[str, str], *words: str) -> str:
    done = subprocess.run(list(words), cwd=folder, env=surroundings, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{words}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def test_a_fresh_project_is_rehearsed(program: Path, surroundings: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "tiny"\nversion = "0.1.0"\n')
    (tmp_path / "requirements.in").write_text("six\n")
    (tmp_path / ".gitignore").write_text("/dist/\n/data/artifacts/\n")
    _run(tmp_path, surroundings, "git", "init", "--quiet")
    _run(tmp_path, surroundings, str(program), "lock")
    _run(tmp_path, surroundings, "git", "add", "--all")
    _run(tmp_path, surroundings, "git", "commit", "--quiet", "--message", "first")
    shown = _run(tmp_path, surroundings, str(program), "rehearse")
    assert shown.startswith("WOULD ")
    assert "then: sealwright rehearse" in shown
    released = tmp_path / "dist" / "rehearsal" / "release"
    assert (released / "tiny-0.1.0-sbom.cdx.json.sigstore.json").is_file()
    _run(tmp_path, surroundings, "git", "diff", "--exit-code")
    assert _run(tmp_path, surroundings, "git", "status", "--porcelain") == ""
    assert "nox -s" not in shown
