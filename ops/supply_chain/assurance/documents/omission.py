"""Leave out what a document has nothing to say about: lines without a supported claim, and headings without text.

Only claims that the template leaves to the appendix, and slots that stay empty, are left out this way: what a template
writes itself stays.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ops.supply_chain.assurance.documents.claim_renderer import ABSENT, MARK

_HEADING = re.compile(r"(#{1,6}) ")
_FENCE = re.compile(r" {0,3}(?:```|~~~)")
_EMPTY_LINES = re.compile(r"\n{3,}")
_SPACE = re.compile(rf" *{ABSENT}")


def omit_lines(filled: str) -> str:
    """Leave out lines whose claims are all absent, and absent claims in other lines.

    Args:
        filled: The document before its claims are numbered.
    Returns:
        The document; `ABSENT` is alone on a line that was left out, for `omit_headings`.
    """
    return "\n".join(_line(line) for line in filled.split("\n"))


def _line(line: str) -> str:
    if ABSENT not in line:
        return line
    return _SPACE.sub("", line) if MARK in line else ABSENT


def omit_headings(document: str) -> str:
    """Leave out headings below which nothing is left but absent lines, and those lines; a title stays.

    Returns:
        The document, without empty lines in a row.
    """
    lines = document.split("\n")
    levels = _levels(lines)
    # From the last to the first: whether a heading has text depends on those below it.
    for start in sorted(levels, reverse=True):
        end = next((after for after in sorted(levels) if after > start and levels[after] <= levels[start]), len(lines))
        below = {line.strip() for line in lines[start + 1 : end]}
        if levels[start] > 1 and below <= {"", ABSENT} and ABSENT in below:
            lines[start] = ABSENT
    kept = "\n".join(line for line in lines if line != ABSENT)
    return _EMPTY_LINES.sub("\n\n", kept).strip() + "\n"


def _levels(lines: Sequence[str]) -> dict[int, int]:
    """Return the level of each heading by the number of its line; lines of code are none."""
    levels, code = dict[int, int](), False
    for number, line in enumerate(lines):
        if _FENCE.match(line):
            code = not code
        elif not code and (heading := _HEADING.match(line)):
            levels[number] = len(heading[1])
    return levels
