"""The stage as it is run: what it takes, what it writes, how it ends."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain.formats import markdown
from ops.supply_chain.rehearsal.claims import GITHUB_ISSUER
from tests.fakes.github import TOKEN, FakeGithub
from tests.trust.verification.sealing import GATE, PREFIX, sealed
from tests.trust.verification.world import WORKFLOW, World

REPORTS = ["verification.json", "verification.md", "vsa.json"]
KEPT = {f"{PREFIX}-verification.json", f"{PREFIX}-verification.md", f"{PREFIX}-verification.vsa.json"}


@pytest.fixture
def dist(world: World, tmp_path: Path) -> Path:
    """A `dist/` of its own with the first release in it."""
    shutil.copytree(world.detached.folder, tmp_path / "dist/release")
    return tmp_path / "dist"


def lay(folder: Path, files: dict[str, bytes]) -> Path:
    """Write files into a new folder."""
    folder.mkdir(parents=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


def document(folder: Path, name: str) -> Any:
    return json.loads((folder / "verification" / name).read_bytes())


def verify(world: World, dist: Path, *words: str) -> int:
    shared = ["--project", str(world.project), "--dist", str(dist), "--artifacts", str(dist / "none")]
    return world.run("verify_release", *words, *shared, "--verbose")


def test_of_the_projects_own_release_everything_is_written(
    world: World, dist: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert verify(world, dist) == 0
    assert sorted(path.name for path in (dist / "verification").iterdir()) == REPORTS
    report, summary = document(dist, "verification.json"), document(dist, "vsa.json")["predicate"]
    assert (report["schema"], report["ruling"], report["outcome"]) == ("verification/1", "pass", "fail")
    assert (report["rehearsal"], report["tolerated"]) == (True, ["rehearsal"])
    assert (summary["verificationResult"], summary["sealwright_rehearsal"]) == ("FAILED", True)
    said = "verified as a rehearsal; no other check would keep a real release from verifying"
    assert capfd.readouterr().out.startswith(f"small v1.0: {said}\n")
    assert (dist / "verification/verification.md").read_text().startswith(f"# {markdown.text(f'small v1.0: {said}')}\n")
    for name in REPORTS:
        assert str(dist).encode() not in (dist / "verification" / name).read_bytes()


def test_what_does_not_verify_is_written_as_such(world: World, dist: Path) -> None:
    (dist / "release" / f"{PREFIX}-gate.json").write_bytes(b"{}\n")
    assert verify(world, dist) == 4
    assert (document(dist, "verification.json")["ruling"], document(dist, "verification.json")["outcome"]) == (
        "fail",
        "fail",
    )
    assert document(dist, "vsa.json")["predicate"]["verificationResult"] == "FAILED"


def test_what_nobody_may_sign_is_not_examined_and_has_no_summary(world: World, dist: Path, tmp_path: Path) -> None:
    (tmp_path / "nobody").mkdir()
    (tmp_path / "nobody/pyproject.toml").write_text('[project]\nname = "small"\nversion = "1.0"\n')
    # Outside a rehearsal's own process no name stands in where nobody is configured.
    words = [str(dist / "release"), "--rehearsal", "--vsa", str(tmp_path / "vsa.json")]
    assert outside(world, tmp_path / "nobody", dist, *words) == 5
    assert not (tmp_path / "vsa.json").exists()


def outside(world: World, project: Path, dist: Path, *words: str) -> int:
    """Run the stage as a customer does: no rehearsal's variables, the root given."""
    from ops.supply_chain import verify_release

    (dist / "root.json").write_bytes(world.root)
    shared = ["--project", str(project), "--dist", str(dist), "--trusted-root", str(dist / "root.json")]
    return verify_release.main([*words, *shared])


def test_a_report_of_an_earlier_release_never_stays(world: World, dist: Path) -> None:
    assert verify(world, dist) == 0
    shutil.rmtree(dist / "release")
    assert verify(world, dist) == 3
    assert not (dist / "verification").exists()


def test_without_a_release_the_next_step_is_the_command(
    world: World, dist: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(dist.parent)
    (dist / "rehearsal").mkdir()
    shutil.move(dist / "release", dist / "rehearsal/release")
    assert verify(world, dist) == 3
    said = capfd.readouterr().err
    assert said.startswith(
        "error: dist/release: there is no release, only that of a rehearsal\n  next: To verify it as a rehearsal: "
    )
    session = " verify -- " if " verify -- " in said else " verify "
    words = shlex.split(said.rstrip().rpartition(session)[2])
    assert words[words.index("--trusted-root") + 1].startswith("dist/rehearsal/release/")
    assert outside(world, world.project, dist, *words[words.index("dist/rehearsal/release") :]) == 0
    shutil.rmtree(dist / "rehearsal")
    assert verify(world, dist) == 3
    assert "there is no release\n  next: Make one (`" in capfd.readouterr().err


def test_of_a_folder_that_is_named_nothing_is_written(world: World, dist: Path, tmp_path: Path) -> None:
    assert verify(world, dist, str(dist / "release")) == 0
    assert not (dist / "verification").exists()
    assert verify(world, dist, str(dist / "release"), "--markdown", str(tmp_path / "r.md")) == 0
    assert (tmp_path / "r.md").read_text().startswith("# small v1.0: verified as a rehearsal; ")


def test_the_report_is_kept_and_the_kept_release_verifies_again(world: World, dist: Path) -> None:
    assert verify(world, dist) == 0
    assert (
        world.run("retain_artifacts", *world.options(dist)[:4], "--artifacts", str(dist / "kept"), "--version", "v1.0")
        == 0
    )
    kept = dist / "kept/supply-chain/small/v1.0"
    names = {path.name for path in kept.iterdir()}
    assert names == {*world.detached.files, "manifest.json", *KEPT}
    manifest = json.loads((kept / "manifest.json").read_bytes())
    assert {one["name"]: one["media_type"] for one in manifest["files"] if one["name"] in KEPT} == {
        f"{PREFIX}-verification.json": "application/json",
        f"{PREFIX}-verification.md": "text/markdown",
        f"{PREFIX}-verification.vsa.json": "application/json",
    }
    assert world.run("retain_artifacts", "--verify", *world.options(dist)[:4], "--artifacts", str(dist / "kept")) == 0
    assert verify(world, dist, str(kept)) == 0
    (kept / f"{PREFIX}-verification.json").write_bytes(b"{}\n")
    assert verify(world, dist, str(kept)) == 4
    (kept / f"{PREFIX}-verification.json").unlink()
    assert verify(world, dist, str(kept)) == 4


def test_a_report_that_is_of_another_release_is_not_kept(
    world: World, dist: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert verify(world, dist) == 0
    for path in (dist / "release").glob("*.crt"):
        path.unlink()
    shared = [*world.options(dist)[:4], "--artifacts", str(dist / "kept"), "--version", "v1.0"]
    assert world.run("retain_artifacts", *shared) == 3
    assert capfd.readouterr().err.endswith(
        "error: dist/verification/: is not about this release:\n"
        "  verification.json: is about other files\n"
        f"  next: Verify it again: nox -s verify_release -- --project {world.project}.\n"
    )


def test_what_did_not_verify_is_not_kept(world: World, dist: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert verify(world, dist, "--source-commit", "0" * 40) == 4
    capfd.readouterr()
    shared = [*world.options(dist)[:4], "--artifacts", str(dist / "kept"), "--version", "v1.0"]
    assert world.run("retain_artifacts", *shared) == 4
    assert capfd.readouterr().out == (
        "not retained\n\nHIGH\n  retention.not-verified\n"
        "    what: v1.0 does not verify (dist/verification/verification.json)\n"
        f"    next: Fix what the report lists, then run the release again: nox -s release -- --project {world.project}.\n"
    )
    assert not (dist / "kept/supply-chain/small/v1.0").exists()


def test_a_release_in_mode_checksums_is_accepted_where_it_was_made_and_nowhere_else(
    world: World, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = lay(tmp_path / "dist/release", sealed(world.first))
    project = tmp_path / "project"
    shutil.copytree(world.project, project)
    (project / ".security-config.toml").write_text('component_name = "small"\n[signing]\nmode = "checksums"\n')
    words = ["--project", str(project), "--dist", str(tmp_path / "dist"), "--artifacts", str(tmp_path / "none")]
    assert world.run("verify_release", *words) == 0
    assert capfd.readouterr().out.startswith("! small v1.0: consistent as a rehearsal; digests published, not signed; ")
    report = json.loads((tmp_path / "dist/verification/verification.json").read_bytes())
    assert (report["signed"], report["tolerated"]) == (False, ["rehearsal", "unsigned"])
    assert world.run("verify_release", str(folder), *words) == 4


@pytest.mark.parametrize("kind", ["tar.gz", "tgz", "zip"])
def test_an_archive_is_verified_as_its_folder_is(world: World, dist: Path, tmp_path: Path, kind: str) -> None:
    archive = tmp_path / f"release.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(archive, "w") as zipped:
            for path in (dist / "release").iterdir():
                zipped.write(path, f"small/{path.name}")
    else:
        with tarfile.open(archive, "w:gz") as packed:
            packed.add(dist / "release", "small")
    assert verify(world, dist, str(archive)) == 0


@pytest.mark.parametrize(("words", "colour"), [(["--rehearsal"], "33"), ([], "31")])
def test_the_verdict_has_a_colour_where_one_is_wanted(
    world: World,
    dist: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    words: list[str],
    colour: str,
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    identities = ["--identity", WORKFLOW, "--issuer", GITHUB_ISSUER]
    outside(world, world.project, dist, str(dist / "release"), *identities, *words)
    out = capfd.readouterr().out
    assert out.startswith(f"\x1b[{colour}m{'!' if words else 'x'} small v1.0")
    assert out.count("\x1b[0m\n") == 1
    monkeypatch.setenv("NO_COLOR", "1")
    outside(world, world.project, dist, str(dist / "release"), *identities, *words)
    assert "\x1b" not in capfd.readouterr().out


def test_json_is_the_document_that_is_written(world: World, dist: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert verify(world, dist, "--format", "json") == 0
    told = json.loads(capfd.readouterr().out)["result"]
    assert told == document(dist, "verification.json")


def test_a_public_log_tells_counts_only(world: World, dist: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert verify(world, dist, "--public-log") == 0
    said = "".join(capfd.readouterr())
    assert said == (
        "verify_release: accepted, not a pass (checks 19, failed 1, files 36, level 0, not_examined 0, passed 61, tolerated 1)\n"
    )


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGithub]:
    with FakeGithub() as service:
        monkeypatch.setenv("GITHUB_API_URL", service.api)
        monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
        yield service


def test_a_github_release_is_downloaded_and_held_against_its_tag(
    world: World, dist: Path, github: FakeGithub, capfd: pytest.CaptureFixture[str]
) -> None:
    github.add("v1.0", world.first.files)
    github.add("v1.1", world.first.files)  # an old release put forward as the new one
    assert verify(world, dist, "--github", "acme/widget", "v1.0") == 0
    assert not (dist / "verification").exists()
    assert verify(world, dist, "--github", "acme/widget", "v1.1") == 4
    assert "expected the tag v1.1, found the version v1.0" in capfd.readouterr().out
    assert verify(world, dist, "--github", "acme/widget", "v9") == 5
    assert github.violations == []


def link(release: Path, outside: Path) -> None:
    """A file that is a link to the same bytes elsewhere."""
    shutil.move(release / GATE, outside)
    (release / GATE).symlink_to(outside)


def folder(release: Path, outside: Path) -> None:
    """A bundle in whose place a folder lies."""
    bundle = release / f"{GATE}.sigstore.json"
    shutil.move(bundle, outside)
    bundle.mkdir()


ON_DISK: dict[str, tuple[Callable[[Path, Path], object], str]] = {
    "a link in place of a file": (link, f"{GATE}: expected SHA-256 "),
    "a link more": (lambda release, _: (release / "x").symlink_to(GATE), "x: is not listed"),
    "a folder": (lambda release, _: (release / "x").mkdir(), "x: is not listed"),
    "a pipe": (lambda release, _: os.mkfifo(release / "x"), "x: is not listed"),
    "a hidden file": (lambda release, _: (release / ".x").write_bytes(b""), ".x: is not listed"),
    "a bundle that is a folder": (folder, f"{GATE}: is not a readable file"),
}


@pytest.mark.parametrize("name", ON_DISK)
def test_what_is_no_plain_file_of_the_release_is_refused(
    world: World, dist: Path, tmp_path: Path, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    edit, expected = ON_DISK[name]
    edit(dist / "release", tmp_path / "outside")
    assert verify(world, dist) == 4
    assert f"    what: {expected}" in capfd.readouterr().out


def test_the_release_before_is_held_against_the_one_that_is_named(
    world: World, dist: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    second = str(world.second.folder)
    assert verify(world, dist, second, "--previous", str(dist / "release")) == 0
    assert "continues the release that was given" not in capfd.readouterr().out  # a pass is told by its count
    other = lay(tmp_path / "other", {f"{PREFIX}-provenance.intoto.json": b"{}"})
    assert verify(world, dist, second, "--previous", str(other)) == 4
    assert "small-v1.1-provenance.intoto.json: names v1.0 with provenance SHA-256 " in capfd.readouterr().out
    assert verify(world, dist, second, "--previous", str(tmp_path / "none")) == 3


USAGE = {
    "two": (["x", "--github", "a/b", "v1"], "error: both a folder and --github are given\n  next: Give one of them.\n"),
    "half": (["--identity", "x"], "error: --identity and --issuer belong together\n  next: Give both.\n"),
    "both": (
        ["--identity", "x", "--issuer", "y", "--identities", "z"],
        "error: both --identity and --identities are given\n  next: Give one of them.\n",
    ),
}


@pytest.mark.parametrize("name", USAGE)
def test_what_makes_no_sense_is_usage(world: World, dist: Path, name: str, capfd: pytest.CaptureFixture[str]) -> None:
    words, expected = USAGE[name]
    assert verify(world, dist, *words) == 2
    assert capfd.readouterr().err.endswith(expected)


def test_identities_come_from_the_published_file(world: World, dist: Path, tmp_path: Path) -> None:
    published = tmp_path / "identities.toml"
    published.write_text(
        f'[[signing.identities]]\nidentity = "{WORKFLOW}"\nissuer = "{GITHUB_ISSUER}"\nfrom = 2020-01-01\n'
    )
    words = [str(dist / "release"), "--rehearsal", "--identities", str(published)]
    assert outside(world, tmp_path, dist, *words) == 0
    published.write_text(published.read_text().replace("acme", "evil"))
    assert outside(world, tmp_path, dist, *words) == 4
    published.write_text("[signing]\n")
    assert outside(world, tmp_path, dist, *words) == 2
