"""A draft of CISA's Secure Software Development Attestation Form, from the evidence: nothing in it is attested or signed.

Source: https://www.cisa.gov/resources-tools/resources/secure-software-development-attestation-form; what US rules require of
it today is in docs/regulation.md.
"""

from __future__ import annotations

from collections.abc import Iterator

from ops.supply_chain.contracts.files.claims import ClaimsReport, ControlStatus, ControlVerdict
from ops.supply_chain.formats import markdown

FORM_PREFIX = "CISA-FORM-"
"""What the ids of the form's statements begin with, among the controls."""

UNKNOWN = "*to be filled in by a person*"
NO_LONGER_REQUIRED = (
    "US agencies are no longer required to collect this form: OMB M-26-05 of 2026-01-23 rescinded M-22-18 and M-23-16. They may "
    "still ask for it, or for an SBOM, by contract. Executive Order 14028 has not been revoked; Executive Order 14306 of "
    "2025-06-06 struck the parts of Executive Order 14144 on machine-readable attestations (section 2(a) and (b))."
)
"""The state in law on which docs/regulation.md has the sources."""

_FIELDS = (
    "Producer's name, address and website",
    "Type: company-wide, product line, or individual product and version",
    "Contact: name, title, address, phone, e-mail",
    "Signature of the chief executive officer or a designee, and date",
)
_EVIDENCED = {
    ControlStatus.MET: "evidenced",
    ControlStatus.NOT_MET: "not evidenced",
    ControlStatus.NOT_EXAMINED: "not evidenced",
    ControlStatus.OUT_OF_SCOPE: "not evidenced",
}


def form_page(report: ClaimsReport) -> str:
    """Return the draft as Markdown: the fields, and for each statement whether a release evidences it, and how."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: ClaimsReport) -> Iterator[str]:
    source = report.source
    yield f"# Draft of the attestation form for {markdown.text(report.component)}"
    yield ""
    yield "Draft: it is not signed, attests nothing and is not legal advice. Only a person who is authorised to do so can attest."
    yield ""
    yield NO_LONGER_REQUIRED
    yield ""
    yield "## Producer and product"
    yield ""
    product = f"{markdown.text(source.component)} {markdown.text(source.version)}" if source else UNKNOWN
    rehearsal = " (a rehearsal, not a release)" if source and source.rehearsal else ""
    rows = [("Software", product + rehearsal), *((field, UNKNOWN) for field in _FIELDS)]
    yield markdown.table(("field", "content"), rows)
    yield ""
    yield "## Statements of the form"
    yield ""
    yield "Titles are paraphrased. *Evidenced*: the claims of that release support it; all else is for the person to decide."
    yield ""
    statements = [control for control in report.controls if control.id.startswith(FORM_PREFIX)]
    yield markdown.table(("no.", "statement", "evidence", "why"), [_row(statement) for statement in statements])


def _row(control: ControlVerdict) -> tuple[str, str, str, str]:
    return (
        control.id.removeprefix(FORM_PREFIX),
        markdown.text(control.title),
        _EVIDENCED[control.standing],
        markdown.text(control.reason),
    )
