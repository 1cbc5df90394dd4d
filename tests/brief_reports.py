"""Of a test that passes, a worker reports one thing in place of five.

Each report is written, sent, read and handled by two processes, which takes longer than the shortest tests do. What did
not pass is reported as ever. All of it is reported where a file of results asks for it.
"""

from __future__ import annotations

import pytest
from _pytest.runner import runtestprotocol


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Run a test of a worker; send its reports that the summary needs."""
    if not hasattr(item.config, "workerinput") or item.config.getoption("xmlpath", None):
        return None
    for report in runtestprotocol(item, log=False, nextitem=nextitem):
        if not report.passed or report.when == "call" or report.user_properties:
            item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True
