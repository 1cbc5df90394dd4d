"""The findings of two states of a project compared: new, existing, fixed.

A finding is in the base as well if it is about the same problem of the same package at the same places. Its line and
the package's version may differ: an upgrade that stays vulnerable brings nothing new. A further lock does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.risk.findings.render.rows import order
from ops.supply_chain.risk.gates.outcome import decide_outcome

NOT_EXAMINED = "not-examined"
"""The end of every code of something that was not examined."""

Places = Mapping[tuple[str, str], frozenset[str]]
"""The files of each (package, version) that a state locks."""


class StateFindings(msgspec.Struct, frozen=True, kw_only=True):
    """The findings of one state of a project, after waivers.

    `unread` are those about files that could not be read, as far as they may pin or declare packages. `objects` names
    the content of each file of the state. `places` has every file of a package that is locked.
    """

    findings: Sequence[Finding]
    unread: Sequence[Finding]
    objects: Mapping[str, str]
    places: Places


class ComparedFindings(msgspec.Struct, frozen=True, kw_only=True):
    """The findings of a change; each list is sorted, the most severe first, waived ones last.

    `unexamined` are those of `new` about what was not examined and no waiver accepts.
    """

    new: tuple[Finding, ...]
    existing: tuple[Finding, ...]
    fixed: tuple[Finding, ...]
    unexamined: tuple[Finding, ...]

    def outcome(self, fail_on: Severity) -> Outcome:
        """Return the outcome: new findings deny, what was not examined is no pass, existing findings decide nothing."""
        unexamined = set(self.unexamined)
        decided = [finding for finding in self.new if finding not in unexamined]
        return decide_outcome(decided, fail_on=fail_on, all_examined=not unexamined)


def compare_findings(
    before: StateFindings, after: StateFindings, *, renames: Mapping[str, str], own: Iterable[Finding] = ()
) -> ComparedFindings:
    """Compare the findings of a base with those of a change.

    Args:
        before: Those of the base.
        after: Those of the change.
        renames: Locks that the change renames: path in the base -> path in the change.
        own: Findings about the change itself, after waivers: all are new.
    """
    known = _Known(before, renames)
    unread_before = {(finding.code, renames.get(finding.path, finding.path)): finding for finding in before.unread}
    new: list[Finding] = list(own)
    existing: list[Finding] = []
    for finding in after.findings:
        (existing if known.has(finding, after) else new).append(finding)
    unexamined = [finding for finding in new if finding.code.endswith(NOT_EXAMINED) and not finding.waived_by]
    for finding in after.unread:
        earlier = unread_before.get((finding.code, finding.path))
        if earlier is not None and _same_content(earlier, before, finding, after):
            existing.append(finding)
        else:
            new.append(finding)
            unexamined.append(finding)
    later = _Known(after, {path: path for path in after.objects})
    fixed = [finding for finding in before.findings if finding.package and not later.resolves(finding)]
    return ComparedFindings(
        new=tuple(sorted(dict.fromkeys(new), key=order)),
        existing=tuple(sorted(dict.fromkeys(existing), key=order)),
        fixed=tuple(sorted(dict.fromkeys(fixed), key=order)),
        unexamined=tuple(sorted(dict.fromkeys(unexamined), key=order)),
    )


class _Known:
    """The findings of one state, to be found again in another."""

    def __init__(self, state: StateFindings, renames: Mapping[str, str]) -> None:
        self._renames = renames
        self._state = state
        self._by_problem: dict[tuple[str, str], list[Finding]] = {}
        for finding in state.findings:
            self._by_problem.setdefault(_problem(finding), []).append(finding)

    def has(self, finding: Finding, state: StateFindings) -> bool:
        """Return whether this state has a finding of another one at all of its places, waived as it is there."""
        alike = [other for other in self._by_problem.get(_problem(finding), ()) if _is_same(other, finding)]
        if not alike or (not finding.package and finding.code.endswith(NOT_EXAMINED) and not finding.path):
            return False  # what was not examined as a whole was not examined in the change either
        if not finding.waived_by and all(other.waived_by for other in alike):
            return False
        here = set().union(*(self._files(other) for other in alike))
        return _files(finding, state.places) <= here

    def resolves(self, finding: Finding) -> bool:
        """Return whether this state still has a finding of an earlier one, wherever it is."""
        return any(_is_same(other, finding) for other in self._by_problem.get(_problem(finding), ()))

    def _files(self, finding: Finding) -> Collection[str]:
        return {self._renames.get(path, path) for path in _files(finding, self._state.places)}


def _problem(finding: Finding) -> tuple[str, str]:
    return finding.code, finding.package


def _is_same(first: Finding, second: Finding) -> bool:
    """Return whether two findings of one code and package are about one problem."""
    if first.code.endswith(NOT_EXAMINED) and first.version != second.version:
        return False
    if first.aliases or second.aliases:
        return not set(first.aliases).isdisjoint(second.aliases)
    # Without a name of its own, a problem is what the message says; a lock's reader says it by the code and the place.
    return first.message == second.message or bool(first.package and first.path and second.path)


def _files(finding: Finding, places: Places) -> frozenset[str]:
    """Return the files of a finding; of a package that is locked, all that lock it where the finding names several."""
    if finding.package and (finding.places > 1 or not finding.path):
        found = places.get((finding.package, finding.version))
        if found:
            return found
    return frozenset({finding.path, *(place.rpartition(":")[0] for place in finding.also_at)} - {""})


def _same_content(earlier: Finding, before: StateFindings, finding: Finding, after: StateFindings) -> bool:
    content = after.objects.get(finding.path)
    return content is not None and before.objects.get(earlier.path) == content
