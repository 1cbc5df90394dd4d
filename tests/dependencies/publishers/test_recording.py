from __future__ import annotations

import msgspec

from ops.supply_chain.contracts.config.publishers import PublishersConfig
from ops.supply_chain.contracts.files.publisher_baseline import PublisherBaseline
from ops.supply_chain.contracts.values.attestation import AttestationStatus, FileAttestation
from ops.supply_chain.contracts.values.lock import Lock, LockEntry, LockKind, Pin
from ops.supply_chain.contracts.values.publisher import AttestedPackage, AttestedPublisher, Publisher
from ops.supply_chain.core import canonical
from ops.supply_chain.dependencies.publishers.attested import AttestedPin
from ops.supply_chain.dependencies.publishers.metadata import compare_metadata
from ops.supply_chain.dependencies.publishers.recording import attested_of, recorded

US, THEM = (AttestedPublisher(kind="GitHub", identity={"repository": name}) for name in ("us/x", "them/x"))


def publisher(author: str = "A") -> Publisher:
    return Publisher(author=author, author_email="", home_page="", maintainer="", maintainer_email="", project_urls={})


def lock(*names: str, indirect: tuple[str, ...] = ()) -> Lock:
    entries = tuple(
        LockEntry(
            pin=Pin(name=name, written_name=name, version="1.0", hashes=()),
            line=1,
            path="r.txt",
            direct=name not in indirect,
        )
        for name in (*names, *indirect)
    )
    return Lock(path="r.txt", kind=LockKind.REQUIREMENTS, sha256="0" * 64, size=1, entries=entries)


def attested_pins(
    name: str, by: AttestedPublisher | None, state: AttestationStatus = AttestationStatus.ATTESTED
) -> dict[str, list[AttestedPin]]:
    file = FileAttestation(filename="f", state=state, publishers=(by,) if by else ())
    return {name: [AttestedPin(name, "1.0", (file,))]}


def package(by: AttestedPublisher) -> AttestedPackage:
    return AttestedPackage(publishers=(by,), every_file=True, versions=("1.0",))


def test_first_use_is_recorded() -> None:
    new = recorded(lock("b", "a", indirect=("c",)), None, {"a": publisher(), "b": publisher()}, attested_pins("c", US))
    assert new == PublisherBaseline(direct_deps={"a": publisher(), "b": publisher()}, attested={"c": package(US)})
    assert list(new.direct_deps) == ["a", "b"]


def test_what_is_recorded_stays() -> None:
    old = PublisherBaseline(direct_deps={"a": publisher("old")}, attested={"a": package(US)})
    assert recorded(lock("a"), old, {"a": publisher("new")}, attested_pins("a", THEM)) is None


def test_accepting_replaces_one_name_only() -> None:
    old = PublisherBaseline(
        direct_deps={"A_x": publisher("old"), "b": publisher("old")}, attested={"a-x": package(US), "b": package(US)}
    )
    now = {"a-x": publisher("new"), "b": publisher("new")}
    observations = attested_pins("a-x", THEM) | attested_pins("b", THEM)
    assert recorded(lock("a-x", "b"), old, now, observations, accepted={"a-x"}) == PublisherBaseline(
        direct_deps={"A_x": publisher("new"), "b": publisher("old")}, attested={"a-x": package(THEM), "b": package(US)}
    )


def test_accepting_that_nobody_attests_any_more() -> None:
    old = PublisherBaseline(direct_deps={}, attested={"a": package(US)})
    assert recorded(
        lock(indirect=("a",)), old, {}, attested_pins("a", None, AttestationStatus.UNATTESTED), accepted={"a"}
    ) == (PublisherBaseline(direct_deps={}, attested={}))


def test_what_is_invalid_or_not_examined_cannot_be_accepted() -> None:
    old = PublisherBaseline(direct_deps={"a": publisher()}, attested={"a": package(US)})
    for state in (AttestationStatus.INVALID, AttestationStatus.NOT_EXAMINED):
        assert recorded(lock("a"), old, {}, attested_pins("a", None, state), accepted={"a"}) is None
        assert recorded(lock("a"), None, {}, attested_pins("a", None, state)) is None


def test_what_the_lock_no_longer_has_goes() -> None:
    old = PublisherBaseline(
        direct_deps={"a": publisher(), "gone": publisher(), "now-indirect": publisher()},
        attested={"a": package(US), "gone": package(US), "now-indirect": package(US)},
    )
    assert recorded(lock("a", indirect=("now-indirect",)), old, {}, {}) == PublisherBaseline(
        direct_deps={"a": publisher()}, attested={"a": package(US), "now-indirect": package(US)}
    )


def test_a_baseline_without_the_section_keeps_its_bytes() -> None:
    old = PublisherBaseline(direct_deps={"a": publisher()})
    assert recorded(lock("a"), old, {"a": publisher()}, attested_pins("a", None, AttestationStatus.UNATTESTED)) is None
    assert b"attested" not in canonical.encode(old)
    assert attested_of(old) == attested_of(None) == {}


def test_the_section_reads_back_and_other_readers_find_what_they_know() -> None:
    new = recorded(lock("a"), None, {"a": publisher()}, attested_pins("a", US))
    data = canonical.encode(new)
    assert canonical.decode(data, PublisherBaseline, where="x") == new
    assert msgspec.json.decode(data)["direct_deps"]["a"]["author"] == "A"


def test_a_project_that_the_index_does_not_have_is_not_recorded() -> None:
    assert recorded(lock("a"), None, {"a": None}, {}) is None


def test_recording_settles_the_findings_and_recording_again_changes_nothing() -> None:
    view, now = lock("a", "b"), {"a": publisher(), "b": publisher("B")}
    old = PublisherBaseline(direct_deps={"a": publisher(), "x": publisher()})
    new = recorded(view, old, now, {})
    assert new is not None
    assert compare_metadata(view, new, now, PublishersConfig()) == ()
    assert recorded(view, new, now, {}) is None
