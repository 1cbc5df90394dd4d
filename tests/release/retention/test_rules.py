"""How long releases are kept, how they form a chain, and which may be removed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.supply_chain.contracts.config.file import Config
from ops.supply_chain.contracts.config.periods import retained_until
from ops.supply_chain.contracts.config.retention import RetentionConfig
from ops.supply_chain.contracts.files.manifest import HeldRelease, Manifest, ManifestFile, PreviousRelease
from ops.supply_chain.core.canonical import encode
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.release.retention.rules import (
    build_manifest,
    by_configuration,
    by_manifest,
    differing,
    lacks_signatures,
    newest,
    plan_pruning,
    pruned_entry,
    retained_on,
    with_chain_problems,
)

NOW = datetime(2026, 11, 20, 23, 59, 59, tzinfo=UTC)


def file_of(name: str, content: str = "") -> ManifestFile:
    return ManifestFile(name=name, sha256=sha256_bytes(content.encode()), size=len(content), media_type="text/plain")


def held_of(manifest: Manifest) -> HeldRelease:
    return HeldRelease(
        component=manifest.component,
        version=manifest.version,
        manifest=manifest,
        manifest_sha256=sha256_bytes(encode(manifest)),
        problems=(),
    )


def chain(*days: int, now: datetime = NOW) -> list[HeldRelease]:
    """Make releases v1, v2, ... that follow each other, each kept for so many days."""
    found: list[HeldRelease] = []
    for number, kept in enumerate(days, 1):
        last = found[-1] if found else None
        previous = (
            (number - 1, PreviousRelease(version=last.version, manifest_sha256=last.manifest_sha256)) if last else None
        )
        found.append(
            held_of(
                build_manifest(
                    [file_of(f"N-v{number}-provenance.intoto.json"), file_of("a")],
                    component="N",
                    version=f"v{number}",
                    created="2026-01-01T00:00:00Z",
                    now=now,
                    until=now.date() + timedelta(days=kept),
                    last=previous,
                )
            )
        )
    return found


def problems(releases: list[HeldRelease], *pruned: HeldRelease) -> dict[str, tuple[str, ...]]:
    lines = [pruned_entry(one.manifest, one.manifest_sha256, NOW) for one in pruned if one.manifest]
    return {one.version: one.problems for one in with_chain_problems(releases, lines)}


def test_the_manifest() -> None:
    [first, second] = [held.manifest for held in chain(365, 0)]
    assert first is not None
    assert second is not None
    assert (first.retained_at, first.retained_until) == ("2026-11-20T23:59:59Z", "2027-11-20")
    assert second.retained_until == "2026-11-20"
    assert (first.sequence, first.previous, second.sequence) == (1, None, 2)
    assert second.previous == PreviousRelease(version="v1", manifest_sha256=sha256_bytes(encode(first)))
    assert [file.name for file in first.files] == ["N-v1-provenance.intoto.json", "a"]


def test_a_chain_holds_in_any_order() -> None:
    one, two, three = chain(1, 1, 1)
    assert problems([three, one, two]) == {"v1": (), "v2": (), "v3": ()}


def test_a_link_that_was_pruned_is_accounted_for() -> None:
    one, two, three = chain(1, 1, 1)
    assert problems([two, three], one) == {"v2": (), "v3": ()}
    assert problems([three], one, two) == {"v3": ()}


def test_a_link_that_is_gone() -> None:
    one, _, three = chain(1, 1, 1)
    assert problems([one, three]) == {"v1": (), "v3": ("v3: the release before it, v2, is gone and was not pruned",)}


def test_a_link_that_was_rewritten() -> None:
    one, two = chain(1, 1)
    assert one.manifest is not None
    other = held_of(msgspec.structs.replace(one.manifest, retained_until="2020-01-01"))
    assert problems([other, two]) == {
        "v1": (),
        "v2": ("v2: the release before it, v1, is not the one that it names",),
    }


def test_two_firsts() -> None:
    one, two = chain(1, 1)
    assert two.manifest is not None
    second = held_of(msgspec.structs.replace(two.manifest, sequence=1, previous=None))
    assert problems([one, second]) == {"v1": (), "v2": ("v2: has the same place in the chain as v1",)}


def test_a_later_one_that_names_nothing() -> None:
    _, two = chain(1, 1)
    assert two.manifest is not None
    alone = held_of(msgspec.structs.replace(two.manifest, previous=None))
    assert problems([alone]) == {"v2": ("v2: names no release before it, and is not the first",)}


DAYS_LATER = {
    "the last day of the shortest": (
        10,
        ["v1 kept until 2026-11-30", "v2 kept until 2026-12-10", "v3 kept until 2026-11-30"],
    ),
    "the day after": (11, ["v1 expired after 2026-11-30", "v2 kept until 2026-12-10", "v3 the newest"]),
    "long after": (999, ["v1 expired after 2026-11-30", "v2 expired after 2026-12-10", "v3 the newest"]),
}


@pytest.mark.parametrize("what", DAYS_LATER)
def test_what_may_be_removed(what: str) -> None:
    days, expected = DAYS_LATER[what]
    decisions = plan_pruning(chain(10, 20, 10), NOW + timedelta(days=days))
    assert [f"{one.held.version} {one.reason}" for one in decisions] == expected
    assert [one.remove for one in decisions] == ["expired" in text for text in expected]


def test_no_configuration_shortens_what_a_manifest_states() -> None:
    long_ago = date(2000, 1, 1)
    releases = chain(10, 20, 10)
    decisions = plan_pruning(releases, NOW + timedelta(days=10), lambda _: long_ago)
    assert [decision.remove for decision in decisions] == [False, False, False]
    manifest = releases[1].manifest
    assert manifest is not None
    shortest = Config(retention=RetentionConfig(days=1))
    assert (
        by_configuration(shortest)(manifest) == by_manifest(manifest) > retained_until(shortest, retained_on(manifest))
    )


def test_what_does_not_verify_is_never_removed() -> None:
    one, two, three = chain(1, 1, 1)
    damaged = msgspec.structs.replace(one, problems=("v1/a: is missing",))
    unreadable = HeldRelease(component="N", version="v0", manifest=None, manifest_sha256="", problems=("x",))
    decisions = plan_pruning([damaged, two, three, unreadable], NOW + timedelta(days=99))
    assert [(one.held.version, one.remove, one.reason) for one in decisions] == [
        ("v1", False, "does not verify"),
        ("v2", True, "expired after 2026-11-21"),
        ("v3", False, "the newest"),
        ("v0", False, "does not verify"),
    ]


@settings(derandomize=True, max_examples=100, deadline=None)
@given(days=st.lists(st.integers(0, 50), min_size=1, max_size=6), later=st.integers(0, 60))
def test_pruning_never_removes_the_newest_or_the_unexpired(days: list[int], later: int) -> None:
    releases = chain(*days)
    now = NOW + timedelta(days=later)
    kept = [one.held for one in plan_pruning(releases, now) if not one.remove]
    gone = [one.held for one in plan_pruning(releases, now) if one.remove]
    assert newest(kept) == newest(releases)
    assert all(one.manifest and one.manifest.retained_until < now.date().isoformat() for one in gone)
    # What is left is still a whole chain, and pruning again removes nothing more.
    lines = [pruned_entry(one.manifest, one.manifest_sha256, now) for one in gone if one.manifest]
    left = with_chain_problems(kept, lines)
    assert [one.problems for one in left] == [()] * len(kept)
    assert not any(one.remove for one in plan_pruning(left, now))


def test_a_second_making_may_differ_only_in_what_tells_of_a_run() -> None:
    [held] = chain(1)
    assert held.manifest is not None
    same = {file.name: file.sha256 for file in held.manifest.files}
    of_a_run = {
        "N-v1-gate.json": "1",
        "N-v1-provenance.intoto.json": "2",
        "N-v1-checksums.txt": "3",
        "a.sigstore.json": "4",
        "N-v1-verification.json": "5",
        "N-v1-verification.md": "6",
        "N-v1-verification.vsa.json": "7",
    }
    assert differing(held.manifest, {**same, **of_a_run}) == ()
    assert differing(held.manifest, {**same, "a": "0", "b": "0"}) == ("a", "b")
    assert differing(held.manifest, {}) == ("a",)


def test_the_provenance_under_its_other_name_is_another_file() -> None:
    [held] = chain(1)
    assert held.manifest is not None
    kept = {file.name: file.sha256 for file in held.manifest.files}
    assert differing(held.manifest, {**kept, "build-provenance.json": "2"}) == ("build-provenance.json",)
    others = {name: sha256 for name, sha256 in kept.items() if name != "N-v1-provenance.intoto.json"}
    files = (*(file for file in held.manifest.files if file.name in others), file_of("build-provenance.json"))
    conventional = msgspec.structs.replace(held.manifest, files=files)
    assert differing(conventional, {**others, "build-provenance.json": "2", "a.bundle": "3"}) == ()


def test_signatures_that_were_made_after_retaining() -> None:
    [unsigned] = [held.manifest for held in chain(1)]
    assert unsigned is not None
    signed = msgspec.structs.replace(unsigned, files=(*unsigned.files, file_of("a.sigstore.json")))
    assert lacks_signatures(unsigned, ["a", "a.sigstore.json"])
    assert not lacks_signatures(unsigned, ["a"])
    assert not lacks_signatures(signed, ["a", "a.sigstore.json", "b.sigstore.json"])
    assert not lacks_signatures(signed, ["a"])


def test_what_signing_makes_may_differ() -> None:
    [manifest] = [held.manifest for held in chain(1)]
    assert manifest is not None
    made = {file.name: file.sha256 for file in manifest.files}
    for name in ("a.sigstore.json", "a.sig", "a.crt", "N-v1-trusted_root.json", "N-v1-sbom.attestation.sigstore.json"):
        assert differing(manifest, {**made, name: "0" * 64}) == ()
    assert differing(manifest, {**made, "N-v1-trusted_root.txt": "0" * 64}) == ("N-v1-trusted_root.txt",)
