"""Read waivers from the configuration; an invalid one becomes a finding and waives nothing."""

from __future__ import annotations

import re
from datetime import date, timedelta

from ops.supply_chain.contracts.config.file import CONFIG_NAME, Config
from ops.supply_chain.contracts.config.waivers import AcknowledgedCve, WaiverEntry
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core.names import finding_package
from ops.supply_chain.risk.waivers.model import Waiver

JUSTIFICATIONS = frozenset(
    {
        "component_not_present",
        "vulnerable_code_not_present",
        "vulnerable_code_not_in_execute_path",
        "vulnerable_code_cannot_be_controlled_by_adversary",
        "inline_mitigations_already_exist",
    }
)
"""OpenVEX v0.2.0, status justifications."""

_CODE = re.compile(r"[a-z][a-z0-9-]*\.[a-z][a-z0-9-]*")
_ADVISORY = re.compile(r"[A-Za-z][A-Za-z0-9_]*-\S+")


def parse_waivers(config: Config) -> tuple[tuple[Waiver, ...], tuple[Finding, ...]]:
    """Read `[[waivers]]` and `acknowledged_cves`.

    Args:
        config: The project's configuration.
    Returns:
        The valid waivers, in the order written, and a finding for each problem of the others.
    """
    waivers: list[Waiver] = []
    findings: list[Finding] = []
    longest = config.waiver_rules.max_days
    entries = [(f"waivers[{i}]", entry) for i, entry in enumerate(config.waivers)]
    legacy = [(f"acknowledged_cves[{i}]", _as_entry(cve, longest)) for i, cve in enumerate(config.acknowledged_cves)]
    for place, entry in [*entries, *legacy]:
        problems = _problems(entry, longest, owned=place.startswith("waivers"))
        if problems:
            findings += [_malformed(place, entry, problem) for problem in problems]
        else:
            waivers.append(_waiver(place, entry))
    return tuple(waivers), tuple(findings)


def _as_entry(cve: AcknowledgedCve, longest: int) -> WaiverEntry:
    """Convert an entry of the older form; it expires on the resolution date if there is one, at most after the limit."""
    start, resolution = _day(cve.date_acknowledged), _day(cve.expected_resolution)
    end = ""
    if start is not None:
        horizon = start + timedelta(days=longest)
        end = (min(resolution, horizon) if resolution is not None else horizon).isoformat()
    return WaiverEntry(id=cve.cve_id, package=cve.package, reason=cve.reason, date=cve.date_acknowledged, expires=end)


def _problems(entry: WaiverEntry, longest: int, *, owned: bool) -> list[str]:
    found = [f"has no {field}" for field in ("id", "reason", "date", "expires") if not getattr(entry, field).strip()]
    if owned and not entry.owner.strip():
        found.append("has no owner")
    if entry.id and not (_CODE.fullmatch(entry.id) or _ADVISORY.fullmatch(entry.id)):
        found.append(f"has id {entry.id!r}, which is neither an advisory id nor a finding's code")
    if _CODE.fullmatch(entry.id) and not entry.package.strip() and not _path(entry):
        found.append("names a finding code without a package or path: it would waive all of them")
    elif entry.path and not _path(entry):
        found.append(f"has path {entry.path!r}, which names no file")
    if entry.path and entry.id and not _CODE.fullmatch(entry.id):
        found.append("names a path, which is allowed only with a finding code")
    if entry.justification and entry.justification not in JUSTIFICATIONS:
        found.append(f"has justification {entry.justification!r}, which OpenVEX does not define")
    return found + _version_problems(entry) + _date_problems(entry, longest)


def _version_problems(entry: WaiverEntry) -> list[str]:
    if not entry.versions:
        return []
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        SpecifierSet(entry.versions)
    except InvalidSpecifier:
        return [f"has versions {entry.versions!r}, which is not a PEP 440 specifier"]
    return []


def _date_problems(entry: WaiverEntry, longest: int) -> list[str]:
    start, end = _day(entry.date), _day(entry.expires)
    found = [
        f"has {field} {text!r}, which is not an ISO date"
        for field, text, day in (("date", entry.date, start), ("expires", entry.expires, end))
        if text.strip() and day is None
    ]
    if start is not None and end is not None and end < start:
        found.append(f"expires on {end}, before its date {start}")
    if start is not None and end is not None and (end - start).days > longest:
        found.append(f"is valid for {(end - start).days} days; at most {longest} are allowed")
    return found


def _malformed(place: str, entry: WaiverEntry, problem: str) -> Finding:
    return Finding(
        code="waiver.malformed",
        severity=Severity.HIGH,
        message=f"{place} {problem}",
        next_step=f"Fix {place} in {CONFIG_NAME}; until then it waives nothing.",
        package=finding_package(entry.package) if entry.package else "",
        path=CONFIG_NAME,
        aliases=(entry.id,) if entry.id else (),
    )


def _waiver(place: str, entry: WaiverEntry) -> Waiver:
    return Waiver(
        id=entry.id,
        place=place,
        reason=entry.reason,
        owner=entry.owner,
        date=date.fromisoformat(entry.date),
        expires=date.fromisoformat(entry.expires),
        package=finding_package(entry.package) if entry.package else "",
        versions=entry.versions,
        path=_path(entry),
        justification=entry.justification,
        link=entry.link,
    )


def _path(entry: WaiverEntry) -> str:
    return entry.path.strip().removeprefix("./")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None
