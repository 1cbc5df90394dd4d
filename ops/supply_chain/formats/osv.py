"""Reads one OSV record: tolerant of what is new, never of what cannot be understood.

Unknown fields and nulls are passed over. What decides whether a version is affected must have the
type that the schema gives it, else the record is unusable and says so; severity, aliases and moments
are not worth that: a broken one is left out, which makes the severity unknown (counts as high), joins
fewer names, and leaves a withdrawal without effect: always towards more findings.

Only the ecosystem `PyPI`, spelt exactly so, is read; other ecosystems of the same record are passed
over. GIT ranges say nothing of a version on an index and are passed over as well; an entry that has
nothing else is `silent`.

Source: OSV schema 1.7.5, https://ossf.github.io/osv-schema/
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from ops.supply_chain.contracts.values.advisory import (
    GITHUB_PREFIX,
    LABEL_KIND,
    Advisory,
    Event,
    EventKind,
    OsvRecord,
    SeverityClaim,
    UnusableRecord,
    VersionRange,
    version_key,
)
from ops.supply_chain.core.names import normalise

ECOSYSTEM = "PyPI"
SUPPORTED_MAJOR = "1"
SUMMARY_CHARACTERS = 200
ORDERED_RANGES = frozenset({"ECOSYSTEM", "SEMVER"})
"""PyPI uses ECOSYSTEM; SEMVER is read by the same order, because the versions are the index's."""

# Ids come from outside and go into file names, URLs and logs: no space, no control character, no slash.
_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:+-]{0,127}")
_SCHEMA_VERSION = re.compile(r"(?P<major>\d+)(?:\.\d+)*(?:[-+].*)?")
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_SPACE = re.compile(r"\s+")

GIT_ONLY = "it gives commits of a repository only, no versions"
NOTHING_SAID = "it gives neither versions nor ranges"
UNKNOWN_RANGE = "it gives ranges of an unknown type only"


class _Raw(msgspec.Struct):
    """The fields that are read; everything else is skipped without being built."""

    id: Any = None
    schema_version: Any = None
    modified: Any = None
    published: Any = None
    withdrawn: Any = None
    aliases: Any = None
    summary: Any = None
    details: Any = None
    severity: Any = None
    affected: Any = None
    database_specific: Any = None


class _NotUnderstoodError(Exception):
    """A field that decides has the wrong shape; the text has its JSON path."""


_DECODER = msgspec.json.Decoder(_Raw)


def read_record(data: bytes, *, where: str) -> OsvRecord | UnusableRecord:
    """Read one record.

    Args:
        data: The JSON text, from outside.
        where: What to call it in a report, for example its name in the snapshot.
    Returns:
        The record, or why it cannot be used. Never raises for any bytes.
    """
    try:
        raw = _DECODER.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return UnusableRecord(where=where, id="", packages=(), reason=f"not a JSON object: {error}")
    try:
        return _record(raw)
    except _NotUnderstoodError as error:
        name = raw.id if isinstance(raw.id, str) and _IDENTIFIER.fullmatch(raw.id) else ""
        return UnusableRecord(where=where, id=name, packages=_names(raw.affected), reason=str(error))


def _record(raw: _Raw) -> OsvRecord:
    _check_schema(raw.schema_version)
    if not isinstance(raw.id, str) or not _IDENTIFIER.fullmatch(raw.id):
        raise _NotUnderstoodError("id: not an identifier")
    by_package: dict[str, list[dict[str, Any]]] = {}
    for index, entry in enumerate(_list(raw.affected, "affected")):
        path = f"affected[{index}]"
        package = _package(_table(entry, path), path)
        if package:
            by_package.setdefault(package, []).append(entry)
    return OsvRecord(
        id=raw.id,
        modified=_moment(raw.modified),
        withdrawn=_moment(raw.withdrawn) is not None,
        advisories=tuple(_advisory(raw, name, entries) for name, entries in sorted(by_package.items())),
    )


def _check_schema(version: Any) -> None:
    """Refuse an unknown major version; absent means 1.0.0 ("Implementations should treat the absence …")."""
    if version is None:
        return
    found = _SCHEMA_VERSION.fullmatch(version) if isinstance(version, str) else None
    if found is None:
        raise _NotUnderstoodError("schema_version: not a version")
    if found["major"] != SUPPORTED_MAJOR:
        raise _NotUnderstoodError(f"schema_version: {found['major']} is not known, expected {SUPPORTED_MAJOR}.x")


def _package(entry: dict[str, Any], path: str) -> str:
    """Return the normalised PyPI name that an entry is about, or nothing where it is about something else."""
    package = _table(entry.get("package"), f"{path}.package")
    if package.get("ecosystem") != ECOSYSTEM:
        if not isinstance(package.get("ecosystem") or "", str):
            raise _NotUnderstoodError(f"{path}.package.ecosystem: not text")
        return ""
    name = package.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise _NotUnderstoodError(f"{path}.package.name: not a package name")
    return normalise(name)


def _advisory(raw: _Raw, package: str, entries: list[dict[str, Any]]) -> Advisory:
    versions: set[str] = set()
    ranges: list[VersionRange] = []
    types: set[str] = set()
    claims = list(_claims(raw.severity))
    for entry in entries:
        versions.update(_versions(entry))
        for kind, found in _ranges(entry):
            types.add(kind)
            if found is not None:
                ranges.append(found)
        claims.extend(_claims(entry.get("severity")))
    return Advisory(
        id=raw.id,
        package=package,
        aliases=_aliases(raw),
        modified=_moment(raw.modified),
        published=_moment(raw.published),
        withdrawn=_moment(raw.withdrawn),
        versions=tuple(sorted(versions)),
        ranges=tuple(dict.fromkeys(ranges)),
        severity=tuple(dict.fromkeys([*_label(raw), *claims])),
        summary=_summary(raw),
        silence="" if versions or ranges else _silence(types),
    )


def _silence(types: set[str]) -> str:
    if not types:
        return NOTHING_SAID
    return GIT_ONLY if types == {"GIT"} else UNKNOWN_RANGE


def _versions(entry: dict[str, Any]) -> Iterator[str]:
    for version in _list(entry.get("versions"), "affected[].versions"):
        if not isinstance(version, str):
            raise _NotUnderstoodError("affected[].versions: holds something that is not text")
        yield version_key(version)


def _ranges(entry: dict[str, Any]) -> Iterator[tuple[str, VersionRange | None]]:
    """Yield each range's type, with the range where its versions are those of the index."""
    for item in _list(entry.get("ranges"), "affected[].ranges"):
        table = _table(item, "affected[].ranges[]")
        kind = table.get("type")
        if not isinstance(kind, str):
            raise _NotUnderstoodError("affected[].ranges[].type: not text")
        if kind not in ORDERED_RANGES:
            yield kind, None
            continue
        events = tuple(_events(table))
        if not events:
            raise _NotUnderstoodError("affected[].ranges[].events: holds no event that is known")
        yield kind, VersionRange(events)


def _events(table: dict[str, Any]) -> Iterator[Event]:
    for item in _list(table.get("events"), "affected[].ranges[].events"):
        event = _table(item, "affected[].ranges[].events[]")
        for kind in EventKind:
            version = event.get(kind.value)
            if version is None:
                continue
            if not isinstance(version, str):
                raise _NotUnderstoodError(f"affected[].ranges[].events[].{kind}: not text")
            yield Event(kind, version)


def _label(raw: _Raw) -> Iterator[SeverityClaim]:
    """Yield GitHub's own label; only a GHSA record speaks for GitHub."""
    extra = raw.database_specific
    label = extra.get("severity") if isinstance(extra, dict) else None
    if raw.id.startswith(GITHUB_PREFIX) and isinstance(label, str):
        yield SeverityClaim(LABEL_KIND, label.upper())


def _claims(listed: Any) -> Iterator[SeverityClaim]:
    for item in listed if isinstance(listed, list) else ():
        kind, score = (item.get("type"), item.get("score")) if isinstance(item, dict) else (None, None)
        if isinstance(kind, str) and isinstance(score, str):
            yield SeverityClaim(kind, score)


def _aliases(raw: _Raw) -> tuple[str, ...]:
    listed = raw.aliases if isinstance(raw.aliases, list) else ()
    good = {name for name in listed if isinstance(name, str) and _IDENTIFIER.fullmatch(name)}
    return tuple(sorted(good - {raw.id}))


def _summary(raw: _Raw) -> str:
    for text in (raw.summary, raw.details):
        if isinstance(text, str) and text.strip():
            line = _SPACE.sub(" ", text[: SUMMARY_CHARACTERS * 2]).strip()
            return line if len(line) <= SUMMARY_CHARACTERS else line[: SUMMARY_CHARACTERS - 1].rstrip() + "…"
    return ""


def _moment(text: Any) -> int | None:
    """Read a moment, None where it is none: the schema demands UTC, so a missing zone is UTC."""
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return int(aware.timestamp())
    except (ValueError, OverflowError):
        return None


def _names(affected: Any) -> tuple[str, ...]:
    """Salvage the package names of a record that cannot be understood; nothing where one is unreadable."""
    found: set[str] = set()
    for entry in affected if isinstance(affected, list) else ():
        package = entry.get("package") if isinstance(entry, dict) else None
        if not isinstance(package, dict):
            return ()
        if package.get("ecosystem") not in (ECOSYSTEM, None) and isinstance(package.get("ecosystem"), str):
            continue
        name = package.get("name")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            return ()
        found.add(normalise(name))
    return tuple(sorted(found))


def _list(value: Any, path: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise _NotUnderstoodError(f"{path}: not a list")
    return value


def _table(value: Any, path: str) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise _NotUnderstoodError(f"{path}: not an object")
    return value
