"""A release made by hand that is about to be signed with a rehearsal instance."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain import sign_artifacts
from ops.supply_chain.adapters.sigstore.bundle_verifier import BundleVerifier
from ops.supply_chain.contracts.values.verified_bundle import VerifiedBundle
from ops.supply_chain.core.digests import sha256_file
from ops.supply_chain.rehearsal.instance import RehearsalInstance
from tests.fakes.kept import keep_for_module
from tests.fakes.signing import IDENTITY, ISSUER, clear_platform
from tests.release.handmade import Handmade

FILES = 10
"""What is signed of a release by hand: six files, the trusted root, three attestations."""


def identity(name: str = IDENTITY, issuer: str = ISSUER, **more: str) -> str:
    dates = {"from": more.pop("since")} if "since" in more else {}  # `from` is a word of Python
    facts = {"identity": name, "issuer": issuer, **dates, **more}
    return "[[signing.identities]]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in facts.items())


def files_of(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder: path in it -> content."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def put_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files below a folder: path in it -> content."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


@cache
def assembled_files() -> dict[str, bytes]:
    """What a release by hand is when it is about to be signed: path -> content; made once, the same for every test."""
    with tempfile.TemporaryDirectory() as folder:
        Handmade(Path(folder)).until("retain_artifacts")
        return files_of(Path(folder))


_verified: dict[tuple[str, str, bytes, str], VerifiedBundle] = {}
keep_for_module(_verified.clear)


def verify_each_once(patch: pytest.MonkeyPatch) -> None:
    """Have a bundle that verified for a file and a root not verified again for the same ones: nothing else decides it."""
    file, statement = BundleVerifier.file, BundleVerifier.statement

    def file_once(self: BundleVerifier, bundle: bytes, sha256: str) -> VerifiedBundle:
        question = ("file", self.trusted_root_sha256, bundle, sha256)
        if question not in _verified:
            _verified[question] = file(self, bundle, sha256)
        return _verified[question]

    def statement_once(self: BundleVerifier, bundle: bytes) -> VerifiedBundle:
        question = ("statement", self.trusted_root_sha256, bundle, "")
        if question not in _verified:
            _verified[question] = statement(self, bundle)
        return _verified[question]

    patch.setattr(BundleVerifier, "file", file_once)
    patch.setattr(BundleVerifier, "statement", statement_once)


class World:
    """A release, an instance, and what the environment says of both."""

    def __init__(
        self, base: Path, instance: RehearsalInstance, monkeypatch: pytest.MonkeyPatch, *, assembled: bool = True
    ) -> None:
        clear_platform(monkeypatch)
        self.release, self.patch = Handmade(base), monkeypatch
        put_files(base, assembled_files() if assembled else {})
        self.use(instance)
        self.config(identity())

    @property
    def folder(self) -> Path:
        return self.release.dist / "release"

    def use(self, instance: RehearsalInstance) -> None:
        self.instance = instance
        path = self.release.write("trust_config.json", instance.trust_config_json)
        self.patch.setenv("SEALWRIGHT_TRUST_CONFIG", str(path))
        self.token(instance.identity_token())

    def token(self, raw: str) -> None:
        self.patch.setenv("SIGSTORE_ID_TOKEN", raw)

    def config(self, text: str) -> None:
        self.release.write("project/.security-config.toml", f'component_name = "N"\n{text}')

    def sign(self, *more: str) -> int:
        return self.release.run(sign_artifacts.main, *more)

    def must_sign(self) -> None:
        assert self.sign() == 0

    def names(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())

    def bundles(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in sorted(self.folder.glob("*.sigstore.json"))}

    def record(self) -> Any:
        return self.release.document("records/sign_artifacts.json")

    def verified(self) -> dict[str, VerifiedBundle]:
        """Verify every bundle against the trusted root that lies beside it."""
        verifier = BundleVerifier((self.folder / "N-V-trusted_root.json").read_bytes())
        found = {}
        for name, data in self.bundles().items():
            file = self.folder / name.removesuffix(".sigstore.json")
            attestation = name.endswith(".attestation.sigstore.json")
            found[name] = verifier.statement(data) if attestation else verifier.file(data, sha256_file(file))
        return found
