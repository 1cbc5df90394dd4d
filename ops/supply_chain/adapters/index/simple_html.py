"""The few HTML tags that a simple API page has a meaning for, found in one pass.

A page of a big project has thousands of anchors; this reads only start tags of `a`, `base`, `meta` and the
title, and every byte at most twice, whatever a hostile page does. A tag or comment that never ends means
that the page was cut.

Source: PEP 503, PEP 629; HTML Living Standard section 13.1.2 (start tags, attributes, comments).
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field

from ops.supply_chain.adapters.http.failure import Failed

Anchor = dict[str, str]
"""Attributes of one `a`, names in lower case, values unescaped."""

_START = re.compile(r"<(?:(!--)|(a|base|meta|title)(?=[\s/>]))", re.IGNORECASE)
_REST_OF_TAG = re.compile(r"""((?:[^"'>]++|"[^"]*+"|'[^']*+')*+)>""")
_ATTRIBUTE = re.compile(r"""([^\s=/"'>]++)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'>]++)))?""")


@dataclass
class Page:
    """What a page says: its anchors in order, `meta` names with their content, base address, title."""

    anchors: list[Anchor] = field(default_factory=list)
    meta: dict[str, str] = field(default_factory=dict)
    base: str = ""
    title: str = ""


def read_page(text: str) -> Page:
    """Read a page.

    Raises:
        Failed: A tag or comment in it has no end.
    """
    page = Page()
    position = 0
    while start := _START.search(text, position):
        position = _end_of_comment(text, start.end()) if start[1] else _take(page, start[2].lower(), text, start.end())
    return page


def _end_of_comment(text: str, position: int) -> int:
    end = text.find("-->", position)
    if end < 0:
        raise Failed("answered with HTML that is cut")
    return end + len("-->")


def _take(page: Page, tag: str, text: str, position: int) -> int:
    rest = _REST_OF_TAG.match(text, position)
    if rest is None:
        raise Failed("answered with HTML that is cut")
    if tag == "title":
        page.title = page.title or html.unescape(text[rest.end() : text.find("<", rest.end())].strip())
        return rest.end()
    attributes = _attributes(rest[1])
    if tag == "a":
        page.anchors.append(attributes)
    elif tag == "base":
        page.base = page.base or attributes.get("href", "")
    elif attributes.get("name"):
        page.meta.setdefault(attributes["name"].lower(), attributes.get("content", ""))
    return rest.end()


def _attributes(text: str) -> Anchor:
    found: Anchor = {}
    for name, double, single, bare in _ATTRIBUTE.findall(text):
        value = double or single or bare
        # The standard: of attributes with the same name, the first one counts.
        found.setdefault(name.lower(), html.unescape(value) if "&" in value else value)
    return found
