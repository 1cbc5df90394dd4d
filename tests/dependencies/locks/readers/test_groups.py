"""Groups and extras of each lock format: what is the project's extra, and what is installed by default."""

from __future__ import annotations

import pytest

from ops.supply_chain.contracts.values.lock import Lock
from tests.dependencies.locks.support import SHA, read


def groups(lock: Lock) -> dict[str, tuple[str, ...]]:
    return {entry.pin.name: entry.groups for entry in lock.entries}


UV = """version = 1
[[package]]
name = "demo"
version = "1.0"
source = { virtual = "." }
dependencies = [{ name = "a" }]
[package.optional-dependencies]
gpu = [{ name = "b" }]
[package.dev-dependencies]
dev = [{ name = "c" }]
server = [{ name = "d" }]
""" + "".join(
    f'[[package]]\nname = "{name}"\nversion = "1.0"\nsource = {{ registry = "https://pypi.org/simple" }}\n'
    f'sdist = {{ url = "https://f.example/{name}-1.0.tar.gz", hash = "{SHA}" }}\n'
    for name in "abcd"
)


def test_uv_names_its_extras_and_groups() -> None:
    lock = read("uv.lock", UV)
    assert groups(lock) | {"demo": ()} == {"demo": (), "a": ("main",), "b": ("gpu",), "c": ("dev",), "d": ("server",)}
    assert (lock.extras, lock.default_groups, lock.included) == (("gpu",), (), ())


DEFAULTS = {
    "none stated": ("[tool.uv]\n", ()),
    "named": ("[tool.uv]\ndefault-groups = ['server', 'absent']\n", ("server",)),
    "all": ("[tool.uv]\ndefault-groups = 'all'\n", ("dev", "server")),
    "of another type": ("[tool.uv]\ndefault-groups = 7\n", ("dev", "server")),
    "not TOML": ("[", ("dev", "server")),
}


@pytest.mark.parametrize(("pyproject", "expected"), DEFAULTS.values(), ids=DEFAULTS)
def test_groups_that_uv_installs_by_default(pyproject: str, expected: tuple[str, ...]) -> None:
    lock = read("uv.lock", UV, {"pyproject.toml": pyproject})
    assert lock.default_groups == expected
    assert bool(lock.included) is ("default-groups" in pyproject)


def _poetry(name: str, *lines: str) -> str:
    stated = "\n".join(lines)
    return (
        f"[[package]]\nname = '{name}'\nversion = '1.0'\n{stated}\nfiles = [{{ file = 'a.tar.gz', hash = '{SHA}' }}]\n"
    )


def test_poetry_extras_are_not_plain_dependencies() -> None:
    lock = read(
        "poetry.lock",
        _poetry("a", "optional = false", "groups = ['main']")
        + _poetry("b", "optional = true", "groups = ['main', 'dev']")
        + "[package.dependencies]\nc = '*'\n"
        + _poetry("c", "optional = true", "groups = ['main']")
        + _poetry("d", "optional = true", "groups = ['main']")
        + "[extras]\ngpu = ['B (>=1)']\n[metadata]\nlock-version = '2.1'\n",
    )
    # What no extra explains stays a plain dependency.
    assert groups(lock) == {"a": ("main",), "b": ("dev", "gpu"), "c": ("gpu",), "d": ("main",)}
    assert lock.extras == ("gpu",)


def test_poetry_locks_without_groups_have_those_of_the_manifest() -> None:
    text = (
        _poetry("a", "optional = false")
        + "[package.dependencies]\nc = '*'\n"
        + _poetry("b", "optional = false")
        + _poetry("c", "optional = false")
        + _poetry("e", "optional = false")
        + "[metadata]\nlock-version = '2.0'\n"
    )
    manifest = (
        "[tool.poetry.dependencies]\npython = '*'\na = '*'\n[tool.poetry.group.test.dependencies]\nb = '*'\nc = '*'\n"
    )
    lock = read("poetry.lock", text, {"pyproject.toml": manifest})
    assert groups(lock) == {"a": ("main",), "b": ("test",), "c": ("main", "test"), "e": ()}
    assert groups(read("poetry.lock", text)) == dict.fromkeys("abce", ())


def _pdm(name: str, group: str) -> str:
    return (
        f"[[package]]\nname = '{name}'\nversion = '1.0'\ngroups = ['{group}']\n"
        f"files = [{{ file = 'a.tar.gz', hash = '{SHA}' }}]\n"
    )


def test_pdm_extras_are_those_of_the_manifest() -> None:
    text = "[metadata]\nlock_version = '4.5.0'\n" + _pdm("a", "default") + _pdm("b", "Gpu") + _pdm("c", "dev")
    manifest = "[project]\ndependencies = ['a']\n[project.optional-dependencies]\ngpu = ['b']\n[dependency-groups]\ndev = ['c']\n"
    lock = read("pdm.lock", text, {"pyproject.toml": manifest})
    assert (groups(lock), lock.extras) == ({"a": ("main",), "b": ("Gpu",), "c": ("dev",)}, ("Gpu",))
    # Without it, nothing shows which of the groups are published.
    assert read("pdm.lock", text).extras == ("Gpu", "dev")


def _pylock(name: str, marker: str) -> str:
    stated = f'marker = "{marker}"\n' if marker else ""
    return (
        f"[[packages]]\nname = '{name}'\nversion = '1.0'\n{stated}"
        f"[packages.sdist]\nurl = 'https://f.example/{name}-1.0.tar.gz'\nhashes = {{ sha256 = '{SHA.partition(':')[2]}' }}\n"
    )


MARKERS = {
    "a": ("", ("main",)),
    "b": ("python_version < '3.9'", ("main",)),
    "c": ("'gpu' in extras", ("gpu",)),
    "d": ("'dev' in dependency_groups", ("dev",)),
    "e": ("'dev' in dependency_groups or 'gpu' in extras", ("dev", "gpu")),
    "f": ("'base' in dependency_groups or 'dev' in dependency_groups", ("main",)),
    "g": ("'dev' in dependency_groups and 'gpu' in extras", ()),
}


def test_pylock_groups_are_in_the_markers() -> None:
    head = (
        "lock-version = '1.0'\ncreated-by = 'x'\nextras = ['gpu']\ndependency-groups = ['base', 'dev']\n"
        "default-groups = ['base']\n"
    )
    lock = read("pylock.toml", head + "".join(_pylock(name, marker) for name, (marker, _) in MARKERS.items()))
    assert groups(lock) == {name: expected for name, (_, expected) in MARKERS.items()}
    assert lock.extras == ("gpu",)


def test_a_pylock_that_offers_nothing_else_has_no_groups() -> None:
    lock = read("pylock.toml", "lock-version = '1.0'\ncreated-by = 'x'\n" + _pylock("a", ""))
    assert groups(lock) == {"a": ()}
