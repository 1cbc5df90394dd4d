"""The quick reading of an OSV record: what counts it and which packages of PyPI it is about, of records that are in order.

It is certain or silent. A record that it answers for is one that `read_record` can use, with the same answer; every other one is
left to `read_record`: another ecosystem, an unusual shape, an unusable record. It compares names as `read_record` does, after
decoding, so that no spelling hides a package.

Source: OSV schema 1.7.5, https://ossf.github.io/osv-schema/
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, NamedTuple

import msgspec

from ops.supply_chain.contracts.values.advisory import MALWARE_PREFIX, OsvRecord
from ops.supply_chain.core.names import normalise
from ops.supply_chain.formats.osv import IDENTIFIER, ORDERED_RANGES, check_schema, read_moment, read_plainly
from ops.supply_chain.formats.osv_targets import PACKAGE_NAME, NotUnderstoodError

MOST_VERSION_CHARACTERS = 200
"""A longer version may have a number that Python refuses to read, which makes the record unusable."""


class ScannedRecord(NamedTuple):
    """A usable record: its id, Unix seconds of its change, whether it is withdrawn, its packages (PEP 503, sorted), malware.

    `misspelt` are the spellings of the ecosystem that were read as PyPI.
    """

    id: str
    modified: int | None
    withdrawn: bool
    packages: tuple[str, ...]
    malware: bool
    misspelt: tuple[str, ...] = ()


class _Package(msgspec.Struct, gc=False):
    ecosystem: Literal["PyPI"]
    name: str


class _Event(msgspec.Struct, gc=False):
    introduced: str | None = None
    fixed: str | None = None
    last_affected: str | None = None
    limit: str | None = None


class _Range(msgspec.Struct, gc=False):
    type: str
    events: list[_Event] | None = None


class _Entry(msgspec.Struct, gc=False):
    package: _Package
    versions: list[Annotated[str, msgspec.Meta(max_length=MOST_VERSION_CHARACTERS)]] | None = None
    ranges: list[_Range] | None = None


class _Record(msgspec.Struct, gc=False):
    """The fields that decide whether a record can be used, with the types that the schema gives them."""

    id: str
    schema_version: str | None = None
    modified: Any = None
    withdrawn: Any = None
    aliases: Any = None
    affected: list[_Entry] | None = None


def scan_record(data: bytes) -> ScannedRecord | None:
    """Return what `summary_of(read_record(data))` is, or None where that is not certain.

    Args:
        data: The JSON text, from outside.
    """
    document = read_plainly(data)
    if document is None:
        return None
    try:
        record = msgspec.convert(document, _Record)
        check_schema(record.schema_version)
    except (msgspec.ValidationError, NotUnderstoodError):
        return None
    entries = record.affected or ()
    names = {entry.package.name for entry in entries}
    if not IDENTIFIER.fullmatch(record.id) or not all(map(PACKAGE_NAME.fullmatch, names)):
        return None
    for entry in entries:
        for item in entry.ranges or ():
            # Without an event that is known a record cannot be used.
            if item.type in ORDERED_RANGES and not (item.events and item.events[0].introduced is not None):
                return None
    return ScannedRecord(
        record.id,
        read_moment(record.modified),
        read_moment(record.withdrawn) is not None,
        tuple(sorted(set(map(normalise, names)))),
        bool(entries) and _is_malware(record),
    )


def summary_of(record: OsvRecord) -> ScannedRecord:
    """Return the same of a record that was read."""
    return ScannedRecord(
        record.id,
        record.modified,
        record.withdrawn,
        tuple(advisory.package for advisory in record.advisories),
        any(advisory.malware for advisory in record.advisories),
        record.misspelt,
    )


def _is_malware(record: _Record) -> bool:
    if record.id.startswith(MALWARE_PREFIX):
        return True
    listed = record.aliases if isinstance(record.aliases, list) else ()
    return any(
        isinstance(name, str) and name.startswith(MALWARE_PREFIX) and IDENTIFIER.fullmatch(name) for name in listed
    )
