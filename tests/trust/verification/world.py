"""Two signed releases of one small project, and the instance that signed them, still running to sign forgeries.

Made once a test session: everything else is done on what lies in memory.
"""

from __future__ import annotations

import importlib
import os
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

from sigstore.dsse import Statement

from ops.supply_chain.adapters.files.release_files import read_release
from ops.supply_chain.adapters.sigstore.bundle_verifier import BundleVerifier
from ops.supply_chain.contracts.config.signing import SigningIdentity
from ops.supply_chain.contracts.files.verification import Expectations, Further, GivenFile, Verification
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.gather.trust.verification.check import BundleChecker, check_contents
from ops.supply_chain.rehearsal.claims import GITHUB_ISSUER
from ops.supply_chain.rehearsal.instance import RehearsalInstance, without_proxy
from ops.supply_chain.rehearsal.options import Options
from ops.supply_chain.trust.verification.file_kinds import DOCUMENTS
from tests.pipeline.conftest import git, make_project
from tests.policy.support import spine_policy
from tests.rehearsal.support import signer

WORKFLOW = "https://github.com/acme/small/.github/workflows/release.yml@refs/heads/main"
IDENTITIES = (SigningIdentity(identity=WORKFLOW, issuer=GITHUB_ISSUER, role="release workflow", since="2020-01-01"),)
CONFIG = f"""\
component_name = "small"
[policy]
folders = ["policy"]
[signing]
detached = true
[[signing.identities]]
identity = "{WORKFLOW}"
issuer = "{GITHUB_ISSUER}"
role = "release workflow"
from = 2020-01-01
"""
STEPS = (
    "generate_sbom",
    "bundle_evidence",
    "evaluate_policy",
    "generate_provenance",
    "evaluate_policy --provenance",
    "assemble_release",
    "sign_artifacts",
    "retain_artifacts",
)


class _AnyStatement(Statement):
    """A statement of any version: the library makes those of version 1 alone, others sign what they like."""

    def __init__(self, contents: bytes) -> None:
        self._contents = contents


class Release(NamedTuple):
    """A release in memory: name -> bytes of every file, and the folder where it lies."""

    files: dict[str, bytes]
    folder: Path

    def without_detached(self) -> Release:
        """The same without detached signatures."""
        return Release(
            {one: data for one, data in self.files.items() if not one.endswith((".sig", ".crt"))}, self.folder
        )

    def replaced(self, changes: dict[str, bytes | None]) -> dict[str, bytes]:
        """The files with some replaced, added, or taken away (None)."""
        whole = {**self.files, **{name: data for name, data in changes.items() if data is not None}}
        return {name: data for name, data in whole.items() if changes.get(name, b"") is not None}


class World:
    """The running instance, the first release (v1.0), the second (v1.1) that continues it.

    `detached` is the first one with detached signatures. `more` is added to the configuration.
    """

    def __init__(self, base: Path, instance: RehearsalInstance, more: str = "") -> None:
        self.base, self.instance = base, instance
        self.root = instance.trusted_root_json.encode()
        self.project = make_project(base / "project")
        (self.project / ".security-config.toml").write_text(CONFIG + more)
        git(self.project, "remote", "add", "origin", "https://github.com/acme/small.git")
        git(self.project, "commit", "-qam", "signing")
        self.trust_config = base / "trust_config.json"
        self.trust_config.write_text(instance.trust_config_json)
        self.detached = self._release("v1.0")
        # Detached signatures would see what a bundle's own check has to see: most tests do without.
        self.first = self.detached.without_detached()
        self.second = self._release("v1.1").without_detached()
        self.root = self.first.files["small-v1.0-trusted_root.json"]
        self.checker = self.examiner_for(IDENTITIES)
        self.wanted = Expectations(
            bases=("urn:sealwright:",),
            rehearsal=True,
            root="test",
            root_sha256=sha256_bytes(self.root),
            private_root=True,
        )

    @property
    def environment(self) -> dict[str, str]:
        """The variables of a rehearsal."""
        return {
            "SEALWRIGHT_REHEARSAL": "1",
            "SEALWRIGHT_TRUST_CONFIG": str(self.trust_config),
            "SIGSTORE_ID_TOKEN": self.instance.identity_token(),
            "SEALWRIGHT_INVOCATION": "urn:uuid:00000000-0000-4000-8000-000000000000",
            "SEALWRIGHT_CACHE": str(self.base / "cache"),
            **without_proxy({}),
        }

    def options(self, dist: Path) -> list[str]:
        """The options of a stage."""
        artifacts = self.base / "artifacts"
        return ["--project", str(self.project), "--dist", str(dist), "--artifacts", str(artifacts)]

    def run(self, stage: str, *words: str) -> int:
        """Run a stage in this process, as one of a rehearsal."""
        built_in = mock.patch("ops.supply_chain.gather.assurance.policy.BUILT_IN", spine_policy())
        with mock.patch.dict(os.environ, self.environment), built_in:
            module = importlib.import_module(f"ops.supply_chain.{stage}")
            code: int = module.main([*words, *(["--no-enrich"] if stage == "generate_sbom" else [])])
        return code

    def examiner_for(self, identities: tuple[SigningIdentity, ...], root: bytes | None = None) -> BundleChecker:
        return BundleChecker(BundleVerifier(root or self.root), identities)

    def judged(
        self,
        files: dict[str, bytes],
        *,
        checker: BundleChecker | None = None,
        further: tuple[Further, ...] = (),
        **wanted: Any,
    ) -> Verification:
        """Judge files that lie in memory."""
        contents = {name: data for name, data in files.items() if name.endswith(DOCUMENTS)}
        expected = replace(self.wanted, **wanted)
        return check_contents(self.given(files), contents, expected, checker or self.checker, further=further)

    def given(self, files: dict[str, bytes]) -> dict[str, GivenFile]:
        """Measure files that lie in memory."""
        return {name: GivenFile(name=name, sha256=sha256_bytes(data), size=len(data)) for name, data in files.items()}

    def signed(self, data: bytes, *, identity: str = "", issuer: str = "", claims: Any = None) -> bytes:
        """A bundle over bytes, by whomever."""
        with signer(self.instance, self.instance.identity_token(identity, issuer, claims)) as session:
            return session.sign_artifact(data).to_json().encode()

    def attested(self, statement: bytes, *, identity: str = "", issuer: str = "", claims: Any = None) -> bytes:
        """A bundle with a statement, by whomever."""
        with signer(self.instance, self.instance.identity_token(identity, issuer, claims)) as session:
            return session.sign_dsse(_AnyStatement(statement)).to_json().encode()

    def _release(self, version: str) -> Release:
        dist = self.base / version
        for step in STEPS:
            stage, *words = step.split()
            assert self.run(stage, *words, *self.options(dist), "--version", version) == 0, step
        folder = dist / "release"
        files, _ = read_release(folder, DOCUMENTS)
        return Release({name: (folder / name).read_bytes() for name in files}, folder)


def failures(verification: Verification) -> list[str]:
    """Problems, as `code subject: message`."""
    return [
        f"{check.code} {line.subject}: {line.message}"
        for check in verification.checks
        for line in check.lines
        if line.ruling is not Outcome.PASS
    ]


def tolerated(verification: Verification) -> list[str]:
    """What is wrong and stands in nobody's way, as `why code outcome subject: message`."""
    return [
        f"{line.tolerated} {check.code} {line.outcome} {line.subject}: {line.message}"
        for check in verification.checks
        for line in check.lines
        if line.tolerated
    ]


def failing(verification: Verification) -> set[str]:
    """The codes of the checks that stand in the way."""
    return {check.code for check in verification.checks if check.ruling is Outcome.FAIL}


def options() -> Options:
    """Who signs in this world."""
    return Options(identity=WORKFLOW, issuer=GITHUB_ISSUER)
