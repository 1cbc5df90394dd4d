"""Commands as they stand in the documentation, taken apart far enough to hold them against the code."""

from __future__ import annotations

import argparse
import ast
import importlib
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ops.supply_chain import PIPELINE, daily_scan_uses, release_uses
from ops.supply_chain.runner.arguments import parser_for

PAGES = (
    "README.md",
    "CONTRIBUTING.md",
    "policy/README.md",
    *(f"docs/{name}" for name in ("*.md", "adr/*.md", "guides/*.md")),
)
_FENCE = re.compile(r"^```(?P<kind>\w*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"(?<!`)`(?P<code>[^`\n]+)`(?!`)")
_NOX = re.compile(r"\bnox -s (?P<session>[\w-]+)(?: -- (?P<words>[^&|;]*))?")
_SCRIPT = re.compile(r"\bops/supply_chain/(?P<script>[a-z]\w+)\.py(?P<words>[^&|;]*)")
_ZIPAPP = re.compile(r"\bsealwright-verify\.pyz(?P<words> [^&|;]*)")


class Command(NamedTuple):
    """One use of a session or script: `name` and the words after it."""

    page: str
    text: str
    kind: str
    name: str
    words: tuple[str, ...]


def pages(repository: Path) -> dict[str, str]:
    """Return the written pages: path -> text. Generated ones are held to the code by their generator."""
    found = {
        path.relative_to(repository).as_posix(): path.read_text(encoding="utf-8")
        for pattern in PAGES
        for path in sorted(repository.glob(pattern))
    }
    return {path: text for path, text in found.items() if not text.startswith("<!-- Made by")}


def blocks(text: str, kind: str) -> list[str]:
    """Return the bodies of fenced blocks of one kind, in order."""
    return [found["body"] for found in _FENCE.finditer(text) if found["kind"] == kind]


def lines(text: str) -> list[str]:
    """Return everything that stands in a page as a command: lines of console blocks, and inline code."""
    inline = [found["code"] for found in _INLINE.finditer(_FENCE.sub("", text))]
    return [line for body in blocks(text, "console") for line in body.splitlines() if line.strip()] + inline


def commands(repository: Path) -> Iterator[Command]:
    """Give every use of a session, a script or the stand-alone verifier in the pages."""
    for page, text in pages(repository).items():
        for line in lines(text):
            for kind, pattern in (("session", _NOX), ("script", _SCRIPT), ("zipapp", _ZIPAPP)):
                for found in pattern.finditer(line):
                    named = found.groupdict()
                    name = named.get("session") or named.get("script") or "stand_alone"
                    yield Command(page, line, kind, name, tuple(_words(named["words"] or "")))


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text, comments=True)
    except ValueError:
        return text.split()


def sessions(repository: Path) -> dict[str, tuple[str, ...]]:
    """Return the sessions of the noxfile and the stages that each runs; none where it runs no stage."""
    tree = ast.parse((repository / "noxfile.py").read_text(encoding="utf-8"))
    found: dict[str, tuple[str, ...]] = {row.script: (row.script,) for row in PIPELINE}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and any("session" in ast.unparse(one) for one in node.decorator_list):
            found[node.name] = tuple(_stages_in(node))
    return found


def _stages_in(node: ast.FunctionDef) -> Iterator[str]:
    uses = {"scan": daily_scan_uses}
    for call in ast.walk(node):
        if not isinstance(call, ast.Call):
            continue
        called = ast.unparse(call.func)
        words = [word.value for word in call.args[1:] if isinstance(word, ast.Constant)]
        if called == "_session":
            yield from (use.stage.script for step in uses.get(str(words[0]), release_uses)() for use in step)
        elif called == "_script":
            yield from (str(word) for word in words if not str(word).startswith("-"))  # without options that it adds


def options_of(stage: str) -> set[str]:
    """Return every option that a stage's command line knows."""
    module = importlib.import_module(f"ops.supply_chain.{stage}")
    parser = parser_for(stage, module.__doc__ or "")
    module.arguments(parser)
    return _options(parser)


def options_of_zipapp() -> set[str]:
    """Return every option of the stand-alone verifier."""
    from ops.supply_chain.sessions import stand_alone

    return _options(stand_alone._parser())


def _options(parser: argparse.ArgumentParser) -> set[str]:
    return {option for action in parser._actions for option in action.option_strings}
