"""The last line of a run with skipped tests: what it did not prove, and why."""

from __future__ import annotations

from collections import Counter

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """End the run with one line on what it did not prove: skipped tests are easily taken for passed ones."""
    reasons = Counter(_reason(report) for report in terminalreporter.stats.get("skipped", ()))
    if reasons:
        terminalreporter.write_line(line_of(reasons))


def line_of(reasons: Counter[str]) -> str:
    """Return the line: how many cases were skipped for which reason, most first.

    Args:
        reasons: Reason of skipping -> number of cases; not empty. A reason reads `needs X`, or is a sentence.
    """
    parts = []
    for reason, count in sorted(reasons.items(), key=lambda item: (-item[1], item[0])):
        needs = reason.removeprefix("needs ")
        said = f": {reason}" if needs == reason else f" needs {needs}" if count == 1 else f" need {needs}"
        parts.append(f"{count} {'case' if count == 1 else 'cases'}{said}")
    return f"not proven here: {'; '.join(parts)}"


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    """Return why a test, or the tests of a module, were skipped: pytest gives path, line and `Skipped: REASON`."""
    _path, _line, said = report.longrepr if isinstance(report.longrepr, tuple) else ("", 0, str(report.longrepr))
    return " ".join(said.removeprefix("Skipped: ").split())
