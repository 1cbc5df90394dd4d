"""Untrusted text in Markdown: shown literally, never interpreted as markup.

What Markdown and GitHub's additions to it act upon is written as a backslash escape where every renderer knows
one, else as a character reference. Control characters and line breaks are gone before that.

Source: CommonMark 0.31.2 sections 2.4, 2.5 and 6; GFM tables, strikethrough and autolinks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ops.supply_chain.core.text import printable, without_credentials

_ESCAPES = {
    **{character: f"\\{character}" for character in "\\`*_[]"},
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    "|": "&#124;",
    "~": "&#126;",
    "$": "&#36;",
    # A template engine that reads the document again, and GitHub's references to people.
    "{": "&#123;",
    "}": "&#125;",
    "@": "&#64;",
}
_LINE_START = re.compile(r"\A(\s*)([#+=-]|!(?=\\\[)|\d{1,9}[.)](?=\s|\Z))")
_BARE_ADDRESS = re.compile(r"(?i)\b(https?|ftp|mailto|xmpp|www)([:.])")
_PLAIN_CODE = re.compile(r"[^`|<>]+")
_WEB_ADDRESS = re.compile(
    r"https://[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\d{1,5})?(?:/[A-Za-z0-9._~!$&'*+,;=:@%/?#-]*)?"
)
_PATH = re.compile(r"(?!/)(?!.*\.\.)[A-Za-z0-9._/-]+(?:#[A-Za-z0-9_-]+)?")


def text(raw: str) -> str:
    """Return text as one line of Markdown that shows it literally.

    Addresses in it do not become links: the author of untrusted text does not choose where readers go.
    """
    line = " ".join(printable(without_credentials(raw).replace("\n", " ")).split())
    line = "".join(_ESCAPES.get(character, character) for character in line)
    line = _BARE_ADDRESS.sub(lambda found: f"{found[1]}&#{ord(found[2])};", line)
    return _LINE_START.sub(_escaped_start, line)


def _escaped_start(found: re.Match[str]) -> str:
    mark = found[2]
    return f"{found[1]}{mark[:-1]}\\{mark[-1]}"


def code(raw: str) -> str:
    """Return text as a code span, or as plain text where a span of it could end early."""
    shown = printable(raw)
    return f"`{shown}`" if _PLAIN_CODE.fullmatch(shown) and shown.strip() == shown else text(raw)


def fenced(lines: Iterable[str], language: str = "console") -> str:
    """Return lines as a fenced block that none of them can end."""
    shown = [printable(line) for line in lines]
    longest = max((len(run) for line in shown for run in re.findall(r"`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join([f"{fence}{language}", *shown, fence])


def is_web_address(address: str) -> bool:
    """Return whether an https address needs no escape in a document."""
    return bool(_WEB_ADDRESS.fullmatch(address))


def link(title: str, address: str) -> str:
    """Return a link, or, where the address is neither https nor a path of the project, both as text."""
    if is_web_address(address) or _PATH.fullmatch(address):
        return f"[{text(title)}](<{address}>)"
    return f"{text(title)}: {text(address)}"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table.

    Args:
        heads: Of the columns, trusted plain words.
        rows: Cells that are Markdown already; as many as heads.
    """
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    return "\n".join([*lines, *(f"| {' | '.join(cell or ' ' for cell in row)} |" for row in rows)])


def bullets(items: Iterable[str]) -> str:
    """Return a list of what is Markdown already."""
    return "\n".join(f"- {item}" for item in items)
