"""A headless Chromium that is allowed nothing; what needs it skips where it is not installed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain.adapters.tools.chromium import NAMES, VARIABLE
from ops.supply_chain.assurance.report.page import ReportPage
from tests.assurance.report.support import html

Open = Callable[..., "Shown"]


class Shown:
    """One open page, with everything that it said and asked for."""

    def __init__(self, page: Any, context: Any, file: Path) -> None:
        self.page, self.context, self.file = page, context, file
        self.said: list[str] = []
        self.asked: list[str] = []
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("dialog", lambda dialog: self.said.append(f"dialog: {dialog.message}"))
        page.on("request", lambda request: self.asked.append(request.url))
        page.goto(file.as_uri())

    def evaluate(self, script: str, *arguments: Any) -> Any:
        return self.page.evaluate(script, *arguments)

    @property
    def clean(self) -> bool:
        """Nothing was said on the console, and nothing but the file itself was asked for."""
        return self.said == [] and self.asked == [self.file.as_uri()]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Start one browser for a module: Playwright keeps an event loop running, in which no other test can start one."""
    playwright = pytest.importorskip("playwright.sync_api", reason="needs Playwright for Python")
    found = [os.environ[VARIABLE]] if os.environ.get(VARIABLE) else list(filter(None, map(shutil.which, NAMES)))
    if not found:
        pytest.skip("needs Chromium (SEALWRIGHT_CHROMIUM)")
    sandbox = hasattr(os, "geteuid") and os.geteuid() != 0
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=found[0], chromium_sandbox=sandbox)
        yield started
        started.close()


@pytest.fixture
def open_page(browser: Any, tmp_path: Path) -> Iterator[Open]:
    """Open a page from its file, with the network cut off."""
    contexts = []

    def open_it(shown: ReportPage, *, width: int = 1280, **more: Any) -> Shown:
        file = tmp_path / "index.html"
        file.write_text(html(shown), encoding="utf-8")
        context = browser.new_context(viewport={"width": width, "height": 900}, offline=True, **more)
        contexts.append(context)
        return Shown(context.new_page(), context, file)

    yield open_it
    for context in contexts:
        context.close()
