"""What the system refuses, as one of our errors: a full disk, a read-only folder, a file where a folder is expected.

Adapters turn the failures that they expect into errors that say more. What is left here is never a defect in
sealwright, so it ends in one sentence and an exit code, and not in a traceback.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path

from ops.supply_chain.core.errors import InputError, OutputError, StageError, UnavailableError

WRITE_ERRORS = frozenset({errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EFBIG})
"""Reasons that only writing has."""


def system_failure(error: BaseException, *, project: Path | None = None) -> StageError | None:
    """Return a failure of the system as a typed error; None for anything else, which is a defect.

    Args:
        error: What was raised.
        project: The project's folder: what cannot be read there is a broken input.
    """
    if isinstance(error, StageError):
        return error
    if isinstance(error, OSError):
        return _refused(error, project)
    if isinstance(error, RecursionError):
        return InputError("an input is nested too deeply to be read", hint="Simplify it.")
    if isinstance(error, UnicodeDecodeError | UnicodeEncodeError):
        return InputError(f"an input, or the name of a file, is not in UTF-8: {error.reason}")
    if isinstance(error, MemoryError):
        return UnavailableError("there is not enough memory", hint="Run again where there is more.")
    return None


def _refused(error: OSError, project: Path | None) -> StageError:
    path = _path(error)
    reason = error.strerror or type(error).__name__
    if project is not None and path and error.errno not in WRITE_ERRORS and Path(path).is_relative_to(project):
        return InputError(f"{path}: cannot be read: {reason}", hint="Check that file and its permissions.")
    return OutputError(
        f"{path or 'the system'}: cannot be used: {reason}",
        hint="Check free space and permissions there, then run again.",
    )


def _path(error: OSError) -> str:
    name = error.filename
    return os.fsdecode(name) if isinstance(name, str | bytes | os.PathLike) else ""
