"""The trust page as Markdown, for a repository or a wiki."""

from __future__ import annotations

from collections.abc import Iterator

from ops.supply_chain.assurance.trust_page.model import TrustComponent, TrustPage
from ops.supply_chain.formats import markdown


def trust_markdown(page: TrustPage) -> str:
    """Return the page; all untrusted text is escaped."""
    rows = [
        (
            markdown.text(component.name),
            markdown.text(component.version) or "none",
            markdown.text(component.state.word),
            str(len(component.deferred)) if component.known else "not known",
        )
        for component in page.components
    ]
    table = markdown.table(("component", "newest release", "state", "deferred findings"), rows)
    parts = [
        f"# {markdown.text(page.title)}",
        f"{page.summary} Each release was verified again on {page.today}; what could not be verified is not claimed.",
        table,
        *(part for component in page.components for part in _component(component)),
    ]
    return "\n\n".join(parts) + "\n"


def _component(component: TrustComponent) -> Iterator[str]:
    yield f"## {markdown.text(f'{component.name} {component.version}'.strip())}"
    retained = f" Retained on {markdown.text(component.retained_on)}." if component.retained_on else ""
    yield f"**{markdown.text(component.state.word)}.** {markdown.text(component.state.sentence)}{retained}"
    if component.weakened:
        yield f"**{markdown.text(component.weakened)}**"
    more = [f"and {component.more_reasons} more"] if component.more_reasons else []
    if component.reasons:
        yield markdown.bullets([*map(markdown.text, component.reasons), *more])
    if component.statements:
        rows = [
            (markdown.text(line.label), markdown.text(line.word), markdown.text(line.sentence))
            for line in component.statements
        ]
        yield markdown.table(("subject", "state", "evidence"), rows)
    if component.sboms:
        yield "SBOMs:"
        yield markdown.bullets(
            f"{markdown.link(sbom.name, sbom.address)}: {markdown.text(sbom.meaning)}" for sbom in component.sboms
        )
    if component.deferred:
        found = [
            (
                markdown.text(finding.id),
                markdown.text(f"{finding.package} {finding.versions}".strip()),
                markdown.text(finding.reason),
                finding.until.isoformat(),
            )
            for finding in component.deferred
        ]
        yield "Acknowledged and deferred:"
        yield markdown.table(("finding", "package", "reason", "until"), found)
    if component.policy:
        yield markdown.link(f"Security policy of {component.name}", component.policy)
