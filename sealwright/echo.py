"""A command in a nox session that reports by itself how it ended, without nox's echo of it."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import nox
from nox.command import CommandFailed


def run_without_echo(session: nox.Session, command: Sequence[str], *, env: Mapping[str, str], **options: Any) -> None:
    """Run a command; nox would print it once more, in full, where it fails, below the screen that says why.

    Args:
        session: The session.
        command: The program and its arguments.
        env: Variables to set.
        options: Further options of `Session.run`.
    """
    logger = logging.getLogger("nox")
    logger.addFilter(_is_no_error)
    try:
        session.run(*command, env=dict(env), external=True, log=False, **options)
    except CommandFailed as error:
        session.error(str(error.reason).replace("Returned code", "exit code"))
    finally:
        logger.removeFilter(_is_no_error)


def _is_no_error(record: logging.LogRecord) -> bool:
    return record.levelno != logging.ERROR
