"""Claims in a document: the claim's text where the evidence supports it, else the sentence that is true instead."""

from __future__ import annotations

import re

import msgspec

from ops.supply_chain.contracts.files.claims import ClaimsReport, ClaimStatus, ClaimVerdict
from ops.supply_chain.formats import markdown

SHOWN_FILES = 4
"""Files that are named for one claim; the rest are counted."""

_IN_RELEASE = re.compile(r"\A(?:artifacts|evidence|dist):(?:[^/]+/)*supply-chain/[^/]+/[^/]+/(?=[^/]+\Z)")
"""The folder of a retained release; its files are shown by name alone."""

MARK = "\x01"
"""Around the id of a supported claim until the document is numbered."""

ABSENT = "\x04"
"""In place of a claim that is not supported and is left to the appendix; templates have no control characters."""

_MARKED = re.compile(f"{MARK}([^{MARK}]*){MARK}")


class UnsupportedClaim(msgspec.Struct, frozen=True, kw_only=True):
    """A claim that a document asserts, or that the configuration requires, without support by the evidence."""

    id: str
    missing: tuple[str, ...]


class ClaimRenderer:
    """Renders the claims of one report, and keeps which of them a document asserts.

    Args:
        report: Every claim.
    """

    def __init__(self, report: ClaimsReport) -> None:
        self._verdicts = {verdict.id: verdict for verdict in report.claims}
        self._numbers: dict[str, int] = {}
        self._asserted: dict[str, None] = {}
        self._absent: dict[str, None] = {}

    def render(self, claim: str, text: str, *, optional: bool, appendix: bool = False) -> str:
        """Return the text of a document in place of a claim.

        Args:
            claim: Its id, which the report has.
            text: The author's Markdown; empty for the claim's own sentence.
            optional: Whether the document may do without the claim.
            appendix: Whether an unsupported claim is left to the appendix (`absences`).
        """
        if not optional:
            self._asserted.setdefault(claim)
        verdict = self._verdicts[claim]
        if verdict.standing is not ClaimStatus.SUPPORTED:
            if not appendix:
                return markdown.text(_otherwise(verdict))
            self._absent.setdefault(claim)
            return ABSENT
        return f"{text or markdown.text(verdict.sentence)}{self.mark(claim)}"

    def mark(self, claim: str) -> str:
        """Return a space and the mark of a claim, which becomes the number of its evidence; empty if it is not supported."""
        return f" {MARK}{claim}{MARK}" if self.supported(claim) else ""

    def numbered(self, document: str) -> str:
        """Number the supported claims of a finished document, in their order."""
        return _MARKED.sub(self._number, document)

    def _number(self, found: re.Match[str]) -> str:
        number = self._numbers.setdefault(found[1], len(self._numbers) + 1)
        return f"[\\[{number}\\]](#evidence)"

    def supported(self, claim: str) -> bool:
        """Return whether the evidence supports a claim; a claim that the report does not have is not supported."""
        verdict = self._verdicts.get(claim)
        return verdict is not None and verdict.standing is ClaimStatus.SUPPORTED

    def absences(self) -> tuple[str, ...]:
        """Return what is true instead of each claim that was left to the appendix, as Markdown, in their order."""
        return tuple(markdown.text(_otherwise(self._verdicts[claim])) for claim in self._absent)

    def asserts_any(self) -> bool:
        """Return whether the document has a supported claim, once it is numbered."""
        return bool(self._numbers)

    def unsupported(self, required: tuple[str, ...] = ()) -> tuple[UnsupportedClaim, ...]:
        """Return the claims that are asserted or required and not supported, sorted by id."""
        return tuple(
            UnsupportedClaim(id=claim, missing=self._verdicts[claim].missing or (_otherwise(self._verdicts[claim]),))
            for claim in sorted({*self._asserted, *required})
            if not self.supported(claim)
        )

    def evidence(self) -> str:
        """Return the table of evidence for each numbered claim; empty where nothing was claimed."""
        rows = [
            (str(number), markdown.code(claim), _files(self._verdicts[claim]))
            for claim, number in self._numbers.items()
        ]
        return markdown.table(("no.", "claim", "rests on"), rows) if rows else ""


def _otherwise(verdict: ClaimVerdict) -> str:
    if verdict.otherwise:
        return verdict.otherwise
    return f"There is no evidence for the claim {verdict.id}."


def _files(verdict: ClaimVerdict) -> str:
    names = [markdown.code(_IN_RELEASE.sub("", ref.path)) for ref in verdict.evidence]
    more = len(names) - SHOWN_FILES
    shown = ", ".join(names[:SHOWN_FILES]) or "no file of its own"
    return f"{shown} and {more} more" if more > 0 else shown
