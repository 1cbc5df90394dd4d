"""Past releases are verified again: a change of a file, a signature or what is served is found within a week."""

from __future__ import annotations

import shutil
from argparse import Namespace
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest

from ops.supply_chain.adapters.files.artifact_store import ArtifactStore
from ops.supply_chain.contracts.config.releases import ReleasesConfig
from ops.supply_chain.contracts.files.manifest import HeldRelease
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.gather.assurance.shipped_restoration import Restored, restore
from ops.supply_chain.gather.assurance.shipped_verification import DAYS, is_due, verify_again
from ops.supply_chain.gather.risk.advisories.shipped import held_releases
from ops.supply_chain.runner.context import StageRun
from tests.assurance.claims.test_tampering import run_of
from tests.fakes.github import Ask, FakeGithub, Mood
from tests.fakes.retained_releases import RetainedReleases
from tests.trust.verification.world import World

COMPONENT = "small"
REPOSITORY = "acme/widget"
KEPT = ("-verification.json", "-verification.md", "-vsa.json")


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGithub]:
    with FakeGithub() as service:
        monkeypatch.setenv("GITHUB_API_URL", service.api)
        monkeypatch.delenv("GH_TOKEN", raising=False)
        monkeypatch.delenv("GITHUB_TOKEN", raising=False)
        yield service


@pytest.fixture
def run(world: World, tmp_path: Path, github: FakeGithub, monkeypatch: pytest.MonkeyPatch) -> StageRun:
    """Return a run whose repository is not at GitHub: its remote is of another host than the service."""
    monkeypatch.setenv("SEALWRIGHT_REHEARSAL", "1")  # the instance that signed is that of a rehearsal
    shutil.copytree(world.base / "artifacts", tmp_path / "artifacts")
    made = run_of(world, tmp_path)
    return msgspec.structs.replace(made, args=Namespace(version="", attestations=[]), offline=False)


def again(run: StageRun) -> list[tuple[str, str]]:
    held = held_releases(ArtifactStore(run.artifacts), COMPONENT)
    return [(found.code, found.message) for found in verify_again(run, held, everything=True).findings]


def newest(run: StageRun) -> Path:
    return max((run.artifacts / "supply-chain" / COMPONENT).iterdir(), key=lambda path: path.name)


def with_its_digest(folder: Path, name: str, data: bytes) -> None:
    """Change a file, and the manifest with it: as someone does who can write the whole store."""
    before = (folder / name).read_bytes()
    (folder / name).write_bytes(data)
    manifest = folder / "manifest.json"
    text = manifest.read_bytes().replace(sha256_bytes(before).encode(), sha256_bytes(data).encode())
    manifest.write_bytes(text)


def test_releases_as_they_are_verify(run: StageRun) -> None:
    held = held_releases(ArtifactStore(run.artifacts), COMPONENT)
    found = verify_again(run, held, everything=True)
    assert found.findings == ()
    assert found.due == len(held) > 1


@pytest.mark.parametrize("ending", ["-sbom.cdx.json", "-gate.json.sigstore.json"])
def test_a_change_that_the_manifest_hides_is_found_by_the_signature(run: StageRun, ending: str) -> None:
    folder = newest(run)
    [path] = folder.glob(f"*{ending}")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    with_its_digest(folder, path.name, bytes(data))
    found = again(run)
    [(code, message)] = found
    assert code == "shipped.unverified"
    assert message.startswith(f"release {folder.name} does not verify any more: ")
    assert path.name.removesuffix(".sigstore.json") in message


def test_a_change_of_the_bytes_alone_is_found_by_the_digest(run: StageRun) -> None:
    [path] = newest(run).glob("*-evidence.tar.gz")
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(bytes(data))
    codes = {code for code, _ in again(run)}
    assert codes == {"shipped.changed", "shipped.unverified"}


class Served:
    """The newest release at GitHub."""

    def __init__(self, run: StageRun, github: FakeGithub) -> None:
        folder = newest(run)
        manifest = ArtifactStore(run.artifacts).release(COMPONENT, folder.name, digests=False).manifest
        assert manifest is not None
        self.files = {
            file.name: (folder / file.name).read_bytes() for file in manifest.files if not file.name.endswith(KEPT)
        }
        self.version = folder.name
        self.github = github

    def publish(self) -> None:
        self.github.add(self.version, self.files)


@pytest.fixture
def served(run: StageRun, github: FakeGithub) -> tuple[StageRun, Served]:
    """Return a run whose configuration names its repository, and what is to be published there."""
    reporting = msgspec.structs.replace(run.config.reporting, github=REPOSITORY)
    run = msgspec.structs.replace(run, config=msgspec.structs.replace(run.config, reporting=reporting))
    return run, Served(run, github)


def test_what_github_serves_is_compared(served: tuple[StageRun, Served]) -> None:
    run, there = served
    there.publish()
    assert again(run) == []


def test_a_changed_or_missing_or_added_asset_is_found(served: tuple[StageRun, Served]) -> None:
    run, there = served
    changed, missing, *_ = sorted(there.files)
    there.files[changed] += b"x"
    del there.files[missing]
    there.files["more.txt"] = b"x"
    there.publish()
    found = again(run)
    assert {code for code, _ in found} == {"shipped.served"}
    assert len(found) == 3
    for name in (changed, missing, "more.txt"):
        assert any(f": {name}: GitHub {REPOSITORY} " in message for _, message in found)


@pytest.mark.parametrize("mood", [Mood.MALFORMED, Mood.FORBIDDEN])
def test_github_without_an_answer_is_not_examined(served: tuple[StageRun, Served], mood: Mood) -> None:
    run, there = served
    there.publish()
    there.github.misbehave(Ask.BY_TAG, mood)
    assert {code for code, _ in again(run)} == {"shipped.not-examined"}


def test_offline_is_not_examined(served: tuple[StageRun, Served]) -> None:
    run, there = served
    there.publish()
    assert {code for code, _ in again(msgspec.structs.replace(run, offline=True))} == {"shipped.not-examined"}


def test_a_rehearsal_never_verifies_in_place_of_a_release(run: StageRun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SEALWRIGHT_REHEARSAL")
    found = again(run)
    assert {code for code, _ in found} == {"shipped.unverified"}
    assert all("is from a rehearsal" in message for _, message in found)


class Emptied:
    """A new runner: nothing is retained, and every release is at GitHub."""

    def __init__(self, served: tuple[StageRun, Served]) -> None:
        self.run, there = served
        self.github = there.github
        releases = ReleasesConfig(supported="90 years")
        self.run = msgspec.structs.replace(self.run, config=msgspec.structs.replace(self.run.config, releases=releases))
        store = self.run.artifacts / "supply-chain" / COMPONENT
        self.versions = sorted(path.name for path in store.iterdir() if path.is_dir())
        self.files: dict[str, dict[str, bytes]] = {}
        for version in self.versions:
            self.files[version] = {
                path.name: path.read_bytes()
                for path in (store / version).iterdir()
                if path.name != "manifest.json" and not path.name.endswith(KEPT)
            }
        shutil.rmtree(self.run.artifacts)

    def publish(self) -> None:
        for version in self.versions:
            self.github.add(version, self.files[version])

    def held(self) -> tuple[HeldRelease, ...]:
        return held_releases(ArtifactStore(self.run.artifacts), COMPONENT)


@pytest.fixture
def emptied(served: tuple[StageRun, Served]) -> Emptied:
    return Emptied(served)


def test_an_empty_store_is_filled_with_what_verifies(emptied: Emptied) -> None:
    emptied.publish()
    emptied.github.add("other-tag", {"notes.txt": b"no release of this kind"})
    found = restore(emptied.run)
    assert (found.findings, found.versions) == ((), tuple(emptied.versions))
    held = emptied.held()
    assert [release.problems for release in held] == [()] * len(emptied.versions)
    assert restore(emptied.run) == Restored()


def test_what_does_not_verify_is_not_retained(emptied: Emptied) -> None:
    last = emptied.versions[-1]
    [name] = [name for name in emptied.files[last] if name.endswith("-sbom.cdx.json")]
    emptied.files[last][name] += b" "
    emptied.publish()
    found = restore(emptied.run)
    assert [finding.code for finding in found.findings] == ["shipped.unverified"]
    assert [release.version for release in emptied.held()] == emptied.versions[:-1]


@pytest.mark.parametrize("ask", [Ask.LIST, Ask.BYTES])
def test_what_github_does_not_give_is_not_examined(emptied: Emptied, ask: Ask) -> None:
    emptied.publish()
    emptied.github.misbehave(ask, Mood.FORBIDDEN if ask is Ask.LIST else Mood.NOT_FOUND)
    found = restore(emptied.run)
    assert {finding.code for finding in found.findings} == {"shipped.not-examined"}
    assert emptied.held() == ()


def test_only_supported_releases_are_restored(emptied: Emptied) -> None:
    emptied.publish()
    newest_alone = msgspec.structs.replace(emptied.run.config, releases=ReleasesConfig(supported="newest"))
    found = restore(msgspec.structs.replace(emptied.run, config=newest_alone))
    assert found.versions == tuple(emptied.versions[-1:])


def test_a_project_that_names_no_repository_restores_nothing(run: StageRun) -> None:
    shutil.rmtree(run.artifacts)
    assert restore(run) == Restored()


def test_every_release_is_due_on_exactly_one_of_seven_days(tmp_path: Path) -> None:
    releases = RetainedReleases(tmp_path / "artifacts")
    for number in range(20):
        releases.add(f"1.{number}", {})
    releases.path("1.3", "manifest.json").write_text("{")
    held: tuple[HeldRelease, ...] = held_releases(ArtifactStore(tmp_path / "artifacts"), "thing")
    for start in range(0, 30, 3):
        days = [date(2026, 12, 1) + timedelta(days=start + offset) for offset in range(DAYS)]
        due = [[release.version for release in held if is_due(release, day)] for day in days]
        assert sorted(version for versions in due for version in versions) == sorted(each.version for each in held)
        assert max(map(len, due)) <= 4
