"""Fixtures that every test shares."""

from __future__ import annotations

import functools
import gc
import importlib.metadata
import itertools
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from _pytest.tmpdir import tmppath_result_key
from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers

from tests.brief_reports import pytest_runtest_protocol
from tests.fakes.kept import drop_kept
from tests.fakes.known_interpreter import known_interpreter
from tests.fakes.known_tables import known_tables
from tests.fakes.postgres import stop_shared
from tests.not_proven import pytest_terminal_summary
from tests.parts import pytest_collection_modifyitems

__all__ = ["pytest_collection_modifyitems", "pytest_runtest_protocol", "pytest_terminal_summary"]

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
# Whichever modules are imported: Hypothesis draws a few values from the literals of all of them, and each worker reads these.
providers._get_local_constants = lambda: providers._local_constants

_OF_THE_CALLER = (
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
)
"""Variables that no test has but those that it sets."""

_COLLECT_AFTER = 20_000
"""New objects after which garbage is searched for: Python's 700 are few for a process of this size."""


@pytest.fixture(scope="session", autouse=True)
def _same_for_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the caller's environment out, do not wait for the disk, and find out once what is the same for all.

    One fixture in place of several: each costs every test a little.
    """
    base = tmp_path_factory.getbasetemp()
    with ExitStack() as whole:
        patch = whole.enter_context(pytest.MonkeyPatch.context())
        for name in _OF_THE_CALLER:
            patch.delenv(name, raising=False)
        for name, value in _FOR_ALL.items():
            patch.setenv(name, value)
        patch.setattr(os, "fsync", lambda _descriptor: None)  # what tests write need not outlast the machine
        # What is installed changes in no run, and to find out walks through all of it.
        patch.setattr(importlib.metadata, "version", functools.cache(importlib.metadata.version))
        # uv finds out once what this interpreter is, though each test has a cache of its own.
        whole.enter_context(known_interpreter(base / "known-interpreter"))
        # Each file of a registry begins with the tables that the first one was given.
        whole.enter_context(known_tables(base / "known-tables"))
        whole.callback(stop_shared)  # what tests share ends with the last of them
        yield


@pytest.fixture(scope="module", autouse=True)
def _memory() -> Iterator[None]:
    """Let what tests of a module keep for each other go with the last of them."""
    yield
    drop_kept()


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give each test its own cache."""
    monkeypatch.setenv("SEALWRIGHT_CACHE", str(tmp_path_factory.getbasetemp() / f"a-cache-{next(_NUMBERS)}"))


@pytest.fixture
def tmp_path(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give a test an empty folder, as pytest does, without the link to it and the search for a free name.

    It stays where the test failed.
    """
    folder = (
        tmp_path_factory.getbasetemp() / f"{re.sub(r'[^0-9A-Za-z_]', '_', request.node.name)[:30]}-{next(_NUMBERS)}"
    )
    folder.mkdir(mode=0o700)
    yield folder
    if request.node.stash.get(tmppath_result_key, {}).get("call", True):
        shutil.rmtree(folder, ignore_errors=True)


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
