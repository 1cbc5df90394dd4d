"""Which publishers the first baseline of another tool's lock records."""

from __future__ import annotations

import pytest

from ops.supply_chain.contracts.values.lock import Lock
from ops.supply_chain.dependencies.compile.first_baselines import names_to_record
from ops.supply_chain.dependencies.locks.readers.uv_lock import read_uv_lock

PACKAGE = """
[[package]]
name = "{name}"
version = "1.0"
source = {{ {source} }}
sdist = {{ url = "https://files.example/{name}-1.0.tar.gz", hash = "sha256:0000000000000000000000000000000000000000000000000000000000000000", size = 1 }}
"""
PROJECT = """
[[package]]
name = "app"
version = "1"
source = { editable = "." }
dependencies = [{ name = "b" }, { name = "a" }, { name = "private" }]
"""


def lock(private: str = "https://private.example/simple") -> Lock:
    sources = {
        "a": "https://pypi.org/simple",
        "b": "https://pypi.org/simple",
        "deep": "https://pypi.org/simple",
        "private": private,
    }
    packages = "".join(PACKAGE.format(name=name, source=f'registry = "{url}"') for name, url in sources.items())
    text = f'version = 1\nrevision = 3\nrequires-python = ">=3.11"\n{PROJECT}{packages}'
    return read_uv_lock("uv.lock", text.encode(), lambda _: None)


@pytest.mark.parametrize(
    ("index", "expected"),
    [("", ("a", "b")), ("https://pypi.org/simple/", ("a", "b")), ("https://private.example/simple/", ("private",))],
)
def test_direct_dependencies_of_the_index_are_recorded(index: str, expected: tuple[str, ...]) -> None:
    assert names_to_record([lock()], index=index) == {"uv.lock": expected}


def test_a_lock_without_any_has_no_baseline() -> None:
    assert names_to_record([lock()], index="https://other.example/") == {}
    assert names_to_record([], index="") == {}
