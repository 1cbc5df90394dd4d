"""The trust page: nothing good without a claim, nothing of strangers as markup, readable without sight, colour or script."""

from __future__ import annotations

import datetime as dt
import html
import random
import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
from markdown_it import MarkdownIt

from ops.supply_chain.adapters.files.report_templates import read_templates
from ops.supply_chain.assurance.documents.facts import DeferredCve
from ops.supply_chain.assurance.report.html import render_static
from ops.supply_chain.assurance.report.tone import Tone
from ops.supply_chain.assurance.trust_page.markdown_page import trust_markdown
from ops.supply_chain.assurance.trust_page.model import (
    MOST_REASONS,
    NO_RELEASE,
    NOT_READ,
    NOT_VERIFIED,
    VERIFIED,
    SbomLink,
    TrustComponent,
    TrustPage,
    TrustStatement,
    component_of,
    unread,
    unverifiable,
)
from ops.supply_chain.core.errors import ErrorClass, InputError, UsageError
from ops.supply_chain.render_trust_page import STYLES
from tests.assurance.documents.support import HOSTILE, IDS, config, facts, released, report, source, verdict

ALL = ("real-release", *IDS)
DEFERRED = DeferredCve(
    id="CVE-2026-1",
    package="idna",
    versions="<4",
    reason="Later.",
    since=dt.date(2026, 11, 1),
    until=dt.date(2026, 12, 1),
)


def component(*supported: str, **more: Any) -> TrustComponent:
    verdicts = tuple(verdict(name, supported=name in supported) for name in sorted(ALL))
    given = released(deferred=(DEFERRED,), **more)
    shown = msgspec.structs.replace(given, claims=report(release=source(), claims=verdicts))
    return component_of(shown, sboms_at="acme/1.0", policy="acme/SECURITY.md")


def page(*components: TrustComponent, title: str = "Trust page") -> TrustPage:
    return TrustPage(title=title, today="2026-11-20", components=components)


@pytest.fixture(scope="module")
def templates(repository: Path) -> dict[str, str]:
    return read_templates(repository)


def rendered(templates: dict[str, str], shown: TrustPage) -> str:
    return render_static("trust.html", shown, templates, styles=STYLES, generator=("sealwright", "0")).decode()


def good(found: TrustComponent) -> set[str]:
    return {line.label for line in (found.state, *found.statements) if line.tone is Tone.PASS}


def test_a_release_that_verifies_shows_what_its_claims_support() -> None:
    found = component(*ALL)
    assert (found.state.word, found.version, found.retained_on) == (VERIFIED, "1.0", "2026-11-02")
    assert good(found) == {"State", "Release policy", "Signatures", "Signer", "SLSA", "Known vulnerabilities"}
    assert [sbom.address for sbom in found.sboms] == ["acme/1.0/acme-1.0-sbom.cdx.json"]
    assert next(line.word for line in found.statements if line.label == "SLSA") == "Build L3"


@pytest.mark.parametrize(
    ("claim", "label"),
    [
        ("policy-gate", "Release policy"),
        ("signed-releases", "Signatures"),
        ("signed-by-published-identity", "Signer"),
        ("no-open-vulnerabilities", "Known vulnerabilities"),
        ("slsa-build-l1", "SLSA"),
    ],
)
def test_without_its_claim_a_statement_is_not_made(claim: str, label: str) -> None:
    found = component(*(name for name in ALL if name != claim))
    assert label not in good(found)
    assert len(good(found)) == 5


def test_a_release_that_does_not_verify_is_good_in_nothing() -> None:
    found = component(*(name for name in ALL if name != "real-release"))
    assert found.state.word == NOT_VERIFIED
    assert (good(found), found.sboms) == (set(), ())
    assert found.reasons == ("Nothing shows real-release.",)
    assert "none at release" not in {line.word for line in found.statements}


def test_random_claims_never_show_more_than_they_support() -> None:
    chance = random.Random(7)  # noqa: S311 - not for secrets
    for _ in range(200):
        held = {name for name in ALL if chance.random() < 0.5}
        found = component(*held)
        assert found.verified == ("real-release" in held)
        assert found.verified or not good(found)
        assert ("Signatures" in good(found)) == ({"real-release", "signed-releases"} <= held)


def test_a_rehearsal_is_no_release() -> None:
    given = msgspec.structs.replace(released(), claims=report(*IDS, release=source(rehearsal=True)))
    assert component_of(given, sboms_at="x", policy="").state.word == NOT_VERIFIED
    assert component_of(facts(), sboms_at="x", policy="").state.word == NO_RELEASE


def test_reasons_are_bounded_and_counted() -> None:
    missing = tuple(f"Reason {number}." for number in range(9))
    given = msgspec.structs.replace(
        released(), claims=report(release=source(), claims=(verdict("real-release", supported=False, missing=missing),))
    )
    found = component_of(given, sboms_at="x", policy="")
    assert (len(found.reasons), found.more_reasons) == (MOST_REASONS, 4)


def test_errors_show_their_kind_and_no_path() -> None:
    error = UsageError("/srv/secret/.security-config.toml: bad", kind=ErrorClass.CONFIGURATION)
    for found in (unread("x", error), unverifiable("x", InputError("/srv/secret: bad"), policy="")):
        assert not found.verified
        assert "secret" not in trust_markdown(page(found))
    assert (unread("x", error).known, unread("x", error).state.word) == (False, NOT_READ)


def test_the_summary_counts_every_state() -> None:
    error = UsageError("bad")
    shown = page(component(*ALL), component(), unread("x", error), unread("y", error))
    assert shown.summary == "4 components: 1 verified, 1 not verified, 2 could not be read."


def test_sboms_are_linked_where_they_are_published() -> None:
    at = config('[release]\nfiles_at = "https://x.example/v{version}"\n')
    assert component(*ALL, config=at).sboms[0].address == "https://x.example/v1.0/acme-1.0-sbom.cdx.json"


def hostile(text: str) -> TrustComponent:
    line = TrustStatement(label=text, word=text, tone=Tone.PASS, sentence=text)
    day = dt.date(2026, 11, 1)
    return TrustComponent(
        name=text,
        state=line,
        version=text,
        retained_on=text,
        statements=(line,),
        sboms=(SbomLink(name=text, meaning=text, address="a/b.json"),),
        deferred=(DeferredCve(id=text, package=text, versions=text, reason=text, since=day, until=day),),
        policy="a/SECURITY.md",
        reasons=(text,),
        weakened=text,
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_text(templates: dict[str, str], text: str) -> None:
    harmless, shown = page(hostile("plain"), title="plain"), page(hostile(text), title=text)
    assert tags(rendered(templates, shown)) == tags(rendered(templates, harmless))
    made = MarkdownIt("gfm-like", {"linkify": False}).render(trust_markdown(shown))
    assert re.findall(r"<[^>]*>", made) == re.findall(
        r"<[^>]*>", MarkdownIt("gfm-like", {"linkify": False}).render(trust_markdown(harmless))
    )


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def elements(text: str) -> list[tuple[str, dict[str, str | None]]]:
    reader = _Reader()
    reader.feed(text)
    return reader.found


def tags(text: str) -> list[tuple[str, tuple[str, ...]]]:
    return [(tag, tuple(sorted(attributes))) for tag, attributes in elements(text)]


def test_the_page_has_landmarks_headings_and_labels(templates: dict[str, str]) -> None:
    found = elements(rendered(templates, page(component(*ALL), component(), unread("x", UsageError("bad")))))
    names = [tag for tag, _ in found]
    assert ("html", {"lang": "en", "data-print": "everything"}) in found
    assert [names.count(tag) for tag in ("main", "header", "footer", "h1", "title")] == [1, 1, 1, 1, 1]
    levels = [int(tag[1]) for tag in names if re.fullmatch(r"h\d", tag)]
    assert all(after <= before + 1 for before, after in pairwise(levels))
    ids = [attributes["id"] for _, attributes in found if "id" in attributes]
    assert len(ids) == len(set(ids))
    labels = {attributes.get("aria-labelledby") for _, attributes in found} - {None}
    targets = {attributes["href"] or "" for tag, attributes in found if tag == "a"}
    assert labels <= set(ids)
    assert {target[1:] for target in targets if target.startswith("#")} <= set(ids)
    assert all("scope" in attributes for tag, attributes in found if tag == "th")
    assert all(attributes.get("aria-hidden") == "true" for tag, attributes in found if tag == "svg")


def test_the_page_needs_no_script_and_no_network(templates: dict[str, str]) -> None:
    text = rendered(templates, page(component(*ALL)))
    found = elements(text)
    assert not {"script", "link", "img", "iframe", "form"} & {tag for tag, _ in found}
    policy = next(attributes["content"] for _, attributes in found if "http-equiv" in attributes)
    assert "default-src 'none'; script-src 'none'; style-src 'sha256-" in html.unescape(policy or "")


def test_a_state_is_a_word_and_a_shape_as_well_as_a_colour(templates: dict[str, str]) -> None:
    text = rendered(templates, page(component(*ALL), component()))
    for word, tone in ((VERIFIED, "pass"), (NOT_VERIFIED, "fail")):
        assert re.search(
            rf'<span class="badge tone-{tone}">\s*<svg class="mark tone-{tone}"[^§]*?</svg>\s*{word}', text
        )


def test_the_same_components_give_the_same_bytes(templates: dict[str, str]) -> None:
    first, second = (page(component(*order)) for order in (ALL, tuple(reversed(ALL))))
    assert rendered(templates, first) == rendered(templates, second)
    assert trust_markdown(first) == trust_markdown(second)
