"""The file: nothing that a stranger wrote becomes markup, and nothing but our own script and style may work."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from functools import cache
from html.parser import HTMLParser

import pytest

from ops.supply_chain.assurance.report.html import compile_templates, data_of, fill, render
from ops.supply_chain.assurance.report.inputs import AcceptedWaiver, PackageChange, ReportBaseline
from ops.supply_chain.assurance.report.markdown import counts_only, summary
from ops.supply_chain.assurance.report.page import ReportPage
from ops.supply_chain.contracts.values.cause import CauseKind, Mark
from ops.supply_chain.contracts.values.finding import Severity
from ops.supply_chain.core.commands import RECORDED, Typing
from ops.supply_chain.core.errors import OutputError
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.formats.advisory_ids import AUTHORITIES
from tests.assurance.report.support import (
    HOSTILE,
    SHA,
    TODAY,
    bom,
    cause,
    component,
    html,
    page,
    reason,
    record,
    rule,
    verdict,
    verification,
)
from tests.risk.findings.support import finding

PAGES = tuple(authority.url for authority in AUTHORITIES)
VOID = {"meta", "input", "br", "link", "img"}


def hostile_page(name: str) -> ReportPage:
    """A page in which a stranger wrote everything that strangers can write."""
    bad = finding(name, version=name, message=name, next_step=name, path=name, aliases=(name,), due="2026-11-01")
    waived = finding(name, severity=Severity.LOW, waived_by=name)
    line = {"subject": name, "outcome": "fail", "message": name, "command": name}
    return page(
        record("check_vulnerabilities", bad, waived, outcome=Outcome.FAIL, notes=(name,)),
        verdict=verdict(rule(outcome=Outcome.FAIL, denials=(reason(name, name, name),)), outcome=Outcome.FAIL),
        verification=verification(
            checks=[{"code": name, "title": name, "lines": [line]}], files=[{"name": name, "sha256": SHA}], notes=[name]
        ),
        bom=bom({}, direct=[], components=[component(name, name, name)]),
        previous=ReportBaseline(
            version=name,
            retained_at="2026-01-01T00:00:00Z",
            differences=(PackageChange(kind="added", name=name, version=name, before=(name,), after=(name,)),),
            hashes_not_compared=0,
        ),
        waivers=(AcceptedWaiver(id=name, package=name, reason=name, owner=name, expires=TODAY, label=name),),
        claims_problem=name,
        causes=tuple(
            (
                mark,
                cause(
                    kind=kind, title=name, findings=(bad,), locations=(name,), steps=(name, f"`nox -s lock -- {name}`")
                ),
            )
            for mark, kind in ((Mark.DENIES, CauseKind.VULNERABILITY), (Mark.NOTE, CauseKind.OTHER))
        ),
    )


@cache
def hostile_html(name: str) -> str:
    return html(hostile_page(name))


class Elements(HTMLParser):
    """Collects elements with attributes; `texts` of script and style by element."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.raw: list[tuple[str, dict[str, str | None], str]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in {"script", "style"}:
            self.raw.append((self.open[-1], self.found[-1][1], data))


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_becomes_text_and_nothing_else(name: str) -> None:
    harmless = Elements(hostile_html("harmless"))
    shown = Elements(hostile_html(name))
    assert [tag for tag, _ in shown.found] == [tag for tag, _ in harmless.found]
    assert [sorted(attributes) for _, attributes in shown.found] == [
        sorted(attributes) for _, attributes in harmless.found
    ]
    assert shown.open == []


@pytest.mark.parametrize("name", HOSTILE)
def test_no_control_character_and_no_lone_surrogate_reaches_the_file(name: str) -> None:
    text = hostile_html(name)
    assert re.findall(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\ud800-\udfff]", text) == []


@pytest.mark.parametrize("name", HOSTILE)
def test_the_data_cannot_end_its_element(name: str) -> None:
    packages = hostile_page(name).packages
    data = data_of(packages)
    assert data.isascii()
    assert not set("<>&") & set(data)
    [row] = json.loads(data)["packages"]
    assert packages is not None
    assert row[0] == packages.all[0].name


def test_credentials_in_an_address_are_not_shown() -> None:
    text = html(hostile_page("git+https://user:secret@host.example/x"))
    assert "secret" not in text
    assert "git+https://host.example/x" in text


def test_only_our_script_and_style_may_work() -> None:
    text = html(page())
    found = Elements(text)
    [policy] = [one["content"] for tag, one in found.found if one.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None
    directives = dict(part.split(" ", 1) for part in policy.split("; "))
    raw = {(tag, attributes.get("type")): body for tag, attributes, body in found.raw}
    assert directives == {
        "default-src": "'none'",
        "script-src": f"'sha256-{_digest(raw['script', None])}'",
        "style-src": f"'sha256-{_digest(raw['style', None])}'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    assert text.index("Content-Security-Policy") < text.index("<style>")


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def test_nothing_is_asked_for_and_nothing_is_inline() -> None:
    found = Elements(html(hostile_page("x")))
    for tag, attributes in found.found:
        assert tag not in {"link", "img", "iframe", "object", "base", "audio", "video"}
        assert not any(name.startswith("on") or name in {"style", "src", "srcdoc", "action"} for name in attributes)
        address = attributes.get("href") or "#"
        assert address.startswith(("#", *PAGES))
        assert address.startswith("#") or attributes["rel"] == "noreferrer"
    script = "".join(body for tag, attributes, body in found.raw if tag == "script" and not attributes)
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\(|new Function|fetch\(|XMLHttp|import\(", script
    )


def test_every_link_leads_somewhere_and_no_id_stands_twice() -> None:
    found = Elements(html(page()))
    ids = [one["id"] for _, one in found.found if "id" in one]
    assert len(ids) == len(set(ids))
    targets = [one["href"] for tag, one in found.found if tag == "a"]
    assert {str(target)[1:] for target in targets} <= set(ids)
    for name in ("aria-labelledby", "aria-describedby", "for"):
        assert {one[name] for _, one in found.found if name in one} <= set(ids)


def test_the_same_again() -> None:
    assert html(hostile_page("x")) == html(hostile_page("x"))


def test_a_missing_template_is_said() -> None:
    with pytest.raises(OutputError) as error:
        render(page(), {"page.html": ""}, generator=("a", "1"))
    assert error.value.message.startswith("templates/report: dom.js, theme.js")
    assert error.value.hint == "Restore the folder from the repository."


def test_an_empty_project_says_that_nothing_was_looked_at() -> None:
    text = html(page(records=(), verdict=None, provenance_verdict=None, verification=None, bom=None))
    assert "There is no run to show: nothing was checked." in text
    assert 'class="badge tone-pass' not in text
    assert "tone-pass" not in text[text.index("<main>") : text.index("</main>")]


@pytest.mark.parametrize("name", HOSTILE)
def test_markdown_is_escaped(name: str) -> None:
    shown = hostile_page(name)
    text = summary(shown)
    assert not re.search(r"<[a-z/]|\{\{|\bjavascript:", text)
    harmless = summary(hostile_page("harmless"))
    assert len(text.encode().splitlines()) == len(harmless.splitlines())
    assert len(text.splitlines()) == len(harmless.splitlines())


def test_in_public_only_counts_and_outcomes() -> None:
    text = counts_only(hostile_page("secretpkg"))
    assert text.startswith("## Report: Denied\n")
    assert "| Vulnerabilities | failed | 12 s | 3 of 3 pins |" in text
    assert not any(word in text for word in ("secretpkg", "acme", "1.0"))


def test_every_advisory_on_the_page_leads_to_its_page() -> None:
    late = finding(due="2026-11-01", aliases=("CVE-2026-1",), message="idna 3.20 is affected")
    known = html(page(record("check_vulnerabilities", late, outcome=Outcome.FAIL), causes=((Mark.DENIES, cause()),)))
    without = re.sub(
        r'<a href="https://nvd.nist.gov/vuln/detail/CVE-2026-1" rel="noreferrer">CVE-2026-1</a>', "", known
    )
    body = re.sub(r'data-text="[^"]*"', "", without.partition("<main>")[2].partition("</main>")[0])
    assert known.count("vuln/detail/CVE-2026-1") == 3
    assert "CVE-2026-1<" not in body


@pytest.mark.parametrize(
    "name", ["javascript:alert(1)", 'CVE-2026-1"><script>', "../x", "CVE-2026-1?q=/", "https://e.example/CVE-1"]
)
def test_a_hostile_identifier_is_no_address(name: str) -> None:
    shown = html(
        page(record("check_vulnerabilities", finding(due="2026-11-01", aliases=(name,)), outcome=Outcome.FAIL))
    )
    found = re.findall(r'href="([^"#][^"]*)"', shown)
    assert [address for address in found if not address.startswith("https://osv.dev/vulnerability/CVE-2026-1")] == []


def test_templates_are_compiled_once_and_each_reader_gets_the_commands_that_they_type() -> None:
    templates = {"t.html": "{{ 'nox -s lock' }}|{{ page }}{% include 'u.html' %}", "u.html": "|{{ 'nox -s lock' }}"}
    compile_templates(templates)
    console = Typing(console="sealwright")
    for typing, command in ((RECORDED, "nox -s lock"), (console, "sealwright lock"), (RECORDED, "nox -s lock")):
        filled = fill("t.html", templates, {"page": "nox -s lock"}, typing=typing)
        assert filled.decode() == "|".join([command] * 3)
    with pytest.raises(OutputError, match="'x' is undefined"):
        fill("t.html", {"t.html": "{{ x }}"}, {}, typing=RECORDED)
