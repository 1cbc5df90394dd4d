"""What a wheel installs at the top of `site-packages`: the checks W001 to W010 of check-wheel-contents.

Repaired wheels have folders of libraries (`NAME.libs`, `NAME/.dylibs`) and may have files that are equal, so those checks
are notes. W001 is in `contents`; W101 and W102 compare with the source distribution of the same release.

Source: https://github.com/jwodder/check-wheel-contents#checks
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ops.supply_chain.contracts.values.distribution import Distribution, DistributionMember
from ops.supply_chain.contracts.values.finding import Severity
from ops.supply_chain.core.text import plural
from ops.supply_chain.release.packages.hygiene.issues import Issue

COMMON_NAMES = frozenset(
    [
        ".eggs",
        ".nox",
        ".tox",
        ".venv",
        "app",
        "build",
        "cli",
        "data",
        "dist",
        "doc",
        "docs",
        "env",
        "example",
        "examples",
        "fixtures",
        "scripts",
        "src",
        "test",
        "tests",
        "tools",
        "utils",
        "venv",
    ]
)
_INSTALLED = re.compile(r"(?:[^/]+\.data/(?:purelib|platlib)/)?(?P<path>.+)", re.DOTALL)
_MODULE = re.compile(r"(?P<stem>[^/.]+)(?:\.py|(?:\.[^/]*)?\.(?:so|pyd))")
_AT_TOP = (".py", ".pyi", ".so", ".pyd", ".pth")
_STUBS = "-stubs"
_LIBRARIES = ".libs"


def layout_issues(distribution: Distribution, info: str) -> Iterator[Issue]:
    """Yield what is unusual about what a wheel installs.

    Args:
        distribution: A wheel.
        info: Its `.dist-info` folder.
    """
    installed = [(path, member) for member in distribution.files if (path := installed_path(member.path, info))]
    if not installed:
        if not any(".data/" in member.path for member in distribution.files):
            yield Issue("distribution.empty", "", "installs no file")
        return
    paths = [path for path, _ in installed]
    yield from _top_level(paths)
    yield from _modules(paths)
    yield from _equal(installed)


def source_issues(wheel: Distribution, info: str, sdist: Distribution) -> Iterator[Issue]:
    """Yield which modules of a wheel its source distribution does not have, and the other way round.

    Args:
        wheel: A wheel.
        info: Its `.dist-info` folder.
        sdist: The source distribution of the same project and version.
    """
    built = {path for member in wheel.files if (path := installed_path(member.path, info)).endswith(".py")}
    sources = {member.path.partition("/")[2] for member in sdist.files if member.path.endswith(".py")}
    tops = {path.partition("/")[0] for path in built}
    plain = {
        path.removeprefix(prefix)
        for path in sources
        for prefix in ("src/", "lib/", "python/", "")
        if path.startswith(prefix)
    }
    extra = sorted(built - plain)
    missing = sorted(path for path in plain - built if path.partition("/")[0] in tops and path not in built)
    if extra:
        text = f"the source distribution has no such file, nor {plural(len(extra) - 1, 'other')} of the wheel"
        yield Issue("distribution.source-differs", extra[0], text)
    if missing and tops:
        text = f"is in the source distribution and not in the wheel, like {plural(len(missing) - 1, 'other')}"
        yield Issue("distribution.source-differs", missing[0], text)


def installed_path(path: str, info: str) -> str:
    """Return where in `site-packages` a member is installed; empty where it is not."""
    if path.startswith(f"{info}/"):
        return ""
    match = _INSTALLED.fullmatch(path)
    found = match["path"] if match else path
    return "" if found.partition("/")[0].endswith((".data", ".dist-info")) else found


def _top_level(paths: Sequence[str]) -> Iterator[Issue]:
    tops = sorted({path.partition("/")[0] for path in paths})
    folders = {path.partition("/")[0] for path in paths if "/" in path}
    with_modules = {path.partition("/")[0] for path in paths if "/" in path and _is_code(path)}
    for top in tops:
        if top == "__init__.py":
            yield Issue("distribution.top-level-init", top, "would make site-packages itself a package")
        elif top.partition(".")[0].lower() in COMMON_NAMES or top.lower() in COMMON_NAMES:
            yield Issue("distribution.common-name", top, "is installed at the top level, under a name that others use")
        elif top not in folders and not top.endswith(_AT_TOP):
            yield Issue("distribution.top-level-file", top, "is installed at the top level and is no module")
        elif top in folders and top not in with_modules and not top.endswith((_LIBRARIES, _STUBS)):
            yield Issue("distribution.no-modules", top, "is a folder at the top level without modules")
    public = [top for top in tops if not top.startswith(("_", ".")) and not top.endswith((_LIBRARIES, ".pth"))]
    if len(public) > 1:
        yield Issue(
            "distribution.several-top-level", "", f"installs several names at the top level: {', '.join(public)}"
        )


def _modules(paths: Sequence[str]) -> Iterator[Issue]:
    modules = [path for path in paths if _is_code(path)]
    if not modules:
        yield Issue("distribution.empty", "", "installs no module", Severity.INFO)
    for path in modules:
        *folders, _ = path.split("/")
        odd = [folder for folder in folders if not folder.removesuffix(_STUBS).isidentifier()]
        if odd and path.endswith(".py"):
            yield Issue("distribution.not-importable", path, f"cannot be imported: {odd[0]!r} is no name of a package")


def _is_code(path: str) -> bool:
    return bool(_MODULE.fullmatch(path.rpartition("/")[2])) or path.endswith(".pyi")


def _equal(installed: Sequence[tuple[str, DistributionMember]]) -> Iterator[Issue]:
    first: dict[str, str] = {}
    pairs = []
    for path, member in installed:
        if member.size and first.setdefault(member.sha256, path) != path:
            pairs.append((first[member.sha256], path))
    if pairs:
        text = f"has the same content as {pairs[0][0]}; {plural(len(pairs), 'file')} of this kind"
        yield Issue("distribution.duplicate-content", pairs[0][1], text)
