"""Signing beside its aim, verifying beside cosign and `sigstore verify`, and the whole rehearsal of `soar`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ops.supply_chain import commands, release_uses
from ops.supply_chain.adapters.sigstore.credentials import TOKEN_VARIABLE
from ops.supply_chain.adapters.sigstore.turns import MOST_AT_ONCE
from ops.supply_chain.rehearsal.clocks import Service
from ops.supply_chain.rehearsal.faults import InjectedFault
from ops.supply_chain.rehearsal.instance import RehearsalInstance, without_proxy
from ops.supply_chain.rehearsal.options import IDENTITY, ISSUER
from ops.supply_chain.runner.rehearsal_mode import TRUST_CONFIG_VARIABLE
from tests.benchmarks import peers
from tests.benchmarks.measure import Command, Measured, alternating, repeated, run, sample
from tests.benchmarks.row import Aim, Row, Sample, Side, alone, compared
from tests.release.many_files import MORE_FILES, MORE_ITEMS, many_files

if TYPE_CHECKING:
    from tests.benchmarks.spine import Case

TIMES = 3
FILES = 200
SAMPLE = 6
"""How many of the files the other command verifies: a process a file, each as long as the next."""

SUBJECTS = FILES - MORE_FILES
ANSWER_SECONDS = 0.1
"""Of a service that is far away."""

SERVICES: tuple[Service, ...] = ("fulcio", "rekor", "tsa")
LIMIT = (
    "profile of 2026-11-29: 0.4 s of the processor is the start with its imports, 6.8 ms each signature, all in one process with "
    "16 threads; of these 2.1 ms are the verification of its bundle, 1.2 ms the exchange with log and time-stamping authority, "
    "1.2 ms writing the bundle"
)
"""What signing consists of, measured on 2026-11-29 on two cores with services that answer at once."""
OURS = """
import sys
from pathlib import Path
from ops.supply_chain.gather.trust.verification.verifying_workers import BundleRequest, VerifyingWorkers
from ops.supply_chain.core.digests import sha256_file
folder = Path(sys.argv[1])
with VerifyingWorkers((folder / "N-V-trusted_root.json").read_bytes()) as verifier:
    bundles = [one for one in folder.glob("*.sigstore.json") if not one.name.endswith(".attestation.sigstore.json")]
    names = [one.name.removesuffix(".sigstore.json") for one in bundles]
    requests = [BundleRequest(one.read_bytes(), sha256_file(folder / name)) for one, name in zip(bundles, names)]
    verifier.expect(requests)
    for request in requests:
        proved = verifier.file(request.bundle, request.sha256)
        assert (proved.san, proved.issuer) == (sys.argv[2], sys.argv[3])
assert len(bundles) == int(sys.argv[4])
"""
"""What verify_release does for each file, from the start of the interpreter to its end."""


def signing_many_files(_data: Path, scratch: Path) -> Iterator[Row]:
    """Sign 200 files, and the attestation of their provenance, each time with a new rehearsal instance; then with slow services."""
    what = f"sign {FILES} files and an attestation with a rehearsal instance, from start to exit"
    near = _signed(scratch / "near", 0)
    yield alone(f"{what} ({SUBJECTS + MORE_ITEMS} log entries)", near, Aim(most=2), note=LIMIT)
    most = round((SUBJECTS + MORE_ITEMS) / MOST_AT_ONCE * ANSWER_SECONDS, 1)
    note = f"{MOST_AT_ONCE} requests at once to each service, so that the log alone needs {most:.1f} s"
    what += f", each service answers after {ANSWER_SECONDS * 1000:.0f} ms"
    yield alone(what, _signed(scratch / "far", ANSWER_SECONDS), Aim(most=2 + most), note=note)


def _signed(scratch: Path, answer_seconds: float) -> Sample:
    """Sign a few times; each service waits so long before it answers."""
    runs = []
    for turn in range(TIMES):
        with RehearsalInstance() as instance:
            if answer_seconds:
                for service in SERVICES:
                    instance.faults.add(service, InjectedFault(hang=answer_seconds))
            runs.append(_sign(instance, scratch / str(turn)))
            if instance.entries != SUBJECTS + MORE_ITEMS:
                raise RuntimeError(f"{instance.entries} log entries, expected {SUBJECTS + MORE_ITEMS}")
    return sample(runs)


def verifying_many_files(_data: Path, scratch: Path) -> Iterator[Row]:
    """Verify 200 files with one command beside cosign and `sigstore verify identity`, one process a file."""
    with RehearsalInstance() as instance:
        _sign(instance, scratch)
    folder = scratch / "dist" / "release"
    command = [sys.executable, "-Ic", OURS, str(folder), IDENTITY, ISSUER, str(FILES)]
    files = sorted(path for path in folder.glob("*.txt"))
    what, aim = f"verify {FILES} signed files", Aim(most=0.5, times=1)
    cosign, sigstore = peers.find("cosign"), peers.find("sigstore")
    sides: dict[str, Callable[[], Measured]] = {"ours": Command(command, scratch).run}
    if cosign.path:
        sides["cosign"] = lambda: _each([_cosign(cosign, file, folder, "N-V") for file in files], folder, of=FILES)
    sides["sigstore"] = lambda: _each([_sigstore(file, scratch) for file in files[:SAMPLE]], scratch, of=FILES)
    seen = alternating(sides, warm=False)
    ours = Side(peers.ours(), "one command on all cores, with its start", seen["ours"])
    loop = Side(cosign, "verify-blob, a process a file", seen["cosign"]) if cosign.path else cosign
    cli = Side(sigstore, f"verify identity, a process a file (of {SAMPLE} files)", seen["sigstore"])
    yield from compared(what, ours, [loop, cli], aim)


def rehearsal_of_soar(data: Path, scratch: Path) -> Iterator[Row]:
    """The whole `rehearse` on `soar`, cold and warm; and its release verified, beside a loop of cosign over its files."""
    options = ["--project", str(data / "projects" / "soar"), "--version", "v3.0.0"]
    options += ["--advisories", str(data / "advisories" / "osv-pypi.zip")]
    options += ["--dist", str(scratch / "dist"), "--cache", str(scratch / "cache")]
    command = [sys.executable, "-Im", "ops.supply_chain.sessions.rehearse", *commands(release_uses()), "--", *options]
    cold = run(command, cwd=scratch)
    warm = repeated(Command(command, scratch).run)
    what = "rehearse on soar: gated, signed, verified, retained; warm cache"
    yield alone(what, warm, Aim(most=15), note=f"the first time {cold.seconds:.1f} s")
    yield from _verified(scratch / "dist" / "release", scratch)


def _verified(folder: Path, scratch: Path) -> Iterator[Row]:
    """Verify a release with all checks, beside the signatures of its files alone."""
    [root] = folder.glob("*-trusted_root.json")
    files = sorted(file for file in folder.iterdir() if file.with_name(f"{file.name}.sigstore.json").exists())
    who = ["--identity", IDENTITY, "--issuer", ISSUER, "--trusted-root", str(root), "--rehearsal"]
    words = [sys.executable, "-Im", "ops.supply_chain.sessions.stand_alone", str(folder), *who]
    cosign = peers.find("cosign")
    sides: dict[str, Callable[[], Measured]] = {"ours": Command(words, scratch, expected=(0, 4, 5)).run}
    if cosign.path:
        name = root.name.removesuffix("-trusted_root.json")
        sides["cosign"] = lambda: _each([_cosign(cosign, file, folder, name) for file in files], folder)
    seen = alternating(sides)
    ours = Side(peers.ours(), "all checks: signatures, provenance, gate, SBOMs, VEX", seen["ours"])
    loop = Side(cosign, "verify-blob, a process a file", seen["cosign"]) if cosign.path else cosign
    yield from compared(f"verify the release of soar, {len(files)} files", ours, [loop], Aim(most=0.6))


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


def _each(words: Sequence[Sequence[str]], cwd: Path, *, of: int = 0) -> Measured:
    """Run some commands one after the other; their time together, or, where they are a sample, that of so many."""
    runs = [run(command, cwd=cwd) for command in words]
    seconds = sum(seen.seconds for seen in runs)
    return Measured(seconds * (of or len(runs)) / len(runs), max(seen.peak_mb for seen in runs))


def _cosign(cosign: peers.Peer, file: Path, folder: Path, name: str) -> list[str]:
    """The command of cosign for one file, offline: with the trusted root that is in the release."""
    who = ["--certificate-identity", IDENTITY, "--certificate-oidc-issuer", ISSUER]
    root = ["--trusted-root", str(folder / f"{name}-trusted_root.json")]
    return [cosign.path, "verify-blob", "--bundle", f"{file}.sigstore.json", *root, *who, str(file)]


def _sigstore(file: Path, scratch: Path) -> list[str]:
    """The command of the sigstore package for one file; it takes a trusted root in a trust config only."""
    tool = [sys.executable, "-Im", "sigstore", "--trust-config", str(scratch / "trust_config.json")]
    who = ["--cert-identity", IDENTITY, "--cert-oidc-issuer", ISSUER]
    return [*tool, "verify", "identity", "--offline", *who, str(file)]


CASES: tuple[Case, ...] = (signing_many_files, verifying_many_files, rehearsal_of_soar)
