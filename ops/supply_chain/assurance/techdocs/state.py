"""The current state, at the top of the start page: verdict, date, findings, the last scan, and the root causes of both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ops.supply_chain.assurance.techdocs.model import Mirror, MirrorRelease, MirrorScan
from ops.supply_chain.assurance.techdocs.tables import banner, release_link, table
from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.core.text import plural
from ops.supply_chain.formats import markdown
from ops.supply_chain.formats.cause_lines import CauseText, cause_lines

MOST_CAUSES = 10
_WORDS = {"allow": "allowed", "deny": "denied"}


def state(mirror: Mirror) -> list[str]:
    """Return the section, with a blank line at its end."""
    newest = mirror.newest
    return [
        "## Current state",
        "",
        *banner(newest),
        *_damage(mirror),
        *table(("about", "state"), _facts(mirror), empty=""),
        "",
        f"### Root causes of {markdown.text(newest.version)}",
        "",
        *_release_causes(newest),
        "",
        "### Since then",
        "",
        *_scan(mirror.scan),
        "",
    ]


def _damage(mirror: Mirror) -> list[str]:
    if not mirror.damaged:
        return []
    return [f"**{plural(len(mirror.damaged), 'problem')} with retained releases: see [releases](releases.md).**", ""]


def _facts(mirror: Mirror) -> Iterator[tuple[str, str]]:
    newest = mirror.newest
    manifest, kind = newest.manifest, "rehearsal" if newest.rehearsal else "release"
    yield "verdict", _verdict(newest)
    yield f"newest {kind}", f"{release_link(newest, up='')}, created {markdown.code(manifest.created)}"
    yield "retained until", markdown.text(manifest.retained_until)
    yield "checks", _checks(newest.records)
    yield "findings", _findings(newest)
    yield "last scan", _last_scan(mirror.scan)
    yield "waivers", _waivers(mirror)


def _verdict(release: MirrorRelease) -> str:
    if not release.decision:
        return "**not known**: its gate file cannot be read"
    word = _WORDS.get(release.decision, release.decision)
    would = f"would be {word}" if release.rehearsal else word
    return f"**{markdown.text(would)}**: {release.passed} of {plural(release.rules, 'rule')} passed"


def _checks(records: Sequence[Record]) -> str:
    if not records:
        return "not known: no record can be read"
    left = [record for record in records if record.outcome is not Outcome.PASS]
    named = ", ".join(f"{markdown.text(record.stage)} {markdown.text(record.outcome.value)}" for record in left)
    return f"{len(records) - len(left)} of {plural(len(records), 'stage')} passed" + (f"; {named}" if named else "")


def _findings(release: MirrorRelease) -> str:
    if not release.records:
        return "not known: no record can be read"
    waived = sum(bool(finding.waived_by) for finding in release.findings)
    return (
        f"{len(release.findings) - waived} open, {waived} waived; see {release_link(release, up='', text='its page')}"
    )


def _last_scan(scan: MirrorScan) -> str:
    if scan.problem:
        return f"**not known**: {markdown.text(scan.problem)}"
    missing = f"; **no record of {', '.join(map(markdown.text, scan.missing))}**" if scan.missing else ""
    return f"{markdown.code(scan.started)} of {markdown.text(scan.version)}: {_checks(scan.records)}{missing}"


def _waivers(mirror: Mirror) -> str:
    if not mirror.waivers:
        return "none configured"
    first = min(mirror.waivers, key=lambda waiver: (waiver.ends, waiver.id))
    count = plural(len(mirror.waivers), "configured waiver")
    return f"[{count}](waivers.md), the first ends {markdown.text(first.ends)}"


def _release_causes(release: MirrorRelease) -> list[str]:
    if not release.decision:
        return ["Not known: its gate file cannot be read."]
    return _listed(release.causes, "None: no finding is open, and no rule denies.")


def _scan(scan: MirrorScan) -> list[str]:
    if scan.problem:
        return [f"Not known: {markdown.text(scan.problem)}."]
    unfinished = [record for record in scan.records if record.outcome is not Outcome.PASS]
    none = "No finding is open."
    if unfinished or scan.missing:
        none = (
            "No finding is open, but not every stage passed."
            if unfinished
            else "No finding is open in the records that are here."
        )
    compared = [f"{markdown.text(scan.compared)}.", ""] if scan.compared else []
    return [*compared, *_listed(scan.causes, none)]


def _listed(causes: Sequence[CauseText], none: str) -> list[str]:
    return list(cause_lines(causes, most=MOST_CAUSES)) if causes else [none]
