"""Packages as OSV names them: from a package URL, and from a record; both as one key, `Debian:12/openssl`.

A distribution's records name source packages of a release, its package URLs binary packages: the release is in the
qualifier `distro`, the source package in `upstream`. Without a release nothing is matched, because each has versions of its own.

Source: https://ossf.github.io/osv-schema/#defined-ecosystems, https://github.com/package-url/purl-spec/tree/main/types
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from ops.supply_chain.formats.version_orders.orders import ORDERED

if TYPE_CHECKING:
    from ops.supply_chain.contracts.values.received_sbom import PackageIdentity

PYPI = "PyPI"

_BY_TYPE = {
    "bitnami": "Bitnami",
    "cargo": "crates.io",
    "composer": "Packagist",
    "conan": "ConanCenter",
    "cran": "CRAN",
    "gem": "RubyGems",
    "golang": "Go",
    "hackage": "Hackage",
    "hex": "Hex",
    "julia": "Julia",
    "maven": "Maven",
    "npm": "npm",
    "nuget": "NuGet",
    "pub": "Pub",
    "pypi": PYPI,
    "swift": "SwiftURL",
}
_DISTRIBUTIONS = {
    ("apk", "alpine"): "Alpine",
    ("apk", "chainguard"): "Chainguard",
    ("apk", "wolfi"): "Wolfi",
    ("deb", "debian"): "Debian",
    ("deb", "ubuntu"): "Ubuntu",
}
_ALSO = {"cargo": "rust", "composer": "php", "gem": "ruby", "golang": "go"}
"""Names that people give to ecosystems."""

_ROLLING = frozenset({"Chainguard", "Wolfi"})
"""Distributions without releases."""

_KNOWN = {name.casefold(): name for name in (*_BY_TYPE.values(), *_DISTRIBUTIONS.values(), *ORDERED)}
_FOLDED = frozenset({"Hex", "NuGet", "Packagist"})
"""Ecosystems whose names have no case."""

_DEFAULT_REPOSITORIES = {
    "Maven": frozenset({"https://repo.maven.apache.org/maven2", "https://repo1.maven.org/maven2"}),
    "Packagist": frozenset({"https://packagist.org", "https://repo.packagist.org"}),
}
_CODENAMES = {
    "bionic": "18.04",
    "bookworm": "12",
    "bullseye": "11",
    "buster": "10",
    "focal": "20.04",
    "forky": "14",
    "jammy": "22.04",
    "jessie": "8",
    "noble": "24.04",
    "stretch": "9",
    "trixie": "13",
    "xenial": "16.04",
}
_RELEASE = {
    "Alpine": re.compile(r"v?([0-9]+\.[0-9]+)(?:[._][0-9a-z_.]+)?"),
    "Debian": re.compile(r"([0-9]+)(?:\.[0-9]+)*"),
    "Ubuntu": re.compile(r"([0-9]+\.[0-9]+)(?:\.[0-9]+)*(?::lts)?"),
}
_GROUPED = {"Maven": "group", "Packagist": "vendor"}
"""Ecosystems whose packages have a namespace each, and how it is called."""

MOST_SUBPATHS = 8
"""Parts of a subpath that can be the path of a Go module."""

_REBUILD = re.compile(r"\+b[0-9]+")
_UBUNTU_WORDS = re.compile(r":(?:LTS|Pro(?=:[0-9]))")
_NAME = re.compile(r"[!-~\u00a0-\ud7ff\ue000-\U0010ffff]{1,500}")


class OsvTarget(NamedTuple):
    """What to search for in the records about one package.

    `ecosystem` is its name without a suffix, empty where OSV has none. `keys` are those of `package_key`, `sure` is
    False if the name may be that of a binary package while records name source packages. `version` is that of the source package
    where the package URL gives one. `doubt` is why nothing can be matched, or empty.
    """

    ecosystem: str
    keys: tuple[str, ...] = ()
    sure: bool = True
    version: str = ""
    doubt: str = ""


def base_ecosystem(kind: str, namespace: str) -> str:
    """Return the ecosystem, without a suffix, of package URLs of a type and, for distributions, a namespace; empty if OSV has none."""
    return _DISTRIBUTIONS.get((kind, namespace.lower())) or _BY_TYPE.get(kind, "")


def base_of(ecosystem: str) -> str:
    """Return the name of an ecosystem of a record without its suffix, in OSV's spelling where that is known."""
    base = ecosystem.partition(":")[0].strip()
    return _KNOWN.get(base.casefold(), base)


def known_ecosystem(name: str) -> str:
    """Return an ecosystem in OSV's spelling, by its name in any case; empty if it is none that is read."""
    return _KNOWN.get(name.strip().casefold(), "")


def purl_types_of(name: str) -> tuple[tuple[str, str], ...]:
    """Return the types of package URLs that a name of an ecosystem, a type or a distribution means, in any case.

    Returns:
        (type, namespace) pairs; the namespace is the distribution of `apk` and `deb`, else empty. A type of distributions
        alone has several.
    """
    word = name.strip().casefold()
    found = [
        (kind, "") for kind, ecosystem in _BY_TYPE.items() if word in (kind, ecosystem.casefold(), _ALSO.get(kind))
    ]
    found += [
        (kind, namespace)
        for (kind, namespace), ecosystem in _DISTRIBUTIONS.items()
        if word in (kind, ecosystem.casefold())
    ]
    return tuple(found)


def packages_of(ecosystem: str, name: str) -> tuple[tuple[str, str, str], ...]:
    """Return (type, namespace, name) of the package URLs that a package of a record can have, before they are folded.

    Args:
        ecosystem: As a record writes it, with or without a suffix.
        name: As a record writes it. A distribution's is that of a source package.
    """
    base = base_of(ecosystem)
    found = []
    for kind, namespace in purl_types_of(base):
        if namespace:
            found.append((kind, namespace, name))
            continue
        joint = ":" if base == "Maven" else "/"
        path, _, last = name.rpartition(joint)
        found.append((kind, path, last))
    return tuple(found)


def package_key(ecosystem: str, name: str) -> str:
    """Return the key of a package of a record; empty where the name is none.

    Args:
        ecosystem: As a record writes it, with its suffix. Support words of Ubuntu's releases (`:LTS`, `:Pro`) do not count.
        name: As a record writes it.
    """
    if not _NAME.fullmatch(name) or not ecosystem:
        return ""
    base, colon, suffix = ecosystem.partition(":")
    base = base_of(base)
    if base == "Ubuntu":
        suffix = _UBUNTU_WORDS.sub("", f":{suffix}").removeprefix(":")
    suffix = suffix.strip().rstrip("/")
    if suffix in _DEFAULT_REPOSITORIES.get(base, ()):
        suffix = ""
    folded = name.lower() if base in _FOLDED else name
    return f"{base}{colon if suffix else ''}{suffix}/{folded}"


@lru_cache(maxsize=1 << 16)
def target_of(package: PackageIdentity) -> OsvTarget:
    """Return what to search for in the records about a package.

    Args:
        package: Its package URL, folded.
    """
    ecosystem = base_ecosystem(package.type, package.namespace)
    if not ecosystem:
        return OsvTarget("", doubt=_no_ecosystem(package))
    if package.type in ("apk", "deb"):
        return _of_distribution(ecosystem, package)
    if ecosystem in _GROUPED and not package.namespace:
        return OsvTarget(ecosystem, doubt=f"its package URL does not name its {_GROUPED[ecosystem]}")
    joint = ":" if ecosystem == "Maven" else "/"
    name = f"{package.namespace}{joint}{package.name}" if package.namespace else package.name
    keys = [package_key(ecosystem, name)]
    if ecosystem == "Go":
        keys += [package_key(ecosystem, f"{name}/{path}") for path in module_paths(package.subpath)]
    repository = dict(package.qualifiers).get("repository_url", "").rstrip("/")
    if repository and ecosystem in _DEFAULT_REPOSITORIES:
        # A mirror has the packages of the default repository, so both are searched for.
        keys.append(package_key(f"{ecosystem}:{repository}", name))
    return OsvTarget(ecosystem, tuple(dict.fromkeys(keys)))


def module_paths(subpath: str) -> tuple[str, ...]:
    """Return what of the subpath of a Go package URL can belong to the path of the module: `v4` of `v4/pgtype`, and all of it.

    Some tools put into it what follows the repository in the path of a module (`pkg:golang/github.com/jackc/pgx@v4.18.1#v4`).
    """
    parts = subpath.split("/")[:MOST_SUBPATHS] if subpath else []
    return tuple("/".join(parts[: number + 1]) for number in range(len(parts)))


def _of_distribution(ecosystem: str, package: PackageIdentity) -> OsvTarget:
    qualifiers = dict(package.qualifiers)
    release = "" if ecosystem in _ROLLING else _release(ecosystem, qualifiers.get("distro", ""))
    if ecosystem not in _ROLLING and not release:
        return OsvTarget(ecosystem, doubt=f"its package URL does not name the release of {ecosystem} (distro=)")
    source, _, version = qualifiers.get("upstream", "").partition("@")
    epoch = qualifiers.get("epoch", "0")
    if not version:  # that of a source package has its own epoch, or none
        version = package.version
        if epoch.isdigit() and epoch.strip("0") and ":" not in version:
            version = f"{epoch}:{version}"
    name = source or package.name
    keys = [package_key(f"{ecosystem}:{release}" if release else ecosystem, name)]
    if release and ecosystem != "Alpine":
        keys.append(package_key(ecosystem, name))  # a record without a release is about each of them
    sure = bool(source) or qualifiers.get("arch") in ("source", "src")
    return OsvTarget(ecosystem, tuple(keys), sure, version)


def release_of(kind: str, namespace: str, distro: str) -> str:
    """Return the release of a distribution as its records name it: `12`, `22.04`, `v3.20`.

    Args:
        kind: Type of the package URL.
        namespace: The distribution.
        distro: As a qualifier has it: a number with or without the distribution's name, of a point release, or a code name.
    Returns:
        Empty for a distribution without releases, one that is not known, and a text that names no release.
    """
    ecosystem = _DISTRIBUTIONS.get((kind, namespace.lower()), "")
    return _release(ecosystem, distro) if ecosystem in _RELEASE else ""


def _release(ecosystem: str, distro: str) -> str:
    text = distro.lower().removeprefix(f"{ecosystem.lower()}-")
    match = _RELEASE[ecosystem].fullmatch(_CODENAMES.get(text, text))
    return "" if match is None else f"v{match[1]}" if ecosystem == "Alpine" else match[1]


def _no_ecosystem(package: PackageIdentity) -> str:
    if package.type in ("apk", "deb", "rpm"):
        which = f" {package.namespace}" if package.namespace else ""
        return f"advisories of the distribution{which} (pkg:{package.type}) are not read"
    return f"OSV has no ecosystem for packages of the type {package.type}"


def versions_of(target: OsvTarget, version: str) -> tuple[str, ...]:
    """Return the texts of a version to match: of the source package; a rebuild (`+b1`) also as what was rebuilt.

    Args:
        target: Of the package.
        version: Of its package URL.
    """
    text = target.version or version
    return tuple(dict.fromkeys(filter(None, (text, without_rebuild(target.ecosystem, text)))))


def without_rebuild(ecosystem: str, version: str) -> str:
    """Return what a package of Debian or Ubuntu was rebuilt from (`1.0-1` of `1.0-1+b1`); another version as it is."""
    return _REBUILD.sub("", version) if base_of(ecosystem) in ("Debian", "Ubuntu") else version
