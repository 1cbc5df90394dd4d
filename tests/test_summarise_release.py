"""The last word of a release: computed from the files, never from what was planned."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from ops.supply_chain import retain_artifacts, summarise_release
from ops.supply_chain.contracts.files.verdict import GateFile, Weakening
from ops.supply_chain.core import canonical
from ops.supply_chain.core.text import size_text
from ops.supply_chain.release.assembly.summary import unsigned_among
from tests.release.handmade import Handmade


@pytest.fixture
def release(tmp_path: Path) -> Handmade:
    found = Handmade(tmp_path)
    found.until("retain_artifacts")
    return found


def summary(release: Handmade, capfd: pytest.CaptureFixture[str]) -> list[str]:
    capfd.readouterr()
    assert release.run(summarise_release.main) == 0
    return capfd.readouterr().out.splitlines()


def test_what_was_made_where_and_what_it_is_not(release: Handmade, capfd: pytest.CaptureFixture[str]) -> None:
    release.must(retain_artifacts.main)
    lines = summary(release, capfd)
    until = json.loads((release.store / "V/manifest.json").read_text())["retained_until"]
    folder = release.dist / "release"
    assert lines[0] == "N V"
    assert lines[1].startswith(f"  made      {folder}: 6 files, ")
    assert [line.split()[0] for line in lines[2:8]] == sorted(path.name for path in folder.iterdir())
    assert lines[8:] == [
        "  source    not under git",
        "  verdict   allow: 1 of 1 rules pass (base)",
        f"  retained  {release.store / 'V'} until {until}",
        "  signature not signed: none of the 6 files has a .sigstore.json bundle",
        f"  next      sign it: nox -s sign_artifacts -- --project {release.root}",
    ]


def test_what_weakened_the_gate_is_on_the_last_screen(release: Handmade, capfd: pytest.CaptureFixture[str]) -> None:
    path = next((release.dist / "release").glob("*-gate.json"))
    gate = canonical.read(path, GateFile)
    setting = Weakening(
        setting="gate.fail_on", default="low", value="high", reason="a\nb", date="x", until="2026-12-01"
    )
    verdict = msgspec.structs.replace(gate.verdict, weakened=(setting,))
    canonical.write(path, msgspec.structs.replace(gate, verdict=verdict))
    assert (
        "  verdict   allow: 1 of 1 rules pass (base); weakened by configuration: gate.fail_on from low to high "
        "(accepted until 2026-12-01: a?b)"
    ) in summary(release, capfd)


def test_it_leaves_no_record(release: Handmade, capfd: pytest.CaptureFixture[str]) -> None:
    summary(release, capfd)
    assert not (release.dist / "records/summarise_release.json").exists()


def test_what_is_not_retained_is_not_said_to_be(release: Handmade, capfd: pytest.CaptureFixture[str]) -> None:
    assert "  retained  no" in summary(release, capfd)
    release.must(retain_artifacts.main)
    (release.store / "V/manifest.json").unlink()
    assert "  retained  no" in summary(release, capfd)


def test_what_is_retained_from_an_earlier_run_is_said_to_be_so(
    release: Handmade, capfd: pytest.CaptureFixture[str]
) -> None:
    release.must(retain_artifacts.main)
    (release.dist / "release/N-V-checksums.txt").write_text("of another run\n")
    assert any(line.endswith(", from an earlier run with the same files") for line in summary(release, capfd))
    (release.dist / "release/N-V-sbom.cdx.json").write_text("other bytes")
    assert "  retained  no" in summary(release, capfd)


def test_a_signature_counts_only_beside_its_file(release: Handmade, capfd: pytest.CaptureFixture[str]) -> None:
    names = [path.name for path in (release.dist / "release").iterdir()]
    for name in names[1:]:
        release.write(f"dist/release/{name}.sigstore.json", "{}")
    assert f"  signature not signed: {names[0]} without a .sigstore.json bundle" in summary(release, capfd)
    release.write(f"dist/release/{names[0]}.sigstore.json", "{}")
    lines = summary(release, capfd)
    assert "  signature every file has a .sigstore.json bundle (not verified in this run)" in lines
    folder = release.dist / "release"
    assert lines[-1] == f"  next      check it as a customer would: cd {folder} && sha256sum -c N-V-checksums.txt"


def test_without_a_release_there_is_nothing_to_tell(release: Handmade, capfd: pytest.CaptureFixture[str]) -> None:
    release.version = "W"
    capfd.readouterr()
    assert release.run(summarise_release.main) == 3
    assert capfd.readouterr().err == (
        f"error: {release.dist / 'release'}: there is no release of N W\n"
        f"  next: nox -s release -- --project {release.root} --artifacts {release.artifacts}\n"
    )


def test_for_programs(release: Handmade, capfd: pytest.CaptureFixture[str]) -> None:
    capfd.readouterr()
    assert release.run(summarise_release.main, "--format", "json") == 0
    result = json.loads(capfd.readouterr().out)["result"]
    assert result["unsigned"] == [name for name, _ in result["files"]]
    assert (result["component"], result["retained"]) == ("N", "")
    assert (result["mode"], result["verified"]) == ("sigstore", False)


def test_unsigned_among() -> None:
    assert unsigned_among(["a", "a.sigstore.json", "b", "b.sig", "c.sigstore.json"]) == ("b",)
    conventional = [
        "build-provenance.json",
        "build-provenance.json.bundle",
        "a",
        "a.bundle",
        "b",
        "c",
        "c.sigstore.json",
    ]
    assert unsigned_among(conventional) == ("b", "c")
    assert unsigned_among(["N-V-trusted_root.json"]) == ("N-V-trusted_root.json",)


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 B"), (999, "999 B"), (1000, "1 kB"), (1234567, "1.23 MB"), (5 * 10**9, "5 GB")]
)
def test_sizes(size: int, text: str) -> None:
    assert size_text(size) == text
