"""Names of added packages that can be taken for the name of a package that the project already has.

Compared are the names in the locks of the base, not a list of popular packages: a change that adds `reqeusts` to a
project with `requests` is seen, whatever is popular.

Source: https://peps.python.org/pep-0541/ (typosquatting); https://pypi.org/help/ (similar names)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.contracts.values.lock import Lock, LockEntry

SHORTEST = 4
"""Characters of a name from which one different character is no coincidence."""

_FOLDED = str.maketrans({"0": "o", "1": "l", "i": "l", "5": "s", "3": "e"})
_AFFIXES = ("python", "py")


def look_alike_findings(before: Sequence[Lock], after: Sequence[Lock]) -> list[Finding]:
    """Return a finding for each added package whose name looks like that of a package of the base.

    Args:
        before: The locks of the base.
        after: The locks of the change.
    Returns:
        One for each package, at its first line, sorted by package.
    """
    known = {entry.pin.name for lock in before for entry in lock.entries}
    added: dict[str, LockEntry] = {}
    for lock in after:
        for entry in lock.entries:
            if entry.pin.name not in known and not entry.pin.local:
                added.setdefault(entry.pin.name, entry)
    found = []
    for name, entry in sorted(added.items()):
        alike = sorted(other for other in known if looks_like(name, other))
        if alike:
            found.append(_finding(entry, alike))
    return found


def looks_like(name: str, other: str) -> bool:
    """Return whether one PEP 503 name can be taken for another: symmetric, and not true of a name itself.

    One character is added, left out or replaced, two neighbours are exchanged, characters are of one shape, words are
    joined or in another order, or `python` or `py` is added.
    """
    if name == other:
        return False
    if _words(name) == _words(other) or _shape(name) == _shape(other):
        return True
    return min(len(name), len(other)) >= SHORTEST and _is_one_edit(_joined(name), _joined(other))


def _joined(name: str) -> str:
    return name.replace("-", "")


def _shape(name: str) -> str:
    return _joined(name).replace("rn", "m").replace("vv", "w").translate(_FOLDED)


def _words(name: str) -> list[str]:
    words = [word for word in name.split("-") if word not in _AFFIXES]
    return sorted(words) or [name]


def _is_one_edit(first: str, second: str) -> bool:
    """Return whether one insertion, deletion, replacement or exchange of neighbours makes one text the other."""
    if abs(len(first) - len(second)) > 1:
        return False
    shorter, longer = sorted((first, second), key=len)
    start = next((place for place, pair in enumerate(_pairs(shorter, longer)) if pair[0] != pair[1]), len(shorter))
    if len(shorter) != len(longer):
        return shorter[start:] == longer[start + 1 :]
    rest, other = shorter[start:], longer[start:]
    return rest[1:] == other[1:] or (rest[:2] == other[1::-1] and rest[2:] == other[2:])


def _pairs(first: str, second: str) -> Iterable[tuple[str, str]]:
    return zip(first, second, strict=False)


def _finding(entry: LockEntry, alike: Sequence[str]) -> Finding:
    name = entry.pin.name
    return Finding(
        code="change.look-alike",
        severity=Severity.MEDIUM,
        message=f"the change adds {name}, whose name looks like {', '.join(alike)}, which the project already has",
        next_step=f"Check on the index that {name} is the package that is meant, and who publishes it.",
        package=name,
        version=entry.pin.version,
        path=entry.path,
        line=entry.line,
    )
