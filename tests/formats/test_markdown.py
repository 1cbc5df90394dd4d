"""Text of strangers comes out of Markdown as it went in, and never as markup."""

from __future__ import annotations

import html
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from ops.supply_chain.formats import markdown
from tests.assurance.documents.support import HOSTILE

python_markdown = pytest.importorskip("markdown", reason="needs markdown, which comes with mkdocs")

REPOSITORY = Path(__file__).resolve().parents[2]
SHARED = REPOSITORY.parent / "shared" / "data"
GITHUB = MarkdownIt("gfm-like", {"linkify": False})
EXTENSIONS = ["tables", "fenced_code", "attr_list", "md_in_html", "footnotes", "admonition", "abbr", "def_list", "toc"]
RENDERERS: dict[str, Callable[[str], str]] = {
    "GitHub": GITHUB.render,
    "TechDocs": lambda page: python_markdown.markdown(page, extensions=EXTENSIONS),
}
NASTY = (
    *HOSTILE,
    "[x](javascript:alert(1))",
    "**bold** _it_ `code` ~~no~~ ==mark== ^up^ H~2~O",
    '--8<-- "/etc/passwd"',
    ":smile: @somebody #1 www.evil.example https://evil.example WWW.evil.example (www.evil.example)",
    "&lt;b&gt; &#60;i&#62; &copy",
    "https&#58;//evil.example/ &#x5b;x&#93;(&#104;ttps://evil.example) &colon; &bsol;",
    "<!-- hidden --> <!DOCTYPE x> <?php ?> <https://evil.example> <a@b.example>",
    "[x][y] [y]: https://evil.example ![x](https://evil.example/p.png)",
    "a\u202eb\u2066c\u2069\u200fd\u061c",
    "x\r\n\n| forged | row |",
    "https://user:secret@host/x",
    "(c) (tm) (R) 1/2 c/o +/- --> 1st 22nd",
    "1. one", "1) one", "- two", "+ two", "* two", "    indented", "> quote", "!!! note", "??? note", ": term", "===", "---",
    "*[HTML]: x", "[^1]: x", "[x]: https://evil.example", "- [ ] task", "{: .class }", "::: x", "#!python x", "|", "\\", "`", "``",
    "a\\|b", "x<br>y", "$x$ $$y$$", "a@b.example", "evil.com evil.example/x setup.py", "\u00ada\u200db\u2028c\ufffe", "é 漢 \U0001f600",
)  # fmt: skip
TEXTS = (
    st.text(max_size=30)
    | st.text(alphabet="`*_[]()<>|!#-+=~&;:/.1 \\\n{}$@^\"'?,ax", max_size=20)
    | st.sampled_from(NASTY)
)
FORMS: dict[str, Callable[[str], str]] = {"text": markdown.text, "code": markdown.code}


def seen(rendered: str) -> str:
    """Return what a reader sees; a tag that is none of a table, a paragraph or a code span stays and shows."""
    return " ".join(html.unescape(re.sub(r"</?(?:p|table|thead|tbody|tr|th|td|code)>", " ", rendered)).split())


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("renderer", RENDERERS)
@pytest.mark.parametrize("raw", NASTY)
def test_hostile_text_is_shown_literally(raw: str, renderer: str, form: str) -> None:
    assert seen(RENDERERS[renderer](FORMS[form](raw))) == markdown.line(raw)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("renderer", RENDERERS)
@settings(max_examples=150, deadline=None, derandomize=True)
@given(TEXTS)
@example("1.")
@example("&lt;")
def test_text_is_shown_literally(renderer: str, form: str, raw: str) -> None:
    assert seen(RENDERERS[renderer](f"x {FORMS[form](raw)}")) == f"x {markdown.line(raw)}".strip()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("renderer", RENDERERS)
@settings(max_examples=100, deadline=None, derandomize=True)
@given(TEXTS)
def test_a_cell_stays_a_cell(renderer: str, form: str, raw: str) -> None:
    rendered = RENDERERS[renderer](markdown.table(("a", "b"), [(FORMS[form](raw), "end")]))
    assert rendered.count("<td>") == 2
    assert seen(rendered) == " ".join(f"a b {markdown.line(raw)} end".split())


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(TEXTS, max_size=3))
def test_nothing_ends_a_fence(lines: list[str]) -> None:
    rendered = GITHUB.render(markdown.fenced(lines, prompt="$ ") + "\n\nafter\n")
    assert rendered.endswith("</code></pre>\n<p>after</p>\n")
    assert rendered.count("\n$ ") + rendered.count(">$ ") >= len(lines)


def test_a_fence_keeps_spaces_and_holds_backticks() -> None:
    lines = ["cosign  ```", "x '\ty'", "curl https://user:secret@host/"]
    assert markdown.fenced(lines, "sh").splitlines() == [
        "````sh",
        "cosign  ```",
        "x '?y'",
        "curl https://host/",
        "````",
    ]


@pytest.mark.parametrize("raw", NASTY)
@pytest.mark.parametrize("renderer", RENDERERS)
def test_no_link_no_image_no_tag(renderer: str, raw: str) -> None:
    for written in (markdown.link(raw, raw), markdown.bullets([markdown.text(raw)]), f"# {markdown.text(raw)}"):
        rendered = re.sub(r' id="[^"]*"', "", RENDERERS[renderer](written))
        assert not re.search(r"<(?!/?(?:p|ul|li|code|h1)>)", rendered), rendered


@pytest.mark.parametrize(
    ("address", "linked"),
    [
        ("https://example.org/a?b=c#d", True),
        ("docs/verifying.md#files", True),
        ("../releases/1.0/files/a%20b.json", True),
        ("http://example.org/", False),
        ("javascript:alert(1)", False),
        ("https://example.org/)", False),
        ("https://example.org/ x", False),
        ("https://user@example.org/", False),
        ("https://example.org/&#58;x", False),
        ("https://example.org/?a=&#x2F;x", False),
        ("https://example.org/?a&colon;x", False),
        ("https://example.org/?a=1&b=2;c#d", True),
        ("docs/&#46;&#46;/x", False),
        ("docs/../../etc/passwd", False),
        ("/etc/passwd", False),
        ("//example.org", False),
        ("", False),
    ],
)
def test_links_lead_to_https_and_into_the_project(address: str, linked: bool) -> None:
    assert markdown.link("here", address).startswith("[here](<") is linked


@pytest.mark.parametrize(
    "plain",
    [
        "requests", "zope.interface", "1.0.2", "a_b", "tests/requirements.txt", "allow;", "isn't", '"quoted",', "(yes)", "José",
        "CVE-2026-1", "really?",
    ],
)  # fmt: skip
def test_plain_words_stay_readable(plain: str) -> None:
    assert markdown.text(plain) == plain


@pytest.mark.parametrize(
    ("raw", "written"),
    [
        ("sha256:ab", "`sha256:ab`"),
        ("a b", "`a b`"),
        ("refs/tags/v*@x", "`refs/tags/v*@x`"),
        ("a`b", "a&#96;b"),
        ("a|b", "a&#124;b"),
        ("{{x}}", "&#123;&#123;x&#125;&#125;"),
        ("", ""),
    ],
)
def test_code_is_code_where_nothing_can_end_it(raw: str, written: str) -> None:
    assert markdown.code(raw) == written


def test_parts_of_a_page() -> None:
    assert markdown.heading(2, "Files") == "## Files"
    assert markdown.bullets(["a", "b"]) == "- a\n- b"
    assert markdown.table(("file", "bytes"), [("a", "1"), ("", "2")], numbers=("bytes",)) == (
        "| file | bytes |\n|---|---:|\n| a | 1 |\n|   | 2 |"
    )


def _real_texts() -> Iterator[str]:
    for path in sorted((SHARED / "sbom").rglob("*.json"))[:60] if SHARED.is_dir() else ():
        waiting: list[Any] = [json.loads(path.read_bytes())]
        while waiting:
            value = waiting.pop()
            if isinstance(value, str):
                yield value[:120]
            elif isinstance(value, (dict, list)):
                waiting += value.values() if isinstance(value, dict) else value


def test_real_texts_are_shown_literally() -> None:
    """Texts of recorded SBOMs, one row of one table each: licences, addresses, names of people, regular expressions."""
    texts = sorted({raw for raw in _real_texts() if not re.fullmatch(r"[0-9a-f]*", raw)})[::5]
    if not texts:
        pytest.skip("needs the recorded SBOMs in ../shared/data")
    rendered = GITHUB.render(markdown.table(("text",), [(markdown.text(raw),) for raw in texts]))
    cells = [html.unescape(cell) for cell in re.findall(r"<td>(.*)</td>", rendered)]
    assert cells == [markdown.line(raw) for raw in texts]


def test_it_needs_the_standard_library_only() -> None:
    code = (
        "import sys; import ops.supply_chain.formats.markdown; "
        "print([name for name in sys.modules if name.partition('.')[0] in ('msgspec', 'yaml', 'packaging')])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
