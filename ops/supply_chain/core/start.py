"""Where the tree lies, and the words that start a module of it: standard library only, because the noxfile reads it."""

from __future__ import annotations

from pathlib import Path

TREE = Path(__file__).resolve().parents[3]
"""Folder with `ops/`, `policy/` and `templates/`: a checkout, or what an installed sealwright carries."""

CARRIED = "_tree"
STARTER = "sealwright.stage"


def start_words(module: str) -> tuple[str, ...]:
    """Return the options with which an interpreter runs a module of this tree, apart from the user's own settings.

    Args:
        module: Its full name, `ops.supply_chain.check_locks`. In an installed sealwright it can be found by nothing but
            the starter, which puts the tree on the path.
    """
    return ("-Im", STARTER, module) if is_carried(TREE) else ("-Im", module)


def is_carried(tree: Path) -> bool:
    """Return whether a tree is that of an installed sealwright, and not a checkout."""
    return tree.name == CARRIED and (tree.parent / "stage.py").is_file()
