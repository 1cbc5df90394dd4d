"""The entry that would let an identity sign, in the words of `.security-config.toml`."""

from __future__ import annotations

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
    import tomli_w

    keys = {"identity": printable(san), "issuer": printable(issuer), "role": "release", "from": today.isoformat()}
    return "[[signing.identities]]\n" + tomli_w.dumps(keys).rstrip("\n")
