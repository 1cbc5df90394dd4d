"""The installed sealwright: its console command, the start of its stages, and its sessions for a project's noxfile.

The wheel carries the tree of the repository in `_tree/`: rules, templates and the package `ops`, which only the
processes of sealwright import, so that another package of that name keeps working beside it. In a checkout the tree is
the folder above.
"""

from __future__ import annotations

import os

FOLDER = os.path.dirname(os.path.realpath(__file__))  # noqa: PTH120 - pathlib is a tenth of `sealwright --list`
"""This folder."""

_CARRIED = os.path.join(FOLDER, "_tree")  # noqa: PTH118 - as above

TREE = _CARRIED if os.path.isdir(_CARRIED) else os.path.dirname(FOLDER)  # noqa: PTH112, PTH120 - as above
"""Folder with `ops/`, `policy/` and `templates/`."""
