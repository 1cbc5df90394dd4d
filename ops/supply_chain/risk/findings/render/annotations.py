"""Root causes as annotations of a GitHub Actions run: one for each, what denies first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice

from ops.supply_chain.contracts.values.cause import Mark, RootCause
from ops.supply_chain.contracts.values.finding import Severity
from ops.supply_chain.core.text import printable, without_credentials
from ops.supply_chain.formats.workflow_commands import MOST_OF_A_LEVEL, AnnotationLevel, annotation

LEVELS = {Mark.DENIES: AnnotationLevel.ERROR, Mark.UNKNOWN: AnnotationLevel.WARNING, Mark.NOTE: AnnotationLevel.NOTICE}
_WORDS = {Mark.DENIES: "denies", Mark.UNKNOWN: "not examined", Mark.NOTE: "to know"}


def annotation_commands(
    causes: Sequence[tuple[Mark, RootCause]], *, folder: str | None, typed: Callable[[str], str] = str
) -> list[str]:
    """Return the commands that annotate the run with its causes.

    Args:
        causes: With their marks, in their order.
        folder: The project's folder relative to the repository, with `/`, empty for its top; None where it is elsewhere,
            and no file of it can be shown.
        typed: Writes the commands in a text as the user types them.
    Returns:
        At most `MOST_OF_A_LEVEL` of each level: the runner would drop the others, and not the least important ones.
    """
    return [
        _annotation(mark, cause, folder, typed)
        for mark in LEVELS
        for cause in islice((cause for known, cause in causes if known is mark), MOST_OF_A_LEVEL)
    ]


def _annotation(mark: Mark, cause: RootCause, folder: str | None, typed: Callable[[str], str]) -> str:
    located = next((finding for finding in cause.findings if finding.path), None)
    severity = "" if cause.severity is Severity.INFO else f", {cause.severity}"
    title = "  ".join(filter(None, [cause.title, cause.exploited]))
    said = "\n".join([title, *map(typed, cause.steps[:1])])
    lines = [printable(line) for line in without_credentials(said).split("\n")]
    file = ""
    if located is not None and folder is not None:
        file = printable(without_credentials("/".join(filter(None, [folder, located.path]))))
    return annotation(
        LEVELS[mark],
        "\n".join(lines),
        title=f"sealwright: {_WORDS[mark]}{severity}",
        file=file,
        line=located.line if located is not None else 0,
    )
