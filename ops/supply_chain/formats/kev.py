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
from typing import Any, NamedTuple

import msgspec

from ops.supply_chain.core.text import excerpt
from ops.supply_chain.formats.json_reader import UnexpectedShapeError, read

LARGEST_BYTES = 32 << 20
"""The catalog of 1,600 entries has 1.5 MB."""

KNOWN = "known"
"""The value of `knownRansomwareCampaignUse`, in lower case, for a vulnerability that ransomware campaigns use."""

CVE = re.compile(r"CVE-[0-9]{4}-[0-9]{4,19}")


class _Entry(msgspec.Struct):
    cveID: str  # noqa: N815 - the names of the catalog
    dateAdded: str  # noqa: N815
    dueDate: str | None = None  # noqa: N815
    knownRansomwareCampaignUse: str | None = None  # noqa: N815


class _Catalog(msgspec.Struct):
    catalogVersion: str  # noqa: N815
    dateReleased: str  # noqa: N815
    count: int
    vulnerabilities: list[_Entry]


_DECODER = msgspec.json.Decoder(_Catalog)


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
        UnexpectedShapeError: It is no catalog, has a key twice, another number of entries than it states, or none, or an
            entry without a CVE or a day.
    """
    plain: Any = read(data, largest_bytes=LARGEST_BYTES).value
    try:
        return _catalog(msgspec.convert(plain, _Catalog))
    except msgspec.ValidationError as error:
        raise UnexpectedShapeError(excerpt(error)) from error


def read_known_kev(data: bytes) -> KevCatalog:
    """Read a catalog that `read_kev` has read before, as its digest shows: the same, in a third of the time.

    Raises:
        UnexpectedShapeError: It was not.
    """
    try:
        return _catalog(_DECODER.decode(data))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnexpectedShapeError(excerpt(error)) from error


def _catalog(found: _Catalog) -> KevCatalog:
    rows = found.vulnerabilities
    if found.count != len(rows):
        raise UnexpectedShapeError(f"$.count: expected the number of entries, {len(rows)}, found {found.count}")
    if not rows:
        raise UnexpectedShapeError("$.vulnerabilities: expected at least one entry, found none")
    if not found.catalogVersion.strip():
        raise UnexpectedShapeError("$.catalogVersion: expected a text, found an empty one")
    entries: dict[str, KevEntry] = {}
    for place, row in enumerate(rows):
        name = row.cveID.strip().upper()
        if not CVE.fullmatch(name):
            raise UnexpectedShapeError(f"$.vulnerabilities[{place}].cveID: expected a CVE id, found {excerpt(name)}")
        entry = KevEntry(
            _day(row.dateAdded, place, "dateAdded"),
            _day(row.dueDate, place, "dueDate") if row.dueDate else "",
            (row.knownRansomwareCampaignUse or "").strip().casefold() == KNOWN,
        )
        entries[name] = _joined(entries[name], entry) if name in entries else entry
    return KevCatalog(
        version=found.catalogVersion,
        released=_released(found.dateReleased),
        entries=entries,
        repeated=len(rows) - len(entries),
    )


def _joined(first: KevEntry, second: KevEntry) -> KevEntry:
    due = min(filter(None, (first.due, second.due)), default="")
    return KevEntry(min(first.added, second.added), due, first.ransomware or second.ransomware)


def _day(text: str, place: int, field: str) -> str:
    found = _iso(text.strip())
    if not found:
        raise UnexpectedShapeError(
            f"$.vulnerabilities[{place}].{field}: expected a date (YYYY-MM-DD), found {excerpt(text)}"
        )
    return found


@lru_cache(maxsize=4096)
def _iso(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return ""


def _released(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text.strip())
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError) as error:
        raise UnexpectedShapeError(f"$.dateReleased: expected a timestamp (RFC 3339), found {excerpt(text)}") from error
