"""Root causes as they are written down: what a cause is about, its advisories with their pages, what to do; and as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from ops.supply_chain.contracts.values.cause import CauseKind, Mark, RootCause
from ops.supply_chain.contracts.values.finding import Severity
from ops.supply_chain.core.commands import pasteable
from ops.supply_chain.core.text import plural
from ops.supply_chain.formats import markdown
from ops.supply_chain.formats.advisory_ids import advisory_page

MOST_STEPS = 3
MOST_NAMES = 6
MEANINGS = {
    Mark.DENIES: "denies the release",
    Mark.UNKNOWN: "not examined",
    Mark.NOTE: "to know",
}
"""The marks of causes in words."""

_ABOUT_WAIVERS = "waiver."
_KNOWN_BAD = (CauseKind.MALWARE, CauseKind.VULNERABILITY)


class CauseStep(msgspec.Struct, frozen=True):
    """One thing to do: a sentence, and the command that does it; empty where it has none."""

    text: str
    command: str = ""


class AdvisoryLink(msgspec.Struct, frozen=True):
    """The identifier of an advisory, and the page that describes it; empty where none does."""

    name: str
    page: str


class CauseText(msgspec.Struct, frozen=True, kw_only=True):
    """What is written of one cause.

    `subject` is the package with its version where the cause is about known advisories, else the whole title; `names` are
    these advisories, at most `MOST_NAMES`, and `more_names` counts the others. `severity` is empty for `info`. `exploited`
    states since when one of them is known to be exploited, empty where none is. `where` has the first location and the
    number of further ones. `steps` are at most `MOST_STEPS`.
    """

    mark: Mark
    subject: str
    names: tuple[AdvisoryLink, ...]
    more_names: int
    severity: str
    exploited: str = ""
    where: str
    steps: tuple[CauseStep, ...]

    @property
    def title(self) -> str:
        """The subject with its advisories, on one line."""
        names = ", ".join(link.name for link in self.names)
        more = f" and {self.more_names} more" if self.more_names else ""
        return f"{self.subject}: {names}{more}" if names else self.subject


def cause_text(mark: Mark, cause: RootCause) -> CauseText:
    """Return what is written of a cause."""
    known_bad = bool(cause.findings) and cause.kind in _KNOWN_BAD
    names = tuple(dict.fromkeys(advisory_name(finding.aliases) for finding in cause.findings)) if known_bad else ()
    first = cause.findings[0] if cause.findings else None
    subject = f"{first.package} {first.version}".strip() if first is not None and known_bad else cause.title
    if known_bad and first is not None and first.code.startswith(_ABOUT_WAIVERS):
        subject += " (waived)"
    others = f" and {plural(cause.places - 1, 'more place')}" if cause.places > 1 and cause.locations else ""
    return CauseText(
        mark=mark,
        subject=subject or cause.title,
        names=tuple(AdvisoryLink(name, advisory_page(name)) for name in names[:MOST_NAMES] if name),
        more_names=max(0, len(names) - MOST_NAMES),
        severity="" if cause.severity is Severity.INFO else cause.severity.value,
        exploited=cause.exploited,
        where=f"{cause.locations[0]}{others}" if cause.locations else "",
        steps=tuple(map(step_text, cause.steps[: 1 if known_bad else MOST_STEPS])),
    )


def advisory_name(names: Sequence[str]) -> str:
    """Return the name of an advisory that people search for: a CVE where there is one; empty where there is no name."""
    return next((name for name in names if name.startswith("CVE-")), next(iter(names), ""))


def advisory_links(names: Sequence[str]) -> tuple[AdvisoryLink, ...]:
    """Return identifiers with their pages, in their order."""
    return tuple(AdvisoryLink(name, advisory_page(name)) for name in names)


def step_text(step: str) -> CauseStep:
    """Return advice as a sentence and its command; a command that ends the sentence is only in the second."""
    commands = pasteable(step)
    if not commands:
        return CauseStep(step)
    sentence, colon, rest = step.partition(": ")
    if colon and rest.rstrip(".") == commands[0]:
        return CauseStep(f"{sentence}.", commands[0])
    return CauseStep(step, commands[0])


def cause_lines(causes: Sequence[CauseText], *, most: int) -> Iterator[str]:
    """Yield causes as a Markdown list, in their order; nothing where there is none.

    Args:
        causes: All of them.
        most: How many to list; the others are counted.
    """
    for text in causes[:most]:
        names = ", ".join(map(link_text, text.names))
        about = markdown.text(text.subject) + (f": {names}" if names else "")
        about += f" and {text.more_names} more" if text.more_names else ""
        severity = f", {text.severity}" if text.severity else ""
        exploited = f", **{markdown.text(text.exploited)}**" if text.exploited else ""
        yield f"- **{text.mark.value}** {about}{exploited}{severity} ({MEANINGS[text.mark]})"
        if text.where:
            yield f"  - {markdown.text(text.where)}"
        for step in text.steps:
            yield f"  - {_step(step)}"
    left = len(causes) - most
    if left > 0:
        yield f"- and {plural(left, 'more cause')}"


def link_text(link: AdvisoryLink) -> str:
    """Return an identifier as Markdown: a link where a page describes it."""
    return markdown.link(link.name, link.page) if link.page else markdown.text(link.name)


def _step(step: CauseStep) -> str:
    if not step.command:
        return markdown.text(step.text)
    before, found, after = step.text.partition(step.command)
    if not found:
        return f"{markdown.text(step.text)} {markdown.code(step.command)}"
    before, after = before.removesuffix("`"), after.removeprefix("`")
    gaps = [" " if before.endswith(" ") else "", " " if after.startswith(" ") else ""]
    return f"{markdown.text(before)}{gaps[0]}{markdown.code(step.command)}{gaps[1]}{markdown.text(after)}"
