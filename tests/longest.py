"""What a test costs; with this plugin a run fails where a test of the default suite takes too long.

    nox -s tests -- -p tests.longest

Counted is what the processor did for a test, its fixtures and the processes that it waited for: waiting costs nothing,
and a busy machine changes the figure little. The first test of a module pays for the fixtures that the others share.
"""

from __future__ import annotations

import resource
from collections.abc import Iterator, Mapping

import pytest

from tests.fakes import prepared

MOST_SECONDS = 3.0
"""Of the processor, for a test that is neither `whole` nor `online`."""

WHOLE_RUNS = {
    "tests/pipeline/test_gated_release.py": 15.0,
    "tests/pipeline/": 8.0,
}
"""Start of a test's name -> its own limit, the first that fits: these run a pipeline, some twenty processes."""

_NAME = "processor_seconds"
_SHOWN = 15


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that lowers or raises the limit."""
    parser.addoption("--most-seconds", type=float, default=MOST_SECONDS, help="limit for a test (default: %(default)s)")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Measure from before the set-up; the result travels with the report of the test's end, from a worker too."""
    item.stash[_STARTED] = _processor_seconds()
    return (yield)


_STARTED = pytest.StashKey[float]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Add what the test cost to its last report."""
    report: pytest.TestReport = yield  # type: ignore[assignment]
    if call.when == "teardown":
        report.user_properties.append((_NAME, _processor_seconds() - item.stash[_STARTED]))
    return report  # type: ignore[return-value]


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Keep what a test cost, in the process that prints the summary."""
    for name, value in report.user_properties:
        if name == _NAME and isinstance(value, float):
            _costs[report.nodeid] = value


_costs: dict[str, float] = {}


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run in which a test takes too long."""
    if session.exitstatus == pytest.ExitCode.OK and too_long(_costs, session.config.getoption("--most-seconds")):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List what costs most, and what costs too much."""
    limit = terminalreporter.config.getoption("--most-seconds")
    terminalreporter.write_line(f"processor seconds of {len(_costs)} tests: {sum(_costs.values()):.0f}; most of them:")
    for line in lines_of(_costs, limit):
        terminalreporter.write_line(line)


def too_long(costs: Mapping[str, float], limit: float = MOST_SECONDS) -> list[str]:
    """Return the names of the tests that took longer than their limit, longest first.

    Args:
        costs: Name of a test -> processor seconds.
        limit: Of those that run no pipeline.
    """
    found = [name for name, seconds in costs.items() if seconds > _limit_of(name, limit)]
    return sorted(found, key=lambda name: (-costs[name], name))


def lines_of(costs: Mapping[str, float], limit: float = MOST_SECONDS) -> list[str]:
    """Return a line for each of the longest tests, and for every one that took too long."""
    over = too_long(costs, limit)
    longest = sorted(costs, key=lambda name: (-costs[name], name))[:_SHOWN]
    names = [*over, *(name for name in longest if name not in over)]
    return [f"{costs[name]:7.2f} s{'  TOO LONG' if name in over else ''}  {name}" for name in names]


def _limit_of(name: str, limit: float) -> float:
    return next((own for start, own in WHOLE_RUNS.items() if name.startswith(start)), limit)


def _processor_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(part.ru_utime + part.ru_stime for part in used) + prepared.processor_seconds()
