"""Runs over a fleet: each task's result once, and first sightings with it, in one transaction.

A task may run twice, because the worker that ran it was lost. The first whole result stays. A second one with the same
bytes changes nothing; one with other bytes is noted on the first, which the run then refuses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from types import TracebackType
from typing import Any, NamedTuple, Self

from sqlalchemy import Connection

from ops.supply_chain.adapters.registry.address import RegistryAddress
from ops.supply_chain.adapters.registry.engine import Database
from ops.supply_chain.adapters.registry.failure import RETRIED, code_of, registry_failure
from ops.supply_chain.contracts.files.ledger import LedgerLine, Sighting, read_ledger
from ops.supply_chain.core.digests import sha256_bytes

ATTEMPTS = 8
CHUNK = 500
"""Values of one statement."""

KEPT_DAYS = 30
"""How long the results of a run stay; its findings are in the record."""


class KeptResult(NamedTuple):
    """The result of one task: its bytes, the projects with the digests of their inputs, and another result's digest.

    `differing` is empty unless the task ran again with another result.
    """

    task: str
    result: bytes
    projects: tuple[tuple[str, str], ...]
    differing: str


class FleetStore:
    """The part of the registry that belongs to fleets; a context manager that closes its connections.

    Args:
        address: The registry; it is made where there is none.
    Raises:
        StageError: As `Database`.
    """

    def __init__(self, address: RegistryAddress) -> None:
        self._database = Database(address)
        self._mark = "%s" if self._database.server else "?"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()

    def begin(self, run: str, *, started: str, before: str) -> None:
        """Begin a run, and remove the results of old ones.

        Args:
            run: Its name.
            started: When, as a timestamp.
            before: Runs that started before this timestamp are removed.
        """

        def work(connection: Connection) -> None:
            self._run(connection, "DELETE FROM {s}fleet_runs WHERE started < {}", (before,))
            self._run(connection, "INSERT INTO {s}fleet_runs (run, started) VALUES ({}, {})", (run, started))

        self._again(work)

    def knows(self, run: str) -> bool:
        """Return whether a run was begun in this registry."""
        with self._database.begin() as connection:
            return bool(self._run(connection, "SELECT 1 FROM {s}fleet_runs WHERE run = {}", (run,)).first())

    def keep(
        self,
        run: str,
        task: str,
        result: bytes,
        *,
        projects: Sequence[tuple[str, str]],
        sightings: Mapping[str, Sequence[LedgerLine]],
    ) -> str:
        """Keep a task's result with its first sightings, unless it has one.

        Args:
            run: A run that was begun.
            task: The task.
            result: JSON.
            projects: Component and digest of the inputs of each project.
            sightings: Component -> the lines that its ledger gets.
        Returns:
            The digest of the result that is kept: another one's, if the task gave another result before.
        Raises:
            StageError: The database failed; nothing is kept.
        """
        digest = sha256_bytes(result)

        def work(connection: Connection) -> str:
            added = self._run(
                connection,
                "INSERT INTO {s}fleet_results (run, task, digest, result, differing) VALUES ({}, {}, {}, {}, {}) "
                "ON CONFLICT DO NOTHING",
                (run, task, digest, result.decode(), ""),
            ).rowcount
            if not added:
                return self._compare(connection, run, task, digest)
            columns = "INSERT INTO {s}fleet_projects (run, project, inputs, task) VALUES ({}, {}, {}, {})"
            for project, inputs in sorted(projects):
                self._run(connection, columns, (run, project, inputs, task))
            self._sight(connection, run, sightings)
            return digest

        return str(self._again(work))

    def results(self, run: str) -> tuple[KeptResult, ...]:
        """Return the results of a run, sorted by task."""
        with self._database.begin() as connection:
            projects: dict[str, list[tuple[str, str]]] = {}
            rows = self._run(
                connection, "SELECT task, project, inputs FROM {s}fleet_projects WHERE run = {}", (run,)
            ).fetchall()
            for task, project, inputs in rows:
                projects.setdefault(task, []).append((project, inputs))
            rows = self._run(
                connection,
                "SELECT task, result, differing FROM {s}fleet_results WHERE run = {} ORDER BY task",
                (run,),
            ).fetchall()
        return tuple(
            KeptResult(task, result.encode(), tuple(sorted(projects.get(task, ()))), differing)
            for task, result, differing in rows
        )

    def ledgers(self, components: Iterable[str], *, before: str = "") -> dict[str, bytes]:
        """Return the ledgers of some components, as their files would be; those without one are left out.

        Args:
            components: Their names.
            before: A run: what it and later ones added is left out. Empty for everything.
        Raises:
            StageError: The database failed.
        """
        found: dict[str, list[tuple[str, str]]] = {}
        names = sorted(set(components))
        with self._database.begin() as connection:
            for at in range(0, len(names), CHUNK):
                some = names[at : at + CHUNK]
                marks = ", ".join(["{}"] * len(some))
                rows = self._run(
                    connection,
                    f"SELECT component, line, run FROM {{s}}ledger_lines WHERE component IN ({marks}) "
                    "ORDER BY component, number",
                    tuple(some),
                ).fetchall()
                for component, line, run in rows:
                    found.setdefault(component, []).append((line, run))
        kept: dict[str, bytes] = {}
        for component, lines in found.items():
            runs = [run for _, run in lines]
            end = runs.index(before) if before and before in runs else len(lines)
            if end:
                kept[component] = "".join(f"{line}\n" for line, _ in lines[:end]).encode()
        return kept

    def sight(self, sightings: Mapping[str, Sequence[LedgerLine]]) -> None:
        """Add lines of other ledgers: what is known under all its names is not added again.

        Raises:
            InputError: A ledger in the registry is damaged.
            StageError: The database failed; nothing is added.
        """
        self._again(lambda connection: self._sight(connection, "", sightings))

    def _compare(self, connection: Connection, run: str, task: str, digest: str) -> str:
        kept = str(
            self._run(
                connection, "SELECT digest FROM {s}fleet_results WHERE run = {} AND task = {}", (run, task)
            ).scalar()
        )
        if kept != digest:
            self._run(
                connection,
                "UPDATE {s}fleet_results SET differing = {} WHERE run = {} AND task = {}",
                (digest, run, task),
            )
        return kept

    def _sight(self, connection: Connection, run: str, sightings: Mapping[str, Sequence[LedgerLine]]) -> None:
        """Append to ledgers; two writers of one component take turns on a server, in a file all writers do."""
        components = sorted(component for component, lines in sightings.items() if lines)
        if components and self._database.server:
            keys = [f"ledger/{component}" for component in components]
            connection.exec_driver_sql(
                "SELECT pg_advisory_xact_lock(hashtextextended(k, 0)) FROM unnest(%s::text[]) AS k", (keys,)
            )
        for component in components:
            rows = self._run(
                connection,
                "SELECT line FROM {s}ledger_lines WHERE component = {} ORDER BY number",
                (component,),
            ).fetchall()
            data = "".join(f"{line}\n" for (line,) in rows).encode()
            for number, text in enumerate(added_lines(data, sightings[component], where=component), len(rows)):
                self._run(
                    connection,
                    "INSERT INTO {s}ledger_lines (component, number, line, run) VALUES ({}, {}, {}, {})",
                    (component, number, text, run),
                )

    def _again(self, work: Any) -> Any:
        for attempt in range(ATTEMPTS):
            try:
                with self._database.begin_again() as connection:
                    return work(connection)
            except self._database.errors as error:
                if code_of(error) not in RETRIED or attempt == ATTEMPTS - 1:
                    raise registry_failure(error, self._database.where) from error
        raise AssertionError

    def _run(self, connection: Connection, sql: str, values: tuple[Any, ...]) -> Any:
        """Run one statement: `{s}` is the place of the schema, each `{}` one of a value."""
        return connection.exec_driver_sql(sql.replace("{s}", self._database.prefix).replace("{}", self._mark), values)


def added_lines(data: bytes, lines: Sequence[LedgerLine], *, where: str) -> list[str]:
    """Return the lines to append to a ledger so that it knows what other lines say, each with the day of theirs.

    Args:
        data: The ledger's file.
        lines: Of another ledger of the same component.
        where: The component, for errors.
    Raises:
        InputError: The ledger is damaged.
    """
    added = b""
    for day in sorted({line.first_seen for line in lines}):
        ledger = read_ledger(data + added, where=f"registry, ledger of {where}")
        seen = [Sighting(line.code, line.package, line.names) for line in lines if line.first_seen == day]
        added += ledger.additions(seen, today=date.fromisoformat(day))
    return added.decode().split("\n")[:-1]
