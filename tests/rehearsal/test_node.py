"""An independent client, the npm packages of Sigstore, verifies what the rehearsal signs, offline.

The packages come from a folder with `node_modules` that SEALWRIGHT_NODE_MODULES names: then this runs without
network. Without it, the tests marked `online` install them into a temporary folder.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from ops.supply_chain.rehearsal.claims import GITHUB_ISSUER
from ops.supply_chain.rehearsal.instance import GITHUB_IDENTITY, RehearsalInstance
from ops.supply_chain.rehearsal.options import Options
from tests.fakes.signing import IDENTITY, ISSUER
from tests.rehearsal.support import ARTEFACT, VARIANTS, attested, signed
from tests.release.signing_world import FILES, World

PACKAGES = ("@sigstore/bundle@4.0.0", "@sigstore/verify@3.1.1", "@sigstore/protobuf-specs@0.5.2")
"""The versions of 2026-11-20."""

FOLDER_VARIABLE = "SEALWRIGHT_NODE_MODULES"
SCRIPT = Path(__file__).with_name("verify.cjs")
INSTALL_SECONDS = 300


def _prepared() -> Path:
    if not shutil.which("node"):
        pytest.skip("needs node on PATH")
    folder = Path(os.environ.get(FOLDER_VARIABLE, ""))
    if FOLDER_VARIABLE not in os.environ or not (folder / "node_modules/@sigstore/verify").is_dir():
        pytest.skip(f"needs a folder with the packages in node_modules ({FOLDER_VARIABLE})")
    return folder


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that was prepared, else one into which the packages were just installed."""
    if FOLDER_VARIABLE in os.environ:
        return _prepared()
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("needs node and npm on PATH")
    folder = tmp_path_factory.mktemp("node")
    (folder / "package.json").write_text("{}")
    # No script of a package is run: they are only read.
    command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", *PACKAGES]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, timeout=INSTALL_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip("needs the npm registry, which did not answer in time")
    if done.returncode:
        pytest.skip(f"needs packages that npm could not install: {done.stderr.decode('utf-8', 'replace')[-200:]}")
    return folder


def _case(options: Options, *, statement: bool = False, **changed: Any) -> dict[str, Any]:
    with RehearsalInstance(options) as instance:
        bundle = attested(instance) if statement else signed(instance)
        found = {
            "root": json.loads(instance.trusted_root_json),
            "bundle": json.loads(bundle.to_json()),
            "artifact": b64encode(ARTEFACT).decode(),
            "identity": options.identity,
            "issuer": options.issuer,
        }
    return {**found, **changed}


def _released(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """A case for each bundle of a release that our own stage signed, with the root that is released beside it."""
    with RehearsalInstance() as instance:
        world = World(tmp_path, instance, monkeypatch)
        world.must_sign()
    root = json.loads((world.folder / "N-V-trusted_root.json").read_bytes())
    cases = []
    for name, data in world.bundles().items():
        file = world.folder / name.removesuffix(".sigstore.json")
        artifact = b64encode(file.read_bytes() if file.exists() else b"").decode()
        cases.append(
            {
                "root": root,
                "bundle": json.loads(data),
                "artifact": artifact,
                "identity": IDENTITY,
                "issuer": ISSUER,
            }
        )
    return cases


def _verify(folder: Path, cases: list[dict[str, Any]], tmp_path: Path) -> list[str]:
    path = tmp_path / "cases.json"
    path.write_text(json.dumps(cases))
    unshare = ["unshare", "-rn"]
    permitted = (
        shutil.which("unshare") and not subprocess.run([*unshare, "true"], capture_output=True, check=False).returncode
    )
    done = subprocess.run(
        [*(unshare if permitted else []), "node", str(SCRIPT), str(path)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    found = done.stdout.splitlines()
    assert len(found) == len(cases)
    return found


RELEASER = Options(identity=GITHUB_IDENTITY, issuer=GITHUB_ISSUER)
VERSION_2_STATEMENT = "refused: TLOG_BODY_ERROR"
"""@sigstore/verify 3.1.1 compares a version 2 entry with the payload's digest, not with what was signed."""


def _accepts_what_it_should_and_nothing_else(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    accepted = [_case(options) for options in [*VARIANTS.values(), RELEASER]]
    attestations = [(options, _case(options, statement=True)) for options in [*VARIANTS.values(), RELEASER]]
    released = _released(tmp_path, monkeypatch)
    assert len(released) == FILES
    swapped = [{**one, "artifact": b64encode(b"another").decode()} for one in released if one["artifact"]]
    refused = [
        _case(RELEASER, artifact=b64encode(b"another").decode()),
        _case(RELEASER, identity=GITHUB_IDENTITY[:-1]),
        _case(RELEASER, issuer=f"{GITHUB_ISSUER}x"),
        _case(RELEASER, root=_case(RELEASER)["root"]),
        *({**one, "identity": f"{IDENTITY}x"} for one in released),
        *swapped,
    ]
    said = _verify(folder, [*accepted, *released, *refused, *(case for _, case in attestations)], tmp_path)
    good = len(accepted) + FILES
    assert said[:good] == ["verified"] * good
    bad = said[good : good + len(refused)]
    assert [one.partition(":")[0] for one in bad] == ["refused"] * len(refused)
    for (options, _), one in zip(attestations, said[good + len(refused) :], strict=True):
        assert one.startswith("verified" if options.log_version == 1 else VERSION_2_STATEMENT), (options, one)


@pytest.mark.online
def test_with_packages_just_installed(installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _accepts_what_it_should_and_nothing_else(installed, tmp_path, monkeypatch)


def test_with_packages_prepared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _accepts_what_it_should_and_nothing_else(_prepared(), tmp_path, monkeypatch)
