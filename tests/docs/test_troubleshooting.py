"""Troubleshooting: each exit code has its row, and a message or finding that it quotes exists; the README's screens are current."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import pytest

from ops.supply_chain import PIPELINE
from ops.supply_chain.contracts.config.periods import SupportState
from ops.supply_chain.core.errors import ExitCode
from ops.supply_chain.risk.findings.render.screen import MOST_LINES
from tests.docs.screens import passing, refused

PAGE = "docs/troubleshooting.md"
_ROW = re.compile(r"^\| (?P<first>[^|]+) \|", re.MULTILINE)
_QUOTED = re.compile(r"`([^`]+)`")
_CODE = re.compile(r"[a-z]+\.[a-z-]+")


@cache
def _code(repository: Path) -> str:
    """Return the code as text: a message that is quoted is in one literal."""
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted((repository / "ops").rglob("*.py")))


def _quoted(repository: Path) -> list[str]:
    rows = _ROW.findall((repository / PAGE).read_text(encoding="utf-8"))
    return [words for row in rows for words in _QUOTED.findall(row)]


def test_each_exit_code_has_one_row(repository: Path) -> None:
    rows = [row.strip() for row in _ROW.findall((repository / PAGE).read_text(encoding="utf-8"))]
    assert [row for row in rows if row.isdigit()] == [str(int(code)) for code in ExitCode]


def test_what_it_quotes_exists(repository: Path) -> None:
    quoted = _quoted(repository)
    codes = [words for words in quoted if _CODE.fullmatch(words)]
    surface = json.loads((repository / "tests/architecture/surface.json").read_text(encoding="utf-8"))
    known = json.dumps(surface)
    assert [code for code in codes if f'"{code}"' not in known] == []
    messages = [words for words in quoted if not _CODE.fullmatch(words)]
    assert len(messages) > 15
    assert [words for words in messages if words not in _code(repository)] == []


SCOPES = {
    "build_distributions": ("build", "distribution"),
    "check_source": ("source",),
    "check_locks": ("lock",),
    "check_hashes": ("hash",),
    "check_vulnerabilities": ("vulnerability",),
    "check_malware": ("malware",),
    "check_publishers": ("publisher",),
    "generate_security_md": ("document",),
    "check_releases": ("shipped",),
    "review_suppliers": ("supplier",),
    "generate_vex": ("vex",),
}
"""Gate -> what its findings begin with."""


def test_each_gate_has_a_row_and_so_has_what_a_first_rehearsal_finds(repository: Path) -> None:
    quoted = _quoted(repository)
    assert set(SCOPES) == {row.script for row in PIPELINE if row.gate}
    missing = [
        scope for scopes in SCOPES.values() for scope in scopes if not any(q.startswith(f"{scope}.") for q in quoted)
    ]
    assert missing == []
    page = (repository / PAGE).read_text(encoding="utf-8")
    assert [state for state in SupportState if state != "listed" and f"`support.{state}`" not in page] == []


@pytest.mark.parametrize("screen", [refused, passing])
def test_the_screens_of_the_readme_are_current_and_fit(screen: object, repository: Path) -> None:
    text = screen() if callable(screen) else ""
    assert f"```text\n{text}```" in (repository / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MOST_LINES
    assert text.startswith(("REFUSED  acme", "PASS  acme"))
