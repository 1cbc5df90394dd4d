"""The revision of the tables that this version reads and writes."""

from __future__ import annotations

from ops.supply_chain.core.errors import InputError

LATEST = "0003"
"""The newest migration; a test compares it with the folder of migrations."""


def is_latest(present: str, where: str) -> bool:
    """Return whether tables need no migration.

    Args:
        present: Their revision; empty if there are none.
        where: The registry as it is shown.
    Raises:
        InputError: A newer version of the pipeline made them.
    """
    if present > LATEST:
        raise InputError(
            f"registry {where}: its tables have revision {present}, this version knows {LATEST}",
            hint="Use the version of sealwright that wrote it, or a newer one.",
        )
    return present == LATEST
