"""Every command of sealwright that is printed anywhere: by the code, by rules and templates, by workflows, in the documentation."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple

from ops.supply_chain.core.start import TREE
from sealwright.__main__ import list_sessions
from tests.docs import commands as documented

CONTRIBUTORS = frozenset({"bench", "generate", "lint", "tests"})
"""Sessions that the console command does not have."""

HOME = "core/commands.py"
SHARED_OPTIONS = frozenset({"--project", "--dist", "--artifacts", "--version"})
"""Folders and the version: every session has them, and they change nothing of what a command is for."""

_TYPED = re.compile(r"\bnox -s (?P<session>[a-z]\w*)(?P<rest> [^`&|;#()\n]*)?")
_CONSOLE = re.compile(r"(?:^|\s)sealwright (?P<session>[a-z]\w*)(?P<rest> [^`&|;#()\n]*)?")
_SENTENCE = re.compile(r"(?:[.,:](?:\s|$)|'| and | or | which | lists | names| where | on your | with \[| on a )")
"""Where a command in a sentence ends."""
IMPORTS_IT = re.compile(r"from ops\.supply_chain\.core\.commands import [^\n]*\bcommand\b")
RUNTIME = {
    "{BUILD_STAGE}": ("build_distributions",),
    "{SIGNING_STAGE}": ("sign_artifacts",),
    "{session}": ("rehearse",),
    "{name}": ("rehearse",),
    "{self.prog}": ("STAGE",),
    "{owner}": ("STAGE",),
    "{*self._named}": ("--project", "x"),
    "{*options}": (),
    "{*answer.options}": (),
    "{*options_of(run, [*run.args.advisories, *given])}": (),
    "{pins}": ("--upgrade-package", "idna"),
    "{*map(shlex.quote, others)}": (),
}
"""Words that are known only in a run, with what they may be there; every other is one name."""


class Printed(NamedTuple):
    """A command, and where it is printed; `words` follow the session."""

    source: str
    session: str
    words: tuple[str, ...]

    @property
    def form(self) -> str:
        """The session with the options that it has, without their values: what has to be executed once."""
        return form_of(self.session, self.words)


def form_of(session: str, words: Iterable[str]) -> str:
    """Return the session, `ARGUMENT` where a word is no option and no option's value, and the options in their order."""
    options, positional, before = set(), False, ""
    for word in words:
        if word.startswith("--"):
            options.add(word.partition("=")[0])
            before = word if "=" not in word else ""
        elif not before or before in FLAGS:
            positional = True
            before = ""
        else:
            before = "" if before not in TWO_VALUES else "--next-value"
    return " ".join([session, *(["ARGUMENT"] if positional else []), *sorted(options - SHARED_OPTIONS)])


FLAGS = frozenset(
    {
        "--allow-many",
        "--attestations",
        "--bytes",
        "--dry-run",
        "--ledger",
        "--list",
        "--no-attestations",
        "--offline",
        "--pdf",
        "--prune",
        "--public-log",
        "--record",
        "--rehearsal",
        "--second-opinion",
        "--undo",
        "--upgrade",
        "--verbose",
        "--verify",
        "--workflows",
        "--write",
    }
)
"""Options without a value."""

TWO_VALUES = frozenset({"--github"})
"""Options with two values."""


def from_code() -> Iterator[Printed]:
    """Give the commands that the code makes; a word that is known only in a run is written `{name}`."""
    base = TREE / "ops" / "supply_chain"
    for path in sorted(base.rglob("*.py")):
        name = path.relative_to(base).as_posix()
        if name == HOME:
            continue
        text = path.read_text(encoding="utf-8")
        if not IMPORTS_IT.search(text):
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and node.args and _is_command(node):
                session, *words = (word for argument in node.args for word in _word(argument))
                yield Printed(f"ops/supply_chain/{name}:{node.lineno}", session, tuple(words))


def _is_command(node: ast.Call) -> bool:
    """Return whether a call makes a command: `command` itself, or a method that names the project too."""
    func, first = node.func, node.args[0]
    is_method = isinstance(func, ast.Attribute) and func.attr == "session" and isinstance(first, ast.Constant)
    return is_method or (isinstance(func, ast.Name) and func.id == "command")


def _word(node: ast.expr) -> tuple[str, ...]:
    if isinstance(node, ast.Constant):
        return (str(node.value),)
    written = "{" + ast.unparse(node) + "}"
    return RUNTIME.get(written, (written,))


def from_texts() -> Iterator[Printed]:
    """Give the commands in rules, templates, workflows and SECURITY.md, as they are written there."""
    folders = [
        TREE / "policy",
        TREE / "templates",
        TREE / ".github",
        TREE / "SECURITY.md",
        TREE / ".pre-commit-hooks.yaml",
    ]
    files = [path for folder in folders for path in (sorted(folder.rglob("*")) if folder.is_dir() else [folder])]
    for path in files:
        if path.is_file() and not path.name.endswith("_test.rego"):
            yield from _in_text(path.relative_to(TREE).as_posix(), path.read_text(encoding="utf-8"))


def known_sessions() -> frozenset[str]:
    """Return the sessions of a checkout: those of the console command, and those for contributors."""
    return CONTRIBUTORS.union(list_sessions())


def _in_text(name: str, text: str) -> Iterator[Printed]:
    known = known_sessions()
    for line in text.splitlines():
        for pattern in (_TYPED, _CONSOLE):
            for found in pattern.finditer(line):
                if found["session"] not in known:
                    assert pattern is _CONSOLE, f"{name}: {line}"
                    continue
                rest = _SENTENCE.split((found["rest"] or "").rstrip("."), maxsplit=1)[0]
                words = _words(rest)
                if pattern is _TYPED:
                    words = words[1:] if words[:1] == ["--"] else []
                yield Printed(name, found["session"], tuple(words))


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text, comments=True)
    except ValueError:
        return text.split()


def from_documents() -> Iterator[Printed]:
    """Give the commands of the written pages: console blocks and inline code."""
    for command in documented.commands(TREE):
        if command.kind == "session":
            yield Printed(command.page, command.name, command.words)
    known = known_sessions()
    for page, text in documented.pages(TREE).items():
        for line in documented.lines(text):
            for found in (found for found in _CONSOLE.finditer(line) if found["session"] in known):
                yield Printed(page, found["session"], tuple(_words(found["rest"] or "")))


@cache
def printed() -> tuple[Printed, ...]:
    """Return all of them, in the order of their sources."""
    return (*from_code(), *from_texts(), *from_documents())
