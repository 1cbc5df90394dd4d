"""SARIF 2.1.0: the results of a static analysis, and the commit that they are about.

A run that failed, that has no list of results, or whose results are in another file is no run without results.

Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html (3.14 run, 3.20 invocation, 3.27 result) ;
https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
(`security-severity`)
"""

from __future__ import annotations

import math
import posixpath
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from ops.supply_chain.contracts.values.finding import Severity
from ops.supply_chain.formats.json_reader import Node, read

LARGEST_BYTES = 32 << 20
MOST_RESULTS = 50_000
LONGEST_TEXT = 300
"""Characters of a message that are kept."""

_VERSION = "2.1.0"
_LEVELS = {"error": Severity.HIGH, "warning": Severity.MEDIUM, "note": Severity.LOW, "none": Severity.INFO}
_FAILURES = ("fail", "open", "review")
"""Kinds of results that someone has to deal with; `pass`, `notApplicable` and `informational` need nothing."""

_SCORES = ((9.0, Severity.CRITICAL), (7.0, Severity.HIGH), (4.0, Severity.MEDIUM), (0.1, Severity.LOW))
"""GitHub's bands of `security-severity`, highest first."""

HIGHEST_SCORE = 10


class SarifResult(NamedTuple):
    """One result.

    `rule` is its identifier. `message` is one line, cut. `path` is relative to the analysed folder, with `/`; empty where it
    names no file in it. `line` counts from 1, 0 for none. `suppressed` is True where the source or the tool suppresses it.
    """

    rule: str
    severity: Severity
    message: str
    path: str
    line: int
    suppressed: bool


class SarifReport(NamedTuple):
    """A file: names of its tools, the commits that its runs name (empty text: a run names none), why a run is no complete
    analysis, and the results, in the file's order.
    """

    tools: tuple[str, ...]
    commits: tuple[str, ...]
    incomplete: tuple[str, ...]
    results: tuple[SarifResult, ...]


def read_sarif(data: bytes) -> SarifReport:
    """Read a file.

    Args:
        data: The file's bytes.
    Raises:
        UnexpectedShapeError: It is too large, no SARIF 2.1.0, has no run, or a part of it has another shape.
    """
    document = read(data, largest_bytes=LARGEST_BYTES)
    if document["version"].value != _VERSION:
        raise document["version"].broken(f"expected {_VERSION}, found {document['version'].value}")
    runs = document["runs"].rows()
    if not runs:
        raise document["runs"].broken("expected a run, found none")
    results: list[SarifResult] = []
    for run in runs:
        rows = run.rows_of("results")
        if len(results) + len(rows) > MOST_RESULTS:
            raise run["results"].broken(f"expected at most {MOST_RESULTS} results in all, found more")
        rules = _Rules(run)
        results += [result for row in rows if (result := _result(row, rules)) is not None]
    return SarifReport(
        tools=tuple(dict.fromkeys(_one_line(run["tool"]["driver"]["name"].text()) for run in runs)),
        commits=tuple(dict.fromkeys(commit for run in runs for commit in _commits(run))),
        incomplete=tuple(problem for run in runs for problem in _incomplete(run)),
        results=tuple(results),
    )


def _commits(run: Node) -> list[str]:
    return [row.text_of("revisionId") for row in run.rows_of("versionControlProvenance")] or [""]


def _incomplete(run: Node) -> list[str]:
    found = []
    if run.get("results") is None:
        found.append("a run has no list of results")
    external = run.get("externalPropertyFileReferences")
    if external is not None and external.table():
        found.append("a run keeps results or rules in another file")
    for invocation in run.rows_of("invocations"):
        if invocation["executionSuccessful"].value is not True:
            found.append("a run was not successful")
        for key in ("toolExecutionNotifications", "toolConfigurationNotifications"):
            errors = [row for row in invocation.rows_of(key) if row.text_of("level") == "error"]
            found += [f"the tool reports an error: {_text_of(row)}" for row in errors[:1]]
    return found


class _Rules:
    """The rules of a run, by identifier and, of the driver, by position."""

    def __init__(self, run: Node) -> None:
        tool = run["tool"]
        self._driver = tool["driver"].rows_of("rules")
        rows = [*self._driver, *(rule for part in tool.rows_of("extensions") for rule in part.rows_of("rules"))]
        self._by_id: dict[str, Node] = {}
        for rule in rows:
            self._by_id.setdefault(rule["id"].text(), rule)

    def of(self, result: Node) -> tuple[str, Node | None]:
        """Return the identifier and the rule of a result.

        Raises:
            UnexpectedShapeError: It names no rule, or one by a position that does not exist.
        """
        reference = result.get("rule")
        name = result.text_of("ruleId") or (reference.text_of("id") if reference is not None else "")
        if name:
            # A rule can be named by a more specific identifier, `CA1000/1`.
            return name, self._by_id.get(name) or self._by_id.get(name.rpartition("/")[0])
        place = result.get("ruleIndex")
        position = place.value if place is not None else None
        if type(position) is not int or not 0 <= position < len(self._driver):
            raise result.broken("expected the identifier of a rule, found none")
        rule = self._driver[position]
        return rule["id"].text(), rule


def _result(row: Node, rules: _Rules) -> SarifResult | None:
    """Return a result; None where it needs nothing."""
    kind, state = row.text_of("kind") or "fail", row.text_of("baselineState")
    name, rule = rules.of(row)
    path, line = _place(row)
    if kind in ("pass", "notApplicable", "informational") or state == "absent":
        return None
    if kind not in _FAILURES:
        raise row["kind"].broken(f"expected a kind of SARIF, found {kind}")
    return SarifResult(_one_line(name), _severity(row, rule), _message(row, rule), path, line, _suppressed(row))


def _severity(row: Node, rule: Node | None) -> Severity:
    """Return the severity: by the score of the rule, else by the level of the result or, where it has none, of the rule."""
    properties = rule.get("properties") if rule is not None else None
    score = properties.get("security-severity") if properties is not None else None
    if score is not None:
        return _of_score(score)
    level = row.text_of("level")
    default = rule.get("defaultConfiguration") if rule is not None else None
    level = level or (default.text_of("level") if default is not None else "") or "warning"
    return _LEVELS.get(level, Severity.UNKNOWN)


def _of_score(score: Node) -> Severity:
    try:
        number = float(score.value)
    except (TypeError, ValueError):
        return Severity.UNKNOWN
    if not math.isfinite(number) or not 0 <= number <= HIGHEST_SCORE:
        return Severity.UNKNOWN
    return next((severity for least, severity in _SCORES if number >= least), Severity.INFO)


def _message(row: Node, rule: Node | None) -> str:
    text = _text_of(row)
    if not text and rule is not None:
        short = rule.get("shortDescription") or rule.get("fullDescription")
        text = _one_line(short.text_of("text")) if short is not None else ""
    return text


def _text_of(row: Node) -> str:
    message = row.get("message")
    return _one_line(message.text_of("text") or message.text_of("markdown")) if message is not None else ""


def _place(row: Node) -> tuple[str, int]:
    """Return file and line of the first location that is in a file."""
    for location in row.rows_of("locations"):
        physical = location.get("physicalLocation")
        artifact = physical.get("artifactLocation") if physical is not None else None
        if physical is None or artifact is None:
            continue
        region = physical.get("region")
        start = region.get("startLine") if region is not None else None
        line = start.value if start is not None else 0
        if type(line) is not int or not 0 <= line < 1 << 31:
            raise physical.broken("expected a line number, found another value")
        return _path(artifact.text_of("uri")), line
    return "", 0


def _path(uri: str) -> str:
    """Return the path of a relative URI; empty where it leads out of the folder or is no path."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return ""
    path = posixpath.normpath(unquote(parts.path)) if parts.path else ""
    plain = not parts.scheme and not parts.netloc and not path.startswith(("/", "../")) and path not in ("", ".", "..")
    return path if plain and path.isprintable() and "\\" not in path and len(path) <= LONGEST_TEXT else ""


def _suppressed(row: Node) -> bool:
    """Return whether every suppression of a result is accepted, and there is one (3.27.23)."""
    states = [suppression.text_of("status") or "accepted" for suppression in row.rows_of("suppressions")]
    return bool(states) and set(states) == {"accepted"}


def _one_line(text: str) -> str:
    line = " ".join(text[: 4 * LONGEST_TEXT].split())
    return line if len(line) <= LONGEST_TEXT else line[: LONGEST_TEXT - 3] + "..."
