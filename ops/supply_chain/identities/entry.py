"""The entry that would let an identity sign, in the words of `.security-config.toml`."""

from __future__ import annotations

import json
from datetime import date

from ops.supply_chain.core.text import printable


def entry_to_add(san: str, issuer: str, today: date) -> str:
    """Write the `[[signing.identities]]` entry for an identity, from today on.

    Args:
        san: The name that its certificates have.
        issuer: Its OIDC issuer.
        today: In UTC.
    Returns:
        TOML lines, without a line feed at the end.
    """
    return "\n".join(
        (
            "[[signing.identities]]",
            f"identity = {_quoted(san)}",
            f"issuer = {_quoted(issuer)}",
            'role = "release"',
            f'since = "{today.isoformat()}"',
        )
    )


def _quoted(text: str) -> str:
    # JSON's string is a TOML basic string once the characters are gone that TOML does not allow.
    return json.dumps(printable(text), ensure_ascii=False)
