"""Benchmark of a customer's verification of one wheel, as an index on loopback serves it, with its whole release."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.rehearsal.claims import GITHUB_ISSUER
from ops.supply_chain.rehearsal.instance import RehearsalInstance
from tests.benchmarks.measure import Command, repeated
from tests.benchmarks.row import Aim, Row, Sample, alone
from tests.benchmarks.spine import Case
from tests.fakes.index import FakeIndex
from tests.fakes.integrity import FakeIntegrity
from tests.trust.verification.test_package import Served
from tests.trust.verification.world import IDENTITIES, WORKFLOW, World, options

_TIMES = 5


def verifying_one_wheel(_data: Path, scratch: Path) -> Iterator[Row]:
    """Download one wheel, verify its hash, its attestation and the whole release that it is from."""
    with RehearsalInstance(options()) as instance, FakeIndex() as index, FakeIntegrity() as integrity:
        (scratch / "world").mkdir()
        world = World(scratch / "world", instance)
        served = Served(world, scratch, index, integrity)
        served.attest()
        seconds = [_verified(world, served) for _ in range(_TIMES + 1)]
        root = scratch / "root.json"
        root.write_bytes(world.root)
        addresses = ["--index", index.url, "--integrity-api", integrity.url, "--cache", str(scratch / "cache")]
        who = ["--identity", WORKFLOW, "--issuer", GITHUB_ISSUER, "--trusted-root", str(root)]
        module = [sys.executable, "-Im", "ops.supply_chain.sessions.stand_alone", "--package", "demo==1.0"]
        release = [str(scratch / "release"), "--allow-unsigned", "--rehearsal"]
        words = [*module, *addresses, *who, *release]
        whole = repeated(Command(words, scratch).run)
    what = "verify one wheel of a release: bytes, attestation, release"
    yield alone(f"{what}; in a process that is running", Sample(tuple(seconds[1:])), Aim(most=0.5))
    yield alone(f"{what}; the command", whole, Aim(most=1))


def _verified(world: World, served: Served) -> float:
    started = time.perf_counter()
    world.checker = world.examiner_for(IDENTITIES)
    found = served.verify(release=served.release())
    seconds = time.perf_counter() - started
    if found.outcome is not Outcome.PASS:
        raise RuntimeError("the wheel of the benchmark is not verified")
    for path in served.out.iterdir():
        path.unlink()
    return seconds


CASES: tuple[Case, ...] = (verifying_one_wheel,)
