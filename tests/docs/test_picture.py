"""The README's picture of the report: current, harmless, small, and with what the page says."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

from tests.docs.picture import PATH, picture, report_page

MOST_BYTES = 200_000
_TEXT = re.compile(r"<[^>]*>")


def test_the_readme_shows_it(repository: Path) -> None:
    assert f"]({PATH})" in (repository / "README.md").read_text(encoding="utf-8")
    assert (repository / PATH).read_text(encoding="utf-8") == picture()


def test_it_is_small_and_asks_for_nothing() -> None:
    made = picture()
    assert len(made.encode()) < MOST_BYTES
    elements = list(ET.fromstring(made).iter())  # noqa: S314 - made by this repository
    assert {element.tag.rpartition("}")[2] for element in elements}.isdisjoint({"script", "a", "image", "img", "use"})
    for element in elements:
        names = {name for name in element.attrib if name.startswith("on") or name.endswith(("href", "src"))}
        assert names == set()
    style = "".join(element.text or "" for element in elements if element.tag.endswith("style"))
    assert "url(" not in style
    assert "@import" not in style


def test_it_says_what_the_page_says_and_what_the_screen_says() -> None:
    words = " ".join(_TEXT.sub(" ", picture().partition("<main>")[2]).split())
    shown = " ".join(_TEXT.sub(" ", report_page()).split())
    for said in (
        "Denied",
        "idna 3.6",
        "CVE-2024-3651",
        "pyyaml has no hash",
        "the advisories are 9 days old",
        "38 of 40",
    ):
        assert said in words
        assert said in shown


def test_it_names_nothing_of_this_machine(repository: Path) -> None:
    made = picture()
    assert str(repository) not in made
    assert str(Path.home()) not in made
    assert picture() == made
