"""Signing beside its aim, verifying beside `sigstore verify`, and the whole rehearsal of `soar`."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ops.supply_chain.adapters.sigstore.credentials import TOKEN_VARIABLE
from ops.supply_chain.core.start import TREE
from ops.supply_chain.rehearsal.instance import RehearsalInstance, without_proxy
from ops.supply_chain.rehearsal.options import IDENTITY, ISSUER
from ops.supply_chain.runner.rehearsal_mode import TRUST_CONFIG_VARIABLE
from tests.benchmarks.measure import Measured, run
from tests.release.many_files import MORE_FILES, many_files

if TYPE_CHECKING:
    from tests.benchmarks.spine import Case, Row

FILES = 200
SAMPLE = 6
"""How many of the files the other command verifies: a process a file, each as long as the next."""

SUBJECTS = FILES - MORE_FILES
OURS = """
import sys
from pathlib import Path
from ops.supply_chain.adapters.sigstore.bundle_verifier import BundleVerifier
from ops.supply_chain.core.digests import sha256_file
folder = Path(sys.argv[1])
verifier = BundleVerifier((folder / "N-V-trusted_root.json").read_bytes())
bundles = [one for one in folder.glob("*.sigstore.json") if not one.name.endswith(".attestation.sigstore.json")]
for bundle in bundles:
    proved = verifier.file(bundle.read_bytes(), sha256_file(folder / bundle.name.removesuffix(".sigstore.json")))
    assert (proved.san, proved.issuer) == (sys.argv[2], sys.argv[3])
assert len(bundles) == int(sys.argv[4])
"""
"""What verify_release does for each file, from the start of the interpreter to its end."""


def signing_many_files(_data: Path, scratch: Path) -> Iterator[Row]:
    """Sign 200 files, and the attestation of their provenance, with a rehearsal instance; then verify them."""
    from tests.benchmarks.spine import Row

    with RehearsalInstance() as instance:
        seen = _sign(instance, scratch)
        entries = instance.entries
    yield Row(
        f"sign {FILES} files and an attestation with a rehearsal instance, from start to exit ({entries} log entries)",
        f"{seen.seconds:.2f} s, {seen.peak_mb:.0f} MB",
        "2 s",
    )


def verifying_many_files(_data: Path, scratch: Path) -> Iterator[Row]:
    """Verify 200 files in one process beside `sigstore verify identity`, one process a file."""
    from tests.benchmarks.spine import Row

    with RehearsalInstance() as instance:
        _sign(instance, scratch)
    folder = scratch / "dist" / "release"
    arguments = [str(folder), IDENTITY, ISSUER, str(FILES)]
    ours = run([sys.executable, "-Ic", OURS, *arguments], cwd=scratch).seconds
    files = sorted(folder.glob("*.txt"))[:SAMPLE]
    theirs = sum(run(_sigstore(one, scratch), cwd=scratch).seconds for one in files) / len(files) * FILES
    yield Row(
        f"verify {FILES} files: sealwright, one process with its start / `sigstore verify identity`, a process a file "
        f"(from a sample of {len(files)} files)",
        f"{ours:.2f} s / {theirs:.0f} s = {theirs / ours:.0f} times",
        "50 times",
    )


def rehearsal_of_soar(data: Path, scratch: Path) -> Iterator[Row]:
    """The whole `rehearse` on `soar`: once to warm the cache, then measured."""
    from tests.benchmarks.spine import Row

    options = ["--project", str(data / "projects" / "soar"), "--version", "v3.0.0"]
    options += ["--advisories", str(data / "advisories" / "osv-pypi.zip")]
    options += ["--dist", str(scratch / "dist"), "--cache", str(scratch / "cache")]
    command = [sys.executable, "-Im", "ops.supply_chain.sessions.rehearse", *release_steps(), "--", *options]
    cold, warm = run(command, cwd=scratch), run(command, cwd=scratch)
    yield Row(
        "rehearse on soar: gated, signed, verified, retained; warm cache (the first time, cold)",
        f"{warm.seconds:.1f} s, {warm.peak_mb:.0f} MB ({cold.seconds:.1f} s)",
        "15 s",
    )


def release_steps() -> list[str]:
    """Return the steps of `release` and `rehearse` as noxfile.py names them, read without running it."""
    tree = ast.parse((TREE / "noxfile.py").read_text(encoding="utf-8"))
    [value] = [
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "RELEASE_STEPS"
    ]
    return list(ast.literal_eval(value))


def _sign(instance: RehearsalInstance, scratch: Path) -> Measured:
    release = many_files(scratch, SUBJECTS)
    config = scratch / "trust_config.json"
    config.write_text(instance.trust_config_json)
    environment = {
        **without_proxy({}),
        TRUST_CONFIG_VARIABLE: str(config),
        TOKEN_VARIABLE: instance.identity_token(),
    }
    command = [sys.executable, "-Im", "ops.supply_chain.sign_artifacts", *release.argv()]
    return run(command, cwd=scratch, environment=environment)


def _sigstore(file: Path, scratch: Path) -> list[str]:
    """The command of the sigstore package for one file; it takes a trusted root in a trust config only."""
    tool = [sys.executable, "-Im", "sigstore", "--trust-config", str(scratch / "trust_config.json")]
    who = ["--cert-identity", IDENTITY, "--cert-oidc-issuer", ISSUER]
    return [*tool, "verify", "identity", "--offline", *who, str(file)]


CASES: tuple[Case, ...] = (signing_many_files, verifying_many_files, rehearsal_of_soar)
