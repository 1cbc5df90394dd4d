"""The verification for the summary: nothing unchanged is verified twice, and what changed since it was signed is found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ops.supply_chain import sign_artifacts
from ops.supply_chain.contracts.files.verification import BundleResult, Expectations, Given, Verification
from ops.supply_chain.gather.trust.signing import summary
from ops.supply_chain.gather.trust.verification import check
from ops.supply_chain.rehearsal.instance import RehearsalInstance
from ops.supply_chain.trust.verification.verify import verify
from tests.fakes.signing import record_verified
from tests.release.signing_world import FILES, World

TEXT = "N-V-sbom.cdx.json"
ATTESTATION = "N-V-sbom.attestation.sigstore.json"


@pytest.fixture(scope="module")
def instance() -> Iterator[RehearsalInstance]:
    with RehearsalInstance() as found:
        yield found


@pytest.fixture
def world(tmp_path: Path, instance: RehearsalInstance, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(tmp_path, instance, monkeypatch)


@pytest.fixture
def verified(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record each bundle that the library verifies."""
    return record_verified(monkeypatch)


def summarised(world: World, change: Callable[[Path], object]) -> dict[str, BundleResult]:
    """Sign, change something before the release is verified for its summary; return the answer to each bundle."""
    answers: dict[str, BundleResult] = {}

    def check_release(folder: Path, wanted: Expectations, checker: check.BundleChecker) -> check.CheckedRelease:
        change(folder)
        return check.check_release(folder, wanted, checker)

    def seen(given: Given, wanted: Expectations) -> Verification:
        answers.update(given.statements | given.signatures)
        return verify(given, wanted)

    world.patch.setattr(summary, "check_release", check_release)
    world.patch.setattr(check, "verify", seen)
    world.must_sign()
    assert len(answers) == FILES
    return answers


def refused(answers: dict[str, BundleResult]) -> dict[str, str]:
    return {name: answer.problem.partition(":")[0] for name, answer in answers.items() if not answer.counts}


def test_what_was_signed_in_this_run_is_verified_once(world: World, verified: list[str]) -> None:
    assert refused(summarised(world, lambda _: None)) == {}
    assert len(verified) == FILES
    # Bundles of an earlier run are verified in this one.
    del verified[:]
    assert refused(summarised(world, lambda _: None)) == {}
    assert len(verified) == FILES


def append(name: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes() + b" x")


@pytest.mark.parametrize("changed", [TEXT, f"{TEXT}.sigstore.json", "N-V-trusted_root.json"])
def test_a_file_or_bundle_that_changed_after_its_signature_is_refused(world: World, changed: str) -> None:
    bundle = changed if changed.endswith(".sigstore.json") else f"{changed}.sigstore.json"
    assert refused(summarised(world, append(changed))) == {bundle: "does not verify"}


def test_bundles_that_changed_places_are_refused(world: World) -> None:
    def swap(folder: Path) -> None:
        one, other = (folder / f"N-V-{what}.sigstore.json" for what in ("gate.json", "checksums.txt"))
        first = one.read_bytes()
        one.write_bytes(other.read_bytes())
        other.write_bytes(first)

    assert set(refused(summarised(world, swap))) == {"N-V-gate.json.sigstore.json", "N-V-checksums.txt.sigstore.json"}


def test_a_bundle_of_a_file_proves_nothing_as_an_attestation(world: World) -> None:
    def put(folder: Path) -> None:
        (folder / ATTESTATION).write_bytes((folder / f"{TEXT}.sigstore.json").read_bytes())

    assert refused(summarised(world, put)) == {ATTESTATION: "does not verify"}


def test_an_identity_is_compared_with_each_proof_again(world: World) -> None:
    def withdraw(checker: object, _verifier: object, _identities: object) -> None:
        plain(checker, _verifier, ())  # type: ignore[arg-type]

    plain = check.BundleChecker.__init__
    world.patch.setattr(check.BundleChecker, "__init__", withdraw)
    answers = summarised(world, lambda _: None)
    assert set(refused(answers)) == set(answers)


def test_the_verifier_of_a_run_is_of_its_instance_alone(world: World, verified: list[str]) -> None:
    summarised(world, lambda _: None)
    del verified[:]
    with RehearsalInstance() as other:
        world.use(other)
        assert world.sign() == 0
    # Each bundle of the first instance is examined and refused; then there are those of this one.
    assert len(verified) == 2 * FILES
    assert sign_artifacts.NO_SUMMARY in world.record()["notes"]
