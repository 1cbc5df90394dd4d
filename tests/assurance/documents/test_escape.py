"""Text of strangers comes out of Markdown as it went in, and never as markup."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from ops.supply_chain.assurance.documents import escape
from ops.supply_chain.core.text import printable, without_credentials
from tests.assurance.documents.support import HOSTILE

MARKDOWN = MarkdownIt("gfm-like", {"linkify": False})
TEXTS = (
    st.text(max_size=30) | st.text(alphabet="`*_[]()<>|!#-+=~&;:/.1 \\\n{}$@", max_size=20) | st.sampled_from(HOSTILE)
)


def shown(raw: str) -> str:
    """What a reader has to see."""
    return " ".join(printable(without_credentials(raw).replace("\n", " ")).split())


def seen(rendered: str) -> str:
    return " ".join(html.unescape(re.sub(r"</?(?:p|table|thead|tbody|tr|th|td|ul|li|code)>", " ", rendered)).split())


@settings(max_examples=200, deadline=None)
@given(TEXTS)
@example("1. x")
@example("- x")
@example("=")
@example("\\")
@example("&lt;")
def test_text_is_shown_literally(raw: str) -> None:
    assert seen(MARKDOWN.render(escape.text(raw))) == shown(raw)


@settings(max_examples=100, deadline=None)
@given(TEXTS)
def test_a_cell_stays_a_cell(raw: str) -> None:
    rendered = MARKDOWN.render(escape.table(("a", "b"), [(escape.text(raw), "end")]))
    assert rendered.count("<td>") == 2
    assert seen(rendered) == " ".join(f"a b {shown(raw)} end".split())


@settings(max_examples=100, deadline=None)
@given(TEXTS)
def test_a_code_span_is_shown_literally(raw: str) -> None:
    rendered = MARKDOWN.render(f"x {escape.code(raw)}")
    assert seen(rendered) == " ".join(f"x {shown(raw)}".split()) or seen(rendered) == " ".join(
        f"x {printable(raw)}".split()
    )


@settings(max_examples=100, deadline=None)
@given(st.lists(TEXTS, max_size=3))
def test_nothing_ends_a_fence(lines: list[str]) -> None:
    rendered = MARKDOWN.render(escape.fenced(lines) + "\n\nafter\n")
    assert rendered.endswith("</code></pre>\n<p>after</p>\n")


@pytest.mark.parametrize("raw", HOSTILE)
def test_no_link_no_image_no_tag(raw: str) -> None:
    for text in (escape.text(raw), escape.code(raw), escape.link(raw, raw), f"- {escape.text(raw)}"):
        rendered = MarkdownIt("gfm-like", {"linkify": False}).render(text)
        assert not re.search(r"<(?!/?(?:p|ul|li|code)>)", rendered), rendered


@pytest.mark.parametrize(
    ("address", "linked"),
    [
        ("https://example.org/a?b=c#d", True),
        ("docs/verifying.md#files", True),
        ("http://example.org/", False),
        ("javascript:alert(1)", False),
        ("https://example.org/)", False),
        ("https://example.org/ x", False),
        ("https://user@example.org/", False),
        ("../../etc/passwd", False),
        ("/etc/passwd", False),
        ("//example.org", False),
    ],
)
def test_links_lead_to_https_and_into_the_project(address: str, linked: bool) -> None:
    assert escape.link("here", address).startswith("[here](<") is linked
