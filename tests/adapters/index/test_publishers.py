from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain.adapters.http.client import Timeouts
from ops.supply_chain.adapters.index import publishers as publisher_sources
from ops.supply_chain.adapters.index.publishers import GONE_REMEDY, OFFLINE_REMEDY, PublisherSources, SourceSettings
from ops.supply_chain.adapters.sigstore.attestation_verifier import AttestationVerifier
from ops.supply_chain.adapters.sigstore.publisher_cache import KeptFile, KeptProject, PublisherCache
from ops.supply_chain.adapters.sigstore.trusted_root import embedded_root
from ops.supply_chain.contracts.values.attestation import AttestationRequest, AttestationStatus, FileAttestation
from ops.supply_chain.core.errors import UsageError
from tests.fakes.index import FakeIndex
from tests.fakes.integrity import FakeIntegrity

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
INFO = {"name": "demo", "version": "1.0", "author": "A"}


@pytest.fixture(autouse=True)
def _calm(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "no-netrc"))
    monkeypatch.setattr(publisher_sources, "TIMEOUTS", Timeouts(attempts=2, backoff_seconds=0.01))


class World:
    """An index and an Integrity API with one unattested wheel."""

    def __init__(self, index: FakeIndex, service: FakeIntegrity, cache: Path) -> None:
        self.index, self.service, self.cache = index, service, cache
        self.wheel = index.add_wheel("demo", "1.0")
        index.infos["demo"] = INFO
        service.add("demo", "1.0", self.wheel.filename, None)

    @property
    def request(self) -> AttestationRequest:
        return AttestationRequest(index="", project="demo", version="1.0", digests=(self.wheel.sha256,))

    def sources(self, *, offline: bool = False, hours: int = 0, **changes: Any) -> PublisherSources:
        settings = SourceSettings(self.index.url, self.index.json_url, self.service.url, 48)._replace(**changes)
        return PublisherSources(self.cache, settings, offline=offline, now=NOW + timedelta(hours=hours))

    def look(self, request: AttestationRequest | None = None, **how: Any) -> tuple[FileAttestation, ...]:
        verifier = AttestationVerifier(embedded_root(), PublisherCache(self.cache))
        asked = request or self.request
        return self.sources(**how).attestations([asked], verifier)[asked]


@pytest.fixture
def world(tmp_path: Path):  # type: ignore[no-untyped-def]
    with FakeIndex() as index, FakeIntegrity() as service:
        yield World(index, service, tmp_path)


def test_a_file_is_found_by_its_digest(world: World) -> None:
    assert world.look() == (FileAttestation(filename=world.wheel.filename, state=AttestationStatus.UNATTESTED),)


def test_a_name_once_learnt_needs_no_page(world: World) -> None:
    world.look()
    world.look()
    assert world.index.asked("/simple/") == 1
    assert len(world.service.asked) == 2


def test_a_name_in_the_lock_needs_no_page(world: World) -> None:
    import msgspec

    named = msgspec.structs.replace(world.request, named=((world.wheel.sha256, world.wheel.filename),))
    assert world.look(named)[0].state is AttestationStatus.UNATTESTED
    assert world.index.asked("/simple/") == 0


def test_a_digest_that_the_index_does_not_have(world: World) -> None:
    request = AttestationRequest(index="", project="demo", version="1.0", digests=("0" * 64, world.wheel.sha256))
    first, second = world.look(request)
    assert first == FileAttestation(
        filename=f"sha256:{'0' * 64}",
        state=AttestationStatus.NOT_EXAMINED,
        reason="the index has no file with a digest that the lock records",
        remedy=GONE_REMEDY,
    )
    assert second.state is AttestationStatus.UNATTESTED


def test_an_index_that_does_not_answer(world: World) -> None:
    [one] = world.look(index_url=f"{world.index.dead}/simple/")
    assert one.state is AttestationStatus.NOT_EXAMINED
    assert one.reason.startswith("could not fetch project pages of 1 of 1 projects: demo: package index ")


def test_another_index_is_asked_at_its_own_host(world: World) -> None:
    with FakeIndex() as private:
        wheel = private.add_wheel("demo", "2.0")
        request = AttestationRequest(index=private.url, project="demo", version="2.0", digests=(wheel.sha256,))
        [one] = world.look(request, trusted=(private.url,))
        assert private.asked("/integrity/demo/2.0/") == 1
    assert one.state is AttestationStatus.NOT_EXAMINED
    assert world.service.asked == []


def test_which_index_is_the_configured_one(world: World) -> None:
    sources = world.sources()
    given = ["", world.index.url, world.index.url.rstrip("/"), "https://example.org/simple/"]
    assert [sources.is_default(index) for index in given] == [True, True, True, False]
    with pytest.raises(UsageError, match="index of a lock: 'nonsense' is not an https address"):
        sources.is_default("nonsense")


ADDRESSES = {
    "the public ones": (SourceSettings(), "", "https://pypi.org/integrity/"),
    "a private index": (SourceSettings(index_url="https://u:p@i.example/simple"), "", "https://i.example/integrity/"),
    "a configured service": (SourceSettings(integrity_url="https://s.example/x"), "", "https://s.example/x/"),
    "not for other indexes": (
        SourceSettings(integrity_url="https://s.example/x"),
        "https://i.example/simple/",
        "https://i.example/integrity/",
    ),
    "the public one named by a lock": (
        SourceSettings(index_url="https://i.example/simple"),
        "https://pypi.org/simple",
        "https://pypi.org/integrity/",
    ),
}


@pytest.mark.parametrize(("settings", "index", "url"), ADDRESSES.values(), ids=ADDRESSES)
def test_where_the_integrity_api_is(tmp_path: Path, settings: SourceSettings, index: str, url: str) -> None:
    assert PublisherSources(tmp_path, settings, offline=True, now=NOW).integrity_url(index) == url


def test_publishers(world: World) -> None:
    answers = world.sources().projects(["demo", "gone"])
    assert answers.failure is None
    assert [name for name, info in answers.found.items() if info is None] == ["gone"]


def test_publishers_that_cannot_be_had(world: World) -> None:
    answers = world.sources(json_url=f"{world.index.dead}/pypi/").projects(["demo"])
    assert answers.found == {}
    assert answers.failure is not None
    assert answers.failure.message.startswith("could not fetch publishers of 1 of 1 projects: demo: package index ")


def test_a_private_index_without_project_json_is_not_looked_up_in_public(world: World) -> None:
    answers = world.sources(json_url="").projects(["demo"])
    assert answers.found == {}
    assert answers.failure is not None
    assert answers.failure.hint == "Set json_url beside url in [index] of .security-config.toml."


class TestOffline:
    def test_what_was_said_before_is_used(self, world: World) -> None:
        online, found = world.look(), world.sources().projects(["demo", "gone"]).found
        asked = len(world.index.requests), len(world.service.asked)
        assert world.look(offline=True, hours=48) == online
        assert world.sources(offline=True, hours=48).projects(["demo", "gone"]).found == found
        assert (len(world.index.requests), len(world.service.asked)) == asked

    def test_its_age_is_told(self, world: World) -> None:
        world.sources().projects(["demo"])
        later = world.sources(offline=True, hours=5)
        later.projects(["demo"])
        assert later.oldest_seconds == 5 * 3600

    def test_what_is_too_old_is_not_used(self, world: World) -> None:
        world.look()
        world.sources().projects(["demo"])
        [one] = world.look(offline=True, hours=49)
        assert (one.state, one.reason, one.remedy) == (
            AttestationStatus.NOT_EXAMINED,
            "offline, and the cached response is 49 hours old, at most 48",
            OFFLINE_REMEDY,
        )
        answers = world.sources(offline=True, hours=49).projects(["demo"])
        assert answers.found == {}
        assert answers.failure is not None
        assert answers.failure.message == (
            "package index: could not fetch publishers of 1 of 1 projects: "
            "offline, and the cached response is 49 hours old, at most 48"
        )

    def test_what_was_never_asked_is_not_examined(self, world: World) -> None:
        [one] = world.look(offline=True)
        assert (one.state, one.reason) == (AttestationStatus.NOT_EXAMINED, "offline, and not in the cache")
        answers = world.sources(offline=True).projects(["demo"])
        assert answers.failure is not None
        assert world.index.requests == []
        assert world.service.asked == []


class TestCache:
    def test_what_is_damaged_counts_as_absent(self, tmp_path: Path) -> None:
        cache = PublisherCache(tmp_path)
        cache.keep_project("r", "demo", KeptProject(asked=NOW, info=None))
        assert cache.project("r", "demo") == KeptProject(asked=NOW, info=None)
        for path in tmp_path.rglob("*"):
            if path.is_file():
                path.write_bytes(path.read_bytes()[:-1])
        assert cache.project("r", "demo") is None

    def test_files_are_added(self, tmp_path: Path) -> None:
        cache = PublisherCache(tmp_path)
        one, two = (KeptFile(asked=NOW, filename=name, document=b"") for name in "ab")
        cache.keep_files("r", "demo", {"1": one})
        cache.keep_files("r", "demo", {"2": two})
        assert cache.files("r", "demo") == {"1": one, "2": two}
        assert cache.files("s", "demo") == cache.files("r", "other") == {}

    def test_it_is_for_its_owner_only(self, tmp_path: Path) -> None:
        PublisherCache(tmp_path / "c").keep_verified("k", ())
        assert (tmp_path / "c" / "publishers").stat().st_mode & 0o077 == 0
