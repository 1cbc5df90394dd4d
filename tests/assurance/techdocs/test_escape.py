"""Text of others does nothing: not in Markdown, not in code."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.supply_chain.assurance.techdocs.escape import cell, code, console, visible

markdown = pytest.importorskip("markdown", reason="needs markdown, which comes with mkdocs")

HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "=cmd|' /C calc'!A0",
    "a | b",
    "[x](javascript:alert(1))",
    "![x](https://evil.example/x)",
    "**bold** _it_ `code` ~~no~~ ==mark== ^up^",
    "# heading",
    '--8<-- "/etc/passwd"',
    ":smile: @somebody #1 www.evil.example https://evil.example",
    "&lt;b&gt; &#60;i&#62;",
    "x\r\n\n| forged | row |",
    "\x1b[2K\u202egnp.exe\u200b",
    "https://user:secret@host/x",
    "{{ config }} {% raw %}",
    "<!-- ", "\\", "", "1. one", "- two", "    indented", "é 漢 \U0001f600",
)  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_a_cell_is_shown_as_text(text: str) -> None:
    page = f"| head | other |\n|---|---|\n| x {cell(text)} | end |\n"
    rendered = markdown.markdown(page, extensions=["tables", "fenced_code", "attr_list", "md_in_html"])
    assert rendered.count("<td>") == 2
    for tag in ("<img", "<a", "<script", "<strong", "<em", "<h1", "<code>", "<li"):
        assert tag not in rendered
    assert "secret" not in rendered


@given(st.text(max_size=60) | st.text("*_`[]()<>|~:/&#;.- ax1", max_size=60))
def test_whatever_it_is_a_reader_sees_it_as_it_is(text: str) -> None:
    page = f"| head |\n|---|\n| x {cell(text)} |\n"
    rendered = markdown.markdown(page, extensions=["tables", "fenced_code"])
    [shown] = re.findall(r"<td>(.*)</td>", rendered)
    assert "<" not in shown
    assert html.unescape(shown) == f"x {visible(text)}".strip()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sha256:ab", "`sha256:ab`"),
        ("a`b", "a&#96;b"),
        ("zope.interface", "`zope.interface`"),
    ],
)
def test_code_is_code_only_where_it_is_plain(text: str, expected: str) -> None:
    assert code(text) == expected


def test_nothing_closes_a_block_of_commands() -> None:
    lines = console(["cosign ```", "x\n```\n<script>"])
    assert lines == ["````console", "$ cosign ```", "$ x ``` <script>", "````"]
    assert "<script>" not in markdown.markdown("\n".join(lines), extensions=["fenced_code"])


@pytest.mark.parametrize("plain", ["requests", "zope.interface", "1.0.2", "a_b", "tests/requirements.txt", "allow;"])
def test_plain_words_stay_readable(plain: str) -> None:
    assert cell(plain) == plain
