"""Put the tree into the wheel, below `sealwright/_tree`: code, rules and templates, without tests and caches."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDERS = ("ops", "policy", "templates")
FILES = ("LICENSE",)
CARRIED = "sealwright/_tree"


class TreeHook(BuildHookInterface):  # type: ignore[type-arg]
    """Adds the files of the tree to a wheel; an editable installation uses those of the checkout."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name each file of the tree, and its place in the wheel."""
        if version != "editable":
            build_data["force_include"].update(members(Path(self.root)))


def members(root: Path) -> dict[str, str]:
    """Return the files of the tree: path on disk -> path in the wheel, sorted."""
    below = [path for folder in FOLDERS for path in sorted((root / folder).rglob("*"))]
    wanted = [path for path in below if path.is_file() and _is_wanted(path.relative_to(root))]
    return {str(path): f"{CARRIED}/{path.relative_to(root).as_posix()}" for path in (*wanted, *_single(root))}


def _single(root: Path) -> list[Path]:
    return [root / name for name in FILES]


def _is_wanted(path: Path) -> bool:
    hidden = any(part.startswith(".") or part == "__pycache__" for part in path.parts)
    return not hidden and path.suffix != ".pyc" and not path.name.endswith("_test.rego")
