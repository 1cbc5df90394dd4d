"""Advisories that pip-audit ignores, from its command lines in CI files.

Reads `--ignore-vuln ID` and `--ignore-vuln=ID` in any quoting, across line ends as in shells, YAML lists and Python
lists; and `ignore-vulns:` of pip-audit's GitHub action. Comment lines are skipped.

Source: https://github.com/pypa/pip-audit#usage ; https://github.com/pypa/gh-action-pip-audit#ignore-vulns
"""

from __future__ import annotations

import re

from ops.supply_chain.assurance.adoption.model import IgnoredAdvisory

IDENTIFIER = r"[A-Za-z][A-Za-z0-9_]{0,40}-[A-Za-z0-9._:-]{1,80}"

_FLAG = re.compile(rf"""--ignore-vuln(?![\w-])(?:[=\s"',\\\[\]]|-(?=\s)){{1,200}}(?P<id>{IDENTIFIER})""")
_INPUT = re.compile(r"^(?P<indent>[ ]*)ignore-vulns:[ \t]*(?P<rest>[^\n]*)$", re.MULTILINE)
_ID = re.compile(IDENTIFIER)
_COMMENT_LINE = re.compile(r"^[ \t]*#[^\n]*$", re.MULTILINE)


def ignored_by_pip_audit(path: str, text: str) -> tuple[IgnoredAdvisory, ...]:
    """Find the ignored advisories in one file.

    Args:
        path: The file's path, for the entries.
        text: The file's content.
    Returns:
        The entries, in the order of the file.
    """
    code = _COMMENT_LINE.sub(lambda found: " " * len(found[0]), text)
    found = [(match.start("id"), match["id"]) for match in _FLAG.finditer(code)]
    for match in _INPUT.finditer(code):
        found += _of_input(code, match)
    return tuple(
        IgnoredAdvisory(id=name, source=f"{path}:{code.count(chr(10), 0, position) + 1}")
        for position, name in sorted(found)
    )


def _of_input(code: str, match: re.Match[str]) -> list[tuple[int, str]]:
    """Return the ids of one `ignore-vulns:`, on its own line or on the indented lines below it."""
    if match["rest"].strip().rstrip("+-") not in ("|", ">", ""):
        start = match.start("rest")
        return [(start + found.start(), found[0]) for found in _ID.finditer(match["rest"].split(" #")[0])]
    found: list[tuple[int, str]] = []
    position = match.end() + 1
    for line in code[position:].splitlines(keepends=True):
        depth = len(line) - len(line.lstrip(" "))
        if line.strip() and depth <= len(match["indent"]):
            break
        found += [(position + found.start(), found[0]) for found in _ID.finditer(line.split(" #")[0])]
        position += len(line)
    return found
