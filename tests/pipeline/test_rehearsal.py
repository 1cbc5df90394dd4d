"""A whole rehearsal as a user runs it: signed, retained, told what would be refused, and nothing left behind."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from sigstore.errors import VerificationError
from sigstore.models import Bundle, TrustedRoot
from sigstore.verify import Verifier
from sigstore.verify.policy import Identity

from ops.supply_chain.adapters.sigstore.trusted_root import embedded_root
from ops.supply_chain.rehearsal.claims import GITHUB_ISSUER
from ops.supply_chain.risk.findings.render.screen import MOST_LINES
from tests.fakes.prepared import prepared_processes
from tests.fakes.signals import default_signals
from tests.pipeline.conftest import git, make_project
from tests.pipeline.spine import SIGNING, SPINE, release_steps

STEPS = release_steps(SPINE | SIGNING)
WORKFLOW = "https://github.com/acme/small/.github/workflows/release.yml@refs/tags/v1.0"
CONFIG = f"""\
[policy]
licences_on_unknown = "deny"
[[signing.identities]]
identity_regex = 'https://github\\.com/acme/small/\\.github/workflows/release\\.yml@refs/tags/v1\\.0'
issuer = "{GITHUB_ISSUER}"
"""


def command(project: Path, out: Path, *options: str) -> list[str]:
    module = [sys.executable, "-Im", "ops.supply_chain.sessions.rehearse", *STEPS]
    return [*module, "--", "--project", str(project), "--dist", str(out), "--no-enrich", *options]


def isolation() -> list[str]:
    """Return what runs a command where there is no network but loopback; nothing where that is not permitted."""
    alone = ["unshare", "-rn", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
    if not (shutil.which("unshare") and shutil.which("ip")):
        return []
    return [] if subprocess.run([*alone, "true"], capture_output=True, check=False).returncode else alone


def rehearse(
    project: Path, out: Path, *options: str, before: Sequence[str] = (), **environment: str
) -> subprocess.CompletedProcess[str]:
    temporary = out.parent / "temporary"
    temporary.mkdir(exist_ok=True)
    with prepared_processes():
        return subprocess.run(
            [*before, *command(project, out, *options)],
            check=False,
            capture_output=True,
            text=True,
            env={**os.environ, "TMPDIR": str(temporary), **environment},
        )


def deny(project: Path) -> Path:
    """Make a project one whose release the policy denies, and that says who signs it."""
    (project / ".security-config.toml").write_text(CONFIG)
    git(project, "add", "-A")
    git(project, "commit", "-qm", "second")
    git(project, "tag", "-f", "v1.0")
    return project


@pytest.fixture
def denied(project: Path) -> Path:
    return deny(project)


class Rehearsed(NamedTuple):
    """A project and what its rehearsal left; not to be changed."""

    project: Path
    out: Path
    done: subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def rehearsed(tmp_path_factory: pytest.TempPathFactory) -> Rehearsed:
    base = tmp_path_factory.mktemp("rehearsed")
    project = deny(make_project(base / "project"))
    # A runner's own settings, and proxies that nobody answers at: neither is asked.
    odd = {"GITHUB_ACTIONS": "true", "HTTP_PROXY": "http://127.0.0.1:1", "http_proxy": "http://127.0.0.1:1"}
    return Rehearsed(project, base / "dist", rehearse(project, base / "dist", **odd))


def test_a_release_that_would_be_refused_is_rehearsed_to_its_end(rehearsed: Rehearsed) -> None:
    done = rehearsed.done
    assert done.returncode == 0, done.stdout + done.stderr
    screen = done.stdout.splitlines()
    assert screen[0].startswith("WOULD BE REFUSED  small v1.0   "), done.stdout
    assert len(screen) <= MOST_LINES
    assert [line for line in screen if line.startswith("signed ")] == ["signed    on loopback, nothing public, as"]
    causes = [line for line in screen if line.startswith("x ")]
    assert causes
    report = json.loads((rehearsed.out / "verdict/verdict.json").read_text())
    denied = {rule["code"] for rule in report["rules"] if rule["outcome"] != "pass"}
    assert "licences.known" in denied
    release = rehearsed.out / "release"
    gate = json.loads((release / "small-v1.0-gate.json").read_text())
    assert (gate["verdict"]["decision"], gate["rehearsal"]) == ("deny", True)
    statement = json.loads((release / "small-v1.0-provenance.intoto.json").read_text())["predicate"]
    assert statement["buildDefinition"]["externalParameters"]["rehearsal"] is True
    assert statement["runDetails"]["builder"]["id"].endswith("builder:github-self-hosted:v1:rehearsal")
    kept = rehearsed.out / "artifacts/supply-chain/small/v1.0"
    of_release = {path.name for path in release.iterdir()}
    of_verification = {f"small-v1.0-verification.{kind}" for kind in ("json", "md", "vsa.json")}
    assert {path.name for path in kept.iterdir()} == {*of_release, *of_verification, "manifest.json"}
    assert list((rehearsed.out.parent / "temporary").iterdir()) == []


def test_it_was_verified_by_the_projects_own_policy(rehearsed: Rehearsed) -> None:
    found = json.loads((rehearsed.out / "verification/verification.json").read_text())
    assert (found["outcome"], found["ruling"], found["rehearsal"]) == ("fail", "pass", True)
    checks = {one["code"]: one for one in found["checks"]}
    # Only what makes it a rehearsal is let pass, never a signature or a digest.
    assert {code for code, one in checks.items() if one["outcome"] != "pass"} == {
        "release.real",
        "gate.gates",
        "gate.verdict",
    }
    lines = [line for code in ("files.signed", "attestations.signed") for line in checks[code]["lines"]]
    assert {(line["signer"]["identity"], line["signer"]["issuer"]) for line in lines} == {(WORKFLOW, GITHUB_ISSUER)}
    assert len(lines) == 8 + 4


def test_every_bundle_verifies_by_the_rehearsals_root_and_none_by_the_public_one(rehearsed: Rehearsed) -> None:
    release = rehearsed.out / "release"
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


@pytest.mark.whole
def test_a_second_rehearsal_of_other_bytes_is_no_conflict(rehearsed: Rehearsed, tmp_path: Path) -> None:
    project = shutil.copytree(rehearsed.project, tmp_path / "project")
    shutil.copytree(rehearsed.out, tmp_path / "dist")
    lock = project / "functions/one/requirements.txt"
    lock.write_text(lock.read_text().replace("beta==2.0", "beta==3.0"))
    # The instance is on this machine: a rehearsal needs no network.
    done = rehearse(project, tmp_path / "dist", "--offline", before=isolation())
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_broken_input_is_no_rehearsal(denied: Path, tmp_path: Path) -> None:
    (denied / "functions/one/requirements.txt").write_text("alpha==\n")
    done = rehearse(denied, tmp_path / "dist")
    assert done.returncode == 3
    assert done.stdout.startswith("FAILED (exit 3)  ")
    assert "x 1  cannot be read, so nothing in it was examined" in done.stdout
    assert "functions/one/requirements.txt:1" in done.stdout


def in_group(group: int) -> list[str]:
    """Return the processes of a group that are still there, as /proc tells."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, facts = path.read_text().rpartition(") ")
        except OSError:
            continue
        if facts.split()[2] == str(group) and facts[0] != "Z":
            found.append(name)
    return found


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_stopped_in_the_middle_it_cleans_up(number: signal.Signals, rehearsed: Rehearsed, tmp_path: Path) -> None:
    (tmp_path / "temporary").mkdir()
    with default_signals():
        process = subprocess.Popen(
            command(rehearsed.project, tmp_path / "dist"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env={**os.environ, "TMPDIR": str(tmp_path / "temporary")},
        )
    while not (tmp_path / "dist/.sealwright.lock").exists():
        time.sleep(0.005)
    assert list((tmp_path / "temporary").glob("sealwright-rehearsal-*/trust_config.json"))
    process.send_signal(number)
    # A Python that was interrupted while it made a class dies by SIGINT, which a shell calls 130 as well.
    assert process.wait(timeout=30) in (130, -signal.SIGINT)
    assert list((tmp_path / "temporary").iterdir()) == []
    assert in_group(process.pid) == []
