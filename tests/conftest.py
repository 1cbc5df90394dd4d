"""Fixtures that every test shares."""

from __future__ import annotations

import functools
import gc
import importlib.metadata
import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.fakes.kept import drop_kept
from tests.fakes.known_interpreter import known_interpreter
from tests.fakes.known_tables import known_tables
from tests.fakes.postgres import stop_shared
from tests.not_proven import pytest_terminal_summary

__all__ = ["pytest_terminal_summary"]

REPOSITORY = Path(__file__).resolve().parents[1]
_NUMBERS = itertools.count()
_FOR_ALL = {
    # After each commit git starts a program that looks for something to clean; repositories of tests have nothing.
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "maintenance.auto",
    "GIT_CONFIG_VALUE_0": "false",
    "SEALWRIGHT_PREPARED": "0",  # not worth it for a session of a test; tests/runner/test_prepared.py
}
"""Variables that every test has."""

settings.register_profile(
    "any machine", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")  # the same examples each time, and a busy machine is no failure

_COLLECT_AFTER = 20_000
"""New objects after which garbage is searched for: Python's 700 are few for a process of this size."""


@pytest.fixture(autouse=True)
def _own_world(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give each test its own cache, keep the caller's environment out of it, and do not wait for the disk."""
    monkeypatch.setenv("SEALWRIGHT_CACHE", str(tmp_path_factory.getbasetemp() / f"a-cache-{next(_NUMBERS)}"))
    monkeypatch.setattr(os, "fsync", lambda _descriptor: None)  # what tests write need not outlast the machine
    for name in (
        "SOURCE_DATE_EPOCH",
        "SEALWRIGHT_INVOCATION",
        "SEALWRIGHT_REHEARSAL",
        "SEALWRIGHT_TRUST_CONFIG",
        "SIGSTORE_ID_TOKEN",
        "UV_DEFAULT_INDEX",
        "UV_INDEX_URL",
        "UV_INDEX",
        "UV_EXTRA_INDEX_URL",
        "PIP_INDEX_URL",
        "PIP_EXTRA_INDEX_URL",
    ):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module", autouse=True)
def _memory() -> Iterator[None]:
    """Let what tests of a module keep for each other go with the last of them."""
    yield
    drop_kept()


@pytest.fixture(scope="session", autouse=True)
def _same_for_all() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in _FOR_ALL.items():
            patch.setenv(name, value)
        # What is installed changes in no run, and to find out walks through all of it.
        patch.setattr(importlib.metadata, "version", functools.cache(importlib.metadata.version))
        yield


@pytest.fixture(scope="session", autouse=True)
def _known_interpreter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Have uv find out once what this interpreter is, though each test has a cache of its own."""
    with known_interpreter(tmp_path_factory.getbasetemp() / "known-interpreter"):
        yield


@pytest.fixture(scope="session", autouse=True)
def _known_tables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Have each file of a registry begin with the tables that the first one was given."""
    with known_tables(tmp_path_factory.getbasetemp() / "known-tables"):
        yield


@pytest.fixture(scope="session", autouse=True)
def _shared_servers() -> Iterator[None]:
    """Stop what tests share once the last one has ended."""
    yield
    stop_shared()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data beside the checkout; tests that want it skip where it is absent."""
    folder = Path(os.environ.get("SEALWRIGHT_SHARED_DATA", REPOSITORY.parent / "shared" / "data"))
    if not (folder / "MANIFEST.json").is_file():
        pytest.skip("needs the shared data folder (SEALWRIGHT_SHARED_DATA)")
    return folder


@pytest.fixture(scope="session")
def repository() -> Path:
    """The checkout that the tests run in."""
    return REPOSITORY


@pytest.fixture(scope="session")
def feed_cache(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Path:
    """Return a cache with the index of the real advisories: what any worker has indexed is there for all."""
    from ops.supply_chain.adapters.osv.index_later import index_feed

    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "feed"
    (folder / "advisories").mkdir(parents=True, exist_ok=True)
    index_feed(shared_data / "advisories" / "osv-pypi.zip", folder)
    return folder


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Collect the tests without the garbage collector: what is made there stays to the end."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_collection_finish() -> None:
    """Take the thousands of collected tests out of what the collector walks through again and again.

    What of that is garbage stays: to look for it costs more, in each worker, than its memory.
    """
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER, *gc.get_threshold()[1:])
