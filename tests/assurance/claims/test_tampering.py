"""Whatever is done to a retained release, no claim is added, and every claim that rests on it is gone."""

from __future__ import annotations

import json
import shutil
from argparse import Namespace
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain.adapters.files.configuration import read_config
from ops.supply_chain.assurance.claims.evidence import GatheredEvidence, engine_input
from ops.supply_chain.assurance.claims.verdicts import claims_from
from ops.supply_chain.contracts.files.claims import ClaimStatus, ClaimVerdict, ControlStatus
from ops.supply_chain.core import canonical, plain_json
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.gather.assurance.claims import documents as claim_documents
from ops.supply_chain.gather.assurance.claims.evaluate import claim_rule, claims_of, gather
from ops.supply_chain.gather.assurance.claims.source import choose
from ops.supply_chain.runner.context import StageRun
from ops.supply_chain.runner.progress import Progress
from tests.assurance.claims.rules import engine, policy
from tests.trust.verification.world import World

OF_RELEASE = {
    "checksums",
    "gate",
    "provenance",
    "bundles",
    "archive",
    "attestations",
    "vex",
    "kept",
    "manifest",
    "root",
}
OF_RELEASE |= {"cyclonedx", "spdx2", "spdx3"}
NEWEST = "v1.1"


def run_of(world: World, base: Path) -> StageRun:
    return StageRun(
        stage="evaluate_claims",
        args=Namespace(version="", attestations=[]),
        root=world.project,
        dist=base / "dist",
        artifacts=base / "artifacts",
        cache=base / "cache",
        config=read_config(world.project),
        now=datetime(2027, 1, 1, tzinfo=UTC),
        offline=True,
        invocation="",
        progress=Progress(enabled=False),
        version_needed=False,
    )


def claimed(gathered: GatheredEvidence) -> dict[str, ClaimVerdict]:
    rules = [claim_rule(one.code, one.metadata.title, one.metadata.more) for one in policy().rules]
    answers = engine().evaluate(engine_input(gathered.evidence))
    return {claim.id: claim for claim in claims_from(rules, answers, gathered)}


def supported(gathered: GatheredEvidence) -> set[str]:
    return {name for name, claim in claimed(gathered).items() if claim.standing is ClaimStatus.SUPPORTED}


@pytest.fixture
def run(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StageRun:
    monkeypatch.setattr(claim_documents, "TREE", world.base / "nowhere")  # the SBOM policy is asked elsewhere
    shutil.copytree(world.base / "artifacts", tmp_path / "artifacts")
    return run_of(world, tmp_path)


def folder_of(run: StageRun) -> Path:
    return run.artifacts / "supply-chain" / "small" / NEWEST


def without_a_release() -> set[str]:
    """The claims that rest on what the project says alone."""
    rules = [claim_rule(one.code, one.metadata.title, one.metadata.more) for one in policy().rules]
    return {rule.id for rule in rules if not OF_RELEASE & set(rule.evidence)}


def evidence(run: StageRun) -> GatheredEvidence:
    return gather(run, choose(run, None, rehearsals=True))


def test_the_release_as_it_is_supports_claims_and_none_that_a_rehearsal_cannot(run: StageRun) -> None:
    gathered = evidence(run)
    assert gathered.source is not None
    assert (gathered.source.version, gathered.source.rehearsal) == (NEWEST, True)
    found = supported(gathered)
    assert {
        *("signed-releases", "checksums-published", "provenance-attested", "records-published", "evidence-archive"),
        *("sbom-cyclonedx", "sbom-spdx-2-3", "sbom-spdx-3", "sbom-union", "sbom-per-lock", "previous-release-linked"),
        *("retention-chain-intact", "offline-verifiable", "signing-identities-published", "deterministic-artifacts"),
    } <= found
    never = {"public-log-signatures", "signed-by-published-identity", "real-release"}
    assert not found & {*never, "slsa-build-l1", "slsa-build-l2", "slsa-build-l3"}
    assert not found & {"no-known-malware", "no-open-vulnerabilities", "hash-pinned-locks"}  # no gate was run


def damages(folder: Path) -> Iterator[tuple[str, str]]:
    for position, path in enumerate(sorted(folder.iterdir())):
        yield path.name, ("removed", "edited", "edited and listed", "emptied")[position % 4]


def damage(path: Path, how: str) -> None:
    data = path.read_bytes()
    if how == "removed":
        path.unlink()
        return
    path.write_bytes(b"" if how == "emptied" else edited(path.name, data))
    if how == "edited and listed":
        listed(path)


def edited(name: str, data: bytes) -> bytes:
    if not name.endswith(".json"):
        return data[:-1] + bytes([data[-1] ^ 1])
    document: dict[str, Any] = json.loads(data)
    document["edited"] = True
    return plain_json.dump(document)


def listed(path: Path) -> None:
    """Write the manifest as whoever can write the whole store would."""
    manifest = path.with_name("manifest.json")
    document = json.loads(manifest.read_bytes())
    data = path.read_bytes()
    for file in document["files"]:
        if file["name"] == path.name:
            file.update(sha256=sha256_bytes(data), size=len(data))
    manifest.write_bytes(plain_json.dump(document))


def test_no_damage_to_a_file_adds_a_claim_and_every_claim_of_the_release_is_gone(run: StageRun) -> None:
    before = supported(evidence(run))
    alone = without_a_release()
    original = {path.name: path.read_bytes() for path in folder_of(run).iterdir()}
    tried = list(damages(folder_of(run)))
    assert len(tried) >= 20
    for name, how in tried[::5]:
        damage(folder_of(run) / name, how)
        after = supported(evidence(run))
        assert after == before & alone, (name, how)
        for file, data in original.items():
            (folder_of(run) / file).write_bytes(data)
    assert supported(evidence(run)) == before


@pytest.mark.whole
def test_no_damage_of_any_kind_to_any_file_adds_a_claim(run: StageRun) -> None:
    before = supported(evidence(run))
    original = {path.name: path.read_bytes() for path in folder_of(run).iterdir()}
    for name in original:
        for how in ("removed", "edited", "edited and listed", "emptied"):
            damage(folder_of(run) / name, how)
            assert supported(evidence(run)) <= before, (name, how)
            for file, data in original.items():
                (folder_of(run) / file).write_bytes(data)


def test_a_file_that_is_added_takes_every_claim_away(run: StageRun) -> None:
    (folder_of(run) / "small-v1.1-more.txt").write_text("x")
    found = claimed(evidence(run))
    assert {name for name, one in found.items() if one.standing is ClaimStatus.SUPPORTED} <= without_a_release()
    assert "The retained release does not match its manifest." in found["signed-releases"].missing


def test_an_older_release_does_not_stand_in_for_a_newest_one_that_cannot_be_read(run: StageRun) -> None:
    (folder_of(run) / "manifest.json").unlink()
    gathered = evidence(run)
    assert gathered.source is None
    assert gathered.evidence.release.present
    assert supported(gathered) <= without_a_release()


def test_a_record_of_the_release_before_that_was_changed_breaks_the_chain_alone(run: StageRun) -> None:
    before = supported(evidence(run))
    older = folder_of(run).with_name("v1.0") / "manifest.json"
    older.write_bytes(older.read_bytes().replace(b'"sequence": 1', b'"sequence": 9'))
    assert supported(evidence(run)) < before
    assert "retention-chain-intact" not in supported(evidence(run))


def test_nothing_retained_supports_nothing_of_a_release(run: StageRun) -> None:
    shutil.rmtree(run.artifacts)
    gathered = evidence(run)
    assert gathered.source is None
    assert supported(gathered) <= without_a_release()
    assert claimed(gathered)["policy-gate"].missing == ("No release is retained here, and none was rehearsed.",)


def test_a_real_release_wins_over_a_rehearsal_and_a_rehearsal_counts_only_where_it_may(run: StageRun) -> None:
    rehearsed = run.dist / "rehearsal" / "artifacts"
    shutil.copytree(run.artifacts, rehearsed)
    chosen = choose(run, None, rehearsals=True)
    assert chosen is not None
    assert not chosen.rehearsed
    shutil.rmtree(run.artifacts)
    chosen = choose(run, None, rehearsals=True)
    assert chosen is not None
    assert (chosen.rehearsed, chosen.folder.parents[2]) == (True, rehearsed)
    assert choose(run, None, rehearsals=False) is None


def test_the_whole_report_names_its_evidence_by_digest_and_no_folder_of_this_machine(
    world: World, tmp_path: Path
) -> None:
    run = run_of(world, tmp_path)
    shutil.copytree(world.base / "artifacts", run.artifacts)
    report = claims_of(run)
    claims = {claim.id: claim for claim in report.claims}
    assert claims["sbom-hashes"].standing is ClaimStatus.SUPPORTED
    assert claims["licences-permitted"].standing is ClaimStatus.SUPPORTED
    [gate] = [file for file in claims["records-published"].evidence if file.path.endswith("-gate.json")]
    data = (folder_of(run) / f"small-{NEWEST}-gate.json").read_bytes()
    assert gate.path == f"artifacts:supply-chain/small/{NEWEST}/small-{NEWEST}-gate.json"
    assert (gate.sha256, gate.size) == (sha256_bytes(data), len(data))
    met = {control.id for control in report.controls if control.standing is ControlStatus.MET}
    assert {"CISA-2026-timestamp", "CISA-2026-hash-value", "SCVS-1.7", "SLSA-BUILD-L0"} <= met
    assert not met & {"SLSA-BUILD-L1", "SSDF-PS.2.1", "CRA-I-II-7", "Scorecard-Signed-Releases"}
    plain = canonical.encode(report)
    assert str(tmp_path).encode() not in plain
    assert str(world.base).encode() not in plain
    assert canonical.encode(claims_of(run, evidence=None)) == plain
    named = canonical.encode(claims_of(run, evidence=folder_of(run)))
    assert named == plain.replace(b'"artifacts:supply-chain', b'"evidence:supply-chain')
