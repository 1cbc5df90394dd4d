"""The live waivers as other scanners' ignore lists, with reasons and ends where the format has them.

These lists know identifiers, not versions: a waiver whose id, or an alias of it, is also borne by a
vulnerability that stands is left out of all of them, so that no list hides what we do not waive.

| file | end | reason |
|---|---|---|
| `osv-scanner.toml` | `ignoreUntil`, the exact moment | `reason` |
| `.trivyignore.yaml` | `expired_at`, a day of UTC, never later than ours | `statement` |
| `pip-audit-ignore.txt` | none: options, one a line | none |
| `uv-audit.toml` | comment | comment |

Source: google/osv-scanner docs/configuration.md; aquasecurity/trivy docs, "Filtering"; pip-audit
`--ignore-vuln`; uv `[tool.uv.audit]`; facts/peers.md section 2.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC
from typing import NamedTuple
from urllib.parse import quote

from ops.supply_chain.contracts.values.vex import Acceptance, Judged
from ops.supply_chain.core.moments import timestamp
from ops.supply_chain.core.names import normalise
from ops.supply_chain.core.text import printable, without_credentials
from ops.supply_chain.risk.vex.assess import is_open

OSV_SCANNER, TRIVY, PIP_AUDIT, UV = "osv-scanner.toml", ".trivyignore.yaml", "pip-audit-ignore.txt", "uv-audit.toml"

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_]*-[A-Za-z0-9._:-]+")
"""Identifiers that need no quoting anywhere, a shell included."""

_NOT_YAML = re.compile("[\ufeff\ufffe\uffff]")


class Ignore(NamedTuple):
    """One identifier to be ignored; `packages` are those that it is ignored for, empty for any."""

    id: str
    acceptance: Acceptance
    packages: tuple[tuple[str, str], ...]


def ignores_of(live: Sequence[Acceptance], judged: Sequence[Judged]) -> tuple[tuple[Ignore, ...], tuple[str, ...]]:
    """Work out what may be ignored.

    Args:
        live: The live waivers of vulnerabilities.
        judged: The findings of the records with the waiver that each is waived by.
    Returns:
        What may be ignored, sorted by id, each id once; and the ids that were left out, sorted, because a
        finding that stands bears them too or because they cannot be written safely.
    """
    opened = [one for one in judged if is_open(one.finding)]
    standing = {
        alias.upper() for one in opened if not one.finding.waived_by or _lapsed(one) for alias in one.finding.aliases
    }
    found: dict[str, Ignore] = {}
    left_out: set[str] = set()
    for acceptance in live:
        mine = [one.finding for one in opened if one.acceptance == acceptance]
        names = dict.fromkeys([acceptance.id, *(alias for finding in mine for alias in finding.aliases)])
        pins = tuple(sorted({(normalise(finding.package), finding.version) for finding in mine}))
        for name in names:
            if name.upper() in standing or not _PLAIN.fullmatch(name):
                left_out.add(printable(name))
            else:
                found[name.upper()] = _narrowest(found.get(name.upper()), Ignore(name, acceptance, pins))
    return tuple(found[key] for key in sorted(found)), tuple(sorted(left_out))


def files_of(ignores: Sequence[Ignore]) -> dict[str, bytes]:
    """Return the four lists: file name -> content. Each is valid where there is nothing to ignore."""
    texts = {
        OSV_SCANNER: _osv_scanner(ignores),
        TRIVY: _trivy(ignores),
        PIP_AUDIT: "".join(f"--ignore-vuln {one.id}\n" for one in ignores),
        UV: _uv(ignores),
    }
    return {name: text.encode() for name, text in texts.items()}


def _narrowest(one: Ignore | None, other: Ignore) -> Ignore:
    """Join two waivers of one id: the earlier end, and the packages of both."""
    if one is None:
        return other
    earlier = min(one.acceptance, other.acceptance, key=lambda acceptance: acceptance.ends)
    return Ignore(one.id, earlier, tuple(sorted({*one.packages, *other.packages})))


def _lapsed(one: Judged) -> bool:
    """A waived finding whose waiver is not live any more, save what somebody's VEX suppresses."""
    return one.acceptance is None and not one.finding.waived_by.startswith("VEX: ")


def _osv_scanner(ignores: Sequence[Ignore]) -> str:
    import tomli_w

    parts = [
        f"\n[[IgnoredVulns]]\nignoreUntil = {timestamp(one.acceptance.ends)}\n"
        + tomli_w.dumps({"id": one.id, "reason": _line(one.acceptance.reason)})
        for one in ignores
    ]
    return _HEAD + "".join(parts)


def _trivy(ignores: Sequence[Ignore]) -> str:
    return _HEAD + ("vulnerabilities:\n" + "".join(map(_trivy_entry, ignores)) if ignores else "vulnerabilities: []\n")


def _trivy_entry(one: Ignore) -> str:
    # trivy ends an entry when its day begins in UTC: the last such moment that is not after ours.
    day = one.acceptance.ends.astimezone(UTC).date().isoformat()
    named = [f"pkg:pypi/{package}@{quote(version, safe='')}" for package, version in one.packages]
    scope = "    purls:\n" + "".join(f"      - {_quoted(purl)}\n" for purl in named) if named else ""
    return f"  - id: {_quoted(one.id)}\n{scope}    expired_at: {day}\n    statement: {_quoted(one.acceptance.reason)}\n"


def _uv(ignores: Sequence[Ignore]) -> str:
    lines = [
        f"    # until {one.acceptance.until.isoformat()}: {_line(one.acceptance.reason)}\n    {_quoted(one.id)},\n"
        for one in ignores
    ]
    return f"{_HEAD}\n[tool.uv.audit]\nignore = [" + ("\n" + "".join(lines) if lines else "") + "]\n"


def _quoted(text: str) -> str:
    """Return a text in the double quotes that TOML, YAML and JSON share, once `_line` took out what they do not."""
    return json.dumps(_line(text), ensure_ascii=False)


def _line(text: str) -> str:
    return _NOT_YAML.sub("?", without_credentials(printable(text)))


_HEAD = "# Written by sealwright from the waivers that hold today. Do not edit: change the waivers instead.\n"
