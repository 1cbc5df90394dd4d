"""`verify_release --package` and the stand-alone verifier, from the command line to the files that are kept."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.supply_chain import verify_release
from ops.supply_chain.contracts.values.predicate_types import CYCLONEDX_TYPE
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.rehearsal.claims import GITHUB_ISSUER
from ops.supply_chain.sessions import stand_alone
from ops.supply_chain.trust.signing.statements import publish_statement, statement_bytes
from tests.fakes.distributions import SDIST, sdist
from tests.fakes.index import FakeFile, FakeIndex
from tests.fakes.integrity import FakeIntegrity, provenance
from tests.trust.verification.conftest import Run
from tests.trust.verification.sealing import PREFIX, PROVENANCE, sealed
from tests.trust.verification.test_package import CLAIM, DATA, WHEEL, Served, as_attestation
from tests.trust.verification.world import WORKFLOW, World

NAMED = ("--identity", WORKFLOW, "--issuer", GITHUB_ISSUER)


@pytest.fixture
def served(world: World, tmp_path: Path) -> Iterator[Served]:
    with FakeIndex() as index, FakeIntegrity() as integrity:
        (tmp_path / "root.json").write_bytes(world.root)
        yield Served(world, tmp_path, index, integrity)


def argv(served: Served, *words: str) -> list[str]:
    addresses = ["--index", served.index.url, "--integrity-api", served.integrity.url]
    root = ["--trusted-root", str(served.folder / "root.json"), "--cache", str(served.folder / "cache")]
    return ["--package", "demo==1.0", *addresses, *root, *words]


def project(served: Served) -> list[str]:
    (served.folder / "project").mkdir(exist_ok=True)
    return ["--project", str(served.folder / "project"), "--dist", str(served.folder / "dist")]


def test_the_verified_file_is_kept_with_its_hash(served: Served, capfd: pytest.CaptureFixture[str]) -> None:
    served.attest()
    out = served.folder / "kept"
    assert verify_release.main([*argv(served, *NAMED, "--out", str(out)), *project(served)]) == 0
    said = capfd.readouterr().out
    assert f"verified              {WHEEL}\n" in said
    assert sorted(path.name for path in out.iterdir()) == [WHEEL, "requirements.txt"]
    assert (out / WHEEL).read_bytes() == DATA
    assert "install with: python -m pip install --no-index --no-deps --find-links " in said
    assert not (served.folder / "dist").exists()


@pytest.mark.whole
def test_the_printed_command_installs_what_was_verified(served: Served, capfd: pytest.CaptureFixture[str]) -> None:
    served.attest()
    assert stand_alone.main(argv(served, *NAMED, "--out", str(served.folder / "kept"))) == 0
    command = capfd.readouterr().out.split("install with: python ")[1].splitlines()[0].split()
    target = ["--target", str(served.folder / "site"), "--disable-pip-version-check", "-q"]
    done = subprocess.run([sys.executable, *command, *target], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert (served.folder / "site/demo/cli.py").is_file()


def test_the_same_by_the_stand_alone_verifier(served: Served, capfd: pytest.CaptureFixture[str]) -> None:
    served.attest()
    out = served.folder / "kept"
    assert stand_alone.main(argv(served, *NAMED, "--out", str(out), "--format", "json")) == 0
    document = json.loads(capfd.readouterr().out)
    assert (document["outcome"], document["in_words"]) == ("pass", "demo 1.0: verified")
    assert (out / WHEEL).read_bytes() == DATA
    assert stand_alone.main(argv(served, *NAMED, "--out", str(out))) == 2
    assert "is not empty, and would mix verified files with others" in capfd.readouterr().err


def test_a_bad_file_is_not_kept_and_no_requirements_are_written(
    served: Served, capfd: pytest.CaptureFixture[str]
) -> None:
    served.attest(identity="mallory@example.org")
    out = served.folder / "kept"
    assert verify_release.main([*argv(served, *NAMED, "--out", str(out)), *project(served)]) == 4
    assert list(out.iterdir()) == []
    assert "install with" not in capfd.readouterr().out


def test_of_a_version_with_a_bad_file_nothing_is_kept(served: Served, capfd: pytest.CaptureFixture[str]) -> None:
    served.attest()
    served.index.add("demo", FakeFile(SDIST, sdist(), b"", None))
    served.integrity.add("demo", "1.0", SDIST, b'{"version": 1, "attestation_bundles": []}')
    out = served.folder / "kept"
    assert stand_alone.main(argv(served, *NAMED, "--out", str(out))) == 4
    assert list(out.iterdir()) == []
    said = capfd.readouterr().out
    assert f"bad                   {SDIST}" in said
    assert f"verified              {WHEEL}" in said
    assert stand_alone.main(argv(served, *NAMED, "--out", str(out), "--file", WHEEL)) == 0


def test_an_interrupted_run_leaves_no_file_under_its_own_name(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    served.attest()
    out = served.folder / "kept"

    def interrupted(*_: object, **__: object) -> None:
        assert not [path for path in out.iterdir() if not path.name.startswith(".")]
        raise KeyboardInterrupt

    monkeypatch.setattr("ops.supply_chain.gather.trust.verification.package.file_evidence", interrupted)
    assert stand_alone.main(argv(served, *NAMED, "--out", str(out))) == 130
    assert list(out.iterdir()) == []


def test_with_the_release_everything_is_compared(served: Served, capfd: pytest.CaptureFixture[str]) -> None:
    served.attest()
    release = served.release().folder
    words = [*NAMED, "--allow-unsigned", "--rehearsal"]
    assert stand_alone.main([*argv(served, *words), str(release)]) == 0
    assert "lists it, its provenance and gate cover it" in capfd.readouterr().out
    (release / WHEEL).write_bytes(DATA + b"x")
    assert stand_alone.main([*argv(served, *words), str(release)]) == 4
    served.release()
    assert stand_alone.main([*argv(served, *NAMED), str(release)]) == 4  # it is not signed


USAGE = {
    "both": (["--package", "a==1", "--lock", "x"], "both --package and --lock are given"),
    "out alone": (["--out", "x"], "--out needs --package"),
    "file with lock": (["--lock", "x", "--file", "y"], "--file needs --package"),
    "index alone": (["--index", "https://example.org/simple/"], "--index needs --package or --lock"),
    "lock and release": (["--lock", "x", "folder"], "--lock verifies packages on an index, and a release is named too"),
    "no attestations, no release": (["--package", "a==1", "--no-attestations"], "--no-attestations needs a release"),
    "tag": (["--package", "a==1", "--tag", "v1"], "--tag needs a release, and none is named"),
    "commit": (["--lock", "x", "--source-commit", "0"], "--source-commit needs a release, and none is named"),
    "unsigned": (["--package", "a==1", "--allow-unsigned"], "--allow-unsigned needs a release, and none is named"),
    "vsa": (["--package", "a==1", "--vsa", "x"], "--vsa reports on a release alone"),
    "markdown": (["--lock", "x", "--markdown", "y"], "--markdown reports on a release alone"),
    "no version": (["--package", "a"], "--package a: expected NAME==VERSION"),
    "no address": (["--package", "a==1", "--index", "x"], "--index: 'x' is not an https address"),
}


@pytest.mark.parametrize("name", USAGE)
def test_wrong_options_are_refused(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    words, expected = USAGE[name]
    assert stand_alone.main(words) == 2
    assert expected in capfd.readouterr().err


def test_the_index_of_the_installer_is_the_one_that_is_asked(
    served: Served, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    served.attest()
    words = argv(served, *NAMED)
    del words[words.index("--index") : words.index("--index") + 2]
    monkeypatch.setenv("PIP_INDEX_URL", served.index.url)
    assert stand_alone.main(words) == 0
    assert "from the environment (PIP_INDEX_URL)" in capfd.readouterr().err
    assert verify_release.main([*words, *project(served)]) == 0
    assert "from the environment (PIP_INDEX_URL)" in capfd.readouterr().out
    monkeypatch.setenv("UV_EXTRA_INDEX_URL", "https://other.example/simple/")
    assert stand_alone.main(words) == 2
    assert stand_alone.main(argv(served, *NAMED)) == 0


def test_offline_nothing_is_verified(served: Served, capfd: pytest.CaptureFixture[str]) -> None:
    served.attest()
    assert stand_alone.main(argv(served, *NAMED, "--offline")) == 5
    assert "offline" in capfd.readouterr().err


def test_the_stand_alone_verifier_names_the_packages_that_it_needs(served: Served, run: Run, packages: Path) -> None:
    done = run(*argv(served, *NAMED), site=packages)
    assert (done.returncode, done.stderr.splitlines()[0]) == (
        2,
        "error: --package and --lock need a package that is not installed: httpx, h2",
    )


@pytest.mark.online
def test_a_real_package_of_an_index_without_attestations_could_not_be_checked(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The package index that tests reach has no Integrity API: that is no clean result."""
    out = tmp_path / "out"
    words = ["--package", "idna==3.7", "--out", str(out), "--cache", str(tmp_path / "cache")]
    assert stand_alone.main([*words, *NAMED]) == 5
    said = capfd.readouterr().out
    assert "could not be checked  idna-3.7-py3-none-any.whl" in said
    assert list(out.iterdir()) == []


def signed_release(served: Served) -> Path:
    """A release with the wheel in which everything is signed, publish attestation included."""
    world, folder = served.world, served.folder / "signed"
    folder.mkdir()
    files = sealed(world.first, added={WHEEL: DATA})
    files[f"{PREFIX}-trusted_root.json"] = world.root
    whole = {**files, **{f"{name}.sigstore.json": world.signed(data) for name, data in files.items()}}
    about = {WHEEL: sha256_bytes(DATA)}
    sbom = statement_bytes(about, CYCLONEDX_TYPE, files[f"{PREFIX}-sbom.cdx.json"], where="sbom")
    for what, statement in (("provenance", files[PROVENANCE]), ("sbom", sbom)):
        whole[f"{PREFIX}-{what}.attestation.sigstore.json"] = world.attested(statement)
    published = world.attested(publish_statement(WHEEL, sha256_bytes(DATA)))
    whole[f"{WHEEL}.publish.attestation"] = json.dumps(as_attestation(published)).encode()
    for name, data in whole.items():
        (folder / name).write_bytes(data)
    return folder


def test_a_signed_release_and_what_the_index_serves_of_it(served: Served, capfd: pytest.CaptureFixture[str]) -> None:
    release = signed_release(served)
    document = json.loads((release / f"{WHEEL}.publish.attestation").read_text())
    served.integrity.add("demo", "1.0", WHEEL, provenance([document], CLAIM))
    words = argv(served, *NAMED, "--rehearsal")
    assert stand_alone.main([*words, str(release)]) == 0
    said = capfd.readouterr().out
    assert "publish attestation by https://github.com/acme/small/" in said
    assert "released: small v1.0 lists it" in said
    served.integrity.add("demo", "1.0", WHEEL, None)
    assert stand_alone.main([*words, str(release)]) == 4
    assert "although its release has a publish attestation" in capfd.readouterr().out
    assert stand_alone.main([*words[:-1], str(release)]) == 4  # a rehearsal is no release
