"""The world of this folder's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ops.supply_chain.rehearsal.instance import RehearsalInstance
from tests.trust.verification.world import World, options


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Two signed releases, and the instance that signed them."""
    with RehearsalInstance(options()) as instance:
        yield World(tmp_path_factory.mktemp("world"), instance)
