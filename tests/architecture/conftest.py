"""What the tests of the code's structure share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.architecture.literals import sources_of_all


@pytest.fixture(scope="package", autouse=True)
def _forgotten_sources() -> Iterator[None]:
    """Let the parsed modules go with the last of these tests: each process that a later test forks would pay for them."""
    yield
    sources_of_all.cache_clear()
