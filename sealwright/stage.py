"""Start a module of the tree: `python -Im sealwright.stage ops.supply_chain.check_locks OPTIONS`."""

from __future__ import annotations

import runpy
import sys

from sealwright import TREE


def main() -> None:
    """Run the module that the first word names, as a program with the other words as its command line."""
    # First on the path: of two packages called `ops` the one in the tree is ours.
    sys.path.insert(0, TREE)
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
