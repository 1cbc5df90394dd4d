"""The page in a real browser: it works, asks for nothing, can be read by everybody, and does all that when it is big.

Axe comes with the package axe-playwright-python; nothing of it is kept here.
"""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain.adapters.tools.chromium import print_pdf
from ops.supply_chain.assurance.report.inputs import AcceptedWaiver, PackageChange, ReportBaseline, SinceInput
from ops.supply_chain.assurance.report.page import ReportPage, build_page
from ops.supply_chain.contracts.values.cause import Mark
from ops.supply_chain.core.outcome import Outcome
from tests.assurance.report.support import HOSTILE, TODAY, cause, html, page, reason, replaced, rule, verdict
from tests.assurance.report.test_html import hostile_page
from tests.assurance.report.test_parts import claims_report
from tests.browser.big import big_evidence, big_page
from tests.browser.conftest import Open, Shown

_PAGE = re.compile(rb"/Type\s*/Page\b")


@pytest.fixture(scope="module")
def big() -> ReportPage:
    return big_page()


@pytest.fixture(scope="module")
def rich() -> ReportPage:
    """Every section with something in it, of every tone."""
    difference = PackageChange(kind="relicensed", name="idna", version="1.0", before=("MIT",), after=("GPL-3.0-only",))
    whole = big_evidence(24, 24)
    return build_page(
        replaced(
            whole,
            since=SinceInput(
                sentence="Since the scan of 2026-11-19T04:00:00Z: 12 new, 12 updated, 0 unchanged, 2 gone.",
                words=("new", "updated") * (len(whole.finding_rows) // 2),
                gone=whole.finding_rows[:2],
                not_compared=("check_hashes: the earlier scan did not examine everything",),
            ),
            rehearsal=True,
            verdict=verdict(
                rule(),
                rule("base.noted", unknown=1, unknowns=(reason(),)),
                rule("base.bad", Outcome.FAIL, denials=(reason(),)),
                outcome=Outcome.FAIL,
            ),
            previous=ReportBaseline(
                version="0.9", retained_at="2026-10-01T00:00:00Z", differences=(difference,), hashes_not_compared=1
            ),
            waivers=(AcceptedWaiver(id="CVE-2026-1", package="", reason="r", owner="o", expires=TODAY, label="l"),),
            waivers_malformed=1,
            causes=tuple((mark, cause()) for mark in (Mark.DENIES, Mark.UNKNOWN, Mark.NOTE) for _ in range(3)),
            claims=claims_report(rehearsal=True),
        )
    )


def test_the_page_asks_for_nothing_and_says_nothing(open_page: Open, big: ReportPage) -> None:
    shown = open_page(big)
    assert shown.clean, (shown.said, shown.asked)
    assert shown.evaluate("document.querySelector('h1').textContent") == "Not examined in full"


def test_nothing_sticks_out(open_page: Open, rich: ReportPage) -> None:
    shown = open_page(rich)
    shown.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    for width in (360, 768, 1280):
        shown.page.set_viewport_size({"width": width, "height": 900})
        assert shown.evaluate("document.documentElement.scrollWidth") <= width


def test_filters(open_page: Open, big: ReportPage) -> None:
    shown = open_page(big)
    tab = shown.page

    def visible() -> int:
        tab.evaluate("() => new Promise(requestAnimationFrame).then(() => new Promise(requestAnimationFrame))")
        return int(shown.evaluate("document.querySelectorAll('.finding:not([hidden])').length"))

    assert visible() == 100
    tab.get_by_label("Search").fill("CVE-2026-42 ")
    assert visible() == 11
    assert tab.locator("#shown").text_content() == "11 of 500 findings match."
    tab.get_by_label("Severity").select_option("critical")
    assert visible() == shown.evaluate("document.querySelectorAll('.severity-critical:not([hidden])').length") > 0
    tab.get_by_role("button", name="Clear").click()
    tab.get_by_label("Waived").select_option("yes")
    assert visible() == 50
    assert tab.locator("#shown").text_content() == "50 of 500 findings match."
    tab.get_by_label("Search").fill("no such thing")
    assert visible() == 0
    assert tab.locator("#none-shown").is_visible()
    assert shown.clean


def test_graph_tree_and_list(open_page: Open, big: ReportPage) -> None:
    shown = open_page(big)
    tab = shown.page
    search = tab.get_by_label("Find a package")
    search.fill("package-0502")
    search.press("Enter")
    assert tab.locator("#graph-title").text_content() == "package-0502 1.0"
    assert (tab.locator("#graph-way").text_content() or "").startswith("Why it is here: acme 1.0 → package-00")
    assert tab.locator("#graph .node.focus title").text_content() == "package-0502 1.0, 1 finding"
    neighbour = tab.locator("#graph .node:not(.focus)").first
    name = (neighbour.locator("title").text_content() or "").split(",")[0]
    neighbour.focus()
    neighbour.press("Enter")
    assert tab.locator("#graph-title").text_content() == name
    assert shown.evaluate("document.activeElement.classList.contains('focus')")
    tab.locator("#tree-part summary").click()
    tab.locator("#tree > li").first.wait_for()
    assert tab.locator("#tree > li").count() == 20
    tab.locator("#tree > li").first.focus()
    for key in ("ArrowRight", "ArrowRight"):
        tab.keyboard.press(key)
    assert shown.evaluate("document.activeElement.getAttribute('aria-level')") == "2"
    tab.locator("#list-part summary").click()
    tab.locator("#package-table tbody tr").first.wait_for()
    assert tab.locator("#package-table tbody tr").count() == 200
    tab.locator("#more-packages").click()
    assert tab.locator("#package-table tbody tr").count() == 400
    assert shown.clean


def test_a_dot_of_the_map_chooses_its_package(open_page: Open, big: ReportPage) -> None:
    shown = open_page(big)
    before = shown.page.locator("#graph-title").text_content()
    shown.page.locator("#map").scroll_into_view_if_needed()
    shown.page.locator("#map").click(position={"x": 30, "y": 40})
    assert shown.page.locator("#graph-title").text_content() != before
    assert shown.clean


def test_copy(open_page: Open) -> None:
    shown = open_page(page(), permissions=["clipboard-read", "clipboard-write"])
    tab = shown.page
    tab.locator(".check summary").first.click()
    tab.locator(".copy").first.click()
    tab.locator(".copy", has_text="Copied").wait_for()
    assert tab.locator("body > [role=status]").text_content().startswith("Copied: command for ")
    assert shown.evaluate("navigator.clipboard.readText()") == "cosign verify-blob acme-1.0-checksums.txt"
    assert shown.clean


def test_themes(open_page: Open) -> None:
    shown = open_page(page(), color_scheme="light")
    background = "getComputedStyle(document.body).backgroundColor"
    light = shown.evaluate(background)
    shown.page.emulate_media(color_scheme="dark")
    dark = shown.evaluate(background)
    assert light != dark
    button = shown.page.locator("#theme")
    button.click()
    assert (button.text_content(), shown.evaluate(background)) == ("Theme: light", light)
    button.click()
    assert (button.text_content(), shown.evaluate(background)) == ("Theme: dark", dark)
    shown.page.emulate_media(media="print")
    assert shown.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light"
    assert shown.clean


def test_the_first_key_leads_to_the_verdict(open_page: Open) -> None:
    shown = open_page(page())
    shown.page.keyboard.press("Tab")
    assert shown.evaluate("document.activeElement.textContent") == "Skip to the verdict"
    shown.page.keyboard.press("Enter")
    assert shown.evaluate("document.activeElement.id") == "verdict"


def test_print_is_what_matters(open_page: Open, big: ReportPage) -> None:
    shown = open_page(big)
    tab = shown.page
    tab.emulate_media(media="print")
    shown.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert shown.evaluate("document.querySelectorAll('.finding:not([hidden])').length") == 12
    sections = "[...document.querySelectorAll('main > section')].filter(part => part.offsetHeight).map(part => part.id)"
    assert shown.evaluate(sections) == ["verdict", "findings", "waivers"]
    assert tab.locator("#print-left").text_content().startswith("488 more findings are not printed")
    assert tab.locator("#print-left").is_visible()
    shown.evaluate("dispatchEvent(new Event('afterprint'))")
    assert shown.evaluate("document.querySelectorAll('.finding:not([hidden])').length") == 100
    assert shown.clean


def test_print_everything(open_page: Open, big: ReportPage) -> None:
    shown = open_page(big)
    shown.page.get_by_label("Print everything").check()
    shown.page.emulate_media(media="print")
    shown.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert shown.evaluate("document.querySelectorAll('.finding:not([hidden])').length") == 500
    assert shown.evaluate("document.querySelectorAll('#package-table tbody tr').length") == 1000
    assert shown.evaluate("document.querySelectorAll('details:not([open]):not(#tree-part)').length") == 0
    assert not shown.page.locator("#filters").is_visible()
    shown.evaluate("dispatchEvent(new Event('afterprint'))")
    assert shown.evaluate("document.querySelectorAll('.finding:not([hidden])').length") == 100
    assert shown.clean


def test_four_pages(open_page: Open) -> None:
    waiver = AcceptedWaiver(id="CVE-2026-1", package="idna", reason="r " * 60, owner="o", expires=TODAY, label="l")
    full = build_page(replaced(big_evidence(200, 500), waivers=(waiver,) * 60, causes=((Mark.DENIES, cause()),) * 40))
    shown = open_page(full)
    assert 1 < len(_PAGE.findall(shown.page.pdf(format="A4"))) <= 4
    assert shown.clean


def test_a_finding_folds_on_a_narrow_screen_only(open_page: Open, big: ReportPage) -> None:
    shown = open_page(big, width=390)
    first = shown.page.locator(".finding").first
    assert not first.locator(".do").is_visible()
    assert first.locator("h3").is_visible()
    first.locator("summary").click()
    assert first.locator(".do").is_visible()
    shown.page.set_viewport_size({"width": 1280, "height": 900})
    shown.page.locator(".finding .do").nth(5).wait_for(state="visible")
    assert shown.clean


def test_a_cause_has_a_command_to_copy(open_page: Open) -> None:
    shown = open_page(page(causes=((Mark.DENIES, cause()),)), permissions=["clipboard-read", "clipboard-write"])
    shown.page.locator(".causes .copy").first.click()
    shown.page.locator(".causes .copy", has_text="Copied").wait_for()
    assert shown.evaluate("navigator.clipboard.readText()") == "nox -s lock -- --upgrade-package soupsieve"
    assert shown.clean


def test_a_pdf(browser: Any, tmp_path: Path) -> None:
    file, target = tmp_path / "index.html", tmp_path / "report.pdf"
    file.write_text(html(page()), encoding="utf-8")
    print_pdf(file, target)
    assert target.read_bytes().startswith(b"%PDF-")
    assert target.stat().st_size > 10_000


def test_hostile_names_harm_nothing(open_page: Open) -> None:
    shown = open_page(hostile_page(" ".join(HOSTILE)))
    tab = shown.page
    tab.locator("#tree-part summary").click()
    tab.locator("#list-part summary").click()
    tab.get_by_label("Find a package").fill("x")
    shown.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert shown.clean, (shown.said, shown.asked)
    assert tab.title().endswith(": Denied")
    assert shown.evaluate("document.querySelectorAll('img, iframe, object, script').length") == 2
    written = shown.evaluate("document.querySelector('#package-table tbody th').textContent")
    assert written == shown.evaluate("graph.packages[0].name")
    assert (
        shown.evaluate(
            "[...document.querySelectorAll('*')].some(one => [...one.attributes].some(a => a.name.startsWith('on')))"
        )
        is False
    )


@pytest.mark.parametrize("kind", ["rich", "empty"])
def test_axe_finds_nothing_serious(open_page: Open, rich: ReportPage, kind: str) -> None:
    found = importlib.util.find_spec("axe_playwright_python")
    if found is None or found.origin is None:
        pytest.skip("needs axe-playwright-python")
    empty = page(records=(), verdict=None, provenance_verdict=None, verification=None, bom=None)
    shown = open_page(rich if kind == "rich" else empty, color_scheme="light", bypass_csp=True)
    shown.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    shown.evaluate((Path(found.origin).parent / "axe.min.js").read_text(encoding="utf-8"))
    assert _serious(shown, "axe.run({resultTypes: ['violations']})") == []
    shown.page.emulate_media(color_scheme="dark")
    assert _serious(shown, "axe.run({resultTypes: ['violations'], runOnly: ['color-contrast']})") == []


def _serious(shown: Shown, script: str) -> list[Any]:
    answer = shown.evaluate(script)
    return [
        (one["id"], one["impact"], [node["html"][:160] for node in one["nodes"][:3]])
        for one in answer["violations"]
        if one["impact"] in {"serious", "critical"}
    ]
