"""Markdown whose foreign text comes out as it is, and never as markup.

Everything that strangers may have written goes through `text`, `code`, `link` or `fenced`. They hold in CommonMark, in
GitHub's dialect and in Python-Markdown with the extensions of TechDocs (automatic links, emoji, snippets, marked text,
symbols): whatever is not a plain word is written as character references, into which no extension looks. The result
is on one line, without credentials, and with `?` for each character that has no shape of its own.

Nothing here needs more than the standard library: the stand-alone verifier writes with it.

Source: CommonMark 0.31.2, sections 2.5 (character references), 4.5 (fences) and 6.1 (code spans); GitHub Flavored
Markdown, 4.10 (tables) and 6.9 (automatic links); https://backstage.io/docs/features/techdocs/faqs
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from ops.supply_chain.core.text import printable, without_credentials

_WORD = re.compile(r"\S+")
_PLAIN_WORD = re.compile(
    r"""(?x)
    (?!["'(]*www\.) (?!\(?(?:c|r|tm)\)) (?!["'(]*(?:\d+/\d+|c/o)\b)
    (?!.*\.(?:[a-z]{2}|com|org|net|biz|web|info|name|shop|pro|xxx)\b)
    ["'(]{0,2}
    [^\W_]+ (?:[._/'-][^\W_]+)* (?::\d+)?
    ["')]{0,2} [.,;:!?]? ["')]?
    """,
    re.IGNORECASE,
)
"""A word to which no dialect gives a meaning, wherever it is. Excluded are the beginning of a link, what
becomes a symbol (`(c)`, `1/2`, `c/o`), and what some parsers take for the name of a host."""

_LIST_MARK = re.compile(r"\d+[.)]")
_OPTION = re.compile(r"--?[A-Za-z]+(?:-[A-Za-z]+)*|--", re.IGNORECASE)
"""An option of a command, which has no meaning in a line that begins with something else."""

_ORDINAL = re.compile(r"\d+(?:st|nd|rd|th)", re.IGNORECASE)
"""Some dialects raise its letters; they look into words, so that all of its characters become references."""

_PLAIN_CODE = re.compile(r"(?!:::|#!)[^\s`|<>{}$\\&]+(?: [^\s`|<>{}$\\&]+)*")
_HIDDEN = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})
_NONCHARACTERS = re.compile("[\ufdd0-\ufdef\ufffe\uffff]")
_WEB_ADDRESS = re.compile(
    r"https://[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\d{1,5})?(?:/[A-Za-z0-9._~!$&'*+,;=:@%/?#-]*)?"
)
_REFERENCE = re.compile(r"&#?[A-Za-z0-9]+;")
_PATH = re.compile(r"(?:\.\./)*(?!.*\.\.)\.?[A-Za-z0-9][A-Za-z0-9._%/-]*(?:#[A-Za-z0-9_-]+)?")


def line(raw: str) -> str:
    """Return text on one line, without credentials, with `?` for each character that has no shape of its own."""
    return _shown(" ".join(raw.split()))


def text(raw: str) -> str:
    """Return text as Markdown that shows it: in a paragraph, a heading, a list, a table's cell, the text of a link.

    Addresses in it do not become links: the document's readers follow our links only.
    """
    return _WORD.sub(_word, line(raw))


def code(raw: str) -> str:
    """Return text as a code span; as `text` where a code span of it could end early, or mean something."""
    shown = line(raw)
    return f"`{shown}`" if _PLAIN_CODE.fullmatch(shown) else text(raw)


def fenced(lines: Iterable[str], language: str = "console", *, prompt: str = "") -> str:
    """Return lines as a fenced block that none of them can end.

    Args:
        lines: Commands. Spaces stay as they are; each begins with a word that is ours, or has a prompt.
        language: The block's, a plain word.
        prompt: Before each line.
    """
    shown = [prompt + _shown(command) for command in lines]
    longest = max((len(run) for command in shown for run in re.findall(r"`+", command)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join([f"{fence}{language}", *shown, fence])


def link(title: str, address: str) -> str:
    """Return a link; where the address is neither https nor a relative path, title and address as text."""
    if is_web_address(address) or _PATH.fullmatch(address):
        return f"[{text(title)}](<{address}>)"
    return f"{text(title)}: {text(address)}"


def is_web_address(address: str) -> bool:
    """Return whether an https address can be in a document without any escape: a character reference in it would be decoded."""
    return bool(_WEB_ADDRESS.fullmatch(address)) and not _REFERENCE.search(address)


def heading(level: int, title: str) -> str:
    """Return a heading of a title that is Markdown already."""
    return f"{'#' * level} {title}"


def bullets(items: Iterable[str]) -> str:
    """Return a list of what is Markdown already."""
    return "\n".join(f"- {item}" for item in items)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: Sequence[str] = ()) -> str:
    """Return a table.

    Args:
        heads: Of the columns, plain words.
        rows: Cells that are Markdown already, on one line each; as many as heads.
        numbers: Heads of the columns that are aligned to the right.
    """
    marks = "".join("---:|" if head in numbers else "---|" for head in heads)
    return "\n".join([row(heads), f"|{marks}", *map(row, rows)])


def row(cells: Iterable[str]) -> str:
    """Return one row of a table; an empty cell stays one."""
    return f"| {' | '.join(cell or ' ' for cell in cells)} |"


def _shown(raw: str) -> str:
    clean = _NONCHARACTERS.sub("?", printable(without_credentials(raw)))
    if clean.isascii():
        return clean
    return "".join("?" if unicodedata.category(character) in _HIDDEN else character for character in clean)


def _word(found: re.Match[str]) -> str:
    word = found[0]
    ordinal = _ORDINAL.search(word)
    first = not found.start()
    if _PLAIN_WORD.fullmatch(word) and not ordinal and not (first and _LIST_MARK.fullmatch(word)):
        return word
    if not first and _OPTION.fullmatch(word):
        return word
    return "".join(character if character.isalnum() and not ordinal else f"&#{ord(character)};" for character in word)
