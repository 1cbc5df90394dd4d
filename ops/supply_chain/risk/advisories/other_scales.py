"""The orders of versions of other ecosystems than PyPI, as scales for the matcher.

Most projects have none of their packages, and the rules of ten ecosystems are not imported for those.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import total_ordering

from ops.supply_chain.formats.version_orders.orders import compare, order_of, sort_key
from ops.supply_chain.risk.advisories.scales import CheckedVersion, VersionPlace

_FIRST, _SECOND, _PLACED, _LAST = range(4)


@total_ordering
class OrderedVersion:
    """A version of an ecosystem other than PyPI, at its place.

    Args:
        ecosystem: Without suffix.
        text: As written.
        key: Its sortable key.
        rank: 2 for a version, less and more for the ends of the scale.
        after: True for the place just behind the version.
    """

    __slots__ = ("_after", "_ecosystem", "_key", "_rank", "_text")
    local: str | None = None

    def __init__(self, ecosystem: str, text: str, key: str, *, rank: int = _PLACED, after: bool = False) -> None:
        self._ecosystem, self._text, self._key = ecosystem, text, key
        self._rank, self._after = rank, after

    def __str__(self) -> str:
        return self._text

    def __hash__(self) -> int:
        return hash((self._rank, self._key))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OrderedVersion) and not self._against(other)

    def __lt__(self, other: OrderedVersion) -> bool:
        return self._against(other) < 0

    def _against(self, other: OrderedVersion) -> int:
        left, right = (self._rank, self._key), (other._rank, other._key)
        if left != right:
            return -1 if left < right else 1
        # Equal keys of an order that is not exact are decided by its comparison; both versions have a place.
        found = compare(self._ecosystem, self._text, other._text) if self._rank == _PLACED else 0
        return found or (self._after > other._after) - (self._after < other._after)


class OtherScale:
    """The order of an ecosystem other than PyPI.

    Args:
        ecosystem: Without suffix.
    """

    def __init__(self, ecosystem: str) -> None:
        self._ecosystem = ecosystem
        self.order = f"the order of {ecosystem}" if order_of(ecosystem) else ""
        self.first: VersionPlace = OrderedVersion(ecosystem, "0", "", rank=_FIRST)
        self.second: VersionPlace = OrderedVersion(ecosystem, "0", "", rank=_SECOND)
        self.last: VersionPlace = OrderedVersion(ecosystem, "", "", rank=_LAST)

    def place(self, text: str) -> VersionPlace | None:
        """Return the place of a version; None if the ecosystem has no order, or no place for it."""
        key = sort_key(self._ecosystem, text)
        return None if key is None else OrderedVersion(self._ecosystem, text.strip(), key)

    def near(self, text: str, *, early: bool) -> VersionPlace | None:  # noqa: ARG002 - as the protocol has it
        """Return None: where a version without a place may be is not known."""
        return None

    def after(self, text: str) -> VersionPlace | None:
        """Return the place just behind a version."""
        key = sort_key(self._ecosystem, text)
        return None if key is None else OrderedVersion(self._ecosystem, text.strip(), key, after=True)

    def check(self, text: str) -> CheckedVersion:
        """Prepare a version: its place, and its text as written and without a leading `v`."""
        plain = text.strip()
        bare = plain[1:] if plain[:1] in ("v", "V") and plain[1:2].isdigit() else plain
        placed = plain if sort_key(self._ecosystem, plain) is not None else bare
        place = self.place(placed)
        return CheckedVersion(place, place, tuple(dict.fromkeys((placed, plain, bare))), self, plain)

    def check_place(self, place: VersionPlace) -> CheckedVersion:
        """Prepare a place, which no list has."""
        return CheckedVersion(place, place, (), self, str(place))

    def lists(self, versions: Collection[str], about: CheckedVersion) -> bool:
        """Return True if a list has the version: its text, or one of the same place."""
        if any(key in versions for key in about.keys):
            return True
        if not about.keys or about.version is None:
            return False
        placed = about.keys[0]
        return any(compare(self._ecosystem, placed, version) == 0 for version in versions)
