"""A running instance, and a world in which no proxy and no real credential is found."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ops.supply_chain.rehearsal.instance import RehearsalInstance, without_proxy

CREDENTIALS = ("GITHUB_ACTIONS", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_URL", "GITLAB_CI")


@pytest.fixture(autouse=True)
def _only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in CREDENTIALS:
        monkeypatch.delenv(name, raising=False)
    for name, value in without_proxy({}).items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def instance() -> Iterator[RehearsalInstance]:
    with RehearsalInstance() as running:
        yield running
