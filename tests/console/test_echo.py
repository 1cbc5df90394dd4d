"""What nox prints of a command that failed: the exit code, and not the command once more."""

from __future__ import annotations

import logging
from typing import Any, NoReturn

import pytest
from nox.command import CommandFailed

from sealwright.echo import run_without_echo


class QuitError(Exception):
    """Stands for the end of a session."""


class Session:
    """A session whose command ends with a code, and which logs as nox does."""

    def __init__(self, code: int) -> None:
        self.code = code
        self.given: dict[str, Any] = {}

    def run(self, *command: str, **options: Any) -> None:
        self.given = options
        logging.getLogger("nox").warning("a warning")
        if self.code:
            logging.getLogger("nox").error("Command %s failed with exit code %d", " ".join(command), self.code)
            raise CommandFailed(f"Returned code {self.code}")

    def error(self, reason: str) -> NoReturn:
        raise QuitError(reason)


def run(session: Session) -> None:
    run_without_echo(session, ["python", "--secret"], env={"A": "b"}, stderr=None)  # type: ignore[arg-type]


def test_a_command_that_fails_is_not_printed_and_its_code_is() -> None:
    logged: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: logged.append(record.getMessage())  # type: ignore[method-assign]
    nox_logger = logging.getLogger("nox")
    nox_logger.addHandler(handler)
    try:
        with pytest.raises(QuitError, match=r"^exit code 4$"):
            run(Session(4))
        assert not [line for line in logged if "--secret" in line]
        assert "a warning" in logged
        nox_logger.error("afterwards")
        assert "afterwards" in logged
    finally:
        nox_logger.removeHandler(handler)


def test_a_command_that_passes_is_run_as_it_was_given() -> None:
    session = Session(0)
    run(session)
    assert session.given == {"env": {"A": "b"}, "external": True, "log": False, "stderr": None}
