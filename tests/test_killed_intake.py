"""ingest_supplier killed at random moments, and several at the same time, on both databases: no document half stored, none lost."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.supply_chain.adapters.files.supplier_store import SupplierStore
from ops.supply_chain.adapters.registry.address import registry_address
from ops.supply_chain.adapters.registry.reader import RegistryReader
from ops.supply_chain.contracts.values.registry import RegistryCounts
from ops.supply_chain.core.errors import StageError
from tests.conftest import REPOSITORY
from tests.fakes import postgres
from tests.fakes.prepared import prepared_processes
from tests.parts import a_part

DOCUMENTS, COMPONENTS, MOMENTS, MOST_MOMENTS = 16, 12, 3, 50
NO_TABLES = ("no such table", "does not exist", "unable to open", "SQLITE_CANTOPEN", "no such column")


def sbom(number: int) -> bytes:
    parts = [
        {
            "type": "library",
            "bom-ref": f"c{at}",
            "name": f"p{at}",
            "version": f"{number}.{at}",
            "purl": f"pkg:npm/p{at}@{number}.{at}",
        }
        for at in range(COMPONENTS)
    ]
    head = {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1}
    return json.dumps({**head, "metadata": {"timestamp": "2026-11-01T00:00:00Z"}, "components": parts}).encode()


class Intake:
    """A project whose intake is killed; each run is given documents that have not come before."""

    def __init__(self, base: Path, variables: dict[str, str]) -> None:
        self.base, self.variables = base, variables
        self.inboxes: list[Path] = []
        self.names: set[str] = set()
        (base / "project").mkdir()
        (base / "project" / ".security-config.toml").write_text('component_name = "N"\n')

    def sent(self) -> Path:
        folder = self.base / f"inbox{len(self.inboxes)}"
        folder.mkdir()
        for number in range(DOCUMENTS):
            (folder / f"{number:03}.json").write_bytes(sbom(len(self.inboxes) * DOCUMENTS + number))
        self.inboxes.append(folder)
        return folder

    def start(self, *words: str | Path) -> subprocess.Popen[bytes]:
        folders = ["--project", str(self.base / "project"), "--artifacts", str(self.base / "artifacts")]
        return subprocess.Popen(
            [sys.executable, "-Im", "ops.supply_chain.ingest_supplier", *folders, *map(str, words)],
            cwd=REPOSITORY,
            env={**os.environ, **self.variables},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def kill_after(self, seconds: float) -> None:
        running = self.start(self.sent())
        time.sleep(seconds)
        running.send_signal(signal.SIGKILL)
        running.wait()

    def check(self) -> int:
        """Check what is there; return how many documents the registry has."""
        store = SupplierStore(self.base / "artifacts", self.variables.get("SEALWRIGHT_REGISTRY_TENANT", ""))
        stored = {store.read(digest).record.sha256 for digest in store.digests()}
        counts, registered = self.registered()
        if counts is None:
            return 0
        assert counts.components == counts.documents * COMPONENTS
        assert registered <= stored
        assert registered >= self.names  # what was there stays
        self.names = registered
        return counts.documents

    def registered(self) -> tuple[RegistryCounts | None, set[str]]:
        url, tenant = (self.variables.get(f"SEALWRIGHT_REGISTRY_{name}", "") for name in ("URL", "TENANT"))
        try:
            with RegistryReader(registry_address(self.base / "artifacts", url=url, tenant=tenant)) as reader:
                return reader.counts(), {document.digest for document in reader.documents()}
        except StageError as error:  # no table yet: it was killed before the first migration was committed
            if not any(words in error.message for words in NO_TABLES):
                raise
            return None, set()


@pytest.fixture(params=["sqlite", "postgresql"])
def intake(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Intake]:
    if request.param == "sqlite":
        yield Intake(tmp_path, {})
        return
    with postgres.server() as url:
        yield Intake(tmp_path, {"SEALWRIGHT_REGISTRY_URL": url, "SEALWRIGHT_REGISTRY_TENANT": "killed"})


def kill_and_check(intake: Intake, moments: int) -> None:
    chance = random.Random(20261129)  # noqa: S311 - a seeded choice of moments
    with prepared_processes():
        assert intake.start("--help").wait() == 0  # what it imports is imported once
        started = time.monotonic()
        intake.kill_after(0.0)
        assert intake.start(intake.sent()).wait() == 4
        longest = time.monotonic() - started
        for _ in range(moments - 1):
            intake.kill_after(chance.uniform(0.0, longest))
            intake.check()
        assert intake.start(*intake.inboxes).wait() == 4
        assert intake.check() == len(intake.inboxes) * DOCUMENTS
        assert intake.start("--rebuild").wait() == 4
        assert intake.check() == len(intake.inboxes) * DOCUMENTS


def test_killed_at_some_moments_nothing_is_half_stored_or_lost(intake: Intake) -> None:
    kill_and_check(intake, MOMENTS)


@pytest.mark.whole
def test_killed_at_many_moments_nothing_is_half_stored_or_lost(intake: Intake) -> None:
    kill_and_check(intake, MOST_MOMENTS)


@pytest.mark.parametrize("intake", a_part(["sqlite", "postgresql"], 2), indirect=True)
def test_four_intakes_at_the_same_time_lose_nothing(intake: Intake) -> None:
    shared = intake.sent()
    with prepared_processes():
        running = [intake.start(intake.sent(), shared) for _ in range(4)]
        assert [process.wait() for process in running] == [4] * 4
    assert intake.check() == 5 * DOCUMENTS
