"""Vulnerabilities that check_vulnerabilities found, as the predicate vulns v0.2.

Nothing is stated of a search that did not examine every pin, or whose source of advisories has no known age.

Source: https://github.com/in-toto/attestation/blob/main/spec/predicates/vuln.md
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.moments import parse_timestamp, timestamp
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.formats.json_reader import Node, UnexpectedShapeError

STAGE = "check_vulnerabilities"
CODES = ("vulnerability.known", "vulnerability.undecided", "vulnerability.settled")
"""The findings that are about a vulnerability of a package; others are about the search."""

METHOD = "sealwright"
"""The method of a severity is ours: the highest rating that the sources give, and high where there is none."""

_SCANNER = "scanner:check_vulnerabilities:v1"


class _Feed(NamedTuple):
    updated: datetime
    address: str
    version: str


def vulns_predicate(gate: Node, *, base: str, version: str) -> dict[str, Any] | None:
    """Return the predicate; None where the records do not support one.

    Args:
        gate: The gate file: verdict and records.
        base: What identifiers begin with.
        version: The version of sealwright that made the release.
    Raises:
        UnexpectedShapeError: The record has another shape than it must.
    """
    records = [record for record in gate["records"].rows() if record["stage"].text() == STAGE]
    if len(records) != 1 or not _is_complete(records[0]):
        return None
    feeds = list(_feeds(records[0]))
    if not feeds or None in feeds:
        return None
    feed, record = min(filter(None, feeds)), records[0]
    remote = {"uri": feed.address} if "://" in feed.address else {}
    return {
        "scanner": {
            "uri": f"{base}{_SCANNER}",
            "version": version,
            "db": {
                "lastUpdate": timestamp(feed.updated),
                **remote,
                **({"version": feed.version} if feed.version else {}),
            },
            "result": sorted(_results(record), key=_order),
        },
        "metadata": {"scanStartedOn": record["started"].text(), "scanFinishedOn": record["finished"].text()},
    }


def _is_complete(record: Node) -> bool:
    counts = record["counts"].table()
    examined = counts.get("examined")
    return (
        record["outcome"].text() in (Outcome.PASS.value, Outcome.FAIL.value)
        and isinstance(examined, int)
        and examined == counts.get("locked")
    )


def _feeds(record: Node) -> Iterator[_Feed | None]:
    """Yield the sources of advisories: those that have an origin (contracts/files/record.py); None for one without an age."""
    try:
        finished = parse_timestamp(record["finished"].text(), where=record.path)
    except InputError as error:
        raise UnexpectedShapeError(str(error)) from error
    for feed in record["feeds"].rows():
        age = feed.table().get("age_seconds")
        if feed.get("origin") is None:
            continue
        if not isinstance(age, int):
            yield None
        else:
            try:
                updated = finished - timedelta(seconds=age)
            except OverflowError as error:
                raise UnexpectedShapeError(f"{feed.path}.age_seconds: {age} is no age") from error
            if age < 0:
                raise UnexpectedShapeError(f"{feed.path}.age_seconds: {age} is no age")
            yield _Feed(updated, feed.text_of("address"), feed.text_of("version"))


def _results(record: Node) -> Iterator[dict[str, Any]]:
    for finding in record["findings"].rows():
        code = finding["code"].text()
        names = [alias.text() for alias in finding.rows_of("aliases")]
        if code not in CODES:
            continue
        about = {
            "finding": code,
            "package": finding.text_of("package"),
            "version": finding.text_of("version"),
            "aliases": ", ".join(names[1:]),
            "waivedBy": finding.text_of("waived_by"),
        }
        yield {
            "id": names[0] if names else code,  # without a name it is stated nevertheless
            "severity": [{"method": METHOD, "score": finding["severity"].text()}],
            "annotations": [{key: text for key, text in about.items() if text}],
        }


def _order(row: dict[str, Any]) -> tuple[str, str, str]:
    (about,) = row["annotations"]
    return row["id"], about.get("package", ""), about.get("version", "")
