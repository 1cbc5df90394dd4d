"""Reads one OSV record: tolerant of what is new, never of what cannot be understood.

Unknown fields and nulls are passed over. What decides whether a version is affected must have the
type that the schema gives it, else the record is unusable and says so; severity, aliases and moments
are not worth that: a broken one is left out, which makes the severity unknown (counts as high), joins
fewer names, and leaves a withdrawal without effect: always towards more findings.

Only the ecosystem `PyPI` is read; other ecosystems of the same record are passed over. Another spelling of it is read
and named. An entry that may be about PyPI, by a purl or as `PyPI:<index>`, is `silent`: it does not say which versions
of the index are affected. A record that has a key twice is unusable, because readers disagree about its content.
GIT ranges say nothing of a version on an index and are passed over as well; an entry that has
nothing else is `silent`. So is one that has neither versions nor ranges, a range of an unknown type or an event of an
unknown kind, whatever the record's other entries are: what it adds to them is unknown.

Source: OSV schema 1.7.5, https://ossf.github.io/osv-schema/
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

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
SPELLINGS = frozenset({"pypi", "pip", "python"})
"""Other spellings of the ecosystem, without case: none of them is an ecosystem of the schema."""

_PYPI_PURL = re.compile(r"pkg:/*pypi/+", re.IGNORECASE | re.ASCII)
"""The start of a purl of PyPI: scheme and type have no case, and slashes after the scheme no meaning."""

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
UNKNOWN_RANGE = "it gives ranges of an unknown type"
UNKNOWN_EVENT = "it gives events of an unknown kind"


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


class _RepeatedKeyError(ValueError):
    """An object has a key twice."""


class _Target(NamedTuple):
    """What an `affected` entry is about: the normalised name, empty for another ecosystem.

    `spelling` is the ecosystem where it is not written `PyPI`, `doubt` why the entry does not decide anything.
    """

    package: str = ""
    spelling: str = ""
    doubt: str = ""


class _Found(NamedTuple):
    """A range as far as its versions are those of the index, and why it does not decide everything, or empty."""

    range: VersionRange | None
    doubt: str


_EVENT_KINDS = frozenset(EventKind)
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
        repeated = _repeated_key(data)
        if repeated is not None:
            reason = f"the key {repeated[:40]!r} occurs twice in one object"
            return UnusableRecord(where=where, id="", packages=_all_names(data), reason=reason)
        return _record(raw)
    except _NotUnderstoodError as error:
        name = raw.id if isinstance(raw.id, str) and _IDENTIFIER.fullmatch(raw.id) else ""
        return UnusableRecord(where=where, id=name, packages=_names(raw.affected), reason=str(error))


def _record(raw: _Raw) -> OsvRecord:
    _check_schema(raw.schema_version)
    if not isinstance(raw.id, str) or not _IDENTIFIER.fullmatch(raw.id):
        raise _NotUnderstoodError("id: not an identifier")
    by_package: dict[str, list[tuple[_Target, dict[str, Any]]]] = {}
    spellings: set[str] = set()
    for index, entry in enumerate(_list(raw.affected, "affected")):
        path = f"affected[{index}]"
        target = _target(_table(entry, path), path)
        if target.package:
            by_package.setdefault(target.package, []).append((target, entry))
        if target.spelling:
            spellings.add(target.spelling)
    return OsvRecord(
        id=raw.id,
        modified=_moment(raw.modified),
        withdrawn=_moment(raw.withdrawn) is not None,
        advisories=tuple(_advisory(raw, name, entries) for name, entries in sorted(by_package.items())),
        misspelt=tuple(sorted(spellings)),
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


def _target(entry: dict[str, Any], path: str) -> _Target:
    """Return what an entry is about."""
    package = _table(entry.get("package"), f"{path}.package")
    ecosystem, name, purl = package.get("ecosystem"), package.get("name"), package.get("purl")
    if not isinstance(ecosystem or "", str):
        raise _NotUnderstoodError(f"{path}.package.ecosystem: not text")
    spelling = "" if ecosystem in (ECOSYSTEM, None) else str(ecosystem)
    doubt = _doubt(str(ecosystem or ""), purl, named=bool(name))
    if not doubt and not _is_pypi(str(ecosystem or "")):
        return _Target()
    if doubt and not name and isinstance(purl, str):
        name = _PYPI_PURL.sub("", purl, count=1).split("@")[0].split("?")[0].split("#")[0]
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise _NotUnderstoodError(f"{path}.package.name: not a package name")
    return _Target(normalise(name), "" if doubt else spelling, doubt)


def _is_pypi(ecosystem: str) -> bool:
    return ecosystem.strip().casefold() in SPELLINGS


def _doubt(ecosystem: str, purl: object, *, named: bool) -> str:
    """Return why an entry that is not plainly about PyPI may be about it, or empty."""
    if ecosystem.strip().casefold().startswith(f"{ECOSYSTEM.casefold()}:"):
        return f"its ecosystem is {ecosystem[:80]!r}, which is another index than {ECOSYSTEM}, or all of them"
    if _is_pypi(ecosystem):
        return ""
    if isinstance(purl, str) and _PYPI_PURL.match(purl):
        return f"it names {purl[:80]!r}, but not the ecosystem {ECOSYSTEM}"
    return "it names a package without an ecosystem" if named and not ecosystem else ""


def _advisory(raw: _Raw, package: str, entries: list[tuple[_Target, dict[str, Any]]]) -> Advisory:
    versions: set[str] = set()
    ranges: list[VersionRange] = []
    claims = list(_claims(raw.severity))
    doubts = [target.doubt for target, _ in entries if target.doubt]
    for target, entry in entries:
        if target.doubt:
            claims.extend(_claims(entry.get("severity")))
            continue
        listed = list(_versions(entry))
        found = list(_ranges(entry))
        versions.update(listed)
        ranges += (item.range for item in found if item.range is not None)
        doubts += (item.doubt for item in found if item.doubt)
        if not listed and not found:
            doubts.append(NOTHING_SAID)
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
        silence=doubts[0] if doubts else "" if versions or ranges else GIT_ONLY,
    )


def _versions(entry: dict[str, Any]) -> Iterator[str]:
    for version in _list(entry.get("versions"), "affected[].versions"):
        if not isinstance(version, str):
            raise _NotUnderstoodError("affected[].versions: holds something that is not text")
        yield version_key(version)


def _ranges(entry: dict[str, Any]) -> Iterator[_Found]:
    """Yield each range of an entry."""
    for item in _list(entry.get("ranges"), "affected[].ranges"):
        table = _table(item, "affected[].ranges[]")
        kind = table.get("type")
        if not isinstance(kind, str):
            raise _NotUnderstoodError("affected[].ranges[].type: not text")
        if kind not in ORDERED_RANGES:
            yield _Found(None, "" if kind == "GIT" else UNKNOWN_RANGE)
            continue
        written = _list(table.get("events"), "affected[].ranges[].events")
        events = tuple(_events(written))
        if not events:
            raise _NotUnderstoodError("affected[].ranges[].events: holds no event that is known")
        unknown = any(_EVENT_KINDS.isdisjoint(event) for event in written)
        yield _Found(VersionRange(events), UNKNOWN_EVENT if unknown else "")


def _events(written: list[Any]) -> Iterator[Event]:
    for item in written:
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


def _repeated_key(data: bytes) -> str | None:
    """Return a key that an object of a document has twice, or None."""
    try:
        # Numbers stay text: none of them decides anything, and a long one is costly to read.
        json.loads(data, object_pairs_hook=_once, parse_int=str, parse_float=str)
    except _RepeatedKeyError as error:
        return str(error)
    except RecursionError:
        raise _NotUnderstoodError("it is nested too deeply") from None
    return None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        raise _RepeatedKeyError(next(key for key in keys if keys.count(key) > 1))
    return found


def _all_names(data: bytes) -> tuple[str, ...]:
    """Return every text that a record calls a name, in any copy of a repeated key; nothing where one is no package name."""
    found: set[Any] = set()

    def collect(pairs: list[tuple[str, Any]]) -> None:
        found.update(value if isinstance(value, str) else "" for key, value in pairs if key == "name")

    json.loads(data, object_pairs_hook=collect, parse_int=str, parse_float=str)
    good = all(_NAME.fullmatch(name) for name in found)
    return tuple(sorted(map(normalise, found))) if good else ()


def _names(affected: Any) -> tuple[str, ...]:
    """Salvage the package names of a record that cannot be understood; nothing where one is unreadable."""
    found: set[str] = set()
    for entry in affected if isinstance(affected, list) else ():
        package = entry.get("package") if isinstance(entry, dict) else None
        if not isinstance(package, dict):
            return ()
        if _is_elsewhere(package):
            continue
        name = package.get("name")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            return ()
        found.add(normalise(name))
    return tuple(sorted(found))


def _is_elsewhere(package: dict[str, Any]) -> bool:
    """Return True if a package is of another ecosystem for certain."""
    ecosystem = package.get("ecosystem")
    plain = isinstance(ecosystem, str) and bool(ecosystem) and not _is_pypi(ecosystem)
    return plain and not _doubt(str(ecosystem), package.get("purl"), named=True)


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
