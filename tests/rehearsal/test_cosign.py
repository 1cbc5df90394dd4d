"""An independent client, cosign, verifies a release that the rehearsal signed, offline, with the root beside it.

Runs where cosign is on PATH. Versions before 3 need `--new-bundle-format`, later ones have it as their default.
"""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from ops.supply_chain.rehearsal.instance import RehearsalInstance
from tests.fakes.signing import IDENTITY, ISSUER
from tests.release.signing_world import FILES, World

SECONDS = 60


class Cosign:
    """The command, and the release that it looks at."""

    def __init__(self, command: str, world: World) -> None:
        said = subprocess.run([command, "version"], capture_output=True, text=True, check=True, timeout=SECONDS)
        found = re.search(r"GitVersion:\s*v(\d+)\.", said.stdout)
        self._new = ["--new-bundle-format"] if found and int(found[1]) < 3 else []
        self._command, self.folder = command, world.folder

    def verifies(self, bundle: str, file: str, *, identity: str = IDENTITY, issuer: str = ISSUER) -> bool:
        attestation = bundle.endswith(".attestation.sigstore.json")
        verb = ["verify-blob-attestation", "--check-claims=true"] if attestation else ["verify-blob"]
        kind = ["--type", self._type_in(bundle)] if attestation else []
        trust = ["--bundle", bundle, "--trusted-root", "N-V-trusted_root.json"]
        who = ["--certificate-identity", identity, "--certificate-oidc-issuer", issuer]
        done = subprocess.run(
            [self._command, *verb, *kind, *self._new, *trust, *who, file],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
            # Neither a network nor anything of the home folder is needed.
            env={"PATH": "/usr/bin:/bin", "HOME": str(self.folder.parent), "HTTPS_PROXY": "http://127.0.0.1:1"},
        )
        return done.returncode == 0

    def _type_in(self, bundle: str) -> str:
        envelope = json.loads((self.folder / bundle).read_bytes())["dsseEnvelope"]
        return str(json.loads(base64.b64decode(envelope["payload"]))["predicateType"])


@pytest.fixture
def cosign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cosign:
    command = shutil.which("cosign")
    if not command:
        pytest.skip("needs cosign on PATH")
    with RehearsalInstance() as instance:
        world = World(tmp_path, instance, monkeypatch)
        world.must_sign()
    return Cosign(command, world)


def test_every_bundle_of_a_release_verifies_and_nothing_else(cosign: Cosign) -> None:
    bundles = sorted(path.name for path in cosign.folder.glob("*.sigstore.json"))
    assert len(bundles) == FILES
    subject = "N-V-sbom.spdx.json"
    for bundle in bundles:
        file = bundle.removesuffix(".sigstore.json")
        file = file if (cosign.folder / file).exists() else subject
        assert cosign.verifies(bundle, file), bundle
        assert not cosign.verifies(bundle, file, identity=f"{IDENTITY}x"), bundle
        assert not cosign.verifies(bundle, file, issuer=f"{ISSUER}x"), bundle
        (cosign.folder.parent / "other").write_text("other")
        assert not cosign.verifies(bundle, "../other"), bundle
