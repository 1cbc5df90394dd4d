"""`[[vex_authors]]`: whose VEX documents suppress findings."""

from __future__ import annotations

from ops.supply_chain.contracts.config.signing import SigningIdentity


class VexAuthor(SigningIdentity, frozen=True, kw_only=True):
    """One `[[vex_authors]]` entry: an author whose VEX documents suppress findings; all others suppress none.

    A signed document (a Sigstore bundle `FILE.sigstore.json` beside FILE) is known by `identity` or `identity_regex` with
    `issuer`, and the conditions of `[[signing.identities]]`. An unsigned one is known by `name`, the author as the document
    gives it, and `sha256`, its digest, both. In an entry for signed documents `name` and `sha256` narrow it further.
    """

    issuer: str = ""
    name: str = ""
    sha256: str = ""

    @property
    def is_for_signed(self) -> bool:
        """True if the entry is about signed documents."""
        return bool(self.identity or self.identity_regex or self.issuer)
