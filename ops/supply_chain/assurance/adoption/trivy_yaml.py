"""A `.trivyignore.yaml`, as far as it concerns vulnerabilities: a reader of the few shapes that such files have.

A full YAML reader would be one more thing that reads hostile files. Here a line below `vulnerabilities:` that has
another shape than expected is told, and nothing is guessed.

Source: aquasecurity/trivy docs, "Filtering", "By Finding IDs" (`id`, `paths`, `purls`, `statement`, `expired_at`).
"""

from __future__ import annotations

import json
import re

from ops.supply_chain.assurance.adoption.model import IgnoredAdvisory, ImportedIgnores
from ops.supply_chain.assurance.adoption.pip_audit_flags import IDENTIFIER

_SECTION = re.compile(r"(?P<name>[A-Za-z_]+):[ \t]*(?P<rest>.*)")
_KEY = re.compile(r"(?P<dash>-[ \t]+)?(?P<key>id|statement|expired_at|paths|purls):(?:[ \t]+(?P<value>.*))?")
_ITEM = re.compile(r"-[ \t]+(?P<value>(?![{\[]|\w+:(?:\s|$)).+)")
_LISTS = ("paths", "purls")
_LAST = "the last key"
_ID = re.compile(IDENTIFIER)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_PURL = re.compile(r"pkg:pypi/(?P<name>[A-Za-z0-9._-]{1,200})")


def ignored_by_trivy_yaml(path: str, text: str) -> ImportedIgnores:
    """Read the `vulnerabilities` of a `.trivyignore.yaml`.

    Args:
        path: Of the file, for the entries.
        text: Its content.
    Returns:
        The entries that have an advisory id, and what could not be understood.
    """
    found: list[tuple[int, dict[str, str]]] = []
    notes: list[str] = []
    inside = False
    for number, line in enumerate(text.splitlines(), 1):
        said = _without_comment(line)
        section = _SECTION.fullmatch(said)
        if section:
            inside = section["name"] == "vulnerabilities"
            if inside and section["rest"].strip() not in ("", "[]"):
                notes.append(f"{path}:{number}: a list on one line was not understood and not imported")
        elif inside and said.strip() not in ("", "---") and not _take(said.strip(), number, found):
            notes.append(f"{path}:{number}: was not understood and not imported")
    entries = [_entry(f"{path}:{number}", item) for number, item in found if _ID.fullmatch(item.get("id", ""))]
    lost = [number for number, item in found if not _ID.fullmatch(item.get("id", ""))]
    notes += [f"{path}:{number}: has no advisory id and was not imported" for number in lost]
    return ImportedIgnores(entries=tuple(entries), notes=tuple(notes))


def _take(said: str, number: int, found: list[tuple[int, dict[str, str]]]) -> bool:
    """Put one line into the entry that it belongs to; False where it has no place."""
    key = _KEY.fullmatch(said)
    if key:
        if key["dash"]:
            found.append((number, {}))
        if not found:
            return False
        found[-1][1].update({key["key"]: _scalar(key["value"] or ""), _LAST: key["key"]})
        return True
    item = _ITEM.fullmatch(said)
    if not item or not found or found[-1][1].get(_LAST) not in _LISTS:
        return False
    purl = _PURL.match(_scalar(item["value"]))
    if purl:
        found[-1][1].setdefault("package", purl["name"])
    return True


def _entry(source: str, fields: dict[str, str]) -> IgnoredAdvisory:
    until = fields.get("expired_at", "")
    return IgnoredAdvisory(
        id=fields["id"],
        source=source,
        reason=fields.get("statement", ""),
        until=until[:10] if _DAY.match(until) else "",
        package=fields.get("package", ""),
    )


def _without_comment(line: str) -> str:
    if line.lstrip().startswith("#"):
        return ""
    return line.split(" #", 1)[0].rstrip()


def _scalar(text: str) -> str:
    text = text.strip()
    if text.startswith('"'):
        try:
            read = json.loads(text)
        except ValueError:
            return text.strip('"')
        return read if isinstance(read, str) else ""
    return text[1:-1].replace("''", "'") if len(text) > 1 and text[0] == text[-1] == "'" else text
