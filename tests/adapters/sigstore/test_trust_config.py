"""Which instance signs: a given trust config, or one by TUF; and whether it is on this machine."""

from __future__ import annotations

import functools
import http.server
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from securesystemslib.signer import CryptoSigner  # type: ignore[attr-defined]
from tuf.api.metadata import (  # type: ignore[attr-defined]
    Metadata,
    Root,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)

from ops.supply_chain.adapters.sigstore.bundle_verifier import BundleVerifier
from ops.supply_chain.adapters.sigstore.trust_config import TRUST_CONFIG_TYPE, given, public
from ops.supply_chain.core.errors import InputError, UnavailableError
from ops.supply_chain.rehearsal.accepting import Accepting
from ops.supply_chain.rehearsal.instance import RehearsalInstance
from tests.fakes.signing import clear_platform, trust_of

ROLES = ("root", "targets", "snapshot", "timestamp")


@pytest.fixture(autouse=True)
def _no_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    clear_platform(monkeypatch)


@pytest.fixture
def document() -> dict[str, Any]:
    with RehearsalInstance() as instance:
        found: dict[str, Any] = json.loads(instance.trust_config_json)
    return found


def written(folder: Path, document: object) -> Path:
    path = folder / "trust_config.json"
    path.write_text(json.dumps(document))
    return path


def test_a_given_trust_config(tmp_path: Path) -> None:
    with RehearsalInstance() as instance:
        found, again = trust_of(instance, tmp_path), trust_of(instance, tmp_path)
        assert json.loads(found.trusted_root) == json.loads(instance.trusted_root_json)
    assert found == again
    assert found.is_loopback
    assert found.origin == "test"
    assert BundleVerifier(found.trusted_root).trusted_root_sha256 == found.trusted_root_sha256


BAD = {
    "not an object": ([], f"$.mediaType: expected {TRUST_CONFIG_TYPE}"),
    "another type": ({"mediaType": "x"}, f"$.mediaType: expected {TRUST_CONFIG_TYPE}"),
    "no root": ({"mediaType": TRUST_CONFIG_TYPE}, "$.trustedRoot: expected an object"),
    "no services": ({"mediaType": TRUST_CONFIG_TYPE, "trustedRoot": {}}, "$.signingConfig: expected an object"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_no_trust_config(case: str, tmp_path: Path) -> None:
    content, message = BAD[case]
    path = written(tmp_path, content)
    with pytest.raises(InputError) as caught:
        given(path, origin="test")
    assert caught.value.message == f"{path}: {message}"


def test_a_trust_config_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r": cannot be read: No such file or directory$"):
        given(tmp_path / "nothing", origin="test")


PLACES = {
    "http://127.0.0.1:1": True,
    "https://localhost/x": True,
    "http://[::1]:1": True,
    "https://fulcio.sigstore.dev": False,
    "https://127.0.0.1.evil.example": False,
    "https://localhost@evil.example/": False,
    "http://[": False,
    "": False,
    7: False,
}


@pytest.mark.parametrize("url", PLACES)
@pytest.mark.parametrize("service", ["caUrls", "oidcUrls", "rekorTlogUrls", "tsaUrls"])
def test_on_this_machine_is_only_what_is_so_altogether(
    url: object, service: str, document: dict[str, Any], tmp_path: Path
) -> None:
    document["signingConfig"][service] = [{"url": "http://127.0.0.1:1"}, {"url": url}]
    assert given(written(tmp_path, document), origin="test").is_loopback is PLACES[url]


def test_an_instance_without_services_is_not_on_this_machine(document: dict[str, Any], tmp_path: Path) -> None:
    document["signingConfig"] = {}
    assert given(written(tmp_path, document), origin="test").is_loopback is False
    document["signingConfig"] = {"caUrls": ["http://127.0.0.1"]}
    assert given(written(tmp_path, document), origin="test").is_loopback is False


def tuf_repository(folder: Path, targets: dict[str, bytes]) -> bytes:
    """Write a TUF repository with one key for all roles; return its root."""
    signer, until = CryptoSigner.generate_ed25519(), datetime.now(UTC) + timedelta(days=1)
    found: dict[str, Metadata[Any]] = {
        "root": Metadata(Root(expires=until, consistent_snapshot=True)),
        "targets": Metadata(Targets(expires=until)),
        "snapshot": Metadata(Snapshot(expires=until)),
        "timestamp": Metadata(Timestamp(expires=until)),
    }
    for role in ROLES:
        found["root"].signed.add_key(signer.public_key, role)
    (folder / "targets").mkdir()
    for name, data in targets.items():
        entry = TargetFile.from_data(name, data, ["sha256"])
        found["targets"].signed.targets[name] = entry
        (folder / "targets" / f"{entry.hashes['sha256']}.{name}").write_bytes(data)
    for role, name in (
        ("root", "1.root"),
        ("targets", "1.targets"),
        ("snapshot", "1.snapshot"),
        ("timestamp", "timestamp"),
    ):
        found[role].sign(signer)
        found[role].to_file(str(folder / f"{name}.json"))
    return (folder / "1.root.json").read_bytes()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    folder = tmp_path / "tuf"
    folder.mkdir()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    accepting = Accepting(server)
    accepting.start()
    yield folder, f"http://127.0.0.1:{server.server_address[1]}"
    accepting.stop()
    server.server_close()


def test_the_root_keeps_the_bytes_that_tuf_delivered(
    served: tuple[Path, str], document: dict[str, Any], tmp_path: Path
) -> None:
    folder, url = served
    root = json.dumps(document["trustedRoot"], indent=7).encode()
    signing = json.dumps(document["signingConfig"]).encode()
    keys = tuf_repository(folder, {"trusted_root.json": root, "signing_config.v0.2.json": signing})
    found = public(tmp_path / "cache", url=url, keys=keys)
    assert found.trusted_root == root
    assert json.loads(found.document) == {**document, "mediaType": TRUST_CONFIG_TYPE}
    assert (found.origin, found.is_loopback) == ("public instance", False)


def test_a_repository_without_a_signing_config(
    served: tuple[Path, str], document: dict[str, Any], tmp_path: Path
) -> None:
    folder, url = served
    keys = tuf_repository(folder, {"trusted_root.json": json.dumps(document["trustedRoot"]).encode()})
    with pytest.raises(UnavailableError) as caught:
        public(tmp_path / "cache", url=url, keys=keys)
    assert caught.value.message == (
        f"sigstore trusted root {url}: could not fetch the trust root: the repository has no signing_config.v0.2.json"
    )


def test_a_repository_with_other_keys_or_none(served: tuple[Path, str], tmp_path: Path) -> None:
    folder, url = served
    (tmp_path / "other").mkdir()
    keys = tuf_repository(tmp_path / "other", {})
    with pytest.raises(UnavailableError):
        public(tmp_path / "cache", url=url, keys=keys)
    tuf_repository(folder, {})
    with pytest.raises(UnavailableError):
        public(tmp_path / "cache", url=url, keys=keys)
    with pytest.raises(UnavailableError):
        public(tmp_path / "cache", url=url)
