"""The examples of docs/configuration.md, one for each table, and the values of keys whose type does not list them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, get_args

import msgspec

from ops.supply_chain.contracts.config.file import Config
from ops.supply_chain.contracts.config.signing import SIGNABLE, SIGNABLE_GROUPS
from ops.supply_chain.contracts.values.finding import Severity
from ops.supply_chain.contracts.values.vex import Justification
from ops.supply_chain.core.start import TREE

EXAMPLES = TREE / "docs" / "configuration-examples.toml"
WHOLE_FILE = ""
"""The heading of the example for keys that are in no table."""

PROFILES = sorted(
    folder.name
    for folder in (TREE / "policy").iterdir()
    if folder.is_dir() and folder.name not in {"claims", "data", "lib", "suppliers"}
)
TEXT_VALUES: dict[str, tuple[str, ...]] = {
    "policy.profiles": tuple(PROFILES),
    "severity.severity": tuple(one for one in Severity if one not in {Severity.INFO, Severity.UNKNOWN}),
    "signing.identities.for": (*SIGNABLE_GROUPS, *SIGNABLE),
    "suppliers.identities.for": (*SIGNABLE_GROUPS, *SIGNABLE),
    "vex_authors.for": (*SIGNABLE_GROUPS, *SIGNABLE),
    "waivers.justification": tuple(Justification),
}
"""Key -> its values, where they are text in the type: a malformed entry becomes a finding, not a refusal to start."""

_HEADING = re.compile(r"^(\[\[?[a-z_.]+\]?\])$", re.MULTILINE)
_ALTERNATIVES = re.compile(r"\\A\((?P<values>[a-z0-9|-]+)\)\\Z")


@cache
def examples() -> dict[str, str]:
    """Return the examples: heading (`[locks]`, `[[waivers]]`) -> TOML, in the order of the file."""
    parts = _HEADING.split(EXAMPLES.read_text(encoding="utf-8"))
    plain = "\n".join(line for line in parts[0].splitlines() if not line.startswith("#"))
    found = {WHOLE_FILE: plain.strip() + "\n"}
    return found | {
        heading: f"{heading}\n{body.strip()}\n" for heading, body in zip(parts[1::2], parts[2::2], strict=True)
    }


def headings(kind: type[msgspec.Struct] = Config, prefix: str = "") -> Iterator[tuple[str, type[msgspec.Struct]]]:
    """Yield the heading of each table and of each kind of entry below one, with its type."""
    for field in msgspec.structs.fields(kind):
        name = f"{prefix}{field.encode_name}"
        for item, heading in [(field.type, f"[{name}]"), *((item, f"[[{name}]]") for item in members(field.type))]:
            if isinstance(item, type) and issubclass(item, msgspec.Struct):
                yield heading, item
                yield from headings(item, prefix=f"{name}.")


def members(kind: Any) -> Iterator[Any]:
    """Yield what a list or a union is made of, at any depth."""
    for item in get_args(kind):
        yield item
        yield from members(item)


def values_of(pattern: str) -> tuple[str, ...]:
    """Return the values that a pattern lists; empty if it is another."""
    found = _ALTERNATIVES.fullmatch(pattern)
    return tuple(found["values"].split("|")) if found else ()
