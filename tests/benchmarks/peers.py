"""The other tools of the benchmarks: where each is, which version it has, and how it is installed."""

from __future__ import annotations

import mmap
import os
import re
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from ops.supply_chain.core.start import TREE


class Peer(NamedTuple):
    """One tool.

    Attributes:
        name: As it is called in the table.
        version: Without a leading "v"; empty where it is not installed.
        path: The program; empty where it is not installed.
        install: The command that installs it; empty if it comes with the tests.
    """

    name: str
    version: str = ""
    path: str = ""
    install: str = ""


WITH_THE_TESTS = {"cyclonedx-py": "cyclonedx-bom", "pip-audit": "pip-audit", "sigstore": "sigstore", "uv": "uv"}
"""The distribution that each command is in; `tests/requirements.txt` locks them."""

WITH_GO = {
    "cosign": "github.com/sigstore/cosign/v3/cmd/cosign@v3.1.2",
    "osv-scanner": "github.com/google/osv-scanner/v2/cmd/osv-scanner@v2.5.0",
    "syft": "github.com/anchore/syft/cmd/syft@v1.57.1",
}
"""What `go install` builds from the Go module proxy."""


def find(name: str) -> Peer:
    """Return a tool by the name of its command.

    Raises:
        KeyError: The table has no tool of this name.
    """
    if name in WITH_THE_TESTS:
        program = Path(sys.executable).with_name(name)
        if not program.exists():
            return Peer(name)
        return Peer(name, metadata.version(WITH_THE_TESTS[name]), str(program))
    install = f"go install {WITH_GO[name]}"
    found = shutil.which(name) or shutil.which(name, path=str(_go_programs()))
    return Peer(name, _built_version(Path(found)), found, install) if found else Peer(name, install=install)


def ours() -> Peer:
    """Return this checkout, with its commit."""
    version = re.search(r'(?m)^version = "(.+)"$', (TREE / "pyproject.toml").read_text(encoding="utf-8"))
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=TREE, capture_output=True, text=True, check=False
    ).stdout.strip()
    number = version[1] if version else "of this checkout"
    return Peer("sealwright", f"{number} ({commit})" if commit else number, sys.executable)


def install_missing() -> list[str]:
    """Build the tools that are written in Go and not installed, if there is Go; return their names."""
    go = shutil.which("go") or shutil.which("go", path="/usr/local/go/bin")
    missing = [peer for peer in map(find, WITH_GO) if not peer.path]
    if go is None:
        return []
    for peer in missing:
        subprocess.run([go, "install", WITH_GO[peer.name]], check=True)
    return [peer.name for peer in missing]


def every() -> list[Peer]:
    """Return all of them, in the order of their names."""
    return [find(name) for name in sorted({*WITH_THE_TESTS, *WITH_GO})]


def _go_programs() -> Path:
    if folder := os.environ.get("GOBIN"):
        return Path(folder)
    return Path(os.environ.get("GOPATH") or Path.home() / "go") / "bin"


def _built_version(program: Path) -> str:
    """Return the version that Go's linker wrote into a program, else the one that it prints."""
    with program.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        built = re.search(rb"\nmod\t[!-~]+\tv(\d[!-~]*)\t", content)
        version = built[1].decode() if built else ""  # before the file is closed, which the match reads from
    if version:
        return version
    printed = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"\d+\.\d+\.\d+\S*", printed.stdout + printed.stderr)
    return found[0] if found else "of unknown version"
