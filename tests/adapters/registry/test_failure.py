"""What a database's error means to who ran the stage."""

from __future__ import annotations

import sqlite3

from ops.supply_chain.adapters.registry.failure import registry_failure


class _DriverError(Exception):
    def __init__(self, sqlstate: str) -> None:
        super().__init__('relation "sealwright.alembic_version" does not exist')
        self.sqlstate = sqlstate


def test_an_empty_server_is_no_failed_connection() -> None:
    for sqlstate in ("42P01", "3F000"):
        failure = registry_failure(_DriverError(sqlstate), "postgresql:///shared")
        assert failure.message == "registry postgresql:///shared: nothing was registered in it yet"
        assert failure.hint == "Register what is stored: nox -s supplier -- --rebuild"
    assert "Check the address" in registry_failure(_DriverError("08006"), "x").hint


def test_an_empty_file_is_none_either() -> None:
    failure = registry_failure(sqlite3.OperationalError("no such table: alembic_version"), "registry.sqlite")
    assert failure.message == "registry registry.sqlite: nothing was registered in it yet"
    assert failure.hint == "Register what is stored: nox -s supplier -- --rebuild"
