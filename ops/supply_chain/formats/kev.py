"""The catalog of known exploited vulnerabilities (KEV), as CISA publishes it: JSON, one entry for each CVE.

Unknown fields are passed over. Everything that decides whether a vulnerability is listed must be as the catalog's schema
says, else the whole catalog is refused: half a catalog would read as "not listed". Entries are removed without a trace, so
that a catalog replaces the one before it.

Source: https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities_schema.json
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import NamedTuple

from ops.supply_chain.formats.json_reader import Node, read

LARGEST_BYTES = 32 << 20
"""The catalog of 1,600 entries has 1.5 MB."""

KNOWN = "Known"
"""The value of `knownRansomwareCampaignUse` for a vulnerability that ransomware campaigns use."""

CVE = re.compile(r"CVE-[0-9]{4}-[0-9]{4,19}")


class KevEntry(NamedTuple):
    """One entry: the day on which it was added and the day by which agencies have to remediate it, ISO, empty for none."""

    added: str
    due: str
    ransomware: bool


class KevCatalog(NamedTuple):
    """A catalog: its own version, its release in Unix seconds, CVE -> entry, and how many entries repeat another one."""

    version: str
    released: int
    entries: Mapping[str, KevEntry]
    repeated: int


def read_kev(data: bytes) -> KevCatalog:
    """Read a catalog.

    Args:
        data: JSON in UTF-8, from outside.
    Returns:
        Of several entries for a CVE the earliest days, and ransomware if one has it.
    Raises:
        UnexpectedShapeError: It is no catalog, has another number of entries than it states, or none, or an entry
            without a CVE or a day.
    """
    document = read(data, largest_bytes=LARGEST_BYTES)
    rows = document["vulnerabilities"].rows()
    stated = document["count"]
    if isinstance(stated.value, bool) or not isinstance(stated.value, int) or stated.value != len(rows):
        raise stated.broken(f"expected the number of entries, {len(rows)}, found {stated.value}")
    if not rows:
        raise document["vulnerabilities"].broken("expected at least one entry, found none")
    entries: dict[str, KevEntry] = {}
    for row in rows:
        name, entry = _entry(row)
        entries[name] = _joined(entries[name], entry) if name in entries else entry
    return KevCatalog(
        version=document["catalogVersion"].text(),
        released=_released(document["dateReleased"]),
        entries=entries,
        repeated=len(rows) - len(entries),
    )


def _entry(row: Node) -> tuple[str, KevEntry]:
    name = row["cveID"].text().strip().upper()
    if not CVE.fullmatch(name):
        raise row["cveID"].broken(f"expected a CVE id, found {name}")
    ransomware = row.text_of("knownRansomwareCampaignUse").strip().casefold() == KNOWN.casefold()
    due = row.get("dueDate")
    return name, KevEntry(_day(row["dateAdded"]), _day(due) if due is not None and due.value != "" else "", ransomware)


def _joined(first: KevEntry, second: KevEntry) -> KevEntry:
    due = min(filter(None, (first.due, second.due)), default="")
    return KevEntry(min(first.added, second.added), due, first.ransomware or second.ransomware)


def _day(node: Node) -> str:
    text = node.text().strip()
    found = _iso(text)
    if not found:
        raise node.broken(f"expected a date (YYYY-MM-DD), found {text}")
    return found


@lru_cache(maxsize=4096)
def _iso(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return ""


def _released(node: Node) -> int:
    text = node.text().strip()
    try:
        moment = datetime.fromisoformat(text)
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError) as error:
        raise node.broken(f"expected a timestamp (RFC 3339), found {text}") from error
