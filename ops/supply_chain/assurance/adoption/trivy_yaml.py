"""The ignored vulnerabilities of a `.trivyignore.yaml`.

Source: https://trivy.dev/docs/latest/configuration/filtering/ (`id`, `paths`, `purls`, `statement`, `expired_at`).
"""

from __future__ import annotations

import re

from ops.supply_chain.assurance.adoption.model import IgnoredAdvisory, ImportedIgnores
from ops.supply_chain.assurance.adoption.pip_audit_flags import IDENTIFIER
from ops.supply_chain.formats import yaml
from ops.supply_chain.formats.json_reader import Node, UnexpectedShapeError

_ID = re.compile(IDENTIFIER)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_PURL = re.compile(r"pkg:pypi/(?P<name>[A-Za-z0-9._-]{1,200})")


def ignored_by_trivy_yaml(path: str, text: str) -> ImportedIgnores:
    """Read the `vulnerabilities` of a `.trivyignore.yaml`.

    Args:
        path: The file's path, for the entries.
        text: The file's content.
    Returns:
        The entries that have an advisory id, and notes on what could not be read.
    """
    try:
        root = yaml.read(text)
        rows = root.rows_of("vulnerabilities") if root.value is not None else []
    except UnexpectedShapeError as error:
        return ImportedIgnores(notes=(f"{path}: {error}; its ignore list, if any, was not imported",))
    entries: list[IgnoredAdvisory] = []
    notes: list[str] = []
    for row in rows:
        try:
            entries.append(_entry(path, row))
        except UnexpectedShapeError as error:
            notes.append(f"{path}: {error}; not imported")
    return ImportedIgnores(entries=tuple(entries), notes=tuple(notes))


def _entry(path: str, row: Node) -> IgnoredAdvisory:
    if not _ID.fullmatch(row["id"].text()):
        raise row["id"].broken("is not an advisory id")
    until = row.text_of("expired_at")
    packages = [_PURL.match(purl.text()) for purl in row.rows_of("purls")]
    return IgnoredAdvisory(
        id=row["id"].text(),
        source=f"{path}:{row.line}",
        reason=row.text_of("statement"),
        until=until[:10] if _DAY.match(until) else "",
        package=next((found["name"] for found in packages if found), ""),
    )
