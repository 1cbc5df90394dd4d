"""The installed sealwright: its console command, the start of its stages, and its sessions for a project's noxfile.

The wheel carries the tree of the repository in `_tree/`: rules, templates and the package `ops`, which only the
processes of sealwright import, so that another package of that name keeps working beside it. In a checkout the tree is
the folder above.
"""

from __future__ import annotations

from pathlib import Path

_CARRIED = Path(__file__).resolve().parent / "_tree"

TREE = _CARRIED if _CARRIED.is_dir() else _CARRIED.parents[1]
"""Folder with `ops/`, `policy/` and `templates/`."""
