"""Making text of others harmless in Markdown, in Markdown's code blocks and in addresses.

TechDocs adds extensions that mkdocs alone has not (automatic links, emoji, snippets, marked text), so that escaping
the characters of plain Markdown is not enough: whatever is not a plain word is written as character references,
which no extension looks into.

Source: CommonMark 0.31 section 2.5 (numeric character references).
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote

from ops.supply_chain.core.text import printable, without_credentials

_PLAIN = re.compile(r"(?!www\.)[A-Za-z0-9]+(?:[._/-][A-Za-z0-9]+)*[.,;:]?", re.IGNORECASE)
"""What no Markdown and no extension gives a meaning to, wherever but at the start of a line it stands."""

_WORD = re.compile(r"\S+")
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def visible(text: str) -> str:
    """Return text on one line, without credentials, with `?` for each character that has no shape of its own."""
    clean = printable(without_credentials(" ".join(text.split())))
    return "".join("?" if unicodedata.category(character) in _HIDDEN else character for character in clean)


def cell(text: str) -> str:
    """Return text that Markdown shows as it is: in a table cell, a heading, a list, or the text of a link."""
    return _WORD.sub(lambda word: word[0] if _PLAIN.fullmatch(word[0]) else _references(word[0]), visible(text))


def _references(word: str) -> str:
    return "".join(
        character if character.isascii() and character.isalnum() else f"&#{ord(character)};" for character in word
    )


def code(text: str) -> str:
    """Return a word as inline code; what is not plain becomes escaped text instead."""
    shown = visible(text)
    return f"`{shown}`" if re.fullmatch(r"[A-Za-z0-9._+:/-]+", shown) else cell(shown)


def console(lines: list[str]) -> list[str]:
    """Return a fenced block of commands, one a line; nothing in them can close the fence or begin a snippet."""
    shown = [visible(line) for line in lines]
    longest = max((len(run) for line in shown for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}console", *(f"$ {line}" for line in shown), fence]


def address(*parts: str) -> str:
    """Return a relative address whose parts are quoted."""
    return "/".join(quote(part, safe="") for part in parts)
