"""GitHub's CODEOWNERS: which owners the last matching line names for a path.

Source: https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners
"""

from __future__ import annotations

import re

PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
"""Where GitHub searches for the file; the first one counts."""

_OWNER = re.compile(r"@[A-Za-z0-9](?:[A-Za-z0-9_-]*)(?:/[A-Za-z0-9._-]+)?|[^@\s]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_PLACEHOLDER = re.compile(r"@ORG/|@USER$|@ORGANISATION/TEAM$")
_PART = re.compile(r"\*\*/|/\*\*|\*\*|\*|\?|[^*?]")
_MEANING = {"**/": "(?:.*/)?", "/**": "/.*", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def owners_of(text: str, path: str) -> tuple[str, ...]:
    """Return the owners of a path.

    Args:
        text: The file.
        path: Of a file in the repository, with forward slashes.
    Returns:
        The owners of the last line that matches, in its order. Empty where no line matches, that line names none, or
        what it names is a placeholder or no owner.
    """
    found: tuple[str, ...] = ()
    for pattern, owners in all_owners(text):
        if _matches(pattern, path):
            found = owners
    return found


def all_owners(text: str) -> list[tuple[str, tuple[str, ...]]]:
    """Return pattern and owners of each line, in the file's order; no owners where one of them is none or a placeholder."""
    rows = [words for line in text.splitlines() if (words := line.split("#", 1)[0].split())]
    return [(words[0], tuple(words[1:]) if all(map(is_owner, words[1:])) else ()) for words in rows]


def is_owner(word: str) -> bool:
    """Return whether a word is a user, a team or an e-mail address, and not a placeholder of our template or of a printed command."""
    return _OWNER.fullmatch(word) is not None and not _PLACEHOLDER.match(word)


def _matches(pattern: str, path: str) -> bool:
    if set("![]\\") & set(pattern):
        return False  # GitHub skips such a line
    anchored = "/" in pattern.rstrip("/")
    body = "".join(_MEANING.get(part, re.escape(part)) for part in _PART.findall(pattern.strip("/")))
    end = "/.*" if pattern.endswith("/") else "" if pattern.endswith("/*") else "(?:/.*)?"
    return re.fullmatch(f"{'' if anchored else '(?:.*/)?'}{body}{end}", path) is not None
