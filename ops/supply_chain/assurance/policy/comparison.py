"""Compare a policy with the built-in one: what is removed, changed or loosened makes the release gate weaker.

The comparison is by structure. A table that is replaced by an equal or a stricter one is not weaker; a change whose
direction is not known is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

import msgspec

from ops.supply_chain.assurance.policy.settings import NOTHING, value_text
from ops.supply_chain.contracts.files.verdict import Weakening

ABSENT = "absent"
BUILT_IN = "built-in"
ROOT = "sealwright."

Weaker = Callable[[Any, Any], bool]


class PolicyContents(msgspec.Struct, frozen=True, kw_only=True):
    """A policy as it is compared.

    `profiles` are those that are evaluated, `modules` maps the package of each of their rules and libraries to the
    SHA-256 of its text, `tables` are the data that rules see.
    """

    profiles: tuple[str, ...]
    modules: dict[str, str]
    tables: dict[str, Any]


def weakened_policy(built_in: PolicyContents, used: PolicyContents) -> list[Weakening]:
    """Compare the policy that is used with the built-in one.

    Args:
        built_in: The built-in policy, with the profiles that a release has to pass.
        used: The policy that is evaluated.
    Returns:
        What makes it weaker, sorted by setting.
    """
    found = [*_profiles(built_in, used), *_modules(built_in, used), *_tables(built_in.tables, used.tables)]
    return sorted(found, key=lambda weakening: weakening.setting)


def _profiles(built_in: PolicyContents, used: PolicyContents) -> Iterator[Weakening]:
    if not set(built_in.profiles) <= set(used.profiles):
        yield Weakening(
            setting="policy.profiles", default=value_text(built_in.profiles), value=value_text(used.profiles)
        )


def _modules(built_in: PolicyContents, used: PolicyContents) -> Iterator[Weakening]:
    left_out = [f"{ROOT}{name.replace('-', '_')}." for name in built_in.profiles if name not in used.profiles]
    for package, sha256 in built_in.modules.items():
        now = used.modules.get(package, "")
        if now != sha256 and not any(package.startswith(profile) for profile in left_out):
            changed = f"changed to sha256:{now}" if now else "removed"
            yield Weakening(setting=f"policy.rules.{package.removeprefix(ROOT)}", default=BUILT_IN, value=changed)


def _tables(built_in: Mapping[str, Any], used: Mapping[str, Any]) -> Iterator[Weakening]:
    for name, default in built_in.items():
        table = used.get(name)
        if not isinstance(default, dict) or not isinstance(table, dict):
            if table != default or type(table) is not type(default):
                yield _weakening(name, default, table)
            continue
        for key in sorted(default.keys() | table.keys()):
            path, before, after = f"{name}.{key}", default.get(key, ABSENT), table.get(key, ABSENT)
            if not _same(before, after) and _is_weaker(path, before, after, default=default, table=table):
                yield _weakening(path, before, after)


def _weakening(path: str, before: object, after: object) -> Weakening:
    return Weakening(setting=f"policy.data.{path}", default=_shown(before), value=_shown(after))


def _shown(value: object) -> str:
    if value is None:
        return ABSENT
    members = _members(value)
    if members is None:
        return value_text(value)
    return ", ".join(sorted(members)) or NOTHING


def _same(before: object, after: object) -> bool:
    """Return whether two values are equal as JSON: `true` is not 1."""
    return msgspec.json.encode(before, order="sorted") == msgspec.json.encode(after, order="sorted")


def _members(value: object) -> frozenset[str] | None:
    """Return the members of a list of texts, or of a table whose members have a value other than false.

    None where it is neither: its meaning to a rule is unknown.
    """
    if isinstance(value, list):
        return frozenset(value) if all(isinstance(entry, str) for entry in value) else None
    if isinstance(value, dict):
        return frozenset(key for key, inner in value.items() if inner is not False)
    return None


def _fewer(before: Any, after: Any) -> bool:
    """Each member demands something."""
    return _compared(before, after, lambda old, new: not old <= new)


def _more(before: Any, after: Any) -> bool:
    """Each member permits something."""
    return _compared(before, after, lambda old, new: not new <= old)


def _compared(before: Any, after: Any, is_weaker: Callable[[frozenset[str], frozenset[str]], bool]) -> bool:
    old, new = _members(before), _members(after)
    if old is None or new is None or type(before) is not type(after):
        return True
    return is_weaker(old, new)


def _higher(before: Any, after: Any) -> bool:
    """A limit that permits what is below it."""
    numbers = all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in (before, after))
    return not numbers or after > before


def _allows(before: Any, after: Any) -> bool:
    """The built-in value is the weakest; any other that a rule does not know is denied by it."""
    return not isinstance(after, str) or after == before


_MEMBERS: dict[str, Weaker] = {
    "exploitation.codes": _fewer,
    "exploitation.epss_below": _higher,
    "exploitation.waived": _allows,
    "hashes.strong": _more,
    "provenance.later_stages": _more,
    "provenance.predicate_types": _more,
    "provenance.statement_types": _more,
    "release.blocking_severities": _fewer,
    "release.counted_stages": _fewer,
    "release.required_stages": _fewer,
    "release.severities": _more,
}
"""Path of a table's key -> how it compares; another one is weaker whatever its change."""

_UNKNOWN_LICENCES = ("report", "not-examined", "deny")
"""Values of `licences.on_unknown`, the weakest first."""


def _is_weaker(path: str, before: Any, after: Any, *, default: Mapping[str, Any], table: Mapping[str, Any]) -> bool:
    if path == "licences.on_unknown" and before in _UNKNOWN_LICENCES and after in _UNKNOWN_LICENCES:
        return _UNKNOWN_LICENCES.index(after) < _UNKNOWN_LICENCES.index(before)
    if path in ("licences.allow", "licences.allow_also", "licences.deny"):
        old, new = (_members(value) if isinstance(value, list) else None for value in (before, after))
        if old is None or new is None:
            return True
        if path == "licences.allow_also":
            return _adds_refused(old, new, default)
        return _allows_more(old, new, default) if path == "licences.allow" else _denies_less(old, new, table)
    return _MEMBERS.get(path, lambda *_: True)(before, after)


def _allows_more(old: Collection[str], new: Collection[str], default: Mapping[str, Any]) -> bool:
    """Return whether an allow list permits what the old one did not.

    An entry that names an exception permits it although a wider entry denies its licence.
    """
    denied = _members(default.get("deny")) or frozenset()
    return any(
        not _is_covered(entry, old) or (_has_exception(entry) and any(_overlap(entry, deny) for deny in denied))
        for entry in new
        if entry not in old
    )


def _adds_refused(old: Collection[str], new: Iterable[str], default: Mapping[str, Any]) -> bool:
    """Return whether an added licence is one that the lists refused: denied, or not allowed."""
    allowed, denied = (_members(default.get(key)) for key in ("allow", "deny"))
    if allowed is None or denied is None:
        return True
    return any(
        not _is_covered(entry, allowed) or any(_overlap(entry, deny) for deny in denied)
        for entry in new
        if entry not in old
    )


def _denies_less(old: Iterable[str], new: Collection[str], table: Mapping[str, Any]) -> bool:
    """Return whether a deny list no longer denies what the old one did, and the allow list permits it.

    An entry that names an exception denies it although the allow list names it; a wider one does not.
    """
    allowed = _members(table.get("allow"))
    if allowed is None:
        return True
    return any(
        not _is_covered(entry, () if _has_exception(entry) else new)
        and any(_overlap(entry, permitted) for permitted in allowed)
        for entry in old
        if entry not in new
    )


def _has_exception(entry: str) -> bool:
    return " with " in entry.lower()


def _is_covered(entry: str, patterns: Iterable[str]) -> bool:
    return any(_matches(entry, pattern) for pattern in patterns)


def _matches(entry: str, pattern: str) -> bool:
    """Return whether a pattern matches an entry, which may be a pattern: only `*` is read, all else has to be equal."""
    if any(character in pattern for character in "?[]{}!\\"):
        return entry.lower() == pattern.lower()
    return fnmatchcase(entry.lower(), pattern.lower())


def _overlap(one: str, other: str) -> bool:
    """Return whether two patterns may match the same text; if in doubt, they do."""
    heads = [text.lower().partition("*")[0] for text in (one, other)]
    if any(character in one + other for character in "?[]{}!\\"):
        return True
    return heads[0].startswith(heads[1]) or heads[1].startswith(heads[0])
