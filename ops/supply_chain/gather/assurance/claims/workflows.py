"""What a project's GitHub workflows say, for the claims that rest on them.

Files are read line by line, and no YAML is understood: what would support a claim has to stand on a line of its own in
the usual form, and what would speak against one counts in any form. So a file that is written oddly supports less than
it could, and never more.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise

from ops.supply_chain.assurance.claims.evidence import WorkflowFacts

WORKFLOWS = ".github/workflows"
LONGEST_LINE = 2000
"""Characters; in a longer line nothing is looked for that would support a claim."""

_COMMENT = re.compile(r"(?:^|\s)#.*$")
_USES = re.compile(r"\s*(?:-\s+)?uses:\s+(?P<quote>[\"']?)(?P<what>[^\s\"']+)(?P=quote)\s*")
_ANY_USES = re.compile(r"(?:^|[\s,{\"'-])uses[\"']?\s*:")
_ODD_KEY = re.compile(r"\s*(?:-\s+)?(?:\?(?:\s|$)|\"[^\"]*\\[^\"]*\"\s*:)")
"""A key that may say `uses` in other words: behind a question mark, or quoted with escapes."""

_COMMIT = re.compile(r".+@(?:[0-9a-f]{40}|sha256:[0-9a-f]{64})")
_SCHEDULE = re.compile(r"\s+schedule:\s*")
_CRON = re.compile(r"\s*-\s*cron:\s*[\"']\d{1,2}\s+\d{1,2}\s+\*\s+\*\s+\*[\"']\s*")
_SCAN = re.compile(
    r"\s*(?:-\s+)?(?:run:\s+)?(?:[\w./-]*python[\d.]*\s+-m\s+)?[\w./-]*nox\s+(?:-s|--session)[ =]daily_scan(?:\s[^|;&]*)?"
)
_NEVER = re.compile(r"\s*(?:-\s+)?if:\s*[\"']?(?:\$\{\{\s*)?false\b")
_PERMISSIONS = re.compile(r"permissions:\s*(?P<rest>.*?)\s*")
_NONE_OR_FEW = re.compile(r"\{[^{}]*\}|read-all")
_SCOPE = re.compile(r"\s+[a-z-]+:\s*(?:read|write|none)\s*")


def workflow_facts(texts: Mapping[str, str], read: Callable[[str], str]) -> WorkflowFacts:
    """Count what the workflows say.

    Args:
        texts: Every workflow file, path in the project -> text; empty where it could not be read, which counts as
            a workflow without limits that uses one action which is not pinned.
        read: Gives the text of another file of the project, empty where there is none that can be read.
    """
    workflows = [list(_lines(text)) for text in texts.values()]
    actions = list(_actions(texts, read))
    return WorkflowFacts(
        files=len(workflows),
        actions=len(actions),
        pinned=sum(bool(_COMMIT.fullmatch(what)) for what in actions),
        restricted=sum(_is_restricted(lines) for lines in workflows),
        daily_scan=sum(_scans_daily(lines) for lines in workflows),
    )


def _lines(text: str) -> Iterator[str]:
    """Return the lines that are not all comment, without their comments."""
    for line in text.splitlines():
        bare = _COMMENT.sub("", line[:LONGEST_LINE]) if len(line) <= LONGEST_LINE else ""
        if bare.strip():
            yield bare


def _actions(texts: Mapping[str, str], read: Callable[[str], str]) -> Iterator[str]:
    """Return what the workflows use, and the project's own actions that they use, as they write it.

    What does not stand in the usual form, or cannot be read, is empty.
    """
    seen, waiting = set(texts), list(texts.values())
    while waiting:
        text = waiting.pop()
        if not text.strip():
            yield ""
        for what in _used(text):
            if not what.startswith("./"):
                yield what
            elif what not in seen:
                seen.add(what)
                found = "" if ".." in what else _own(what, texts, read)
                waiting += [found] if found is not None else []


def _own(what: str, texts: Mapping[str, str], read: Callable[[str], str]) -> str | None:
    """Return the text of an action of the project itself; None for a workflow, which is looked at anyway."""
    path = what.removeprefix("./").strip("/")
    if path in texts:
        return None
    return read(f"{path}/action.yml") or read(f"{path}/action.yaml")


def _used(text: str) -> Iterator[str]:
    for line in text.splitlines():
        if line.lstrip().startswith("#"):
            continue
        count = len(_ANY_USES.findall(line))
        if not count and not _ODD_KEY.match(line):
            continue
        usual = _USES.fullmatch(_COMMENT.sub("", line)) if len(line) <= LONGEST_LINE else None
        yield usual["what"] if usual and count == 1 else ""


def _is_restricted(lines: list[str]) -> bool:
    """Tell whether a workflow says at its top what its token may do: nothing, only read, or scope by scope."""
    for line, below in pairwise([*lines, ""]):
        found = _PERMISSIONS.fullmatch(line)
        if found:
            return bool(_NONE_OR_FEW.fullmatch(found["rest"]) if found["rest"] else _SCOPE.fullmatch(below))
    return False


def _scans_daily(lines: list[str]) -> bool:
    if any(_NEVER.match(line) for line in lines):
        return False
    return all(any(wanted.fullmatch(line) for line in lines) for wanted in (_SCHEDULE, _CRON, _SCAN))
