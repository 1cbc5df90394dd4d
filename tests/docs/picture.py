"""The picture of the report in the README: the verdict of the refused example release, as the page shows it, in an SVG file.

The file has the page's own HTML and style, so that a browser draws of it what it draws of the report, in light colours and
without script. Nothing in it is drawn by hand, and no browser is needed to make it.
"""

from __future__ import annotations

import re

from ops.supply_chain.adapters.files.report_templates import read_templates
from ops.supply_chain.core.start import TREE
from ops.supply_chain.risk.findings.causes import root_causes
from ops.supply_chain.risk.findings.render.screen import mark_of
from ops.supply_chain.risk.findings.report import build_report
from tests.assurance.report.support import GATES, bom, html, page
from tests.docs.screens import NAME, VERSION, refused_run

PATH = "docs/images/report.svg"
WIDTH, HEIGHT = 1000, 740
"""In CSS pixels; the height has room for the section in the widest of the usual fonts."""

_STYLES = ("tokens.css", "report.css")
_SECTION = re.compile(r'<section id="verdict".*?</section>', re.DOTALL)
_LINK = re.compile(r"<a href=[^>]*>(.*?)</a>", re.DOTALL)


def report_page() -> str:
    """Return the whole page of the refused release of the README's first screen."""
    records, verdict = refused_run()
    causes = tuple((mark_of(cause), cause) for cause in root_causes(records, [verdict]))
    examined = {record.stage for record in records}
    report = build_report(records, component=NAME, version=VERSION, gates=GATES, expected=examined)
    packages = {f"package-{number}": list[str]() for number in range(records[0].counts["locked"])}
    shown = page(
        component=NAME,
        version=VERSION,
        records=tuple(records),
        findings=report,
        causes=causes,
        verdict=verdict,
        provenance_verdict=None,
        verification=None,
        released={},
        bom=bom(packages, direct=list(packages)[:_DIRECT]),
    )
    return html(shown)


def picture() -> str:
    """Return the SVG: the page's verdict, with the copy buttons that its script shows, in light colours."""
    found = _SECTION.search(report_page())
    if found is None:
        raise LookupError("the page has no verdict")
    section = found.group().replace(" hidden aria-label=", " aria-label=").replace("<svg ", f'<svg xmlns="{_SVG}" ')
    section = _LINK.sub(r'<span class="link">\1</span>', section)  # nothing in a picture can be followed
    templates = read_templates(TREE)
    style = "\n".join(templates[name] for name in _STYLES).partition("@media")[0]
    return (
        f'<svg xmlns="{_SVG}" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" data-theme="light" role="img">\n'
        f"<title>The verdict of a refused release, as the report shows it</title>\n"
        f"<style><![CDATA[\n{style}\n{_MORE}]]></style>\n"
        f'<foreignObject width="{WIDTH}" height="{HEIGHT}"><body xmlns="{_XHTML}"><main>\n{section}\n</main></body></foreignObject>\n'
        "</svg>\n"
    )


_DIRECT = 14
_SVG, _XHTML = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xhtml"
_MORE = (
    f"body {{ height: {HEIGHT}px; overflow: hidden; }}\n.link {{ color: var(--accent); text-decoration: underline; }}\n"
)
