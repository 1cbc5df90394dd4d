"""How the user called the console command, so that the commands it prints can be typed the same way."""

from __future__ import annotations

import os
import sys

PLAIN = "sealwright"


def typed_command(prefix: str = "") -> str:
    """Return the words before a session: `sealwright`, or those of a tool that runs it in an environment of its own.

    Args:
        prefix: Folder of the environment (default: this interpreter's). `uvx` keeps its environments in uv's cache,
            and `pipx run` in pipx's, so that the plain command would not be found afterwards.
    """
    parts = os.path.normpath(prefix or sys.prefix).split(os.sep)  # noqa: PTH206 - pathlib takes longer to import than all of this
    if "archive-v0" in parts or "environments-v2" in parts:
        return _with_source("uvx", "--from")
    if "pipx" in parts and ".cache" in parts:
        return _with_source("pipx run", "--spec")
    return PLAIN


def _with_source(tool: str, option: str) -> str:
    import shlex

    source = _source()
    return f"{tool} {option} {shlex.quote(source)} {PLAIN}" if source else f"{tool} {PLAIN}"


def _source() -> str:
    """Return the file that the distribution was installed from; empty where an index served it."""
    import json
    from importlib.metadata import PackageNotFoundError, distribution
    from urllib.parse import urlsplit
    from urllib.request import url2pathname

    try:
        text = distribution(PLAIN).read_text("direct_url.json")
    except PackageNotFoundError:
        return ""
    url = urlsplit(str(json.loads(text).get("url", ""))) if text else None
    return url2pathname(url.path) if url is not None and url.scheme == "file" else ""
