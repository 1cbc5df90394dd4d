"""A release in `dist/release/`, made by hand, and how to publish it to the stand-in with a verifier of one's own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec

from ops.supply_chain import publish_release
from ops.supply_chain.contracts.files.record import Record
from ops.supply_chain.core.digests import sha256_bytes
from tests.fakes.github import REPOSITORY, TOKEN, FakeGithub

COMMIT = "c0ffee" + "0" * 34
VERSION = "1.0"

FILES = {
    "N-1.0-checksums.txt": b"checksums\n",
    "N-1.0-checksums.txt.sigstore.json": b"{}\n",
    "N-1.0-sbom.cdx.json": b'{"an": "sbom"}\n',
    "N-1.0-trusted_root.json": b"{}",
    "n-1.0-py3-none-any.whl": b"wheel" * 20_000,
}
CONFIG = """
component_name = "N"
[[signing.identities]]
identity = "https://github.com/acme/widget/.github/workflows/release.yml@refs/heads/main"
issuer = "https://token.actions.githubusercontent.com"
role = "release workflow"
"""


class Published:
    """A project, its release, and the stand-in that it goes to; everything lies below `folder`."""

    def __init__(self, folder: Path, github: FakeGithub, *, commit: str = COMMIT) -> None:
        self.folder, self.github = folder, github
        self.root, self.dist = folder / "project", folder / "dist"
        self.release = self.dist / "release"
        self.write("project/.security-config.toml", CONFIG.encode())
        self.write("project/pyproject.toml", b'[project]\nname = "n"\nversion = "1.0"\n')
        self.write("dist/.sealwright.lock", b"")
        self.files = {**FILES, "N-1.0-provenance.intoto.json": provenance(commit)}
        for name, data in self.files.items():
            self.write(f"dist/release/{name}", data)
        github.expected = {name: sha256_bytes(data) for name, data in self.files.items()}
        github.commits.add(COMMIT)

    def write(self, path: str, data: bytes) -> Path:
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        return target

    def argv(self, *more: str, repository: bool = True) -> list[str]:
        words = ["--project", str(self.root), "--dist", str(self.dist), "--artifacts", str(self.folder / "artifacts")]
        return [*words, *(["--repository", REPOSITORY] if repository else []), *more]

    def run(self, *more: str, repository: bool = True) -> int:
        return publish_release.main(self.argv(*more, repository=repository))

    def start(self) -> subprocess.Popen[bytes]:
        """Start it as a process of its own."""
        code = (
            "import sys; from ops.supply_chain import publish_release as p\n"
            f"p.VERIFIER = {verifier(0)!r}\nsys.exit(p.main({self.argv()!r}))"
        )
        environment = {"GITHUB_API_URL": self.github.api, "GH_TOKEN": TOKEN, "PATH": "/usr/bin:/bin"}
        environment["SEALWRIGHT_CACHE"] = str(self.folder / "cache")
        return subprocess.Popen(
            [sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    def record(self) -> Record:
        path = self.dist / "records" / "publish_release.json"
        return msgspec.convert(json.loads(path.read_bytes()), Record, strict=True)

    def assert_published(self) -> None:
        public = self.github.public(VERSION)
        assert public is not None
        assert {name: asset.data for name, asset in public.assets.items()} == self.files
        assert self.github.violations == []


def verifier(code: int) -> tuple[str, ...]:
    """Return a verifier that ends with a code, and says on stderr what a real one might."""
    return ("/bin/sh", "-c", f"echo verifier speaks >&2; exit {code}", "sh")


def provenance(commit: str) -> bytes:
    """Return our provenance statement, with nothing in it but the source."""
    source: dict[str, Any] = {"source": {"digest": {"gitCommit": commit}}} if commit else {}
    return json.dumps(
        {
            "_type": "https://in-toto.io/Statement/v1",
            "predicateType": "https://slsa.dev/provenance/v1",
            "subject": [],
            "predicate": {
                "buildDefinition": {
                    "buildType": "urn:sealwright:build-type:release:1",
                    "externalParameters": {
                        "component": "N",
                        "version": VERSION,
                        "sourceDateEpoch": 0,
                        "sourceDateEpochFrom": "none",
                        "policyProfiles": [],
                        "options": {},
                        **source,
                    },
                    "internalParameters": {"python": "3", "platform": "p"},
                    "resolvedDependencies": [],
                },
                "runDetails": {
                    "builder": {"id": "urn:b", "version": {}},
                    "metadata": {
                        "invocationId": "urn:uuid:0",
                        "startedOn": "2026-11-20T00:00:00Z",
                        "finishedOn": "2026-11-20T00:00:00Z",
                    },
                    "byproducts": [],
                },
            },
        }
    ).encode()
