"""Killed at any byte or step, a stage leaves nothing half-written that is taken for whole, and runs again."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from ops.supply_chain import assemble_release, bundle_evidence, generate_provenance, retain_artifacts
from ops.supply_chain.adapters.files.artifact_store import ArtifactStore
from ops.supply_chain.adapters.files.folders import files_in
from ops.supply_chain.contracts.files.provenance import Statement
from ops.supply_chain.core import canonical
from ops.supply_chain.release.retention.rules import with_chain_problems
from ops.supply_chain.runner import stage as stage_runner
from ops.supply_chain.runner.clock import read_clock
from tests.parts import by_steps
from tests.release.handmade import Handmade, Main
from tests.release.killing import killed_after_bytes, killed_before_step

PRUNE = ("--prune", "--apply")
Whole = Callable[[Handmade, Handmade], None]


def evidence_is_whole_or_absent(killed: Handmade, good: Handmade) -> None:
    for name in files_in(killed.dist / "evidence"):
        assert (killed.dist / "evidence" / name).read_bytes() == (good.dist / "evidence" / name).read_bytes()


def provenance_is_whole_or_absent(killed: Handmade, good: Handmade) -> None:
    for name in files_in(killed.dist / "provenance"):
        canonical.read(killed.dist / "provenance" / name, Statement)


def release_is_whole_or_absent(killed: Handmade, good: Handmade) -> None:
    if (killed.dist / "release").exists():
        assert contents(killed.dist / "release") == contents(good.dist / "release")


def store_is_whole_or_absent(killed: Handmade, good: Handmade) -> None:
    store = ArtifactStore(killed.artifacts)
    for version in store.versions("N"):
        assert store.release("N", version, digests=True).problems == ()
        assert set(files_in(killed.store / version)) == {*files_in(killed.dist / "release"), "manifest.json"}


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


CASES: dict[str, tuple[Main, Whole]] = {
    "bundle_evidence": (bundle_evidence.main, evidence_is_whole_or_absent),
    "generate_provenance": (generate_provenance.main, provenance_is_whole_or_absent),
    "assemble_release": (assemble_release.main, release_is_whole_or_absent),
    "retain_artifacts": (retain_artifacts.main, store_is_whole_or_absent),
}


def copies(tmp_path: Path, stage: str) -> tuple[Handmade, Callable[[], Handmade]]:
    """Return a release that was made without interruption, and fresh copies of one before the stage."""
    before = Handmade(tmp_path / "before")
    before.until(stage)
    good = Handmade(tmp_path / "good")
    shutil.copytree(before.base, good.base)
    good.must(CASES[stage][0])

    def fresh() -> Handmade:
        shutil.rmtree(tmp_path / "fresh", ignore_errors=True)
        shutil.copytree(before.base, tmp_path / "fresh")
        return Handmade(tmp_path / "fresh")

    return good, fresh


BY_DEFAULT = ("assemble_release", "retain_artifacts")
"""Those that write most; `-m whole` has all of them."""


@by_steps(2)
@pytest.mark.parametrize(
    "stage", [stage if stage in BY_DEFAULT else pytest.param(stage, marks=pytest.mark.whole) for stage in CASES]
)
def test_killed_at_any_byte(tmp_path: Path, stage: str, step: int) -> None:
    main, whole = CASES[stage]
    good, fresh = copies(tmp_path, stage)
    count, deaths = 0, 0
    while killed_after_bytes(lambda: fresh().run(main), count):
        killed = Handmade(tmp_path / "fresh")
        whole(killed, good)
        killed.must(main)
        whole(killed, good)
        deaths += 1
        for _ in range(step):
            count = count * 2 + 1
    assert deaths > 8 // step


@by_steps(2)
@pytest.mark.parametrize("stage", CASES)
def test_killed_before_any_step(tmp_path: Path, stage: str, step: int) -> None:
    main, whole = CASES[stage]
    good, fresh = copies(tmp_path, stage)
    number, deaths = 0, 0
    while True:
        case = fresh()
        if not killed_before_step(lambda case=case: case.run(main), number, case.base):  # type: ignore[misc]
            break
        whole(case, good)
        case.must(main)
        whole(case, good)
        left = list(case.base.rglob(".tmp-*"))
        assert left == []
        deaths += 1
        number += 3 * step
    assert deaths > 3


@by_steps(2)
def test_a_killed_pruning_leaves_whole_releases_and_an_unbroken_chain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    before = Handmade(tmp_path / "before")
    for version in ("V1", "V2", "V3"):
        shutil.rmtree(before.dist, ignore_errors=True)
        before.version = version
        before.until("retain_artifacts")
        before.write("project/.security-config.toml", 'component_name = "N"\n[retention]\ndays = 0\n')
        before.must(retain_artifacts.main)
    monkeypatch.setattr(stage_runner, "read_clock", lambda: read_clock() + timedelta(days=2))
    number, deaths = 0, 0
    while True:
        shutil.rmtree(tmp_path / "fresh", ignore_errors=True)
        shutil.copytree(before.base, tmp_path / "fresh")
        case = Handmade(tmp_path / "fresh", version="V3")
        if not killed_before_step(
            lambda case=case: case.run(retain_artifacts.main, *PRUNE),  # type: ignore[misc]
            number,
            case.store,
        ):
            break
        assert checked(case) in ({"V1", "V2", "V3"}, {"V2", "V3"}, {"V3"})
        assert case.run(retain_artifacts.main, *PRUNE) == 0
        assert checked(case) == {"V3"}
        assert sorted(path.name for path in case.store.iterdir()) == [".lock", "V3", "pruned.json"]
        deaths += 1
        number += 2 * step
    assert deaths > 10


def checked(case: Handmade) -> set[str]:
    store = ArtifactStore(case.artifacts)
    held = [store.release("N", version, digests=True) for version in store.versions("N")]
    assert [one.problems for one in with_chain_problems(held, store.pruned("N"))] == [()] * len(held)
    return {one.version for one in held}
