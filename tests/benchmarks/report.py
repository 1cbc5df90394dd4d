"""The report in a browser: how soon it is painted, and how soon it answers, when it is big."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ops.supply_chain.adapters.tools.chromium import NAMES, VARIABLE

if TYPE_CHECKING:
    from tests.benchmarks.spine import Case, Row

PACKAGES, FINDINGS = 1000, 500
_TO_THE_NEXT_FRAME = (
    "async (act) => { const start = performance.now(); new Function(act)();"
    " await new Promise(requestAnimationFrame); await new Promise(requestAnimationFrame);"
    " document.body.offsetHeight; return performance.now() - start; }"
)


def big_report_in_a_browser(_data: Path, scratch: Path) -> Iterator[Row]:
    """First paint, and from an act to the frame after the one that shows it, in headless Chromium."""
    from tests.assurance.report.support import html
    from tests.benchmarks.spine import Row
    from tests.browser.big import big_page

    found = os.environ.get(VARIABLE) or next(filter(None, map(shutil.which, NAMES)), None)
    what = f"the report of {PACKAGES:,} packages and {FINDINGS} findings in Chromium"
    if not found:
        yield Row(what, "not measured: there is no Chromium here", "1 s; 100 ms")
        return
    file = scratch / "index.html"
    file.write_text(html(big_page(PACKAGES, FINDINGS)), encoding="utf-8")
    paint, took = _seen(found, file)
    slowest = max(took, key=lambda act: took[act])
    yield Row(f"{what}: first paint", f"{paint:.0f} ms", "1 s")
    yield Row(f"{what}: slowest of {len(took)} acts", f"{took[slowest]:.0f} ms ({slowest})", "100 ms")


def _seen(program: str, file: Path) -> tuple[float, dict[str, float]]:
    from playwright.sync_api import sync_playwright

    from tests.browser.big import ACTS

    sandbox = hasattr(os, "geteuid") and os.geteuid() != 0
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, chromium_sandbox=sandbox)
        page: Any = browser.new_context(offline=True, bypass_csp=True).new_page()
        page.goto(file.as_uri())
        page.wait_for_function("performance.getEntriesByName('first-contentful-paint').length > 0")
        paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
        took = {act: min(page.evaluate(_TO_THE_NEXT_FRAME, script) for _ in range(2)) for act, script in ACTS.items()}
        browser.close()
    return float(paint), took


CASES: tuple[Case, ...] = (big_report_in_a_browser,)
