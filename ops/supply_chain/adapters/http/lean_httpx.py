"""httpx without its command, whose imports (click, rich, pygments) take two thirds of those of all of httpx.

httpx does without the command where these are not installed, and is given that here.

Source: https://docs.python.org/3/reference/import.html#the-module-cache (`None` in place of a module),
https://github.com/encode/httpx/blob/0.28.1/httpx/__init__.py
"""

from __future__ import annotations

import sys
from typing import Any, cast

__all__ = ["httpx"]

_COMMAND = "httpx._main"
_modules = cast("dict[str, Any]", sys.modules)

if "httpx" in _modules or _COMMAND in _modules:
    import httpx
else:
    _modules[_COMMAND] = None
    try:
        import httpx
    finally:
        del _modules[_COMMAND]
