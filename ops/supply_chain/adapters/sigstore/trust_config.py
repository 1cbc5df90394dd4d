"""The Sigstore instance to sign with: a given trust config, or the public instance by TUF.

A trust config holds whom to trust (the trusted root) and where to ask (the signing config). For the public
instance both are fetched by TUF into our own cache, starting from the root keys that the sigstore package
carries, and the trusted root keeps the very bytes that TUF delivered.

Source: https://github.com/sigstore/protobuf-specs (ClientTrustConfig v0.1)
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from ops.supply_chain.adapters.http.store import make_private
from ops.supply_chain.adapters.sigstore.deadline import within
from ops.supply_chain.adapters.sigstore.trusted_root import SYSTEM, TUF_URL, embedded_root
from ops.supply_chain.core import canonical
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import InputError, UnavailableError
from ops.supply_chain.core.text import printable, without_credentials

TOTAL_SECONDS = 300.0
"""For all files of the TUF repository."""
TRUST_CONFIG_TYPE = "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json"
ROOT_TARGET = "trusted_root.json"
SIGNING_TARGET = "signing_config.v0.2.json"
REMEDY = "Check the network and run again, or use another instance: --trust-config FILE."
PUBLIC_ORIGIN = "public instance"
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_SERVICES = ("caUrls", "oidcUrls", "rekorTlogUrls", "tsaUrls")


class TrustConfig(msgspec.Struct, frozen=True, kw_only=True):
    """An instance: where it is from, its trust config as JSON, and its trusted root as it is released."""

    origin: str
    document: str
    trusted_root: bytes
    is_loopback: bool

    @property
    def trusted_root_sha256(self) -> str:
        """Digest of the trusted root's bytes."""
        return sha256_bytes(self.trusted_root)


def given(path: Path, *, origin: str) -> TrustConfig:
    """Read a trust config file.

    Args:
        path: The file.
        origin: What to call it in a record: no path of the machine.
    Raises:
        InputError: It cannot be read, or is no trust config.
    """
    document = canonical.load_plain(canonical.read_bytes(path), where=str(path))
    if not isinstance(document, dict) or document.get("mediaType") != TRUST_CONFIG_TYPE:
        raise InputError(f"{path}: $.mediaType: expected {TRUST_CONFIG_TYPE}")
    for part in ("trustedRoot", "signingConfig"):
        if not isinstance(document.get(part), dict):
            raise InputError(f"{path}: $.{part}: expected an object")
    return TrustConfig(
        origin=origin,
        document=json.dumps(document),
        trusted_root=canonical.encode(document["trustedRoot"]),
        is_loopback=_is_loopback(document["signingConfig"]),
    )


def public(folder: Path, *, url: str = TUF_URL, keys: bytes | None = None) -> TrustConfig:
    """Fetch the trust config of the public instance, or of another with a TUF repository.

    Args:
        folder: Where TUF metadata and targets are kept.
        url: The TUF repository.
        keys: Its root keys; None for those that the sigstore package carries.
    Raises:
        UnavailableError: It did not answer, or not rightly.
    """
    first = keys if keys is not None else canonical.read_bytes(embedded_root().path.with_name("root.json"))
    root, signing = _targets(folder, url, first)
    document = {
        "mediaType": TRUST_CONFIG_TYPE,
        "trustedRoot": canonical.load_plain(root, where=ROOT_TARGET),
        "signingConfig": canonical.load_plain(signing, where=SIGNING_TARGET),
    }
    return TrustConfig(origin=PUBLIC_ORIGIN, document=json.dumps(document), trusted_root=root, is_loopback=False)


def _targets(folder: Path, url: str, keys: bytes) -> tuple[bytes, bytes]:
    from tuf.api.exceptions import DownloadError, RepositoryError
    from tuf.ngclient.updater import Updater

    make_private(folder)

    def fetch() -> list[Path]:
        updater = Updater(str(folder), url, str(folder), f"{url}/targets", bootstrap=keys)
        updater.refresh()
        return [_target(updater, folder, name) for name in (ROOT_TARGET, SIGNING_TARGET)]

    try:
        paths = within(TOTAL_SECONDS, fetch)
    except (RepositoryError, DownloadError, OSError, ValueError) as error:
        said = printable(without_credentials(str(error))) or type(error).__name__
        raise UnavailableError(
            f"{SYSTEM} {without_credentials(url)}: could not fetch the trust root: {said}", hint=REMEDY
        ) from error
    return canonical.read_bytes(paths[0]), canonical.read_bytes(paths[1])


def _target(updater: Any, folder: Path, name: str) -> Path:
    wanted = updater.get_targetinfo(name)
    if wanted is None:
        raise ValueError(f"the repository has no {name}")
    return Path(updater.download_target(wanted, str(folder / name)))


def _is_loopback(signing: Mapping[str, Any]) -> bool:
    """Return whether every service is on loopback; unknown forms are not."""
    found = [entry for service in _SERVICES for entry in signing.get(service) or ()]
    return bool(found) and all(isinstance(entry, dict) and _host(entry.get("url")) in LOOPBACK for entry in found)


def _host(url: object) -> str:
    try:
        return urlsplit(url).hostname or "" if isinstance(url, str) else ""
    except ValueError:
        return ""
