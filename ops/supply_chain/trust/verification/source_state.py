"""Whether a release was made from its commit, as its maker recorded it."""

from __future__ import annotations

from collections.abc import Mapping

from ops.supply_chain.core.text import excerpt
from ops.supply_chain.formats.json_reader import Node, UnexpectedShapeError

UNCOMMITTED = "made from a tree that differs from its commit"
_STAGE, _CODE = "check_source", "source.changed"
_MOST_NAMES = 10


def is_uncommitted(facts: Mapping[str, str]) -> bool:
    """Return whether the facts of a provenance say that the tree differed from the commit."""
    return facts.get("dirty", "") == "yes"


def uncommitted_note(gate: Node | str, facts: Mapping[str, str]) -> tuple[str, ...]:
    """Return a sentence that names what differed from the commit; nothing if the release was made from its commit.

    Args:
        gate: The gate file, or why it cannot be read.
        facts: Those of the provenance.
    """
    allowed, paths = ("", []) if isinstance(gate, str) else _recorded(gate)
    if not is_uncommitted(facts) and not allowed:
        return ()
    names = ", ".join(map(excerpt, paths[:_MOST_NAMES])) or "which files is not recorded"
    more = f" and {len(paths) - _MOST_NAMES} more" if len(paths) > _MOST_NAMES else ""
    if not is_uncommitted(facts) and not paths:
        return (f"changes to the commit were allowed{allowed}, and there were none",)
    return (f"{UNCOMMITTED.upper()}{allowed}: {names}{more}",)


def _recorded(gate: Node) -> tuple[str, list[str]]:
    """Return how changes were allowed, and their paths, from the record of check_source."""
    try:
        record = next(row for row in gate["records"].rows() if row["stage"].text() == _STAGE)
        paths = [row.text_of("path") for row in record["findings"].rows() if row.text_of("code") == _CODE]
        allowed = record["options"].text_of("allow_dirty") == "yes"
    except (UnexpectedShapeError, StopIteration):
        return "", []
    return " (--allow-dirty)" if allowed else "", [path for path in paths if path]
