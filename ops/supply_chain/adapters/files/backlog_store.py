"""`backlog.json` next to the documents of suppliers: read, changed and written by one run at a time.

A change reads the file, computes and replaces it whole under a lock, so that two runs at the same time lose nothing, and a
run that is killed leaves the file as it was. The operating system releases the lock when its holder exits.

Source: https://py-filelock.readthedocs.io/
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ops.supply_chain.adapters.files.supplier_store import FOLDER
from ops.supply_chain.contracts.files.backlog import Backlog
from ops.supply_chain.core import canonical
from ops.supply_chain.core.errors import ErrorClass, InputError, OutputError, UsageError

FILE_NAME = "backlog.json"
LOCK_NAME = ".backlog.lock"
WAIT_SECONDS = 60

_REMEDY = "Restore it from a copy of the artifacts: what people decided is in no other file."


class BacklogStore:
    """The backlog of a tenant.

    Args:
        artifacts: The folder that `--artifacts` names; it need not exist yet.
        tenant: Whose backlog, as the file names it.
        folder_of: The tenant in the name of the folder; empty for the only one.
        wait_seconds: How long to wait for another run.
    """

    def __init__(
        self, artifacts: Path, tenant: str, folder_of: str = "", *, wait_seconds: float = WAIT_SECONDS
    ) -> None:
        self._folder = artifacts / (f"{FOLDER}-{folder_of}" if folder_of else FOLDER)
        self._tenant, self._wait = tenant, wait_seconds
        self.path = self._folder / FILE_NAME

    def read(self) -> Backlog:
        """Return the backlog; an empty one if there is none yet.

        Raises:
            InputError: It is damaged, or another tenant's.
        """
        if not self.path.exists():
            return Backlog(schema="supplier-backlog/1", tenant=self._tenant)
        try:
            found = canonical.read(self.path, Backlog)
        except InputError as error:
            raise InputError(error.message, hint=_REMEDY) from error
        if found.tenant != self._tenant:
            raise InputError(f"{self.path}: is the backlog of the tenant {found.tenant!r}", hint=_REMEDY)
        return found

    def change(self, make: Callable[[Backlog], Backlog]) -> Backlog:
        """Replace the backlog by what a function makes of it; the same value is not written again.

        Args:
            make: Called once, with the backlog as it is then; what it raises leaves the file as it is.
        Raises:
            UsageError: Another run holds it for too long.
            InputError: It is damaged, or another tenant's.
            OutputError: It cannot be written.
        """
        from filelock import FileLock, Timeout

        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self._folder / LOCK_NAME, timeout=self._wait)
            lock.acquire()
        except Timeout as error:
            raise UsageError(
                f"{self.path}: another run is changing it", hint="Run again when it has ended.", kind=ErrorClass.BUSY
            ) from error
        except OSError as error:
            raise OutputError(
                f"{self._folder}: cannot be written: {error.strerror or error}",
                hint="Check free space and permissions of that folder, then run again.",
            ) from error
        try:
            before = self.read()
            after = make(before)
            if after != before or not self.path.exists():
                canonical.write(self.path, after)
            return after
        finally:
            lock.release()
