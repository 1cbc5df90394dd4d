"""The trust page in a real browser: readable by everyone, on a wide and a narrow screen, light and dark, without a request."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ops.supply_chain.adapters.files.report_templates import read_templates
from ops.supply_chain.assurance.trust_page.model import NO_RELEASE, unread
from ops.supply_chain.core.errors import UsageError
from tests.assurance.trust_page.test_trust_page import ALL, component, page, rendered

WIDE, NARROW = 1280, 390


@pytest.fixture
def file(repository: Path, tmp_path: Path) -> Path:
    found = tmp_path / "index.html"
    good, bad = component(*ALL), msgspec.structs.replace(component(), name="a-long-name-" * 8)
    broken = unread("broken", UsageError("bad"))
    found.write_text(rendered(read_templates(repository), page(good, bad, broken)), encoding="utf-8")
    assert NO_RELEASE not in found.read_text(encoding="utf-8")
    return found


@pytest.mark.parametrize(("width", "scheme"), [(WIDE, "light"), (NARROW, "dark")])
def test_axe_finds_nothing(browser: Any, file: Path, width: int, scheme: str) -> None:
    axe = importlib.util.find_spec("axe_playwright_python")
    if axe is None or axe.origin is None:
        pytest.skip("needs axe-playwright-python")
    context = browser.new_context(
        viewport={"width": width, "height": 900}, offline=True, color_scheme=scheme, bypass_csp=True
    )
    try:
        shown, asked = context.new_page(), list[str]()
        shown.on("request", lambda request: asked.append(request.url))
        shown.goto(file.as_uri())
        shown.evaluate((Path(axe.origin).parent / "axe.min.js").read_text(encoding="utf-8"))
        answer = shown.evaluate("axe.run({resultTypes: ['violations']})")
        assert [(entry["id"], entry["impact"]) for entry in answer["violations"]] == []
        assert shown.evaluate("document.documentElement.scrollWidth") == width
        assert asked == [file.as_uri()]
    finally:
        context.close()
