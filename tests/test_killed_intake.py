"""ingest_supplier killed at random moments, on both databases: no document half stored, none lost."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ops.supply_chain.adapters.files.supplier_store import SupplierStore
from ops.supply_chain.adapters.registry.address import registry_address
from ops.supply_chain.adapters.registry.reader import RegistryReader
from ops.supply_chain.contracts.values.registry import RegistryCounts
from ops.supply_chain.core.errors import StageError
from tests.conftest import REPOSITORY
from tests.fakes import postgres

DOCUMENTS, COMPONENTS, MOMENTS = 120, 60, 8
LONGEST_SECONDS = 6.0
NO_TABLES = ("no such table", "does not exist", "unable to open", "SQLITE_CANTOPEN")


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


def start(base: Path, variables: dict[str, str], *words: str) -> subprocess.Popen[bytes]:
    folders = ["--project", str(base / "project"), "--artifacts", str(base / "artifacts")]
    return subprocess.Popen(
        [sys.executable, "-m", "ops.supply_chain.ingest_supplier", *folders, *words],
        cwd=REPOSITORY,
        env={**os.environ, **variables},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def check(base: Path, variables: dict[str, str]) -> int:
    """Check what is there after a kill; return how many documents the registry has."""
    store = SupplierStore(base / "artifacts", variables.get("SEALWRIGHT_REGISTRY_TENANT", ""))
    stored = {store.read(digest).record.sha256 for digest in store.digests()}
    counts = counts_of(base, variables)
    if counts is None:
        return 0
    assert counts.components == counts.documents * COMPONENTS
    assert counts.documents <= len(stored)
    return counts.documents


def counts_of(base: Path, variables: dict[str, str]) -> RegistryCounts | None:
    url, tenant = variables.get("SEALWRIGHT_REGISTRY_URL", ""), variables.get("SEALWRIGHT_REGISTRY_TENANT", "")
    address = registry_address(base / "artifacts", url=url, tenant=tenant)
    try:
        with RegistryReader(address) as reader:
            return reader.counts()
    except StageError as error:  # no table yet: it was killed before the first migration was committed
        if not any(words in error.message for words in NO_TABLES):
            raise
        return None


@pytest.mark.whole
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_killed_at_random_moments_nothing_is_half_stored_or_lost(tmp_path: Path, database: str) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / ".security-config.toml").write_text('component_name = "N"\n')
    (tmp_path / "inbox").mkdir()
    for number in range(DOCUMENTS):
        (tmp_path / "inbox" / f"{number:03}.json").write_bytes(sbom(number))
    if database == "sqlite":
        kill_and_check(tmp_path, {})
        return
    with postgres.server() as url:
        kill_and_check(tmp_path, {"SEALWRIGHT_REGISTRY_URL": url, "SEALWRIGHT_REGISTRY_TENANT": "killed"})


def kill_and_check(base: Path, variables: dict[str, str]) -> None:
    chance = random.Random(20261129)  # noqa: S311 - a seeded choice of moments
    before = 0
    for _ in range(MOMENTS):
        running = start(base, variables, str(base / "inbox"))
        time.sleep(chance.uniform(0.5, LONGEST_SECONDS))
        running.send_signal(signal.SIGKILL)
        running.wait()
        found = check(base, variables)
        assert found >= before
        before = found
    assert start(base, variables, str(base / "inbox")).wait() == 4
    assert check(base, variables) == DOCUMENTS
    assert start(base, variables, "--rebuild").wait() == 4
    assert check(base, variables) == DOCUMENTS
