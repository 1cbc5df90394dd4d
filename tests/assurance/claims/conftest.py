"""Two rehearsed releases of one small project, signed by an instance that is still running."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ops.supply_chain.rehearsal.instance import RehearsalInstance
from tests.trust.verification.world import World, options


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with RehearsalInstance(options()) as instance:
        yield World(tmp_path_factory.mktemp("claims"), instance)
