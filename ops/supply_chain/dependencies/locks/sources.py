"""Addresses in locks: URLs, VCS repositories and paths, parsed, without credentials.

Source: https://pip.pypa.io/en/stable/topics/vcs-support/ ("#egg=", "#subdirectory=", "@revision") and
https://packaging.python.org/en/latest/specifications/version-specifiers/#direct-references.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote

from ops.supply_chain.contracts.values.lock import PinSource, PinSourceKind
from ops.supply_chain.core.text import without_credentials
from ops.supply_chain.dependencies.locks.errors import MalformedLockError
from ops.supply_chain.dependencies.locks.names import is_name, is_version
from ops.supply_chain.dependencies.locks.rules import FULL_COMMIT, STRONG, WEAK

ARCHIVE_SUFFIXES = (".whl", ".zip", ".tar.gz", ".tgz", ".tar.bz2", ".tbz", ".tar.xz", ".txz", ".tar", ".egg")
"""File names that pip takes for a distribution file."""

LONGEST_ADDRESS = 2048
"""Characters; what common servers and index tools take at most."""

_VCS = re.compile(r"(?P<vcs>git|hg|svn|bzr)\+(?P<rest>.+)")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:(?=//)|file:", re.IGNORECASE)
_AUTHORITY = re.compile(r"https?://(?:\[[^\]]*\]|[^:/?#\[\]]*)(?::\d*)?(?=[/?#]|$)", re.IGNORECASE)
_PASSWORD_WITHOUT_SCHEME = re.compile(r"\A[^/@\s]*:[^/\s]*@")
_EGG = re.compile(r"(?P<name>[^\[=<>!~]+)(?:\[(?P<extras>[^\]]*)\])?(?:==(?P<version>[^,]+))?")
_WHEEL_PARTS = (5, 6)


class Address(NamedTuple):
    """A parsed address. `name` and `version` are empty if it contains none; `hashes` are those
    in its fragment; `is_file` is True for a distribution file, False for a folder.
    """

    source: PinSource
    name: str
    version: str
    extras: tuple[str, ...]
    hashes: tuple[str, ...]
    is_file: bool


def is_address(text: str) -> bool:
    """Return whether a requirement is a URL or a VCS address, not a name or a path."""
    return _SCHEME.match(text) is not None or _VCS.match(text) is not None


def read_address(text: str, *, editable: bool = False) -> Address:
    """Parse an address.

    Args:
        text: A URL with or without `git+`, or a path; `${VAR}` stays as it is.
        editable: True if the lock marks it as editable.
    Raises:
        MalformedLockError: It is an HTTP URL with a malformed host part.
    """
    plain, _, fragment = text.partition("#")
    fields = dict(part.partition("=")[::2] for part in fragment.split("&") if "=" in part)
    egg = _EGG.fullmatch(unquote(fields.get("egg", "")))
    source, is_file = _source(plain, fields.get("subdirectory", ""), editable=editable)
    name, version = file_identity(source.url) if is_file else ("", "")
    if egg is not None and is_name(egg["name"]):
        name, version = egg["name"], egg["version"] or version
    extras = tuple((egg["extras"] or "").split(",")) if egg is not None else ()
    hashes = tuple(f"{key}:{value}" for key, value in fields.items() if key in STRONG or key in WEAK)
    return Address(source, name, version if is_version(version) else "", extras, hashes, is_file)


def clean_url(text: str) -> str:
    """Return an address without credentials and fragment.

    Raises:
        MalformedLockError: It is too long, or an HTTP URL with a malformed host part, which may contain a credential.
    """
    if len(text) > LONGEST_ADDRESS:
        raise MalformedLockError(f"expected an address of at most {LONGEST_ADDRESS} characters, found {len(text)}")
    cleaned = without_credentials(text.strip().partition("#")[0])
    cleaned = _PASSWORD_WITHOUT_SCHEME.sub("", cleaned) if "://" not in cleaned else cleaned
    if re.match("https?:", cleaned, re.IGNORECASE) and not _AUTHORITY.match(cleaned):
        raise MalformedLockError(
            "expected a URL, found one with an ambiguous host and port",
            hint="Percent-encode the special characters of its user and password, or better keep them in netrc.",
        )
    return cleaned


def vcs_source(vcs: str, url: str, revision: str, *, subdirectory: str = "", editable: bool = False) -> PinSource:
    """Return the source of a VCS pin; a revision that is not a full commit fixes nothing and is left out."""
    fixed = revision if FULL_COMMIT.fullmatch(revision) else ""
    return PinSource(
        kind=PinSourceKind.VCS,
        url=clean_url(url),
        vcs=vcs,
        commit=fixed,
        subdirectory=subdirectory,
        editable=editable,
    )


def file_identity(address: str) -> tuple[str, str]:
    """Return the name and version in the file name of a wheel or source archive, or two empty texts."""
    file = file_name(address)
    if file.endswith(".whl"):
        parts = file.removesuffix(".whl").split("-")
        name, version = (parts[0], parts[1]) if len(parts) in _WHEEL_PARTS else ("", "")
    else:
        suffix = next((suffix for suffix in ARCHIVE_SUFFIXES if file.endswith(suffix)), "")
        name, _, version = file.removesuffix(suffix).rpartition("-")
    return (name, version) if is_name(name) and is_version(version) else ("", "")


def file_name(address: str) -> str:
    """Return the last part of a URL or path, decoded."""
    return unquote(address.partition("?")[0].replace("\\", "/").rstrip("/").rpartition("/")[2])


def guessed_name(source: PinSource) -> str:
    """Return a package name made from an address that names none; never empty."""
    last = re.sub(r"[^A-Za-z0-9._-]+", "-", file_name(source.url).removesuffix(".git"))
    suffix = next((suffix for suffix in ARCHIVE_SUFFIXES if last.endswith(suffix)), "")
    return last.removesuffix(suffix).strip("._-") or "unnamed"


def _source(plain: str, subdirectory: str, *, editable: bool) -> tuple[PinSource, bool]:
    vcs = _VCS.match(plain)
    if vcs is not None:
        url, revision = _split_revision(vcs["rest"])
        return vcs_source(vcs["vcs"], url, revision, subdirectory=subdirectory, editable=editable), False
    url = clean_url(plain)
    is_file = url.partition("?")[0].lower().endswith(ARCHIVE_SUFFIXES)
    path = not is_address(url) or url.lower().startswith("file:")
    kind = PinSourceKind.PATH if path else PinSourceKind.URL
    return PinSource(kind=kind, url=url, subdirectory=subdirectory, editable=editable), is_file or not path


def _split_revision(rest: str) -> tuple[str, str]:
    # The revision follows the last `@` of the path; an `@` of the user part comes before the first `/`.
    scheme, slashes, after = rest.rpartition("://")
    host, slash, path = after.partition("/")
    path, _, revision = path.rpartition("@") if "@" in path else (path, "", "")
    return f"{scheme}{slashes}{host}{slash}{path}", revision
