"""Advisories that other scanners ignore by configuration: osv-scanner, trivy, uv.

Source: https://google.github.io/osv-scanner/configuration/ (`[[IgnoredVulns]]`) ;
https://trivy.dev/docs/latest/configuration/filtering/ (`.trivyignore`, `.trivyignore.yaml`) ;
https://docs.astral.sh/uv/reference/settings/ (`audit.ignore`, `audit.ignore-until-fixed`)
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

from ops.supply_chain.assurance.adoption.model import IgnoredAdvisory, ImportedIgnores
from ops.supply_chain.assurance.adoption.pip_audit_flags import IDENTIFIER
from ops.supply_chain.assurance.adoption.trivy_yaml import ignored_by_trivy_yaml
from ops.supply_chain.core import plain_toml

_ID = re.compile(IDENTIFIER)
_TRIVY_LINE = re.compile(rf"(?P<id>{IDENTIFIER})(?:[ \t]+(?P<rest>.*))?")
_EXPIRES = re.compile(r"exp:(\d{4}-\d{2}-\d{2})")


def ignored_by_osv_scanner(path: str, text: str) -> ImportedIgnores:
    """Read an `osv-scanner.toml`."""
    table, notes = _toml(path, text)
    entries: list[IgnoredAdvisory] = []
    for number, entry in enumerate(_list(table.get("IgnoredVulns")), 1):
        name = entry.get("id") if isinstance(entry, dict) else None
        if not isinstance(name, str) or not _ID.fullmatch(name):
            notes.append(f"{path}: IgnoredVulns entry {number} has no advisory id and was not imported")
            continue
        entries.append(
            IgnoredAdvisory(
                id=name, source=path, reason=_text(entry.get("reason")), until=_day(entry.get("ignoreUntil"))
            )
        )
    overrides = len(_list(table.get("PackageOverrides")))
    if overrides:
        notes.append(f"{path}: PackageOverrides ({overrides}) not imported: a waiver covers one finding, not a package")
    return ImportedIgnores(entries=tuple(entries), notes=tuple(notes))


def ignored_by_trivy(path: str, text: str) -> ImportedIgnores:
    """Read a `.trivyignore`: one id per line, optionally with `exp:DATE`, and comments."""
    entries, notes = [], []
    for number, line in enumerate(text.splitlines(), 1):
        said = line.split("#", 1)[0].strip()
        match = _TRIVY_LINE.fullmatch(said)
        if match:
            expires = _EXPIRES.search(match["rest"] or "")
            entries.append(
                IgnoredAdvisory(id=match["id"], source=f"{path}:{number}", until=expires[1] if expires else "")
            )
        elif said:
            notes.append(f"{path}:{number}: not imported: not an advisory id")
    return ImportedIgnores(entries=tuple(entries), notes=tuple(notes))


def ignored_by_uv(path: str, text: str) -> ImportedIgnores:
    """Read `[tool.uv.audit]` of a `pyproject.toml`, or `[audit]` of a `uv.toml`."""
    table, notes = _toml(path, text)
    if path.rsplit("/", 1)[-1] == "pyproject.toml":
        table = _table(_table(table.get("tool")).get("uv"))
    audit = _table(table.get("audit"))
    entries = []
    for key, said in (("ignore", ""), ("ignore-until-fixed", "ignored until a fix is available")):
        for name in _list(audit.get(key)):
            if isinstance(name, str) and _ID.fullmatch(name):
                entries.append(IgnoredAdvisory(id=name, source=path, reason=said))
            else:
                notes.append(f"{path}: an entry of audit.{key} is not an advisory id and was not imported")
    return ImportedIgnores(entries=tuple(entries), notes=tuple(notes))


READERS = {
    "osv-scanner.toml": ignored_by_osv_scanner,
    ".trivyignore": ignored_by_trivy,
    ".trivyignore.yaml": ignored_by_trivy_yaml,
    ".trivyignore.yml": ignored_by_trivy_yaml,
    "pyproject.toml": ignored_by_uv,
    "uv.toml": ignored_by_uv,
}
"""File name, in any folder -> its reader."""


def _toml(path: str, text: str) -> tuple[dict[str, Any], list[str]]:
    try:
        return plain_toml.load(text), []
    except plain_toml.TomlError:
        return {}, [f"{path}: invalid TOML; its ignore list, if any, was not imported"]


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _day(value: object) -> str:
    if isinstance(value, datetime):
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date) else ""
