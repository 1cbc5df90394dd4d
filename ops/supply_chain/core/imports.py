"""How the program of a stage imports what it needs, which is most of what a small stage costs.

Nothing that is imported is garbage, so that Python's collector of cycles waits until everything is imported, and then leaves it
alone. msgspec imports `typing_extensions` where it is installed, and with it `inspect`, `ast` and `dis`, for two names that
`typing` has since Python 3.11; it does without where it is not installed, and is given that here.

Source: https://docs.python.org/3/library/gc.html#gc.freeze, https://docs.python.org/3/reference/import.html#the-module-cache
(`None` in place of a module)
"""

from __future__ import annotations

import gc
import sys
from typing import Any, cast

TRIED = "typing_extensions"

_begun = False


def begin_imports() -> None:
    """Prepare this process for the imports of a program; importing this module has no effect."""
    global _begun  # noqa: PLW0603 - one program in a process
    _begun = _begun or gc.isenabled()
    gc.disable()
    import_msgspec()


def end_imports() -> None:
    """Let the collector work as usual, on what comes from now on; without effect where no imports were begun."""
    global _begun  # noqa: PLW0603 - as above
    if _begun:
        gc.freeze()
        gc.enable()
    _begun = False


def import_msgspec() -> None:
    """Import msgspec without what it only tries to import; other modules can import that as before."""
    modules = cast("dict[str, Any]", sys.modules)
    if "msgspec" in modules or TRIED in modules:
        return
    modules[TRIED] = None
    try:
        import msgspec  # noqa: F401 - the modules after this one use it
    finally:
        del modules[TRIED]
