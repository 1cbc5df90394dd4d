"""Evaluate OSV version ranges in the order of PEP 440, with three answers: affected, not affected, unknown.

    func IncludedInRanges(v, ranges)
      for range in ranges
        if BeforeLimits(v, range)
          vulnerable = false
          for evt in sorted(range.events)
            if evt.introduced is present && v >= evt.introduced   vulnerable = true
            else if evt.fixed is present && v >= evt.fixed        vulnerable = false
            else if evt.last_affected is present && v > evt.last_affected   vulnerable = false
          if vulnerable   return true
    (OSV schema, "Evaluation", last_affected as in "Requirements")

Where the schema does not define the answer, it leans to "affected":

- events at one and the same version: fixed, then introduced, then last_affected, so that two ranges
  that touch (`fixed 2.0`, `introduced 2.0`) stay two ranges, whatever order the record lists them in;
- a range that never introduces begins at the first version;
- of several last affected versions in a row the last one ends the range, because it is affected itself;
- a pin with a local label (`2.6.0+cu124`) that a bound does not have still counts as that version for
  `last_affected` and for version lists, as PEP 440 has it for `<=` and `==`;
- a bound that PEP 440 cannot order, but that is a release number with a label (`2.6.0-NA`, `2.6.0-cu124`), is
  somewhere among the versions that begin with that number: for other versions the range decides, for these the answer
  is unknown;
- any other bound (a date, a commit, two versions in one text) can be anywhere: the answer is unknown for every version
  whose status depends on it, and so never "not affected".

Source: https://ossf.github.io/osv-schema/#evaluation, https://peps.python.org/pep-0440/
"""

from __future__ import annotations

import re
from enum import IntEnum
from functools import lru_cache
from itertools import zip_longest
from typing import NamedTuple

from packaging.version import Version

from ops.supply_chain.contracts.values.advisory import (
    Advisory,
    Event,
    EventKind,
    VersionRange,
    parse_version,
    version_key,
)

FIRST = Version("0.dev0")
"""No PEP 440 version is lower: the meaning of `introduced: "0"`."""

SECOND = Version("0.dev1")
"""The end of a range that may end immediately: after FIRST, where it may start."""

LAST = Version("999999999!0")
"""Later than every version: the end of a range whose bound cannot be ordered at all."""

BEYOND = ".999999999"
"""Appended to a release number: after every version that begins with it."""

UNLIMITED = "*"

_LABELLED = re.compile(
    r"\s*(?P<release>v?(?:\d+!)?\d+(?:\.\d+)+)[-_.+]?"
    r"(?!(?:to|through|thru|until|upto|up|and|or|before|after|prior)(?![a-z]))[a-z]+\d*(?:\\?\.\d+)?\s*",
    re.ASCII | re.IGNORECASE,
)
"""A release number of at least two parts and a label that begins with a letter. What begins with a digit is no label:
`2024-09-19` is a date, and `1.2-3.4` or `1.2-to-3.4` are two versions."""

_ORDER = {EventKind.FIXED: 0, EventKind.INTRODUCED: 1, EventKind.LAST_AFFECTED: 2}


class Decision(IntEnum):
    """The answer of one record; a higher one outweighs a lower one."""

    NO = 0
    UNKNOWN = 1
    YES = 2


class CheckedVersion(NamedTuple):
    """A version to check against ranges.

    `version` is None if it is not a PEP 440 version; `public` is the version without its local label; `keys` are the
    version keys that a list of affected versions may have for it.
    """

    version: Version | None
    public: Version | None
    keys: tuple[str, ...]


class _Bound(NamedTuple):
    bound: Version
    kind: EventKind


class _OrderedRange(NamedTuple):
    """A range whose bounds can all be ordered: `steps` sorted, `limits` empty if there is none."""

    steps: tuple[_Bound, ...]
    limits: tuple[Version, ...]


@lru_cache(maxsize=1 << 16)
def checked_version(version: str) -> CheckedVersion:
    """Prepare a version for checking.

    Args:
        version: As written in the lock.
    """
    parsed = parse_version(version)
    if parsed is None:
        return CheckedVersion(None, None, (version_key(version),))
    if parsed.local is None:
        return CheckedVersion(parsed, parsed, (version_key(version),))
    return CheckedVersion(parsed, Version(parsed.public), (version_key(version), version_key(parsed.public)))


def decide(advisory: Advisory, about: CheckedVersion) -> Decision:
    """Decide if a record includes a version.

    Returns:
        YES if the version is listed or in a range; UNKNOWN if the record has no versions, or if a bound or the
        version cannot be ordered and it is not listed; else NO.
    """
    if any(key in advisory.versions for key in about.keys):
        return Decision.YES
    least = Decision.UNKNOWN if advisory.silence else Decision.NO
    return max([least, *(_in_range(item, about) for item in advisory.ranges)])


def _in_range(item: VersionRange, about: CheckedVersion) -> Decision:
    if about.version is None or about.public is None:
        return Decision.YES if _covers_everything(item) else Decision.UNKNOWN
    narrow, wide = _lines(item)
    if _includes(narrow, about.version, about.public):
        return Decision.YES
    if wide is not narrow and _includes(wide, about.version, about.public):
        return Decision.UNKNOWN
    return Decision.NO


def _covers_everything(item: VersionRange) -> bool:
    """Return True for a range that needs no order: from the first version without an end."""
    return all(event.kind is EventKind.INTRODUCED for event in item.events) and any(
        event.version == "0" for event in item.events
    )


def _includes(line: _OrderedRange, version: Version, public: Version) -> bool:
    if line.limits and not any(version < limit for limit in line.limits):
        return False
    vulnerable = False
    for bound, kind in line.steps:
        if kind is EventKind.INTRODUCED:
            if version >= bound:
                vulnerable = True
        elif kind is EventKind.FIXED:
            if version >= bound:
                vulnerable = False
        elif (public if bound.local is None else version) > bound:
            vulnerable = False
    return vulnerable


@lru_cache(maxsize=1 << 16)
def _lines(item: VersionRange) -> tuple[_OrderedRange, _OrderedRange]:
    """Return the range as narrow and as wide as its bounds allow: the same object if all can be ordered."""
    if all(_bound(event, wide=True) == _bound(event, wide=False) for event in item.events):
        line = _line(item, wide=True)
        return line, line
    return _line(item, wide=False), _line(item, wide=True)


def _line(item: VersionRange, *, wide: bool) -> _OrderedRange:
    events = item.events
    if not any(event.kind is EventKind.INTRODUCED for event in events):
        events = (Event(EventKind.INTRODUCED, "0"), *events)
    steps = [_Bound(_bound(event, wide=wide), event.kind) for event in events if event.kind is not EventKind.LIMIT]
    steps.sort(key=lambda step: (step.bound, _ORDER[step.kind]))
    limits = [event for event in events if event.kind is EventKind.LIMIT]
    # "limit": "*" is infinity, and a version need only be before one of the limits.
    unlimited = any(event.version.strip() == UNLIMITED for event in limits)
    return _OrderedRange(
        tuple(step for step, following in zip_longest(steps, steps[1:]) if not _is_passed(step, following)),
        () if unlimited else tuple(_bound(event, wide=wide) for event in limits),
    )


def _is_passed(step: _Bound, following: _Bound | None) -> bool:
    """Return True for the last affected version before another one: the other one is affected, too."""
    return step.kind is EventKind.LAST_AFFECTED and following is not None and following.kind is EventKind.LAST_AFFECTED


def _bound(event: Event, *, wide: bool) -> Version:
    if event.kind is EventKind.INTRODUCED and event.version == "0":
        return FIRST
    parsed = parse_version(event.version)
    if parsed is not None:
        return parsed
    early = wide is (event.kind is EventKind.INTRODUCED)
    labelled = _LABELLED.fullmatch(event.version)
    if labelled is None:
        return LAST if not early else FIRST if event.kind is EventKind.INTRODUCED else SECOND
    return Version(labelled["release"] + (".dev0" if early else BEYOND))


def fixes(advisory: Advisory) -> list[Version]:
    """Return the fixed versions of a record, unsorted, only those that can be ordered."""
    found = (
        parse_version(event.version)
        for item in advisory.ranges
        for event in item.events
        if event.kind is EventKind.FIXED
    )
    return [version for version in found if version is not None]


def last_affected(advisory: Advisory) -> list[str]:
    """Return the last affected versions of a record as it writes them, in its order."""
    events = (event for item in advisory.ranges for event in item.events)
    return [event.version for event in events if event.kind is EventKind.LAST_AFFECTED]


def just_after(bound: str) -> Version | None:
    """Return a version after a last affected one and before every later release; None if it cannot be ordered."""
    version = parse_version(bound)
    labelled = None if version else _LABELLED.fullmatch(bound)
    if labelled is not None:
        return Version(labelled["release"] + BEYOND + BEYOND)
    if version is None:
        return None
    if version.is_prerelease:
        # Of 1.0rc1 the next versions are 1.0rc2 and 1.0: the first is not known to exist.
        return Version(version.base_version)
    return Version(f"{version.base_version}.post{BEYOND[1:]}")
