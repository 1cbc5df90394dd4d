"""Moments in other people's documents; one that cannot be ordered is None."""

from __future__ import annotations

from datetime import UTC, datetime

from ops.supply_chain.formats.json_reader import Node


def moment_of(node: Node | None) -> datetime | None:
    """Read a moment.

    Args:
        node: RFC 3339, any number of fractional digits; None where the field is absent.
    Returns:
        In UTC; None where it is absent or has no time zone, because two such cannot be ordered.
    Raises:
        UnexpectedShapeError: It is no moment.
    """
    if node is None:
        return None
    try:
        found = datetime.fromisoformat(node.text())
        return None if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise node.broken(f"expected a moment, found {node.value!r}") from error
