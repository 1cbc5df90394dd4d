"""Whom to trust about signatures: the trusted root of sigstore's public-good instance.

The one that the installed sigstore package carries is used as it is, without the user's cache and without
network: it is pinned by our own lock. Another can be given, or the present one fetched by TUF when asked.

Source: https://github.com/sigstore/root-signing ; https://theupdateframework.github.io/specification/latest/
"""

from __future__ import annotations

from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from ops.supply_chain.adapters.http.store import make_private
from ops.supply_chain.adapters.sigstore.deadline import within
from ops.supply_chain.core.canonical import read_bytes
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import UnavailableError
from ops.supply_chain.core.text import printable, without_credentials

TOTAL_SECONDS = 300.0
"""For all files of the TUF repository."""
SYSTEM = "sigstore trusted root"
TUF_URL = "https://tuf-repo-cdn.sigstore.dev"
TARGET = "trusted_root.json"
STALE_REMEDY = "Check the network, or run without --refresh-trusted-root, or give one with --trusted-root FILE."


class TrustedRootFile(NamedTuple):
    """A trusted root: its file, where it is from, the digest of its bytes."""

    path: Path
    origin: str
    sha256: str


def embedded_root() -> TrustedRootFile:
    """Return the trusted root of the public-good instance that the installed sigstore package carries.

    Raises:
        UnavailableError: That package carries none.
    """
    path = _carried(TARGET)
    return TrustedRootFile(path, f"embedded in sigstore {version('sigstore')}", sha256_bytes(read_bytes(path)))


def given_root(path: Path) -> TrustedRootFile:
    """Return the trusted root in a file.

    Raises:
        InputError: It cannot be read.
    """
    return TrustedRootFile(path, "given", sha256_bytes(read_bytes(path)))


def current_root(folder: Path, *, url: str = TUF_URL) -> TrustedRootFile:
    """Fetch the present trusted root by TUF, starting from the root keys that the sigstore package carries.

    Args:
        folder: Where TUF metadata and the target are kept.
        url: The TUF repository.
    Raises:
        UnavailableError: It did not answer, or not rightly.
    """
    from tuf.api.exceptions import DownloadError, RepositoryError
    from tuf.ngclient.updater import Updater

    keys = read_bytes(_carried("root.json"))
    make_private(folder)

    def fetch() -> Path | None:
        updater = Updater(str(folder), url, str(folder), f"{url}/targets", bootstrap=keys)
        updater.refresh()
        wanted = updater.get_targetinfo(TARGET)
        return Path(updater.download_target(wanted, str(folder / TARGET))) if wanted else None

    try:
        path = within(TOTAL_SECONDS, fetch)
    except (RepositoryError, DownloadError, OSError, ValueError) as error:
        said = printable(without_credentials(str(error))) or type(error).__name__
        raise UnavailableError(f"{SYSTEM} {url}: could not fetch the trust root: {said}", hint=STALE_REMEDY) from error
    if path is None:
        raise UnavailableError(f"{SYSTEM} {url}: the repository has no {TARGET}", hint=STALE_REMEDY)
    return TrustedRootFile(path, "fetched by TUF", sha256_bytes(read_bytes(path)))


def _carried(name: str) -> Path:
    # Found without importing sigstore, which takes half a second.
    found = find_spec("sigstore")
    for folder in (found.submodule_search_locations if found else None) or ():
        path = Path(folder) / "_store" / quote(TUF_URL, safe="") / name
        if path.is_file():
            return path
    raise UnavailableError(f"{SYSTEM}: the sigstore package has none", hint="Give one with --trusted-root FILE.")
