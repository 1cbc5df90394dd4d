"""The results of the tests, as the predicate test-result v0.1.

Source: https://github.com/in-toto/attestation/blob/main/spec/predicates/test-result.md
"""

from __future__ import annotations

from typing import Any

from ops.supply_chain.formats.json_reader import Node

_NO_LIST = {"tests": "tests", "skipped": "skipped", "expected_failures": "expectedFailures"}
"""Counts that the predicate has no list for: field of the results -> annotation."""


def test_result_predicate(results: Node) -> dict[str, Any]:
    """Return the predicate; `results` is the released document (contracts.files.suite_results.py).

    Raises:
        UnexpectedShapeError: It has another shape than it must.
    """
    passed, flaky, failed = ([row.text() for row in results.rows_of(key)] for key in ("passed", "flaky", "failed"))
    return {
        "result": "FAILED" if failed else "WARNED" if flaky else "PASSED",
        "configuration": [
            {
                "name": row["name"].text(),
                "digest": {"sha256": row["sha256"].text()},
                "annotations": {
                    "role": "test-results",
                    **{shown: str(row[field].value) for field, shown in _NO_LIST.items()},
                },
            }
            for row in results["reports"].rows()
        ],
        "passedTests": passed,
        "warnedTests": flaky,
        "failedTests": failed,
    }
