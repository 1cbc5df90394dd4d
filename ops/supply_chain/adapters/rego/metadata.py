"""The `# METADATA` comment above a rule's package: title, description, how to fix it.

A strict part of YAML that `opa inspect -a` reads the same way: keys with plain values on one line, or
folded blocks (`>-`), and one level of nesting under `custom`.

    # METADATA
    # title: Every component has a name
    # description: >-
    #   What it means.
    # custom:
    #   fix: What to do.
    #   unknown: allowed
    package sealwright.base.names

`custom.effective_on`, an RFC 3339 date (`2027-01-15`), is the day from which the rule denies; before it, the
rule warns.

A rule that is a claim also has under `custom` the sentence that is true where it does not hold (`otherwise`),
the words for its evidence (`evidence`) and those for the values that a document may show with it (`facts`).

Source: https://www.openpolicyagent.org/docs/policy-language#annotations
"""

from __future__ import annotations

import re
from datetime import date

import msgspec

from ops.supply_chain.core.errors import InputError

_HEAD = "# METADATA"
_TOP = frozenset({"title", "description", "custom"})
_MORE = frozenset({"evidence", "facts", "otherwise"})
_CUSTOM = frozenset({"effective_on", "fix", "unknown"}) | _MORE
_LINE = re.compile(r"(?P<indent> *)(?P<key>[a-z_]+):(?: (?P<value>.*))?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PACKAGE = re.compile(r"package (?P<path>[a-z0-9_]+(?:\.[a-z0-9_]+)*)[ \t]*")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x85\u2028\u2029]")
"""Characters that one program takes for the end of a line, or of a text, and another does not."""
_NOT_PLAIN = re.compile(r"[\"'\[\]{}*&!%@`#|>,?-]|.*(?:: | #|:$)")


class RuleMetadata(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule states about itself. `may_be_unknown` lets it yield `unknown` entries.

    `effective_on` is the first day, in UTC, on which it denies; None where it always does. `more` are `evidence`, `facts` and `otherwise`, those that are there.
    """

    title: str
    description: str
    fix: str
    may_be_unknown: bool = False
    effective_on: date | None = None
    more: dict[str, str] = {}


def package_of(source: str, *, where: str) -> str:
    """Return the package that a Rego file declares: in its first line that is neither empty nor a comment.

    A line further down could be part of a text, and the engine would use another package than the one found there.

    Raises:
        InputError: None, or not of lower-case words joined by dots, or the file has a control character.
    """
    source = source.replace("\r\n", "\n")
    control = _CONTROL.search(source)
    if control is not None:
        line = source.count("\n", 0, control.start()) + 1
        raise InputError(f"{where}:{line}: expected no control character, found {control[0]!r}")
    lines = (line for line in source.split("\n") if line.strip() and not line.lstrip().startswith("#"))
    found = _PACKAGE.fullmatch(next(lines, ""))
    if found is None:
        raise InputError(f"{where}: the first statement is not 'package <words joined by dots>' in lower case")
    return found["path"]


def metadata_of(source: str, *, where: str) -> RuleMetadata:
    """Read the metadata above a rule's package.

    Args:
        source: The file's text.
        where: What to call it in an error.
    Raises:
        InputError: There is none, a field is missing or unknown, or a line is not of the form above.
    """
    fields = _fields(_comment(source, where), where)
    for key in ("title", "description", "custom.fix"):
        if not fields.get(key):
            raise InputError(f"{where}: the metadata has no {key}", hint="See policy/README.md for the form of a rule.")
    unknown = fields.get("custom.unknown", "")
    if unknown not in ("", "allowed"):
        raise InputError(f"{where}: custom.unknown is {unknown!r}, expected 'allowed' or nothing")
    return RuleMetadata(
        title=fields["title"],
        description=fields["description"],
        fix=fields["custom.fix"],
        may_be_unknown=bool(unknown),
        effective_on=_effective_on(fields, where),
        more={key: fields[f"custom.{key}"] for key in sorted(_MORE) if fields.get(f"custom.{key}")},
    )


def _effective_on(fields: dict[str, str], where: str) -> date | None:
    text = fields.get("custom.effective_on")
    if text is None:
        return None
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise InputError(
        f"{where}: custom.effective_on is {text!r}, expected a date such as 2027-01-15 (RFC 3339, full-date)",
        hint="Correct the date, or remove the field: the rule then denies at once.",
    )


def _comment(source: str, where: str) -> list[tuple[int, str]]:
    lines = source.splitlines()
    if _HEAD not in lines:
        raise InputError(
            f"{where}: no '{_HEAD}' comment above its package", hint="See policy/README.md for the form of a rule."
        )
    first = lines.index(_HEAD) + 1
    found: list[tuple[int, str]] = []
    for number, line in enumerate(lines[first:], start=first + 1):
        if not line.startswith("# "):
            if not line.startswith("package "):
                raise InputError(f"{where}:{number}: expected the package right below its metadata, found {line!r}")
            return found
        found.append((number, line[2:]))
    raise InputError(f"{where}: the metadata has no package below it")


def _fields(lines: list[tuple[int, str]], where: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    parent, folded, folded_indent = "", "", 0
    for number, line in lines:
        indent = len(line) - len(line.lstrip(" "))
        if folded and indent > folded_indent:
            fields[folded] = f"{fields[folded]} {line.strip()}".strip()
            continue
        folded = ""
        key, value = _pair(line, parent if indent else "", f"{where}:{number}")
        if key in fields:
            raise InputError(f"{where}:{number}: {key} is given twice")
        if not indent:
            parent = key
        if value == ">-":
            folded, folded_indent, value = key, indent, ""
        fields[key] = value
    return fields


def _pair(line: str, parent: str, where: str) -> tuple[str, str]:
    match = _LINE.fullmatch(line)
    if match is None or len(match["indent"]) not in ((2,) if parent else (0,)):
        raise InputError(f"{where}: expected 'key: value' in the metadata, found {line!r}")
    key, value = match["key"], (match["value"] or "").strip()
    if key not in (_CUSTOM if parent else _TOP) or parent not in ("", "custom"):
        raise InputError(f"{where}: unknown metadata field {key!r}")
    if value != ">-" and _NOT_PLAIN.match(value):
        raise InputError(f"{where}: write the value of {key!r} as a folded block ('{key}: >-', then indented lines)")
    return (f"{parent}.{key}" if parent else key), value
