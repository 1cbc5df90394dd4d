"""Failures of a database as our errors: full disk, damaged file, no answer.

Source: https://www.sqlite.org/rescode.html, https://www.postgresql.org/docs/current/errcodes-appendix.html
"""

from __future__ import annotations

from ops.supply_chain.core.commands import command
from ops.supply_chain.core.errors import InputError, OutputError, StageError, UnavailableError
from ops.supply_chain.core.text import without_credentials

RETRIED = frozenset({"40001", "40P01"})
"""Serialization failure and deadlock: the transaction runs again."""

NO_DRIVER_HINT = "Install sealwright[postgres], or psycopg[binary] into the environment that runs the stage."

_FULL = frozenset({"SQLITE_FULL", "53100"})
_NOT_WRITABLE = frozenset({"SQLITE_READONLY", "SQLITE_IOERR_WRITE", "SQLITE_CANTOPEN", "25006", "42501"})
_DAMAGED = frozenset({"SQLITE_CORRUPT", "SQLITE_NOTADB"})
_BUSY = frozenset({"SQLITE_BUSY", "55P03"})
_NOTHING_THERE = frozenset({"42P01", "3F000"})
"""A table or a schema that does not exist."""


def code_of(error: BaseException) -> str:
    """Return the code of a database's error: a name of SQLite's or an SQLSTATE; empty if it has none."""
    original = getattr(error, "orig", None) or error
    return str(getattr(original, "sqlite_errorname", None) or getattr(original, "sqlstate", None) or "")


def registry_failure(error: BaseException, where: str) -> StageError:
    """Return what to raise for an error of the database.

    Args:
        error: As raised by SQLAlchemy or a driver.
        where: The registry as it is shown.
    """
    if isinstance(error, ImportError):
        return UnavailableError(
            f"registry {where}: psycopg is not installed, which connects to PostgreSQL",
            hint=NO_DRIVER_HINT,
        )
    code = code_of(error)
    base = "_".join(code.split("_")[:2]) if code.startswith("SQLITE_") else code
    if code in _FULL:
        return OutputError(
            f"registry {where}: the disk is full; the document was not stored",
            hint="Free space, then run again: what was stored before stays.",
        )
    if code in _NOT_WRITABLE or base in _NOT_WRITABLE:
        return OutputError(
            f"registry {where}: cannot be written ({code})",
            hint="Check the permissions of that file and its folder, or of the database role.",
        )
    if base in _DAMAGED:
        return InputError(
            f"registry {where}: the file is damaged or is no database",
            hint=f"Everything in it comes from the stored documents: move it away, then run {command('supplier', '--rebuild')}",
        )
    problem, hint = _no_answer(error, code, base)
    return UnavailableError(f"registry {where}: {problem}", hint=hint)


def _no_answer(error: BaseException, code: str, base: str) -> tuple[str, str]:
    """Return why a registry gives no answer, and what to do."""
    if base in _BUSY:
        return "other runs are writing and did not finish in time", "Wait for those runs, then run again."
    if code in _NOTHING_THERE:
        return "nothing was registered in it yet", f"Register what is stored: {command('supplier', '--rebuild')}"
    if str(getattr(error, "orig", None) or error).startswith("no such table"):  # SQLite has no code for it
        return "nothing was registered in it yet", f"Register what is stored: {command('supplier', '--rebuild')}"
    words = without_credentials(str(getattr(error, "orig", None) or error)).strip().splitlines()
    hint = "Check the address and that the server accepts connections, then run again."
    return (words[0] if words else type(error).__name__), hint
