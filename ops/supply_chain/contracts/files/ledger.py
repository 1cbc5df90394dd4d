"""The ledger of first sightings: `data/artifacts/ledger/<component>.jsonl`, one canonical JSON line each.

It keeps the day on which a scan first reported a finding, so that the response clock and "new since the
last scan" survive from run to run. Lines are only added. Each has the SHA-256 of the line before it, so that
damage or an edit anywhere but in the last line is detected; someone who can rewrite the whole file can still forge
it, so keep it under version control.

A finding is identified by its code, its package and the names of its vulnerability. The pinned version and
the lock's line are left out: moving to another affected version does not start the clock again, and one
that comes back after months is overdue immediately. Names come and go (a GHSA gets a CVE, a record is withdrawn),
so that a line is written for the new names too, with the old day.

The last line of a file whose writer was killed may be torn: it has no line feed at its end and is skipped.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from typing import Annotated, Literal, NamedTuple

import msgspec

from ops.supply_chain.contracts.base import Contract, Sha256
from ops.supply_chain.core import canonical
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import InputError

START = "0" * 64
"""`prev` of the first line."""

REMEDY = "Restore the ledger from version control or a backup; without it the response clock would start again."

Day = Annotated[str, msgspec.Meta(pattern=r"\A\d{4}-\d{2}-\d{2}\Z")]


class Sighting(NamedTuple):
    """A finding as seen by a scan: its code, the PEP 503 name of its package, all names of its vulnerability."""

    code: str
    package: str
    names: tuple[str, ...]


class LedgerLine(Contract, frozen=True, kw_only=True):
    """One line: the day of the first sighting under these names, which are sorted and never empty."""

    schema: Literal["ledger/1"] = "ledger/1"
    code: str
    package: str
    names: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    first_seen: Day
    prev: Sha256


class Ledger:
    """The lines of one ledger.

    Args:
        lines: In the order of the file.
        head: SHA-256 of the last whole line, `START` if there is none.
        whole_bytes: Number of bytes in complete lines.
        torn: True if a torn line follows them.
    """

    def __init__(
        self, lines: Iterable[LedgerLine] = (), *, head: str = START, whole_bytes: int = 0, torn: bool = False
    ) -> None:
        self.lines = tuple(lines)
        self.head = head
        self.whole_bytes = whole_bytes
        self.torn = torn
        self._days: dict[tuple[str, str], list[tuple[frozenset[str], str]]] = {}
        for line in self.lines:
            self._days.setdefault((line.code, line.package), []).append((frozenset(line.names), line.first_seen))

    def first_seen(self, sighting: Sighting) -> date | None:
        """Return the day of the first sighting under any of the names, or None."""
        names = set(sighting.names)
        known = self._days.get((sighting.code, sighting.package), ())
        days = [day for others, day in known if not names.isdisjoint(others)]
        return date.fromisoformat(min(days)) if days else None

    def additions(self, sightings: Iterable[Sighting], *, today: date) -> bytes:
        """Return the lines to add so that every sighting, under all of its names, is in the ledger.

        Args:
            sightings: In any order; those without a name, or known under all their names, add nothing.
            today: The day for new sightings.
        Returns:
            Whole lines, sorted by code, package and names; empty if there is nothing to add.
        """
        added: list[bytes] = []
        head = self.head
        for sighting in sorted({item._replace(names=tuple(sorted(set(item.names)))) for item in sightings}):
            if not sighting.names or self._knows(sighting):
                continue
            day = self.first_seen(sighting) or today
            line = LedgerLine(
                code=sighting.code,
                package=sighting.package,
                names=sighting.names,
                first_seen=day.isoformat(),
                prev=head,
            )
            added.append(encode_line(line))
            head = sha256_bytes(added[-1])
        return b"".join(text + b"\n" for text in added)

    def _knows(self, sighting: Sighting) -> bool:
        known = self._days.get((sighting.code, sighting.package), ())
        together: set[str] = set()
        for others, _ in known:
            if not others.isdisjoint(sighting.names):
                together |= others
        return together.issuperset(sighting.names)


def encode_line(line: LedgerLine) -> bytes:
    """Return a line's canonical bytes, without the line feed: sorted keys, no spaces, UTF-8."""
    plain = msgspec.to_builtins(line)
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def read_ledger(data: bytes, *, where: str) -> Ledger:
    """Read a ledger and follow its chain.

    Args:
        data: The whole file.
        where: Its name in errors.
    Raises:
        InputError: A complete line is malformed, or does not follow the line before it.
    """
    *whole, rest = data.split(b"\n")
    lines: list[LedgerLine] = []
    head = START
    for number, text in enumerate(whole, start=1):
        line = _read_line(text, f"{where}:{number}")
        if line.prev != head:
            raise InputError(
                f"{where}:{number}: the chain is broken: expected prev {head}, found {line.prev}", hint=REMEDY
            )
        lines.append(line)
        head = sha256_bytes(text)
    return Ledger(lines, head=head, whole_bytes=len(data) - len(rest), torn=bool(rest))


def _read_line(text: bytes, where: str) -> LedgerLine:
    try:
        line = canonical.decode(text, LedgerLine, where=where)
        date.fromisoformat(line.first_seen)
    except InputError as error:
        raise InputError(error.message, hint=REMEDY) from error
    except ValueError as error:
        raise InputError(f"{where}: {line.first_seen!r} is not a day", hint=REMEDY) from error
    if encode_line(line) != text:
        raise InputError(f"{where}: expected the canonical form of a line, found another", hint=REMEDY)
    return line
