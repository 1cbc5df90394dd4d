"""How the user called the console command, so that the commands it prints can be typed the same way."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

PLAIN = "sealwright"


def typed_command(prefix: Path | None = None) -> str:
    """Return the words before a session: `sealwright`, or those of a tool that runs it in an environment of its own.

    Args:
        prefix: Folder of the environment (default: this interpreter's). `uvx` keeps its environments in uv's cache,
            and `pipx run` in pipx's, so that the plain command would not be found afterwards.
    """
    parts = Path(sys.prefix if prefix is None else prefix).parts
    if "archive-v0" in parts or "environments-v2" in parts:
        source = _source()
        return f"uvx --from {shlex.quote(source)} {PLAIN}" if source else f"uvx {PLAIN}"
    if "pipx" in parts and ".cache" in parts:
        source = _source()
        return f"pipx run --spec {shlex.quote(source)} {PLAIN}" if source else f"pipx run {PLAIN}"
    return PLAIN


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
