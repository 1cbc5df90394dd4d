"""sigstore as it is imported for verification alone: without its network clients, with the same answers."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from ops.supply_chain.adapters.sigstore.bundle_verifier import BundleVerifier
from ops.supply_chain.adapters.sigstore.failure import NotVerifiedError
from ops.supply_chain.adapters.sigstore.verifier_imports import NETWORK_MODULES
from ops.supply_chain.core.start import TREE
from tests.adapters.sigstore.test_bundle_verifier import signed_by
from tests.fakes.signing import clear_platform

LOADED = """
import json, sys
from ops.supply_chain.adapters.sigstore import bundle_verifier
loaded = [name for name in json.loads(sys.argv[1]) if name in sys.modules]
import pydantic, requests, sigstore._internal.timestamp, sigstore._internal.tuf, sigstore.oidc, tuf.ngclient
stamping, updating = sigstore._internal.timestamp, sigstore._internal.tuf
print(json.dumps({
    "loaded": loaded,
    "deferred": pydantic.BaseModel.model_config,
    "the same error": stamping.requests.RequestException is requests.RequestException,
    "the real session": isinstance(stamping.requests.Session(), requests.Session),
    "the real setting": isinstance(updating.UpdaterConfig(), tuf.ngclient.UpdaterConfig),
    "the real module": requests.__spec__ is not None and type(requests) is type(json),
    "another error": updating.TUFExceptions.DownloadError.__module__,
}))
"""
VERIFIED = """
import json, sys
from pathlib import Path
from ops.supply_chain.adapters.sigstore.verifier_imports import StandIn
import sigstore._internal.timestamp
from tests.adapters.sigstore.test_verifier_imports import answers
assert isinstance(sigstore._internal.timestamp.requests, StandIn)
print(json.dumps(answers(Path(sys.argv[1]))))
"""


def answers(folder: Path) -> list[str]:
    """Return what the verifier says about each bundle of a folder, in their order."""
    verifier = BundleVerifier((folder / "root.json").read_bytes())
    found = []
    for path in sorted(folder.glob("*.bundle")):
        sha256, data = path.name.split("-")[1].removesuffix(".bundle"), path.read_bytes()
        try:
            found.append(repr(verifier.file(data, sha256) if sha256 else verifier.statement(data)))
        except NotVerifiedError as error:
            found.append(error.message)
    return found


def python(code: str, *words: str) -> object:
    done = subprocess.run([sys.executable, "-c", code, *words], cwd=TREE, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def test_network_clients_are_imported_once_they_are_used_and_not_before() -> None:
    assert python(LOADED, json.dumps(NETWORK_MODULES)) == {
        "loaded": [],
        "deferred": {},
        "the same error": True,
        "the real session": True,
        "the real setting": True,
        "the real module": True,
        "another error": "tuf.api.exceptions",
    }


def test_its_answers_are_those_of_sigstore_imported_as_a_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "requests" in sys.modules  # here sigstore also signs
    clear_platform(monkeypatch)
    made = signed_by(tmp_path)
    (tmp_path / "root.json").write_bytes(made.root)
    chance = random.Random(20261129)  # noqa: S311 - seeded
    for number in range(60):
        bundle, sha256 = (made.file.data, made.sha256) if number % 2 else (made.statement.data, "")
        data = bytearray(bundle)
        for _ in range(0 if number < 2 else 1):
            at = chance.randrange(len(data))
            data[at] = chance.choice(b'AZaz09+/="')
        (tmp_path / f"{number:03d}-{sha256}.bundle").write_bytes(data)
    whole = answers(tmp_path)
    assert sum(text.startswith("VerifiedBundle") for text in whole) >= 2
    assert sum(not text.startswith("VerifiedBundle") for text in whole) >= 30
    assert python(VERIFIED, str(tmp_path)) == whole
