"""Inputs that once came out wrong, judged by the stage and by the stand-alone verifier alike."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain import verify_release
from ops.supply_chain.rehearsal.claims import GITHUB_ISSUER
from ops.supply_chain.sessions import stand_alone
from tests.trust.verification.conftest import Run
from tests.trust.verification.world import WORKFLOW, World

NAMED = ["--identity", WORKFLOW, "--issuer", GITHUB_ISSUER]
Verify = Callable[..., tuple[int, str]]


@pytest.fixture(params=["stage", "stand-alone", pytest.param("zipapp", marks=pytest.mark.whole)])
def verify(
    request: pytest.FixtureRequest, run: Run, packages: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> Verify:
    """Run a verifier; returns its exit code and what it printed."""

    def by_stage(*words: str) -> tuple[int, str]:
        (tmp_path / "project").mkdir(exist_ok=True)
        folders = ["--project", str(tmp_path / "project"), "--dist", str(tmp_path / "dist")]
        code = verify_release.main([*words, *folders, "--verbose"])
        return code, "".join(capfd.readouterr())

    def alone(*words: str) -> tuple[int, str]:
        return stand_alone.main([*words, "--verbose"]), "".join(capfd.readouterr())

    def zipapp(*words: str) -> tuple[int, str]:
        done = run(*words, "--verbose", site=packages)
        return done.returncode, done.stdout + done.stderr

    return {"stage": by_stage, "stand-alone": alone, "zipapp": zipapp}[request.param]


@pytest.fixture
def cases(shared_data: Path) -> Path:
    """The folder of these inputs; skipped where it is absent."""
    folder = shared_data / "cases"
    if not folder.is_dir():
        pytest.skip("needs the folder 'cases' of the shared data")
    return folder


def summary(path: Path) -> Any:
    return json.loads(path.read_text())["predicate"]


def test_a_release_that_another_repository_signed_is_refused(verify: Verify, cases: Path, tmp_path: Path) -> None:
    """The certificate has the identity that was asked for, and says that the run was for another repository."""
    case = cases / "release-of-another-repository"
    root = ["--trusted-root", str(case.with_suffix(".trusted_root.json"))]
    words = [str(case), *NAMED, *root, "--vsa", str(tmp_path / "vsa.json")]
    for asked in (["--source-repository", "https://github.com/acme/small"], []):
        code, printed = verify(*words, *asked)
        assert code == 4
        assert "The workflow runs that signed were for the source of this release" in printed
        assert "github.com/evil/attacker, not for github.com/acme/small" in printed
        assert summary(tmp_path / "vsa.json")["verificationResult"] == "FAILED"


def test_an_archive_with_a_hidden_member_is_refused(verify: Verify, cases: Path, tmp_path: Path) -> None:
    """Its directory does not name the member, which readers that start at the front extract."""
    with zipfile.ZipFile(cases / "release-hidden-member.zip") as handle:
        (tmp_path / "root.json").write_bytes(handle.read("small-v1.0-trusted_root.json"))
    words = [*NAMED, "--trusted-root", str(tmp_path / "root.json")]
    code, printed = verify(str(cases / "release-hidden-member.zip"), *words)
    assert code == 3
    assert "cannot be unpacked: 'install.sh' is not in its directory" in printed


UNMET = (
    ["--repository", "acme/large"],
    ["--for", "files"],
    ["--ref", "refs/tags/*"],
    ["--event", "schedule"],
    ["--runner", "self-hosted"],
    ["--for", "attestations"],
)


@pytest.mark.parametrize(
    "unmets", [pytest.param(UNMET[:2], id="a part"), pytest.param(UNMET, id="all", marks=pytest.mark.whole)]
)
def test_the_conditions_of_a_customer_are_compared(
    verify: Verify, world: World, tmp_path: Path, unmets: tuple[list[str], ...]
) -> None:
    (tmp_path / "root.json").write_bytes(world.root)
    words = [str(world.first.folder), *NAMED, "--trusted-root", str(tmp_path / "root.json"), "--rehearsal"]
    met = ["--repository", "acme/small", "--ref", "refs/heads/main", "--event", "push", "--runner", "github-hosted"]
    assert verify(*words, *met)[0] == 0
    for unmet in unmets:
        code, printed = verify(*words, *unmet)
        assert code == 4, unmet
        assert "an identity of that name" in printed
    assert verify(*words, "--ref", "refs/*")[0] == 2
    assert verify(str(world.first.folder), "--event", "push")[0] == 2


def test_a_published_pattern_that_matches_strangers_is_refused(verify: Verify, world: World, tmp_path: Path) -> None:
    (tmp_path / "root.json").write_bytes(world.root)
    for pattern in (".*", "https://.*", "[^x]*"):
        (tmp_path / "ids.toml").write_text(
            f"[[signing.identities]]\nissuer='{GITHUB_ISSUER}'\nidentity_regex='{pattern}'\n"
        )
        code, printed = verify(str(world.first.folder), "--identities", str(tmp_path / "ids.toml"), "--rehearsal")
        assert code == 2
        assert "'identity_regex' matches " in printed


def test_published_conditions_are_read(verify: Verify, world: World, tmp_path: Path) -> None:
    (tmp_path / "root.json").write_bytes(world.root)
    entry = f"[[signing.identities]]\nissuer='{GITHUB_ISSUER}'\nidentity='{WORKFLOW}'\nfrom=2020-01-01\n"
    words = ["--identities", str(tmp_path / "ids.toml"), "--trusted-root", str(tmp_path / "root.json"), "--rehearsal"]
    for conditions, expected in (
        ("repository='acme/small'\nfor=['files','attestations']\n", 0),
        ("for=['files']\n", 4),
        ("event='schedule'\n", 4),
        ("runners='x'\n", 2),
    ):
        (tmp_path / "ids.toml").write_text(entry + conditions)
        assert verify(str(world.first.folder), *words)[0] == expected, conditions


def laid(folder: Path, files: dict[str, bytes]) -> str:
    folder.mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return str(folder)


@pytest.mark.parametrize("entry", ["tlogs", "ctlogs", "certificateAuthorities", "timestampAuthorities"])
def test_keys_that_were_not_valid_at_signing_time_are_refused(
    verify: Verify, world: World, tmp_path: Path, entry: str
) -> None:
    for number, window in enumerate(
        ({"start": "2020-01-01T00:00:00Z", "end": "2021-01-01T00:00:00Z"}, {"start": "2099-01-01T00:00:00Z"})
    ):
        root = json.loads(world.root)
        for row in root[entry]:
            (row if "validFor" in row else row["publicKey"])["validFor"] = window
        path = tmp_path / f"root{number}.json"
        path.write_text(json.dumps(root))
        code, printed = verify(str(world.first.folder), *NAMED, "--trusted-root", str(path), "--rehearsal")
        assert code == 4
        assert "valid" in printed


def test_what_is_newer_than_the_verifier_is_not_examined(verify: Verify, world: World, tmp_path: Path) -> None:
    (tmp_path / "root.json").write_bytes(world.root)
    words = [*NAMED, "--trusted-root", str(tmp_path / "root.json"), "--rehearsal"]
    name = "small-v1.0-gate.json.sigstore.json"
    newer = {**json.loads(world.first.files[name]), "mediaType": "application/vnd.dev.sigstore.bundle.v0.4+json"}
    files = world.first.replaced({name: json.dumps({**newer, "field": "of the future"}).encode()})
    code, printed = verify(laid(tmp_path / "release", files), *words)
    assert code == 5
    assert "not examined: newer than this verifier (application/vnd.dev.sigstore.bundle.v0.4+json)" in printed
    root = {**json.loads(world.root), "mediaType": "application/vnd.dev.sigstore.trustedroot.v0.2+json"}
    (tmp_path / "root.json").write_text(json.dumps(root))
    code, printed = verify(str(world.first.folder), *words)
    assert code == 5
    assert "not examined: newer than this verifier" in printed


def test_provenance_v02_never_worsens_a_verified_release(verify: Verify, world: World, tmp_path: Path) -> None:
    (tmp_path / "root.json").write_bytes(world.root)
    own = json.loads(world.first.files["small-v1.0-provenance.intoto.json"])
    source = own["predicate"]["buildDefinition"]["externalParameters"]["source"]
    builder = "https://github.com/slsa-framework/slsa-github-generator/.github/workflows/generator_generic_slsa3.yml@refs/tags/v2.1.0"
    statement = {
        "_type": "https://in-toto.io/Statement/v0.1",
        "predicateType": "https://slsa.dev/provenance/v0.2",
        "subject": own["subject"],
        "predicate": {
            "builder": {"id": builder},
            "buildType": "https://github.com/slsa-framework/slsa-github-generator/generic@v1",
            "invocation": {"configSource": {"uri": source["uri"], "digest": {"sha1": source["digest"]["gitCommit"]}}},
        },
    }
    claims = {
        "sha": source["digest"]["gitCommit"],
        "repository": "acme/small",
        "job_workflow_ref": builder.removeprefix("https://github.com/"),
    }
    bundle = world.attested(json.dumps(statement).encode(), identity=builder, issuer=GITHUB_ISSUER, claims=claims)
    envelope = json.dumps(json.loads(bundle)["dsseEnvelope"]).encode()
    (tmp_path / "evidence.jsonl").write_bytes(bundle + b"\n" + envelope + b"\n")
    words = [*NAMED, "--trusted-root", str(tmp_path / "root.json"), "--rehearsal"]
    code, printed = verify(str(world.first.folder), *words, "--attestations", str(tmp_path / "evidence.jsonl"))
    assert code == 0
    assert (
        "pass          Further attestations verify, come from the same source, and are about these files (1 of 1)"
        in printed
    )
    assert "note: further evidence evidence.jsonl[1]: not examined: a bare DSSE envelope" in printed
