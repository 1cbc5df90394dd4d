"""Commands for GitHub's runner: escaped as its own toolkit does it, and never given by what others wrote."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.supply_chain.formats.workflow_commands import AnnotationLevel, annotation, inert


def obeyed(line: str) -> bool:
    """Return whether the runner takes a line for a command (ActionCommand.cs: trimmed, then `::`; or `##[` anywhere)."""
    return line.strip().startswith("::") or "##[" in line


def read(line: str) -> tuple[str, dict[str, str], str]:
    """Read a command as the runner does."""
    head, _, data = line[2:].partition("::")
    name, _, properties = head.partition(" ")
    pairs = (part.partition("=") for part in properties.split(","))
    return name, {key: _unescaped(value) for key, _, value in pairs}, _unescaped(data)


def _unescaped(text: str) -> str:
    for code, character in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, character)
    return text


def test_an_annotation_has_place_title_and_message() -> None:
    assert annotation(AnnotationLevel.ERROR, "100% a\nb", title="t: u, v", file="a,b/r.txt", line=4) == (
        "::error file=a%2Cb/r.txt,line=4,title=t%3A u%2C v::100%25 a%0Ab"
    )
    assert annotation(AnnotationLevel.NOTICE, "m", title="t", line=4) == "::notice title=t::m"
    assert annotation(AnnotationLevel.WARNING, "m", title="t", file="r") == "::warning file=r,title=t::m"


@given(st.text(min_size=1), st.text(min_size=1), st.text())
@settings(derandomize=True, max_examples=200)
def test_whatever_is_in_it_it_is_one_line_and_read_back(file: str, title: str, message: str) -> None:
    line = annotation(AnnotationLevel.ERROR, message, title=title, file=file, line=7)
    assert "\n" not in line
    assert "\r" not in line
    assert read(line) == ("error", {"file": file, "line": "7", "title": title}, message)


@pytest.mark.parametrize(
    "text",
    [
        "::error::x",
        "   ::add-mask::x",
        "\t::stop-commands::x",
        "a ##[command]x",
        "##[error]",
        "a\n::set-env name=A::b",
        ":::error::x",
    ],
)
def test_what_others_wrote_is_no_command(text: str) -> None:
    assert any(map(obeyed, text.split("\n")))
    assert not any(map(obeyed, inert(text).split("\n")))


@given(st.text(st.sampled_from(" :#[]\na")))
@settings(derandomize=True, max_examples=300)
def test_no_text_gets_through(text: str) -> None:
    assert not any(map(obeyed, inert(text).split("\n")))


@pytest.mark.parametrize("text", ["a::b", "std::string", "# heading", "##", "plain"])
def test_other_text_stays(text: str) -> None:
    assert inert(text) == text
