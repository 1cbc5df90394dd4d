"""The verifier that needs no repository: what it can do with Python alone, and with the two packages it names."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from ops.supply_chain import build_verifier
from ops.supply_chain.adapters.tools.zipapp import compiled_parts
from ops.supply_chain.contracts.files.verification import VERIFIER_VERSION
from ops.supply_chain.rehearsal.claims import GITHUB_ISSUER
from tests.trust.verification.conftest import Run
from tests.trust.verification.sealing import GATE, PREFIX, unsigned
from tests.trust.verification.world import WORKFLOW, World

NAMED = ["--identity", WORKFLOW, "--issuer", GITHUB_ISSUER]


@pytest.fixture
def trusted(world: World, tmp_path: Path) -> list[str]:
    """The options by which a customer trusts this world's instance."""
    (tmp_path / "root.json").write_bytes(world.root)
    return [*NAMED, "--trusted-root", str(tmp_path / "root.json")]


def test_with_python_alone_nothing_is_called_verified(world: World, run: Run, trusted: list[str]) -> None:
    done = run(str(world.detached.folder), *trusted, "--rehearsal", "--verbose")
    assert done.returncode == 5, done.stderr
    told = done.stdout.splitlines()
    assert told[0] == "small v1.0 (a rehearsal, not a release): not verified, because not everything could be examined"
    unseen = [line[14:] for line in told if line.startswith("not examined")]
    assert [line.partition(" (")[0] for line in unseen] == [
        "Every file is signed by an identity that was authorized when it signed",
        "Detached signatures match the bundles",
        "The attestations are signed and match the released documents",
        "Identifiers, references and digests in the SBOMs are consistent",
    ]
    passed = [line[14:] for line in told if line.startswith("pass")]
    assert "Every released file is listed with its digest, and every listed file is present (6 of 6)" in passed
    assert done.stderr == "note: to check signatures, install: python -m pip install sigstore msgspec\n"


def test_with_python_alone_damage_is_seen(world: World, run: Run, trusted: list[str], tmp_path: Path) -> None:
    folder = tmp_path / "release"
    folder.mkdir()
    for name, data in world.first.files.items():
        (folder / name).write_bytes(data + b" " if name == GATE else data)
    done = run(str(folder), *trusted, "--rehearsal")
    assert done.returncode == 4
    assert f"{GATE}: expected SHA-256 " in " ".join(done.stdout.split())


def test_with_the_two_packages_it_verifies(
    world: World, run: Run, trusted: list[str], packages: Path, tmp_path: Path
) -> None:
    words = [
        "--rehearsal",
        "--vsa",
        str(tmp_path / "vsa.json"),
        "--markdown",
        str(tmp_path / "r.md"),
        "--format",
        "json",
    ]
    done = run(str(world.detached.folder), *trusted, *words, site=packages)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert (report["ruling"], report["signed"], report["rehearsal"]) == ("pass", True, True)
    assert report["verifier_version"] == VERIFIER_VERSION
    assert json.loads((tmp_path / "vsa.json").read_text())["predicate"]["verificationResult"] == "FAILED"
    assert (tmp_path / "r.md").read_text().startswith("# small v1.0: verified as a rehearsal; ")
    assert run(str(world.detached.folder), *trusted, site=packages).returncode == 4


def test_github_needs_a_package_that_is_named(run: Run, packages: Path) -> None:
    done = run("--github", "acme/widget", "v1", site=packages)
    assert (done.returncode, done.stderr) == (
        2,
        (
            "error: --github needs a package that is not installed: httpx, h2\n"
            "  next: python -m pip install 'httpx[http2]' msgspec, or download the release yourself and give its folder.\n"
        ),
    )


USAGE = {
    "nothing": ([], "error: no release is named\n  next: Give its folder or archive, or --github OWNER/REPO TAG.\n"),
    "an unknown option": (
        ["--nope"],
        "error: unrecognized arguments: --nope\n  next: See 'sealwright-verify --help'.\n",
    ),
}


@pytest.mark.parametrize("name", USAGE)
def test_usage_is_told(run: Run, name: str) -> None:
    words, expected = USAGE[name]
    done = run(*words)
    assert (done.returncode, done.stderr) == (2, expected)


def test_no_release_is_an_input_error(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = run(str(tmp_path / "empty"))
    assert done.returncode == 3
    assert done.stderr.startswith("error: there is no release: no file ends in -checksums.txt or ")


def test_a_reader_that_goes_away_is_no_crash(world: World, verifier: Path, trusted: list[str]) -> None:
    process = subprocess.Popen(
        [sys.executable, "-ES", str(verifier), str(world.first.folder), *trusted, "--rehearsal"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    said = process.stderr.read()
    assert (process.wait(timeout=60), "Traceback" in said) == (5, False)


def test_the_unsigned_are_refused_and_accepted_as_what_they_are(world: World, run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "release"
    folder.mkdir()
    for name, data in unsigned(world.first).items():
        (folder / name).write_bytes(data)
    assert run(str(folder), "--rehearsal").returncode == 4
    allowed = run(str(folder), "--rehearsal", "--allow-unsigned", "--verbose")
    # SBOMs are still not looked at: that is no pass either.
    assert allowed.returncode == 5
    assert f"{PREFIX}: digests published, not signed: there is no bundle" in allowed.stdout


def test_the_same_code_gives_the_same_bytes_and_the_licences_travel(verifier: Path, tmp_path: Path) -> None:
    assert build_verifier.main(["--dist", str(tmp_path)]) == 0
    assert (tmp_path / "verifier/sealwright-verify.pyz").read_bytes() == verifier.read_bytes()
    with zipfile.ZipFile(verifier) as handle:
        names = handle.namelist()
        assert handle.read("BUNDLED.txt").decode().splitlines()[0] == f"sealwright {VERIFIER_VERSION}"
    assert {"LICENSE", "__main__.py"} <= set(names)
    assert not [name for name in names if name.startswith("ops/supply_chain/rehearsal/")]
    assert not [name for name in names if name.endswith((".so", ".pyd"))]
    assert {name for name in names if name.endswith(".pyc")} == {f"{name}c" for name in names if name.endswith(".py")}
    assert compiled_parts(verifier.read_bytes()) == (sum(name.endswith(".py") for name in names), (), ())


def test_it_runs_from_its_sources_alone(verifier: Path, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "zipfile", "-e", str(verifier), "verifier"], cwd=tmp_path, check=True)
    for path in (tmp_path / "verifier").rglob("*.pyc"):
        path.unlink()
    done = subprocess.run([sys.executable, "verifier", "."], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (3, "")
    assert "there is no release" in done.stderr
