"""The live waivers as ignore lists of other scanners, with reasons and expiry dates if the format has them.

These lists have identifiers, not versions: a waiver whose id or alias belongs to an open vulnerability as well is left
out of all of them, so that no list hides an unwaived vulnerability.

| file | expiry | reason |
|---|---|---|
| `osv-scanner.toml` | `ignoreUntil`, the exact time | `reason` |
| `.trivyignore.yaml` | `expired_at`, a day of UTC, never later than the waiver's | `statement` |
| `pip-audit-ignore.txt` | none: one option per line | none |
| `uv-audit.toml` | comment | comment |

Source: https://google.github.io/osv-scanner/configuration/; https://trivy.dev/latest/docs/configuration/filtering/;
https://github.com/pypa/pip-audit (`--ignore-vuln`); https://docs.astral.sh/uv/reference/settings/ (`audit`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC
from typing import NamedTuple
from urllib.parse import quote

from ops.supply_chain.contracts.values.vex import Acceptance, VexFinding
from ops.supply_chain.core.moments import timestamp
from ops.supply_chain.core.names import PURL_START, finding_package
from ops.supply_chain.core.text import printable, without_credentials
from ops.supply_chain.risk.vex.assess import needs_assessment

OSV_SCANNER, TRIVY, PIP_AUDIT, UV = "osv-scanner.toml", ".trivyignore.yaml", "pip-audit-ignore.txt", "uv-audit.toml"

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_]*-[A-Za-z0-9._:-]+")
"""Identifiers that need no quoting in any of the formats, nor in a shell."""

_NOT_YAML = re.compile("[\ufeff\ufffe\uffff]")


class Ignore(NamedTuple):
    """One ignored identifier; `packages` are the (package, version) pairs it is ignored for, empty for any."""

    id: str
    acceptance: Acceptance
    packages: tuple[tuple[str, str], ...]


def ignores_of(
    live: Sequence[Acceptance], findings: Sequence[VexFinding]
) -> tuple[tuple[Ignore, ...], tuple[str, ...]]:
    """Return the identifiers that may be ignored.

    Args:
        live: The live waivers of vulnerabilities.
        findings: The findings of the records with the waiver that each is waived by.
    Returns:
        The ignored identifiers, sorted, each once; and the identifiers that were left out, sorted, because an
        open finding has them as well or because they cannot be written safely.
    """
    assessed = [item for item in findings if needs_assessment(item.finding)]
    still_open = {
        alias.upper()
        for item in assessed
        if not item.finding.waived_by or _lapsed(item)
        for alias in item.finding.aliases
    }
    found: dict[str, Ignore] = {}
    left_out: set[str] = set()
    for acceptance in live:
        waived = [item.finding for item in assessed if item.acceptance == acceptance]
        names = dict.fromkeys([acceptance.id, *(alias for finding in waived for alias in finding.aliases)])
        pins = tuple(sorted({(finding_package(finding.package), finding.version) for finding in waived}))
        for name in names:
            if name.upper() in still_open or not _PLAIN.fullmatch(name):
                left_out.add(printable(name))
            else:
                found[name.upper()] = _narrowest(found.get(name.upper()), Ignore(name, acceptance, pins))
    return tuple(found[key] for key in sorted(found)), tuple(sorted(left_out))


def files_of(ignores: Sequence[Ignore]) -> dict[str, bytes]:
    """Return the four lists: file name -> content. Each is valid if nothing is ignored."""
    texts = {
        OSV_SCANNER: _osv_scanner(ignores),
        TRIVY: _trivy(ignores),
        PIP_AUDIT: "".join(f"--ignore-vuln {ignore.id}\n" for ignore in ignores),
        UV: _uv(ignores),
    }
    return {name: text.encode() for name, text in texts.items()}


def _narrowest(known: Ignore | None, other: Ignore) -> Ignore:
    """Join two waivers of one id: the earlier end, and the packages of both."""
    if known is None:
        return other
    earlier = min(known.acceptance, other.acceptance, key=lambda acceptance: acceptance.ends)
    return Ignore(known.id, earlier, tuple(sorted({*known.packages, *other.packages})))


def _lapsed(item: VexFinding) -> bool:
    """Return True for a waived finding whose waiver is no longer live; VEX does not lapse."""
    return item.acceptance is None and not item.finding.waived_by.startswith("VEX: ")


def _osv_scanner(ignores: Sequence[Ignore]) -> str:
    import tomli_w

    parts = [
        f"\n[[IgnoredVulns]]\nignoreUntil = {timestamp(ignore.acceptance.ends)}\n"
        + tomli_w.dumps({"id": ignore.id, "reason": _line(ignore.acceptance.reason)})
        for ignore in ignores
    ]
    return _HEAD + "".join(parts)


def _trivy(ignores: Sequence[Ignore]) -> str:
    return _HEAD + ("vulnerabilities:\n" + "".join(map(_trivy_entry, ignores)) if ignores else "vulnerabilities: []\n")


def _trivy_entry(ignore: Ignore) -> str:
    # An entry of trivy expires when its day begins in UTC: the last such time that is not after the waiver's.
    day = ignore.acceptance.ends.astimezone(UTC).date().isoformat()
    named = [f"{_purl(package)}@{quote(version, safe='')}" for package, version in ignore.packages]
    scope = "    purls:\n" + "".join(f"      - {_quoted(purl)}\n" for purl in named) if named else ""
    return f"  - id: {_quoted(ignore.id)}\n{scope}    expired_at: {day}\n    statement: {_quoted(ignore.acceptance.reason)}\n"


def _uv(ignores: Sequence[Ignore]) -> str:
    lines = [
        f"    # until {ignore.acceptance.until.isoformat()}: {_line(ignore.acceptance.reason)}\n    {_quoted(ignore.id)},\n"
        for ignore in ignores
    ]
    return f"{_HEAD}\n[tool.uv.audit]\nignore = [" + ("\n" + "".join(lines) if lines else "") + "]\n"


def _quoted(text: str) -> str:
    """Return a text in the double quotes that TOML, YAML and JSON share, after `_line` removed what they do not."""
    return json.dumps(_line(text), ensure_ascii=False)


def _purl(package: str) -> str:
    return package if package.startswith(PURL_START) else f"pkg:pypi/{package}"


def _line(text: str) -> str:
    return _NOT_YAML.sub("?", without_credentials(printable(text)))


_HEAD = "# Written by sealwright from the live waivers. Do not edit: change the waivers instead.\n"
