"""The index that the environment names is the one of every stage: no name of its packages goes to the public one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from ops.supply_chain import check_hashes, check_publishers, check_vulnerabilities, generate_sbom, scan_updates
from ops.supply_chain.adapters.http.client import Timeouts
from ops.supply_chain.adapters.index import address, client, publishers
from ops.supply_chain.adapters.osv import sources
from ops.supply_chain.core.errors import ExitCode, UsageError
from ops.supply_chain.runner.preflight import check_project
from tests.fakes.advisories import affected, record, snapshot
from tests.fakes.index import FakeIndex

SECRET = "s3cret-account"  # noqa: S105 - of a test

STAGES = {
    "check_hashes": (check_hashes.main, ["--bytes"], ExitCode.PASS),
    "check_publishers": (check_publishers.main, [], ExitCode.NOT_EXAMINED),  # it has no project JSON
    "check_vulnerabilities": (check_vulnerabilities.main, [], ExitCode.DENIED),
    "generate_sbom": (generate_sbom.main, [], ExitCode.PASS),
    "scan_updates": (scan_updates.main, [], ExitCode.PASS),
}


class World(NamedTuple):
    """A project with one pin that names no index, the index that has it, and the one that must not hear of it."""

    root: Path
    private: FakeIndex
    public: FakeIndex

    @property
    def private_url(self) -> str:
        return self.private.url.replace("://", f"://somebody:{SECRET}@")

    def run(self, stage: str) -> int:
        main, words, _ = STAGES[stage]
        feed = ["--advisories", str(self.root.parent / "osv.zip")] if stage == "check_vulnerabilities" else []
        place = ["--project", str(self.root), "--dist", str(self.root.parent / "dist"), "--version", "1.0"]
        return main([*place, *words, *feed])


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(client, "Timeouts", lambda: Timeouts(attempts=1))
    monkeypatch.setenv("NETRC", str(tmp_path / "none"))
    root = tmp_path / "project"
    root.mkdir()
    with FakeIndex(account=("somebody", SECRET)) as private, FakeIndex() as public:
        for module in (address, client, publishers):
            monkeypatch.setattr(module, "INDEX_URL", public.url)
        for module in (client, publishers, sources):
            monkeypatch.setattr(module, "INDEX_JSON_URL", public.json_url)
        wheel = private.add_wheel("acme-secret", "1.0")
        public.add_wheel("acme-secret", "1.0", yanked="of another project")
        (root / "requirements.in").write_text("acme-secret\n")
        (root / "requirements.txt").write_text(
            f"acme-secret==1.0 --hash={wheel.pin_hash}\n    # via -r requirements.in\n"
        )
        (root / ".security-config.toml").write_text("[feeds]\nmax_file_age_hours = 87600\n")
        known = affected("acme-secret", "introduced 0, last_affected 1.0")
        (tmp_path / "osv.zip").write_bytes(snapshot(record("P-1", known, modified="2026-11-27T00:00:00Z")))
        yield World(root, private, public)


@pytest.mark.parametrize("variable", ["UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"])
@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_asks_it_alone_and_says_where_it_is_from(
    world: World, stage: str, variable: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(variable, world.private_url)
    code = world.run(stage)
    shown = capfd.readouterr()
    assert code == STAGES[stage][2], shown
    assert world.public.requests == []
    assert stage == "check_publishers" or world.private.asked("acme-secret")
    assert SECRET not in shown.out + shown.err
    for path in (world.root.parent / "dist").rglob("*.json"):
        assert SECRET not in path.read_text()
    if stage not in ("scan_updates", "check_publishers"):
        left = json.loads((world.root.parent / "dist/records" / f"{stage}.json").read_text())
        note = f"the package index is {world.private.url}, from the environment ({variable}): [index].url is not set"
        assert left["notes"][0] == note


@pytest.mark.parametrize("stage", STAGES)
def test_where_it_is_unknown_which_index_a_pin_is_from_none_is_asked(
    world: World, stage: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", world.private_url)
    assert world.run(stage) == ExitCode.USAGE
    shown = capfd.readouterr()
    assert "the environment names several package indexes" in shown.err
    assert SECRET not in shown.err
    assert world.public.requests == world.private.requests == []
    with pytest.raises(UsageError):  # once, before the first stage of a session
        check_project(world.root, version="1.0")


def test_without_a_variable_the_public_one_is_asked(world: World) -> None:
    assert world.run("check_hashes") == ExitCode.DENIED
    assert world.public.asked("acme-secret")
    assert world.private.requests == []


def test_a_fleet_asks_it_too(world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", world.private_url)
    (tmp_path / "fleet.txt").write_text("project\n")
    place = ["--project", str(world.root), "--dist", str(tmp_path / "dist"), "--version", "1.0"]
    assert check_hashes.main([*place, "--fleet", str(tmp_path / "fleet.txt")]) == ExitCode.PASS
    assert world.public.requests == []
