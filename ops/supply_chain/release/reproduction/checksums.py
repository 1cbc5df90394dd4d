"""Compares two checksums files: a line with another digest follows from the file that it names, or is a difference."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from ops.supply_chain.contracts.files.reproduction import ComparedField
from ops.supply_chain.core.text import excerpt
from ops.supply_chain.release.reproduction.json_fields import ABSENT


def differing_lines(released: bytes, rebuilt: bytes, digests: Collection[tuple[str, str]]) -> Iterator[ComparedField]:
    """Yield the lines that are not the same and do not follow from a file that is compared by itself.

    Args:
        released: The bytes in the release.
        rebuilt: The bytes of the second run.
        digests: SHA-256 of released and rebuilt bytes of the files of both.
    """
    mine, other = _lines(released), _lines(rebuilt)
    for name in sorted({*mine, *other}):
        first, second = mine.get(name, ABSENT), other.get(name, ABSENT)
        if first != second and (first, second) not in digests:
            yield ComparedField(
                member="",
                field=f"line of {excerpt(name)}",
                released=excerpt(first),
                rebuilt=excerpt(second),
                why="it does not follow from the file of that name" if name in mine and name in other else "",
            )
    if [*mine] != [*other] and {*mine} == {*other}:
        yield ComparedField(member="", field="order", released=excerpt([*mine]), rebuilt=excerpt([*other]))
    elif _form(released, mine) != _form(rebuilt, other):
        yield ComparedField(
            member="",
            field="form",
            released=_form(released, mine),
            rebuilt=_form(rebuilt, other),
            why="other white space",
        )


def _lines(data: bytes) -> dict[str, str]:
    """Return name -> digest, and a malformed line as a name without one."""
    found = {}
    for line in data.decode("utf-8", "replace").splitlines():
        digest, mark, name = line.partition("  ")
        found[name if mark else line] = digest if mark else ""
    return found


def _form(data: bytes, lines: dict[str, str]) -> str:
    written = "".join(f"{digest}  {name}\n" for name, digest in lines.items()).encode()
    return "one line for each file" if data == written else "other bytes"
