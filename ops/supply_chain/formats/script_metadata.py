"""The dependencies that a single-file script declares in its own comments.

Source: https://packaging.python.org/en/latest/specifications/inline-script-metadata/ (PEP 723), with its regular
expression.
"""

from __future__ import annotations

import re

START = b"# /// script"
"""How a block begins; a file without it has none."""

_BLOCK = re.compile(r"(?m)^# /// (?P<type>[a-zA-Z0-9-]+)$\s(?P<content>(^#(| .*)$\s)+)^# ///$")
_OPENED = re.compile(r"(?m)^# /// script[ \t]*$")


def script_block(text: str) -> str | None:
    """Return the TOML in a script's block; None where it has none.

    Args:
        text: The script; line ends as they are, of any system.
    Raises:
        ValueError: It has several blocks, or one that is not closed.
    """
    unix = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    blocks = [match["content"] for match in _BLOCK.finditer(unix + "\n") if match["type"] == "script"]
    if len(blocks) == 1:
        return "".join(line[2:] if line.startswith("# ") else line[1:] for line in blocks[0].splitlines(keepends=True))
    if blocks or _OPENED.search(unix):
        raise ValueError(f"expected one closed '# /// script' block, found {len(blocks)}")
    return None
