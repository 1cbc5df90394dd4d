"""The folder as mkdocs takes it, with ordinary and with hostile text in every place."""

from __future__ import annotations

import itertools
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from msgspec import structs

from ops.supply_chain.assurance.techdocs.file_kinds import KINDS, kind_of
from ops.supply_chain.assurance.techdocs.model import MirrorScan, enclosed_name
from ops.supply_chain.assurance.techdocs.site import entity_name, site
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.formats import markdown
from tests.assurance.techdocs.worlds import EVIL, mirror

ENTITY = re.compile(r"[A-Za-z0-9]+(?:[-_.][A-Za-z0-9]+)*")
"""Names in Backstage's catalogue, of at most 63 characters."""


class Elements(HTMLParser):
    """Collects what a page would load, run or lead to."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.handlers: list[str] = []
        self.images = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.images += tag == "img"
        self.handlers += [name for name, _ in attrs if name.startswith("on")]
        self.links += [value or "" for name, value in attrs if name in {"href", "src"}]


def build(files: dict[str, bytes], folder: Path) -> dict[str, str]:
    """Build with mkdocs, strictly, and return its pages."""
    pytest.importorskip("mkdocs", reason="needs mkdocs")
    from mkdocs.commands.build import build as build_site
    from mkdocs.config import load_config

    for path, data in files.items():
        (folder / "in" / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / "in" / path).write_bytes(data)
    config = load_config(str(folder / "in" / "mkdocs.yml"), site_dir=str(folder / "out"), strict=True)
    build_site(config)
    return {path.relative_to(folder / "out").as_posix(): path.read_text() for path in (folder / "out").rglob("*.html")}


def test_hostile_text_does_nothing_on_any_page(tmp_path: Path) -> None:
    pages = build(site(mirror(EVIL)), tmp_path)
    assert {"index.html", "incident/index.html", "releases/1.1/packages/index.html"} <= pages.keys()
    for path, html in pages.items():
        found = Elements()
        found.feed(html)
        assert (found.images, found.handlers) == (0, []), path
        assert not [link for link in found.links if "javascript" in link.lower()], path


def test_hostile_text_is_still_shown() -> None:
    files = site(mirror(EVIL))
    for path in ("waivers", "dependencies", "releases", "packages", "verification", "releases/1.1/index"):
        assert markdown.text(EVIL).split()[0] in files[f"docs/{path}.md"].decode(), path


def test_yaml_says_what_was_meant_and_nothing_else() -> None:
    files = site(mirror('x"\n  - evil: !!python/object:os.system\n# '))
    config, entity = yaml.safe_load(files["mkdocs.yml"]), yaml.safe_load(files["catalog-info.yaml"])
    assert set(config) == {"site_name", "site_description", "docs_dir", "theme", "nav"}
    assert [next(iter(one)) for one in config["nav"]][:2] == ["Start", "Incident"]
    assert entity["kind"] == "Component"
    assert set(entity) == {"apiVersion", "kind", "metadata", "spec"}
    assert set(entity["spec"]) == {"type", "lifecycle", "owner"}
    assert entity["metadata"]["annotations"] == {"backstage.io/techdocs-ref": "dir:."}


def test_without_an_owner_the_catalogue_says_so() -> None:
    plain = mirror("x")
    entity = yaml.safe_load(site(msgspec.structs.replace(plain, config=type(plain.config)()))["catalog-info.yaml"])
    assert entity["spec"] == {"type": "library", "lifecycle": "production", "owner": "unknown"}


@pytest.mark.parametrize(
    ("component", "expected"),
    [("acme", "acme"), ("a+b--c", "a-b-c"), ("x" * 80, "x" * 63), ("-", "component"), ("a" * 62 + ".b", "a" * 62)],
)
def test_the_name_in_the_catalogue(component: str, expected: str) -> None:
    assert entity_name(component) == expected
    assert ENTITY.fullmatch(entity_name(component))


def test_the_order_of_waivers_does_not_matter() -> None:
    plain = mirror("x")
    waivers = [msgspec.structs.replace(plain.waivers[0], id=name) for name in "abc"]
    orders = itertools.permutations(waivers)
    made = [site(msgspec.structs.replace(plain, waivers=order)) for order in orders]
    assert all(one == made[0] for one in made)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("N-1-gate.json", "N-1-gate.json"),
        ("N-1-verification.md", "N-1-verification.md.txt"),
        ("evil.html", "evil.html.txt"),
        ("../x.json", ""),
        (".hidden.json", ""),
        ("a b.json", ""),
    ],
)
def test_nothing_is_enclosed_that_would_be_a_page(name: str, expected: str) -> None:
    file = msgspec.structs.replace(mirror("x").newest.manifest.files[0], name=name)
    assert enclosed_name(file) == expected


def test_a_rehearsal_says_so_on_every_page_about_it() -> None:
    plain = mirror("x")
    rehearsed = tuple(msgspec.structs.replace(one, rehearsal=True) for one in plain.releases)
    files = site(msgspec.structs.replace(plain, releases=rehearsed))
    pages = ("index", "incident", "verification", "releases/1.1/index", "releases/1.0/packages")
    assert all(b"**This is a rehearsal. Nothing was released" in files[f"docs/{page}.md"] for page in pages)
    assert not any(b"This is a rehearsal" in data for data in site(plain).values())


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({}, "release"),
        ({"rehearsal": True}, "rehearsal"),
        ({"decision": ""}, "not known"),
        ({"builder": ""}, "not known"),
    ],
)
def test_what_cannot_be_read_is_not_called_a_release(changes: dict[str, Any], kind: str) -> None:
    plain = mirror("x")
    found = tuple(msgspec.structs.replace(one, **{"builder": "urn:b", **changes}) for one in plain.releases)
    rows = site(msgspec.structs.replace(plain, releases=found))["docs/releases.md"].decode()
    assert rows.count(f"| {kind} | 6 |") == len(found)


def test_what_could_not_be_read_is_never_an_empty_list() -> None:
    plain = mirror("x")
    blind = tuple(
        msgspec.structs.replace(one, packages=None, records=(), decision="", commands=()) for one in plain.releases
    )
    files = site(msgspec.structs.replace(plain, releases=blind))
    assert b"**Not in this list:** [1.1](releases/1.1/index.md), [1.0]" in files["docs/packages.md"]
    page = files["docs/releases/1.1/index.md"].decode()
    assert "| policy | not known |" in page
    assert "| packages | not known |" in page
    assert page.count("No readable record.") == 2
    assert "No verification commands: no signing identity is configured." in page
    assert b"No SBOM of this release is readable." in files["docs/releases/1.1/packages.md"]


def test_a_dependency_without_owner_stands_out() -> None:
    page = site(mirror("x"))["docs/dependencies.md"].decode()
    assert "| bare | 1 | **no owner** | unstated | (not in that SBOM) |   |" in page
    assert "2 direct dependencies, 1 without an owner." in page


def test_a_package_leads_to_every_release_that_holds_it() -> None:
    page = site(mirror("x"))["docs/packages.md"].decode()
    assert "| x | x | [1.1](releases/1.1/index.md), [1.0](releases/1.0/index.md) |" in page


def test_the_incident_page_names_a_file_for_each_question() -> None:
    one = mirror("x")
    files = {kind_of(file, one.newest.manifest).title for file in one.newest.manifest.files}
    attested = structs.replace(one.newest.manifest.files[0], name="n-1.1.tar.gz.publish.attestation")
    assert kind_of(attested, one.newest.manifest).title == "Publish attestation"
    conventional = {
        "build-provenance.json": "Provenance",
        "build-provenance.json.bundle": "Signature",
        f"{one.newest.manifest.component}-{one.newest.manifest.version}-sbom.attestation.bundle": "Signed SBOM statement",
    }
    for name, title in conventional.items():
        assert kind_of(msgspec.structs.replace(attested, name=name), one.newest.manifest).title == title
    page = site(one)["docs/incident.md"].decode()
    rows = [line for line in page.splitlines() if "https://example.org/d/1.1/" in line]
    assert len(rows) == len({kind.title for kind in KINDS} & files)
    assert "| Are these the bytes that were released? | [N-1.1-checksums.txt](https://example.org/d/1.1/N" in page


def start(**changes: Any) -> str:
    plain = mirror("x")
    newest = structs.replace(plain.newest, **{key: value for key, value in changes.items() if key != "scan"})
    others = {"scan": changes["scan"]} if "scan" in changes else {}
    return site(structs.replace(plain, releases=(newest, *plain.releases[1:]), **others))["docs/index.md"].decode()


def test_the_start_page_shows_the_current_state() -> None:
    page = start()
    assert page.index("## Current state") < page.index("## Pages")
    assert "| verdict | **allowed**: 1 of 1 rule passed |" in page
    assert "| newest release | [1.1](releases/1.1/index.md), created `2026-11-20T00:00:00Z` |" in page
    assert "| last scan | `2026-11-28T04:00:00Z` of x: " in page
    assert "| waivers | [1 configured waiver](waivers.md), the first ends 2026-02-01 |" in page
    assert page.count("- **x** x: x, [CVE-2026-1](<https://nvd.nist.gov/vuln/detail/CVE-2026-1>), high") == 2
    assert "since the scan of 2026" in page
    assert "1 problem with retained releases" in page


def test_a_rehearsal_never_looks_like_a_release_on_the_start_page() -> None:
    page = start(rehearsal=True)
    assert "**This is a rehearsal." in page
    assert "| verdict | **would be allowed**: 1 of 1 rule passed |" in page
    assert "| newest rehearsal |" in page


def test_what_is_not_known_is_never_a_good_state() -> None:
    page = start(decision="", records=(), causes=(), scan=MirrorScan(problem="no scan is kept here"))
    assert "| verdict | **not known**: its gate file cannot be read |" in page
    assert "| checks | not known: no record can be read |" in page
    assert "| findings | not known: no record can be read |" in page
    assert "| last scan | **not known**: no scan is kept here |" in page
    assert "Not known: its gate file cannot be read." in page
    assert "Not known: no scan is kept here." in page
    assert "None:" not in page
    assert "allowed" not in page


def test_a_scan_that_did_not_pass_is_not_called_clean() -> None:
    unexamined = structs.replace(mirror("x").newest.records[0], outcome=Outcome.NOT_EXAMINED, findings=())
    page = start(scan=MirrorScan(started="2026-11-28T04:00:00Z", version="x", records=(unexamined,)))
    assert "No finding is open, but not every stage passed." in page
    assert "0 of 1 stage passed; " in page


def test_a_scan_without_the_record_of_a_gate_is_not_called_clean() -> None:
    passed = structs.replace(mirror("x").newest.records[0], outcome=Outcome.PASS, findings=())
    scan = MirrorScan(started="2026-11-28T04:00:00Z", version="x", records=(passed,), missing=("check_malware",))
    page = start(scan=scan)
    assert "No finding is open in the records that are here." in page
    assert "**no record of check_malware**" in page
    assert "No finding is open." in start(scan=structs.replace(scan, missing=()))


def test_an_advisory_of_a_release_leads_to_its_page() -> None:
    plain = mirror("x")
    found = structs.replace(plain.newest.records[0].findings[0], aliases=("CVE-2026-1", "javascript:x"))
    records = (structs.replace(plain.newest.records[0], findings=(found,)),)
    newest = structs.replace(plain.newest, records=records)
    page = site(structs.replace(plain, releases=(newest,)))["docs/releases/1.1/index.md"].decode()
    assert "[CVE-2026-1](<https://nvd.nist.gov/vuln/detail/CVE-2026-1>)" in page
    assert "](<javascript" not in page
