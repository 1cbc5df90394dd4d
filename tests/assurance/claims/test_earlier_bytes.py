"""Which files retained releases have verified: as far as each release, really signed, still verifies."""

from __future__ import annotations

import json
import shutil
from argparse import Namespace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.dependencies.index_hashes.downloads import EarlierBytes
from ops.supply_chain.gather.assurance import earlier_bytes
from ops.supply_chain.gather.assurance.shipped_verification import VerifiedAgain
from ops.supply_chain.runner.context import StageRun
from tests.assurance.claims.test_shipped_verification import newest, with_its_digest
from tests.assurance.claims.test_tampering import run_of
from tests.trust.verification.world import World


@pytest.fixture
def release(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StageRun:
    """Return a run with two retained releases, signed; files of the project are for downloads here."""
    monkeypatch.setenv("SEALWRIGHT_REHEARSAL", "1")  # the instance that signed is that of a rehearsal
    monkeypatch.setattr(earlier_bytes, "STAGE", "generate_sbom")
    monkeypatch.setattr(earlier_bytes, "DOWNLOADED", "project:")
    shutil.copytree(world.base / "artifacts", tmp_path / "artifacts")
    made = run_of(world, tmp_path)
    return msgspec.structs.replace(made, args=Namespace(version="", attestations=[]), offline=False)


def files_of(run: StageRun, folder: Path) -> dict[str, int]:
    [gate] = folder.glob("*-gate.json")
    records: list[dict[str, Any]] = json.loads(gate.read_text())["records"]
    [record] = [record for record in records if record["stage"] == "generate_sbom"]
    return {ref["sha256"]: ref["size"] for ref in record["reads"] if ref["path"].startswith("project:")}


def test_the_newest_release_that_verifies_says_what_it_downloaded(release: StageRun) -> None:
    folder = newest(release)
    wanted = files_of(release, folder)
    assert wanted
    found = earlier_bytes.earlier_bytes(release, {*wanted, "0" * 64})
    assert {sha256: file.size for sha256, file in found.files.items()} == wanted
    assert {file.version for file in found.files.values()} == {folder.name}
    assert found.unusable == ()
    assert earlier_bytes.earlier_bytes(release, {"0" * 64}) == EarlierBytes({})


def test_files_of_a_package_with_a_finding_count_for_nothing_whether_it_was_waived_or_not(
    release: StageRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = files_of(release, newest(release))
    record_of = earlier_bytes._record
    records: list[Record] = []

    def with_a_finding(*arguments: Any) -> Record | None:
        record = record_of(*arguments)
        assert record is not None
        downloaded = [ref for ref in record.reads if ref.path.startswith("project:")]
        made = [msgspec.structs.replace(ref, path="project:Foo.Bar-1.0-py3-none-any.whl") for ref in downloaded[:1]]
        made += [msgspec.structs.replace(ref, path="project:foo_bars-1.0.tar.gz") for ref in downloaded[1:]]
        finding = Finding(
            code="hash.contents-differ",
            severity=Severity.MEDIUM,
            message="m",
            next_step="n",
            package="foo_bar",
            waived_by="w",
        )
        records.append(msgspec.structs.replace(record, reads=tuple(made), findings=(finding,)))
        return records[-1]

    monkeypatch.setattr(earlier_bytes, "_record", with_a_finding)
    found = earlier_bytes.earlier_bytes(release, wanted)
    assert {ref.sha256 for ref in records[0].reads[1:]} & wanted.keys() == found.files.keys()
    assert records[0].reads[0].sha256 not in found.files


@pytest.mark.parametrize("damage", ["bytes", "hidden in the manifest", "manifest", "gate"])
def test_a_release_that_was_changed_counts_for_nothing(release: StageRun, damage: str) -> None:
    folder = newest(release)
    wanted = files_of(release, folder)
    if damage == "manifest":
        (folder / "manifest.json").write_bytes((folder / "manifest.json").read_bytes() + b" ")
    elif damage == "bytes":
        [path] = folder.glob("*-evidence.tar.gz")
        data = bytearray(path.read_bytes())
        data[-1] ^= 1
        path.write_bytes(bytes(data))
    else:
        [path] = folder.glob("*-sbom.cdx.json" if damage != "gate" else "*-gate.json")
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        with_its_digest(folder, path.name, bytes(data))
    found = earlier_bytes.earlier_bytes(release, wanted)
    assert all(file.version != folder.name for file in found.files.values())
    assert found.unusable or damage == "gate"  # a gate file that cannot be read names no file


def test_a_release_that_could_not_be_verified_counts_for_nothing(
    release: StageRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        earlier_bytes, "verified", lambda *_: VerifiedAgain(Outcome.NOT_EXAMINED, ("no trusted root.",))
    )
    found = earlier_bytes.earlier_bytes(release, files_of(release, newest(release)))
    assert found.files == {}
    assert all(text.endswith("counts for nothing: no trusted root") for text in found.unusable)


def test_outside_of_a_rehearsal_a_rehearsed_release_counts_for_nothing(
    release: StageRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = files_of(release, newest(release))
    monkeypatch.delenv("SEALWRIGHT_REHEARSAL")
    found = earlier_bytes.earlier_bytes(release, wanted)
    assert found.files == {}
    assert found.unusable
