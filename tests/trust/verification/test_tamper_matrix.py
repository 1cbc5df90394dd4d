"""No damaged release is accepted, save where the change is harmless by design; and nothing untyped is ever raised."""

from __future__ import annotations

import base64
import json
from collections import Counter

import pytest

from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.outcome import Outcome
from tests.trust.verification.sealing import PREFIX, sealed
from tests.trust.verification.tampering import REASONS, REWRITTEN, Case, cases, detached_cases, harmless
from tests.trust.verification.world import Release, World, failing, failures

LEAST = 5_000
STEP = 41
"""The default run takes each so-many-th case, another one of each file every time; `-m whole` takes them all."""

MOST_HARMLESS = 600
"""Of all cases: about fifteen of each bundle, which depend a little on its bytes."""
SBOM, ROOT = f"{PREFIX}-sbom.cdx.json", f"{PREFIX}-trusted_root.json"
SAME_ROOT = "signs the same bytes: both releases have one trusted root"


@pytest.mark.parametrize("step", [pytest.param(STEP, id="a part"), pytest.param(1, id="all", marks=pytest.mark.whole)])
def test_no_damage_is_accepted_but_what_is_harmless_by_design(world: World, step: int) -> None:
    every = list(cases(world.first, world.second))
    tried = every[::step]
    assert len(every) >= LEAST
    assert {case.name for case in tried} == set(world.first.files)
    accepted = [case for case in tried if is_accepted(world, world.first, case)]
    found = [(case, _reasons(world, case.changes)) for case in accepted]
    assert [f"{case.name}: {case.kind}" for case, reasons in found if not reasons or "" in reasons] == []
    counted = Counter(reason for _, reasons in found for reason in reasons)
    assert set(counted) <= {REWRITTEN, SAME_ROOT, *REASONS}
    most = (
        MOST_HARMLESS if step == 1 else 2 * MOST_HARMLESS / step
    )  # how many are in a part is chance: keys are new in each run
    assert 0 < counted.total() <= most, counted
    if step == 1:
        # A reason that no case needs any more has to go.
        assert set(counted) == {REWRITTEN, SAME_ROOT, *REASONS}


@pytest.mark.parametrize("step", [pytest.param(STEP, id="a part"), pytest.param(1, id="all", marks=pytest.mark.whole)])
def test_no_damage_to_a_detached_signature_is_accepted(world: World, step: int) -> None:
    every = list(detached_cases(world.detached))
    accepted = [f"{case.name}: {case.kind}" for case in every[::step] if is_accepted(world, world.detached, case)]
    assert accepted == []
    assert len(every) > 500


def test_no_file_signed_by_a_stranger_is_accepted(world: World) -> None:
    """Each file as it is, and each with another byte, signed well by somebody whom nobody named."""
    names = [name for name in world.first.files if f"{name}.sigstore.json" in world.first.files]
    accepted = []
    for name in names:
        data = world.first.files[name]
        for changed in (data, data + b" "):
            bundle = world.signed(changed, identity="mallory@example.org")
            found = world.judged(world.first.replaced({name: changed, f"{name}.sigstore.json": bundle}))
            if found.ruling is not Outcome.FAIL or "files.signed" not in failing(found):
                accepted.append(name)
    assert (accepted, len(names)) == ([], 8)


def test_a_release_made_consistent_and_signed_anew_by_a_stranger_is_refused(world: World) -> None:
    files = sealed(
        world.first, documents={SBOM: lambda plain: plain["metadata"].update(timestamp="2020-01-01T00:00:00Z")}
    )
    files[ROOT] = world.first.files[ROOT]
    who = "mallory@example.org"
    whole = {**files, **{f"{name}.sigstore.json": world.signed(data, identity=who) for name, data in files.items()}}
    for what in ("sbom", "provenance"):
        attestation = f"{PREFIX}-{what}.attestation.sigstore.json"
        payload = json.loads(world.first.files[attestation])["dsseEnvelope"]["payload"]
        whole[attestation] = world.attested(base64.b64decode(payload), identity=who)
    found = world.judged(whole)
    assert {"files.signed", "attestations.signed"} <= failing(found)
    assert all("is signed by mallory@example.org" in line for line in failures(found) if "files.signed" in line)


def is_accepted(world: World, release: Release, case: Case) -> bool:
    try:
        return world.judged(release.replaced(case.changes)).ruling is Outcome.PASS
    except InputError:
        return False  # the files are no release any more


def _reasons(world: World, changes: dict[str, bytes | None]) -> set[str]:
    """Say of each changed file why its change may be accepted; an empty text where it may not."""
    first, theirs = world.first.files, set(world.second.files.values())
    found = set()
    for name, data in changes.items():
        before = first.get(name, b"")
        if data != before:
            of_root = name.endswith("-trusted_root.json.sigstore.json") and data in theirs
            found.add(SAME_ROOT if of_root else harmless(name, before, data or b""))
    return found
