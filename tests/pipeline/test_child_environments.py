"""Canary secrets in the environment reach only the processes that need them, as the process table shows it.

Those of a release without its signing are in `test_gated_release.py`, as it takes long to run one.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.supply_chain import commands, daily_scan_uses, release_uses
from tests.pipeline.canaries import IS_VISIBLE, assert_only_where_needed
from tests.pipeline.gated_world import World, made_world

SESSIONS = {
    "release": ("runner.pipeline", commands(release_uses())),
    "rehearse": ("sessions.rehearse", commands(release_uses())),
    "daily_scan": ("sessions.scan", commands(daily_scan_uses())),
}
pytestmark = pytest.mark.skipif(not IS_VISIBLE, reason="this system has no /proc")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with made_world(tmp_path_factory.mktemp("made")) as world:
        yield world


@pytest.mark.parametrize(
    ("module", "steps"),
    [pytest.param(*use, id=name, marks=[pytest.mark.whole] * (name != "daily_scan")) for name, use in SESSIONS.items()],
)
def test_canaries_reach_only_what_needs_them(made: World, tmp_path: Path, module: str, steps: tuple[str, ...]) -> None:
    with made.copied(tmp_path) as world:
        _done, sampler = world.run_sampled(steps, module)
    assert {"check_locks", "check_vulnerabilities", "uv"} <= sampler.programs, sampler.programs
    if module != "sessions.scan":
        # Rules are evaluated in a fork of evaluate_policy, which has its name and its variables.
        assert {"check_source", "git", "evaluate_policy"} <= sampler.programs, sampler.programs
    # A rehearsal signs with a token of its own instance; a release ends where it signs, because a canary is no token.
    assert_only_where_needed(sampler, signs={"sign_artifacts"} if module == "runner.pipeline" else set())
