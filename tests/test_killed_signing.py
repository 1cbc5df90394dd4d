"""Killed at any moment while signing: what lies there is whole, the next run completes, nothing is signed for nothing."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.supply_chain import sign_artifacts
from ops.supply_chain.adapters.sigstore.bundle_verifier import BundleVerifier
from ops.supply_chain.adapters.sigstore.signer import WORKERS
from ops.supply_chain.core.digests import sha256_bytes
from tests.fakes.signing import clear_platform
from tests.release.handmade import Handmade
from tests.release.many_files import MORE_ITEMS, many_files

DEATHS = 20
SUBJECTS = 24
ITEMS = SUBJECTS + MORE_ITEMS

SERVER = """
import sys
from ops.supply_chain.rehearsal.instance import RehearsalInstance
with RehearsalInstance() as instance:
    for part in (instance.trust_config_json, instance.identity_token(lifetime=3600)):
        print(part.replace("\\n", " "), flush=True)
    for _ in sys.stdin:
        print(instance.entries, flush=True)
"""


class Server:
    """An instance in a process of its own, so that forking this one is safe."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin
        assert process.stdout
        self._in, self._out = process.stdin, process.stdout
        self.trust_config, self.token = self._out.readline(), self._out.readline().strip()

    def entries(self) -> int:
        self._in.write("\n")
        self._in.flush()
        return int(self._out.readline())


@pytest.fixture(scope="module")
def server(repository: Path) -> Iterator[Server]:
    with subprocess.Popen(
        [sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=repository
    ) as process:
        yield Server(process)
        assert process.stdin
        process.stdin.close()
        assert process.wait(10) == 0


def killed(release: Handmade, server: Server, entries: int, pause: float) -> bool:
    """Sign in a process that is killed once the log has so many entries; tell whether it died of that."""
    child = os.fork()
    if child == 0:
        try:
            os._exit(release.run(sign_artifacts.main))
        finally:
            os._exit(99)
    try:
        while server.entries() < entries and os.waitpid(child, os.WNOHANG) == (0, 0):
            time.sleep(0.0005)
        time.sleep(pause)
        os.kill(child, signal.SIGKILL)
        return os.WIFSIGNALED(os.waitpid(child, 0)[1])
    except (ChildProcessError, ProcessLookupError):
        return False


def verify_what_is_there(release: Handmade, server: Server) -> int:
    """Verify every bundle that lies there, whoever was killed; return how many."""
    folder = release.dist / "release"
    root = folder / "N-V-trusted_root.json"
    bundles = sorted(folder.glob("*.sigstore.json"))
    if not bundles:
        return 0
    verifier = BundleVerifier(root.read_bytes())
    for path in bundles:
        if path.name.endswith(".attestation.sigstore.json"):
            verifier.statement(path.read_bytes())
        else:
            verifier.file(
                path.read_bytes(), sha256_bytes((folder / path.name.removesuffix(".sigstore.json")).read_bytes())
            )
    return len(bundles)


@pytest.mark.whole
def test_killed_at_twenty_random_moments(tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    clear_platform(monkeypatch)
    config = tmp_path / "trust_config.json"
    config.write_text(server.trust_config)
    monkeypatch.setenv("SEALWRIGHT_TRUST_CONFIG", str(config))
    monkeypatch.setenv("SIGSTORE_ID_TOKEN", server.token)
    before = many_files(tmp_path / "before", SUBJECTS)
    chance = random.Random(20261120)  # noqa: S311 - a seeded choice of moments
    deaths = 0
    for _ in range(DEATHS * 2):
        if deaths == DEATHS:
            break
        shutil.rmtree(tmp_path / "fresh", ignore_errors=True)
        shutil.copytree(before.base, tmp_path / "fresh")
        release, start = Handmade(tmp_path / "fresh"), server.entries()
        moment = start + chance.randrange(0, ITEMS - WORKERS)
        if not killed(release, server, moment, chance.random() * 0.01):
            continue
        deaths += 1
        there, logged = verify_what_is_there(release, server), server.entries() - start
        # An entry whose bundle was not written yet is lost; there are never more of them than workers.
        assert there <= logged <= there + WORKERS
        assert not (release.dist / "records/sign_artifacts.json").exists()
        release.must(sign_artifacts.main)
        assert verify_what_is_there(release, server) == ITEMS
        assert server.entries() - start == ITEMS + logged - there
        assert not [path.name for path in (release.dist / "release").iterdir() if path.name.startswith(".")]
        record = release.document("records/sign_artifacts.json")
        assert record["counts"] == {"files": ITEMS, "kept": there, "signed": ITEMS, "unsigned": 0}
    assert deaths == DEATHS
