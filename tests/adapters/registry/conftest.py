"""The registry in both databases: each test that takes `address` runs on a file and on a server."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.supply_chain.adapters.registry.address import RegistryAddress, registry_address
from tests.fakes import postgres

_TENANTS = itertools.count()


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    with postgres.server() as url:
        yield url


@pytest.fixture
def file_address(tmp_path: Path) -> RegistryAddress:
    return registry_address(tmp_path)


@pytest.fixture
def server_address(tmp_path: Path, server_url: str) -> RegistryAddress:
    return registry_address(tmp_path, url=server_url, tenant=f"tenant_{next(_TENANTS)}")


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest) -> RegistryAddress:
    address: RegistryAddress = request.getfixturevalue(
        "file_address" if request.param == "sqlite" else "server_address"
    )
    return address
