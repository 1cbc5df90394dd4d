"""Evaluate OSV version ranges in the order of their ecosystem, with three answers: affected, not affected, unknown.

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
- a bound that PEP 440 cannot order (for packages of PyPI), but that is a release number with a label (`2.6.0-NA`, `2.6.0-cu124`), is
  somewhere among the versions that begin with that number: for other versions the range decides, for these the answer
  is unknown;
- any other bound (a date, a commit, two versions in one text) can be anywhere: the answer is unknown for every version
  whose status depends on it, and so never "not affected".

Source: https://ossf.github.io/osv-schema/#evaluation, https://peps.python.org/pep-0440/
"""

from __future__ import annotations

from enum import IntEnum
from functools import lru_cache
from itertools import zip_longest
from typing import NamedTuple

from ops.supply_chain.contracts.values.advisory import Advisory, Event, EventKind, VersionRange
from ops.supply_chain.risk.advisories.scales import PYPI_SCALE, CheckedVersion, Scale, VersionPlace

UNLIMITED = "*"

_ORDER = {EventKind.FIXED: 0, EventKind.INTRODUCED: 1, EventKind.LAST_AFFECTED: 2}


class Decision(IntEnum):
    """The answer of one record; a higher one outweighs a lower one."""

    NO = 0
    UNKNOWN = 1
    YES = 2


class _Bound(NamedTuple):
    bound: VersionPlace
    kind: EventKind


class _OrderedRange(NamedTuple):
    """A range whose bounds can all be ordered: `steps` sorted, `limits` empty if there is none."""

    steps: tuple[_Bound, ...]
    limits: tuple[VersionPlace, ...]


def decide(advisory: Advisory, about: CheckedVersion) -> Decision:
    """Decide if a record includes a version.

    Returns:
        YES if the version is listed or in a range; UNKNOWN if the record has no versions, or if a bound or the
        version cannot be ordered and it is not listed; else NO.
    """
    if about.scale.lists(advisory.versions, about):
        return Decision.YES
    found = Decision.UNKNOWN if advisory.silence else Decision.NO
    for item in advisory.ranges:
        found = max(found, _in_range(item, about))
    return found


def _in_range(item: VersionRange, about: CheckedVersion) -> Decision:
    if about.version is None or about.public is None:
        return Decision.YES if _covers_everything(item) else Decision.UNKNOWN
    narrow, wide = _lines(item, about.scale)
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


def _includes(line: _OrderedRange, version: VersionPlace, public: VersionPlace) -> bool:
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
def _lines(item: VersionRange, scale: Scale) -> tuple[_OrderedRange, _OrderedRange]:
    """Return the range as narrow and as wide as its bounds allow: the same object if all can be ordered."""
    if all(_bound(event, scale, wide=True) == _bound(event, scale, wide=False) for event in item.events):
        line = _line(item, scale, wide=True)
        return line, line
    return _line(item, scale, wide=False), _line(item, scale, wide=True)


def _line(item: VersionRange, scale: Scale, *, wide: bool) -> _OrderedRange:
    events = item.events
    if not any(event.kind is EventKind.INTRODUCED for event in events):
        events = (Event(EventKind.INTRODUCED, "0"), *events)
    steps = [
        _Bound(_bound(event, scale, wide=wide), event.kind) for event in events if event.kind is not EventKind.LIMIT
    ]
    steps.sort(key=lambda step: (step.bound, _ORDER[step.kind]))
    limits = [event for event in events if event.kind is EventKind.LIMIT]
    # "limit": "*" is infinity, and a version need only be before one of the limits.
    unlimited = any(event.version.strip() == UNLIMITED for event in limits)
    return _OrderedRange(
        tuple(step for step, following in zip_longest(steps, steps[1:]) if not _is_passed(step, following)),
        () if unlimited else tuple(_bound(event, scale, wide=wide) for event in limits),
    )


def _is_passed(step: _Bound, following: _Bound | None) -> bool:
    """Return True for the last affected version before another one: the other one is affected, too."""
    return step.kind is EventKind.LAST_AFFECTED and following is not None and following.kind is EventKind.LAST_AFFECTED


def _bound(event: Event, scale: Scale, *, wide: bool) -> VersionPlace:
    if event.kind is EventKind.INTRODUCED and event.version == "0":
        return scale.first
    parsed = scale.place(event.version)
    if parsed is not None:
        return parsed
    early = wide is (event.kind is EventKind.INTRODUCED)
    near = scale.near(event.version, early=early)
    if near is not None:
        return near
    return scale.last if not early else scale.first if event.kind is EventKind.INTRODUCED else scale.second


def fixes(advisory: Advisory, scale: Scale = PYPI_SCALE) -> list[VersionPlace]:
    """Return the fixed versions of a record, unsorted, only those that can be ordered."""
    found = (
        scale.place(event.version) for item in advisory.ranges for event in item.events if event.kind is EventKind.FIXED
    )
    return [version for version in found if version is not None]


def last_affected(advisory: Advisory) -> list[str]:
    """Return the last affected versions of a record as it writes them, in its order."""
    events = (event for item in advisory.ranges for event in item.events)
    return [event.version for event in events if event.kind is EventKind.LAST_AFFECTED]
