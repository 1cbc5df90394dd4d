"""The ecosystem, as OSV names it, whose order and advisories a package URL's type has.

Source: https://ossf.github.io/osv-schema/#defined-ecosystems, https://github.com/package-url/purl-spec/tree/main/types
"""

from __future__ import annotations

from ops.supply_chain.contracts.values.registry import PackageName

_BY_TYPE = {
    "cargo": "crates.io",
    "composer": "Packagist",
    "gem": "RubyGems",
    "golang": "Go",
    "hex": "Hex",
    "julia": "Julia",
    "maven": "Maven",
    "npm": "npm",
    "nuget": "NuGet",
    "pypi": "PyPI",
    "swift": "SwiftURL",
}
_BY_NAMESPACE = {
    ("apk", "alpine"): "Alpine",
    ("apk", "chainguard"): "Chainguard",
    ("apk", "wolfi"): "Wolfi",
    ("deb", "debian"): "Debian",
    ("deb", "ubuntu"): "Ubuntu",
}


def ecosystem_of(package: PackageName, distribution: str = "") -> str:
    """Return the ecosystem of a package; empty if it has none that OSV knows.

    Args:
        package: Its identity.
        distribution: The release of a distribution, `debian-12`; its number becomes the ecosystem's suffix.
    """
    base = _BY_TYPE.get(package.type) or _BY_NAMESPACE.get((package.type, package.namespace), "")
    if package.type not in ("apk", "deb") or not distribution:
        return base
    release = distribution.lower().removeprefix(f"{package.namespace}-")
    return f"{base}:{release}" if base and release[:1].isdigit() else base
