"""A whole rehearsal as a user runs it: signed, retained, told what would be refused, and nothing left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sigstore.errors import VerificationError
from sigstore.models import Bundle, TrustedRoot
from sigstore.verify import Verifier
from sigstore.verify.policy import Identity

from ops.supply_chain.adapters.trusted_root import embedded_root
from ops.supply_chain.rehearsal.claims import GITHUB_ISSUER
from tests.pipeline.conftest import git

STEPS = (
    "generate_sbom",
    "bundle_evidence",
    "evaluate_policy",
    "generate_provenance",
    "evaluate_policy --provenance",
    "assemble_release",
    "sign_artifacts",
    "retain_artifacts",
    "summarise_release",
)
WORKFLOW = "https://github.com/acme/small/.github/workflows/release.yml@refs/tags/v1.0"
LOOPBACK = "by an instance on loopback, nothing was written to a public log"
CONFIG = f"""\
[policy]
licences_on_unknown = "deny"
[[signing.identities]]
identity_regex = 'https://github\\.com/acme/small/\\.github/workflows/release\\.yml@refs/tags/v1\\.0'
issuer = "{GITHUB_ISSUER}"
"""


def command(project: Path, out: Path, *options: str) -> list[str]:
    module = [sys.executable, "-Im", "ops.supply_chain.runner.rehearse", *STEPS]
    return [*module, "--", "--project", str(project), "--dist", str(out), "--no-enrich", *options]


def rehearse(project: Path, out: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    temporary = out.parent / "temporary"
    temporary.mkdir(exist_ok=True)
    return subprocess.run(
        command(project, out),
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "TMPDIR": str(temporary), **environment},
    )


@pytest.fixture
def denied(project: Path) -> Path:
    """A project whose release the policy denies, and that says who signs it."""
    (project / ".security-config.toml").write_text(CONFIG)
    git(project, "add", "-A")
    git(project, "commit", "-qm", "second")
    git(project, "tag", "-f", "v1.0")
    return project


def test_a_release_that_would_be_refused_is_rehearsed_to_its_end(denied: Path, tmp_path: Path) -> None:
    # A runner's own settings, and proxies that nobody answers at: neither is asked.
    odd = {"GITHUB_ACTIONS": "true", "HTTP_PROXY": "http://127.0.0.1:1", "http_proxy": "http://127.0.0.1:1"}
    done = rehearse(denied, tmp_path / "dist", **odd)
    assert done.returncode == 0, done.stdout + done.stderr
    told = done.stdout.splitlines()
    told = told[told.index("  the machinery worked") - 1 :]
    assert told[:3] == [
        f"rehearsal as {WORKFLOW}, issuer {GITHUB_ISSUER}; {LOOPBACK}",
        "  the machinery worked",
        "  this release would be refused, because",
    ]
    # Gates that this short run leaves out are told as missing too, where the profile demands them.
    unknown = (
        "    policy licences.known: dist:sbom/small-sbom.json: no licence is stated (pkg:pypi/alpha@1.0), and 1 more"
    )
    assert unknown in told[3:]
    assert all(line.startswith("    policy ") for line in told[3:])
    release = tmp_path / "dist/release"
    gate = json.loads((release / "small-v1.0-gate.json").read_text())
    assert (gate["verdict"]["decision"], gate["rehearsal"]) == ("deny", True)
    statement = json.loads((release / "small-v1.0-provenance.intoto.json").read_text())["predicate"]
    assert statement["buildDefinition"]["externalParameters"]["rehearsal"] is True
    assert statement["runDetails"]["builder"]["id"].endswith("builder:github-self-hosted:v1:rehearsal")
    kept = tmp_path / "dist/artifacts/supply-chain/small/v1.0"
    assert {path.name for path in kept.iterdir()} == {*(path.name for path in release.iterdir()), "manifest.json"}
    assert list((tmp_path / "temporary").iterdir()) == []


def test_every_bundle_verifies_by_the_rehearsals_root_and_none_by_the_public_one(denied: Path, tmp_path: Path) -> None:
    assert rehearse(denied, tmp_path / "dist").returncode == 0
    release = tmp_path / "dist/release"
    own = Verifier(trusted_root=TrustedRoot.from_file(str(release / "small-v1.0-trusted_root.json")))
    public = Verifier(trusted_root=TrustedRoot.from_file(str(embedded_root().path)))
    policy = Identity(identity=WORKFLOW, issuer=GITHUB_ISSUER)
    files = [path for path in release.iterdir() if not path.name.endswith(".sigstore.json")]
    assert len(files) == 8
    for path in files:
        bundle = Bundle.from_json((release / f"{path.name}.sigstore.json").read_bytes())
        own.verify_artifact(path.read_bytes(), bundle, policy)
        with pytest.raises(VerificationError):
            public.verify_artifact(path.read_bytes(), bundle, policy)


def test_a_second_rehearsal_of_other_bytes_is_no_conflict(denied: Path, tmp_path: Path) -> None:
    assert rehearse(denied, tmp_path / "dist").returncode == 0
    lock = denied / "functions/one/requirements.txt"
    lock.write_text(lock.read_text().replace("beta==2.0", "beta==3.0"))
    done = rehearse(denied, tmp_path / "dist")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_broken_input_is_no_rehearsal(denied: Path, tmp_path: Path) -> None:
    (denied / "functions/one/requirements.txt").write_text("alpha==\n")
    done = rehearse(denied, tmp_path / "dist")
    assert done.returncode == 3
    assert done.stdout.splitlines()[-1] == "  the machinery did not work: generate_sbom ended with exit 3"


def test_stopped_in_the_middle_it_cleans_up(denied: Path, tmp_path: Path) -> None:
    (tmp_path / "temporary").mkdir()
    process = subprocess.Popen(
        command(denied, tmp_path / "dist"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "TMPDIR": str(tmp_path / "temporary")},
    )
    while not (tmp_path / "dist/.sealwright.lock").exists():
        time.sleep(0.005)
    assert list((tmp_path / "temporary").glob("sealwright-rehearsal-*/trust_config.json"))
    process.send_signal(signal.SIGTERM)
    # A Python that was interrupted while it made a class dies by SIGINT, which a shell calls 130 as well.
    assert process.wait(timeout=30) in (130, -signal.SIGINT)
    assert list((tmp_path / "temporary").iterdir()) == []
