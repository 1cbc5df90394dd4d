"""Without pyrage, which is an extra of the package, nothing is written in plain instead: it is refused."""

from __future__ import annotations

import sys

import pytest

from ops.supply_chain.adapters.tools import age
from ops.supply_chain.core.errors import UsageError


def test_without_the_library_findings_are_refused_with_the_extra_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyrage", None)
    for work in (lambda: age.encrypt(b"x", ["age1x"]), lambda: age.check_recipients(["age1x"])):
        with pytest.raises(UsageError, match="pyrage, which is not installed") as caught:
            work()
        assert "sealwright[encrypted]" in caught.value.hint
