"""Retaining, listing, verifying and pruning: whole, unchanged, and never too early gone."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from ops.supply_chain import assemble_release, bundle_evidence, generate_provenance, retain_artifacts
from ops.supply_chain.core import plain_json
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.runner import stage as stage_runner
from ops.supply_chain.runner.clock import read_clock
from tests.release.handmade import Handmade


@pytest.fixture
def release(tmp_path: Path) -> Handmade:
    found = Handmade(tmp_path)
    found.until("retain_artifacts")
    return found


def retained(release: Handmade, *versions: str, days: int = 0) -> Handmade:
    """Make and retain several versions, each kept for so many days."""
    for version in versions:
        shutil.rmtree(release.dist)
        release.version = version
        release.until("retain_artifacts")
        release.write("project/.security-config.toml", f'component_name = "N"\n[retention]\ndays = {days}\n')
        release.must(retain_artifacts.main)
    return release


def later(monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    monkeypatch.setattr(stage_runner, "read_clock", lambda: read_clock() + timedelta(days=days))


def tree(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_the_release_is_kept_with_its_manifest(release: Handmade) -> None:
    release.must(retain_artifacts.main)
    kept, made = tree(release.store / "V"), tree(release.dist / "release")
    manifest = json.loads(kept.pop("manifest.json"))
    assert kept == made
    assert {one["name"]: one["media_type"] for one in manifest["files"]} == {
        "N-V-checksums.txt": "text/plain",
        "N-V-evidence.tar.gz": "application/gzip",
        "N-V-gate.json": "application/json",
        "N-V-provenance.intoto.json": "application/vnd.in-toto+json",
        "N-V-sbom.cdx.json": "application/vnd.cyclonedx+json",
        "N-V-sbom.spdx.json": "application/spdx+json",
    }
    assert (manifest["sequence"], manifest["previous"]) == (1, None)
    record = release.document("records/retain_artifacts.json")
    assert all(one["path"].startswith("artifacts:supply-chain/N/V/") for one in record["writes"])


def test_the_same_version_again_is_kept_as_it_was(release: Handmade, capfd: pytest.CaptureFixture[str]) -> None:
    release.must(retain_artifacts.main)
    before = tree(release.store / "V")
    shutil.rmtree(release.dist)
    release.finished = "2026-11-20T00:00:59Z"
    release.until("retain_artifacts")
    assert tree(release.dist / "release")["N-V-gate.json"] != before["N-V-gate.json"]
    capfd.readouterr()
    release.must(retain_artifacts.main)
    assert (
        "note: retained already, and not changed: in dist/release/ 3 files that depend on the run "
        "(provenance, records, checksums, signatures) differ\n"
    ) in capfd.readouterr().out
    assert tree(release.store / "V") == before
    shutil.rmtree(release.dist / "release")
    shutil.copytree(release.store / "V", release.dist / "release", ignore=shutil.ignore_patterns("manifest.json"))
    release.must(retain_artifacts.main)
    assert "note: retained already, with the same bytes\n" in capfd.readouterr().out


@pytest.mark.parametrize(
    ("dirty", "why"),
    [(True, "made from files that differ from their commit"), (False, "made from another commit")],
)
def test_the_same_version_from_another_source_is_refused(
    release: Handmade, capfd: pytest.CaptureFixture[str], dirty: bool, why: str
) -> None:
    """Its files may be the same, as those of a project that releases no package are."""
    release.must(retain_artifacts.main)
    before = tree(release.store / "V")
    path = release.dist / "release" / "N-V-provenance.intoto.json"
    statement = json.loads(path.read_bytes())
    source = {"annotations": {"role": "source", "dirty": dirty}, "digest": {"gitCommit": "1" * 40}}
    statement["predicate"]["buildDefinition"]["resolvedDependencies"].append(source)
    path.write_bytes(plain_json.dump(statement))
    checksums = release.dist / "release" / "N-V-checksums.txt"
    lines = [line for line in checksums.read_text().splitlines() if "provenance" not in line]
    lines.append(f"{sha256_bytes(path.read_bytes())}  {path.name}")
    checksums.write_text("\n".join(sorted(lines, key=lambda line: line.split()[1])) + "\n")
    capfd.readouterr()
    assert release.run(retain_artifacts.main) == 4
    assert f"V is retained, and this one was {why}" in capfd.readouterr().out
    assert tree(release.store / "V") == before


def test_the_same_version_with_other_bytes_is_refused(release: Handmade, capfd: pytest.CaptureFixture[str]) -> None:
    release.must(retain_artifacts.main)
    before = tree(release.store / "V")
    shutil.rmtree(release.dist)
    release.until("bundle_evidence")
    release.write("project/functions/a/requirements.txt", "x==2.0\n")
    release.write("dist/sbom/N-sbom.json", "{}\n")
    names = ("sbom/N-sbom.json", "sbom/N-sbom.spdx.json")
    release.record(
        "generate_sbom",
        reads=(release.ref("project", "functions/a/requirements.txt"),),
        writes=tuple(release.ref("dist", name) for name in names),
        counts={"components": 1},
    )
    release.must(bundle_evidence.main)
    release.judge()
    release.must(generate_provenance.main)
    release.judge_provenance()
    release.must(assemble_release.main)
    capfd.readouterr()
    assert release.run(retain_artifacts.main) == 4
    said = capfd.readouterr().out
    advice = "    next: Release under a new version; a released version never changes.\n"
    files = "".join(
        f"    what: {name}: V is retained with different content\n"
        for name in ("N-V-evidence.tar.gz", "N-V-sbom.cdx.json")
    )
    assert said == f"not retained\n\nHIGH\n  retention.other-bytes\n{files}{advice}"
    assert tree(release.store / "V") == before


def test_any_byte_changed_in_the_assembled_release_is_refused(release: Handmade) -> None:
    folder = release.dist / "release"
    for path in sorted(folder.iterdir()):
        whole = path.read_bytes()
        for position in {0, len(whole) // 2, len(whole) - 1}:
            path.write_bytes(whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :])
            assert release.run(retain_artifacts.main) == 3, (path.name, position)
            assert not (release.store / "V").exists()
        path.write_bytes(whole)
    release.must(retain_artifacts.main)


@pytest.mark.parametrize("what", ["missing", "extra", "link", "nothing"])
def test_a_release_that_is_not_whole_is_not_retained(release: Handmade, what: str) -> None:
    folder = release.dist / "release"
    if what == "missing":
        (folder / "N-V-sbom.spdx.json").unlink()
    if what == "extra":
        (folder / "more").write_text("x")
    if what == "link":
        (folder / "N-V-sbom.cdx.json").rename(release.base / "moved")
        (folder / "N-V-sbom.cdx.json").symlink_to(release.base / "moved")
    if what == "nothing":
        shutil.rmtree(folder)
    assert release.run(retain_artifacts.main) == 3
    assert not (release.store / "V").exists()


def test_signatures_are_kept_with_the_release(release: Handmade) -> None:
    release.write("dist/release/N-V-gate.json.sigstore.json", "{}")
    release.must(retain_artifacts.main)
    assert "N-V-gate.json.sigstore.json" in tree(release.store / "V")


def test_releases_form_a_chain_that_verifies(release: Handmade, capfd: pytest.CaptureFixture[str]) -> None:
    retained(release, "V1", "V2")
    capfd.readouterr()
    assert release.run(retain_artifacts.main, "--verify") == 0
    lines = capfd.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["N V1", "N V2"]
    assert all(line.endswith("intact") for line in lines)


def test_looking_after_the_store_needs_and_leaves_no_dist(release: Handmade) -> None:
    retained(release, "V1")
    shutil.rmtree(release.dist)
    for mode in ("--list", "--verify", "--prune"):
        assert release.run(retain_artifacts.main, mode) == 0
    assert not release.dist.exists()


def test_an_empty_store_is_said_to_be_empty(release: Handmade, capfd: pytest.CaptureFixture[str]) -> None:
    for mode in ("--list", "--verify", "--prune"):
        assert release.run(retain_artifacts.main, mode) == 0
        assert capfd.readouterr().out == "nothing is retained\n"
    assert not release.artifacts.exists()


def damage_file(store: Path) -> None:
    path = store / "V1" / "N-V1-gate.json"
    data = path.read_bytes()
    path.write_bytes(data[:-2] + b" \n")


def damage_remove(store: Path) -> None:
    shutil.rmtree(store / "V1")


def damage_manifest(store: Path) -> None:
    path = store / "V1" / "manifest.json"
    path.write_text(path.read_text().replace('"retained_until": "', '"retained_until": "1'))


def damage_rewrite(store: Path) -> None:
    path = store / "V1" / "manifest.json"
    path.write_text(path.read_text().replace('"created": "1980', '"created": "1981'))


def damage_extra(store: Path) -> None:
    (store / "V1" / "more").write_text("x")


def damage_pruned(store: Path) -> None:
    (store / "pruned.json").write_text("{}")


DAMAGE = {
    "one byte": (damage_file, "N: V1/N-V1-gate.json: has another SHA-256 than the manifest says"),
    "removed": (damage_remove, "N: V2: the release before it, V1, is gone and was not pruned"),
    "manifest broken": (damage_manifest, "N: V1/manifest.json: "),
    "manifest rewritten": (damage_rewrite, "N: V2: the release before it, V1, is not the one that it names"),
    "extra file": (damage_extra, "N: V1/more: is not in the manifest"),
    "list of pruned broken": (damage_pruned, "N: the list of pruned releases is broken: pruned.json: "),
}


@pytest.mark.parametrize("what", DAMAGE)
def test_damage_is_found_and_nothing_damaged_is_pruned(
    release: Handmade, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], what: str
) -> None:
    retained(release, "V1", "V2", "V3")
    damage, said = DAMAGE[what]
    damage(release.store)
    capfd.readouterr()
    assert release.run(retain_artifacts.main, "--verify") == 4
    assert f"\n    what: {said}" in capfd.readouterr().out
    later(monkeypatch, 999)
    assert release.run(retain_artifacts.main, "--prune", "--apply") == 4
    harmed = {"removed": "V2", "manifest rewritten": "V2"}.get(what, "V1")
    assert (release.store / harmed).exists()
    assert (release.store / "V3").exists()


@pytest.mark.parametrize("what", ["removed", "manifest broken", "extra file", "list of pruned broken"])
def test_nothing_is_added_to_a_damaged_store(release: Handmade, what: str) -> None:
    retained(release, "V1", "V2")
    shutil.rmtree(release.dist)
    release.version = "V3"
    release.until("retain_artifacts")
    DAMAGE[what][0](release.store)
    assert release.run(retain_artifacts.main) == 4
    assert not (release.store / "V3").exists()


def test_pruning_only_says_what_it_would_do_until_told(
    release: Handmade, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    retained(release, "V1", days=5)
    retained(release, "V2", days=50)
    retained(release, "V3", days=5)
    later(monkeypatch, 6)
    capfd.readouterr()
    assert release.run(retain_artifacts.main, "--prune") == 0
    said = capfd.readouterr().out
    assert [line.split(": ")[:2] for line in said.splitlines()] == [
        ["N V1", "would be removed"],
        ["N V2", "kept"],
        ["N V3", "kept"],
        ["next", "the same with --apply removes them"],
    ]
    assert sorted(path.name for path in release.store.iterdir() if path.is_dir()) == ["V1", "V2", "V3"]
    assert release.run(retain_artifacts.main, "--prune", "--apply") == 0
    assert sorted(path.name for path in release.store.iterdir() if path.is_dir()) == ["V2", "V3"]
    assert release.run(retain_artifacts.main, "--verify") == 0
    retained(release, "V4")
    assert release.run(retain_artifacts.main, "--verify") == 0


def test_on_the_last_day_it_is_still_kept(release: Handmade, monkeypatch: pytest.MonkeyPatch) -> None:
    retained(release, "V1", "V2", days=5)
    later(monkeypatch, 5)
    assert release.run(retain_artifacts.main, "--prune", "--apply") == 0
    assert (release.store / "V1").exists()


MANUFACTURER = 'component_name = "N"\n[retention]\ndays = 5\n[compliance]\ncra_role = "manufacturer"\n'


def test_a_manufacturer_keeps_a_release_for_ten_years_also_one_that_was_retained_for_less(
    release: Handmade, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    retained(release, "V1", "V2", days=5)
    release.write("project/.security-config.toml", MANUFACTURER)
    for days, kept in ((6, True), (3600, True), (3660, False)):
        with monkeypatch.context() as patch:
            later(patch, days)
            capfd.readouterr()
            assert release.run(retain_artifacts.main, "--prune") == 0
            assert ("N V1: kept: kept until 203" in capfd.readouterr().out) == kept
    assert release.run(retain_artifacts.main, "--list") == 0
    assert capfd.readouterr().out.count(" until 203") == 2
    manifest = json.loads((release.store / "V1" / "manifest.json").read_bytes())
    assert manifest["retained_until"] < "2030"  # the manifest is never changed


def test_what_a_manifest_states_is_never_shortened(release: Handmade, monkeypatch: pytest.MonkeyPatch) -> None:
    release.write("project/.security-config.toml", MANUFACTURER)
    release.must(retain_artifacts.main)
    manifest = json.loads((release.store / "V" / "manifest.json").read_bytes())
    assert int(manifest["retained_until"][:4]) == int(manifest["retained_at"][:4]) + 10
    retained(release, "V2", days=0)
    later(monkeypatch, 3000)
    assert release.run(retain_artifacts.main, "--prune", "--apply") == 0
    assert (release.store / "V").exists()


def test_support_periods_are_findings_that_keep_nothing_from_being_retained(
    release: Handmade, capfd: pytest.CaptureFixture[str]
) -> None:
    release.write("project/.security-config.toml", MANUFACTURER)
    release.must(retain_artifacts.main)
    [finding] = release.document("records/retain_artifacts.json")["findings"]
    assert (finding["code"], finding["severity"]) == ("support.unstated", "medium")
    assert finding["message"] == "N V: no support period is stated, and the role is manufacturer"
    period = '[[support.versions]]\nversions = "*"\nuntil = 2020-01-01\n'
    release.write("project/.security-config.toml", f'component_name = "N"\n{period}')
    capfd.readouterr()
    assert release.run(retain_artifacts.main, "--verify") == 0
    assert "N V: the support period ended on 2020-01-01" in capfd.readouterr().out
    release.write("project/.security-config.toml", 'component_name = "N"\n')
    assert release.run(retain_artifacts.main, "--verify") == 0
    assert "support" not in capfd.readouterr().out


def test_one_component_of_many(release: Handmade, capfd: pytest.CaptureFixture[str]) -> None:
    retained(release, "V1")
    shutil.copytree(release.store, release.store.parent / "M")
    assert release.run(retain_artifacts.main, "--verify", "--component", "N") == 0
    assert release.run(retain_artifacts.main, "--verify") == 4
    assert "M: V1/manifest.json: is of N V1" in capfd.readouterr().out


WRONG = {
    "apply alone": (["--apply"], "error: --apply goes with --prune, --component with --list, --verify or --prune\n"),
    "component alone": (
        ["--component", "N"],
        "error: --apply goes with --prune, --component with --list, --verify or --prune\n",
    ),
    "no such component": (["--list", "--component", "../N"], "error: --component '../N': nothing of it is retained\n"),
    "two modes": (
        ["--list", "--prune"],
        "error: argument --prune: not allowed with argument --list\n",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_command_line(release: Handmade, capfd: pytest.CaptureFixture[str], what: str) -> None:
    options, said = WRONG[what]
    capfd.readouterr()
    assert release.run(retain_artifacts.main, *options) == 2
    assert capfd.readouterr().err.splitlines(keepends=True)[0] == said


def test_a_public_log_names_nothing(release: Handmade, capfd: pytest.CaptureFixture[str]) -> None:
    retained(release, "V1")
    damage_extra(release.store)
    capfd.readouterr()
    assert release.run(retain_artifacts.main, "--verify", "--public-log") == 4
    said = capfd.readouterr()
    assert (said.out, said.err) == ("retain_artifacts: fail (damaged 1, releases 1)\n", "")


def test_a_rehearsal_and_real_releases_are_kept_apart(
    release: Handmade, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SEALWRIGHT_REHEARSAL", "1")
    assert release.run(retain_artifacts.main) == 3
    assert "dist/release/: is from a real release, but this is a rehearsal" in capfd.readouterr().err
    rehearsed = Handmade(tmp_path / "rehearsed")
    rehearsed.until("summarise_release")
    assert (rehearsed.store / "V/manifest.json").is_file()
    monkeypatch.delenv("SEALWRIGHT_REHEARSAL")
    assert rehearsed.run(retain_artifacts.main) == 3
    assert capfd.readouterr().err == (
        "error: dist/release/: is from a rehearsal\n"
        f"  next: Make a real release: nox -s release -- --project {rehearsed.root} --artifacts {rehearsed.artifacts}.\n"
    )
