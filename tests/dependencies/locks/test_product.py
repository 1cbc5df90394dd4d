"""What the metadata of a project declares as plain dependencies."""

from __future__ import annotations

import pytest

from ops.supply_chain.core.errors import InputError
from ops.supply_chain.dependencies.locks.product import product_names
from tests.inventory.made_locks import entry, lock

FILES = {
    "[project]": (
        "pyproject.toml",
        '[project]\nname = "x"\ndependencies = ["A_b>=1"]\n[dependency-groups]\ndev = ["c"]\n',
    ),
    "Poetry": ("pyproject.toml", '[tool.poetry.dependencies]\npython = "^3.11"\na-b = "^1"\n'),
    "setup.cfg": ("setup.cfg", "[options]\ninstall_requires =\n    a.b>1\n[options.extras_require]\nx = c\n"),
    "setup.py": ("setup.py", "from setuptools import setup\nsetup(install_requires=['a-b'], tests_require=['c'])\n"),
}


@pytest.mark.parametrize("case", FILES)
@pytest.mark.parametrize("folder", ["", "sub/"])
def test_plain_dependencies_alone_are_the_product(case: str, folder: str) -> None:
    path, text = FILES[case]
    files = {f"{folder}{path}": text.encode()}
    for place in (f"{folder}requirements-dev.txt", f"{folder}requirements/dev.txt"):
        assert product_names([lock(place, entry("a"))], files.get) == ("a-b",)
    assert product_names([lock("other/deep/dev.txt", entry("a"))], files.get) == ()


@pytest.mark.parametrize(
    "text", ["[", "\xff", "[project]\ndependencies = 3", "setup(install_requires=x)", "def", "a" * 9]
)
def test_what_cannot_be_read_declares_nothing(text: str) -> None:
    names = ("pyproject.toml", "setup.cfg", "setup.py")
    assert product_names([lock("dev.txt", entry("a"))], dict.fromkeys(names, text.encode("latin-1")).get) == ()

    def refused(path: str) -> bytes | None:
        raise InputError(f"{path}: leads out")

    assert product_names([lock("dev.txt", entry("a"))], refused) == ()
