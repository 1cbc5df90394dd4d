"""`dist/tests/N-tests.json`, released as `N-V-tests.json`: the results of the tests, from the reports that were given.

Source: docs/distributions.md
"""

from __future__ import annotations

from typing import Literal

from ops.supply_chain.contracts.base import Contract, Count, Sha256


class ReportCounts(Contract, frozen=True, kw_only=True):
    """One report: its file name and digest, and how many of its test cases ended how.

    `flaky` passed when they were repeated; `expected_failures` failed as they had to.
    """

    name: str
    sha256: Sha256
    size: Count
    tests: Count
    passed: Count
    flaky: Count
    failed: Count
    skipped: Count
    expected_failures: Count


class SuiteResults(Contract, frozen=True, kw_only=True):
    """The whole file. `reports` are sorted by name and digest; names of tests are sorted and without repeats.

    A test that is in several reports failed if it failed in one of them, else is flaky if it was in one of them, and passed
    only if it passed in one of them. What was skipped everywhere, or failed as expected, is in no list.
    """

    schema: Literal["tests/1"]
    component: str
    version: str
    reports: tuple[ReportCounts, ...]
    passed: tuple[str, ...]
    flaky: tuple[str, ...]
    failed: tuple[str, ...]
