"""The report in a browser: how soon it is painted, and how soon it answers, when it is big."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ops.supply_chain.adapters.tools.chromium import NAMES, VARIABLE
from tests.benchmarks.row import Aim, Row, Sample, alone

if TYPE_CHECKING:
    from tests.benchmarks.spine import Case

PACKAGES, FINDINGS = 1000, 500
TIMES = 3
_TO_THE_NEXT_FRAME = (
    "async (act) => { const start = performance.now(); new Function(act)();"
    " await new Promise(requestAnimationFrame); await new Promise(requestAnimationFrame);"
    " document.body.offsetHeight; return performance.now() - start; }"
)


def big_report_in_a_browser(_data: Path, scratch: Path) -> Iterator[Row]:
    """First paint, and from an act to the frame after the one that shows it, in headless Chromium."""
    from tests.assurance.report.support import html
    from tests.browser.big import big_page

    found = os.environ.get(VARIABLE) or next(filter(None, map(shutil.which, NAMES)), None)
    what = f"the report of {PACKAGES:,} packages and {FINDINGS} findings in Chromium"
    if not found:
        yield Row(what, "not measured: there is no Chromium here", "1 s; 100 ms", runs="0 runs")
        return
    file = scratch / "index.html"
    file.write_text(html(big_page(PACKAGES, FINDINGS)), encoding="utf-8")
    runs = [_seen(found, file) for _ in range(TIMES)]
    acts = {act: Sample(tuple(took[act] / 1000 for _, took in runs)) for act in runs[0][1]}
    slowest = max(acts, key=lambda act: acts[act].median)
    yield alone(f"{what}: first paint", Sample(tuple(paint / 1000 for paint, _ in runs)), Aim(most=1))
    yield alone(f"{what}: slowest of {len(acts)} acts", acts[slowest], Aim(most=0.1), note=slowest)


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
