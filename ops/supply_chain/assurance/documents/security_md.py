"""The security policy: a template filled with facts and claims, with the closing comment that names its evidence."""

from __future__ import annotations

import difflib

import msgspec

from ops.supply_chain.assurance.documents import placeholders
from ops.supply_chain.assurance.documents.absences import absences
from ops.supply_chain.assurance.documents.basis import basis_of, closing_comment
from ops.supply_chain.assurance.documents.claim_renderer import ABSENT, ClaimRenderer, UnsupportedClaim
from ops.supply_chain.assurance.documents.facts import DocumentFacts
from ops.supply_chain.assurance.documents.omission import omit_headings, omit_lines
from ops.supply_chain.assurance.documents.release_text import weakened_notice
from ops.supply_chain.assurance.documents.template import read_template, render
from ops.supply_chain.core.errors import ErrorClass, UsageError
from ops.supply_chain.formats import markdown

TEMPLATE_NAME = "SECURITY.md.template"
_SLOT, _ABSENCES = "\x02", "\x05"
"""Placeholders of evidence and absences until all claims are rendered; templates cannot contain control characters."""


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """A document, and the claims that it asserts without support, sorted by id."""

    text: str
    unsupported: tuple[UnsupportedClaim, ...]


def write_security_md(template: str, facts: DocumentFacts, *, name: str = TEMPLATE_NAME) -> Written:
    """Fill a template.

    Args:
        template: Its text.
        facts: The values to fill in.
        name: What to call the template in an error.
    Raises:
        InputError: The template cannot be filled; the message has the line and the nearest names.
        UsageError: The configuration requires an unknown claim or has an invalid address.
    """
    renderer = ClaimRenderer(facts.claims)
    required = facts.config.documents.required_claims
    ids = [verdict.id for verdict in facts.claims.claims]
    _require_known(required, ids)
    read = read_template(template, name=name, known=placeholders.names(facts), claims=ids)
    texts = placeholders.texts(facts, renderer)
    slots = {placeholders.EVIDENCE: _SLOT, placeholders.ABSENCES: _ABSENCES}
    filled = render(read, {**texts, **slots, **placeholders.switches(facts)}, renderer.render)
    body = renderer.numbered(omit_lines(filled))
    must_notice = not facts.released or weakened_notice(facts)
    if must_notice and texts[placeholders.NOTICE] not in body:
        body = _with_notice(body, texts[placeholders.NOTICE])
    body = body.replace(_ABSENCES, markdown.bullets(absences(facts, renderer)) or ABSENT)
    body = omit_headings(_with_evidence(body, renderer.evidence()))
    text = f"{body}\n{closing_comment(basis_of(facts.component, facts.claims.source))}\n"
    return Written(text=text, unsupported=renderer.unsupported(required))


def _require_known(required: tuple[str, ...], known: list[str]) -> None:
    for claim in required:
        if claim not in known:
            nearest = difflib.get_close_matches(claim, known, n=3, cutoff=0.0)
            raise UsageError(
                f"documents.required_claims: unknown claim {claim!r}",
                hint=f"The nearest are {', '.join(nearest)}.",
                kind=ErrorClass.CONFIGURATION,
            )


def _with_notice(body: str, notice: str) -> str:
    """Put the notice below the title, or on top where there is none."""
    title, _, rest = body.partition("\n")
    return f"{title}\n\n{notice}\n\n{rest.lstrip()}" if title.startswith("# ") else f"{notice}\n\n{body}"


def _with_evidence(body: str, evidence: str) -> str:
    if _SLOT in body:
        return body.replace(_SLOT, evidence or ABSENT)
    return f"{body}\n## Evidence\n\n{evidence}\n" if evidence else body
