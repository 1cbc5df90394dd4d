"""A wrong command line leads to a help that exists, by the name of the session that was typed."""

from __future__ import annotations

import importlib

import pytest

from ops.supply_chain.core.errors import ExitCode
from tests.printed.executed import HELPED


@pytest.mark.parametrize(("session", "stage"), HELPED.items())
def test_the_help_of_a_session_is_that_of_its_stage(
    session: str, stage: str, capfd: pytest.CaptureFixture[str]
) -> None:
    main = importlib.import_module(f"ops.supply_chain.{stage}").main
    assert main(["--no-such-option"]) == ExitCode.USAGE
    assert f"See nox -s {stage} -- --help." in capfd.readouterr().err
    assert main(["--help"]) == ExitCode.PASS
    assert capfd.readouterr().out.startswith(f"usage: {stage} ")
