"""One scratch project for each worker, and a copy of it for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.printed.scratch import Scratch, copied, opened, quiet


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scratch]:
    with opened(tmp_path_factory.mktemp("scratch")) as scratch:
        yield scratch


@pytest.fixture
def scratch(
    made: Scratch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[Scratch]:
    with copied(made, tmp_path / "scratch") as copy:
        quiet(monkeypatch, made.folder)
        copy.capfd = capfd
        yield copy
