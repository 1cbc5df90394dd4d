"""Incidents on disk: `data/artifacts/incidents/N/ID/0001/`, one folder for each revision, never changed afterwards.

A revision names the digests of its drafts and of the `incident.json` before, so that a changed or missing file is noticed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ops.supply_chain.adapters.files.folders import building, files_in, locked, measure
from ops.supply_chain.contracts.files.incident import Incident
from ops.supply_chain.core import canonical
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.files import write_atomic

FOLDER = "incidents"
"""Below the folder of retained artifacts."""

RECORD_NAME = "incident.json"
_REMEDY = "Restore the incident's folder from a copy: its revisions are never edited."


class IncidentStore:
    """The incidents of one component.

    Args:
        artifacts: The folder that `--artifacts` names; it need not exist yet.
        component: Its name.
    """

    def __init__(self, artifacts: Path, component: str) -> None:
        self.root = artifacts / FOLDER / component

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Lock the component's incidents for this run.

        Raises:
            UnavailableError: Another run does not let go of them.
            OutputError: The folder cannot be made.
        """
        with locked(self.root):
            yield

    def find(self, name: str) -> tuple[Incident, ...]:
        """Read the revisions of the incident that has a name as its id or as an alias, in order; empty if there is none.

        Raises:
            InputError: A revision is damaged or missing.
        """
        wanted = name.casefold()
        for folder in files_in(self.root):
            revisions = self._revisions(folder)
            known = {revisions[-1].id, *revisions[-1].aliases} if revisions else set()
            if wanted in {known_name.casefold() for known_name in known}:
                return revisions
        return ()

    def add(self, incident: Incident, drafts: Mapping[str, bytes]) -> Path:
        """Write a revision, whole or not at all. The caller holds the lock.

        Args:
            incident: With the digests of the drafts.
            drafts: Name -> content.
        Returns:
            Its folder.
        Raises:
            OutputError: It cannot be written, or is there.
        """
        target = self.root / incident.id / _folder_name(incident.revision)
        with building(target, replace=False) as work:
            for name, data in drafts.items():
                write_atomic(work / name, data)
            canonical.write(work / RECORD_NAME, incident)
        return target

    def _revisions(self, name: str) -> tuple[Incident, ...]:
        folder = self.root / name
        found: list[Incident] = []
        previous: str | None = None
        for number, entry in enumerate(files_in(folder), start=1):
            where = f"{folder / entry}"
            if entry != _folder_name(number):
                raise InputError(f"{where}: expected revision {_folder_name(number)}", hint=_REMEDY)
            data = canonical.read_bytes(folder / entry / RECORD_NAME)
            incident = canonical.decode(data, Incident, where=f"{where}/{RECORD_NAME}")
            problem = _problem(folder / entry, incident, number, previous)
            if problem or incident.id != name:
                raise InputError(f"{where}: {problem or f'is of {incident.id}'}", hint=_REMEDY)
            found.append(incident)
            previous = sha256_bytes(data)
        return tuple(found)


def _folder_name(revision: int) -> str:
    return f"{revision:04d}"


def _problem(folder: Path, incident: Incident, number: int, previous: str | None) -> str:
    """Return what differs from what the revision and the one before state; empty if nothing does."""
    if (incident.revision, incident.previous_sha256) != (number, previous):
        return "does not follow the revision before"
    names = {*(file.name for file in incident.files), RECORD_NAME}
    if set(files_in(folder)) != names:
        return "has other files than its incident.json names"
    changed = [file.name for file in incident.files if measure(folder / file.name).sha256 != file.sha256]
    return f"{changed[0]} was changed" if changed else ""
