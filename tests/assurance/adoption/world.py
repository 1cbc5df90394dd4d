"""Surveys and folders for the tests of adoption."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ops.supply_chain.assurance.adoption.model import ProjectSurvey

COMMIT = "0123456789abcdef0123456789abcdef01234567"
PIPELINE = f"acme/sealwright@{COMMIT}"


def survey(**changes: Any) -> ProjectSurvey:
    """A project of which nothing is known but its name."""
    return ProjectSurvey(**{"name": "widget", **changes})


def everything_in(root: Path) -> dict[str, bytes | str]:
    """Every file and link below a folder, git's own left out: path -> bytes, or where the link leads."""
    return {
        path.relative_to(root).as_posix(): f"-> {path.readlink()}" if path.is_symlink() else path.read_bytes()
        for path in sorted(root.rglob("*"))
        if ".git" not in path.relative_to(root).parts and (path.is_symlink() or path.is_file())
    }
