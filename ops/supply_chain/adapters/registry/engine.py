"""Connections to the registry's database, with its tables up to date.

SQLite: its driver's own transactions are off, each transaction begins with `BEGIN IMMEDIATE` (a transaction that reads
first cannot become a writer while another one writes), the journal is a write-ahead log. PostgreSQL: each tenant has a
schema of its own, named in each statement and never by a search path, which a connection from a pool would keep.

Source: https://docs.sqlalchemy.org/en/21/dialects/sqlite.html, https://www.sqlite.org/wal.html,
https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError

from ops.supply_chain.adapters.registry.address import RegistryAddress
from ops.supply_chain.adapters.registry.failure import NO_DRIVER_HINT, registry_failure
from ops.supply_chain.adapters.registry.revision import is_latest
from ops.supply_chain.core.errors import OutputError, UnavailableError

BUSY_SECONDS = 60
CONNECT_SECONDS = 10
_MIGRATIONS = Path(__file__).parent / "migrations"
_MIGRATION_LOCK = 0x5EA1
"""Key of the advisory lock under which PostgreSQL's migrations run."""


class Database:
    """A database whose tables are up to date.

    Args:
        address: Where it is. A file is made where there is none, a schema, too.
    Raises:
        UnavailableError: The server does not answer.
        OutputError: The file cannot be made.
        InputError: It is damaged, or was made by a newer version of the pipeline.
    """

    def __init__(self, address: RegistryAddress) -> None:
        self.where = address.shown()
        self.server = address.file is None
        self.prefix = f'"{address.tenant}".' if self.server else ""
        self.schema = address.tenant if self.server else None
        self._engine = _server_engine(address.url) if self.server else _file_engine(address.file)
        self.errors: tuple[type[Exception], ...] = (DBAPIError, self._engine.dialect.loaded_dbapi.Error)
        """What a failure of the database is: SQLAlchemy's error, or the driver's where its own cursor is used."""
        try:
            with self.begin() as connection:
                self._upgrade(connection)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Begin a transaction: committed at the end, rolled back on any exception.

        Raises:
            StageError: The database failed; deadlocks and serialization failures are raised as they are.
        """
        try:
            with self._engine.begin() as connection:
                yield connection
        except self.errors as error:
            raise registry_failure(error, self.where) from error

    @contextmanager
    def begin_again(self) -> Iterator[Connection]:
        """Begin a transaction whose errors are the database's own, for a caller that runs it again."""
        with self._engine.begin() as connection:
            yield connection

    def _upgrade(self, connection: Connection) -> None:
        if self.server:
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (_MIGRATION_LOCK,))
            connection.exec_driver_sql(f'CREATE SCHEMA IF NOT EXISTS "{self.schema}"')
        if is_latest(self._revision(connection), self.where):
            return
        from alembic.command import upgrade
        from alembic.config import Config

        if self.server:
            connection.exec_driver_sql(f'SET LOCAL search_path TO "{self.schema}"')
        settings = Config(attributes={"connection": connection, "schema": self.schema})
        settings.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
        upgrade(settings, "head")

    def _revision(self, connection: Connection) -> str:
        """Return the revision of the tables; empty if there are none."""
        if self.server:
            known = connection.exec_driver_sql("SELECT to_regclass(%s)", (f'"{self.schema}".alembic_version',)).scalar()
        else:
            known = connection.exec_driver_sql("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").scalar()
        if known is None:
            return ""
        return str(
            connection.exec_driver_sql(f"SELECT max(version_num) FROM {self.prefix}alembic_version").scalar() or ""
        )


def _file_engine(path: Path | None) -> Engine:
    if path is None:
        raise UnavailableError("registry: no file")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{path.parent}: cannot be made: {error.strerror or error}") from error
    from sqlalchemy import URL

    engine = create_engine(URL.create("sqlite", database=str(path)), connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _prepare_file)
    event.listen(engine, "begin", _begin_writing)
    return engine


def _server_engine(url: str) -> Engine:
    try:
        import psycopg  # noqa: F401 - only whether it is installed
    except ImportError as error:
        raise UnavailableError(
            "registry: a PostgreSQL server is configured, and psycopg is not installed",
            hint=NO_DRIVER_HINT,
        ) from error
    return create_engine(
        url.replace("postgresql://", "postgresql+psycopg://", 1),
        pool_size=2,
        pool_pre_ping=True,
        connect_args={"connect_timeout": CONNECT_SECONDS},
    )


def _prepare_file(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    for setting in (
        f"busy_timeout = {BUSY_SECONDS * 1000}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
    ):
        connection.execute(f"PRAGMA {setting}").close()


def _begin_writing(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
